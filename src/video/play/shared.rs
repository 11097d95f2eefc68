//! What the threads of a player share, and how they reach each other.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;

use crate::domain::TimeSpan;
use crate::video::file::error::VideoError;
use crate::video::file::info::VideoInfo;
use crate::video::play::frame::VideoFrame;
use crate::video::play::playhead::Playhead;

/// What the player is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlayState {
    /// No frame yet.
    #[default]
    Opening,
    Paused,
    Playing,
    /// The last frame stays on screen; playing starts again from the beginning.
    Ended,
    Failed,
}

/// What happened since the last [`Player::poll`](crate::video::player::Player::poll).
#[derive(Clone, Debug)]
pub enum PlayerEvent {
    /// The first frame is there.
    Ready(VideoInfo),
    /// Playback continues without sound; the sentence says why.
    NoSound(String),
    Error(VideoError),
}

/// What the thread that owns the pipeline is asked to do.
pub(super) enum Command {
    Play,
    Pause,
    Toggle,
    Seek(f64),
    Scrub(f64),
    Step(i32),
    /// The speed in the shared state has changed.
    Speed,
    /// The volume in the shared state has changed, or whether it is muted.
    Loudness,
    Loop(Option<TimeSpan>),
    Bus(gst::Message),
    /// A frame at or after the end of the loop came.
    LoopEnd,
    Quit,
}

/// Locked only briefly.
pub(super) struct Shared {
    pub state: PlayState,
    pub playhead: Playhead,
    pub events: Vec<PlayerEvent>,
    /// The newest frame, until it is taken.
    pub frame: Option<VideoFrame>,
    pub loop_end_secs: Option<f64>,
    pub speed: f64,
    pub volume: f64,
    pub is_muted: bool,
    pub pipeline: Option<gst::Element>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            state: PlayState::Opening,
            playhead: Playhead::default(),
            events: Vec::new(),
            frame: None,
            loop_end_secs: None,
            speed: 1.0,
            volume: 1.0,
            is_muted: false,
            pipeline: None,
        }
    }
}

/// Reaches the other threads: the shared state, the thread that owns the pipeline, the window.
#[derive(Clone)]
pub(super) struct Link {
    shared: Arc<Mutex<Shared>>,
    commands: Sender<Command>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Link {
    pub fn new(commands: Sender<Command>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::default(),
            commands,
            wake: Arc::new(wake),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn send(&self, command: Command) {
        if self.commands.send(command).is_err() {
            log::debug!("the player has ended");
        }
    }

    /// Tells the window that there is something new.
    pub fn wake(&self) {
        (self.wake)();
    }

    pub fn tell(&self, event: PlayerEvent) {
        self.lock().events.push(event);
        self.wake();
    }

    pub fn set_state(&self, state: PlayState) {
        let before = std::mem::replace(&mut self.lock().state, state);
        if before != state {
            self.wake();
        }
    }
}
