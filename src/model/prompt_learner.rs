//! Learned context vectors in front of the query, and the calibration of what comes out.
//!
//! Context vectors stand among the tokens of the query as if they were words; the family of the
//! [`Encoder`] decides where. The encoder is frozen: its tensors live outside the autodiff graph, so
//! no gradient is computed for them. Golden numbers in `tests/fixtures/prompt`.
//!
//! Source: Zhou et al., *Learning to Prompt for Vision-Language Models*, 2022.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

use crate::domain::UnitVector;
use crate::model::encoder::{PromptRows, PromptTokens};
use crate::model::moment_head::{HeadKind, MomentHead};
use crate::model::parameter::{leaf, parameter, try_to_vec};
use crate::model::prompt::{BaseModel, Prompt, PromptMetadata};
use crate::model::{Encoder, ModelError};

/// As many as "a photo of a" has words.
pub const DEFAULT_N_CTX: usize = 4;

const CONTEXT_ID: u64 = 0xc0de_0001;
const SCALE_ID: u64 = 0xc0de_0002;
const BIAS_ID: u64 = 0xc0de_0003;

/// What the context vectors are before training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ContextInit {
    /// Token embeddings of these words: the first `n_ctx`, repeated where they are fewer.
    Words(String),
    /// N(0, 0.02).
    Random,
}

impl Default for ContextInit {
    fn default() -> Self {
        Self::Words("a photo of a".into())
    }
}

/// Everything that is trained: `n_ctx · text_width + 2 + 91` numbers.
#[derive(Module, Debug)]
pub struct PromptLearner {
    /// `[n_ctx, text_width]`
    context: Param<Tensor<2>>,
    /// `[1]`
    scale: Param<Tensor<1>>,
    /// `[1]`
    bias: Param<Tensor<1>>,
    head: MomentHead,
}

/// Plain numbers to start a [`PromptLearner`] from.
#[derive(Clone, Debug)]
pub struct PromptLearnerConfig {
    pub n_ctx: usize,
    pub text_width: usize,
    pub head: HeadKind,
}

impl PromptLearnerConfig {
    /// What is taught if nobody chooses otherwise, on a model whose token embeddings are so wide.
    pub fn usual(text_width: usize) -> Self {
        Self {
            n_ctx: DEFAULT_N_CTX,
            text_width,
            head: HeadKind::Window,
        }
    }

    /// How many numbers are trained, counted from the module.
    pub fn n_parameters(&self) -> usize {
        self.init(0, &Device::flex()).n_parameters()
    }

    /// Random context, scale 1, bias 0. With an autodiff device the learner can be trained.
    pub fn init(&self, seed: u64, device: &Device) -> PromptLearner {
        let context = random_context(self.n_ctx * self.text_width, seed);
        self.init_with_context(&context, seed, device)
    }

    /// # Panics
    /// When `context` is not `[n_ctx, text_width]`.
    pub fn init_with_context(&self, context: &[f32], seed: u64, device: &Device) -> PromptLearner {
        let shape = [self.n_ctx, self.text_width];
        PromptLearner {
            context: parameter(CONTEXT_ID, context, shape, device),
            scale: parameter(SCALE_ID, &[1.0], [1], device),
            bias: parameter(BIAS_ID, &[0.0], [1], device),
            head: self.head.config().init(seed, &Device::flex()),
        }
    }
}

impl PromptLearner {
    /// With calibration and context of a prompt, and its head where it has one.
    fn from_prompt(prompt: &Prompt, device: &Device) -> Self {
        let metadata = &prompt.metadata;
        let shape = [metadata.n_ctx, metadata.base_model.text_width];
        let head = match &prompt.head {
            Some(weights) => MomentHead::from_weights(weights, &Device::flex()),
            None => metadata.head.config().init(0, &Device::flex()),
        };
        Self {
            context: parameter(CONTEXT_ID, &prompt.context, shape, device),
            scale: parameter(SCALE_ID, &[prompt.scale], [1], device),
            bias: parameter(BIAS_ID, &[prompt.bias], [1], device),
            head,
        }
    }

    /// Counted from the module.
    pub fn n_parameters(&self) -> usize {
        self.num_params()
    }

    pub fn n_ctx(&self) -> usize {
        let [n_ctx, _] = self.context.dims();
        n_ctx
    }

    /// `[n_ctx, text_width]`
    pub fn context(&self) -> Tensor<2> {
        self.context.val()
    }

    /// `[1]`
    pub fn scale(&self) -> Tensor<1> {
        self.scale.val()
    }

    /// `[1]`
    pub fn bias(&self) -> Tensor<1> {
        self.bias.val()
    }

    /// The same learner with other context vectors `[n_ctx, text_width]`; they start a new graph.
    #[must_use]
    pub fn with_context(self, context: &[f32]) -> Self {
        let shape = self.context.dims();
        let device = self.context.device();
        Self {
            context: parameter(CONTEXT_ID, context, shape, &device),
            ..self
        }
    }

    /// The same learner with other values of its parameters, on its device.
    ///
    /// `context` is `[n_ctx, text_width]`, `scale` and `bias` are `[1]`; none comes with a graph.
    #[must_use]
    pub fn with_parameters(self, context: Tensor<2>, scale: Tensor<1>, bias: Tensor<1>) -> Self {
        let tracked = self.context.val().is_autodiff();
        Self {
            context: leaf(CONTEXT_ID, context, tracked),
            scale: leaf(SCALE_ID, scale, tracked),
            bias: leaf(BIAS_ID, bias, tracked),
            ..self
        }
    }

    /// The same learner with another scale and bias.
    #[must_use]
    pub fn with_calibration(self, scale: f32, bias: f32) -> Self {
        let device = self.scale.device();
        Self {
            scale: parameter(SCALE_ID, &[scale], [1], &device),
            bias: parameter(BIAS_ID, &[bias], [1], &device),
            ..self
        }
    }

    /// Texts that get this learner's context, for a batch with those of other learners.
    pub fn rows<'a>(&self, texts: Vec<&'a PromptTokens>) -> PromptRows<'a> {
        PromptRows {
            texts,
            context: self.context(),
        }
    }

    /// `scale · cos + bias` of every clip.
    ///
    /// # Shapes
    /// - frames: `[batch, n_clips, dim]`, unit vectors
    /// - features: `[batch, dim]`, of any length
    /// - output: `[batch, n_clips]`
    pub fn saliency(&self, frames: Tensor<3>, features: Tensor<2>) -> Tensor<2> {
        cosines(frames, features) * self.scale.val().unsqueeze::<2>()
            + self.bias.val().unsqueeze::<2>()
    }
}

/// Cosines of clips with the text of their row.
///
/// # Shapes
/// - frames: `[batch, n_clips, dim]`, unit vectors
/// - features: `[batch, dim]`, of any length
/// - output: `[batch, n_clips]`
pub fn cosines(frames: Tensor<3>, features: Tensor<2>) -> Tensor<2> {
    let norms = features.clone().square().sum_dim(1).sqrt(); // [batch, 1]
    let embeds = features / norms;
    frames
        .matmul(embeds.unsqueeze_dim::<3>(2)) // [batch, n_clips, 1]
        .squeeze_dim(2)
}

/// Context vectors `[n_ctx, text_width]` before training.
pub fn initial_context(
    encoder: &Encoder,
    init: &ContextInit,
    n_ctx: usize,
    seed: u64,
) -> Result<Vec<f32>, ModelError> {
    let width = encoder.text_width();
    let words = match init {
        ContextInit::Random => Vec::new(),
        ContextInit::Words(words) => encoder.word_embeddings(words)?,
    };
    if words.is_empty() {
        return Ok(random_context(n_ctx * width, seed));
    }
    Ok(words.into_iter().cycle().take(n_ctx * width).collect())
}

/// N(0, 0.02), the same on every device.
fn random_context(len: usize, seed: u64) -> Vec<f32> {
    const DEVIATION: f64 = 0.02;
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    // Box and Muller.
    let mut normal = || {
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
    };
    (0..len).map(|_| (normal() * DEVIATION) as f32).collect()
}

impl Prompt {
    /// An untrained prompt on this model.
    pub fn untrained(encoder: &Encoder, context: Vec<f32>, head: HeadKind) -> Self {
        let width = encoder.text_width();
        let base = BaseModel::new(encoder.id(), width);
        Self {
            metadata: PromptMetadata::new(base, context.len() / width, head),
            context,
            scale: 1.0,
            bias: 0.0,
            head: None,
        }
    }

    /// The directions of queries with this prompt's context.
    ///
    /// The prompt must be one of this model: see [`Prompt::check_model`].
    ///
    /// # Errors
    /// [`ModelError`] when a query cannot be tokenized or the device fails.
    pub fn embed_texts(
        &self,
        encoder: &Encoder,
        queries: &[&str],
    ) -> Result<Vec<UnitVector>, ModelError> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let learner = PromptLearner::from_prompt(self, encoder.device().tensor_device());
        let tokens: Vec<_> = queries
            .iter()
            .map(|query| encoder.tokenize(query, learner.n_ctx()))
            .collect::<Result<_, _>>()?;
        let rows = learner.rows(tokens.iter().collect());
        let features = try_to_vec(encoder.prompt_features(&[rows])?)?;
        Ok(UnitVector::of_rows(&features, encoder.dim()))
    }
}

/// Clips of a batch as a tensor.
///
/// # Shapes
/// - values: row-major, as many as `shape` says
/// - output: `shape`, `[batch, n_clips, dim]`
pub fn frames_tensor(values: Vec<f32>, shape: [usize; 3], device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values, shape), device)
}
