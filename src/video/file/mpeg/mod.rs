//! How a transport or program stream begins, which GStreamer (1.22) does not say and, where the sound
//! begins long before the pictures, does not read.
//!
//! Such files have no header: a stream is known once its first packet has come. After some seconds of
//! nothing but sound the demuxers give up waiting for more, the one of transport streams its clock too.
//! So what sounds long before the first picture is hidden from them, byte by byte ([`ByteChanges`]); the
//! file keeps its length and its places, and how much was hidden is known.
//!
//! ```text
//! transport   read the first packets ─┐
//! program     read the first packets ─┴▶ StreamHead: how late the pictures are, what is hidden, tracks
//! ```

pub(super) mod clock;
mod pes;
mod program;
mod transport;

use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::Path;

use crate::video::file::byte_changes::ByteChanges;
use clock::SlowClock;

/// So much of a file is searched for its first picture.
const MAX_HEAD_BYTES: u64 = 64 << 20;

/// Sound that stays before the first picture: some of it belongs to what is shown then.
const KEPT_TICKS: i64 = 3 * pes::TICKS_PER_SEC / 10;

/// What the first packets of a stream say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct StreamHead {
    /// From the first sound to the first picture with which decoding can begin, in nanoseconds; below
    /// zero if the picture comes first. `None` without sound.
    pub late_ns: Option<i64>,
    /// What has to be hidden from GStreamer.
    pub changes: ByteChanges,
    /// The number of each video of a transport stream with how many packets it has at the beginning.
    pub videos: Vec<(u16, u64)>,
    /// For a transport stream whose clock ticks seldom.
    pub clock: Option<SlowClock>,
}

impl StreamHead {
    /// The default for all other files, and for those without a picture at their beginning.
    pub fn read(path: &Path) -> Self {
        let read = || {
            let mut file = BufReader::new(File::open(path)?);
            if let Some(head) = transport::read(&mut file)? {
                return Ok(head);
            }
            file.seek(SeekFrom::Start(0))?;
            Ok(program::read(&mut file)?.unwrap_or_default())
        };
        read().unwrap_or_else(|error: io::Error| {
            log::debug!("{}: its beginning is not known: {error}", path.display());
            Self::default()
        })
    }
}

/// A piece of sound before the first picture.
#[derive(Clone, Copy, Debug)]
struct Sound {
    /// Where it begins in the file.
    at: u64,
    time: i64,
}

/// The first piece that stays, if what comes before it is longer than `min_ticks`.
fn first_kept(sounds: &[Sound], min_ticks: i64) -> Option<Sound> {
    let (first, last) = (sounds.first()?, sounds.last()?);
    // Times that jump are another kind of file.
    let is_long = (min_ticks..1 << 32).contains(&pes::ticks_from(first.time, last.time));
    let mut from_first = sounds.iter();
    let kept = from_first.find(|sound| pes::ticks_from(sound.time, last.time) <= KEPT_TICKS);
    kept.copied().filter(|_| is_long)
}

/// From the earliest of these times to the picture.
fn late_ns(sounds: impl Iterator<Item = i64>, picture: i64) -> Option<i64> {
    let late = sounds.map(|time| {
        let ticks = pes::ticks_from(time, picture);
        // A time shortly after the picture's is a distance below zero.
        if ticks >= 1 << 32 {
            ticks - (1 << 33)
        } else {
            ticks
        }
    });
    Some(late.max()? * 100_000 / 9)
}
