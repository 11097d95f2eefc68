//! What belongs beside an installed program, made from the program itself: so none of it can be out of
//! date.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Args;
use super::output;
use crate::domain::{APP_ID, ICON_SIZES, ICON_SVG, icon, licences};

/// Where each shell looks, below `/usr/share`.
const SHELLS: [(Shell, &str, &str); 3] = [
    (Shell::Bash, "bash-completion/completions", "vcl"),
    (Shell::Zsh, "zsh/site-functions", "_vcl"),
    (Shell::Fish, "fish/vendor_completions.d", "vcl.fish"),
];

/// Writes below `share`: man pages, completions, icons and licences.
pub fn run(share: &Path) -> anyhow::Result<()> {
    let man = folder(share, "man/man1")?;
    clap_mangen::generate_to(Args::command(), &man)
        .with_context(|| format!("no man pages in {}", man.display()))?;
    for (shell, place, name) in SHELLS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Args::command(), "vcl", &mut script);
        output::write(&folder(share, place)?.join(name), &script)?;
    }
    for size in ICON_SIZES {
        let place = folder(share, &format!("icons/hicolor/{size}x{size}/apps"))?;
        let png = icon(size)
            .context("the icon cannot be drawn")?
            .encode_png()?;
        output::write(&place.join(format!("{APP_ID}.png")), &png)?;
    }
    let place = folder(share, "icons/hicolor/scalable/apps")?;
    output::write(&place.join(format!("{APP_ID}.svg")), ICON_SVG.as_bytes())?;
    let place = folder(share, "doc/vcl")?;
    output::write(&place.join("licences.txt"), licences().as_bytes())
}

fn folder(share: &Path, name: &str) -> anyhow::Result<std::path::PathBuf> {
    let folder = share.join(name);
    fs::create_dir_all(&folder).with_context(|| format!("no folder {}", folder.display()))?;
    Ok(folder)
}
