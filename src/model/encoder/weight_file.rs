//! Files of a model directory: its weights, in whatever file they lie, and the small ones.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::domain::{
    PYTORCH, SAFETENSORS, SHARD_INDEX, SMALL_MODEL_FILES, WEIGHT_FILES, shard_names,
};
use crate::model::ModelError;

/// What was saved in place of `tokenizer.json` by programs that do not know it, and where one is.
const OLD_TOKENIZERS: [(&[&str], &str, &str); 2] = [
    (
        &["vocab.json", "merges.txt"],
        "vocab.json and merges.txt",
        "for OpenAI's weights, that of openai/clip-vit-base-patch32",
    ),
    (
        &["spiece.model"],
        "spiece.model",
        "for SigLIP 1, that of Xenova/siglip-base-patch16-224",
    ),
];

/// Where the tensors are.
#[derive(Clone, Debug)]
pub enum WeightFile {
    /// safetensors in memory: the bundled model.
    Embedded(&'static [u8]),
    /// `model.safetensors`
    Safetensors(PathBuf),
    /// The files that `model.safetensors.index.json` names, each once.
    Shards(Vec<PathBuf>),
    /// `pytorch_model.bin`; read without executing its pickle code.
    Pytorch(PathBuf),
}

impl WeightFile {
    /// The weights in a directory of transformers' layout, the best of [`WEIGHT_FILES`] that is there.
    pub(super) fn find(dir: &Path) -> Result<Self, ModelError> {
        let found = WEIGHT_FILES
            .into_iter()
            .find(|file| dir.join(file).is_file());
        match found {
            Some(SHARD_INDEX) => shards(dir).map(Self::Shards),
            Some(PYTORCH) => Ok(Self::Pytorch(dir.join(PYTORCH))),
            Some(file) => Ok(Self::Safetensors(dir.join(file))),
            None => Err(missing(dir, SAFETENSORS)),
        }
    }

    pub(super) fn hash(&self, hasher: &mut blake3::Hasher) -> Result<(), ModelError> {
        match self {
            Self::Embedded(bytes) => {
                hasher.update(bytes);
                Ok(())
            }
            Self::Safetensors(path) | Self::Pytorch(path) => hash_file(hasher, path),
            Self::Shards(paths) => paths.iter().try_for_each(|path| hash_file(hasher, path)),
        }
    }
}

/// Says where to get `tokenizer.json` where something older is in its place.
pub(super) fn check_tokenizer(dir: &Path) -> Result<(), ModelError> {
    let [_, _, tokenizer] = SMALL_MODEL_FILES;
    if dir.join(tokenizer).exists() {
        return Ok(());
    }
    let is_there =
        |(files, ..): &&(&[&str], _, _)| files.iter().all(|file| dir.join(file).is_file());
    match OLD_TOKENIZERS.iter().find(is_there) {
        Some((_, files, example)) => Err(ModelError::OldTokenizer {
            dir: dir.to_owned(),
            files,
            example,
        }),
        None => Ok(()),
    }
}

/// The name of a model that has none but its directory's.
pub(super) fn name_of(dir: &Path) -> String {
    let path = dir.canonicalize();
    path.unwrap_or_else(|_| dir.to_owned())
        .display()
        .to_string()
}

/// A small file of a model directory.
pub(super) fn read_model_file(dir: &Path, file: &str) -> Result<Cow<'static, [u8]>, ModelError> {
    read_small(&dir.join(file)).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => missing(dir, file),
        _ => ModelError::Io {
            path: dir.join(file),
            cause,
        },
    })
}

/// The files named by the index of sharded weights, all of them beside it.
fn shards(dir: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let unusable = |reason: String| ModelError::Config {
        file: SHARD_INDEX,
        reason,
    };
    let text = read_small(&dir.join(SHARD_INDEX)).map_err(|error| unusable(error.to_string()))?;
    let names = shard_names(&text).map_err(|error| unusable(error.to_string()))?;
    let shard = |name: String| match dir.join(&name) {
        path if path.is_file() => Ok(path),
        _ => Err(missing(dir, &name)),
    };
    names.into_iter().map(shard).collect()
}

pub(super) fn missing(dir: &Path, file: &str) -> ModelError {
    ModelError::Missing {
        dir: dir.to_owned(),
        file: file.to_owned(),
    }
}

fn hash_file(hasher: &mut blake3::Hasher, path: &Path) -> Result<(), ModelError> {
    let io = |cause| ModelError::Io {
        path: path.to_owned(),
        cause,
    };
    let file = std::fs::File::open(path).map_err(io)?;
    hasher.update_reader(file).map(drop).map_err(io)
}

/// Reads a JSON file unless it is far too large: published tokenizers have up to 35 MB.
fn read_small(path: &Path) -> std::io::Result<Cow<'static, [u8]>> {
    const MAX_BYTES: u64 = 64 << 20;
    let metadata = std::fs::metadata(path)?;
    // Reading a link to a pipe or a device might never end.
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is not an ordinary file"));
    }
    let len = metadata.len();
    if len > MAX_BYTES {
        return Err(std::io::Error::other(format!(
            "{len} bytes are too many for such a file"
        )));
    }
    std::fs::read(path).map(Cow::Owned)
}
