//! The playhead, and what the player reports.

use crate::app::effect::{Effect, Order};
use crate::app::playback::{Change, Now};
use crate::app::session::{OpenVideo, Session};
use crate::domain::TimeSpan;

/// What the player was doing when this frame began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PlaybackState {
    pub position_secs: f64,
    pub is_playing: bool,
    /// The span that is played over and over.
    pub looped: Option<TimeSpan>,
    /// The sound of this video cannot be played on this machine.
    pub is_silenced: bool,
}

impl Session {
    /// Takes in where the player is.
    pub fn note_player(&mut self, now: Now) {
        self.playback.is_playing = now.is_playing;
        self.playback.position_secs = now.position_secs;
        self.playback.is_silenced = now.is_silenced;
    }

    /// Takes in what has changed at the player.
    pub fn apply_change(&mut self, change: Change) -> Vec<Effect> {
        match change {
            Change::Shown(path, info) => return self.show_video(&path, info),
            Change::CannotOpen(message) => self.cannot_open(message),
            Change::Stopped(message) => self.notices.error(message),
        }
        Vec::new()
    }

    /// Whether a video with sound plays on a machine without a sound device.
    pub fn is_silenced(&self) -> bool {
        let has_sound = |video: &OpenVideo| video.info.n_audio_channels > 0;
        self.playback.is_silenced && self.video.as_ref().is_some_and(has_sound)
    }

    /// Why there is nothing to hear, if so.
    pub fn why_silent(&self) -> Option<&'static str> {
        let has_sound = self.video.as_ref()?.info.n_audio_channels > 0;
        if !has_sound {
            Some("This video has no sound")
        } else if self.playback.is_silenced {
            Some("No sound device: playing without sound")
        } else {
            None
        }
    }

    /// Moves the playhead; the picture follows. Outside the loop, looping ends.
    pub(super) fn seek(&mut self, time_secs: f64, effects: &mut Vec<Effect>) {
        let time_secs = self.within_video(time_secs);
        let looped = self.playback.looped;
        if looped.is_some_and(|span| !span.contains(time_secs)) {
            self.set_loop(None, effects);
        }
        self.playback.position_secs = time_secs;
        effects.push(Effect::Player(Order::Seek(time_secs)));
    }

    pub(super) fn play_from(&mut self, time_secs: f64, effects: &mut Vec<Effect>) {
        self.seek(time_secs, effects);
        effects.push(Effect::Player(Order::Play));
    }

    pub(super) fn set_loop(&mut self, span: Option<TimeSpan>, effects: &mut Vec<Effect>) {
        self.playback.looped = span;
        effects.push(Effect::Player(Order::Loop(span)));
        let Some(span) = span else { return };
        if !span.contains(self.playback.position_secs) {
            self.seek(span.start_secs, effects);
        }
    }

    /// The moment under the playhead, else the next one.
    pub(super) fn toggle_loop(&mut self, effects: &mut Vec<Effect>) {
        if self.playback.looped.is_some() {
            self.set_loop(None, effects);
            return;
        }
        let now_secs = self.playback.position_secs;
        let moments = self.moments_in_time();
        let here = moments.into_iter().find(|span| span.contains(now_secs));
        if let Some(span) = here.or_else(|| self.moment_after(now_secs)) {
            self.set_loop(Some(span), effects);
        }
    }

    pub(super) fn within_video(&self, time_secs: f64) -> f64 {
        time_secs.clamp(0.0, self.duration_secs())
    }
}
