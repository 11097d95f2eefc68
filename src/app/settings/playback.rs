//! How videos are played.

use serde::{Deserialize, Serialize};

use crate::app::settings::sensible::sensible;
use crate::video::player;

/// The speeds that the menu offers and that the keys step through.
pub const SPEEDS: [f64; 9] = [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0];

/// How videos are played; every change is also sent to the player.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlaybackPrefs {
    /// 0…1.
    pub volume: f64,
    pub is_muted: bool,
    /// 1 is normal.
    pub speed: f64,
}

impl Default for PlaybackPrefs {
    fn default() -> Self {
        Self {
            volume: 1.0,
            is_muted: false,
            speed: 1.0,
        }
    }
}

impl PlaybackPrefs {
    pub fn set_volume(&mut self, volume: f64) {
        self.volume = sensible(volume, 0.0, 1.0, self.volume);
    }

    pub fn set_speed(&mut self, speed: f64) {
        let (slowest, fastest) = (*player::SPEEDS.start(), *player::SPEEDS.end());
        self.speed = sensible(speed, slowest, fastest, self.speed);
    }

    /// The usual speed that is `by` steps faster than this one, slower if negative.
    pub fn neighbouring_speed(&self, by: i32) -> f64 {
        let distance = |speed: &f64| (speed - self.speed).abs();
        let nearest = SPEEDS
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)))
            .map_or(0, |(i, _)| i);
        let last = SPEEDS.len() as i32 - 1;
        SPEEDS[(nearest as i32 + by).clamp(0, last) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_go_up_and_down_and_stop_at_the_ends() {
        let from = |speed| PlaybackPrefs {
            speed,
            ..PlaybackPrefs::default()
        };
        assert_eq!(from(1.0).neighbouring_speed(1), 1.25);
        assert_eq!(from(1.0).neighbouring_speed(-1), 0.75);
        assert_eq!(from(4.0).neighbouring_speed(1), 4.0);
        assert_eq!(from(0.25).neighbouring_speed(-1), 0.25);
        assert_eq!(from(1.9).neighbouring_speed(1), 3.0);
    }

    #[test]
    fn the_player_can_play_every_speed_that_is_offered() {
        let ends = SPEEDS[0]..=SPEEDS[SPEEDS.len() - 1];
        assert_eq!(ends, player::SPEEDS);
        assert!(SPEEDS.is_sorted());
    }
}
