//! The window's handle of a player: commands in, the newest frame and events out.

use std::path::Path;
use std::sync::mpsc;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::domain::TimeSpan;
use crate::video::file::error::VideoError;
use crate::video::file::gst_util::gst_error;
use crate::video::file::source::Source;
use crate::video::play::control::Control;
use crate::video::play::frame::VideoFrame;
use crate::video::play::playhead::Position;
use crate::video::play::shared::{Command, Link, PlayState, PlayerEvent};

/// The slowest and the fastest speed.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.25..=4.0;

/// Plays one file. Dropping it stops playback without waiting.
pub struct Player {
    link: Link,
}

impl Drop for Player {
    fn drop(&mut self) {
        self.link.send(Command::Quit);
    }
}

impl Player {
    /// Opens a file, paused on its first frame; [`PlayerEvent::Ready`] or [`PlayerEvent::Error`]
    /// follows. `wake` is called from other threads whenever there is a new frame or event.
    ///
    /// # Errors
    /// As for [`Source::open`]; everything else comes as an event.
    pub fn open(path: &Path, wake: impl Fn() + Send + Sync + 'static) -> Result<Self, VideoError> {
        Self::new(&Source::open(path)?, wake)
    }

    /// The same for an opened file.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn new(
        source: &Source,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, VideoError> {
        let (commands, inbox) = mpsc::channel();
        let link = Link::new(commands, wake);
        let control = Control::new(source.clone(), inbox, link.clone());
        std::thread::Builder::new()
            .name("player".to_owned())
            .spawn(move || control.run())
            .map_err(gst_error)?;
        Ok(Self { link })
    }

    /// The newest frame, unless it was already taken.
    pub fn take_frame(&self) -> Option<VideoFrame> {
        self.link.lock().frame.take()
    }

    /// What happened since the last call, oldest first.
    pub fn poll(&self) -> Vec<PlayerEvent> {
        std::mem::take(&mut self.link.lock().events)
    }

    pub fn play(&self) {
        self.link.send(Command::Play);
    }

    pub fn pause(&self) {
        self.link.send(Command::Pause);
    }

    pub fn toggle(&self) {
        self.link.send(Command::Toggle);
    }

    /// Shows exactly the frame at `time_secs` and continues playing if it was; ends scrubbing.
    pub fn seek_accurate(&self, time_secs: f64) {
        self.move_to(time_secs);
        self.link.send(Command::Seek(time_secs));
    }

    /// Follows a playhead that is being dragged: frames come as fast as they can be decoded, the
    /// newest target wins, and playing waits for the [`Self::seek_accurate`] at the end of the drag.
    pub fn scrub(&self, time_secs: f64) {
        self.move_to(time_secs);
        self.link.send(Command::Scrub(time_secs));
    }

    /// One frame forward (`1`) or back (`-1`); pauses.
    pub fn step(&self, n_frames: i32) {
        self.link.send(Command::Step(n_frames));
    }

    /// From 0.25 to 4; the pitch of the sound is kept.
    pub fn set_speed(&self, speed: f64) {
        let speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
        self.link.lock().speed = speed;
        self.link.send(Command::Speed);
    }

    /// From 0 to 1, in steps that sound even.
    pub fn set_volume(&self, volume: f64) {
        let volume = volume.clamp(0.0, 1.0);
        self.link.lock().volume = volume;
        self.link.send(Command::Loudness);
    }

    pub fn set_muted(&self, is_muted: bool) {
        self.link.lock().is_muted = is_muted;
        self.link.send(Command::Loudness);
    }

    /// Plays this part again and again; `None` ends that.
    pub fn loop_span(&self, span: Option<TimeSpan>) {
        self.link.send(Command::Loop(span));
    }

    pub fn state(&self) -> PlayState {
        self.link.lock().state
    }

    /// Whether the frame that was asked for has not come yet.
    pub fn is_seeking(&self) -> bool {
        self.link.lock().playhead.is_seeking
    }

    /// Where the playhead is: the target while seeking, the clock while playing.
    pub fn position_secs(&self) -> f64 {
        let pipeline = {
            let shared = self.link.lock();
            if let Position::At(time_secs) = shared.playhead.position {
                return time_secs;
            }
            shared.pipeline.clone()
        };
        // Asked without the lock, because the pipeline may take a moment to answer.
        let clock = pipeline.and_then(|pipeline| pipeline.query_position::<gst::ClockTime>());
        let clock_ns = clock.map(|now| now.nseconds() as i64);
        self.link.lock().playhead.now_secs(clock_ns)
    }

    fn move_to(&self, time_secs: f64) {
        self.link.lock().playhead.move_to(time_secs.max(0.0));
    }
}

#[cfg(test)]
mod tests;
