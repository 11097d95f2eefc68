//! UniVTG: clips and words in one encoder; every clip proposes a moment around itself.
//!
//! Source: Lin et al., *UniVTG: Towards Unified Video-Language Temporal Grounding*, ICCV 2023, and its
//! code, `showlab/UniVTG`. Golden numbers in `tests/fixtures/detectors/univtg`.

use burn::tensor::activation::{relu, sigmoid, softmax};
use burn::tensor::module::conv1d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

use crate::model::DetectorError;
use crate::model::detector::batch::DetectorInput;
use crate::model::detector::detr::{Activation, EncoderLayer, UNUSED};
use crate::model::detector::layers::{Dropout, InputProjection, KeyMask, batch_positions};
use crate::model::detector::weights::{Builder, Weights};

/// Clips that it looks at in one go: the ten minutes that its makers show. It has no limit of its own.
pub const MOST_CLIPS: usize = 300;

/// Words that its training saw at most.
pub const MOST_WORDS: usize = 75;

/// How many neighbours a convolution sees, itself included.
const KERNEL: usize = 3;

/// Lengths below this count as this.
const TINY: f64 = 1e-8;

/// The network on a device.
#[derive(Clone, Debug)]
pub struct UniVtg {
    video: InputProjection,
    text: InputProjection,
    /// `[2, width]`: what is added to every word, and to every clip.
    kinds: Tensor<2>,
    encoder: Vec<EncoderLayer>,
    class: Convolutions,
    span: Convolutions,
    /// `[width, 1]`: which words say what the query is about.
    pool: Tensor<2>,
    width: usize,
}

/// What a video is made of for one query, a row for each clip.
#[derive(Clone, Debug)]
pub struct UniVtgOutput {
    /// `[1, clips]`: how likely a clip lies in a moment.
    pub foreground: Tensor<2>,
    /// `[1, clips, 2]`: how far the moment reaches before and behind the clip, as shares of the video.
    pub reach: Tensor<3>,
    /// `[1, clips]`: cosine of clip and query.
    pub likeness: Tensor<2>,
}

/// Three convolutions over neighbouring clips, ReLU between: `{name}.layers.{i}`.
#[derive(Clone, Debug)]
struct Convolutions(Vec<(Tensor<3>, Tensor<1>)>);

impl Convolutions {
    fn new(b: &mut Builder<'_>, name: &str, widths: [usize; 4]) -> Result<Self, DetectorError> {
        let layers = widths.windows(2).enumerate().map(|(i, w)| {
            let name = format!("{name}.layers.{i}");
            Ok::<_, DetectorError>((
                b.kernel(&format!("{name}.weight"), [w[1], w[0], KERNEL])?,
                b.vector(&format!("{name}.bias"), w[1])?,
            ))
        });
        Ok(Self(layers.collect::<Result<_, _>>()?))
    }

    /// `[1, clips, width]` to `[1, clips, width out]`.
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let last = self.0.len() - 1;
        let layers = self.0.iter().enumerate();
        let x = layers.fold(x.swap_dims(1, 2), |x, (i, (weight, bias))| {
            let options = ConvOptions::new([1], [KERNEL / 2], [1], 1);
            match conv1d(x, weight.clone(), Some(bias.clone()), options) {
                x if i < last => relu(x),
                x => x,
            }
        });
        x.swap_dims(1, 2)
    }
}

impl UniVtg {
    /// # Errors
    /// [`DetectorError::Damaged`] naming the tensor that is missing, of another shape or no part of
    /// this network.
    pub fn new(weights: &Weights, n_heads: usize, device: &Device) -> Result<Self, DetectorError> {
        let mut builder = Builder::new(weights, device);
        let b = &mut builder;
        let width = weights.size("weightedpool.weight", 0)?;
        let video_width = weights.size("input_vid_proj.0.LayerNorm.weight", 0)?;
        let text_width = weights.size("input_txt_proj.0.LayerNorm.weight", 0)?;
        let network = Self {
            video: InputProjection::new(b, "input_vid_proj", video_width, width)?,
            text: InputProjection::new(b, "input_txt_proj", text_width, width)?,
            kinds: b.matrix("token_type_embeddings.weight", [2, width])?,
            encoder: EncoderLayer::stack(b, "encoder", width, n_heads, Activation::Gelu)?,
            class: Convolutions::new(b, "class_embed", [width, width, width, 1])?,
            span: Convolutions::new(b, "span_embed", [width, width, width, 2])?,
            pool: b.matrix("weightedpool.weight", [width, 1])?,
            width,
        };
        builder.finish(&UNUSED)?;
        Ok(network)
    }

    /// One query on one video.
    pub fn forward(&self, input: &DetectorInput) -> UniVtgOutput {
        let device = self.pool.device();
        let kind = |at: usize| self.kinds.clone().narrow(0, at, 1).unsqueeze::<3>();
        let none = Dropout::default();
        let video = self.video.forward(input.video.tensor(&device), none) + kind(1);
        let text = self.text.forward(input.text.tensor(&device), none) + kind(0);
        let [_, n_clips, _] = video.dims();
        let clips = batch_positions(&[n_clips], n_clips, self.width, &device);
        let positions = Tensor::cat(vec![clips, Tensor::zeros(text.dims(), &device)], 1);
        let tokens = Tensor::cat(vec![video.clone(), text.clone()], 1);
        let nothing_hidden = KeyMask::new(&[], &device);
        let encoded = self.encoder.iter().fold(tokens, |x, layer| {
            layer.forward(x, &positions, &nothing_hidden, none)
        });
        let encoded = encoded.narrow(1, 0, n_clips);
        UniVtgOutput {
            foreground: sigmoid(self.class.forward(encoded.clone())).squeeze_dim(2),
            reach: sigmoid(self.span.forward(encoded)),
            likeness: self.likeness(video, text),
        }
    }

    fn likeness(&self, video: Tensor<3>, text: Tensor<3>) -> Tensor<2> {
        let shares = softmax(text.clone().matmul(self.pool.clone().unsqueeze::<3>()), 1); // [1, words, 1]
        let query = (text * shares).sum_dim(1); // [1, 1, width]
        let length = |x: &Tensor<3>| x.clone().powi_scalar(2).sum_dim(2).sqrt();
        let lengths = (length(&video) * length(&query)).clamp_min(TINY);
        ((video * query).sum_dim(2) / lengths).squeeze_dim(2)
    }
}
