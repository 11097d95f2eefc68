//! The thread that owns the pipeline: carries out commands, reads the bus, keeps the clock honest.

#[path = "motion.rs"]
mod motion;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;

use super::pipeline::{Pipeline, Sound, Wake};
use super::seek::{Request, SeekQueue};
use super::{Command, PlayState, PlayerEvent, Position, Shared, lock};
use crate::domain::TimeSpan;
use crate::video::{DATA_TIMEOUT, VideoError, probe};

/// How often the thread looks at the clock when nothing happens.
const TICK: Duration = Duration::from_millis(50);

/// Seeks behind the end land this far before it: on the last frame.
const END_MARGIN_SECS: f64 = 0.002;

/// How far a step back goes on where the length of the frame is unknown; then twice as far.
const FIRST_STEP_BACK_SECS: f64 = 0.02;

pub(super) struct Control {
    path: PathBuf,
    commands: Sender<Command>,
    inbox: Receiver<Command>,
    shared: Arc<Mutex<Shared>>,
    wake: Wake,
    pipeline: Option<Pipeline>,
    seeks: SeekQueue,
    /// What the user wants, whatever the pipeline does meanwhile.
    wants_play: bool,
    is_scrubbing: bool,
    is_ready: bool,
    sound: Sound,
    /// Stepping moves the picture only; the sound has to follow before it plays again.
    was_stepped: bool,
    step_in_flight: bool,
    steps_waiting: i32,
    /// End of the frame that is to be left backwards, and how far to go next.
    step_back: Option<(f64, f64)>,
    has_learned_offset: bool,
    loop_span: Option<TimeSpan>,
    opened: Instant,
}

impl Control {
    pub fn new(
        path: &Path,
        commands: Sender<Command>,
        inbox: Receiver<Command>,
        shared: Arc<Mutex<Shared>>,
        wake: Wake,
    ) -> Self {
        Self {
            path: path.to_path_buf(),
            commands,
            inbox,
            shared,
            wake,
            pipeline: None,
            seeks: SeekQueue::default(),
            wants_play: false,
            is_scrubbing: false,
            is_ready: false,
            sound: Sound::System,
            was_stepped: false,
            step_in_flight: false,
            steps_waiting: 0,
            step_back: None,
            has_learned_offset: false,
            loop_span: None,
            opened: Instant::now(),
        }
    }

    pub fn run(mut self) {
        match probe(&self.path) {
            Ok(info) => lock(&self.shared).info = Some(info),
            Err(error) => self.fail(error),
        }
        self.start();
        loop {
            match self.inbox.recv_timeout(TICK) {
                Ok(Command::Quit) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(command) => self.carry_out(command),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.tick();
        }
        lock(&self.shared).pipeline = None;
    }

    /// Builds the pipeline and lets it find its first frame.
    fn start(&mut self) {
        let Some(info) = lock(&self.shared).info.clone() else {
            return;
        };
        self.opened = Instant::now();
        let pipeline = Pipeline::new(
            &self.path,
            info.orientation,
            self.sound,
            &self.shared,
            &self.commands,
            &self.wake,
        );
        match pipeline {
            Ok(pipeline) => {
                {
                    let mut shared = lock(&self.shared);
                    pipeline.set_volume(shared.volume, shared.is_muted);
                    shared.pipeline = Some(pipeline.element().clone());
                }
                // A failure is told on the bus.
                pipeline.set_state(gst::State::Paused);
                self.pipeline = Some(pipeline);
            }
            Err(error) => self.fail(error),
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Play => self.set_wants_play(true),
            Command::Pause => self.set_wants_play(false),
            Command::Toggle => self.set_wants_play(!self.wants_play),
            Command::Seek(target_secs) => self.seek(target_secs),
            Command::Scrub(target_secs) => self.scrub(target_secs),
            Command::Step(n_frames) => self.step(n_frames),
            Command::Speed => {
                // The speed is part of a seek.
                let now_secs = self.now_secs();
                self.seek(now_secs);
            }
            Command::Loudness => {
                let (volume, is_muted) = {
                    let shared = lock(&self.shared);
                    (shared.volume, shared.is_muted)
                };
                if let Some(pipeline) = &self.pipeline {
                    pipeline.set_volume(volume, is_muted);
                }
            }
            Command::Loop(span) => {
                self.loop_span = span;
                lock(&self.shared).loop_end_secs = span.map(|span| span.end_secs);
            }
            Command::LoopEnd => self.loop_again(),
            Command::Bus(message) => self.read(&message),
            Command::Quit => {}
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        if let Some(request) = self.seeks.rested(now) {
            self.issue(request);
        }
        let waiting_since = match self.seeks.since() {
            Some(since) => Some(since),
            None if !self.is_ready && self.pipeline.is_some() => Some(self.opened),
            None => None,
        };
        if waiting_since.is_some_and(|since| now - since > DATA_TIMEOUT) {
            self.fail(VideoError::Timeout {
                path: self.path.clone(),
                secs: DATA_TIMEOUT.as_secs(),
                state: "playback".to_owned(),
            });
        }
    }

    fn set_wants_play(&mut self, wants_play: bool) {
        self.wants_play = wants_play;
        let state = lock(&self.shared).state;
        if !wants_play && state == PlayState::Playing {
            let now_secs = self.now_secs();
            lock(&self.shared).position = Position::At(now_secs);
        }
        if wants_play && state == PlayState::Ended {
            let start_secs = self.loop_span.map_or(0.0, |span| span.start_secs);
            self.seek(start_secs);
        } else if wants_play && std::mem::take(&mut self.was_stepped) {
            let frame_secs = lock(&self.shared).frame_secs;
            self.seek(frame_secs);
        } else {
            self.apply();
        }
    }

    /// Puts the pipeline into the state that the user wants, as far as it may be now.
    fn apply(&mut self) {
        if !self.is_ready {
            return;
        }
        let plays = self.wants_play && !self.is_scrubbing;
        let state = if plays {
            gst::State::Playing
        } else {
            gst::State::Paused
        };
        if let Some(pipeline) = &self.pipeline {
            // A failure is told on the bus.
            pipeline.set_state(state);
        }
        let new_state = if plays {
            PlayState::Playing
        } else {
            PlayState::Paused
        };
        if plays && self.seeks.is_idle() {
            lock(&self.shared).position = Position::Running;
        }
        self.set_state(new_state);
    }

    fn read(&mut self, message: &gst::Message) {
        match message.view() {
            gst::MessageView::AsyncDone(_) => {
                let is_whole = self
                    .pipeline
                    .as_ref()
                    .is_some_and(|pipeline| pipeline.is_whole(message.src()));
                if is_whole {
                    self.settled();
                }
            }
            gst::MessageView::Eos(_) => self.end(),
            gst::MessageView::Error(error) => {
                log::debug!("{}: {:?}", self.path.display(), error.debug());
                let is_sound = self
                    .pipeline
                    .as_ref()
                    .is_some_and(|pipeline| pipeline.is_sound(message.src()));
                if is_sound && self.sound == Sound::System {
                    self.go_silent(error.error().message());
                } else {
                    let error = match VideoError::from_message(&self.path, error) {
                        VideoError::MissingCodec { .. } => self.missing_codec(),
                        error => error,
                    };
                    self.fail(error);
                }
            }
            gst::MessageView::Warning(warning) => {
                log::debug!("{}: {:?}", self.path.display(), warning.debug());
                let is_sound = self
                    .pipeline
                    .as_ref()
                    .is_some_and(|pipeline| pipeline.is_sound(message.src()));
                if is_sound {
                    let reason = warning.error().message().to_owned();
                    self.tell(PlayerEvent::NoSound(reason));
                }
            }
            _ => {}
        }
    }

    /// The pipeline has its frame: after opening, a seek or a step.
    fn settled(&mut self) {
        if self.is_ready {
            if std::mem::take(&mut self.step_in_flight) {
                self.stepped();
            } else {
                self.sought();
            }
            return;
        }
        if lock(&self.shared).zero.is_none() {
            // There is sound, but nobody could decode the pictures.
            self.fail(self.missing_codec());
            return;
        }
        self.is_ready = true;
        let info = lock(&self.shared).info.clone();
        if let Some(info) = info {
            self.tell(PlayerEvent::Ready(info));
        }
        // What was asked for while opening.
        let speed = lock(&self.shared).speed;
        let waiting = self.seeks.since().is_some();
        let target_secs = match lock(&self.shared).position {
            Position::At(target_secs) => target_secs,
            Position::Running => 0.0,
        };
        if waiting || speed != 1.0 {
            self.seeks = SeekQueue::default();
            self.seek(target_secs);
        } else {
            lock(&self.shared).is_seeking = false;
            self.apply();
        }
    }

    fn missing_codec(&self) -> VideoError {
        let info = lock(&self.shared).info.clone();
        VideoError::MissingCodec {
            path: self.path.clone(),
            codec: info.map_or_else(|| "it".to_owned(), |info| info.codec),
        }
    }

    fn end(&mut self) {
        if self.loop_span.is_some() && self.wants_play {
            self.loop_again();
            return;
        }
        if !self.wants_play {
            return;
        }
        self.wants_play = false;
        if let Some(pipeline) = &self.pipeline {
            pipeline.set_state(gst::State::Paused);
        }
        let mut shared = lock(&self.shared);
        let end_secs = shared.info.as_ref().map(|info| info.duration_secs);
        shared.position = Position::At(end_secs.unwrap_or(shared.frame_secs));
        drop(shared);
        self.set_state(PlayState::Ended);
    }

    /// Starts again without a sound device, at the same place.
    fn go_silent(&mut self, reason: &str) {
        self.tell(PlayerEvent::NoSound(reason.to_owned()));
        let now_secs = self.now_secs();
        self.sound = Sound::Nowhere;
        self.pipeline = None;
        self.is_ready = false;
        self.seeks = SeekQueue::default();
        lock(&self.shared).position = Position::At(now_secs);
        self.start();
        if now_secs > 0.0 {
            // Waits in the queue until the first frame is there.
            self.seeks.seek(now_secs, Instant::now());
        }
    }

    fn fail(&mut self, error: VideoError) {
        self.pipeline = None;
        lock(&self.shared).pipeline = None;
        self.seeks = SeekQueue::default();
        let mut shared = lock(&self.shared);
        shared.is_seeking = false;
        shared.position = Position::At(shared.frame_secs);
        drop(shared);
        self.is_ready = false;
        self.tell(PlayerEvent::Error(error));
        self.set_state(PlayState::Failed);
    }

    fn set_state(&self, state: PlayState) {
        let mut shared = lock(&self.shared);
        if shared.state != state {
            shared.state = state;
            shared.events.push(PlayerEvent::StateChanged(state));
            drop(shared);
            (self.wake)();
        }
    }

    fn tell(&self, event: PlayerEvent) {
        lock(&self.shared).events.push(event);
        (self.wake)();
    }
}
