//! The kinds of files that are written, by what, and how one sees that they are whole.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use vcl::app::Settings;
use vcl::engine::read_prompt_file;
use vcl::store::read_npz;
use vcl::video::probe;

use super::place::{OLD, Place, is_unfinished};
use super::writer;

pub struct Kind {
    pub name: &'static str,
    /// What writes it; the second time it shall end.
    pub command: fn(&Place, bool) -> Command,
    /// Whether the command writes until it is killed.
    pub is_endless: bool,
    /// Looks at all of it.
    pub check: fn(&Place) -> anyhow::Result<Found>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Old,
    New,
}

pub const KINDS: &[Kind] = &[
    Kind {
        name: "labels",
        command: |place, is_once| place.writer(writer::LABELS, is_once),
        is_endless: true,
        check: labels,
    },
    Kind {
        name: "settings",
        command: |place, is_once| place.writer(writer::SETTINGS, is_once),
        is_endless: true,
        check: settings,
    },
    Kind {
        name: "prompts",
        command: |place, _| {
            let mut command = place.vcl();
            command
                .args(["train", "--steps", "4", "--data"])
                .arg(place.path("labels.jsonl"));
            command.arg("--features").arg(place.path("features"));
            command.arg("-o").arg(place.path("out/prompt.safetensors"));
            command
        },
        is_endless: false,
        check: |place| {
            let path = place.path("out/prompt.safetensors");
            unless_old(&path, || Ok(read_prompt_file(&path).map(drop)?))
        },
    },
    Kind {
        name: "cache entries",
        command: |place, _| {
            let mut command = place.vcl();
            command.arg("index").arg(place.path("alone/film.webm"));
            command
        },
        is_endless: false,
        check: cache,
    },
    Kind {
        name: "cuts",
        command: |place, _| {
            let mut command = export(place, "cuts");
            command
                .args(["--top", "1", "-o"])
                .arg(place.path("out/cuts"));
            command
        },
        is_endless: false,
        check: cuts,
    },
    Kind {
        name: "exports",
        command: |place, _| {
            let mut command = export(place, "edl");
            command.arg("-o").arg(place.path("out/moments.edl"));
            command
        },
        is_endless: false,
        check: |place| {
            let path = place.path("out/moments.edl");
            unless_old(&path, || {
                let text = fs::read_to_string(&path)?;
                ensure!(text.starts_with("TITLE:") && text.ends_with('\n'), "{text}");
                ensure!(text.contains("demo.mp4"), "{text}");
                Ok(())
            })
        },
    },
    Kind {
        name: "the library",
        command: |place, _| {
            let mut command = place.vcl();
            command.args(["library", "add"]).arg(place.path("more"));
            command
        },
        is_endless: false,
        check: library,
    },
    Kind {
        name: "features",
        command: |place, _| {
            let mut command = place.vcl();
            command
                .args(["embed", "video"])
                .arg(place.path("films/film.mp4"));
            command.arg("-o").arg(place.path("out/features.npz"));
            command
        },
        is_endless: false,
        check: |place| {
            let path = place.path("out/features.npz");
            unless_old(&path, || {
                let features = read_npz(&path, "features")?;
                ensure!(features.shape[0] == 5, "{:?}", features.shape);
                Ok(())
            })
        },
    },
    Kind {
        name: "predictions",
        command: |place, _| {
            let mut command = place.vcl();
            command
                .args(["evaluate", "--data"])
                .arg(place.path("labels.jsonl"));
            command.arg("--features").arg(place.path("features"));
            command
                .arg("--predictions")
                .arg(place.path("out/predictions.jsonl"));
            command
        },
        is_endless: false,
        check: |place| {
            let path = place.path("out/predictions.jsonl");
            unless_old(&path, || {
                let text = fs::read_to_string(&path)?;
                let line: Value = serde_json::from_str(&text)?;
                let scores = line["pred_saliency_scores"].as_array();
                ensure!(scores.is_some_and(|scores| scores.len() == 5), "{line}");
                Ok(())
            })
        },
    },
];

fn export(place: &Place, format: &str) -> Command {
    let mut command = place.vcl();
    command.arg("export").arg(place.path("demo.mp4"));
    command.args(["a red circle", "--format", format]);
    command
}

/// A file that is either what was there before, byte for byte, or passes the test.
fn unless_old(path: &Path, test: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Found> {
    if fs::read(path)? == OLD {
        return Ok(Found::Old);
    }
    test().with_context(|| format!("{} is neither old nor whole", path.display()))?;
    Ok(Found::New)
}

fn labels(place: &Place) -> anyhow::Result<Found> {
    let file = place.paths().data_dir.join("labels").join("film.jsonl");
    let is_same = place.is_as_before(&file)?;
    // Not by opening the store, which cleans up.
    let text = fs::read_to_string(file)?;
    let line: Value = serde_json::from_str(&text)?;
    let scores = line["saliency_scores"].as_array().context("no scores")?;
    ensure!(scores.len() == writer::N_CLIPS, "{} clips", scores.len());
    ensure!(scores.iter().all(|score| *score == scores[0]), "{line}");
    if is_same {
        return Ok(Found::Old);
    }
    Ok(Found::New)
}

fn settings(place: &Place) -> anyhow::Result<Found> {
    let file = place.paths().data_dir.join("settings.json");
    let is_same = place.is_as_before(&file)?;
    let text = fs::read(&file)?;
    serde_json::from_slice::<Value>(&text).context("settings.json")?;
    let settings = Settings::load(&place.paths());
    let latest = settings.history.first().context("no history")?;
    let number = latest.split(' ').next().and_then(|word| word.parse().ok());
    ensure!(
        number.map(writer::query).as_ref() == Some(latest),
        "{latest}"
    );
    Ok(if is_same { Found::Old } else { Found::New })
}

/// Whether the entries can be read shows when the command is run again.
fn cache(place: &Place) -> anyhow::Result<Found> {
    let folder = place.paths().cache_dir.join("embeddings");
    let mut n_entries = 0;
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        n_entries += u64::from(path.is_file() && !is_unfinished(&path));
    }
    // The demo was there before.
    Ok(if n_entries < 2 {
        Found::Old
    } else {
        Found::New
    })
}

fn cuts(place: &Place) -> anyhow::Result<Found> {
    let mut found = Found::Old;
    for entry in fs::read_dir(place.path("out/cuts"))? {
        let path = entry?.path();
        if is_unfinished(&path) {
            continue;
        }
        let info = probe(&path)?;
        ensure!(
            info.duration_secs > 1.0 && info.n_audio_channels > 0,
            "{info:?}"
        );
        found = Found::New;
    }
    Ok(found)
}

fn library(place: &Place) -> anyhow::Result<Found> {
    let mut list = place.vcl();
    let text = place.run(list.args(["library", "list", "--format", "json"]))?;
    let listed: Value = serde_json::from_str(&text)?;
    let listed = listed.as_array().context("no list")?;
    let indexed = |name: &str| {
        listed.iter().any(|video| {
            let path = video["path"].as_str().unwrap_or_default();
            path.ends_with(name) && video["state"] == "indexed"
        })
    };
    ensure!(indexed("film.mp4"), "the film is lost: {text}");
    match (indexed("new.mp4"), listed.len()) {
        (true, 2) => Ok(Found::New),
        // Known, and not indexed yet.
        (false, 1 | 2) => Ok(Found::Old),
        _ => bail!("{text}"),
    }
}
