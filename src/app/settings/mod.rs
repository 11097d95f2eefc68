//! What is kept between runs: one JSON file in the data directory.

mod file;
mod places;
mod playback;
mod sensible;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::path_list;
use crate::engine::ModelChoice;
use crate::model::{DeviceChoice, Framing};

pub use places::Places;
pub use playback::{PlaybackPrefs, SPEEDS};

use sensible::sensible;

/// As many as a menu shows without scrolling.
const MAX_RECENT: usize = 10;

const MAX_HISTORY: usize = 100;

/// Smallest window in which everything can still be used.
pub const MIN_WINDOW: [f32; 2] = [720.0, 460.0];

/// Bounds of [`Settings::zoom`].
const MIN_ZOOM: f64 = 0.5;
const MAX_ZOOM: f64 = 3.0;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    Dark,
    Light,
    /// Whatever the desktop prefers.
    System,
}

/// Everything has a default, so that files of other versions can be read as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Points.
    pub window_size: [f32; 2],
    /// Size of everything, 1 is normal.
    pub zoom: f32,
    pub theme: Theme,
    #[serde(flatten)]
    pub playback: PlaybackPrefs,
    /// As `--model` takes it; `None` is the bundled one.
    pub model: Option<String>,
    pub device: DeviceChoice,
    /// A detector's own saliency is shown as the curve.
    pub shows_detector_curve: bool,
    /// Which part of a frame is looked at; `None` is what the model was trained on.
    pub framing: Option<Framing>,
    /// What the model does not see of a picture that stands still is dimmed.
    pub dims_unseen: bool,
    /// Latest first. A name that is not text is written as an address.
    #[serde(with = "path_list")]
    pub recent: Vec<PathBuf>,
    /// Latest first.
    pub history: Vec<String>,
    /// Where videos were left.
    pub places: Places,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window_size: [1280.0, 720.0],
            zoom: 1.0,
            theme: Theme::default(),
            playback: PlaybackPrefs::default(),
            model: None,
            device: DeviceChoice::default(),
            shows_detector_curve: false,
            framing: None,
            dims_unseen: true,
            recent: Vec::new(),
            history: Vec::new(),
            places: Places::default(),
        }
    }
}

impl Settings {
    /// The model that was chosen last.
    pub fn last_model(&self) -> ModelChoice {
        match &self.model {
            None => ModelChoice::Bundled,
            Some(name) => {
                let Ok(choice) = name.parse();
                choice
            }
        }
    }

    /// A file may be edited by hand.
    fn made_sensible(mut self) -> Self {
        for (size, least) in self.window_size.iter_mut().zip(MIN_WINDOW) {
            *size = sensible((*size).into(), least.into(), 10_000.0, 1000.0) as f32;
        }
        self.zoom = sensible(self.zoom.into(), MIN_ZOOM, MAX_ZOOM, 1.0) as f32;
        let kept = std::mem::take(&mut self.playback);
        self.playback.set_volume(kept.volume);
        self.playback.is_muted = kept.is_muted;
        self.playback.set_speed(kept.speed);
        self.recent.truncate(MAX_RECENT);
        self.history.truncate(MAX_HISTORY);
        self.places.make_sensible();
        self
    }

    pub fn set_zoom(&mut self, zoom: f32) {
        self.zoom = sensible(zoom.into(), MIN_ZOOM, MAX_ZOOM, self.zoom.into()) as f32;
    }

    pub fn remember_video(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|other| *other != path);
        self.recent.insert(0, path);
        self.recent.truncate(MAX_RECENT);
    }

    pub fn remember_query(&mut self, text: &str) {
        self.history.retain(|other| other != text);
        self.history.insert(0, text.to_owned());
        self.history.truncate(MAX_HISTORY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_comes_first_and_only_once() {
        let mut settings = Settings::default();
        for name in ["/a", "/b", "/a"] {
            settings.remember_video(Path::new(name));
        }
        assert_eq!(settings.recent, [Path::new("/a"), Path::new("/b")]);
        for i in 0..200 {
            settings.remember_query(&i.to_string());
        }
        assert_eq!(settings.history.len(), MAX_HISTORY);
        assert_eq!(settings.history[0], "199");
    }
}
