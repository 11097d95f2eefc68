//! What is kept between runs: one JSON file in the data directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::path_list;
use crate::engine::ModelChoice;
use crate::model::DeviceChoice;
use crate::store::{Paths, atomic};
use crate::video::player;

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

/// Within the bounds; `otherwise` where it is infinite or not a number.
fn sensible(value: f64, low: f64, high: f64, otherwise: f64) -> f64 {
    if value.is_finite() {
        value.clamp(low, high)
    } else {
        otherwise
    }
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
    /// Latest first. A name that is not text is written as an address.
    #[serde(with = "path_list")]
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
            playback: PlaybackPrefs::default(),
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

    /// What was kept; the default for each value that is missing or not usable.
    pub fn load(paths: &Paths) -> Self {
        let file = Self::file(paths);
        match read(&file) {
            Ok(settings) => settings.unwrap_or_default(),
            Err(error) => {
                log::warn!("the settings in {} are not usable: {error}", file.display());
                Self::default()
            }
        }
    }

    /// Each value by itself: one that only another version understands does not spoil the others.
    fn from_values(values: Map<String, Value>) -> serde_json::Result<Self> {
        let mut usable = Map::new();
        for (name, value) in values {
            let before = usable.clone();
            usable.insert(name.clone(), value);
            if let Err(error) = Self::deserialize(Value::Object(usable.clone())) {
                log::warn!("the setting {name:?} is not usable: {error}");
                usable = before;
            }
        }
        Ok(Self::deserialize(Value::Object(usable))?.made_sensible())
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

    /// Replaces the file; a reader never sees half of it. Waits for the disk.
    ///
    /// Videos and queries that another window has added meanwhile are kept. A file that is not
    /// usable is not overwritten but renamed to `settings.unusable.json`.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn save(&self, paths: &Paths) -> io::Result<()> {
        let file = Self::file(paths);
        let mut settings = self.clone();
        match read(&file) {
            Ok(Some(on_disk)) => {
                keep_new_entries(&mut settings.recent, &on_disk.recent, MAX_RECENT);
                keep_new_entries(&mut settings.history, &on_disk.history, MAX_HISTORY);
            }
            Ok(None) => {}
            Err(_) => put_aside(&file)?,
        }
        let mut json = serde_json::to_vec_pretty(&settings)?;
        json.push(b'\n');
        atomic::write(&file, &json)
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

/// What a file holds; `None` where there is no file.
fn read(file: &Path) -> io::Result<Option<Settings>> {
    match fs::read(file) {
        Ok(json) => Ok(Some(Settings::from_values(serde_json::from_slice(&json)?)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Under the first name that is free.
fn put_aside(file: &Path) -> io::Result<()> {
    let mut aside = file.with_extension("unusable.json");
    let mut n = 2;
    while aside.exists() {
        aside = file.with_extension(format!("unusable-{n}.json"));
        n += 1;
    }
    log::warn!("{} is now {}", file.display(), aside.display());
    fs::rename(file, aside)
}

/// Adds the entries of `theirs` that `ours` does not have, latest first in both. Those that come
/// after the last common entry are not new: they are too old for `ours`.
fn keep_new_entries<T: Clone + PartialEq>(ours: &mut Vec<T>, theirs: &[T], max: usize) {
    let last_known = theirs.iter().rposition(|entry| ours.contains(entry));
    let new = &theirs[..last_known.unwrap_or(theirs.len())];
    for (i, entry) in new.iter().enumerate() {
        if !ours.contains(entry) {
            ours.insert(i.min(ours.len()), entry.clone());
        }
    }
    ours.truncate(max);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_a_restart() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::below(root.path());
        assert_eq!(Settings::load(&paths), Settings::default());
        let mut settings = Settings {
            theme: Theme::Light,
            playback: PlaybackPrefs {
                volume: 0.25,
                ..PlaybackPrefs::default()
            },
            ..Settings::default()
        };
        settings.remember_query("a kite");
        settings.save(&paths).unwrap();
        assert_eq!(Settings::load(&paths), settings);
    }

    #[cfg(unix)]
    #[test]
    fn a_video_whose_name_is_not_text_is_kept_with_all_other_settings() {
        use std::os::unix::ffi::OsStrExt as _;
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::below(root.path());
        for name in [
            &b"/films/caf\xe9.mp4"[..],
            b"/\xff\xfe%41.mkv",
            b"/\xb0/a b.mov",
        ] {
            let name = Path::new(std::ffi::OsStr::from_bytes(name));
            let mut settings = Settings {
                theme: Theme::Light,
                ..Settings::load(&paths)
            };
            settings.remember_video(Path::new("/usual.mp4"));
            settings.remember_video(name);
            settings.save(&paths).unwrap();
            let kept = Settings::load(&paths);
            assert_eq!(kept, settings);
            assert_eq!(kept.recent[0], name, "it can be opened again");
        }
    }

    #[test]
    fn a_value_that_is_not_usable_falls_back_alone() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::below(root.path());
        fs::create_dir_all(&paths.data_dir).unwrap();
        let json = r#"{
            "theme": "sepia", "device": 7, "zoom": null, "volume": 7, "speed": 2.0, "more": [],
            "recent": ["/a.mp4"], "history": ["a kite"]
        }"#;
        fs::write(Settings::file(&paths), json).unwrap();
        let expected = Settings {
            playback: PlaybackPrefs {
                speed: 2.0,
                ..PlaybackPrefs::default()
            },
            recent: vec!["/a.mp4".into()],
            history: vec!["a kite".to_owned()],
            ..Settings::default()
        };
        assert_eq!(Settings::load(&paths), expected);
        Settings::load(&paths).save(&paths).unwrap();
        assert_eq!(Settings::load(&paths), expected);
    }

    #[test]
    fn a_file_that_is_not_usable_is_put_aside_before_another_takes_its_place() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::below(root.path());
        fs::create_dir_all(&paths.data_dir).unwrap();
        let aside = |name: &str| fs::read(paths.data_dir.join(name)).unwrap();
        for damaged in ["{\"history\": [", "[]"] {
            fs::write(Settings::file(&paths), damaged).unwrap();
            assert_eq!(Settings::load(&paths), Settings::default());
            Settings::default().save(&paths).unwrap();
            assert_eq!(Settings::load(&paths), Settings::default());
        }
        assert_eq!(aside("settings.unusable.json"), b"{\"history\": [");
        assert_eq!(aside("settings.unusable-2.json"), b"[]");
    }

    #[test]
    fn two_windows_keep_each_others_videos_and_queries() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::below(root.path());
        let mut first = Settings::default();
        for i in 0..MAX_RECENT {
            first.remember_video(Path::new(&format!("/{i}")));
        }
        first.remember_query("a kite");
        first.save(&paths).unwrap();
        let mut second = Settings::load(&paths);
        second.remember_video(Path::new("/second"));
        second.remember_query("a dog");
        second.save(&paths).unwrap();
        first.remember_video(Path::new("/first"));
        first.remember_query("a boat");
        first.save(&paths).unwrap();

        let kept = Settings::load(&paths);
        assert_eq!(kept.history, ["a dog", "a boat", "a kite"]);
        assert_eq!(kept.recent.len(), MAX_RECENT);
        for name in ["/first", "/second", "/9", "/2"] {
            assert!(kept.recent.contains(&name.into()), "{name} {kept:?}");
        }
    }

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
