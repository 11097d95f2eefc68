//! UMT: clips, with sound where there is some, asked by the words; every clip proposes a moment.
//!
//! Source: Liu et al., *UMT: Unified Multi-modal Transformers for Joint Video Moment Retrieval and
//! Highlight Detection*, CVPR 2022, and its code, `TencentARC/UMT`. Golden numbers in
//! `tests/fixtures/detectors/umt` and `umt_video`.
//!
//! Everything is pre-norm and positions are learned. The official code evaluates one video at a
//! time, and so does this: there is no mask.

use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::{Device, Tensor};

use crate::model::DetectorError;
use crate::model::detector::batch::DetectorInput;
use crate::model::detector::layers::{KeyMask, Linear, Norm, attend};
use crate::model::detector::weights::{Builder, Weights};

/// nncore's own number; it is nowhere in a file.
pub const N_HEADS: usize = 8;

/// The network on a device.
#[derive(Clone, Debug)]
pub struct Umt {
    video: Single,
    sound: Option<(Single, Bottleneck)>,
    words: Linear,
    words_norm: Norm,
    ask: Attention,
    decoder: Vec<DecoderLayer>,
    norm: Norm,
    query_positions: Tensor<3>,
    key_positions: Tensor<3>,
    saliency: Linear,
    centre: Linear,
    window: Linear,
    offset: Linear,
}

/// What a video is made of for one query, `[n_clips]` each.
#[derive(Clone, Debug)]
pub struct UmtOutput {
    pub saliency: Tensor<2>,
    /// How likely a clip is the centre of a moment.
    pub centre: Tensor<2>,
    /// Length of that moment, in clips.
    pub window: Tensor<2>,
    /// Where in the clip its centre is.
    pub offset: Tensor<2>,
}

#[derive(Clone, Debug)]
struct Attention {
    q: Linear,
    k: Linear,
    v: Linear,
    out: Linear,
}

impl Attention {
    fn new(b: &mut Builder<'_>, name: &str, width: usize) -> Result<Self, DetectorError> {
        let mut linear = |part: &str| Linear::new(b, &format!("{name}.{part}"), width, width);
        Ok(Self {
            q: linear("q")?,
            k: linear("k")?,
            v: linear("v")?,
            out: linear("m")?,
        })
    }

    fn forward(&self, q: Tensor<3>, k: Tensor<3>, v: Tensor<3>) -> Tensor<3> {
        let nothing_hidden = KeyMask::new(&[], &q.device());
        let (q, k, v) = (self.q.forward(q), self.k.forward(k), self.v.forward(v));
        self.out
            .forward(attend(q, k, v, N_HEADS, &nothing_hidden, 0.0))
    }
}

/// `{name}.mapping.0` and `.3`, ReLU between.
#[derive(Clone, Debug)]
struct Feed([Linear; 2]);

impl Feed {
    fn new(b: &mut Builder<'_>, name: &str, width: usize) -> Result<Self, DetectorError> {
        let inner = b.weights().size(&format!("{name}.mapping.0.weight"), 0)?;
        Ok(Self([
            Linear::new(b, &format!("{name}.mapping.0"), width, inner)?,
            Linear::new(b, &format!("{name}.mapping.3"), inner, width)?,
        ]))
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.0[1].forward(relu(self.0[0].forward(x)))
    }
}

/// The first rows of a table of positions.
fn positions(table: &Tensor<3>, like: &Tensor<3>) -> Tensor<3> {
    let [_, rows, _] = like.dims();
    table.clone().narrow(1, 0, rows)
}

/// The encoder of one kind of features.
#[derive(Clone, Debug)]
struct Single {
    mapping: Linear,
    positions: Tensor<3>,
    norms: [Norm; 2],
    attention: Attention,
    feed: Feed,
    last: Option<Norm>,
}

impl Single {
    fn new(b: &mut Builder<'_>, name: &str, width: usize) -> Result<Self, DetectorError> {
        let mapping = format!("{name}.mapping.linear");
        let d_in = b.weights().size(&format!("{mapping}.weight"), 1)?;
        let last = format!("{name}.norm");
        Ok(Self {
            mapping: Linear::new(b, &mapping, d_in, width)?,
            positions: b.table(&format!("{name}.pos_enc.pe"), width)?,
            norms: [
                Norm::new(b, &format!("{name}.encoder.norm1"), width)?,
                Norm::new(b, &format!("{name}.encoder.norm2"), width)?,
            ],
            attention: Attention::new(b, &format!("{name}.encoder.att"), width)?,
            feed: Feed::new(b, &format!("{name}.encoder.ffn"), width)?,
            last: match b.weights().has(&format!("{last}.weight")) {
                true => Some(Norm::new(b, &last, width)?),
                false => None,
            },
        })
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = self.mapping.forward(x);
        let normed = self.norms[0].forward(x.clone());
        let placed = normed.clone() + positions(&self.positions, &x);
        let x = x + self.attention.forward(placed.clone(), placed, normed);
        let x = x.clone() + self.feed.forward(self.norms[1].forward(x));
        match &self.last {
            Some(norm) => norm.forward(x),
            None => x,
        }
    }
}

/// Video and sound, which see each other through a few tokens.
#[derive(Clone, Debug)]
struct Bottleneck {
    /// `[1, tokens, width]`
    tokens: Tensor<3>,
    positions: Tensor<3>,
    norms: Vec<Norm>,
    attentions: Vec<Attention>,
    feeds: [Feed; 2],
    last: Norm,
}

impl Bottleneck {
    fn new(b: &mut Builder<'_>, width: usize) -> Result<Self, DetectorError> {
        let name = "cross_enc.encoder.encoder.0";
        let n_tokens = b.weights().size("cross_enc.encoder.token", 0)?;
        Ok(Self {
            tokens: b
                .matrix("cross_enc.encoder.token", [n_tokens, width])?
                .unsqueeze(),
            positions: b.table("cross_enc.pos_enc.pe", width)?,
            norms: (1..=6)
                .map(|i| Norm::new(b, &format!("{name}.norm{i}"), width))
                .collect::<Result<_, _>>()?,
            attentions: (1..=4)
                .map(|i| Attention::new(b, &format!("{name}.att{i}"), width))
                .collect::<Result<_, _>>()?,
            feeds: [
                Feed::new(b, &format!("{name}.ffn1"), width)?,
                Feed::new(b, &format!("{name}.ffn2"), width)?,
            ],
            last: Norm::new(b, "cross_enc.norm", width)?,
        })
    }

    fn forward(&self, a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
        let norm = |i: usize, x: &Tensor<3>| self.norms[i].forward(x.clone());
        let (normed_a, normed_b) = (norm(0, &a), norm(1, &b));
        let places = positions(&self.positions, &a);
        let (placed_a, placed_b) = (normed_a.clone() + places.clone(), normed_b.clone() + places);
        let asking = norm(2, &self.tokens);
        let tokens = self.tokens.clone()
            + self.attentions[0].forward(asking.clone(), placed_a.clone(), normed_a)
            + self.attentions[1].forward(asking, placed_b.clone(), normed_b);
        let tokens = norm(3, &tokens);
        let a = a + self.attentions[2].forward(placed_a, tokens.clone(), tokens.clone());
        let b = b + self.attentions[3].forward(placed_b, tokens.clone(), tokens);
        let a = a.clone() + self.feeds[0].forward(norm(4, &a));
        let b = b.clone() + self.feeds[1].forward(norm(5, &b));
        self.last.forward(a + b)
    }
}

#[derive(Clone, Debug)]
struct DecoderLayer {
    own: Attention,
    cross: Attention,
    feed: Feed,
    norms: [Norm; 3],
}

impl DecoderLayer {
    fn new(b: &mut Builder<'_>, name: &str, width: usize) -> Result<Self, DetectorError> {
        Ok(Self {
            own: Attention::new(b, &format!("{name}.att1"), width)?,
            cross: Attention::new(b, &format!("{name}.att2"), width)?,
            feed: Feed::new(b, &format!("{name}.ffn"), width)?,
            norms: [
                Norm::new(b, &format!("{name}.norm1"), width)?,
                Norm::new(b, &format!("{name}.norm2"), width)?,
                Norm::new(b, &format!("{name}.norm3"), width)?,
            ],
        })
    }
}

impl Umt {
    /// # Errors
    /// [`DetectorError::Damaged`] naming the tensor that is missing, of another shape or no part of
    /// this network.
    pub fn new(weights: &Weights, device: &Device) -> Result<Self, DetectorError> {
        let mut builder = Builder::new(weights, device);
        let b = &mut builder;
        let width = weights.size("query_dec.norm.weight", 0)?;
        let text_width = weights.size("query_gen.mapping.linear.weight", 1)?;
        let n_decoder = weights.n_layers("query_dec.decoder.", ".norm1.weight");
        let network = Self {
            video: Single::new(b, "video_enc", width)?,
            sound: match weights.has("cross_enc.encoder.token") {
                true => Some((
                    Single::new(b, "audio_enc", width)?,
                    Bottleneck::new(b, width)?,
                )),
                false => None,
            },
            words: Linear::without_bias(b, "query_gen.mapping.linear", text_width, width)?,
            words_norm: Norm::new(b, "query_gen.mapping.norm", width)?,
            ask: Attention::new(b, "query_gen.encoder", width)?,
            decoder: (0..n_decoder)
                .map(|i| DecoderLayer::new(b, &format!("query_dec.decoder.{i}"), width))
                .collect::<Result<_, _>>()?,
            norm: Norm::new(b, "query_dec.norm", width)?,
            query_positions: b.table("query_dec.q_pos_enc.pe", width)?,
            key_positions: b.table("query_dec.k_pos_enc.pe", width)?,
            saliency: Linear::new(b, "pred_head.0.saliency_pred.linear", width, 1)?,
            centre: Linear::new(b, "pred_head.1.center_pred.linear", width, 1)?,
            window: Linear::new(b, "pred_head.1.window_pred.linear", width, 1)?,
            offset: Linear::new(b, "pred_head.1.offset_pred.linear", width, 1)?,
        };
        builder.finish(&[])?;
        Ok(network)
    }

    /// As many clips as there are learned positions for.
    pub fn most_clips(&self) -> usize {
        let sound = self.sound.iter();
        let sound = sound.flat_map(|(single, cross)| [&single.positions, &cross.positions]);
        let tables = [
            &self.video.positions,
            &self.query_positions,
            &self.key_positions,
        ];
        let rows = tables.into_iter().chain(sound).map(|table| table.dims()[1]);
        rows.min().unwrap_or(0)
    }

    /// One video; its sound must have as many rows.
    pub fn forward(&self, input: &DetectorInput) -> UmtOutput {
        let device = self.query_positions.device();
        let video = self.video.forward(input.video.tensor(&device));
        let memory = match (&self.sound, &input.audio) {
            (Some((single, cross)), Some(audio)) => {
                cross.forward(video, single.forward(audio.tensor(&device)))
            }
            _ => video,
        };
        let words = self.words.forward(input.text.tensor(&device));
        let words = self.words_norm.forward(words);
        let mut x = self.ask.forward(memory.clone(), words.clone(), words);
        let query_places = positions(&self.query_positions, &x);
        let keys = memory.clone() + positions(&self.key_positions, &x);
        for layer in &self.decoder {
            let normed = layer.norms[0].forward(x.clone());
            let placed = normed.clone() + query_places.clone();
            x = x + layer.own.forward(placed.clone(), placed, normed);
            let placed = layer.norms[1].forward(x.clone()) + query_places.clone();
            x = x + layer.cross.forward(placed, keys.clone(), memory.clone());
            x = x.clone() + layer.feed.forward(layer.norms[2].forward(x));
        }
        let x = self.norm.forward(x);
        let head = |linear: &Linear| linear.forward(x.clone()).squeeze_dim::<2>(2);
        UmtOutput {
            saliency: sigmoid(head(&self.saliency)),
            centre: sigmoid(head(&self.centre)),
            window: head(&self.window),
            offset: head(&self.offset),
        }
    }
}
