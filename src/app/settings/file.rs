//! The settings' file: reading what another version wrote, and never losing what another window did.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::app::settings::{MAX_HISTORY, MAX_RECENT, Settings};
use crate::store::{Paths, atomic};

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
                settings.places.add(on_disk.places);
            }
            Ok(None) => {}
            Err(_) => put_aside(&file)?,
        }
        let mut json = serde_json::to_vec_pretty(&settings)?;
        json.push(b'\n');
        atomic::write(&file, &json)
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
    use crate::app::settings::{PlaybackPrefs, Theme};

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
}
