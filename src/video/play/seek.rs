//! Never more than one seek at a time; the newest target wins.
//!
//! While the mouse drags and exact seeks are slow, seeks to key frames are used instead; when the
//! mouse rests, the exact frame follows.

use std::time::{Duration, Instant};

/// Exact seeks that take longer than this make dragging feel sticky.
const SLOW: Duration = Duration::from_millis(120);

/// A mouse that has not moved for this long is at rest.
const REST: Duration = Duration::from_millis(150);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Request {
    pub target_secs: f64,
    /// `false`: the nearest key frame will do.
    pub is_exact: bool,
}

#[derive(Debug, Default)]
pub(super) struct SeekQueue {
    in_flight: Option<(Request, Instant)>,
    waiting: Option<Request>,
    /// The target of a rough seek, and when the mouse last moved.
    refine: Option<(f64, Instant)>,
    is_slow: bool,
}

impl SeekQueue {
    /// Asks for the exact frame; returns the seek to start now.
    pub fn seek(&mut self, target_secs: f64, now: Instant) -> Option<Request> {
        self.refine = None;
        let is_exact = true;
        self.ask(
            Request {
                target_secs,
                is_exact,
            },
            now,
        )
    }

    /// Asks for a frame near the mouse; returns the seek to start now.
    pub fn scrub(&mut self, target_secs: f64, now: Instant) -> Option<Request> {
        let is_exact = !self.is_slow;
        self.refine = (!is_exact).then_some((target_secs, now));
        self.ask(
            Request {
                target_secs,
                is_exact,
            },
            now,
        )
    }

    /// The seek in flight has shown its frame; returns the next to start.
    pub fn done(&mut self, now: Instant) -> Option<Request> {
        if let Some((request, start)) = self.in_flight.take()
            && request.is_exact
        {
            self.is_slow = now - start > SLOW;
        }
        let next = self.waiting.take()?;
        self.in_flight = Some((next, now));
        Some(next)
    }

    /// Called regularly: asks for the exact frame once the mouse rests.
    pub fn rested(&mut self, now: Instant) -> Option<Request> {
        let (target_secs, moved) = self.refine?;
        if !self.is_idle() || now - moved < REST {
            return None;
        }
        self.refine = None;
        let is_exact = true;
        self.ask(
            Request {
                target_secs,
                is_exact,
            },
            now,
        )
    }

    /// The seek in flight.
    pub fn current(&self) -> Option<Request> {
        self.in_flight.map(|(request, _)| request)
    }

    /// Nothing waits after the seek in flight.
    pub fn is_alone(&self) -> bool {
        self.waiting.is_none()
    }

    /// Nothing is in flight.
    pub fn is_idle(&self) -> bool {
        self.in_flight.is_none()
    }

    /// Whether the exact frame has not been asked for yet.
    pub fn is_rough(&self) -> bool {
        self.refine.is_some()
    }

    /// When the seek in flight was started.
    pub fn since(&self) -> Option<Instant> {
        self.in_flight.map(|(_, start)| start)
    }

    fn ask(&mut self, request: Request, now: Instant) -> Option<Request> {
        if self.in_flight.is_some() {
            self.waiting = Some(request);
            return None;
        }
        self.in_flight = Some((request, now));
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(target_secs: f64) -> Option<Request> {
        Some(Request {
            target_secs,
            is_exact: true,
        })
    }

    #[test]
    fn only_the_newest_of_many_targets_is_sought() {
        let start = Instant::now();
        let mut queue = SeekQueue::default();
        assert_eq!(queue.scrub(1.0, start), exact(1.0));
        for target in [2.0, 3.0, 4.0] {
            assert_eq!(queue.scrub(target, start), None);
        }
        assert_eq!(queue.done(start), exact(4.0));
        assert_eq!(queue.done(start), None);
        assert!(queue.is_idle());
    }

    #[test]
    fn slow_videos_are_scrubbed_by_key_frames_and_refined_at_rest() {
        let start = Instant::now();
        let mut queue = SeekQueue::default();
        queue.seek(1.0, start);
        let mut now = start + Duration::from_millis(500);
        assert_eq!(queue.done(now), None);
        let rough = Request {
            target_secs: 2.0,
            is_exact: false,
        };
        assert_eq!(queue.scrub(2.0, now), Some(rough));
        assert_eq!(queue.rested(now + REST), None, "still in flight");
        assert_eq!(queue.done(now), None);
        assert_eq!(queue.rested(now), None, "still moving");
        now += REST;
        assert_eq!(queue.rested(now), exact(2.0));
        // It turned out fast: exact from now on.
        assert_eq!(queue.done(now + Duration::from_millis(10)), None);
        assert_eq!(queue.scrub(3.0, now), exact(3.0));
    }

    #[test]
    fn an_exact_seek_replaces_waiting_scrubs() {
        let start = Instant::now();
        let mut queue = SeekQueue::default();
        queue.scrub(1.0, start);
        queue.scrub(2.0, start);
        queue.seek(7.5, start);
        assert_eq!(queue.done(start), exact(7.5));
    }
}
