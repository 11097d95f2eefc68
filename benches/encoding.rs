//! How fast images and texts are encoded: `cargo bench --profile dev --bench encoding`, on the CPU or,
//! with `VCL_BENCH_DEVICE=gpu`, on a GPU.
//!
//! Three models: random weights in the shapes of ViT-B/32 and of SigLIP 2 B/32-256, and the bundled one. Images go one frame
//! per thread with single-threaded products (as the program does it) and, for comparison, frame
//! after frame with every product split over the threads. All ways of a model take turns within one
//! run, so that the ratios hold on a busy machine as well; what is printed is the fastest round.
//! `pytorch_clip.py` times the same shape in PyTorch.
//!
//! Last come parts of one layer of ViT-B/32 in other forms, on one thread as the program runs them:
//! what each would give is the difference, of about 130 ms that a thread spends on a layer's
//! twelve-fold.

use std::time::{Duration, Instant};

use burn::tensor::module::attention;
use burn::tensor::{DType, Device, Distribution, Tensor, activation};
use vcl::model::encoder::clip::ClipTowers;
use vcl::model::encoder::{Activation, pixel_tensor};
use vcl::model::{ComputeDevice, DeviceChoice, Encoder, ModelFiles, Pixels};

#[path = "../tests/support/full_size.rs"]
mod full_size;

const N_ROUNDS: usize = 12;
const QUERY: &str = "a man in a red jacket repairs a bicycle";

fn main() {
    // `cargo test --benches` runs every bench with this flag, only to see that it starts.
    let is_test = std::env::args().any(|argument| argument == "--test");
    let n_rounds = if is_test { 1 } else { N_ROUNDS };
    let choice = match std::env::var("VCL_BENCH_DEVICE").as_deref() {
        Ok("gpu") => DeviceChoice::Gpu,
        _ => DeviceChoice::Cpu,
    };
    let device = ComputeDevice::open(choice).unwrap();
    println!("{device}, best of {n_rounds} rounds");

    if let Ok(bundled) = ModelFiles::from_dir("weights".as_ref()) {
        let encoder = Encoder::load(&bundled, &device).unwrap();
        measure("bundled model", &bundled, &encoder, n_rounds);
    }
    let shapes = [
        ("ViT-B/32", full_size::VIT_B_32),
        ("ViT-L/14", full_size::VIT_L_14),
    ];
    let n_shapes = match () {
        () if is_test => 0,
        () if device.is_cpu() => 1,
        () => 2,
    };
    for (name, shape) in shapes.into_iter().take(n_shapes) {
        let dir = tempfile::tempdir().unwrap();
        let clip = full_size::random_clip(shape);
        full_size::save(&clip, shape, DType::F32, dir.path());
        drop(clip);
        let start = Instant::now();
        let files = ModelFiles::from_dir(dir.path()).unwrap();
        let encoder = Encoder::load(&files, &device).unwrap();
        println!("{name} shape: loaded in {:.2?}", start.elapsed());
        measure(&format!("{name} shape"), &files, &encoder, n_rounds);
    }
    if !is_test {
        let dir = tempfile::tempdir().unwrap();
        full_size::save_random_siglip(full_size::SIGLIP_B_32_256, dir.path());
        let files = ModelFiles::from_dir(dir.path()).unwrap();
        let encoder = Encoder::load(&files, &device).unwrap();
        measure("SigLIP B/32-256 shape", &files, &encoder, n_rounds);
    }
    if !is_test && device.is_cpu() {
        let lane = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        lane.unwrap().install(|| parts_of_a_layer(4 * n_rounds));
    }
}

/// One way to do a piece of work, and how many images or texts it handles.
struct Way<'a> {
    name: String,
    n_items: usize,
    run: Box<dyn Fn() -> Vec<f32> + 'a>,
}

fn measure(model: &str, files: &ModelFiles, encoder: &Encoder, n_rounds: usize) {
    let frames = frames(encoder, 16);
    // Only a CLIP is timed in other ways than the program's.
    let towers = match encoder.device().is_cpu() {
        true => ClipTowers::load(files, encoder.device()).ok(),
        false => None,
    };
    let mut ways = Vec::new();
    for batch in [1, 2, 8, 16] {
        let frames = &frames[..batch];
        ways.push(Way {
            name: format!("images, {batch} at a time, a frame per thread"),
            n_items: batch,
            run: Box::new(|| encoder.encode_images(frames).unwrap()),
        });
        let Some(towers) = &towers else {
            continue;
        };
        ways.push(Way {
            name: format!("images, {batch} at a time, products over all threads"),
            n_items: batch,
            run: Box::new(|| {
                let clip = towers.network();
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

/// One way to do a part of a layer, and how it is called.
type Form<'a> = (&'a str, Box<dyn Fn() + 'a>);

/// Forms of the work on four frames of 50 positions; each group begins with the one in use.
fn parts_of_a_layer(n_rounds: usize) {
    const FRAMES: usize = 4;
    const SEQ: usize = 50;
    const WIDTH: usize = 768;
    const HEADS: usize = 12;
    let device = Device::flex();
    let random = |rows, columns| -> Tensor<2> {
        Tensor::random([rows, columns], Distribution::Normal(0.0, 0.05), &device)
    };
    let rows = random(FRAMES * SEQ, WIDTH);
    let square = random(WIDTH, WIDTH);
    let triple = random(WIDTH, 3 * WIDTH);
    let (wider, narrower) = (random(WIDTH, 4 * WIDTH), random(4 * WIDTH, WIDTH));
    let inner = random(FRAMES * SEQ, 4 * WIDTH);
    let half = |tensor: &Tensor<2>| tensor.clone().cast(DType::F16);
    let (half_rows, half_wider) = (half(&rows), half(&wider));
    let heads = |rows: &Tensor<2>| -> Tensor<4> {
        let rows = rows.clone().reshape([FRAMES, SEQ, HEADS, WIDTH / HEADS]);
        rows.swap_dims(1, 2)
    };
    // A sum of two tensors is laid out in order.
    let in_order = heads(&rows) + heads(&rows);
    let attend = |heads: Tensor<4>| {
        attention(
            heads.clone(),
            heads.clone(),
            heads,
            None,
            None,
            Default::default(),
        )
    };
    let groups: [(&str, Vec<Form<'_>>); 4] = [
        (
            "queries, keys and values",
            vec![
                (
                    "three products",
                    Box::new(|| {
                        for _ in 0..3 {
                            drop(rows.clone().matmul(square.clone()));
                        }
                    }),
                ),
                (
                    "one product, then cut in three",
                    Box::new(|| {
                        let all = rows.clone().matmul(triple.clone());
                        for part in all.chunk(3, 1) {
                            // As the attention lays it out.
                            drop(part.reshape([FRAMES * SEQ, WIDTH]) + 0.0);
                        }
                    }),
                ),
            ],
        ),
        (
            "attention",
            vec![
                (
                    "heads between positions, copied",
                    Box::new(|| drop(attend(heads(&rows)))),
                ),
                (
                    "heads in order, nothing copied",
                    Box::new(|| drop(attend(in_order.clone()))),
                ),
            ],
        ),
        (
            "a product of the perceptron",
            vec![
                ("f32", Box::new(|| drop(rows.clone().matmul(wider.clone())))),
                (
                    "f16 throughout",
                    Box::new(|| {
                        drop(half_rows.clone().matmul(half_wider.clone()));
                    }),
                ),
                (
                    "weights kept in f16, made f32 each time",
                    Box::new(|| {
                        drop(rows.clone().matmul(half_wider.clone().cast(DType::F32)));
                    }),
                ),
                (
                    "back to the width",
                    Box::new(|| drop(inner.clone().matmul(narrower.clone()))),
                ),
            ],
        ),
        (
            "the activation",
            vec![
                (
                    "QuickGELU, many numbers at a time",
                    Box::new(|| drop(Activation::QuickGelu.apply(inner.clone() * 0.9))),
                ),
                (
                    "QuickGELU by burn",
                    Box::new(|| {
                        let inner = inner.clone() * 0.9;
                        drop(inner.clone() * activation::sigmoid(inner * 1.702));
                    }),
                ),
                (
                    "GELU, many numbers at a time",
                    Box::new(|| drop(Activation::Gelu.apply(inner.clone() * 0.9))),
                ),
                (
                    "GELU by burn",
                    Box::new(|| drop(activation::gelu(inner.clone() * 0.9))),
                ),
            ],
        ),
    ];
    for (group, ways) in groups {
        let mut best = vec![Duration::MAX; ways.len()];
        for _ in 0..n_rounds {
            for ((_, run), best) in ways.iter().zip(&mut best) {
                let start = Instant::now();
                run();
                *best = start.elapsed().min(*best);
            }
        }
        for ((name, _), best_of) in ways.iter().zip(&best) {
            let ratio = best[0].as_secs_f64() / best_of.as_secs_f64();
            println!("{group}: {name:<42} {best_of:9.2?}  {ratio:5.2}");
        }
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
