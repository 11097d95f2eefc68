//! The bundled model's shape, and what its training is made of.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData, activation};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use vcl::model::encoder::clip::{Clip, ClipConfig, ClipTokenizer, TextConfig, VisionConfig};
use vcl::model::encoder::{Activation, pixel_tensor};
use vcl::model::{Pixels, Preprocess};

use crate::tokens::{EOT, VOCABULARY};
use crate::world::camera::degrade;
use crate::world::caption::{Caption, Detail, sample_caption};
use crate::world::labels::{LABEL_GROUPS, N_LABELS};
use crate::world::render::render;
use crate::world::scene::{Scene, Split};

/// Side of the images that the model sees.
pub const IMAGE_SIZE: usize = 64;

pub const PREPROCESSOR_JSON: &str = r#"{
  "crop_size": {"height": 64, "width": 64},
  "do_center_crop": true,
  "do_convert_rgb": true,
  "do_normalize": true,
  "do_rescale": true,
  "do_resize": true,
  "image_mean": [0.48145466, 0.4578275, 0.40821073],
  "image_processor_type": "CLIPImageProcessor",
  "image_std": [0.26862954, 0.26130258, 0.27577711],
  "resample": 3,
  "rescale_factor": 0.00392156862745098,
  "size": {"shortest_edge": 64}
}
"#;

/// The bundled model: 64 patches of 8 × 8 pixels, two small towers.
pub fn clip_config() -> ClipConfig {
    ClipConfig {
        projection_dim: 128,
        vision_config: VisionConfig {
            hidden_size: 128,
            intermediate_size: 512,
            num_hidden_layers: 4,
            num_attention_heads: 4,
            hidden_act: Activation::QuickGelu,
            image_size: IMAGE_SIZE,
            patch_size: 8,
            ..VisionConfig::default()
        },
        text_config: TextConfig {
            hidden_size: 128,
            intermediate_size: 512,
            num_hidden_layers: 2,
            num_attention_heads: 4,
            hidden_act: Activation::QuickGelu,
            max_position_embeddings: 48,
            vocab_size: VOCABULARY,
            eos_token_id: EOT as i64,
            ..TextConfig::default()
        },
    }
}

/// The model and the probes that read attributes off its embeddings; the probes are thrown away
/// after training.
#[derive(Module, Debug)]
pub struct Student {
    pub clip: Clip,
    probes: Linear,
    log_scale: Param<Tensor<1>>,
}

impl Student {
    pub fn init(config: &ClipConfig, device: &Device) -> Self {
        Self {
            clip: config.init(device),
            probes: LinearConfig::new(config.projection_dim, N_LABELS).init(device),
            log_scale: Initializer::Constant {
                value: 10.0_f64.ln(),
            }
            .init([1], device),
        }
    }
}

/// What one lane learns from in one step.
pub struct Batch {
    pixels: Vec<Pixels>,
    /// A full caption of every scene, then a brief one of every scene.
    ids: Vec<Vec<u32>>,
    /// `[scenes, captions]`, 1 where the caption is true of another scene than its own.
    also_true: Vec<f32>,
    labels: Vec<f32>,
    mask: Vec<f32>,
}

impl Batch {
    /// `n` scenes drawn, seen through a camera, and described in two captions each.
    pub fn draw(
        seed: u64,
        n: usize,
        tokenizer: &ClipTokenizer,
        preprocess: &Preprocess,
    ) -> anyhow::Result<Self> {
        let mut rng = Pcg64::seed_from_u64(seed);
        let scenes: Vec<Scene> = (0..n)
            .map(|_| Scene::sample(&mut rng, Split::Train))
            .collect();
        let pixels = scenes
            .iter()
            .map(|scene| preprocess.apply(&photograph(scene, &mut rng)))
            .collect();
        let captions: Vec<Caption> = [Detail::Full, Detail::Brief]
            .iter()
            .flat_map(|&detail| scenes.iter().map(move |scene| (scene, detail)))
            .map(|(scene, detail)| sample_caption(scene, &mut rng, detail))
            .collect();
        let ids = captions
            .iter()
            .map(|caption| tokenizer.encode(&caption.text))
            .collect::<Result<_, _>>()?;
        let mut also_true = Vec::with_capacity(n * captions.len());
        for (i, scene) in scenes.iter().enumerate() {
            for (j, caption) in captions.iter().enumerate() {
                let other = j % n != i;
                also_true.push(f32::from(other && caption.claim.holds_in(scene)));
            }
        }
        let (mut labels, mut mask) = (Vec::new(), Vec::new());
        for scene in &scenes {
            let scene_labels = scene.labels();
            labels.extend(scene_labels.values);
            mask.extend(scene_labels.mask);
        }
        Ok(Self {
            pixels,
            ids,
            also_true,
            labels,
            mask,
        })
    }
}

/// A frame as a video would show it: any size and aspect, with a camera's faults.
pub fn photograph(scene: &Scene, rng: &mut Pcg64) -> image::RgbImage {
    let height = [64, 64, 64, 80, 96, 128][rng.random_range(0..6)];
    let width = if rng.random_bool(0.5) {
        height
    } else {
        height * 16 / 9
    };
    degrade(render(scene, width, height, rng), rng)
}

impl Student {
    /// The loss of one batch and its parts.
    ///
    /// Contrastive in both directions, where captions that are true of a scene by chance are
    /// neither right nor wrong; plus cross-entropy of linear probes on the image embedding, and on
    /// the embedding of the full caption where it is sure to say so.
    pub fn loss(&self, batch: &Batch, device: &Device) -> (Tensor<1>, Tensor<1>) {
        let n = batch.pixels.len();
        let n_captions = batch.ids.len();
        let images = normalise(
            self.clip
                .image_features(pixel_tensor(&batch.pixels, device)),
        );
        let texts = normalise(self.clip.text_features(&batch.ids, device));
        let scale = self.clip.logit_scale().clamp(0.0, 4.6).exp();
        let cosines = images.clone().matmul(texts.clone().transpose()); // [n, captions]
        let logits = cosines * scale.unsqueeze::<2>();
        let also_true = Tensor::<2>::from_data(
            TensorData::new(batch.also_true.clone(), [n, n_captions]),
            device,
        );
        let logits = logits - also_true * 1e4;

        let mut contrastive = Tensor::<1>::zeros([1], device);
        for (half, weight) in [(0, 0.65), (1, 0.35)] {
            let block = logits.clone().narrow(1, half * n, n); // [n, n]
            let own = Tensor::<2>::eye(n, device);
            let by_image = activation::log_softmax(block.clone(), 1) * own.clone();
            let by_text = activation::log_softmax(block, 0) * own;
            let mean = (by_image.sum() + by_text.sum()) / (2.0 * n as f64);
            contrastive = contrastive - mean * weight;
        }

        let labels =
            Tensor::<2>::from_data(TensorData::new(batch.labels.clone(), [n, N_LABELS]), device);
        let mask =
            Tensor::<2>::from_data(TensorData::new(batch.mask.clone(), [n, N_LABELS]), device);
        let full = texts.narrow(0, 0, n);
        let probes = self.probe_loss(images, &labels, &mask)
            + self.probe_loss(full, &labels, &(mask.clone() * told_mask(device))) * 0.5;
        (contrastive, probes)
    }

    fn probe_loss(&self, embeds: Tensor<2>, labels: &Tensor<2>, mask: &Tensor<2>) -> Tensor<1> {
        let [n, _] = embeds.dims();
        let scale = self.log_scale.val().exp().unsqueeze::<2>();
        let logits = self.probes.forward(embeds * scale);
        // Numerically safe cross-entropy with logits: max(x, 0) − x·y + ln(1 + e^−|x|).
        let entropy = activation::relu(logits.clone()) - logits.clone() * labels.clone()
            + (logits.abs().neg().exp() + 1.0).log();
        // Present attributes are rare: count them more.
        let weight = mask.clone() * (labels.clone() * 3.0 + 1.0);
        (entropy * weight).sum() / (n as f64 * 30.0)
    }
}

/// Attributes that a full caption always names, `[1, N_LABELS]`.
fn told_mask(device: &Device) -> Tensor<2> {
    const TOLD: [&str; 4] = ["colours", "shapes", "scenery", "special"];
    let mut mask = vec![0.0f32; N_LABELS];
    for group in LABEL_GROUPS
        .iter()
        .filter(|group| TOLD.contains(&group.name))
    {
        mask[group.start..group.start + group.len].fill(1.0);
    }
    Tensor::from_data(TensorData::new(mask, [1, N_LABELS]), device)
}

fn normalise(features: Tensor<2>) -> Tensor<2> {
    let norm = (features.clone() * features.clone()).sum_dim(1).sqrt() + 1e-6;
    features / norm
}
