//! What those who ask over the bus see of the window.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::app::desktop::now::NowPlaying;

/// How things were when the last frame was drawn.
#[derive(Debug)]
pub struct Told {
    pub now: NowPlaying,
    position_secs: f64,
    since: Instant,
}

impl Told {
    pub fn new(now: NowPlaying, position_secs: f64) -> Self {
        Self {
            now,
            position_secs,
            since: Instant::now(),
        }
    }

    /// Where the playhead is by now.
    pub fn position_secs(&self) -> f64 {
        let passed_secs = if self.now.is_playing {
            self.since.elapsed().as_secs_f64() * self.now.speed
        } else {
            0.0
        };
        let end_secs = self.now.track.as_ref().map_or(0.0, |it| it.duration_secs);
        (self.position_secs + passed_secs).clamp(0.0, end_secs.max(0.0))
    }
}

pub type Shared = Arc<Mutex<Told>>;

pub fn lock(shared: &Shared) -> MutexGuard<'_, Told> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
