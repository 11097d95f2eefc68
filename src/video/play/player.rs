//! Playback for the window: pictures as planes for the GPU, sound through the system.
//!
//! ```text
//! UI thread   Player ── Command ──▶ thread "player" ──▶ playbin ─┬─ appsink ──▶ latest frame, wake()
//!                ▲                        ▲                      └─ scaletempo ! autoaudiosink
//!                └── shared state, events ┴─ bus messages ◀──────────┘
//! ```
//!
//! No method of [`Player`] waits: commands go to the thread that owns the pipeline, and what comes
//! back (the newest frame, the position, events) lies in shared state. Times are as the sampler's:
//! zero is the first frame of the video.

mod control;
mod frame;
mod pipeline;
mod seek;

pub use frame::{ColourMatrix, PlaneFormat, VideoFrame};

use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::timing::secs;
use super::{VideoError, VideoInfo};
use crate::domain::TimeSpan;

/// The slowest and the fastest speed.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.25..=4.0;

/// What the player does at the moment.
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

/// What happened since the last [`Player::poll`].
#[derive(Clone, Debug)]
pub enum PlayerEvent {
    /// The first frame is there.
    Ready(VideoInfo),
    StateChanged(PlayState),
    /// Playback goes on without sound; the sentence says why.
    NoSound(String),
    Error(VideoError),
}

pub(super) enum Command {
    Play,
    Pause,
    Toggle,
    Seek(f64),
    Scrub(f64),
    Step(i32),
    /// The speed, or the loudness, in the shared state is new.
    Speed,
    Loudness,
    Loop(Option<TimeSpan>),
    Bus(gst::Message),
    /// A frame at or behind the end of the loop came.
    LoopEnd,
    Quit,
}

/// Where the playhead is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Position {
    /// Asked for, or left there.
    At(f64),
    /// Running: the pipeline knows.
    Running,
}

/// The first frame on both scales; they differ where the demuxer's own zero does (Matroska).
#[derive(Clone, Copy, Debug)]
pub(super) struct Zero {
    /// What frame times are counted from.
    pub frames_ns: i64,
    /// What seeks and the pipeline's clock are counted from.
    pub stream_ns: i64,
}

/// What the threads tell each other. Held for moments only.
pub(super) struct Shared {
    pub state: PlayState,
    pub position: Position,
    pub is_seeking: bool,
    pub info: Option<VideoInfo>,
    pub events: Vec<PlayerEvent>,
    pub frame: Option<VideoFrame>,
    /// Start of the newest frame, kept after the frame was taken.
    pub frame_secs: f64,
    pub frame_end_secs: f64,
    /// Where a seek cut into the frame, else its start.
    pub frame_cut_secs: f64,
    /// When the first frame came; `None` before.
    pub zero: Option<Zero>,
    pub pts_is_stream_time: bool,
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
            position: Position::At(0.0),
            is_seeking: false,
            info: None,
            events: Vec::new(),
            frame: None,
            frame_secs: 0.0,
            frame_end_secs: 0.0,
            frame_cut_secs: 0.0,
            zero: None,
            pts_is_stream_time: false,
            loop_end_secs: None,
            speed: 1.0,
            volume: 1.0,
            is_muted: false,
            pipeline: None,
        }
    }
}

pub(super) fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Plays one file. Dropping it stops playback without waiting.
pub struct Player {
    commands: Sender<Command>,
    shared: Arc<Mutex<Shared>>,
}

impl Drop for Player {
    fn drop(&mut self) {
        // An ended thread has nothing left to stop.
        let _ = self.commands.send(Command::Quit);
    }
}

impl Player {
    /// Begins to open a file, paused on its first frame; [`PlayerEvent::Ready`] or
    /// [`PlayerEvent::Error`] follows. `wake` is called from other threads whenever there is a new
    /// frame or event.
    ///
    /// # Errors
    /// What the file system says of the path at once.
    pub fn open(path: &Path, wake: impl Fn() + Send + Sync + 'static) -> Result<Self, VideoError> {
        VideoError::check_file(path)?;
        super::gst_util::init()?;
        let (commands, inbox) = mpsc::channel();
        let shared = Arc::<Mutex<Shared>>::default();
        let control = control::Control::new(
            path,
            commands.clone(),
            inbox,
            Arc::clone(&shared),
            Arc::new(wake),
        );
        std::thread::Builder::new()
            .name("player".to_owned())
            .spawn(move || control.run())
            .map_err(super::gst_util::gst_error)?;
        Ok(Self { commands, shared })
    }

    /// The newest frame, unless it was taken already.
    pub fn take_frame(&self) -> Option<VideoFrame> {
        lock(&self.shared).frame.take()
    }

    /// What happened since the last call, oldest first.
    pub fn poll(&self) -> Vec<PlayerEvent> {
        std::mem::take(&mut lock(&self.shared).events)
    }

    pub fn play(&self) {
        self.send(Command::Play);
    }

    pub fn pause(&self) {
        self.send(Command::Pause);
    }

    pub fn toggle(&self) {
        self.send(Command::Toggle);
    }

    /// Shows exactly the frame at `time_secs` and goes on playing if it was; ends scrubbing.
    pub fn seek_accurate(&self, time_secs: f64) {
        self.moves_to(time_secs);
        self.send(Command::Seek(time_secs));
    }

    /// Follows a dragged playhead: frames come as fast as they can be decoded, the newest target
    /// wins, and playing waits until [`Self::seek_accurate`] is called on release.
    pub fn scrub(&self, time_secs: f64) {
        self.moves_to(time_secs);
        self.send(Command::Scrub(time_secs));
    }

    /// One frame on (`1`) or back (`-1`); pauses.
    pub fn step(&self, n_frames: i32) {
        self.send(Command::Step(n_frames));
    }

    /// Speed within [`SPEEDS`]; the pitch of the sound is kept.
    pub fn set_speed(&self, speed: f64) {
        let speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
        lock(&self.shared).speed = speed;
        self.send(Command::Speed);
    }

    pub fn speed(&self) -> f64 {
        lock(&self.shared).speed
    }

    /// Loudness from 0 to 1, on the scale that ears find even.
    pub fn set_volume(&self, volume: f64) {
        let volume = volume.clamp(0.0, 1.0);
        lock(&self.shared).volume = volume;
        self.send(Command::Loudness);
    }

    pub fn volume(&self) -> f64 {
        lock(&self.shared).volume
    }

    pub fn set_muted(&self, is_muted: bool) {
        lock(&self.shared).is_muted = is_muted;
        self.send(Command::Loudness);
    }

    pub fn is_muted(&self) -> bool {
        lock(&self.shared).is_muted
    }

    /// Plays this part again and again; `None` ends that.
    pub fn loop_span(&self, span: Option<TimeSpan>) {
        self.send(Command::Loop(span));
    }

    pub fn state(&self) -> PlayState {
        lock(&self.shared).state
    }

    /// Whether the frame that was asked for is not there yet.
    pub fn is_seeking(&self) -> bool {
        lock(&self.shared).is_seeking
    }

    /// Where the playhead is: the target while seeking, the clock while playing.
    pub fn position_secs(&self) -> f64 {
        let (pipeline, zero_ns) = {
            let shared = lock(&self.shared);
            match shared.position {
                Position::At(time_secs) => return time_secs,
                Position::Running => {
                    let zero_ns = shared.zero.map_or(0, |zero| zero.stream_ns);
                    (shared.pipeline.clone(), zero_ns)
                }
            }
        };
        let now = pipeline.and_then(|pipeline| pipeline.query_position::<gst::ClockTime>());
        match now {
            Some(now) => secs(now.nseconds() as i64 - zero_ns).max(0.0),
            None => lock(&self.shared).frame_secs,
        }
    }

    /// Length of the video, known once it is ready.
    pub fn duration_secs(&self) -> Option<f64> {
        let shared = lock(&self.shared);
        shared.info.as_ref().map(|info| info.duration_secs)
    }

    /// What [`super::probe`] found, once it is ready.
    pub fn info(&self) -> Option<VideoInfo> {
        lock(&self.shared).info.clone()
    }

    /// The playhead is where the user put it, at once.
    fn moves_to(&self, time_secs: f64) {
        let mut shared = lock(&self.shared);
        shared.position = Position::At(time_secs.max(0.0));
        shared.is_seeking = true;
    }

    fn send(&self, command: Command) {
        if self.commands.send(command).is_err() {
            log::debug!("the player has ended");
        }
    }
}

#[cfg(test)]
#[path = "player/tests.rs"]
mod tests;
