//! A text tower of its own, as sentence-transformers saves one that speaks into the space of a CLIP.
//!
//! `modules.json` names the parts: a transformer, the mean over its tokens, and a matrix into the
//! space of the images. `sentence-transformers/clip-ViT-B-32-multilingual-v1` is such a one.

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;

use crate::domain::{SENTENCE_MODULES, SMALL_MODEL_FILES};
use crate::model::ModelError;
use crate::model::encoder::layout::model_type;
use crate::model::encoder::weight_file::{
    WeightFile, check_tokenizer, missing, name_of, read_model_file,
};

/// `model_type` of the transformer.
const DISTILBERT: &str = "distilbert";

const CONFIG: &str = SMALL_MODEL_FILES[0];
const TOKENIZER: &str = SMALL_MODEL_FILES[2];

/// Says how long texts may be, where it is there.
const LENGTHS: &str = "sentence_bert_config.json";

/// The files of a text tower.
#[derive(Clone, Debug)]
pub struct TextFiles {
    pub name: String,
    /// `config.json` of the transformer.
    pub config: Cow<'static, [u8]>,
    pub tokenizer: Cow<'static, [u8]>,
    pub weights: WeightFile,
    /// `config.json` of what makes one vector of all tokens.
    pub pooling: Cow<'static, [u8]>,
    /// `config.json` of the matrix behind it, and its weights.
    pub dense: (Cow<'static, [u8]>, WeightFile),
    /// `sentence_bert_config.json`
    pub lengths: Option<Cow<'static, [u8]>>,
}

/// One entry of `modules.json`.
#[derive(Deserialize)]
struct Module {
    /// The folder, empty for the directory itself.
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl TextFiles {
    /// Whether a text tower was meant to be here, whole or not.
    pub fn are_meant_in(dir: &Path) -> bool {
        dir.join(SENTENCE_MODULES).is_file()
            && read_model_file(dir, CONFIG)
                .is_ok_and(|config| model_type(&config).is_ok_and(|kind| kind == DISTILBERT))
    }

    /// Whether all files are here.
    pub fn are_in(dir: &Path) -> bool {
        Self::from_dir(dir).is_ok()
    }

    /// # Errors
    /// [`ModelError::Missing`] naming the file that is not there, and [`ModelError::Config`] where the
    /// tower has other parts.
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        let json = read_model_file(dir, SENTENCE_MODULES)?;
        let unusable = |reason: String| ModelError::Config {
            file: SENTENCE_MODULES,
            reason,
        };
        let modules: Vec<Module> =
            serde_json::from_slice(&json).map_err(|error| unusable(error.to_string()))?;
        for module in &modules {
            let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
            if !module.path.bytes().all(is_plain) {
                return Err(unusable(format!(
                    "{:?} is no folder beside it",
                    module.path
                )));
            }
        }
        let folder = |name: &str| {
            let ending = format!(".{name}");
            let found = modules.iter().find(|module| module.kind.ends_with(&ending));
            let found = found.ok_or_else(|| unusable(format!("the tower has no part {name}")));
            found.map(|module| dir.join(&module.path))
        };
        let (transformer, pooling, dense) =
            (folder("Transformer")?, folder("Pooling")?, folder("Dense")?);
        let known = ["Transformer", "Pooling", "Dense", "Normalize"];
        for module in &modules {
            let kind = module.kind.rsplit('.').next().unwrap_or_default();
            if !known.contains(&kind) {
                return Err(unusable(format!("the part {kind} is not supported")));
            }
        }
        check_tokenizer(&transformer)?;
        if !transformer.join(TOKENIZER).exists() {
            return Err(missing(&transformer, TOKENIZER));
        }
        Ok(Self {
            name: name_of(dir),
            config: read_model_file(&transformer, CONFIG)?,
            tokenizer: read_model_file(&transformer, TOKENIZER)?,
            weights: WeightFile::find(&transformer)?,
            pooling: read_model_file(&pooling, CONFIG)?,
            dense: (read_model_file(&dense, CONFIG)?, WeightFile::find(&dense)?),
            lengths: read_model_file(&transformer, LENGTHS).ok(),
        })
    }

    pub(super) fn hash(&self, hasher: &mut blake3::Hasher) -> Result<(), ModelError> {
        let (dense, dense_weights) = &self.dense;
        let small = [&self.config, &self.tokenizer, &self.pooling, dense];
        for part in small.into_iter().chain(&self.lengths) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        self.weights.hash(hasher)?;
        dense_weights.hash(hasher)
    }
}
