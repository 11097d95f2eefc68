//! The thread that owns the pipeline: carries out commands, reads the bus, notices when data stops.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use gstreamer as gst;

use crate::domain::TimeSpan;
use crate::video::file::error::VideoError;
use crate::video::file::gst_util::DATA_TIMEOUT;
use crate::video::file::source::Source;
use crate::video::play::motion::Motion;
use crate::video::play::pipeline::{Pipeline, Sound};
use crate::video::play::playhead::Position;
use crate::video::play::seek::SeekQueue;
use crate::video::play::shared::{Command, Link, PlayState, PlayerEvent};

/// How often the thread checks the clock when nothing happens.
const TICK: Duration = Duration::from_millis(50);

pub(super) struct Control {
    source: Source,
    inbox: Receiver<Command>,
    link: Link,
    motion: Motion,
    sound: Sound,
    loop_span: Option<TimeSpan>,
    opened: Instant,
}

impl Control {
    pub fn new(source: Source, inbox: Receiver<Command>, link: Link) -> Self {
        Self {
            motion: Motion::new(source.clone(), link.clone()),
            source,
            inbox,
            link,
            sound: Sound::System,
            loop_span: None,
            opened: Instant::now(),
        }
    }

    pub fn run(mut self) {
        match self.source.info() {
            Ok(_) => self.start(),
            Err(error) => self.fail(error),
        }
        loop {
            match self.inbox.recv_timeout(TICK) {
                Ok(Command::Quit) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(command) => self.carry_out(command),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.tick();
        }
        self.link.lock().pipeline = None;
    }

    /// Builds the pipeline and lets it find its first frame.
    fn start(&mut self) {
        self.opened = Instant::now();
        match Pipeline::new(&self.source, self.sound, &self.link) {
            Ok(pipeline) => {
                {
                    let mut shared = self.link.lock();
                    pipeline.set_volume(shared.volume, shared.is_muted);
                    shared.pipeline = Some(pipeline.element().clone());
                }
                // A failure is reported on the bus.
                pipeline.set_state(gst::State::Paused);
                self.motion.pipeline = Some(pipeline);
            }
            Err(error) => self.fail(error),
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Play => self.set_wants_play(true),
            Command::Pause => self.set_wants_play(false),
            Command::Toggle => self.set_wants_play(!self.motion.wants_play),
            Command::Seek(target_secs) => self.motion.seek(target_secs),
            Command::Scrub(target_secs) => self.motion.scrub(target_secs),
            Command::Step(n_frames) => self.motion.step(n_frames),
            Command::Speed => {
                // The speed is part of a seek.
                let now_secs = self.motion.now_secs();
                self.motion.seek(now_secs);
            }
            Command::Loudness => {
                let (volume, is_muted) = {
                    let shared = self.link.lock();
                    (shared.volume, shared.is_muted)
                };
                if let Some(pipeline) = &self.motion.pipeline {
                    pipeline.set_volume(volume, is_muted);
                }
            }
            Command::Loop(span) => {
                self.loop_span = span;
                self.link.lock().loop_end_secs = span.map(|span| span.end_secs);
            }
            Command::LoopEnd => self.loop_again(),
            Command::Bus(message) => self.read(&message),
            Command::Quit => {}
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        if let Some(request) = self.motion.seeks.rested(now) {
            self.motion.issue(request);
        }
        let waiting_since = match self.motion.seeks.since() {
            Some(since) => Some(since),
            None if !self.motion.is_ready && self.motion.pipeline.is_some() => Some(self.opened),
            None => None,
        };
        if waiting_since.is_some_and(|since| now - since > DATA_TIMEOUT) {
            self.fail(VideoError::Timeout {
                path: self.source.path().to_path_buf(),
                secs: DATA_TIMEOUT.as_secs(),
                state: "playback".to_owned(),
            });
        }
    }

    fn set_wants_play(&mut self, wants_play: bool) {
        if wants_play && self.link.lock().state == PlayState::Ended {
            self.motion.wants_play = true;
            let start_secs = self.loop_span.map_or(0.0, |span| span.start_secs);
            self.motion.seek(start_secs);
        } else {
            self.motion.set_wants_play(wants_play);
        }
    }

    fn loop_again(&mut self) {
        let Some(span) = self.loop_span else {
            return;
        };
        let is_running = self.link.lock().playhead.is_running();
        // Several frames may come after the end before the first one is handled.
        if is_running && self.motion.wants_play && self.motion.seeks.is_idle() {
            self.motion.seek(span.start_secs);
        }
    }

    fn read(&mut self, message: &gst::Message) {
        let is_from = |what: fn(&Pipeline, Option<&gst::Object>) -> bool| {
            let pipeline = self.motion.pipeline.as_ref();
            pipeline.is_some_and(|pipeline| what(pipeline, message.src()))
        };
        match message.view() {
            gst::MessageView::AsyncDone(_) if is_from(Pipeline::is_whole) => self.settled(),
            gst::MessageView::Eos(_) => self.end(),
            gst::MessageView::Error(error) => {
                log::debug!("{:?}: {:?}", self.source, error.debug());
                if is_from(Pipeline::is_sound) && self.sound == Sound::System {
                    self.go_silent(error.error().message());
                } else {
                    let error = match VideoError::from_message(self.source.path(), error) {
                        VideoError::MissingCodec { .. } => self.missing_codec(),
                        error => error,
                    };
                    self.fail(error);
                }
            }
            gst::MessageView::Warning(warning) => {
                log::debug!("{:?}: {:?}", self.source, warning.debug());
                if is_from(Pipeline::is_sound) {
                    let reason = warning.error().message().to_owned();
                    self.link.tell(PlayerEvent::NoSound(reason));
                }
            }
            _ => {}
        }
    }

    /// The pipeline has its frame: after opening, a seek or a step.
    fn settled(&mut self) {
        if self.motion.is_ready {
            self.motion.arrived();
            return;
        }
        if self.link.lock().playhead.zero.is_none() {
            // There is sound, but the pictures could not be decoded.
            self.fail(self.missing_codec());
            return;
        }
        self.motion.is_ready = true;
        if let Ok(info) = self.source.info() {
            self.link.tell(PlayerEvent::Ready(info.clone()));
        }
        // What was asked for while opening.
        let (speed, position) = {
            let shared = self.link.lock();
            (shared.speed, shared.playhead.position)
        };
        if !self.motion.seeks.is_idle() || speed != 1.0 {
            self.motion.seeks = SeekQueue::default();
            self.motion.seek(match position {
                Position::At(target_secs) => target_secs,
                Position::Running => 0.0,
            });
        } else {
            self.link.lock().playhead.is_seeking = false;
            self.motion.apply();
        }
    }

    fn missing_codec(&self) -> VideoError {
        let info = self.source.info();
        VideoError::MissingCodec {
            path: self.source.path().to_path_buf(),
            codec: info.map_or_else(|_| "it".to_owned(), |info| info.codec.clone()),
        }
    }

    fn end(&mut self) {
        if self.loop_span.is_some() && self.motion.wants_play {
            self.loop_again();
            return;
        }
        if !self.motion.wants_play {
            return;
        }
        self.motion.wants_play = false;
        if let Some(pipeline) = &self.motion.pipeline {
            pipeline.set_state(gst::State::Paused);
        }
        match self.motion.duration_secs() {
            Some(end_secs) => self.link.lock().playhead.position = Position::At(end_secs),
            None => self.link.lock().playhead.hold(),
        }
        self.link.set_state(PlayState::Ended);
    }

    /// Starts again without a sound device, at the same place.
    fn go_silent(&mut self, reason: &str) {
        self.link.tell(PlayerEvent::NoSound(reason.to_owned()));
        let now_secs = self.motion.now_secs();
        self.sound = Sound::Nowhere;
        self.motion.stop();
        self.link.lock().playhead.position = Position::At(now_secs);
        self.start();
        if now_secs > 0.0 {
            // Waits in the queue until the first frame has come.
            self.motion.seeks.seek(now_secs, Instant::now());
        }
    }

    fn fail(&mut self, error: VideoError) {
        self.motion.stop();
        {
            let mut shared = self.link.lock();
            shared.pipeline = None;
            shared.playhead.stay();
        }
        self.link.tell(PlayerEvent::Error(error));
        self.link.set_state(PlayState::Failed);
    }
}
