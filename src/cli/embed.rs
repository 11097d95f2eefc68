//! `vcl embed`: features for other programs, as they exchange them for QVHighlights.

use std::path::{Path, PathBuf};

use crate::cli::args::{EmbedCommand, GlobalArgs};
use crate::cli::{output, progress};
use crate::engine::read_picture;
use crate::store::{FloatType, NpzArray, write_npz};

pub fn run(global: &GlobalArgs, command: &EmbedCommand) -> anyhow::Result<()> {
    match command {
        EmbedCommand::Video { video, output } => embed_video(global, video, output),
        EmbedCommand::Image { images, output } => embed_images(global, images, output),
        EmbedCommand::Text { texts, output } => embed_texts(global, texts, output),
    }
}

fn embed_video(global: &GlobalArgs, video: &Path, target: &Path) -> anyhow::Result<()> {
    global.check_target(target, &[video])?;
    let mut engine = global.open_engine_for_research()?;
    let index = engine.work(|engine| progress::index_with_bar(engine, video))?;
    let rows_per_clip = index.exact_embeddings().rows_per_clip();
    let mut shape = vec![index.n_clips_done(), index.dim()];
    if rows_per_clip > 1 {
        shape.insert(1, rows_per_clip);
    }
    write(target, "features", shape, index.features().to_vec())
}

/// One picture after another: they may be large.
fn embed_images(global: &GlobalArgs, images: &[PathBuf], target: &Path) -> anyhow::Result<()> {
    let inputs: Vec<_> = images.iter().map(PathBuf::as_path).collect();
    global.check_target(target, &inputs)?;
    let mut engine = global.open_engine_for_research()?;
    let mut features = Vec::new();
    for image in images {
        let pixels = engine.get().encoder().preprocess(&read_picture(image)?);
        features.extend(engine.work(|engine| engine.encode_images(&[pixels]))?);
    }
    let dim = engine.get().encoder().dim();
    write(target, "features", vec![images.len(), dim], features)
}

fn embed_texts(global: &GlobalArgs, texts: &[String], target: &Path) -> anyhow::Result<()> {
    global.check_target(target, &[])?;
    let mut engine = global.open_engine_for_research()?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let features = engine.work(|engine| engine.encode_texts(&texts))?;
    let dim = engine.get().encoder().dim();
    write(target, "pooler_output", vec![texts.len(), dim], features)
}

/// Writes features of this shape under one key.
fn write(target: &Path, key: &str, shape: Vec<usize>, values: Vec<f32>) -> anyhow::Result<()> {
    let array = NpzArray { shape, values };
    write_npz(target, &[(key, &array)], FloatType::F32)?;
    let shape = &array.shape;
    output::print(&format!("{}: {key} {shape:?}\n", target.display()))
}
