//! Moves the playhead: playing, pausing, seeks, dragging, single frames.

use std::time::Instant;

use gstreamer as gst;

use crate::video::file::source::Source;
use crate::video::play::pipeline::Pipeline;
use crate::video::play::playhead::Position;
use crate::video::play::seek::{Request, SeekQueue};
use crate::video::play::shared::{Link, PlayState};
use crate::video::play::stepping::{StepBack, Stepping};

/// Seeks beyond the end land this far before it: on the last frame.
const END_MARGIN_SECS: f64 = 0.002;

pub(super) struct Motion {
    source: Source,
    link: Link,
    /// `None` while there is nothing to move: before opening, and after a failure.
    pub pipeline: Option<Pipeline>,
    /// The pipeline has its first frame.
    pub is_ready: bool,
    /// What the user wants, whatever the pipeline is doing.
    pub wants_play: bool,
    pub seeks: SeekQueue,
    stepping: Stepping,
    is_scrubbing: bool,
    has_learned_offset: bool,
}

impl Motion {
    pub fn new(source: Source, link: Link) -> Self {
        Self {
            source,
            link,
            pipeline: None,
            is_ready: false,
            wants_play: false,
            seeks: SeekQueue::default(),
            stepping: Stepping::default(),
            is_scrubbing: false,
            has_learned_offset: false,
        }
    }

    /// Takes the pipeline away: nothing is played until there is another.
    pub fn stop(&mut self) {
        self.pipeline = None;
        self.is_ready = false;
        self.seeks = SeekQueue::default();
    }

    pub fn set_wants_play(&mut self, wants_play: bool) {
        self.wants_play = wants_play;
        if !wants_play && self.link.lock().state == PlayState::Playing {
            let now_secs = self.now_secs();
            self.link.lock().playhead.position = Position::At(now_secs);
        }
        if wants_play && self.stepping.take_sound_behind() {
            let frame_secs = self.link.lock().playhead.frame.start_secs;
            self.seek(frame_secs);
        } else {
            self.apply();
        }
    }

    /// Lets the pipeline play or pause as the user wants, once it is ready.
    pub fn apply(&mut self) {
        if !self.is_ready {
            return;
        }
        let plays = self.wants_play && !self.is_scrubbing;
        let (pipeline_state, state) = if plays {
            (gst::State::Playing, PlayState::Playing)
        } else {
            (gst::State::Paused, PlayState::Paused)
        };
        if let Some(pipeline) = &self.pipeline {
            // A failure is reported on the bus.
            pipeline.set_state(pipeline_state);
        }
        if plays && self.seeks.is_idle() {
            self.link.lock().playhead.position = Position::Running;
        }
        self.link.set_state(state);
    }

    pub fn seek(&mut self, target_secs: f64) {
        if self.pipeline.is_none() {
            self.stay();
            return;
        }
        self.is_scrubbing = false;
        self.stepping.back = None;
        let target_secs = self.within_video(target_secs);
        self.link.lock().playhead.move_to(target_secs);
        if let Some(request) = self.seeks.seek(target_secs, Instant::now()) {
            self.issue(request);
        }
        self.apply();
    }

    pub fn scrub(&mut self, target_secs: f64) {
        if self.pipeline.is_none() {
            self.stay();
            return;
        }
        self.is_scrubbing = true;
        let target_secs = self.within_video(target_secs);
        self.link.lock().playhead.move_to(target_secs);
        self.apply();
        if let Some(request) = self.seeks.scrub(target_secs, Instant::now()) {
            self.issue(request);
        }
    }

    pub fn step(&mut self, n_frames: i32) {
        if !self.is_ready || n_frames == 0 {
            return;
        }
        let was_playing = self.wants_play;
        self.set_wants_play(false);
        let frame = self.link.lock().playhead.frame;
        let length_secs = frame.end_secs - frame.start_secs;
        if n_frames < 0 {
            let n_more = f64::from(-n_frames - 1);
            self.seek(frame.start_secs - END_MARGIN_SECS - n_more * length_secs);
            self.stepping.back = Some(StepBack::from_frame(frame.end_secs));
        } else if was_playing || !self.seeks.is_idle() {
            // Seeking brings the sound along, stepping does not.
            self.seek(frame.end_secs + f64::from(n_frames - 1) * length_secs);
        } else {
            self.apply();
            self.stepping.add(n_frames);
            self.next_step();
        }
    }

    fn next_step(&mut self) {
        let pipeline = self.pipeline.as_ref();
        self.stepping
            .start_next(|| pipeline.is_some_and(Pipeline::step));
    }

    /// Passes a seek to the pipeline, unless it is busy.
    pub fn issue(&mut self, request: Request) {
        let (stream_ns, speed) = {
            let shared = self.link.lock();
            let stream_ns = shared.playhead.stream_ns(request.target_secs);
            (stream_ns, shared.speed)
        };
        // While opening or stepping, the next frame to come starts what waits.
        let is_free = self.is_ready && !self.stepping.is_in_flight();
        let Some(pipeline) = self.pipeline.as_ref().filter(|_| is_free) else {
            return;
        };
        self.stepping.sought();
        if !pipeline.seek(stream_ns, request.is_exact, speed) {
            log::debug!("{:?}: cannot seek to {request:?}", self.source);
            self.sought();
        }
    }

    /// The frame of a seek or of a step has come.
    pub fn arrived(&mut self) {
        if self.stepping.take_arrived() {
            self.stepped();
        } else {
            self.sought();
        }
    }

    /// The frame of a seek has come.
    fn sought(&mut self) {
        self.learn_offset();
        if let Some(request) = self.seeks.done(Instant::now()) {
            self.issue(request);
            return;
        }
        if self.steps_further_back() {
            return;
        }
        let mut shared = self.link.lock();
        shared.playhead.is_seeking = self.seeks.is_rough();
        if shared.state == PlayState::Playing {
            shared.playhead.position = Position::Running;
        }
        drop(shared);
        self.link.wake();
    }

    /// In Matroska files without an index the demuxer lands a little early, always by the same
    /// time. Once that is seen, it is added to all seeks, and this one is done again.
    fn learn_offset(&mut self) {
        let Some(request) = self.seeks.current() else {
            return;
        };
        let may_learn = self.source.container().pts_is_stream_time() && !self.has_learned_offset;
        if !request.is_exact || !may_learn {
            return;
        }
        let corrected = self.link.lock().playhead.correct_zero(request.target_secs);
        let Some(offset_ns) = corrected else {
            return;
        };
        self.has_learned_offset = true;
        log::debug!("{:?}: seeks land {offset_ns} ns early", self.source);
        if self.seeks.is_alone() {
            self.seeks.seek(request.target_secs, Instant::now());
        }
    }

    /// Whether a step back has to be repeated, because it still shows the same frame.
    fn steps_further_back(&mut self) -> bool {
        let Some(back) = self.stepping.back.take() else {
            return false;
        };
        let now_secs = self.now_secs();
        let frame_end_secs = self.link.lock().playhead.frame.end_secs;
        let Some((target_secs, next)) = back.further(now_secs, frame_end_secs) else {
            return false;
        };
        self.seek(target_secs);
        self.stepping.back = Some(next);
        true
    }

    /// The frame of a step has come.
    fn stepped(&mut self) {
        if let Some(request) = self.seeks.current() {
            self.stepping.drop_waiting();
            self.issue(request);
            return;
        }
        self.link.lock().playhead.hold();
        self.link.wake();
        self.next_step();
    }

    pub fn now_secs(&self) -> f64 {
        let clock_ns = self.pipeline.as_ref().and_then(Pipeline::position_ns);
        self.link.lock().playhead.now_secs(clock_ns)
    }

    pub fn duration_secs(&self) -> Option<f64> {
        self.source.info().ok().map(|info| info.duration_secs)
    }

    fn within_video(&self, time_secs: f64) -> f64 {
        let last_secs = self
            .duration_secs()
            .map_or(f64::MAX, |secs| secs - END_MARGIN_SECS);
        time_secs.min(last_secs).max(0.0)
    }

    /// Playback has failed, so the frame that was asked for will not come.
    fn stay(&self) {
        self.link.lock().playhead.stay();
        self.link.wake();
    }
}
