//! The encoder: images and words as vectors of one space.
//!
//! An [`Encoder`] is a frozen model on a device. Which network it is, how it reads a text and where
//! it puts learned context vectors is the business of its *family*, a folder of this module:
//! [`clip`], [`siglip`], and [`distilbert`] for texts only. The transformer, the activations and the reading of files are shared.

mod activation;
mod bounds;
mod checkpoint;
pub mod clip;
pub mod distilbert;
mod family;
pub mod files;
mod info;
mod layout;
mod patches;
mod prompt_tokens;
pub mod siglip;
mod stored_tensor;
mod text_files;
mod token_table;
mod towers;
mod transformer;
mod vocabulary;
mod weight_file;
pub mod weights;

use burn::tensor::{Device, Tensor, TensorData};

use crate::domain::UnitVector;
use crate::model::ModelError;
use crate::model::device::ComputeDevice;
use crate::model::parameter::try_to_vec;
use crate::model::preprocess::{Pixels, Preprocess};
use crate::model::side_by_side::SideBySide;
use family::{ImageSide, TextSide};
use towers::Towers;

pub use activation::Activation;
pub(in crate::model) use checkpoint::Checkpoint;
pub use files::{BUNDLED, ModelFiles, ModelId};
pub use info::{Calibration, ImageInfo, ModelInfo, TextInfo};
pub use layout::Layout;
pub use prompt_tokens::{PromptRows, PromptTokens, WordPieces};
pub use text_files::TextFiles;
pub use weight_file::WeightFile;

/// A frozen model on a device, with its tokenizer and its preprocessing.
pub struct Encoder {
    towers: Towers,
    device: ComputeDevice,
    id: ModelId,
    image_id: String,
    former_image_id: String,
    /// Whole frames side by side are faster than products split over threads.
    threads: SideBySide,
}

impl Encoder {
    /// # Errors
    /// [`ModelError`] naming the file, the field or the tensor that is wrong.
    pub fn load(files: &ModelFiles, device: &ComputeDevice) -> Result<Self, ModelError> {
        // The hashes of large weights take as long as reading them.
        let (towers, ids) = std::thread::scope(|scope| {
            let ids = scope.spawn(|| Ids::of(files));
            let towers = Towers::load(files, device);
            (towers, ids.join())
        });
        let towers = towers?;
        let ids = ids.unwrap_or_else(|_| Err(ModelError::Device("a worker died".into())))?;
        Ok(Self {
            towers,
            device: device.clone(),
            id: ids.whole,
            image_id: ids.images,
            former_image_id: ids.former_images,
            threads: SideBySide::on(device, "encoder")?,
        })
    }

    pub fn id(&self) -> &ModelId {
        &self.id
    }

    /// The hash of all that decides the features of images: the image tower's weights and shape, and
    /// the preprocessing. What is kept of images is kept under it.
    pub fn image_id(&self) -> &str {
        &self.image_id
    }

    /// What earlier versions of this program kept features under: the hash of all files.
    pub fn former_image_id(&self) -> &str {
        &self.former_image_id
    }

    pub fn device(&self) -> &ComputeDevice {
        &self.device
    }

    /// Length of an embedding.
    pub fn dim(&self) -> usize {
        self.images().dim()
    }

    /// Width of context vectors.
    pub fn text_width(&self) -> usize {
        self.texts().text_width()
    }

    /// Side of the square images that [`Encoder::encode_images`] takes.
    pub fn image_size(&self) -> usize {
        self.images().image_size()
    }

    /// The preprocessing alone, for threads that read frames.
    pub fn preprocessor(&self) -> &Preprocess {
        self.images().preprocess()
    }

    /// An image of any size, as [`Encoder::encode_images`] takes it.
    pub fn preprocess(&self, image: &image::RgbImage) -> Pixels {
        self.preprocessor().apply(image)
    }

    /// Image features `[batch, dim]`, projected, not normalised.
    ///
    /// # Errors
    /// [`ModelError::Device`] when the device fails to hand its result over.
    pub fn encode_images(&self, batch: &[Pixels]) -> Result<Vec<f32>, ModelError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let part = batch.len().div_ceil(self.threads.width());
        let parts: Vec<&[Pixels]> = batch.chunks(part).collect();
        let device = self.device.tensor_device();
        let features = self
            .threads
            .run(&parts, |part| encode_images_on(&self.towers, device, part));
        Ok(features?.concat())
    }

    /// Text features `[texts, dim]`, projected, not normalised: what research code exchanges.
    /// [`Encoder::embed_texts`] gives what curves are made of. Texts that are too long are cut.
    ///
    /// # Errors
    /// [`ModelError::Tokenize`] for a text that cannot be read, [`ModelError::Device`] when the
    /// device fails.
    pub fn encode_texts(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let tokens: Result<Vec<_>, _> = texts.iter().map(|text| self.tokenize(text, 0)).collect();
        try_to_vec(self.texts().text_features(&tokens?)?)
    }

    /// The directions of texts, to be compared with image embeddings. Texts that are too long are
    /// cut.
    ///
    /// # Errors
    /// As [`Encoder::encode_texts`].
    pub fn embed_texts(&self, texts: &[&str]) -> Result<Vec<UnitVector>, ModelError> {
        let features = self.encode_texts(texts)?;
        Ok(UnitVector::of_rows(&features, self.dim()))
    }

    /// A text as the model reads it, with room for `n_ctx` context vectors.
    ///
    /// # Errors
    /// [`ModelError::Tokenize`] for a text that cannot be read, [`ModelError::NoRoom`] where the
    /// context vectors fill all positions.
    pub fn tokenize(&self, text: &str, n_ctx: usize) -> Result<PromptTokens, ModelError> {
        self.texts().tokenize(text, n_ctx)
    }

    /// Features of texts with context vectors, projected, not normalised. Differentiable in the
    /// context, whose groups may be different leaves; the model itself is frozen and outside the
    /// graph.
    ///
    /// # Shapes
    /// - groups: texts tokenized with room for as many context vectors as all groups have
    /// - output: `[rows, dim]`, the rows of the groups one after the other
    ///
    /// # Errors
    /// [`ModelError::Weights`] where the model reads from a file that is gone.
    ///
    /// # Panics
    /// When there is no text at all, or the groups have different numbers of context vectors.
    pub fn prompt_features(&self, groups: &[PromptRows<'_>]) -> Result<Tensor<2>, ModelError> {
        self.texts().prompt_features(groups)
    }

    /// The state of each piece of a text from the first special token to the last, `[pieces,
    /// text_width]`, after the final norm and not projected: what moment detectors read. Empty in
    /// families of which detectors know nothing.
    ///
    /// # Errors
    /// As [`Encoder::encode_texts`].
    pub fn word_states(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        match self.texts().word_states(&self.tokenize(text, 0)?) {
            Some(states) => try_to_vec(states),
            None => Ok(Vec::new()),
        }
    }

    /// Token embeddings `[n, text_width]` of the pieces of some words; empty where there are none.
    ///
    /// # Errors
    /// As [`Encoder::encode_texts`].
    pub fn word_embeddings(&self, words: &str) -> Result<Vec<f32>, ModelError> {
        match self.texts().word_embeddings(words)? {
            Some(embeddings) => try_to_vec(embeddings),
            None => Ok(Vec::new()),
        }
    }

    /// Multiply-adds of the text tower for each position of each row: how costly a call will be.
    pub fn text_work_per_position(&self) -> usize {
        self.texts().text_layers().work_per_position()
    }

    /// How the model itself reads a cosine.
    pub fn calibration(&self) -> Calibration {
        self.images().calibration()
    }

    pub fn info(&self) -> ModelInfo {
        let (image, text) = (self.images().image_info(), self.texts().text_info());
        ModelInfo {
            name: self.id.name.clone(),
            hash: self.id.hash.clone(),
            image_hash: self.image_id.clone(),
            embedding_dim: self.dim(),
            parameters: image.n_params + text.n_params,
            image,
            text,
            framing: self.preprocessor().framing(),
            calibration: self.calibration(),
            device: self.device.to_string(),
        }
    }

    /// Shows every frozen parameter to `visitor`.
    #[cfg(test)]
    pub(crate) fn visit_parameters(&self, visitor: &mut impl burn::module::ModuleVisitor) {
        use burn::module::Module as _;
        match &self.towers {
            Towers::Clip(towers) => towers.network().visit(visitor),
            Towers::Siglip(towers) => towers.network().visit(visitor),
            Towers::ClipAndDistilBert(_, texts) => texts.network().visit(visitor),
        }
    }

    fn images(&self) -> &dyn ImageSide {
        self.towers.images()
    }

    fn texts(&self) -> &dyn TextSide {
        self.towers.texts()
    }
}

/// Who a model is, by its files.
struct Ids {
    whole: ModelId,
    images: String,
    former_images: String,
}

impl Ids {
    fn of(files: &ModelFiles) -> Result<Self, ModelError> {
        let whole = files.id()?;
        let former_images = match files.text {
            None => whole.hash.clone(),
            Some(_) => files.former_image_id()?,
        };
        Ok(Self {
            whole,
            images: towers::image_id(files)?,
            former_images,
        })
    }
}

fn encode_images_on(
    towers: &Towers,
    device: &Device,
    batch: &[Pixels],
) -> Result<Vec<f32>, ModelError> {
    try_to_vec(towers.images().image_features(pixel_tensor(batch, device)))
}

/// Images of one size as a tensor, `[batch, 3, size, size]`.
pub fn pixel_tensor(batch: &[Pixels], device: &Device) -> Tensor<4> {
    let size = batch.first().map_or(0, |pixels| pixels.size);
    let values: Vec<f32> = batch
        .iter()
        .flat_map(|pixels| &pixels.values)
        .copied()
        .collect();
    Tensor::from_data(
        TensorData::new(values, [batch.len(), 3, size, size]),
        device,
    )
}
