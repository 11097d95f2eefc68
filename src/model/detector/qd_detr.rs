//! QD-DETR: clips that have looked at the words, and a decoder whose queries are moving anchors.
//!
//! Source: Moon, Hyun, Park, Park, Heo, *Query-Dependent Video Representation for Moment Retrieval
//! and Highlight Detection*, CVPR 2023, and its code, `wjun0830/QD-DETR`. Golden numbers in
//! `tests/fixtures/detectors/qd_detr`.
//!
//! The official code exchanges the masks of a batch's samples; this one does not, so videos of
//! different length in one batch give what each gives alone.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use crate::model::DetectorError;
use crate::model::detector::batch::{Batch, DetrMoments, DetrOutput};
use crate::model::detector::detr::{
    Activation, EncoderLayer, Ends, Feed, UNUSED, add_and_norm, norms,
};
use crate::model::detector::layers::{
    Dropout, KeyMask, Linear, Norm, Perceptron, Sines, attend, batch_positions, logit,
};
use crate::model::detector::weights::{Builder, Leaves, Weights};

const DECODER: &str = "transformer.decoder";

/// The network on a device.
#[derive(Clone, Debug)]
pub struct QdDetr {
    ends: Ends,
    /// Clips look at words.
    text_to_video: Vec<EncoderLayer>,
    encoder: Vec<EncoderLayer>,
    /// `[1, 1, width]`, what stands before the clips and sums them up, and its position.
    token: Tensor<3>,
    token_position: Tensor<3>,
    decoder: Decoder,
    saliency_of_clip: Linear,
    saliency_of_token: Linear,
}

#[derive(Clone, Debug)]
struct Decoder {
    layers: Vec<DecoderLayer>,
    norm: Norm,
    /// `[queries, 2]`: centre and width of the first anchors, before the sigmoid.
    anchors: Tensor<2>,
    /// From the sines of an anchor to the position of its query.
    point: Perceptron,
    scale: Perceptron,
    anchor: Perceptron,
    /// How an anchor moves from layer to layer.
    step: Perceptron,
    sines: Sines,
}

#[derive(Clone, Debug)]
struct DecoderLayer {
    own: OwnAttention,
    cross: CrossAttention,
    norms: [Norm; 3],
    feed: Feed,
    n_heads: usize,
}

#[derive(Clone, Debug)]
struct OwnAttention {
    q_content: Linear,
    q_position: Linear,
    k_content: Linear,
    k_position: Linear,
    v: Linear,
    out: Linear,
}

#[derive(Clone, Debug)]
struct CrossAttention {
    q_content: Linear,
    /// In the first layer alone.
    q_position: Option<Linear>,
    q_sine: Linear,
    k_content: Linear,
    k_position: Linear,
    v: Linear,
    out: Linear,
}

impl DecoderLayer {
    fn new(
        b: &mut Builder<'_>,
        name: &str,
        width: usize,
        n_heads: usize,
        is_first: bool,
    ) -> Result<Self, DetectorError> {
        let mut linear = |part: &str| Linear::new(b, &format!("{name}.{part}"), width, width);
        let own = OwnAttention {
            q_content: linear("sa_qcontent_proj")?,
            q_position: linear("sa_qpos_proj")?,
            k_content: linear("sa_kcontent_proj")?,
            k_position: linear("sa_kpos_proj")?,
            v: linear("sa_v_proj")?,
            out: linear("self_attn.out_proj")?,
        };
        let cross = CrossAttention {
            q_content: linear("ca_qcontent_proj")?,
            q_position: match is_first {
                true => Some(linear("ca_qpos_proj")?),
                false => None,
            },
            q_sine: linear("ca_qpos_sine_proj")?,
            k_content: linear("ca_kcontent_proj")?,
            k_position: linear("ca_kpos_proj")?,
            v: linear("ca_v_proj")?,
            out: linear("cross_attn.out_proj")?,
        };
        Ok(Self {
            own,
            cross,
            norms: norms(b, name, width)?,
            feed: Feed::new(b, name, width, Activation::Prelu)?,
            n_heads,
        })
    }

    fn forward(
        &self,
        x: Tensor<3>,
        place: &Tensor<3>,
        wave: Tensor<3>,
        memory: &Memory<'_>,
        dropout: Dropout,
    ) -> Tensor<3> {
        let own = &self.own;
        let gathered = attend(
            own.q_content.forward(x.clone()) + own.q_position.forward(place.clone()),
            own.k_content.forward(x.clone()) + own.k_position.forward(place.clone()),
            own.v.forward(x.clone()),
            self.n_heads,
            &KeyMask::new(&[], &x.device()),
            dropout.layers,
        );
        let x = add_and_norm(&self.norms[0], x, own.out.forward(gathered), dropout);

        let cross = &self.cross;
        let far = cross.k_position.forward(memory.positions.clone());
        let mut q = cross.q_content.forward(x.clone());
        let mut k = cross.k_content.forward(memory.clips.clone());
        if let Some(q_position) = &cross.q_position {
            q = q + q_position.forward(place.clone());
            k = k + far.clone();
        }
        let seen = attend(
            self.side_by_side(q, cross.q_sine.forward(wave)),
            self.side_by_side(k, far),
            cross.v.forward(memory.clips.clone()),
            self.n_heads,
            memory.mask,
            dropout.layers,
        );
        let x = add_and_norm(&self.norms[1], x, cross.out.forward(seen), dropout);
        let fed = self.feed.forward(x.clone(), dropout);
        add_and_norm(&self.norms[2], x, fed, dropout)
    }

    /// What each head has of both beside each other, `[batch, rows, 2 · width]`.
    fn side_by_side(&self, a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
        let [batch, rows, width] = a.dims();
        let heads = |x: Tensor<3>| x.reshape([batch, rows, self.n_heads, width / self.n_heads]);
        Tensor::cat(vec![heads(a), heads(b)], 3).reshape([batch, rows, 2 * width])
    }
}

struct Memory<'a> {
    clips: Tensor<3>,
    positions: Tensor<3>,
    mask: &'a KeyMask,
}

impl QdDetr {
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
        let prelu = Activation::Prelu;
        let text_to_video = EncoderLayer::stack(b, "t2v_encoder", width, n_heads, prelu)?;
        let encoder = EncoderLayer::stack(b, "encoder", width, n_heads, prelu)?;
        let n_decoder = weights.n_layers(&format!("{DECODER}.layers."), ".norm1.weight");
        if n_decoder == 0 || !width.is_multiple_of(2) {
            return Err(DetectorError::Damaged(
                "it has no decoder layer, or an odd width".into(),
            ));
        }
        let decoder = Decoder {
            layers: (0..n_decoder)
                .map(|i| {
                    DecoderLayer::new(b, &format!("{DECODER}.layers.{i}"), width, n_heads, i == 0)
                })
                .collect::<Result<_, _>>()?,
            norm: Norm::new(b, &format!("{DECODER}.norm"), width)?,
            anchors: b.matrix("query_embed.weight", [n_queries, 2])?,
            point: Perceptron::new(b, &format!("{DECODER}.ref_point_head"), &[width; 3])?,
            scale: Perceptron::new(b, &format!("{DECODER}.query_scale"), &[width; 3])?,
            anchor: Perceptron::new(b, &format!("{DECODER}.ref_anchor_head"), &[width, width, 1])?,
            step: Perceptron::new(
                b,
                &format!("{DECODER}.bbox_embed"),
                &[width, width, width, 2],
            )?,
            sines: Sines::new(width / 2, device),
        };
        let network = Self {
            ends,
            text_to_video,
            encoder,
            token: b.vector("global_rep_token", width)?.reshape([1, 1, width]),
            token_position: b.vector("global_rep_pos", width)?.reshape([1, 1, width]),
            decoder,
            saliency_of_clip: Linear::new(b, "saliency_proj1", width, width)?,
            saliency_of_token: Linear::new(b, "saliency_proj2", width, width)?,
        };
        Ok((network, builder.finish(&UNUSED)?))
    }

    /// Where there are wrong texts ([`Batch::followed_by`]) it also gives the saliency of every video
    /// for that of the next sample.
    pub fn forward(&self, batch: &Batch, dropout: Dropout) -> DetrOutput {
        let (video, texts) = self.ends.project(batch, dropout);
        let device = video.device();
        let [n_samples, n_clips, width] = video.dims();
        let positions = batch_positions(&batch.n_clips, n_clips, width, &device);
        let encoded = Encoded {
            network: self,
            video: &video,
            positions: &positions,
            clip_mask: batch.mask(1, true, false),
            dropout,
        };
        let text = texts.clone().narrow(0, 0, n_samples);
        let (token, clips) = encoded.with_text(&text, &batch.mask(0, false, true));
        let saliency_of_wrong_text = batch.has_wrong_texts().then(|| {
            let mut wrong = batch.clone();
            wrong.n_words.remove(0);
            let text = texts.narrow(0, 1, n_samples);
            let (token, clips) = encoded.with_text(&text, &wrong.mask(0, false, true));
            self.saliency(token, clips)
        });
        let mask = batch.mask(0, true, false);
        let memory = Memory {
            clips: clips.clone(),
            positions: positions.clone(),
            mask: &mask,
        };
        let [n_queries, _] = self.decoder.anchors.dims();
        let x = Tensor::zeros([n_samples, n_queries, width], &device);
        let mut proposals = self.decode(x, &memory, dropout);
        DetrOutput {
            moments: proposals.pop().expect("there is a decoder layer"),
            earlier: proposals,
            saliency: self.saliency(token, clips),
            saliency_of_wrong_text,
        }
    }

    fn decode(&self, mut x: Tensor<3>, memory: &Memory<'_>, dropout: Dropout) -> Vec<DetrMoments> {
        let decoder = &self.decoder;
        let [n_samples, n_queries, _] = x.dims();
        let anchors = sigmoid(decoder.anchors.clone()).unsqueeze::<3>();
        let mut anchor: Tensor<3> = anchors.expand([n_samples, n_queries, 2]);
        // The same, and a span that is made from it also teaches the layer before where to go.
        let mut taught = anchor.clone();
        let mut proposals = Vec::new();
        for (i, layer) in decoder.layers.iter().enumerate() {
            let column = |at: usize| anchor.clone().narrow(2, at, 1);
            let angle = |at: usize| column(at) * std::f64::consts::TAU;
            let wave = Tensor::cat(
                vec![decoder.sines.of(angle(0)), decoder.sines.of(angle(1))],
                2,
            );
            let place = decoder.point.forward(wave.clone());
            let wave = match i {
                0 => wave,
                _ => wave * decoder.scale.forward(x.clone()),
            };
            let wave = wave * (sigmoid(decoder.anchor.forward(x.clone())) / column(1));
            x = layer.forward(x, &place, wave, memory, dropout);
            let normed = decoder.norm.forward(x.clone());
            proposals.push(DetrMoments {
                logits: self.ends.class.forward(normed.clone()),
                spans: sigmoid(self.ends.span.forward(normed) + logit(taught)),
            });
            taught = sigmoid(decoder.step.forward(x.clone()) + logit(anchor));
            anchor = taught.clone().detach();
        }
        proposals
    }

    /// `[batch, clips]`
    fn saliency(&self, token: Tensor<3>, clips: Tensor<3>) -> Tensor<2> {
        let [_, _, width] = clips.dims();
        let clips = self.saliency_of_clip.forward(clips);
        let product = clips * self.saliency_of_token.forward(token);
        (product.sum_dim(2) / (width as f64).sqrt()).squeeze_dim(2)
    }
}

/// A batch of videos that is ready to meet texts.
struct Encoded<'a> {
    network: &'a QdDetr,
    video: &'a Tensor<3>,
    positions: &'a Tensor<3>,
    /// Of the token and the clips.
    clip_mask: KeyMask,
    dropout: Dropout,
}

impl Encoded<'_> {
    /// The token `[batch, 1, width]` and the clips `[batch, clips, width]` after both encoders.
    fn with_text(&self, text: &Tensor<3>, word_mask: &KeyMask) -> (Tensor<3>, Tensor<3>) {
        let network = self.network;
        let [n_samples, n_clips, width] = self.video.dims();
        let clips = network
            .text_to_video
            .iter()
            .fold(self.video.clone(), |x, layer| {
                layer.look_at(x, self.positions, text, word_mask, self.dropout)
            });
        let first = |x: &Tensor<3>| x.clone().expand([n_samples, 1, width]);
        let tokens = Tensor::cat(vec![first(&network.token), clips], 1);
        let positions = Tensor::cat(
            vec![first(&network.token_position), self.positions.clone()],
            1,
        );
        let encoded = network.encoder.iter().fold(tokens, |x, layer| {
            layer.forward(x, &positions, &self.clip_mask, self.dropout)
        });
        let clips = encoded.clone().narrow(1, 1, n_clips);
        (encoded.narrow(1, 0, 1), clips)
    }
}
