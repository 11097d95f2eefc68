//! Numbers that a training begins with, drawn as PyTorch draws them for the official code.

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

use crate::model::detector::{Array, DetectorKind, MOST_WORDS, Weights};

/// Sizes of a network; the defaults are those of the published ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSize {
    pub width: usize,
    /// Of the perceptrons.
    pub inner: usize,
    pub n_heads: usize,
    /// Layers of each encoder and of the decoder.
    pub n_layers: usize,
    pub n_queries: usize,
}

impl Default for NetworkSize {
    fn default() -> Self {
        Self {
            width: 256,
            inner: 1024,
            n_heads: 8,
            n_layers: 2,
            n_queries: 10,
        }
    }
}

struct Init {
    rng: Pcg64Mcg,
    weights: Weights,
    size: NetworkSize,
}

impl Init {
    fn put(&mut self, name: String, shape: &[usize], values: Vec<f32>) {
        let shape = shape.to_vec();
        self.weights.0.insert(name, Array { shape, values });
    }

    fn constant(&mut self, name: String, n: usize, value: f32) {
        self.put(name, &[n], vec![value; n]);
    }

    fn uniform(&mut self, name: String, shape: &[usize], bound: f32) {
        let n: usize = shape.iter().product();
        let values = (0..n)
            .map(|_| self.rng.random_range(-bound..bound))
            .collect();
        self.put(name, shape, values);
    }

    /// Deviation 1, by Box and Muller.
    fn normal(&mut self, name: String, shape: &[usize]) {
        let n: usize = shape.iter().product();
        let rng = &mut self.rng;
        let values = (0..n).map(|_| {
            let (a, b): (f32, f32) = (rng.random_range(1e-7..1.0), rng.random_range(0.0..1.0));
            (-2.0 * a.ln()).sqrt() * (std::f32::consts::TAU * b).cos()
        });
        let values = values.collect();
        self.put(name, shape, values);
    }

    fn linear(&mut self, name: &str, d_in: usize, d_out: usize) {
        let bound = (d_in as f32).sqrt().recip();
        self.uniform(format!("{name}.weight"), &[d_out, d_in], bound);
        self.uniform(format!("{name}.bias"), &[d_out], bound);
    }

    /// Inside the transformer matrices are drawn by Glorot's rule.
    fn glorot(&mut self, name: String, d_in: usize, d_out: usize) {
        let bound = (6.0 / (d_in + d_out) as f32).sqrt();
        self.uniform(name, &[d_out, d_in], bound);
    }

    fn inner_linear(&mut self, name: &str, d_in: usize, d_out: usize) {
        self.glorot(format!("{name}.weight"), d_in, d_out);
        let bound = (d_in as f32).sqrt().recip();
        self.uniform(format!("{name}.bias"), &[d_out], bound);
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.constant(format!("{name}.weight"), width, 1.0);
        self.constant(format!("{name}.bias"), width, 0.0);
    }

    fn attention(&mut self, name: &str) {
        let width = self.size.width;
        self.glorot(format!("{name}.in_proj_weight"), width, 3 * width);
        self.constant(format!("{name}.in_proj_bias"), 3 * width, 0.0);
        self.glorot(format!("{name}.out_proj.weight"), width, width);
        self.constant(format!("{name}.out_proj.bias"), width, 0.0);
    }

    fn perceptron(&mut self, name: &str, widths: &[usize], is_inner: bool) {
        for (i, pair) in widths.windows(2).enumerate() {
            let name = format!("{name}.layers.{i}");
            match is_inner {
                true => self.inner_linear(&name, pair[0], pair[1]),
                false => self.linear(&name, pair[0], pair[1]),
            }
        }
    }

    fn feed(&mut self, name: &str, n_norms: usize) {
        let NetworkSize { width, inner, .. } = self.size;
        self.inner_linear(&format!("{name}.linear1"), width, inner);
        self.inner_linear(&format!("{name}.linear2"), inner, width);
        for i in 1..=n_norms {
            self.norm(&format!("{name}.norm{i}"), width);
        }
    }

    fn encoder(&mut self, name: &str, with_slope: bool) {
        for i in 0..self.size.n_layers {
            let name = format!("transformer.{name}.layers.{i}");
            self.attention(&format!("{name}.self_attn"));
            self.feed(&name, 2);
            if with_slope {
                self.constant(format!("{name}.activation.weight"), 1, 0.25);
            }
        }
    }

    fn inputs(&mut self, name: &str, d_in: usize) {
        let width = self.size.width;
        for (i, d_in) in [d_in, width].into_iter().enumerate() {
            self.norm(&format!("{name}.{i}.LayerNorm"), d_in);
            self.linear(&format!("{name}.{i}.net.1"), d_in, width);
        }
    }

    /// What both kinds have outside the transformer.
    fn common(&mut self, video_width: usize, text_width: usize) {
        let width = self.size.width;
        self.inputs("input_vid_proj", video_width);
        self.inputs("input_txt_proj", text_width);
        self.linear("class_embed", width, 2);
        self.perceptron("span_embed", &[width, width, width, 2], false);
        self.norm("transformer.decoder.norm", width);
        // Unused, but without them the official code would not load the file.
        let positions = "txt_position_embed.position_embeddings.weight";
        self.normal(positions.to_owned(), &[MOST_WORDS, width]);
        self.norm("txt_position_embed.LayerNorm", width);
    }

    fn moment_detr(&mut self) {
        let NetworkSize {
            width, n_queries, ..
        } = self.size;
        self.encoder("encoder", false);
        for i in 0..self.size.n_layers {
            let name = format!("transformer.decoder.layers.{i}");
            self.attention(&format!("{name}.self_attn"));
            self.attention(&format!("{name}.multihead_attn"));
            self.feed(&name, 3);
        }
        self.normal("query_embed.weight".to_owned(), &[n_queries, width]);
        self.linear("saliency_proj", width, 1);
    }

    fn qd_detr(&mut self) {
        let NetworkSize {
            width, n_queries, ..
        } = self.size;
        self.encoder("t2v_encoder", true);
        self.encoder("encoder", true);
        const PROJECTIONS: [&str; 10] = [
            "sa_qcontent_proj",
            "sa_qpos_proj",
            "sa_kcontent_proj",
            "sa_kpos_proj",
            "sa_v_proj",
            "ca_qcontent_proj",
            "ca_kcontent_proj",
            "ca_kpos_proj",
            "ca_v_proj",
            "ca_qpos_sine_proj",
        ];
        for i in 0..self.size.n_layers {
            let name = format!("transformer.decoder.layers.{i}");
            let first = (i == 0).then_some("ca_qpos_proj");
            for projection in PROJECTIONS.into_iter().chain(first) {
                self.inner_linear(&format!("{name}.{projection}"), width, width);
            }
            for attention in ["self_attn", "cross_attn"] {
                let name = format!("{name}.{attention}.out_proj");
                self.glorot(format!("{name}.weight"), width, width);
                self.constant(format!("{name}.bias"), width, 0.0);
            }
            self.feed(&name, 3);
            self.constant(format!("{name}.activation.weight"), 1, 0.25);
        }
        let decoder = "transformer.decoder";
        self.perceptron(&format!("{decoder}.ref_point_head"), &[width; 3], true);
        self.perceptron(&format!("{decoder}.query_scale"), &[width; 3], true);
        self.perceptron(
            &format!("{decoder}.ref_anchor_head"),
            &[width, width, 1],
            true,
        );
        self.perceptron(
            &format!("{decoder}.bbox_embed"),
            &[width, width, width, 2],
            true,
        );
        self.constant(format!("{decoder}.bbox_embed.layers.2.bias"), 2, 0.0);
        self.normal("query_embed.weight".to_owned(), &[n_queries, 2]);
        self.normal("global_rep_token".to_owned(), &[width]);
        self.normal("global_rep_pos".to_owned(), &[width]);
        self.linear("saliency_proj1", width, width);
        self.linear("saliency_proj2", width, width);
    }
}

/// A network to begin with; `video_width` counts the time columns. The same seed gives the same.
///
/// # Panics
/// For a UMT and a UniVTG, which are not trained here.
pub fn initial_weights(
    kind: DetectorKind,
    size: NetworkSize,
    video_width: usize,
    text_width: usize,
    seed: u64,
) -> Weights {
    let mut init = Init {
        rng: Pcg64Mcg::seed_from_u64(seed),
        weights: Weights::default(),
        size,
    };
    init.common(video_width, text_width);
    match kind {
        DetectorKind::MomentDetr => init.moment_detr(),
        DetectorKind::QdDetr => init.qd_detr(),
        DetectorKind::Umt | DetectorKind::UniVtg => {
            panic!("a {} is not trained here", kind.title())
        }
    }
    init.weights
}
