//! How fast images and texts are encoded on the CPU: `cargo bench --profile dev --bench encoding`.
//!
//! Two models: random weights in the shape of ViT-B/32, and the bundled one. Images go one frame
//! per thread with single-threaded products (as the program does it) and, for comparison, frame
//! after frame with every product split over the threads. All ways of a model take turns within one
//! run, so that the ratios hold on a busy machine as well; what is printed is the fastest round.
//! `pytorch_clip.py` times the same shape in PyTorch.

use std::time::{Duration, Instant};

use burn::tensor::DType;
use vcl::model::encoder::pixel_tensor;
use vcl::model::{ComputeDevice, Encoder, ModelFiles, Pixels};

#[path = "../tests/support/full_size.rs"]
mod full_size;

const N_ROUNDS: usize = 12;
const QUERY: &str = "a man in a red jacket repairs a bicycle";

fn main() {
    // `cargo test --benches` runs every bench with this flag, only to see that it starts.
    let is_test = std::env::args().any(|argument| argument == "--test");
    let n_rounds = if is_test { 1 } else { N_ROUNDS };
    let device = ComputeDevice::cpu();
    println!("{device}, best of {n_rounds} rounds");

    if let Ok(bundled) = ModelFiles::from_dir("weights".as_ref()) {
        let encoder = Encoder::load(&bundled, &device).unwrap();
        measure("bundled model", &encoder, n_rounds);
    }
    if !is_test {
        let dir = tempfile::tempdir().unwrap();
        let clip = full_size::random_clip(full_size::VIT_B_32);
        full_size::save(&clip, full_size::VIT_B_32, DType::F32, dir.path());
        drop(clip);
        let start = Instant::now();
        let files = ModelFiles::from_dir(dir.path()).unwrap();
        let encoder = Encoder::load(&files, &device).unwrap();
        println!("ViT-B/32 shape: loaded in {:.2?}", start.elapsed());
        measure("ViT-B/32 shape", &encoder, n_rounds);
    }
}

/// One way to do a piece of work, and how many images or texts it handles.
struct Way<'a> {
    name: String,
    n_items: usize,
    run: Box<dyn Fn() -> Vec<f32> + 'a>,
}

fn measure(model: &str, encoder: &Encoder, n_rounds: usize) {
    let frames = frames(encoder, 8);
    let mut ways = Vec::new();
    for batch in [1, 2, 8] {
        let frames = &frames[..batch];
        ways.push(Way {
            name: format!("images, {batch} at a time, a frame per thread"),
            n_items: batch,
            run: Box::new(|| encoder.encode_images(frames).unwrap()),
        });
        ways.push(Way {
            name: format!("images, {batch} at a time, products over all threads"),
            n_items: batch,
            run: Box::new(|| {
                let clip = encoder.clip();
                let pixels = pixel_tensor(frames, &clip.logit_scale().device());
                clip.image_features(pixels)
                    .into_data()
                    .try_into_vec()
                    .unwrap()
            }),
        });
    }
    ways.push(Way {
        name: "one query".to_owned(),
        n_items: 1,
        run: Box::new(|| encoder.encode_texts(&[QUERY]).unwrap()),
    });

    let mut best = vec![Duration::MAX; ways.len()];
    for _ in 0..n_rounds {
        for (way, best) in ways.iter().zip(&mut best) {
            let start = Instant::now();
            let features = (way.run)();
            *best = start.elapsed().min(*best);
            assert_eq!(features.len(), way.n_items * encoder.dim());
        }
    }
    let per_second = |way: &Way<'_>, best: &Duration| way.n_items as f64 / best.as_secs_f64();
    let reference = per_second(&ways[0], &best[0]);
    for (way, best) in ways.iter().zip(&best) {
        let rate = per_second(way, best);
        let ratio = rate / reference;
        println!(
            "{model}: {:<50} {rate:8.2}/s  {ratio:5.2}  {best:9.2?}",
            way.name
        );
    }
}

/// Frames that differ from each other.
fn frames(encoder: &Encoder, n: u32) -> Vec<Pixels> {
    (0..n)
        .map(|seed| {
            let level = |a: u32, b: u32| ((a * (seed + 3) + b * 7) % 256) as u8;
            let draw = |x, y| image::Rgb([level(x, y), level(y, x), level(x * y, 1)]);
            encoder.preprocess(&image::RgbImage::from_fn(640, 360, draw))
        })
        .collect()
}
