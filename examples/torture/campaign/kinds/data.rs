//! Data sets: annotations, predictions, features.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use rand::RngExt as _;

use super::put;
use crate::campaign::case::{Case, Wants};
use crate::campaign::damage::{Rng, archive, bytes, index, json, n_damages};
use crate::campaign::stock::Stock;

/// Damages JSON lines in one way, and says in which.
pub fn damage_lines(file: &mut Vec<u8>, rng: &mut Rng) -> String {
    let mut lines: Vec<Vec<u8>> = file
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    let Some(i) = index(rng, lines.len().saturating_sub(1)) else {
        return bytes::damage(file, rng);
    };
    let told = match rng.random_range(0..12) {
        0 => {
            lines.remove(i);
            format!("line {i} is gone")
        }
        1 => {
            lines.insert(i, lines[i].clone());
            format!("line {i} twice")
        }
        2 => {
            lines[i].push(b'\r');
            format!("line {i} ends as on Windows")
        }
        3 => {
            lines[i].insert(0, 0xff);
            format!("line {i} is no text")
        }
        4 => return bytes::damage(file, rng),
        _ => format!("line {i}: {}", json::damage(&mut lines[i], rng)),
    };
    *file = lines.join(&b'\n');
    told
}

pub fn labels(stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let mut file = fs::read(&stock.labels)?;
    let told = (0..n_damages(rng))
        .map(|_| damage_lines(&mut file, rng))
        .collect();
    let labels = put(dir, "labels.jsonl", &file)?;
    let mut args: Vec<OsString> = vec!["--model".into(), stock.model.clone().into()];
    let data = [
        "--data".into(),
        labels.clone().into(),
        "--features".into(),
        stock.features.clone().into(),
    ];
    let wants = match rng.random_range(0..6) {
        0 => {
            let prompt = dir.join("prompt.safetensors");
            args.push("train".into());
            args.extend(data);
            args.extend([
                "--steps".into(),
                "1".into(),
                "-o".into(),
                prompt.clone().into(),
            ]);
            Wants::Written(prompt)
        }
        1 => {
            args = vec!["score".into(), "--truth".into(), labels.into()];
            args.extend(["--predictions".into(), stock.predictions.clone().into()]);
            Wants::Text
        }
        _ => {
            args.push("evaluate".into());
            args.extend(data);
            args.extend(["--format".into(), "json".into()]);
            Wants::Json
        }
    };
    if rng.random_bool(0.2) {
        args.push("--strict".into());
    }
    Ok(Case::vcl(args, told, wants))
}

pub fn predictions(stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let mut file = fs::read(&stock.predictions)?;
    let told = (0..n_damages(rng))
        .map(|_| damage_lines(&mut file, rng))
        .collect();
    let predictions = put(dir, "predictions.jsonl", &file)?;
    let (truth, predictions) = (stock.labels.clone().into(), predictions.into());
    let args: [OsString; 7] = [
        "score".into(),
        "--truth".into(),
        truth,
        "--predictions".into(),
        predictions,
        "--format".into(),
        "json".into(),
    ];
    Ok(Case::vcl(args, told, Wants::Json))
}

/// One of the videos has damaged features.
pub fn features(stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let features = dir.join("features");
    fs::create_dir(&features)?;
    for vid in ["a.npz", "b.npz", "c.npz"] {
        fs::copy(stock.features.join(vid), features.join(vid))?;
    }
    let mut file = fs::read(stock.features.join("a.npz"))?;
    let told = (0..n_damages(rng))
        .map(|_| archive::damage(&mut file, rng))
        .collect();
    put(&features, "a.npz", &file)?;
    let (model, labels) = (stock.model.clone().into(), stock.labels.clone().into());
    let args: [OsString; 9] = [
        "--model".into(),
        model,
        "evaluate".into(),
        "--data".into(),
        labels,
        "--features".into(),
        features.into(),
        "--format".into(),
        "json".into(),
    ];
    Ok(Case::vcl(args, told, Wants::Json))
}
