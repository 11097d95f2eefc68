//! Where a model's four files come from, and who the model is.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::model::ModelError;

/// Name of the model in the binary.
pub const BUNDLED: &str = "bundled";

/// The files of a model in Hugging Face layout.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    pub name: String,
    pub config: Cow<'static, [u8]>,
    pub preprocessor: Cow<'static, [u8]>,
    pub tokenizer: Cow<'static, [u8]>,
    pub weights: WeightFile,
}

/// Where the tensors lie.
#[derive(Clone, Debug)]
pub enum WeightFile {
    /// safetensors in memory: the bundled model.
    Embedded(&'static [u8]),
    /// `model.safetensors`
    Safetensors(PathBuf),
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
    /// The model directory `dir`.
    ///
    /// # Errors
    /// [`ModelError::Missing`] with the file that is not there.
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        if !dir.is_dir() {
            return Err(ModelError::NoDirectory(dir.to_owned()));
        }
        let small = |file: &str| {
            read_small(&dir.join(file)).map_err(|source| match source.kind() {
                std::io::ErrorKind::NotFound => ModelError::Missing {
                    dir: dir.to_owned(),
                    file: file.to_owned(),
                },
                _ => ModelError::Io {
                    path: dir.join(file),
                    source,
                },
            })
        };
        let safetensors = dir.join("model.safetensors");
        let pytorch = dir.join("pytorch_model.bin");
        let weights = if safetensors.is_file() {
            WeightFile::Safetensors(safetensors)
        } else if pytorch.is_file() {
            WeightFile::Pytorch(pytorch)
        } else {
            return Err(ModelError::Missing {
                dir: dir.to_owned(),
                file: "model.safetensors".to_owned(),
            });
        };
        let name = dir.canonicalize().map_or_else(
            |_| dir.display().to_string(),
            |path| path.display().to_string(),
        );
        Ok(Self {
            name,
            config: small("config.json")?,
            preprocessor: small("preprocessor_config.json")?,
            tokenizer: small("tokenizer.json")?,
            weights,
        })
    }

    /// The model that ships in the program: it means something with no network and no download.
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
                let io = |source| ModelError::Io {
                    path: path.clone(),
                    source,
                };
                let file = std::fs::File::open(path).map_err(io)?;
                hasher.update_reader(file).map_err(io)?;
            }
        }
        Ok(ModelId {
            name: self.name.clone(),
            hash: hasher.finalize().to_hex().to_string(),
        })
    }
}

/// Reads a JSON file of sane size: the largest published tokenizer has a few megabytes.
fn read_small(path: &Path) -> std::io::Result<Cow<'static, [u8]>> {
    const MAX_BYTES: u64 = 64 << 20;
    let metadata = std::fs::metadata(path)?;
    // A link to a pipe or a device would be read for ever.
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no ordinary file"));
    }
    let len = metadata.len();
    if len > MAX_BYTES {
        return Err(std::io::Error::other(format!(
            "{len} bytes are too many for such a file"
        )));
    }
    std::fs::read(path).map(Cow::Owned)
}
