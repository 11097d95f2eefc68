//! From a file to its whole saliency curve, cold cache, and the second query on it:
//! `cargo bench --profile dev --bench file_to_curve`.
//!
//! The model has random weights in the shape of ViT-B/32, so the work is that of the paper's model.
//! `VCL_BENCH_VIDEO=film.mp4` takes another video than the demo (benches/README.md makes one of 150 s
//! at 1080p); `ffmpeg_pytorch.py` does the same work with ffmpeg and PyTorch.

use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::DType;
use vcl::domain::Query;
use vcl::engine::{Engine, EngineConfig, FrameChoice, IndexJob, ModelChoice, VideoIndex};
use vcl::find::Way;
use vcl::model::DeviceChoice;
use vcl::store::Paths;
use vcl::video::Source;

#[path = "../tests/support/full_size.rs"]
mod full_size;

/// Whether every clip has an embedding, be it that of a neighbour.
fn covers_the_video(index: &VideoIndex) -> bool {
    index.n_clips_done() > 0 && index.n_known() == index.n_clips()
}

fn main() {
    // `cargo test --benches` runs every bench with this flag, only to see that it starts.
    let is_test = std::env::args().any(|argument| argument == "--test");
    let video = std::env::var_os("VCL_BENCH_VIDEO").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo.mp4"),
        PathBuf::from,
    );
    let dir = tempfile::tempdir().unwrap();
    let model = if is_test {
        ModelChoice::Bundled
    } else {
        let clip = full_size::random_clip(full_size::VIT_B_32);
        full_size::save(&clip, full_size::VIT_B_32, DType::F32, dir.path());
        ModelChoice::Named(dir.path().to_owned())
    };
    let config = EngineConfig {
        model,
        device: DeviceChoice::Cpu,
        frame_choice: match std::env::var_os("VCL_BENCH_SKIP_NEAR_DUPLICATES") {
            Some(_) => FrameChoice {
                skips_near_duplicates: true,
                ..FrameChoice::default()
            },
            None => FrameChoice::default(),
        },
        paths: Paths::below(&dir.path().join("vcl")),
    };
    let mut engine = Engine::open(&config).unwrap();

    let started = Instant::now();
    let mut first_curve = None;
    let index = IndexJob::start(&engine, &Source::open(&video).unwrap(), true)
        .unwrap()
        .run(&mut engine, |job| {
            if first_curve.is_none() && job.index().is_some_and(covers_the_video) {
                first_curve = Some(started.elapsed());
            }
        })
        .unwrap();
    let to_index = started.elapsed();
    let ask = |engine: &mut Engine, words: &str| {
        let started = Instant::now();
        let query = Query::new(words).unwrap();
        let answer = engine.answer(&index.snapshot(), &query, &Way::default());
        std::hint::black_box(answer.unwrap());
        started.elapsed()
    };
    let first_query = ask(&mut engine, "a red circle");
    let second_query = ask(&mut engine, "waves on the sea");
    let known_query = ask(&mut engine, "a red circle");
    println!("{}: {} clips", video.display(), index.n_clips());
    println!(
        "rough curve over the whole video  {:>9.2?}",
        first_curve.unwrap_or(to_index)
    );
    println!("all clips embedded                {to_index:>9.2?}");
    println!("first query (neutral texts too)   {first_query:>9.2?}");
    println!("second query                      {second_query:>9.2?}");
    println!("a query asked before              {known_query:>9.2?}");
    println!(
        "file to curve                     {:>9.2?}",
        to_index + first_query
    );
}
