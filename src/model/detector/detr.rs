//! What Moment-DETR, QD-DETR and in part UniVTG have in common: layers of the encoder, perceptrons,
//! and both ends.

use burn::tensor::Tensor;
use burn::tensor::activation::{gelu, relu};

use crate::model::DetectorError;
use crate::model::detector::batch::Batch;
use crate::model::detector::layers::{
    Attention, Dropout, InputProjection, KeyMask, Linear, Norm, Perceptron, dropped,
};
use crate::model::detector::weights::Builder;

/// Tensors of the official files that take no part: positions of words, which are an option, and the
/// projections of a loss.
pub const UNUSED: [&str; 2] = ["txt_position_embed.", "contrastive_align_projection_"];

/// Where features come in and moments go out.
#[derive(Clone, Debug)]
pub struct Ends {
    video: InputProjection,
    text: InputProjection,
    pub class: Linear,
    pub span: Perceptron,
    /// Of the network between.
    pub width: usize,
}

impl Ends {
    pub fn new(b: &mut Builder<'_>) -> Result<Self, DetectorError> {
        let weights = b.weights();
        let width = weights.size("class_embed.weight", 1)?;
        let video_width = weights.size("input_vid_proj.0.LayerNorm.weight", 0)?;
        let text_width = weights.size("input_txt_proj.0.LayerNorm.weight", 0)?;
        Ok(Self {
            video: InputProjection::new(b, "input_vid_proj", video_width, width)?,
            text: InputProjection::new(b, "input_txt_proj", text_width, width)?,
            class: Linear::new(b, "class_embed", width, 2)?,
            span: Perceptron::new(b, "span_embed", &[width, width, width, 2])?,
            width,
        })
    }

    /// Clips `[batch, clips, width]` and words `[batch, words, width]`.
    pub fn project(&self, batch: &Batch, dropout: Dropout) -> (Tensor<3>, Tensor<3>) {
        (
            self.video.forward(batch.video.clone(), dropout),
            self.text.forward(batch.text.clone(), dropout),
        )
    }
}

/// What bends a perceptron of the encoder.
#[derive(Clone, Copy, Debug)]
pub enum Activation {
    Relu,
    /// With a slope below zero that the layer learned.
    Prelu,
    /// The exact one.
    Gelu,
}

/// A perceptron of one hidden layer, `{name}.linear1` and `.linear2`.
#[derive(Clone, Debug)]
pub struct Feed {
    layers: [Linear; 2],
    activation: Activation,
    /// Of PReLU, `[1]`.
    slope: Option<Tensor<1>>,
}

impl Feed {
    pub fn new(
        b: &mut Builder<'_>,
        name: &str,
        width: usize,
        activation: Activation,
    ) -> Result<Self, DetectorError> {
        let inner = b.weights().size(&format!("{name}.linear1.weight"), 0)?;
        Ok(Self {
            layers: [
                Linear::new(b, &format!("{name}.linear1"), width, inner)?,
                Linear::new(b, &format!("{name}.linear2"), inner, width)?,
            ],
            slope: match activation {
                Activation::Prelu => Some(b.vector(&format!("{name}.activation.weight"), 1)?),
                Activation::Relu | Activation::Gelu => None,
            },
            activation,
        })
    }

    pub fn forward(&self, x: Tensor<3>, dropout: Dropout) -> Tensor<3> {
        let inner = self.layers[0].forward(x);
        let inner = match (&self.slope, self.activation) {
            (Some(slope), _) => {
                let above = relu(inner.clone());
                let below = inner - above.clone();
                above + below * slope.clone().reshape([1, 1, 1])
            }
            (None, Activation::Gelu) => gelu(inner),
            (None, _) => relu(inner),
        };
        self.layers[1].forward(dropped(inner, dropout.layers))
    }
}

/// The norm of a layer's input with what it gives, of which some is dropped.
pub fn add_and_norm(norm: &Norm, x: Tensor<3>, given: Tensor<3>, dropout: Dropout) -> Tensor<3> {
    norm.forward(x + dropped(given, dropout.layers))
}

/// Three norms, `{name}.norm1` and on.
pub fn norms(b: &mut Builder<'_>, name: &str, width: usize) -> Result<[Norm; 3], DetectorError> {
    let mut norm = |i: usize| Norm::new(b, &format!("{name}.norm{i}"), width);
    Ok([norm(1)?, norm(2)?, norm(3)?])
}

/// Post-norm; positions are added to queries and keys, never to values.
#[derive(Clone, Debug)]
pub struct EncoderLayer {
    attention: Attention,
    norms: [Norm; 2],
    feed: Feed,
}

impl EncoderLayer {
    /// All layers of `transformer.{stack}`.
    pub fn stack(
        b: &mut Builder<'_>,
        stack: &str,
        width: usize,
        n_heads: usize,
        activation: Activation,
    ) -> Result<Vec<Self>, DetectorError> {
        let prefix = format!("transformer.{stack}.layers.");
        let n_layers = b.weights().n_layers(&prefix, ".norm1.weight");
        let mut layer = |i: usize| {
            let name = format!("{prefix}{i}");
            Ok::<_, DetectorError>(Self {
                attention: Attention::new(b, &format!("{name}.self_attn"), width, n_heads)?,
                norms: [
                    Norm::new(b, &format!("{name}.norm1"), width)?,
                    Norm::new(b, &format!("{name}.norm2"), width)?,
                ],
                feed: Feed::new(b, &name, width, activation)?,
            })
        };
        (0..n_layers).map(&mut layer).collect()
    }

    pub fn forward(
        &self,
        x: Tensor<3>,
        positions: &Tensor<3>,
        mask: &KeyMask,
        dropout: Dropout,
    ) -> Tensor<3> {
        let placed = x.clone() + positions.clone();
        let gathered = self
            .attention
            .forward(placed.clone(), placed, x.clone(), mask, dropout);
        let x = add_and_norm(&self.norms[0], x, gathered, dropout);
        let fed = self.feed.forward(x.clone(), dropout);
        add_and_norm(&self.norms[1], x, fed, dropout)
    }

    /// The layer of QD-DETR in which clips look at words: what the perceptron adds to is not normed.
    pub fn look_at(
        &self,
        x: Tensor<3>,
        positions: &Tensor<3>,
        words: &Tensor<3>,
        mask: &KeyMask,
        dropout: Dropout,
    ) -> Tensor<3> {
        let placed = x.clone() + positions.clone();
        let gathered = self
            .attention
            .forward(placed, words.clone(), words.clone(), mask, dropout);
        let x = x + dropped(gathered, dropout.layers);
        let fed = self.feed.forward(self.norms[0].forward(x.clone()), dropout);
        add_and_norm(&self.norms[1], x, fed, dropout)
    }
}
