//! Why a model cannot be used, in one line each.

use std::path::PathBuf;

/// Why a model cannot be used; each is one line that names the file and the fault.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("there is no model directory {0}: give a directory or a name from `vcl model list`")]
    NoDirectory(PathBuf),
    #[error("{0} is not a directory: give the directory that holds the model's files")]
    NotADirectory(PathBuf),
    #[error("the model {0} is not on this machine: get it with `vcl model download {0}`")]
    NotDownloaded(String),
    #[error("the model directory {dir} has no {file}: download the whole model")]
    Missing { dir: PathBuf, file: String },
    #[error(
        "the model directory {dir} has its tokenizer as {files} only: put the tokenizer.json of the same \
         model beside it ({example})"
    )]
    OldTokenizer {
        dir: PathBuf,
        files: &'static str,
        example: &'static str,
    },
    #[error("cannot read {path}: {cause}")]
    Io {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{file} is not usable: {reason}")]
    Config { file: &'static str, reason: String },
    #[error(
        "config.json says that this is {name} (type {model_type:?}), which vcl cannot run: choose a \
         CLIP or SigLIP model, such as openai/clip-vit-base-patch32"
    )]
    UnknownFamily {
        name: &'static str,
        model_type: String,
    },
    #[error(
        "open_clip_config.json describes {0}, which vcl cannot run: choose a model whose towers are \
         plain transformers, or the same model in the layout of transformers"
    )]
    OpenClip(String),
    #[error(
        "{0} is a text tower without an image tower: name the model whose images it describes too, \
         as in --model openai/clip-vit-base-patch32+{0}"
    )]
    TextOnly(String),
    #[error(
        "the text tower {text} gives {n_text} numbers and the image tower {n_image}: they do not belong together"
    )]
    OtherSpace {
        text: String,
        n_text: usize,
        n_image: usize,
    },
    #[error("the model's weights are not usable: {0}")]
    Weights(String),
    #[error(
        "the model gives features that are not numbers: its weights are damaged, so download it \
         again or choose another model"
    )]
    NotFinite,
    #[error("the model's tokenizer.json cannot split the text into tokens: {0}")]
    Tokenize(String),
    #[error(
        "{n_ctx} context vectors leave no room for words in a model that reads {n_positions} \
         tokens: use fewer"
    )]
    NoRoom { n_ctx: usize, n_positions: usize },
    #[error("no GPU that can run the model was found: use --device cpu")]
    NoGpu,
    #[error("the GPU has failed: restart the program to try it again, or use --device cpu")]
    GpuLost,
    #[error("the device gave no result: {0}")]
    Device(String),
    /// Nothing that runs on the device will give a result any more.
    #[error("the device was lost: {0}")]
    DeviceLost(String),
}

/// Families of models that pair images with text, by the `model_type` of their `config.json`.
const FAMILIES: [(&str, &str); 14] = [
    ("distilbert", "a text tower without an image tower"),
    ("siglip2", "a SigLIP 2 of variable resolution (NaFlex)"),
    ("align", "ALIGN"),
    ("altclip", "AltCLIP"),
    ("blip", "BLIP"),
    ("blip-2", "BLIP-2"),
    ("chinese_clip", "Chinese-CLIP"),
    ("clip_text_model", "only the text half of a CLIP"),
    ("clip_vision_model", "only the image half of a CLIP"),
    ("clipseg", "CLIPSeg"),
    ("metaclip_2", "MetaCLIP 2"),
    ("mobileclip", "MobileCLIP"),
    ("vision-text-dual-encoder", "a pair of other encoders"),
    ("xclip", "X-CLIP"),
];

impl ModelError {
    /// For a `model_type` of no family that is known.
    pub(super) fn unknown_family(model_type: &str) -> Self {
        let known = FAMILIES.iter().find(|(known, _)| *known == model_type);
        Self::UnknownFamily {
            name: known.map_or("a model of another family", |(_, name)| name),
            model_type: model_type.chars().take(40).collect(),
        }
    }
}
