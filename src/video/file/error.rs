//! Everything that can be wrong with a video, each as one sentence that says what to do.

use std::path::{Path, PathBuf};

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::domain;

/// Why a video cannot be read, sampled or played.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VideoError {
    #[error("{} does not exist; check the path", .0.display())]
    Missing(PathBuf),
    #[error("{} is not a regular file; give the path of a video file", .0.display())]
    NotAFile(PathBuf),
    #[error("{} cannot be read ({reason}); check its permissions", .path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("{} is empty; copy or download it again", .0.display())]
    Empty(PathBuf),
    #[error("{} is not a video; give a video file such as MP4, MKV or WebM", .0.display())]
    NotAVideo(PathBuf),
    #[error("{} has sound but no moving picture; give a video file", .0.display())]
    AudioOnly(PathBuf),
    #[error(
        "{} needs a decoder for {codec}, which is not installed; install the GStreamer plugin for it \
         (often gstreamer1.0-libav or gstreamer1.0-plugins-bad)", .path.display()
    )]
    MissingCodec { path: PathBuf, codec: String },
    #[error("{} is damaged ({reason}); copy or download it again", .path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{} cannot be decoded: {reason}; try converting it with another program", .path.display())]
    Decode { path: PathBuf, reason: String },
    #[error("no data came from {} for {secs} s ({state}); check the disk or the network share and try again", .path.display())]
    Timeout {
        path: PathBuf,
        secs: u64,
        state: String,
    },
    #[error(
        "{} cannot be cut without re-encoding: {reason}; export an edit list (edl, fcpxml or otio) \
         instead", .path.display()
    )]
    Uncuttable { path: PathBuf, reason: String },
    #[error("{} cannot be written ({reason}); check the folder and the space left", .path.display())]
    Unwritable { path: PathBuf, reason: String },
    #[error("cancelled")]
    Cancelled,
    #[error("GStreamer is not usable: {0}; install gstreamer1.0-plugins-base and -good")]
    Gstreamer(String),
}

impl VideoError {
    /// What an element reported on the bus, in plain words.
    pub(in crate::video) fn from_message(path: &Path, message: &gst::message::Error) -> Self {
        let error = message.error();
        let path = path.to_path_buf();
        if error.matches(gst::StreamError::TypeNotFound)
            || error.matches(gst::StreamError::WrongType)
        {
            return Self::NotAVideo(path);
        }
        if error.matches(gst::StreamError::CodecNotFound) {
            let codec = error.message().to_string();
            return Self::MissingCodec { path, codec };
        }
        let element = message
            .src()
            .map_or_else(String::new, |src| format!("{}: ", src.name()));
        let reason = format!("{element}{}", one_line(error.message()));
        if error.matches(gst::ResourceError::OpenRead) || error.matches(gst::ResourceError::Read) {
            Self::Unreadable { path, reason }
        } else if error.matches(gst::StreamError::Demux)
            || error.matches(gst::StreamError::Failed)
            || error.matches(gst::StreamError::Format)
        {
            Self::Damaged { path, reason }
        } else {
            Self::Decode { path, reason }
        }
    }

    /// The warning for a video of which only the first `read_secs` could be used, because the file
    /// is truncated or because of `problem`. One sentence; `None` if all of it was used.
    pub(in crate::video) fn partial_warning(
        problem: Option<&Self>,
        is_truncated: bool,
        path: &Path,
        read_secs: f64,
    ) -> Option<String> {
        let path = path.display();
        let part = format!("only its first {read_secs:.1} s could be read");
        let sentence = match problem {
            _ if is_truncated => format!("{path} is cut off; {part}"),
            None => return None,
            Some(Self::Timeout { secs, .. }) => format!(
                "no more data came from {path} for {secs} s; {part}; check the disk or the network \
                 share and try again"
            ),
            Some(Self::Unreadable { reason, .. }) => {
                format!("{path} cannot be read to its end ({reason}); {part}")
            }
            Some(Self::MissingCodec { codec, .. }) => {
                format!("{path} changes to {codec}, for which no decoder is installed; {part}")
            }
            Some(_) => format!("{path} is damaged; {part}"),
        };
        Some(sentence)
    }

    /// Asks the file system before GStreamer does: pipes, folders and empty files are refused.
    pub(in crate::video) fn check_file(path: &Path) -> Result<(), Self> {
        let unreadable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing(path.to_path_buf()),
            _ => Self::Unreadable {
                path: path.to_path_buf(),
                reason: error.to_string(),
            },
        };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(Self::NotAFile(path.to_path_buf()));
        }
        if metadata.len() == 0 {
            return Err(Self::Empty(path.to_path_buf()));
        }
        std::fs::File::open(path).map_err(unreadable)?;
        Ok(())
    }
}

/// Messages of GStreamer's elements sometimes have several lines; people and logs get one, to which
/// more can be added.
pub(in crate::video) fn one_line(text: &str) -> String {
    domain::one_line(text).trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warning_says_what_ended_a_video_early() {
        let path = PathBuf::from("film.mp4");
        let reason = || "input/output error".to_owned();
        let timeout = VideoError::Timeout {
            path: path.clone(),
            secs: 10,
            state: "pipeline Playing".to_owned(),
        };
        let unreadable = VideoError::Unreadable {
            path: path.clone(),
            reason: reason(),
        };
        let damaged = VideoError::Damaged {
            path: path.clone(),
            reason: "its timestamps jump".to_owned(),
        };
        let warning = |problem: Option<&VideoError>, is_truncated| {
            VideoError::partial_warning(problem, is_truncated, &path, 12.0).unwrap_or_default()
        };
        assert_eq!(warning(None, false), "");
        for (sentence, begin, end) in [
            (warning(None, true), "film.mp4 is cut off", ""),
            (warning(Some(&damaged), true), "film.mp4 is cut off", ""),
            (warning(Some(&damaged), false), "film.mp4 is damaged", ""),
            (
                warning(Some(&timeout), false),
                "no more data came from film.mp4 for 10 s",
                "again",
            ),
            (
                warning(Some(&unreadable), false),
                "film.mp4 cannot be read to its end (input/output error)",
                "",
            ),
        ] {
            assert!(
                sentence.starts_with(begin) && sentence.ends_with(end),
                "{sentence}"
            );
            assert!(
                sentence.contains("; only its first 12.0 s could be read"),
                "{sentence}"
            );
        }
        // The whole may be damaged, or a part of it.
        assert!(!damaged.to_string().contains("no picture"), "{damaged}");
    }
}
