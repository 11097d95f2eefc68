//! Cuts without re-encoding: which frames and which sound are in them, and that the two stay in
//! step. The fixtures carry their frame numbers in the picture.

mod ends;
mod frames;
mod kept;
mod order;
mod program;
mod reading;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use vcl::domain::TimeSpan;
use vcl::video::{CutExtent, Cutter};

const FPS: f64 = 25.0;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    folder.join(name)
}

fn no_cancel() -> Arc<AtomicBool> {
    Arc::default()
}

/// Cuts a fixture; gives the new file and what the cutter says of it.
fn cut(name: &str, span: TimeSpan, dir: &Path) -> (PathBuf, CutExtent) {
    let cutter = Cutter::open(&fixture(name), no_cancel()).unwrap();
    let target = dir.join(format!("{name}.{}", cutter.extension()));
    let extent = cutter.cut(span, &target).unwrap();
    (target, extent)
}

/// The kind of container, by how its files begin.
fn container(path: &Path) -> &'static str {
    let bytes = fs::read(path).unwrap();
    match bytes[..12] {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "Matroska",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "MP4",
        [0x47, ..] => "transport stream",
        _ => panic!("{} begins with {:?}", path.display(), &bytes[..12]),
    }
}
