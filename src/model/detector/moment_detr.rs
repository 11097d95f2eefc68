//! Moment-DETR: clips and words in one transformer, whose decoder's queries become moments.
//!
//! Source: Lei, Berg, Bansal, *QVHighlights: Detecting Moments and Highlights in Videos via Natural
//! Language Queries*, NeurIPS 2021, and its code, `jayleicn/moment_detr`. Golden numbers in
//! `tests/fixtures/detectors/moment_detr`.

use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

use crate::model::DetectorError;
use crate::model::detector::batch::{Batch, DetrMoments, DetrOutput};
use crate::model::detector::layers::{
    Attention, Dropout, InputProjection, KeyMask, Linear, Norm, Perceptron, batch_positions,
    dropped,
};
use crate::model::detector::weights::{Builder, Leaves, Weights};

/// Tensors of the official file that take no part: positions of words, which are an option, and the
/// projections of a loss.
pub const UNUSED: [&str; 2] = ["txt_position_embed.", "contrastive_align_projection_"];

/// The network on a device.
#[derive(Clone, Debug)]
pub struct MomentDetr {
    video: InputProjection,
    text: InputProjection,
    encoder: Vec<EncoderLayer>,
    decoder: Vec<DecoderLayer>,
    norm: Norm,
    /// `[queries, width]`
    queries: Tensor<2>,
    class: Linear,
    span: Perceptron,
    saliency: Linear,
    width: usize,
}

/// Post-norm; positions are added to queries and keys, never to values.
#[derive(Clone, Debug)]
pub(super) struct EncoderLayer {
    attention: Attention,
    norms: [Norm; 2],
    feed: [Linear; 2],
    /// The slope of PReLU below zero, `[1]`; without one it is ReLU.
    slope: Option<Tensor<1>>,
}

#[derive(Clone, Debug)]
struct DecoderLayer {
    own: Attention,
    cross: Attention,
    norms: [Norm; 3],
    feed: [Linear; 2],
}

impl EncoderLayer {
    pub fn new(
        b: &mut Builder<'_>,
        name: &str,
        width: usize,
        n_heads: usize,
        with_slope: bool,
    ) -> Result<Self, DetectorError> {
        Ok(Self {
            attention: Attention::new(b, &format!("{name}.self_attn"), width, n_heads)?,
            norms: [
                Norm::new(b, &format!("{name}.norm1"), width)?,
                Norm::new(b, &format!("{name}.norm2"), width)?,
            ],
            feed: feed(b, name, width)?,
            slope: match with_slope {
                true => Some(b.vector(&format!("{name}.activation.weight"), 1)?),
                false => None,
            },
        })
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
        let x = self.norms[0].forward(x + dropped(gathered, dropout.layers));
        let fed = self.perceptron(x.clone(), dropout);
        self.norms[1].forward(x + dropped(fed, dropout.layers))
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
        let fed = self.perceptron(self.norms[0].forward(x.clone()), dropout);
        self.norms[1].forward(x + dropped(fed, dropout.layers))
    }

    fn perceptron(&self, x: Tensor<3>, dropout: Dropout) -> Tensor<3> {
        let inner = activated(self.feed[0].forward(x), self.slope.as_ref());
        self.feed[1].forward(dropped(inner, dropout.layers))
    }
}

/// ReLU, or PReLU with one slope for all.
pub(super) fn activated(x: Tensor<3>, slope: Option<&Tensor<1>>) -> Tensor<3> {
    match slope {
        None => relu(x),
        Some(slope) => {
            let above = relu(x.clone());
            let below = x - above.clone();
            above + below * slope.clone().reshape([1, 1, 1])
        }
    }
}

/// The two layers of a perceptron, `{name}.linear1` and `.linear2`.
pub(super) fn feed(
    b: &mut Builder<'_>,
    name: &str,
    width: usize,
) -> Result<[Linear; 2], DetectorError> {
    let inner = b.weights().size(&format!("{name}.linear1.weight"), 0)?;
    Ok([
        Linear::new(b, &format!("{name}.linear1"), width, inner)?,
        Linear::new(b, &format!("{name}.linear2"), inner, width)?,
    ])
}

impl DecoderLayer {
    fn new(
        b: &mut Builder<'_>,
        name: &str,
        width: usize,
        n_heads: usize,
    ) -> Result<Self, DetectorError> {
        Ok(Self {
            own: Attention::new(b, &format!("{name}.self_attn"), width, n_heads)?,
            cross: Attention::new(b, &format!("{name}.multihead_attn"), width, n_heads)?,
            norms: norms(b, name, width)?,
            feed: feed(b, name, width)?,
        })
    }

    fn forward(
        &self,
        x: Tensor<3>,
        queries: &Tensor<3>,
        memory: &Memory<'_>,
        dropout: Dropout,
    ) -> Tensor<3> {
        let placed = x.clone() + queries.clone();
        let nothing_hidden = KeyMask::new(&[], &x.device());
        let own = self
            .own
            .forward(placed.clone(), placed, x.clone(), &nothing_hidden, dropout);
        let x = self.norms[0].forward(x + dropped(own, dropout.layers));
        let placed = x.clone() + queries.clone();
        let seen = self.cross.forward(
            placed,
            memory.keys.clone(),
            memory.values.clone(),
            memory.mask,
            dropout,
        );
        let x = self.norms[1].forward(x + dropped(seen, dropout.layers));
        let inner = relu(self.feed[0].forward(x.clone()));
        let fed = self.feed[1].forward(dropped(inner, dropout.layers));
        self.norms[2].forward(x + dropped(fed, dropout.layers))
    }
}

/// Three norms, `{name}.norm1` and on.
pub(super) fn norms(
    b: &mut Builder<'_>,
    name: &str,
    width: usize,
) -> Result<[Norm; 3], DetectorError> {
    Ok([
        Norm::new(b, &format!("{name}.norm1"), width)?,
        Norm::new(b, &format!("{name}.norm2"), width)?,
        Norm::new(b, &format!("{name}.norm3"), width)?,
    ])
}

struct Memory<'a> {
    keys: Tensor<3>,
    values: Tensor<3>,
    mask: &'a KeyMask,
}

impl MomentDetr {
    /// # Errors
    /// [`DetectorError::Damaged`] naming the tensor that is missing, of another shape or no part of
    /// this network.
    pub fn new(
        weights: &Weights,
        n_heads: usize,
        device: &Device,
    ) -> Result<(Self, Leaves), DetectorError> {
        let mut builder = Builder::new(weights, device);
        let b = &mut builder;
        let width = weights.size("class_embed.weight", 1)?;
        let n_queries = weights.size("query_embed.weight", 0)?;
        let video_width = weights.size("input_vid_proj.0.LayerNorm.weight", 0)?;
        let text_width = weights.size("input_txt_proj.0.LayerNorm.weight", 0)?;
        let n_encoder = weights.n_layers("transformer.encoder.layers.", ".norm1.weight");
        let n_decoder = weights.n_layers("transformer.decoder.layers.", ".norm1.weight");
        let network = Self {
            video: InputProjection::new(b, "input_vid_proj", video_width, width)?,
            text: InputProjection::new(b, "input_txt_proj", text_width, width)?,
            encoder: (0..n_encoder)
                .map(|i| {
                    EncoderLayer::new(
                        b,
                        &format!("transformer.encoder.layers.{i}"),
                        width,
                        n_heads,
                        false,
                    )
                })
                .collect::<Result<_, _>>()?,
            decoder: (0..n_decoder)
                .map(|i| {
                    DecoderLayer::new(
                        b,
                        &format!("transformer.decoder.layers.{i}"),
                        width,
                        n_heads,
                    )
                })
                .collect::<Result<_, _>>()?,
            norm: Norm::new(b, "transformer.decoder.norm", width)?,
            queries: b.matrix("query_embed.weight", [n_queries, width])?,
            class: Linear::new(b, "class_embed", width, 2)?,
            span: Perceptron::new(b, "span_embed", &[width, width, width, 2])?,
            saliency: Linear::new(b, "saliency_proj", width, 1)?,
            width,
        };
        if network.decoder.is_empty() {
            return Err(DetectorError::Damaged("it has no decoder layer".into()));
        }
        Ok((network, builder.finish(&UNUSED)?))
    }

    pub fn forward(&self, batch: &Batch, dropout: Dropout) -> DetrOutput {
        let video = self.video.forward(batch.video.clone(), dropout);
        let text = self.text.forward(batch.text.clone(), dropout);
        let [n_samples, n_clips, width] = video.dims();
        let device = video.device();
        let positions = Tensor::cat(
            vec![
                batch_positions(&batch.n_clips, n_clips, self.width, &device),
                Tensor::zeros(text.dims(), &device),
            ],
            1,
        );
        let mask = batch.mask(0, true, true);
        let tokens = Tensor::cat(vec![video, text], 1);
        let layers = self.encoder.iter();
        let encoded = layers.fold(tokens, |x, layer| {
            layer.forward(x, &positions, &mask, dropout)
        });
        let saliency = self.saliency.forward(encoded.clone().narrow(1, 0, n_clips));
        let [n_queries, _] = self.queries.dims();
        let queries = self.queries.clone().unsqueeze::<3>();
        let queries = queries.expand([n_samples, n_queries, width]);
        let memory = Memory {
            keys: encoded.clone() + positions,
            values: encoded,
            mask: &mask,
        };
        let mut x = Tensor::zeros([n_samples, n_queries, width], &device);
        let mut proposals = Vec::new();
        for layer in &self.decoder {
            x = layer.forward(x, &queries, &memory, dropout);
            let normed = self.norm.forward(x.clone());
            proposals.push(DetrMoments {
                logits: self.class.forward(normed.clone()),
                spans: sigmoid(self.span.forward(normed)),
            });
        }
        let moments = proposals.pop().expect("there is a decoder layer");
        DetrOutput {
            moments,
            earlier: proposals,
            saliency: saliency.squeeze_dim(2),
            saliency_of_wrong_text: None,
        }
    }
}
