//! The sampler on files that carry their frame numbers in the picture.

mod damage;
mod field;
mod frames;
#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use image::RgbImage;
use vcl::video::{SampledFrame, Sampler, SamplerOptions, Source, Strategy, VideoError};

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    folder.join(name)
}

fn open(name: &str) -> Source {
    Source::open(&fixture(name)).unwrap()
}

/// The number that the picture shows (see `fixtures/videos/frames.py`).
fn number(image: &RgbImage) -> u32 {
    let (width, height) = image.dimensions();
    let (columns, rows) = if height > width { (3, 4) } else { (4, 3) };
    (0..12).fold(0, |number, bit| {
        let x = (2 * (bit % columns) + 1) * width / (2 * columns);
        let y = (2 * (bit / columns) + 1) * height / (2 * rows);
        number | u32::from(image.get_pixel(x, y)[0] > 130) << bit
    })
}

fn no_cancel() -> Arc<AtomicBool> {
    Arc::default()
}

fn options(strategy: Strategy) -> SamplerOptions {
    SamplerOptions {
        strategy,
        ..SamplerOptions::default()
    }
}

fn sample(
    path: &Path,
    options: SamplerOptions,
) -> Result<(Vec<SampledFrame>, Sampler), VideoError> {
    let mut sampler = Sampler::open(path, options)?;
    let frames = sampler.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((frames, sampler))
}

/// Fails instead of hanging; longer than anything here takes on the slowest machine.
fn within_patience<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    const PATIENCE: Duration = Duration::from_secs(120);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver
        .recv_timeout(PATIENCE)
        .unwrap_or_else(|_| panic!("{what} took longer than {PATIENCE:?}"))
}
