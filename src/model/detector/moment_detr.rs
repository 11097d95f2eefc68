//! Moment-DETR: clips and words in one transformer, whose decoder's queries become moments.
//!
//! Source: Lei, Berg, Bansal, *QVHighlights: Detecting Moments and Highlights in Videos via Natural
//! Language Queries*, NeurIPS 2021, and its code, `jayleicn/moment_detr`. Golden numbers in
//! `tests/fixtures/detectors/moment_detr`.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use crate::model::DetectorError;
use crate::model::detector::batch::{Batch, DetrMoments, DetrOutput};
use crate::model::detector::detr::{
    Activation, EncoderLayer, Ends, Feed, UNUSED, add_and_norm, norms,
};
use crate::model::detector::layers::{Attention, Dropout, KeyMask, Linear, Norm, batch_positions};
use crate::model::detector::weights::{Builder, Leaves, Weights};

/// The network on a device.
#[derive(Clone, Debug)]
pub struct MomentDetr {
    ends: Ends,
    encoder: Vec<EncoderLayer>,
    decoder: Vec<DecoderLayer>,
    norm: Norm,
    /// `[queries, width]`
    queries: Tensor<2>,
    saliency: Linear,
}

#[derive(Clone, Debug)]
struct DecoderLayer {
    own: Attention,
    cross: Attention,
    norms: [Norm; 3],
    feed: Feed,
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
            feed: Feed::new(b, name, width, Activation::Relu)?,
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
        let x = add_and_norm(&self.norms[0], x, own, dropout);
        let placed = x.clone() + queries.clone();
        let seen = self.cross.forward(
            placed,
            memory.keys.clone(),
            memory.values.clone(),
            memory.mask,
            dropout,
        );
        let x = add_and_norm(&self.norms[1], x, seen, dropout);
        let fed = self.feed.forward(x.clone(), dropout);
        add_and_norm(&self.norms[2], x, fed, dropout)
    }
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
        let ends = Ends::new(b)?;
        let width = ends.width;
        let n_queries = weights.size("query_embed.weight", 0)?;
        let n_decoder = weights.n_layers("transformer.decoder.layers.", ".norm1.weight");
        let decoder = (0..n_decoder).map(|i| {
            let name = format!("transformer.decoder.layers.{i}");
            DecoderLayer::new(b, &name, width, n_heads)
        });
        let network = Self {
            decoder: decoder.collect::<Result<_, _>>()?,
            encoder: EncoderLayer::stack(b, "encoder", width, n_heads, Activation::Relu)?,
            norm: Norm::new(b, "transformer.decoder.norm", width)?,
            queries: b.matrix("query_embed.weight", [n_queries, width])?,
            saliency: Linear::new(b, "saliency_proj", width, 1)?,
            ends,
        };
        if network.decoder.is_empty() {
            return Err(DetectorError::Damaged("it has no decoder layer".into()));
        }
        Ok((network, builder.finish(&UNUSED)?))
    }

    pub fn forward(&self, batch: &Batch, dropout: Dropout) -> DetrOutput {
        let (video, text) = self.ends.project(batch, dropout);
        let [n_samples, n_clips, width] = video.dims();
        let device = video.device();
        let positions = Tensor::cat(
            vec![
                batch_positions(&batch.n_clips, n_clips, width, &device),
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
                logits: self.ends.class.forward(normed.clone()),
                spans: sigmoid(self.ends.span.forward(normed)),
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
