//! A progress bar on stderr, only if that is a terminal.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::cli_engine::print_notices;
use crate::engine::{Engine, EngineError, IndexJob, IndexProgress, VideoIndex};
use crate::store::{DownloadStep, HubError, ModelDownload};
use crate::video::Source;

const SEARCHING: &str = "{spinner} {msg}";
const INDEXING: &str = "{spinner} {msg} {wide_bar} {pos}/{len} clips, {prefix}";
const MEASURING: &str = "{msg} {wide_bar}";
const DOWNLOADING: &str = "{spinner} {msg} {wide_bar} {binary_bytes}/{binary_total_bytes}{prefix}";

/// Measures a model while a bar shows how much of the time is over.
///
/// # Errors
/// As [`Engine::measure`].
pub fn measure_with_bar(
    engine: &mut Engine,
    name: &str,
    duration: Duration,
) -> Result<f64, EngineError> {
    const PARTS: u64 = 1000;
    let bar = ProgressBar::new(PARTS);
    bar.set_style(style(MEASURING));
    bar.set_message(format!("measuring {name}"));
    let speed = engine.measure(duration, |part| {
        bar.set_position((part * PARTS as f64) as u64);
    });
    bar.finish_and_clear();
    print_notices(engine, &bar);
    speed
}

/// Indexes a video with a bar that shows rate and time left, and logs what is unusual about the file,
/// or, once for all videos, that the index cannot be kept.
///
/// # Errors
/// As [`IndexJob::step`].
pub fn index_with_bar(engine: &mut Engine, video: &Path) -> Result<VideoIndex, EngineError> {
    static TOLD: Once = Once::new();
    let index = keep_with_bar(engine, video)?;
    if let Some(warning) = index.not_kept_warning() {
        TOLD.call_once(|| log::warn!("{warning}"));
    }
    Ok(index)
}

/// As [`index_with_bar`], for a caller to whom an index that cannot be kept is an error.
///
/// # Errors
/// As [`IndexJob::step`].
pub fn keep_with_bar(engine: &mut Engine, video: &Path) -> Result<VideoIndex, EngineError> {
    // indicatif draws nothing when stderr is not a terminal.
    let bar = ProgressBar::new_spinner();
    let name = video
        .file_name()
        .unwrap_or(video.as_os_str())
        .to_string_lossy();
    bar.set_style(style(SEARCHING));
    bar.enable_steady_tick(Duration::from_millis(120));
    if !engine.encoder().device().is_cpu() {
        bar.set_message("preparing the GPU…");
        engine.prepare()?;
    }
    bar.set_message(format!("reading {name}"));
    let mut has_length = false;
    let outcome = IndexJob::start(engine, &Source::open(video)?, false)?.run(engine, |job| {
        let Some(progress) = job.progress() else {
            return;
        };
        if !has_length {
            has_length = true;
            bar.set_style(style(INDEXING));
            bar.set_message(name.to_string());
        }
        show(&bar, &progress);
    });
    bar.finish_and_clear();
    print_notices(engine, &bar);
    let index = outcome?;
    if let Some(warning) = &index.warning {
        log::warn!("{warning}");
    }
    Ok(index)
}

/// Downloads a model with a bar that shows rate and time left. Ctrl-C ends the program; what has
/// arrived by then is kept, and the next download continues there.
///
/// # Errors
/// As [`ModelDownload::step`].
pub fn download_with_bar(download: ModelDownload, name: &str) -> Result<PathBuf, HubError> {
    let bar = ProgressBar::new_spinner();
    bar.set_style(style(SEARCHING));
    bar.set_message(format!("looking up {name}"));
    bar.enable_steady_tick(Duration::from_millis(120));
    let mut has_length = false;
    let outcome = download.run(|step| {
        let DownloadStep::Fetching(progress) = step else {
            return;
        };
        if !has_length {
            has_length = true;
            bar.set_style(style(DOWNLOADING));
        }
        bar.set_message(progress.file.clone());
        bar.set_length(progress.n_total);
        bar.set_position(progress.n_bytes);
        if let (Some(rate), Some(left)) = (progress.bytes_per_sec, progress.remaining_secs) {
            let left = indicatif::HumanDuration(Duration::from_secs_f64(left.min(1e6)));
            let rate = indicatif::BinaryBytes(rate as u64);
            bar.set_prefix(format!(", {rate}/s, {left:#} left"));
        }
    });
    bar.finish_and_clear();
    outcome
}

/// A bar for many videos: the folders are looked through, then one video after the other is indexed.
pub struct LibraryBar(ProgressBar);

impl LibraryBar {
    pub fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    pub fn bar(&self) -> &ProgressBar {
        &self.0
    }

    pub fn scanning(&self, n_files: usize) {
        self.0
            .set_message(format!("looking through the folders: {n_files} files"));
    }

    pub fn begin(&self, video: &Path) {
        let name = video.file_name().unwrap_or(video.as_os_str());
        self.0.set_style(style(SEARCHING));
        self.0
            .set_message(format!("reading {}", name.to_string_lossy()));
    }

    pub fn show(&self, progress: &IndexProgress) {
        self.0.set_style(style(INDEXING));
        show(&self.0, progress);
    }

    /// Prints something above it.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }

    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

fn show(bar: &ProgressBar, progress: &IndexProgress) {
    bar.set_length(progress.n_total as u64);
    bar.set_position(progress.n_done as u64);
    if let (Some(rate), Some(left)) = (progress.clips_per_sec, progress.remaining_secs) {
        let left = indicatif::HumanDuration(Duration::from_secs_f64(left.min(1e6)));
        bar.set_prefix(format!("{rate:.1}/s, {left:#} left"));
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates above are constants; a broken one falls back to the plain bar.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
