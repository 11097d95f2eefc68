//! Playing.

use crate::app::action::Play;
use crate::app::effect::{Effect, Order};
use crate::app::session::Session;

impl Session {
    pub(super) fn perform_play(&mut self, action: Play, effects: &mut Vec<Effect>) {
        match action {
            Play::Toggle => effects.push(Effect::Player(Order::Toggle)),
            Play::Resume => effects.push(Effect::Player(Order::Play)),
            Play::Pause => effects.push(Effect::Player(Order::Pause)),
            Play::Seek(time_secs) => self.seek(time_secs, effects),
            Play::Scrub(time_secs) => {
                let time_secs = self.within_video(time_secs);
                self.playback.position_secs = time_secs;
                effects.push(Effect::Player(Order::Scrub(time_secs)));
            }
            Play::SeekBy(by_secs) => self.seek(self.playback.position_secs + by_secs, effects),
            Play::StepFrames(n_frames) => effects.push(Effect::Player(Order::Step(n_frames))),
            Play::From(time_secs) => self.play_from(time_secs, effects),
            Play::Speed(speed) => self.set_speed(speed, effects),
            Play::Faster => self.set_speed(self.prefs().neighbouring_speed(1), effects),
            Play::Slower => self.set_speed(self.prefs().neighbouring_speed(-1), effects),
            Play::Volume(volume) => {
                self.settings.playback.set_volume(volume);
                effects.push(Effect::Player(Order::Volume(self.prefs().volume)));
            }
            Play::ToggleMute => {
                let is_muted = !self.prefs().is_muted;
                self.settings.playback.is_muted = is_muted;
                effects.push(Effect::Player(Order::Muted(is_muted)));
            }
            Play::Loop(span) => self.set_loop(span, effects),
            Play::ToggleLoop => self.toggle_loop(effects),
        }
    }

    fn set_speed(&mut self, speed: f64, effects: &mut Vec<Effect>) {
        self.settings.playback.set_speed(speed);
        effects.push(Effect::Player(Order::Speed(self.prefs().speed)));
    }
}
