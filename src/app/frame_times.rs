//! How long the window's own work takes per frame, measured as CPU time of the UI thread.

use std::collections::VecDeque;
use std::time::Duration;

use cpu_time::ThreadTime;

/// Half a minute at 60 frames per second.
const MAX_FRAMES: usize = 1800;

/// CPU time of `logic` and `ui` for the last frames; painting by the GPU is not in it.
#[derive(Debug, Default)]
pub struct FrameTimes {
    frames: VecDeque<Duration>,
    running: Duration,
}

/// Sums up one piece of a frame's work.
pub struct Stopwatch(ThreadTime);

/// Of all frames measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub n_frames: usize,
    pub median: Duration,
    pub p95: Duration,
    pub worst: Duration,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |duration: Duration| 1000.0 * duration.as_secs_f64();
        write!(
            f,
            "UI work per frame: median {:.2} ms, p95 {:.2} ms, worst {:.2} ms of {} frames",
            ms(self.median),
            ms(self.p95),
            ms(self.worst),
            self.n_frames
        )
    }
}

impl FrameTimes {
    pub fn start() -> Stopwatch {
        Stopwatch(ThreadTime::now())
    }

    /// Adds a piece to the frame that is being made.
    pub fn add(&mut self, stopwatch: &Stopwatch) {
        self.running += stopwatch.0.elapsed();
    }

    /// The frame is done.
    pub fn end_frame(&mut self) {
        if self.frames.len() == MAX_FRAMES {
            self.frames.pop_front();
        }
        self.frames.push_back(std::mem::take(&mut self.running));
    }

    /// `None` before the first frame.
    pub fn summary(&self) -> Option<Summary> {
        let mut sorted: Vec<_> = self.frames.iter().copied().collect();
        sorted.sort_unstable();
        let at = |part: f64| {
            let index = (part * (sorted.len() - 1) as f64).round() as usize;
            sorted[index]
        };
        (!sorted.is_empty()).then(|| Summary {
            n_frames: sorted.len(),
            median: at(0.5),
            p95: at(0.95),
            worst: at(1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_ranks_frames() {
        let mut times = FrameTimes::default();
        assert_eq!(times.summary(), None);
        for ms in (1..=101).rev() {
            times.frames.push_back(Duration::from_millis(ms));
        }
        let summary = times.summary().unwrap();
        assert_eq!(summary.median, Duration::from_millis(51));
        assert_eq!(summary.p95, Duration::from_millis(96));
        assert_eq!(summary.worst, Duration::from_millis(101));
    }

    #[test]
    fn sleeping_costs_nothing_and_working_does() {
        let mut times = FrameTimes::default();
        let stopwatch = FrameTimes::start();
        std::thread::sleep(Duration::from_millis(30));
        times.add(&stopwatch);
        times.end_frame();
        assert!(times.summary().unwrap().worst < Duration::from_millis(20));
        let stopwatch = FrameTimes::start();
        let mut x = 1u64;
        while stopwatch.0.elapsed() < Duration::from_millis(5) {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        times.add(&stopwatch);
        times.end_frame();
        assert!(times.summary().unwrap().worst >= Duration::from_millis(5));
    }
}
