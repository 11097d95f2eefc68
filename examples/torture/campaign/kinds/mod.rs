//! What is damaged, and which command reads it.

mod data;
mod models;
mod user;
mod videos;

use std::path::{Path, PathBuf};

use super::case::Case;
use super::damage::Rng;
use super::stock::Stock;

/// One kind of input.
pub struct Kind {
    pub name: &'static str,
    /// So many of all inputs, in relation to the others.
    pub weight: u32,
    /// Writes a damaged input into the folder, which is empty.
    pub make: fn(&Stock, &Path, &mut Rng) -> anyhow::Result<Case>,
}

pub const KINDS: &[Kind] = &[
    Kind {
        name: "videos",
        weight: 50,
        make: videos::video,
    },
    Kind {
        name: "model folders",
        weight: 12,
        make: models::folder,
    },
    Kind {
        name: "tokenizers",
        weight: 8,
        make: models::tokenizer,
    },
    Kind {
        name: "prompts",
        weight: 5,
        make: user::prompt,
    },
    Kind {
        name: "checkpoints",
        weight: 3,
        make: user::checkpoint,
    },
    Kind {
        name: "labels",
        weight: 6,
        make: data::labels,
    },
    Kind {
        name: "predictions",
        weight: 3,
        make: data::predictions,
    },
    Kind {
        name: "features",
        weight: 6,
        make: data::features,
    },
    Kind {
        name: "embedding caches",
        weight: 3,
        make: user::cache,
    },
    Kind {
        name: "settings",
        weight: 2,
        make: user::settings,
    },
    Kind {
        name: "labels of the window",
        weight: 2,
        make: user::window_labels,
    },
];

/// A file of the case, written.
fn put(dir: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    let path = dir.join(name);
    std::fs::write(&path, bytes)?;
    Ok(path)
}
