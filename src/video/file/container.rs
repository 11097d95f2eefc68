//! What containers have of their own, as their demuxers hand it on.

use super::timing::StreamClock;

/// The container of a file, as far as it has to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Container {
    /// MP4 and QuickTime.
    Mp4,
    /// Matroska and WebM.
    Matroska,
    TransportStream,
    #[default]
    Other,
}

impl Container {
    /// By the name of its demuxer.
    pub fn of_demuxer(factory: Option<&str>) -> Self {
        match factory {
            Some("qtdemux") => Self::Mp4,
            Some("matroskademux") => Self::Matroska,
            Some("tsdemux") => Self::TransportStream,
            _ => Self::Other,
        }
    }

    /// Matroska's timestamps are stream time already. The demuxer's first segment of a file
    /// without index claims otherwise for a few frames and then corrects itself.
    pub fn pts_is_stream_time(self) -> bool {
        self == Self::Matroska
    }

    pub fn clock(self) -> StreamClock {
        StreamClock::new(self.pts_is_stream_time())
    }

    /// What is to be added to the stream time that is sought, given what the first segment adds to
    /// timestamps: the Matroska demuxer counts from its first timestamp when it is told to jump.
    pub fn seek_shift_ns(self, first_shift_ns: i64) -> i64 {
        if self == Self::Matroska {
            first_shift_ns
        } else {
            0
        }
    }

    /// Whether both fields of an interlaced frame are in one packet.
    pub fn keeps_whole_frames(self) -> bool {
        matches!(self, Self::Mp4 | Self::Matroska)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::intake::Item;
    use super::super::reader::{Delivery, Reader};
    use super::*;

    #[test]
    fn containers_are_known_by_what_reads_them() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        for (name, expected) in [
            ("plain.mp4", Container::Mp4),
            ("fragmented.mp4", Container::Mp4),
            ("no_cues.mkv", Container::Matroska),
            ("vp9.webm", Container::Matroska),
            ("first100.ts", Container::TransportStream),
            ("mpeg4.avi", Container::Other),
        ] {
            let path = folder.join(name);
            let reader = Reader::open(&path, Delivery::Packets, Arc::default()).unwrap();
            while !matches!(reader.next().unwrap(), Item::Buffer(_)) {}
            assert_eq!(reader.container(), expected, "{name}");
        }
    }
}
