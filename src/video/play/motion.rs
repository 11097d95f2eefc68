//! Moving the playhead: seeks, dragging, single frames, loops.

use std::time::Instant;

use super::{
    Control, END_MARGIN_SECS, FIRST_STEP_BACK_SECS, Pipeline, PlayState, Position, Request, lock,
};
use crate::video::timing::{TOLERANCE_NS, ns, secs};

/// Seeks that miss by more have other reasons, such as a damaged file.
const MAX_OFFSET_SECS: f64 = 0.5;

impl Control {
    pub(super) fn seek(&mut self, target_secs: f64) {
        if self.pipeline.is_none() {
            self.stays();
            return;
        }
        self.is_scrubbing = false;
        self.step_back = None;
        let target_secs = self.within_video(target_secs);
        self.moves_to(target_secs);
        if let Some(request) = self.seeks.seek(target_secs, Instant::now()) {
            self.issue(request);
        }
        self.apply();
    }

    pub(super) fn scrub(&mut self, target_secs: f64) {
        if self.pipeline.is_none() {
            self.stays();
            return;
        }
        self.is_scrubbing = true;
        let target_secs = self.within_video(target_secs);
        self.moves_to(target_secs);
        self.apply();
        if let Some(request) = self.seeks.scrub(target_secs, Instant::now()) {
            self.issue(request);
        }
    }

    pub(super) fn step(&mut self, n_frames: i32) {
        if !self.is_ready || n_frames == 0 {
            return;
        }
        let was_playing = self.wants_play;
        self.set_wants_play(false);
        let (frame_secs, end_secs) = {
            let shared = lock(&self.shared);
            (shared.frame_secs, shared.frame_end_secs)
        };
        if n_frames < 0 {
            let n_more = f64::from(-n_frames - 1);
            let target_secs = frame_secs - END_MARGIN_SECS - n_more * (end_secs - frame_secs);
            self.seek(target_secs);
            self.step_back = Some((end_secs, FIRST_STEP_BACK_SECS));
            return;
        }
        if was_playing || !self.seeks.is_idle() {
            // Seeking brings the sound along, stepping does not.
            self.seek(end_secs + f64::from(n_frames - 1) * (end_secs - frame_secs));
            return;
        }
        self.apply();
        self.steps_waiting += n_frames;
        self.next_step();
    }

    /// One step at a time: a second one would replace the first.
    pub(super) fn next_step(&mut self) {
        if self.step_in_flight || self.steps_waiting <= 0 {
            return;
        }
        self.steps_waiting -= 1;
        if self.pipeline.as_ref().is_some_and(Pipeline::step) {
            self.step_in_flight = true;
            self.was_stepped = true;
        } else {
            self.steps_waiting = 0;
        }
    }

    pub(super) fn loop_again(&mut self) {
        let Some(span) = self.loop_span else {
            return;
        };
        let is_running = matches!(lock(&self.shared).position, Position::Running);
        // Several frames may have come behind the end before the first was dealt with.
        if is_running && self.wants_play && self.seeks.is_idle() {
            self.seek(span.start_secs);
        }
    }

    pub(super) fn issue(&mut self, request: Request) {
        let (zero_ns, speed) = {
            let shared = lock(&self.shared);
            (shared.zero.map_or(0, |zero| zero.stream_ns), shared.speed)
        };
        let stream_ns = zero_ns + ns(request.target_secs);
        // While opening or stepping, the frame that comes starts what waits.
        let is_free = self.is_ready && !self.step_in_flight;
        let Some(pipeline) = self.pipeline.as_ref().filter(|_| is_free) else {
            return;
        };
        self.was_stepped = false;
        if !pipeline.seek(stream_ns, request.is_exact, speed) {
            log::debug!("{}: cannot seek to {request:?}", self.path.display());
            self.sought();
        }
    }

    /// The frame that was sought is there.
    pub(super) fn sought(&mut self) {
        self.learn_offset();
        if let Some(request) = self.seeks.done(Instant::now()) {
            self.issue(request);
            return;
        }
        if self.went_not_far_enough() {
            return;
        }
        let mut shared = lock(&self.shared);
        shared.is_seeking = self.seeks.is_rough();
        if shared.state == PlayState::Playing {
            shared.position = Position::Running;
        }
        drop(shared);
        (self.wake)();
    }

    /// In Matroska files without an index the demuxer lands a little early, always by the same
    /// time: seen once, it is added to all seeks, and this one is done again.
    fn learn_offset(&mut self) {
        let Some(request) = self.seeks.current() else {
            return;
        };
        let now = Instant::now();
        let mut shared = lock(&self.shared);
        let early_secs = request.target_secs - shared.frame_end_secs;
        let is_early = early_secs > secs(TOLERANCE_NS) && early_secs < MAX_OFFSET_SECS;
        let may_learn = shared.pts_is_stream_time && !self.has_learned_offset;
        if !(request.is_exact && is_early && may_learn) {
            return;
        }
        let offset_ns = ns(request.target_secs - shared.frame_cut_secs) + TOLERANCE_NS;
        if let Some(zero) = &mut shared.zero {
            zero.stream_ns += offset_ns;
        }
        drop(shared);
        self.has_learned_offset = true;
        log::debug!("{}: seeks land {offset_ns} ns early", self.path.display());
        if self.seeks.is_alone() {
            self.seeks.seek(request.target_secs, now);
        }
    }

    /// A step back that still shows the same frame, because nobody knew how long that frame
    /// lasts, goes on further back.
    pub(super) fn went_not_far_enough(&mut self) -> bool {
        let Some((from_end_secs, back_secs)) = self.step_back.take() else {
            return false;
        };
        let (now_secs, end_secs) = (self.now_secs(), lock(&self.shared).frame_end_secs);
        if now_secs <= 0.0 || end_secs < from_end_secs - END_MARGIN_SECS / 2.0 {
            return false;
        }
        self.seek(now_secs - back_secs);
        self.step_back = Some((from_end_secs, 2.0 * back_secs));
        true
    }

    pub(super) fn stepped(&mut self) {
        if let Some(request) = self.seeks.current() {
            self.steps_waiting = 0;
            self.issue(request);
            return;
        }
        {
            let mut shared = lock(&self.shared);
            shared.position = Position::At(shared.frame_secs);
        }
        (self.wake)();
        self.next_step();
    }

    pub(super) fn now_secs(&self) -> f64 {
        let (position, zero_ns) = {
            let shared = lock(&self.shared);
            (
                shared.position,
                shared.zero.map_or(0, |zero| zero.stream_ns),
            )
        };
        let running_ns = self.pipeline.as_ref().and_then(Pipeline::position_ns);
        match (position, running_ns) {
            (Position::At(time_secs), _) => time_secs,
            (Position::Running, Some(now_ns)) => secs(now_ns - zero_ns).max(0.0),
            (Position::Running, None) => lock(&self.shared).frame_secs,
        }
    }

    pub(super) fn within_video(&self, time_secs: f64) -> f64 {
        let shared = lock(&self.shared);
        let duration_secs = shared.info.as_ref().map(|info| info.duration_secs);
        let last_secs = duration_secs.map_or(f64::MAX, |secs| secs - END_MARGIN_SECS);
        time_secs.min(last_secs).max(0.0)
    }

    /// Playback has failed: nobody will show what is asked for.
    fn stays(&self) {
        let mut shared = lock(&self.shared);
        shared.position = Position::At(shared.frame_secs);
        shared.is_seeking = false;
        drop(shared);
        (self.wake)();
    }

    pub(super) fn moves_to(&self, target_secs: f64) {
        let mut shared = lock(&self.shared);
        shared.position = Position::At(target_secs);
        shared.is_seeking = true;
    }
}
