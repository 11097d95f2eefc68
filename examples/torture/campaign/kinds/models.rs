//! Model folders: configurations, weights in every form, tokenizers.

use std::fs;
use std::path::Path;

use rand::RngExt as _;
use serde_json::{Value, json};

use super::put;
use crate::campaign::case::{Case, Wants};
use crate::campaign::damage::json as text;
use crate::campaign::damage::{Rng, archive, bytes, n_damages, safetensors};
use crate::campaign::stock::{QUERY, Stock};

const FILES: [&str; 4] = [
    "config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "model.safetensors",
];

/// The whole folder, with the weights in one of three forms, one file of which is damaged.
pub fn folder(stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for name in FILES {
        files.push((name.to_owned(), fs::read(stock.model.join(name))?));
    }
    match rng.random_range(0..4) {
        0 => {
            files.pop();
            files.push(("pytorch_model.bin".to_owned(), stock.pickled.clone()));
        }
        1 => {
            files.pop();
            files.extend(in_two_files(stock)?);
        }
        _ => {}
    }
    let mut told = Vec::new();
    // The files that differ between models come first in the list and are damaged as often as weights.
    let i = if rng.random_bool(0.5) {
        rng.random_range(0..2)
    } else {
        rng.random_range(3..files.len())
    };
    let (name, file) = &mut files[i];
    for _ in 0..n_damages(rng) {
        let change = if name.ends_with(".json") {
            text::damage(file, rng)
        } else if name.ends_with(".bin") {
            archive::damage(file, rng)
        } else {
            safetensors::damage(file, rng)
        };
        told.push(format!("{name}: {change}"));
    }
    if rng.random_bool(0.03) {
        told.push(format!("{} is gone", files.remove(i).0));
    }
    with_model(stock, dir, &files, told, rng)
}

/// The weights of a model as large ones come, with the list that names the files.
fn in_two_files(stock: &Stock) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut map = serde_json::Map::new();
    let mut files = Vec::new();
    for (i, half) in stock.halves.iter().enumerate() {
        let name = format!("model-{:05}-of-00002.safetensors", i + 1);
        for tensor in ::safetensors::SafeTensors::deserialize(half)?.names() {
            map.insert(tensor.to_string(), Value::from(name.as_str()));
        }
        files.push((name, half.clone()));
    }
    let list = json!({"metadata": {"total_size": 1}, "weight_map": map}).to_string();
    files.push(("model.safetensors.index.json".to_owned(), list.into_bytes()));
    Ok(files)
}

pub fn tokenizer(stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let mut files = Vec::new();
    for name in FILES {
        files.push((name.to_owned(), fs::read(stock.model.join(name))?));
    }
    let mut told = Vec::new();
    for _ in 0..n_damages(rng) {
        let file = &mut files[2].1;
        told.push(if rng.random_bool(0.2) {
            bytes::damage(file, rng)
        } else {
            text::damage(file, rng)
        });
    }
    with_model(stock, dir, &files, told, rng)
}

fn with_model(
    stock: &Stock,
    dir: &Path,
    files: &[(String, Vec<u8>)],
    told: Vec<String>,
    rng: &mut Rng,
) -> anyhow::Result<Case> {
    let model = dir.join("model");
    fs::create_dir(&model)?;
    for (name, bytes) in files {
        put(&model, name, bytes)?;
    }
    let model = model.into_os_string();
    Ok(match rng.random_range(0..4) {
        0 | 1 => {
            let out = dir.join("texts.npz");
            let words = "Two red hearts, and a ring's shadow; 한국어".into();
            let args = [
                "--model".into(),
                model,
                "embed".into(),
                "text".into(),
                words,
                "-o".into(),
                out.clone().into(),
            ];
            Case::vcl(args, told, Wants::Written(out))
        }
        2 => {
            let args = ["model".into(), "info".into(), model];
            Case::vcl(args, told, Wants::Text)
        }
        _ => {
            let video = stock.video.clone().into();
            let args = [
                "--model".into(),
                model,
                "search".into(),
                video,
                QUERY.into(),
                "--format".into(),
                "json".into(),
            ];
            Case::vcl(args, told, Wants::Json)
        }
    })
}
