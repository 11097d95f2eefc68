//! The videos below a folder.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::library::subtitles::is_subtitle_name;
use crate::video::{VideoError, begins_like_video, is_video_name};

/// What a search found.
#[derive(Debug, Default)]
pub struct Search {
    /// In order of their paths.
    pub videos: Vec<Found>,
    /// Files that are no video.
    pub n_skipped: usize,
    /// What could not be looked into.
    pub problems: Vec<Problem>,
}

/// A folder that cannot be entered, or a file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: PathBuf,
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot look into {}: {}",
            self.path.display(),
            self.reason
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    /// Whether its name says that it is a video, rather than its first bytes alone.
    pub is_named: bool,
}

impl Found {
    /// `None` unless it is a video by its name or by how it begins.
    pub fn of_file(path: &Path) -> Option<Self> {
        let is_named = is_video_name(path);
        (path.is_file() && (is_named || begins_like_video(path))).then(|| Self {
            path: path.to_owned(),
            is_named,
        })
    }

    pub fn named(path: PathBuf) -> Self {
        Self {
            path,
            is_named: true,
        }
    }
}

/// All files below a folder that are videos by their name or by how they begin.
pub fn search(dir: &Path) -> Search {
    let mut found = Search::default();
    for entry in WalkDir::new(dir).follow_links(true).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.note(&error);
                continue;
            }
        };
        if !entry.file_type().is_file() {
            continue;
        }
        match Found::of_file(entry.path()) {
            Some(video) => found.videos.push(video),
            // It is read together with its video.
            None if is_subtitle_name(entry.path()) => {}
            None => found.n_skipped += 1,
        }
    }
    found
}

impl Search {
    fn note(&mut self, error: &walkdir::Error) {
        if error.loop_ancestor().is_some() {
            return; // a link to a folder that is being searched already
        }
        let path = error.path().unwrap_or(Path::new("?"));
        match error.io_error() {
            // A link to what is gone.
            Some(cause) if cause.kind() == io::ErrorKind::NotFound => self.n_skipped += 1,
            cause => {
                self.problems.push(Problem {
                    path: path.to_owned(),
                    reason: cause.map_or_else(|| error.to_string(), ToString::to_string),
                });
            }
        }
    }
}

/// Whether it says that the file is of another kind, rather than damaged or unreadable.
pub fn is_no_video(error: &VideoError) -> bool {
    matches!(error, VideoError::NotAVideo(_) | VideoError::AudioOnly(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn folders_are_searched_for_videos() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        for name in ["b.MP4", "a.txt", "sub/c.webm", "sub/mp4"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let found = search(dir.path());
        let names: Vec<_> = found
            .videos
            .iter()
            .map(|video| video.path.strip_prefix(dir.path()).unwrap())
            .collect();
        assert_eq!(names, [Path::new("b.MP4"), Path::new("sub/c.webm")]);
        assert_eq!((found.n_skipped, found.problems.len()), (2, 0));
    }

    #[test]
    fn containers_are_found_under_every_name() {
        let dir = tempfile::tempdir().unwrap();
        let videos = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        let mut n_videos = 0;
        for entry in fs::read_dir(videos).unwrap() {
            let path = entry.unwrap().path();
            // Under another name a GIF is more likely a picture.
            if !is_video_name(&path) || path.extension() == Some("gif".as_ref()) {
                continue;
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            fs::copy(&path, dir.path().join(format!("{name}.insv"))).unwrap();
            n_videos += 1;
        }
        assert!(n_videos > 5);
        for (name, bytes) in [
            ("photo.heic", &b"\0\0\0\x18ftypheic\0\0\0\0"[..]),
            ("song.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0"),
            ("song.ogg", b"OggS\0\x02 and Vorbis"),
            ("sound.wav", b"RIFF\x10\0\0\0WAVEfmt "),
            ("letter.G", &[b'G'; 100]),
            ("empty", b""),
        ] {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let found = search(dir.path());
        let others: Vec<_> = found.videos.iter().filter(|v| v.is_named).collect();
        assert!(others.is_empty(), "{others:?}");
        assert_eq!((found.videos.len(), found.n_skipped), (n_videos, 6));
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_looked_into_is_named_and_dead_links_are_counted() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("a.mp4"), "x").unwrap();
        symlink("itself", path("itself")).unwrap();
        symlink("gone", path("dead")).unwrap();
        symlink(".", path("here")).unwrap();
        let found = search(dir.path());
        assert_eq!((found.videos.len(), found.n_skipped), (1, 1));
        let [problem] = &found.problems[..] else {
            panic!("{:?}", found.problems);
        };
        let problem = problem.to_string();
        assert!(problem.starts_with("cannot look into "), "{problem}");
        assert!(problem.contains("itself: "), "{problem}");

        let found = search(&path("no folder"));
        assert_eq!(found.videos, []);
    }
}
