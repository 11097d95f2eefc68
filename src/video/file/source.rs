//! A video file that was opened once; everything that reads it starts from here.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use gstreamer as gst;
use gstreamer::prelude::*;
use tempfile::NamedTempFile;

use crate::video::file::container::Container;
use crate::video::file::edits::{Edit, Edits};
use crate::video::file::error::VideoError;
use crate::video::file::fatal;
use crate::video::file::gif::Gif;
use crate::video::file::gst_util;
use crate::video::file::info::VideoInfo;
use crate::video::file::mpeg::StreamHead;
use crate::video::file::mpeg::clock::SlowClock;
use crate::video::file::orientation::Orientation;
use crate::video::file::stored::StoredTracks;
use crate::video::file::truncated;

/// An opened video file. Clones share what has been found out about it.
///
/// Opening is quick: it only asks the file system. The rest is read when it is first needed, and
/// only once.
#[derive(Clone)]
pub struct Source {
    opened: Arc<Opened>,
}

struct Opened {
    path: PathBuf,
    blocks: OnceLock<Result<Blocks, VideoError>>,
    probed: OnceLock<Result<Probed, VideoError>>,
    is_truncated: OnceLock<bool>,
    /// Of the file when it was opened.
    n_bytes: u64,
    tracks: OnceLock<StoredTracks>,
    head: OnceLock<StreamHead>,
    edits: OnceLock<Edits>,
}

/// What the blocks of a GIF say; empty for other files. An error for what no demuxer may see.
#[derive(Default)]
struct Blocks {
    gif: Option<Gif>,
    /// Read instead of a GIF without a trailer. Deleted together with the source.
    repaired: Option<NamedTempFile>,
}

/// What the first packets and the end of the file say.
pub(in crate::video) struct Probed {
    pub info: VideoInfo,
    pub container: Container,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path().display())
    }
}

impl Source {
    /// Opens a file; whether it is a video only shows later.
    ///
    /// # Errors
    /// No such file, no permission, an empty file, a folder or a pipe.
    pub fn open(path: &Path) -> Result<Self, VideoError> {
        VideoError::check_file(path)?;
        gst_util::init()?;
        Ok(Self {
            opened: Arc::new(Opened {
                path: path.to_path_buf(),
                n_bytes: std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
                blocks: OnceLock::new(),
                probed: OnceLock::new(),
                is_truncated: OnceLock::new(),
                tracks: OnceLock::new(),
                head: OnceLock::new(),
                edits: OnceLock::new(),
            }),
        })
    }

    /// The path that was given.
    pub fn path(&self) -> &Path {
        &self.opened.path
    }

    /// The path that GStreamer reads: the file itself, or a repaired copy of it.
    ///
    /// # Errors
    /// A GIF without a single whole picture; no room for the copy.
    pub(in crate::video) fn path_to_read(&self) -> Result<&Path, VideoError> {
        let repaired = self.blocks()?.repaired.as_ref();
        Ok(repaired.map_or(self.path(), NamedTempFile::path))
    }

    /// How a transport or program stream begins.
    pub(super) fn head(&self) -> &StreamHead {
        let head = &self.opened.head;
        head.get_or_init(|| StreamHead::read(self.path()))
    }

    /// The parts of a video that has several, in their order; else nothing.
    pub(in crate::video) fn edits(&self) -> &[Edit] {
        &self.edit_list().parts
    }

    fn edit_list(&self) -> &Edits {
        self.opened.edits.get_or_init(|| {
            let shown = self.tracks().chosen().map(|(_, track)| track.number);
            Edits::read(self.path(), shown)
        })
    }

    /// To be called with every element that reads the file for a [`Reader`](super::reader::Reader),
    /// before it starts.
    pub(super) fn prepare(&self, reading: &gst::Element) {
        self.change(reading, self.slow_clock());
    }

    /// To be called with every element that reads the file to play it, before it starts.
    ///
    /// A clock that is slower than the pictures is stopped: exact jumps then read on from the beginning
    /// of the file, instead of landing behind their target.
    pub(in crate::video) fn prepare_to_play(&self, reading: &gst::Element) {
        self.change(reading, self.slow_clock().map(SlowClock::stopped));
    }

    fn change(&self, reading: &gst::Element, clock: Option<SlowClock>) {
        let Some(pad) = reading.static_pad("src") else {
            return;
        };
        let changes = self.head().changes.and(&self.edit_list().changes);
        if !changes.is_empty() {
            changes.make_on(&pad);
        }
        if let Some(clock) = clock {
            clock.slow_on(&pad, self.path());
        }
    }

    /// How the clock of a transport stream is seen that ticks seldom.
    pub(super) fn slow_clock(&self) -> Option<SlowClock> {
        self.head().clock
    }

    /// Whether the file ends before its container says so.
    pub(in crate::video) fn is_truncated(&self) -> bool {
        *self.opened.is_truncated.get_or_init(|| match self.gif() {
            Some(gif) => !gif.is_whole,
            None => truncated::is_truncated(self.path()),
        })
    }

    /// What the header says about the video tracks; nothing for most containers.
    pub(super) fn tracks(&self) -> &StoredTracks {
        let tracks = &self.opened.tracks;
        tracks.get_or_init(|| match self.head().videos.as_slice() {
            [] => StoredTracks::read(self.path()),
            videos => StoredTracks::of_transport(videos),
        })
    }

    /// Which of its video tracks is shown, `None` if there is only one.
    pub(in crate::video) fn chosen_video(&self) -> Option<usize> {
        self.tracks().chosen().map(|(at, _)| at)
    }

    /// What the user should know of the file, each as one sentence without a full stop.
    pub(in crate::video) fn notes(&self) -> Vec<String> {
        let path = self.path().display();
        let tracks = self.tracks();
        let of_several = tracks.chosen().map(|(at, _)| {
            let (n, number) = (tracks.len(), at + 1);
            format!("{path} has {n} video tracks; number {number} of them is used")
        });
        let n_bytes = std::fs::metadata(self.path()).map(|metadata| metadata.len());
        let is_growing = n_bytes.is_ok_and(|n_bytes| n_bytes > self.opened.n_bytes);
        let growing = is_growing.then(|| {
            format!("{path} is still being written; its end is not there yet, so look again later")
        });
        of_several.into_iter().chain(growing).collect()
    }

    /// How the picture has to be turned, where the header says that it is.
    pub(in crate::video) fn stored_orientation(&self) -> Option<Orientation> {
        self.tracks().orientation()
    }

    /// `None` for every file that is not a GIF.
    pub(super) fn gif(&self) -> Option<&Gif> {
        self.blocks().ok()?.gif.as_ref()
    }

    /// What `probe` found the first time it was called.
    pub(super) fn probed(
        &self,
        probe: impl FnOnce() -> Result<Probed, VideoError>,
    ) -> Result<&Probed, VideoError> {
        let probed = self.opened.probed.get_or_init(probe);
        probed.as_ref().map_err(Clone::clone)
    }

    fn blocks(&self) -> Result<&Blocks, VideoError> {
        let blocks = self.opened.blocks.get_or_init(|| Blocks::read(self.path()));
        blocks.as_ref().map_err(Clone::clone)
    }
}

impl Blocks {
    fn read(path: &Path) -> Result<Self, VideoError> {
        if let Some(reason) = fatal::reason(path) {
            return Err(VideoError::Damaged {
                path: path.to_path_buf(),
                reason: reason.to_owned(),
            });
        }
        let Some(gif) = Gif::read(path) else {
            return Ok(Self::default());
        };
        let repaired = if gif.is_whole {
            None
        } else {
            Some(gif.repaired(path)?)
        };
        Ok(Self {
            gif: Some(gif),
            repaired,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_knows_what_was_found_and_keeps_the_repaired_copy() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        let bytes = std::fs::read(folder.join("animation.gif")).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cut.gif");
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let source = Source::open(&path).unwrap();
        let copy = source.path_to_read().unwrap().to_path_buf();
        assert_ne!(copy, path);
        assert!(source.is_truncated());
        let clone = source.clone();
        drop(source);
        // Neither is read again.
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(clone.path_to_read().unwrap(), copy);
        assert!(clone.is_truncated() && copy.exists());
        drop(clone);
        assert!(!copy.exists());
        assert!(!Source::open(&path).unwrap().is_truncated());
    }

    #[test]
    fn a_source_is_probed_once() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("film.mp4");
        std::fs::copy(folder.join("plain.mp4"), &path).unwrap();
        let source = Source::open(&path).unwrap();
        let info = source.info().unwrap().clone();
        assert_eq!(source.container(), Container::Mp4);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(source.clone().info().unwrap(), &info);
    }
}
