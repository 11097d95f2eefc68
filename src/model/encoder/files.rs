//! Where a model's files come from, and who the model is.

use std::borrow::Cow;
use std::path::Path;

use crate::domain::{
    OPEN_CLIP_CONFIG, OPEN_CLIP_WEIGHTS, PROCESSOR_CONFIG, SAFETENSORS, SMALL_MODEL_FILES,
};
use crate::model::ModelError;
use crate::model::encoder::layout::{self, Layout};
use crate::model::encoder::text_files::TextFiles;
use crate::model::encoder::weight_file::{
    WeightFile, check_tokenizer, missing, name_of, read_model_file,
};

/// Name of the model that is compiled into the program.
pub const BUNDLED: &str = "bundled";

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
            Layout::OpenClip => {
                let json = read_model_file(dir, OPEN_CLIP_CONFIG);
                if let Some(error) = json.as_deref().ok().and_then(layout::other_open_clip) {
                    return Err(error);
                }
                (json, None)
            }
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
