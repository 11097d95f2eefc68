//! `vcl embed`: features for other programs, as they exchange them for QVHighlights.

use std::path::Path;

use crate::cli::args::{EmbedCommand, GlobalArgs};
use crate::cli::{output, progress};
use crate::store::{FloatType, NpzArray, write_npz};

pub fn run(global: &GlobalArgs, command: &EmbedCommand) -> anyhow::Result<()> {
    match command {
        EmbedCommand::Video { video, output } => embed_video(global, video, output),
        EmbedCommand::Text { texts, output } => embed_texts(global, texts, output),
    }
}

fn embed_video(global: &GlobalArgs, video: &Path, target: &Path) -> anyhow::Result<()> {
    global.check_target(target, &[video])?;
    let mut engine = global.open_engine_for_research()?;
    let index = engine.work(|engine| progress::index_with_bar(engine, video))?;
    write(target, "features", index.dim(), index.features().to_vec())
}

fn embed_texts(global: &GlobalArgs, texts: &[String], target: &Path) -> anyhow::Result<()> {
    global.check_target(target, &[])?;
    let mut engine = global.open_engine_for_research()?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let features = engine.work(|engine| engine.encode_texts(&texts))?;
    let dim = engine.get().encoder().dim();
    write(target, "pooler_output", dim, features)
}

/// Writes `[n, dim]` features under one key.
fn write(target: &Path, key: &str, dim: usize, values: Vec<f32>) -> anyhow::Result<()> {
    let n_rows = values.len() / dim;
    let array = NpzArray {
        shape: vec![n_rows, dim],
        values,
    };
    write_npz(target, &[(key, &array)], FloatType::F32)?;
    output::print(&format!("{}: {key} [{n_rows}, {dim}]\n", target.display()))
}
