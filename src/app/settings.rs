//! What is kept between runs: one JSON file in the data directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::ModelChoice;
use crate::model::DeviceChoice;
use crate::store::{Paths, atomic};

/// As many as a menu shows without scrolling.
const MAX_RECENT: usize = 10;

const MAX_HISTORY: usize = 100;

/// Smallest window in which everything can still be used.
pub const MIN_WINDOW: [f32; 2] = [720.0, 460.0];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    Dark,
    Light,
    /// Whatever the desktop prefers.
    System,
}

/// Everything has a default, so that files of other versions are read as far as they go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Points.
    pub window_size: [f32; 2],
    /// Size of everything, 1 is normal.
    pub zoom: f32,
    pub theme: Theme,
    /// 0…1.
    pub volume: f64,
    pub is_muted: bool,
    pub speed: f64,
    /// As `--model` takes it; none is the bundled one.
    pub model: Option<String>,
    pub device: DeviceChoice,
    /// Latest first.
    pub recent: Vec<PathBuf>,
    /// Latest first.
    pub history: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window_size: [1280.0, 720.0],
            zoom: 1.0,
            theme: Theme::default(),
            volume: 1.0,
            is_muted: false,
            speed: 1.0,
            model: None,
            device: DeviceChoice::default(),
            recent: Vec::new(),
            history: Vec::new(),
        }
    }
}

impl Settings {
    fn file(paths: &Paths) -> PathBuf {
        paths.data_dir.join("settings.json")
    }

    /// What was kept; the defaults where there is nothing or nothing usable.
    pub fn load(paths: &Paths) -> Self {
        let file = Self::file(paths);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                log::warn!("the settings in {} cannot be read: {error}", file.display());
                return Self::default();
            }
        };
        match serde_json::from_str::<Self>(&text) {
            Ok(settings) => settings.made_sensible(),
            Err(error) => {
                log::warn!("the settings in {} make no sense: {error}", file.display());
                Self::default()
            }
        }
    }

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

    /// Replaces the file; a reader never sees half of it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn save(&self, paths: &Paths) -> io::Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        atomic::write(&Self::file(paths), &json)
    }

    /// A file may be edited by hand.
    fn made_sensible(mut self) -> Self {
        let sane = |value: f64, low: f64, high: f64, default: f64| {
            if value.is_finite() {
                value.clamp(low, high)
            } else {
                default
            }
        };
        for (size, least) in self.window_size.iter_mut().zip(MIN_WINDOW) {
            *size = sane((*size).into(), least.into(), 10_000.0, 1000.0) as f32;
        }
        self.zoom = sane(self.zoom.into(), 0.5, 3.0, 1.0) as f32;
        self.volume = sane(self.volume, 0.0, 1.0, 1.0);
        self.speed = sane(self.speed, 0.25, 4.0, 1.0);
        self.recent.truncate(MAX_RECENT);
        self.history.truncate(MAX_HISTORY);
        self
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
    fn settings_survive_a_restart_and_damage_does_not_matter() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::below(root.path());
        assert_eq!(Settings::load(&paths), Settings::default());
        let mut settings = Settings {
            theme: Theme::Light,
            volume: 0.25,
            ..Settings::default()
        };
        settings.remember_query("a kite");
        settings.save(&paths).unwrap();
        assert_eq!(Settings::load(&paths), settings);

        fs::write(
            Settings::file(&paths),
            r#"{"volume": 7, "speed": 2.0, "more": []}"#,
        )
        .unwrap();
        let read = Settings::load(&paths);
        assert_eq!((read.volume, read.speed), (1.0, 2.0));
        fs::write(Settings::file(&paths), "{").unwrap();
        assert_eq!(Settings::load(&paths), Settings::default());
    }

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
