//! How fast the videos of the library are indexed.

/// By their bytes: how long they last is known only afterwards.
#[derive(Default)]
pub struct Pace {
    n_bytes: u64,
    /// Seconds of work on the videos that these bytes are of.
    work_secs: f64,
    /// The same on the video that is worked on.
    current_secs: f64,
    /// Of that video.
    pub current_bytes: u64,
    pub waiting_bytes: u64,
}

impl Pace {
    /// Another video is taken up.
    pub fn begin(&mut self) {
        self.current_secs = 0.0;
    }

    /// It was worked on for so long.
    pub fn work(&mut self, secs: f64) {
        self.current_secs += secs;
    }

    /// It is done. Where most of it was known from before, that says nothing about how long others take.
    pub fn end(&mut self, is_measure: bool) {
        if is_measure {
            self.n_bytes += self.current_bytes;
            self.work_secs += self.current_secs;
        }
        self.waiting_bytes = self.waiting_bytes.saturating_sub(self.current_bytes);
    }

    /// `None` before the first video is done; `part` of the one that is worked on is done.
    pub fn remaining_secs(&self, part: f64) -> Option<f64> {
        let secs_per_byte = self.work_secs / (self.n_bytes as f64);
        let left = self.waiting_bytes as f64 - part * self.current_bytes as f64;
        (self.n_bytes > 0).then(|| secs_per_byte * left.max(0.0))
    }
}
