//! Looks after the open file: a recording or a download may still be growing.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::worker::{Background, Report};

const EVERY: Duration = Duration::from_secs(2);

/// Watches until it is dropped, and reports once.
pub struct FileWatch(Background<()>);

impl FileWatch {
    /// # Errors
    /// When the system gives no thread.
    pub fn start(ctx: &egui::Context, path: PathBuf) -> io::Result<Self> {
        let ctx = ctx.clone();
        let wake = move || ctx.request_repaint();
        let watch = Background::start("file watch", wake, move |reporter| {
            let Some(n_bytes) = length(&path) else { return };
            while !reporter.is_cancelled() {
                thread::sleep(EVERY);
                if length(&path).is_some_and(|now| now > n_bytes) {
                    reporter.say(());
                    return;
                }
            }
        })?;
        Ok(Self(watch))
    }

    pub fn has_grown(&self) -> bool {
        matches!(self.0.reports().pop(), Some(Report::Said(())))
    }
}

/// In bytes; `None` while it cannot be read.
fn length(path: &Path) -> Option<u64> {
    Some(path.metadata().ok()?.len())
}
