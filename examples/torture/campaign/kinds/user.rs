//! What the program itself wrote earlier: prompts, checkpoints, the cache, settings, labels.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use vcl::store::Paths;

use super::data::damage_lines;
use super::put;
use crate::campaign::case::{Case, Program, Wants};
use crate::campaign::damage::{Rng, bytes, index, json, n_damages, safetensors};
use crate::campaign::stock::{CHECKPOINT_STEPS, QUERY, Stock};

pub fn prompt(stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let mut file = fs::read(&stock.prompt)?;
    let told = (0..n_damages(rng))
        .map(|_| safetensors::damage(&mut file, rng))
        .collect();
    let prompt = put(dir, "prompt.safetensors", &file)?;
    let (model, video) = (stock.model.clone().into(), stock.video.clone().into());
    let args: [OsString; 9] = [
        "--model".into(),
        model,
        "--prompt".into(),
        prompt.into(),
        "search".into(),
        video,
        QUERY.into(),
        "--format".into(),
        "json".into(),
    ];
    Ok(Case::vcl(args, told, Wants::Json))
}

/// A training goes on with it, or begins anew.
pub fn checkpoint(stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let mut file = stock.checkpoint.clone();
    let told = (0..n_damages(rng))
        .map(|_| safetensors::damage(&mut file, rng))
        .collect();
    put(dir, "prompt.safetensors.checkpoint", &file)?;
    let prompt = dir.join("prompt.safetensors");
    let (model, labels) = (stock.model.clone().into(), stock.labels.clone().into());
    let args: [OsString; 11] = [
        "--model".into(),
        model,
        "train".into(),
        "--data".into(),
        labels,
        "--features".into(),
        stock.features.clone().into(),
        "--steps".into(),
        CHECKPOINT_STEPS.to_string().into(),
        "-o".into(),
        prompt.clone().into(),
    ];
    Ok(Case::vcl(args, told, Wants::Written(prompt)))
}

/// A damaged entry is as good as none: the answer stays the same.
pub fn cache(stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let folder = dir.join("cache/embeddings");
    fs::create_dir_all(&folder)?;
    let mut entries = Vec::new();
    for entry in fs::read_dir(stock.cache.join("embeddings"))? {
        entries.push(entry?.path());
    }
    entries.sort();
    let mut told = Vec::new();
    for entry in entries {
        let mut file = fs::read(&entry)?;
        told.extend((0..n_damages(rng)).map(|_| safetensors::damage(&mut file, rng)));
        fs::write(folder.join(entry.file_name().unwrap_or_default()), file)?;
    }
    let (model, video) = (stock.model.clone().into(), stock.video.clone().into());
    let args: [OsString; 7] = [
        "--model".into(),
        model,
        "search".into(),
        video,
        QUERY.into(),
        "--format".into(),
        "json".into(),
    ];
    Ok(Case::vcl(args, told, Wants::Same(stock.answer.clone())))
}

pub fn settings(_stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let sound = serde_json::json!({
        "window_size": [1280.0, 720.0], "zoom": 1.0, "theme": "dark", "volume": 1.0, "is_muted": false, "speed": 1.0,
        "model": "openai/clip-vit-base-patch32", "device": "auto",
        "recent": ["/films/a.mp4", "file:///films/caf%E9.mp4"], "history": ["a kite", "붉은 원"],
    });
    let mut file = sound.to_string().into_bytes();
    let told = (0..n_damages(rng))
        .map(|_| json::damage(&mut file, rng))
        .collect();
    let data = Paths::below(dir).data_dir;
    fs::create_dir(&data)?;
    put(&data, "settings.json", &file)?;
    Ok(inside("settings", dir, told))
}

/// The file of one video in the folder that the window keeps, beside one that is sound.
pub fn window_labels(_stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let folder = Paths::below(dir).data_dir.join("labels");
    fs::create_dir_all(&folder)?;
    for vid in ["first", "second"] {
        let mut lines = String::new();
        for (qid, query) in ["a kite", "붉은 원"].iter().enumerate() {
            let line = serde_json::json!({
                "qid": qid, "query": query, "duration": 150.0, "vid": vid, "relevant_windows": [[2.0, 4.0]],
                "relevant_clip_ids": [1], "saliency_scores": [[4, 4, 4]], "video_name": "holiday",
            });
            lines += &format!("{line}\n");
        }
        put(&folder, &format!("{vid}.jsonl"), lines.as_bytes())?;
    }
    let path = folder.join("first.jsonl");
    let mut file = fs::read(&path)?;
    let told = (0..n_damages(rng))
        .map(|_| damage_lines(&mut file, rng))
        .collect();
    fs::write(path, file)?;
    if index(rng, 20) == Some(0) {
        let mut lock = vec![0; 100];
        bytes::damage(&mut lock, rng);
        put(&folder, ".vcl-unfinished-1", &lock)?;
    }
    Ok(inside("labels", dir, told))
}

fn inside(what: &str, dir: &Path, damage: Vec<String>) -> Case {
    Case {
        damage,
        program: Program::Inside,
        args: vec![what.into(), dir.into()],
        wants: Wants::Text,
    }
}
