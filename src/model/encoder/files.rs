//! Where a model's four files come from, and who the model is.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::domain::{
    PROCESSOR_CONFIG, PYTORCH, SAFETENSORS, SHARD_INDEX, SMALL_MODEL_FILES, WEIGHT_FILES,
    shard_names,
};
use crate::model::ModelError;
use crate::model::encoder::layout;

/// Name of the model that is compiled into the program.
pub const BUNDLED: &str = "bundled";

/// What was saved in place of `tokenizer.json` by programs that do not know it.
const OLD_TOKENIZER: [&str; 2] = ["vocab.json", "merges.txt"];

/// The files of a model in Hugging Face layout.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    pub name: String,
    pub config: Cow<'static, [u8]>,
    /// `preprocessor_config.json`, or the newer `processor_config.json`.
    pub preprocessor: Cow<'static, [u8]>,
    pub tokenizer: Cow<'static, [u8]>,
    pub weights: WeightFile,
}

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

/// Which model made something: its name for people, its hash for programs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelId {
    pub name: String,
    /// blake3 over all four files, hexadecimal.
    pub hash: String,
}

impl ModelFiles {
    /// The model directory `dir`, or the one inside it where it was saved by sentence-transformers.
    ///
    /// # Errors
    /// [`ModelError::Missing`] naming the file that is not there, [`ModelError::UnknownFamily`] or
    /// [`ModelError::OpenClip`] for a whole model of another kind.
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        if dir.exists() && !dir.is_dir() {
            return Err(ModelError::NotADirectory(dir.to_owned()));
        }
        if !dir.is_dir() {
            return Err(ModelError::NoDirectory(dir.to_owned()));
        }
        let dir = &*layout::model_dir(dir);
        let small = |file: &str| {
            read_small(&dir.join(file)).map_err(|cause| match cause.kind() {
                std::io::ErrorKind::NotFound => missing(dir, file),
                _ => ModelError::Io {
                    path: dir.join(file),
                    cause,
                },
            })
        };
        let [config, preprocessor, tokenizer] = SMALL_MODEL_FILES;
        // What a model of another kind lacks is not what is wrong with it.
        if let Some(error) = layout::other_kind(dir, small(config).ok().as_deref()) {
            return Err(error);
        }
        let preprocessor = match dir.join(preprocessor).exists() {
            false if dir.join(PROCESSOR_CONFIG).is_file() => PROCESSOR_CONFIG,
            _ => preprocessor,
        };
        let has_old_tokenizer = || OLD_TOKENIZER.iter().all(|file| dir.join(file).is_file());
        if !dir.join(tokenizer).exists() && has_old_tokenizer() {
            return Err(ModelError::OldTokenizer(dir.to_owned()));
        }
        let weights = WeightFile::find(dir)?;
        let name = dir.canonicalize().map_or_else(
            |_| dir.display().to_string(),
            |path| path.display().to_string(),
        );
        Ok(Self {
            name,
            config: small(config)?,
            preprocessor: small(preprocessor)?,
            tokenizer: small(tokenizer)?,
            weights,
        })
    }

    /// Whether a model was put into `dir`, though it may be of another kind or lack files.
    pub fn are_meant_in(dir: &Path) -> bool {
        layout::is_model_dir(dir)
    }

    /// Whether `dir` has all files of a model, without looking into the large ones.
    pub fn are_in(dir: &Path) -> bool {
        let dir = layout::model_dir(dir);
        let has = |file: &str| dir.join(file).is_file();
        let [config, preprocessor, tokenizer] = SMALL_MODEL_FILES;
        has(config)
            && has(tokenizer)
            && (has(preprocessor) || has(PROCESSOR_CONFIG))
            && WeightFile::find(&dir).is_ok()
    }

    /// The model that is compiled into the program, so that a search works without any download.
    pub fn bundled() -> Self {
        Self {
            name: BUNDLED.to_owned(),
            config: Cow::Borrowed(include_bytes!("../../../weights/config.json")),
            preprocessor: Cow::Borrowed(include_bytes!(
                "../../../weights/preprocessor_config.json"
            )),
            tokenizer: Cow::Borrowed(include_bytes!("../../../weights/tokenizer.json")),
            weights: WeightFile::Embedded(include_bytes!("../../../weights/model.safetensors")),
        }
    }

    /// Hashes all files; about a third of a second per gigabyte of weights.
    pub fn id(&self) -> Result<ModelId, ModelError> {
        let mut hasher = blake3::Hasher::new();
        for part in [&self.config, &self.preprocessor, &self.tokenizer] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        match &self.weights {
            WeightFile::Embedded(bytes) => {
                hasher.update(bytes);
            }
            WeightFile::Safetensors(path) | WeightFile::Pytorch(path) => {
                hash_file(&mut hasher, path)?;
            }
            WeightFile::Shards(paths) => {
                for path in paths {
                    hash_file(&mut hasher, path)?;
                }
            }
        }
        Ok(ModelId {
            name: self.name.clone(),
            hash: hasher.finalize().to_hex().to_string(),
        })
    }
}

impl WeightFile {
    /// The weights in the model directory `dir`, the best of [`WEIGHT_FILES`] that is there.
    fn find(dir: &Path) -> Result<Self, ModelError> {
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

fn missing(dir: &Path, file: &str) -> ModelError {
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
