//! The subtitles of a cut. They are few and small, so they are read before the pictures are copied,
//! and none of the other tracks ever waits for them.

use gstreamer as gst;

use crate::video::cut::family::Family;
use crate::video::cut::feed::Feed;
use crate::video::cut::sound::AUDIO_LAG_NS;
use crate::video::file::error::VideoError;
use crate::video::file::intake::VIDEO_TRACK;

/// A line that began so long before a cut may still be on screen.
pub(super) const LONGEST_LINE_NS: i64 = 60_000_000_000;

/// One track of them, within a cut.
pub(super) struct Subtitle {
    /// As the muxer takes it.
    pub caps: gst::Caps,
    /// Such as `de` or `deu`.
    pub language: Option<String>,
    pub lines: Vec<Line>,
}

/// Words, or a picture of them.
pub(super) struct Line {
    pub buffer: gst::Buffer,
    /// From the beginning of the cut.
    pub start_ns: i64,
    pub duration_ns: i64,
}

impl Line {
    /// Shows nothing, from the beginning of a cut up to this one. `None` where this one begins there.
    pub fn blank_before(&self) -> Option<Self> {
        (self.start_ns > 0).then(|| Self {
            buffer: gst::Buffer::from_slice(b" "),
            start_ns: 0,
            duration_ns: self.start_ns,
        })
    }
}

/// What the muxer has to be told of a subtitle track of this kind; `None` for one that the container does
/// not take.
pub(super) fn taken_caps(caps: &gst::Caps, family: Family) -> Option<gst::Caps> {
    let taken = if is_escaped(caps) {
        gst::Caps::builder("text/x-raw")
            .field("format", "utf8")
            .build()
    } else {
        caps.clone()
    };
    let name = taken.structure(0)?.name().to_string();
    // Other kinds have times that are not those of the pictures, or pictures as large as the screen.
    let is_known = [
        "text/x-raw",
        "application/x-ass",
        "application/x-ssa",
        "subpicture/x-dvd",
    ];
    (is_known.contains(&name.as_str()) && family.takes(&taken)).then_some(taken)
}

/// Matroska's lines may hold tags such as `<i>`. Its demuxer calls them marked-up text, and escapes
/// those that hold none.
fn is_escaped(caps: &gst::CapsRef) -> bool {
    let format = caps
        .structure(0)
        .and_then(|it| it.get::<&str>("format").ok());
    format == Some("pango-markup")
}

fn unescaped(buffer: &gst::Buffer) -> Option<gst::Buffer> {
    let bytes = buffer.map_readable().ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let mut text = text.to_owned();
    // The ampersand last, or what it begins would be taken for another of these.
    for (escaped, plain) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(escaped, plain);
    }
    Some(gst::Buffer::from_slice(text.into_bytes()))
}

/// What is shown between two times, in all tracks that the container takes; `feed` delivers subtitles
/// from some time before.
pub(super) fn between(
    mut feed: Feed,
    family: Family,
    (start_ns, end_ns): (i64, i64),
) -> Result<Vec<Subtitle>, VideoError> {
    let mut found: Vec<Vec<Line>> = Vec::new();
    while let Some((track, packet)) = feed.next()? {
        if track == VIDEO_TRACK {
            // Lines lie near the pictures to which they belong.
            if packet.time_ns - end_ns > AUDIO_LAG_NS {
                break;
            }
            continue;
        }
        if found.len() < track {
            found.resize_with(track, Vec::new);
        }
        let Some(duration) = packet.buffer.duration() else {
            continue;
        };
        let line_end_ns = packet.time_ns.saturating_add(duration.nseconds() as i64);
        let shown = packet.time_ns.max(start_ns)..line_end_ns.min(end_ns);
        if shown.is_empty() {
            continue;
        }
        found[track - 1].push(Line {
            buffer: packet.buffer,
            start_ns: shown.start - start_ns,
            duration_ns: shown.end - shown.start,
        });
    }
    let tracks = feed.tracks.into_iter().skip(1).zip(found);
    let taken = tracks.filter_map(|(track, mut lines)| {
        let caps = track.caps?;
        if is_escaped(&caps) {
            for line in &mut lines {
                if let Some(plain) = unescaped(&line.buffer) {
                    line.buffer = plain;
                }
            }
        }
        // In the order of a file that was cut from several, or at a joint.
        lines.sort_by_key(|line| line.start_ns);
        Some(Subtitle {
            caps: taken_caps(&caps, family)?,
            language: track.language,
            lines,
        })
    });
    Ok(taken.filter(|track| !track.lines.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_lines_are_as_they_were_typed() {
        gst::init().unwrap();
        let plain = |text: &str| {
            let buffer = gst::Buffer::from_slice(text.to_owned().into_bytes());
            let plain = unescaped(&buffer).unwrap();
            String::from_utf8(plain.map_readable().unwrap().to_vec()).unwrap()
        };
        assert_eq!(plain("Tom &amp; &lt;Jerry&gt;"), "Tom & <Jerry>");
        assert_eq!(plain("<i>Tom</i> & Jerry"), "<i>Tom</i> & Jerry");
        assert_eq!(plain("&amp;lt;"), "&lt;");
    }
}
