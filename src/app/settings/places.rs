//! Where videos were left, so that they can be gone on with.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::{path_of_text, path_text};

const MAX_PLACES: usize = 200;

/// Nearer to either end nothing is gone on with.
const EDGE_SECS: f64 = 10.0;

/// A video and where it was left; at 0 where there is nothing to go on with.
type Place = (String, f64);

/// Latest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Places(Vec<Place>);

impl Places {
    /// A video is left here.
    pub fn leave(&mut self, path: &Path, time_secs: f64, duration_secs: f64) {
        let name = name(path);
        self.0.retain(|(other, _)| *other != name);
        let is_inside = (EDGE_SECS..=duration_secs - EDGE_SECS).contains(&time_secs);
        // Kept in either case: another window may have an older place of it.
        self.0
            .insert(0, (name, if is_inside { time_secs } else { 0.0 }));
        self.0.truncate(MAX_PLACES);
    }

    /// Where a video was left, unless that was near to an end of it.
    pub fn of(&self, path: &Path) -> Option<f64> {
        let name = name(path);
        let (_, time_secs) = self.0.iter().find(|(other, _)| *other == name)?;
        (*time_secs > 0.0).then_some(*time_secs)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes in what another window knows of other videos.
    pub fn add(&mut self, others: Self) {
        for (name, time_secs) in others.0 {
            if self.0.iter().all(|(ours, _)| *ours != name) {
                self.0.push((name, time_secs));
            }
        }
        self.0.truncate(MAX_PLACES);
    }

    /// A file may be edited by hand.
    pub fn make_sensible(&mut self) {
        self.0.retain(|(name, time_secs)| {
            let path = path_of_text(name);
            path.is_absolute() && time_secs.is_finite() && *time_secs >= 0.0
        });
        self.0.truncate(MAX_PLACES);
    }
}

fn name(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path_text(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_video_is_gone_on_with_unless_it_was_left_near_an_end() {
        let mut places = Places::default();
        let film = Path::new("/film.mkv");
        for (time_secs, expected) in [
            (30.0, Some(30.0)),
            (2.0, None),
            (50.5, Some(50.5)),
            (95.0, None),
        ] {
            places.leave(film, time_secs, 100.0);
            assert_eq!(places.of(film), expected, "{time_secs}");
        }
        places.leave(film, 6.0, 12.0);
        assert_eq!(places.of(film), None, "too short");
    }

    #[test]
    fn a_video_that_was_seen_to_its_end_here_is_not_begun_again_by_another_window() {
        let (mut ours, mut theirs) = (Places::default(), Places::default());
        theirs.leave(Path::new("/a"), 30.0, 100.0);
        theirs.leave(Path::new("/b"), 40.0, 100.0);
        ours.leave(Path::new("/a"), 99.0, 100.0);
        ours.add(theirs);
        assert_eq!(ours.of(Path::new("/a")), None);
        assert_eq!(ours.of(Path::new("/b")), Some(40.0));
    }

    #[test]
    fn nonsense_in_the_file_is_left_out() {
        let json = r#"[["/a", 12.5], ["b", 1.0], ["/c", -4.0]]"#;
        let mut places: Places = serde_json::from_str(json).unwrap();
        places.make_sensible();
        assert_eq!(places.0, [("/a".to_owned(), 12.5)]);
    }
}
