//! Several parts, of one video or of several, as one file, nothing decoded and nothing encoded.
//!
//! Each part begins with its key frame and follows where the picture of the one before it has ended. Players
//! set up their decoders once for a file, so the streams of all parts must agree.

use std::path::{Path, PathBuf};

use gstreamer as gst;
use gstreamer::prelude::GstValueExt as _;

use crate::domain::{TimeSpan, file_name};
use crate::video::cut::cutter::{CutExtent, Cutter};
use crate::video::cut::format::Format;
use crate::video::cut::muxer::Muxer;
use crate::video::cut::place::Place;
use crate::video::file::error::VideoError;
use crate::video::file::intake::VIDEO_TRACK;
use crate::video::file::timing::secs;

/// Fields of caps that need not be equal: what decoders do not need, and how parsers sort packets.
const MAY_DIFFER: [&str; 6] = [
    "framerate",
    "max-framerate",
    "parsed",
    "base-profile",
    "framed",
    "bitrate",
];

/// A file of several parts that is being written; dropping it leaves nothing behind.
pub struct Joiner {
    muxer: Muxer,
    format: Format,
    first: PathBuf,
    /// Where the next part begins.
    at_ns: i64,
    n_parts: usize,
}

impl Joiner {
    /// Begins a file of the kind that cuts of `cutter` have.
    ///
    /// # Errors
    /// A target that is one of the sources; a folder that cannot be written to.
    pub fn create(cutter: &Cutter, target: &Path) -> Result<Self, VideoError> {
        cutter.refuse_source(target)?;
        let format = Format {
            // The clock of a film that jumps is none.
            timecode: None,
            chapters: Vec::new(),
            ..cutter.format.clone()
        };
        if format.has_subtitles {
            let path = cutter.source.path().display();
            log::warn!("{path}: moments are joined without its subtitles");
        }
        let (path, cancel) = (cutter.source.path(), cutter.cancel.clone());
        let muxer = Muxer::create(path, target, &format, (0, 0), Vec::new(), cancel)?;
        Ok(Self {
            muxer,
            format,
            first: cutter.source.path().to_path_buf(),
            at_ns: 0,
            n_parts: 0,
        })
    }

    /// Whether parts of this video can follow.
    ///
    /// # Errors
    /// In what its streams differ from those of the first.
    pub fn check(&self, cutter: &Cutter) -> Result<(), VideoError> {
        let differs = difference(&self.format, &cutter.format);
        differs.map_or(Ok(()), |what| {
            let first = file_name(&self.first);
            Err(cutter.uncuttable(&format!(
                "it cannot follow {first} in one file without being encoded anew: {what}; \
                 write the moments as files of their own, or as an edit list"
            )))
        })
    }

    /// Appends the part that covers `span`; returns it with its place in the new file, in seconds.
    ///
    /// # Errors
    /// As [`Cutter::cut`], and [`Joiner::check`].
    pub fn add(&mut self, cutter: &Cutter, span: TimeSpan) -> Result<(CutExtent, f64), VideoError> {
        self.check(cutter)?;
        let (at_ns, follows) = (self.at_ns, self.n_parts > 0);
        let muxer = &mut self.muxer;
        let (key_ns, end_ns) = cutter.each_way(span, |feed, part, (key_ns, end_ns)| {
            let place = Place {
                key_ns,
                at_ns,
                follows,
                goes_on: true,
            };
            let filled = cutter.fill(muxer, feed, part, (key_ns, end_ns), place)?;
            Ok(filled.map(|picture_end_ns| (key_ns, picture_end_ns)))
        })?;
        self.n_parts += 1;
        self.at_ns += end_ns - key_ns;
        Ok((cutter.extent(key_ns, end_ns), secs(at_ns)))
    }

    /// Completes the file and gives it its name; returns its length.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn finish(self) -> Result<f64, VideoError> {
        let length_secs = secs(self.at_ns);
        self.muxer.finish()?;
        Ok(length_secs)
    }
}

/// In what two videos differ so that one cannot follow the other.
fn difference(first: &Format, second: &Format) -> Option<String> {
    if first.family != second.family {
        let (a, b) = (first.family.extension, second.family.extension);
        return Some(format!("its cuts are .{b} files, not .{a}"));
    }
    if first.orientation != second.orientation {
        return Some("its picture is turned otherwise".to_owned());
    }
    let n_sounds = |format: &Format| format.tracks.len().saturating_sub(VIDEO_TRACK + 1);
    if n_sounds(first) != n_sounds(second) {
        return Some("it has another number of sound tracks".to_owned());
    }
    let tracks = first.tracks.iter().zip(&second.tracks);
    for (track, (a, b)) in tracks.enumerate() {
        let what = if track == VIDEO_TRACK {
            "picture"
        } else {
            "sound"
        };
        let (Some(a), Some(b)) = (a.structure(0), b.structure(0)) else {
            if a.is_empty() != b.is_empty() {
                return Some(format!("its {what} is of another kind"));
            }
            continue;
        };
        if a.name() != b.name() {
            return Some(format!("its {what} is {}, not {}", b.name(), a.name()));
        }
        let size = |it: &gst::StructureRef| {
            Some((it.get::<i32>("width").ok()?, it.get::<i32>("height").ok()?))
        };
        if let (Some(a), Some(b)) = (size(a), size(b))
            && a != b
        {
            return Some(format!(
                "it has {} × {} pixels, not {} × {}",
                b.0, b.1, a.0, a.1
            ));
        }
        let names = a.fields().chain(b.fields());
        let mut names = names.filter(|name| !MAY_DIFFER.contains(&name.as_str()));
        let is_other = |name: &str| match (a.value(name), b.value(name)) {
            (Ok(a), Ok(b)) => a.compare(b) != Some(std::cmp::Ordering::Equal),
            _ => true,
        };
        if let Some(name) = names.find(|name| is_other(name.as_str())) {
            return Some(format!("its {what} was encoded otherwise ({name})"));
        }
    }
    None
}
