//! What can be wrong with a video, each in one line that says what to do.

use std::path::{Path, PathBuf};

use gstreamer as gst;
use gstreamer::prelude::*;

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
    #[error("{} is damaged and no picture can be read ({reason}); copy or download it again", .path.display())]
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
    /// The plain sentence for what an element reported on the bus.
    pub(super) fn from_message(path: &Path, message: &gst::message::Error) -> Self {
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

    /// What the file system says before GStreamer is asked: no pipes, folders or empty files.
    pub(super) fn check_file(path: &Path) -> Result<(), Self> {
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

/// Element messages sometimes span lines; people and logs get one.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .trim_end_matches('.')
        .to_owned()
}
