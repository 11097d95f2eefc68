//! Where a model's files come from, and who the model is.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::domain::{
    OPEN_CLIP_CONFIG, OPEN_CLIP_WEIGHTS, PROCESSOR_CONFIG, PYTORCH, SAFETENSORS, SHARD_INDEX,
    SMALL_MODEL_FILES, WEIGHT_FILES, shard_names,
};
use crate::model::ModelError;
use crate::model::encoder::layout::{self, Layout};
use crate::model::encoder::text_files::TextFiles;

/// Name of the model that is compiled into the program.
pub const BUNDLED: &str = "bundled";

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

/// The files of a model.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    pub name: String,
    pub layout: Layout,
    /// Empty where the layout has none.
    pub config: Cow<'static, [u8]>,
    /// `preprocessor_config.json`, or the newer `processor_config.json`; empty where the layout says
    /// it in `config` or nowhere.
    pub preprocessor: Cow<'static, [u8]>,
    pub tokenizer: Cow<'static, [u8]>,
    pub weights: WeightFile,
    /// A text tower that takes the place of the model's own.
    pub text: Option<Box<TextFiles>>,
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
    /// blake3 over all files, hexadecimal.
    pub hash: String,
}

impl ModelFiles {
    /// The model directory `dir`, or the one inside it where it was saved by sentence-transformers.
    ///
    /// # Errors
    /// [`ModelError::Missing`] naming the file that is not there, [`ModelError::UnknownFamily`] for
    /// a whole model of another kind.
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        if dir.exists() && !dir.is_dir() {
            return Err(ModelError::NotADirectory(dir.to_owned()));
        }
        if !dir.is_dir() {
            return Err(ModelError::NoDirectory(dir.to_owned()));
        }
        if TextFiles::are_meant_in(dir) {
            return Err(ModelError::TextOnly(dir.display().to_string()));
        }
        let dir = &*layout::model_dir(dir);
        let layout = layout::layout_of(dir);
        let [config, preprocessor, tokenizer] = SMALL_MODEL_FILES;
        let (config, preprocessor) = match layout {
            Layout::Transformers => {
                // What a model of another kind lacks is not what is wrong with it.
                let json = read_model_file(dir, config);
                if let Some(error) = layout::other_kind(json.as_deref().ok()) {
                    return Err(error);
                }
                let preprocessor = match dir.join(preprocessor).exists() {
                    false if dir.join(PROCESSOR_CONFIG).is_file() => PROCESSOR_CONFIG,
                    _ => preprocessor,
                };
                (json, Some(preprocessor))
            }
            Layout::OpenClip => (read_model_file(dir, OPEN_CLIP_CONFIG), None),
            Layout::OpenAi => (Ok(Cow::Borrowed(&[][..])), None),
        };
        check_tokenizer(dir)?;
        let weights = find_weights(dir, layout)?;
        Ok(Self {
            name: name_of(dir),
            layout,
            config: config?,
            preprocessor: match preprocessor {
                Some(file) => read_model_file(dir, file)?,
                None => Cow::Borrowed(&[]),
            },
            tokenizer: read_model_file(dir, tokenizer)?,
            weights,
            text: None,
        })
    }

    /// The images of this model, described by a text tower of its own.
    #[must_use]
    pub fn with_text(mut self, text: TextFiles) -> Self {
        self.text = Some(Box::new(text));
        self
    }

    /// Whether a model was put into `dir`, though it may be of another kind or lack files.
    pub fn are_meant_in(dir: &Path) -> bool {
        layout::is_model_dir(dir)
    }

    /// Whether `dir` has all files of a model, without looking into the large ones.
    pub fn are_in(dir: &Path) -> bool {
        if TextFiles::are_meant_in(dir) {
            return TextFiles::are_in(dir);
        }
        let dir = layout::model_dir(dir);
        let has = |file: &str| dir.join(file).is_file();
        let [config, preprocessor, tokenizer] = SMALL_MODEL_FILES;
        let layout = layout::layout_of(&dir);
        let has_configs = match layout {
            Layout::Transformers => has(config) && (has(preprocessor) || has(PROCESSOR_CONFIG)),
            Layout::OpenClip => has(OPEN_CLIP_CONFIG),
            Layout::OpenAi => true,
        };
        has_configs && has(tokenizer) && find_weights(&dir, layout).is_ok()
    }

    /// The model that is compiled into the program, so that a search works without any download.
    pub fn bundled() -> Self {
        Self {
            name: BUNDLED.to_owned(),
            layout: Layout::Transformers,
            text: None,
            config: Cow::Borrowed(include_bytes!("../../../weights/config.json")),
            preprocessor: Cow::Borrowed(include_bytes!(
                "../../../weights/preprocessor_config.json"
            )),
            tokenizer: Cow::Borrowed(include_bytes!("../../../weights/tokenizer.json")),
            weights: WeightFile::Embedded(include_bytes!("../../../weights/model.safetensors")),
        }
    }

    /// Hashes all files; about a third of a second per gigabyte of weights.
    ///
    /// # Errors
    /// [`ModelError::Io`] where a file cannot be read any more.
    pub fn id(&self) -> Result<ModelId, ModelError> {
        let mut hasher = self.hash_without_text()?;
        if let Some(text) = &self.text {
            text.hash(&mut hasher)?;
        }
        Ok(ModelId {
            name: self.name.clone(),
            hash: hasher.finalize().to_hex().to_string(),
        })
    }

    fn hash_without_text(&self) -> Result<blake3::Hasher, ModelError> {
        let mut hasher = blake3::Hasher::new();
        for part in [&self.config, &self.preprocessor, &self.tokenizer] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        self.weights.hash(&mut hasher)?;
        Ok(hasher)
    }

    /// The hash of the files with the model's own text tower: what earlier versions of this program
    /// kept the features of images under.
    ///
    /// # Errors
    /// As [`ModelFiles::id`].
    pub fn former_image_id(&self) -> Result<String, ModelError> {
        Ok(self.hash_without_text()?.finalize().to_hex().to_string())
    }
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

fn find_weights(dir: &Path, layout: Layout) -> Result<WeightFile, ModelError> {
    let [best, older] = OPEN_CLIP_WEIGHTS;
    match layout {
        Layout::Transformers => WeightFile::find(dir),
        Layout::OpenClip if dir.join(best).is_file() => Ok(WeightFile::Safetensors(dir.join(best))),
        Layout::OpenClip if dir.join(older).is_file() => Ok(WeightFile::Pytorch(dir.join(older))),
        Layout::OpenClip => Err(missing(dir, best)),
        Layout::OpenAi => layout::original_weights(dir)
            .map(WeightFile::Pytorch)
            .ok_or_else(|| missing(dir, SAFETENSORS)),
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
