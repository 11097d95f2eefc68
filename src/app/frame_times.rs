//! How long the window's own work takes per frame: as CPU time of the UI thread, and on the clock.
//!
//! CPU time says how much there is to do, whatever else the machine does. The clock also shows what
//! CPU time cannot: a frame that waits for a disk, a lock or another thread.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;

/// Half a minute at 60 frames per second.
const MAX_FRAMES: usize = 1800;

/// What `logic` and `ui` took in the last frames; painting by the GPU is not included.
#[derive(Debug, Default)]
pub struct FrameTimes {
    frames: VecDeque<Times>,
    running: Times,
}

#[derive(Clone, Copy, Debug, Default)]
struct Times {
    cpu: Duration,
    wall: Duration,
}

/// Measures one piece of a frame's work.
pub struct Stopwatch {
    cpu: ThreadTime,
    wall: Instant,
}

/// Of all frames measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub n_frames: usize,
    pub cpu: Ranks,
    pub wall: Ranks,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranks {
    pub median: Duration,
    pub p95: Duration,
    pub worst: Duration,
}

impl Ranks {
    fn of(mut durations: Vec<Duration>) -> Option<Self> {
        durations.sort_unstable();
        let last = durations.len().checked_sub(1)?;
        let at = |part: f64| durations[(part * last as f64).round() as usize];
        Some(Self {
            median: at(0.5),
            p95: at(0.95),
            worst: at(1.0),
        })
    }
}

impl std::fmt::Display for Ranks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |duration: Duration| 1000.0 * duration.as_secs_f64();
        write!(
            f,
            "median {:.2} ms, p95 {:.2} ms, worst {:.2} ms",
            ms(self.median),
            ms(self.p95),
            ms(self.worst)
        )
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            n_frames,
            cpu,
            wall,
        } = self;
        write!(
            f,
            "UI work per frame: {cpu} of {n_frames} frames\nOn the clock: {wall}"
        )
    }
}

impl FrameTimes {
    pub fn start() -> Stopwatch {
        Stopwatch {
            cpu: ThreadTime::now(),
            wall: Instant::now(),
        }
    }

    /// Adds a piece to the frame that is being made.
    pub fn add(&mut self, stopwatch: &Stopwatch) {
        self.running.cpu += stopwatch.cpu.elapsed();
        self.running.wall += stopwatch.wall.elapsed();
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
        let ranks =
            |time: fn(&Times) -> Duration| Ranks::of(self.frames.iter().map(time).collect());
        Some(Summary {
            n_frames: self.frames.len(),
            cpu: ranks(|times| times.cpu)?,
            wall: ranks(|times| times.wall)?,
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
            times.frames.push_back(Times {
                cpu: Duration::from_millis(ms),
                wall: Duration::from_millis(2 * ms),
            });
        }
        let Summary { cpu, wall, .. } = times.summary().unwrap();
        assert_eq!(cpu.median, Duration::from_millis(51));
        assert_eq!(cpu.p95, Duration::from_millis(96));
        assert_eq!(cpu.worst, Duration::from_millis(101));
        assert_eq!(wall.worst, Duration::from_millis(202));
    }

    #[test]
    fn waiting_is_seen_on_the_clock_and_working_on_both() {
        let mut times = FrameTimes::default();
        let stopwatch = FrameTimes::start();
        std::thread::sleep(Duration::from_millis(30));
        times.add(&stopwatch);
        times.end_frame();
        let summary = times.summary().unwrap();
        assert!(summary.cpu.worst < Duration::from_millis(20), "{summary}");
        assert!(summary.wall.worst >= Duration::from_millis(30), "{summary}");
        let stopwatch = FrameTimes::start();
        let mut x = 1u64;
        while stopwatch.cpu.elapsed() < Duration::from_millis(5) {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
        times.add(&stopwatch);
        times.end_frame();
        assert!(times.summary().unwrap().cpu.worst >= Duration::from_millis(5));
    }
}
