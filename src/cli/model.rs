//! `vcl model`: which models there are, what they are made of, and how to get more.

use std::fmt::Write as _;

use crate::cli::args::{GlobalArgs, ModelCommand};
use crate::cli::{output, progress};
use crate::engine::{Engine, KNOWN_MODELS, ModelChoice};
use crate::model::moment_head::{HeadKind, MomentHeadConfig};
use crate::model::prompt_learner::DEFAULT_N_CTX;
use crate::model::{BUNDLED, ModelInfo};
use crate::store::{Hub, HubCache, ModelDownload, Paths};

pub fn run(global: &GlobalArgs, command: &ModelCommand) -> anyhow::Result<()> {
    match command {
        ModelCommand::List => list(),
        ModelCommand::Info { name } => info(global, name.as_ref()),
        ModelCommand::Download { name, revision } => download(name, revision.as_deref()),
    }
}

fn list() -> anyhow::Result<()> {
    let paths = Paths::from_env()?;
    let mut out = String::new();
    let installed = ModelChoice::installed(&paths);
    for model in &installed {
        let place = match &model.dir {
            Some(dir) => dir.display().to_string(),
            None => "(in the program)".to_owned(),
        };
        let _ = writeln!(out, "{:<40} {place}", model.name);
    }
    for known in KNOWN_MODELS {
        if installed.iter().all(|model| model.name != known.name) {
            let n_megabytes = known.n_bytes / 1_000_000;
            let _ = writeln!(out, "{:<40} not here; {n_megabytes} MB", known.name);
        }
    }
    let _ = writeln!(
        out,
        "\nA directory in Hugging Face CLIP layout below {} is listed here,\n\
         and so are models from `vcl model download` and other programs in {}.",
        paths.model_dir.display(),
        paths.hub_dir.display()
    );
    output::print(&out)
}

fn download(name: &str, revision: Option<&str>) -> anyhow::Result<()> {
    if name == BUNDLED {
        return output::print("The bundled model is in the program.\n");
    }
    let repo = name.parse()?;
    let cache = HubCache::new(&Paths::from_env()?.hub_dir);
    let download = ModelDownload::new(Hub::from_env(), cache, repo, revision);
    let dir = progress::download_with_bar(download, name)?;
    output::print(&format!(
        "{name} is in {}: use it with --model {name}\n",
        dir.display()
    ))
}

fn info(global: &GlobalArgs, name: Option<&ModelChoice>) -> anyhow::Result<()> {
    let mut config = global.engine_config()?;
    if let Some(name) = name {
        config.model = name.clone();
    }
    let info = Engine::open(&config)?.encoder().info()?;
    output::print(&describe(&info))
}

fn describe(info: &ModelInfo) -> String {
    let rows = [
        ("name", info.name.clone()),
        ("hash", info.hash.clone()),
        ("embedding_dim", info.embedding_dim.to_string()),
        ("image_size", info.image_size.to_string()),
        ("patch_size", info.patch_size.to_string()),
        ("vision_width", info.vision_width.to_string()),
        ("vision_layers", info.vision_layers.to_string()),
        ("vision_heads", info.vision_heads.to_string()),
        ("text_width", info.text_width.to_string()),
        ("text_layers", info.text_layers.to_string()),
        ("text_heads", info.text_heads.to_string()),
        ("text_positions", info.text_positions.to_string()),
        ("vocabulary", info.vocabulary.to_string()),
        ("parameters", info.parameters.to_string()),
        (
            "trainable_parameters",
            n_trainable(info.text_width).to_string(),
        ),
        ("logit_scale", format!("{:.2}", info.logit_scale)),
        ("device", info.device.clone()),
    ];
    let mut out = String::new();
    for (name, value) in rows {
        let _ = writeln!(out, "{name:<22}{value}");
    }
    out
}

/// What a prompt of the usual size teaches: context vectors, scale and bias, the moment head.
fn n_trainable(text_width: usize) -> usize {
    let MomentHeadConfig { k, h } = HeadKind::Window.config();
    DEFAULT_N_CTX * text_width + 2 + (k * h + h + h + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vit_b_32_has_2141_trainable_parameters() {
        assert_eq!(n_trainable(512), 2141);
    }
}
