//! How containers differ in what their demuxers deliver.

use crate::video::file::timing::StreamClock;

/// The container of a file, as far as it makes a difference here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::video) enum Container {
    /// MP4 and QuickTime.
    Mp4,
    /// Matroska and WebM.
    Matroska,
    TransportStream,
    /// MPEG program stream, such as MPG and VOB.
    ProgramStream,
    /// AVI: packets say when they are decoded, not when they are shown.
    Avi,
    /// None: a stream as its encoder wrote it.
    Bare,
    #[default]
    Other,
}

impl Container {
    /// The container that this demuxer reads.
    pub fn of_demuxer(factory: Option<&str>) -> Self {
        match factory {
            Some("qtdemux") => Self::Mp4,
            Some("matroskademux") => Self::Matroska,
            Some("tsdemux") => Self::TransportStream,
            Some("mpegpsdemux") => Self::ProgramStream,
            Some("avidemux") => Self::Avi,
            Some(_) => Self::Other,
            None => Self::Bare,
        }
    }

    /// Matroska's timestamps are stream time already. For a file without an index, the demuxer's
    /// first segment says otherwise for a few frames and then corrects itself.
    pub fn pts_is_stream_time(self) -> bool {
        self == Self::Matroska
    }

    /// Whether a stream is found only where its first packet comes: there is no header.
    pub fn finds_streams_late(self) -> bool {
        self == Self::ProgramStream
    }

    pub fn clock(self) -> StreamClock {
        StreamClock::new(self.pts_is_stream_time())
    }

    /// What to add to the stream time of a seek, given what the first segment adds to timestamps:
    /// the Matroska demuxer counts from its first timestamp when it jumps.
    pub fn seek_shift_ns(self, first_shift_ns: i64) -> i64 {
        if self == Self::Matroska {
            first_shift_ns
        } else {
            0
        }
    }

    /// Whether both fields of an interlaced frame are always in one packet.
    pub fn keeps_whole_frames(self) -> bool {
        matches!(self, Self::Mp4 | Self::Matroska)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::video::file::intake::Item;
    use crate::video::file::reader::{Delivery, Reader};
    use crate::video::file::source::Source;

    #[test]
    fn containers_are_recognised_by_their_demuxer() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        for (name, expected) in [
            ("plain.mp4", Container::Mp4),
            ("fragmented.mp4", Container::Mp4),
            ("no_cues.mkv", Container::Matroska),
            ("vp9.webm", Container::Matroska),
            ("first100.ts", Container::TransportStream),
            ("interlaced.mpg", Container::ProgramStream),
            ("mpeg4.avi", Container::Avi),
        ] {
            let source = Source::open(&folder.join(name)).unwrap();
            let reader = Reader::open(&source, Delivery::Packets, Arc::default()).unwrap();
            while !matches!(reader.next().unwrap(), Item::Buffer(_)) {}
            assert_eq!(reader.container(), expected, "{name}");
        }
    }
}
