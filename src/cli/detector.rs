//! `vcl detector`: which trained moment detectors there are, and what they are made of.

use std::fmt::Write as _;
use std::path::Path;

use crate::cli::args::DetectorCommand;
use crate::cli::output;
use crate::domain::count;
use crate::engine::{DetectorEntry, NamedDetector};
use crate::model::detector::DetectorInfo;
use crate::store::{DetectorFolder, Paths};

pub fn run(command: &DetectorCommand) -> anyhow::Result<()> {
    let folder = folder()?;
    match command {
        DetectorCommand::List => list(&folder),
        DetectorCommand::Add { file, name } => {
            let name = NamedDetector::import(&folder, file, name.as_deref())?;
            let named = NamedDetector::load(&folder, Path::new(&name))?;
            let kind = named.detector.info().kind.title();
            output::print(&format!(
                "{name}: {kind}; use it with --detector {name:?}\n"
            ))
        }
        DetectorCommand::Info { name } => {
            let named = NamedDetector::load(&folder, name)?;
            output::print(&describe(&named.name, named.detector.info()))
        }
        DetectorCommand::Remove { name } => {
            folder.remove(name)?;
            output::print(&format!("{name} is removed\n"))
        }
    }
}

/// Where the user's detectors are.
pub fn folder() -> anyhow::Result<DetectorFolder> {
    Ok(DetectorFolder::new(&Paths::from_env()?.data_dir))
}

fn list(folder: &DetectorFolder) -> anyhow::Result<()> {
    let entries = DetectorEntry::all(folder)?;
    let mut out = String::new();
    for entry in &entries {
        let about = match (&entry.info, &entry.problem) {
            (Some(info), _) => format!(
                "{:<12} video {}, words {}{}",
                info.kind.title(),
                info.video_width,
                info.text_width,
                info.audio_width
                    .map_or_else(String::new, |width| format!(", sound {width}"))
            ),
            (None, problem) => problem.clone().unwrap_or_default(),
        };
        let _ = writeln!(out, "{:<32} {about}", entry.name);
    }
    if entries.is_empty() {
        out.push_str(
            "There is none. Add the .ckpt of a Moment-DETR, QD-DETR or UniVTG, or the .pth of a UMT, with \
             `vcl detector add FILE`,\nor train one with `vcl train --detector`.\n",
        );
    }
    output::print(&out)
}

fn describe(name: &str, info: &DetectorInfo) -> String {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let mut rows = vec![
        ("name", name.to_owned()),
        ("kind", info.kind.title().to_owned()),
        ("hash", info.hash.clone()),
        ("video_width", info.video_width.to_string()),
        ("text_width", info.text_width.to_string()),
        (
            "audio_width",
            or_none(info.audio_width.map(|width| width.to_string())),
        ),
        ("width", info.width.to_string()),
        ("heads", info.n_heads.to_string()),
        ("queries", or_none(info.n_queries.map(|n| n.to_string()))),
        ("parameters", info.n_parameters.to_string()),
        (
            "model",
            or_none(info.base_model().map(|model| model.name.clone())),
        ),
    ];
    if let Some(metadata) = &info.metadata
        && metadata.training.n_queries > 0
    {
        let training = &metadata.training;
        rows.push((
            "trained_on",
            format!(
                "{} on {}, {}",
                count(training.n_queries, "query"),
                count(training.n_videos, "video"),
                count(training.n_epochs, "epoch")
            ),
        ));
        let checked = training.checked.iter();
        let checked: Vec<_> = checked
            .map(|(name, value)| format!("{name} {value:.2}"))
            .collect();
        if !checked.is_empty() {
            rows.push(("checked", checked.join(", ")));
        }
    }
    let mut out = String::new();
    for (name, value) in rows {
        let _ = writeln!(out, "{name:<14}{value}");
    }
    out
}
