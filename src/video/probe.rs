//! What a file holds, from its first packets.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_pbutils as pbutils;

use super::VideoError;
use super::gif::Gif;
use super::intake::Item;
use super::picture::{Orientation, square_size};
use super::reader::{Delivery, Reader};
use super::timing::{Extent, Shown, StreamClock, secs};

/// The first picture in display order is among these: decoders hold back at most 16.
const N_FIRST_PACKETS: usize = 18;

/// Where reading starts before the end that the container tells.
const TAIL_NS: i64 = 2_000_000_000;

/// After this long the container's word has to do.
const MAX_TAIL_TIME: Duration = Duration::from_secs(2);

/// What people want to know of a video before it is decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoInfo {
    /// From the first frame to where the last one ends; the container's word for files whose end
    /// takes long to find.
    pub duration_secs: f64,
    /// Frames per second as numerator and denominator, `None` for variable or unknown rates.
    pub frame_rate: Option<(i32, i32)>,
    /// Upright, with square pixels.
    pub width: u32,
    pub height: u32,
    /// Such as `H.264 (High Profile)`.
    pub codec: String,
    /// Such as `Quicktime` or `Matroska`.
    pub container: String,
    pub has_audio: bool,
    pub orientation: Orientation,
}

/// Looks into a file without decoding it.
///
/// # Errors
/// As for opening a [`super::Sampler`]; a missing decoder shows only there.
pub fn probe(path: &Path) -> Result<VideoInfo, VideoError> {
    let reader = Reader::open(path, Delivery::Packets, Arc::new(AtomicBool::new(false)))?;
    let mut probe = Probe {
        reader: &reader,
        caps: None,
        orientation: Orientation::default(),
        clock: StreamClock::default(),
        shown: Vec::new(),
        ended: false,
    };
    // Nobody says that a short GIF is over, so its pictures are counted.
    let gif = Gif::read(path);
    let n_first = gif
        .as_ref()
        .map_or(N_FIRST_PACKETS, |gif| gif.delays.len().min(N_FIRST_PACKETS));
    while !probe.ended && probe.shown.len() < n_first {
        probe.read()?;
    }
    if probe.caps.is_none() || probe.shown.is_empty() {
        reader.check_bus()?;
        reader.check_streams()?;
        return Err(VideoError::Damaged {
            path: path.to_path_buf(),
            reason: "it holds no picture".to_owned(),
        });
    }
    let demuxer = reader.demuxer();
    let duration_ns = match &gif {
        Some(gif) => gif.duration_ns(),
        None => match probe.duration_from_tail()? {
            Some(duration_ns) => duration_ns,
            None => reader.container_duration_ns().unwrap_or(0),
        },
    };
    let caps = probe.caps.unwrap_or_else(gst::Caps::new_empty);
    describe(&caps, probe.orientation, demuxer.as_deref())
        .map(|info| VideoInfo {
            duration_secs: secs(duration_ns),
            has_audio: reader.has_audio(),
            ..info
        })
        .ok_or_else(|| VideoError::NotAVideo(path.to_path_buf()))
}

struct Probe<'a> {
    reader: &'a Reader,
    caps: Option<gst::Caps>,
    orientation: Orientation,
    clock: StreamClock,
    shown: Vec<Shown>,
    ended: bool,
}

impl Probe<'_> {
    fn read(&mut self) -> Result<(), VideoError> {
        match self.reader.next()? {
            Item::Caps(caps) => {
                let is_matroska = self.reader.demuxer().as_deref() == Some("matroskademux");
                self.clock = StreamClock::new(is_matroska);
                self.caps = Some(caps);
            }
            Item::Segment(segment) => self.clock.set_segment(segment),
            Item::Tags(tags) => {
                self.orientation = Orientation::from_tags(&tags).unwrap_or(self.orientation);
            }
            Item::Buffer(buffer) => {
                let time = buffer.pts().or(buffer.dts());
                let shown = time.and_then(|time| self.clock.shown(time, buffer.duration()));
                self.shown.extend(shown);
            }
            Item::Eos => self.ended = true,
        }
        Ok(())
    }

    /// From the first packet to the end of the last one: containers forget, guess and round their
    /// length. Reads only the tail where the file can be searched. `None` if that takes too long.
    fn duration_from_tail(&mut self) -> Result<Option<i64>, VideoError> {
        let zero_ns = self.shown.iter().map(|shown| shown.start_ns).min();
        let mut extent = Extent::new(zero_ns.unwrap_or(0));
        let add = |extent: &mut Extent, shown: &mut Vec<Shown>| {
            let n_added = shown.len();
            shown.drain(..).for_each(|shown| extent.add(shown));
            n_added
        };
        add(&mut extent, &mut self.shown);
        let container_ns = self.reader.container_duration_ns();
        let tail_ns = container_ns.map_or(0, |container_ns| container_ns - TAIL_NS);
        let start = Instant::now();
        // A truncated file has nothing at its supposed end; then the whole is read.
        for from_ns in [tail_ns, 0] {
            if self.ended {
                break;
            }
            let sought = self.reader.seek(from_ns, gst::SeekFlags::SNAP_BEFORE);
            let mut n_read = 0;
            while !self.ended {
                match self.read() {
                    Ok(()) => n_read += add(&mut extent, &mut self.shown),
                    Err(error @ VideoError::Timeout { .. }) => return Err(error),
                    // A damaged tail: what was read counts.
                    Err(_) => self.ended = true,
                }
                if start.elapsed() > MAX_TAIL_TIME {
                    return Ok(None);
                }
            }
            self.ended = n_read > 0 || !sought;
        }
        Ok(Some(extent.duration_ns()))
    }
}

fn describe(
    caps: &gst::Caps,
    orientation: Orientation,
    demuxer: Option<&str>,
) -> Option<VideoInfo> {
    let structure = caps.structure(0)?;
    let size = |field: &str| {
        structure
            .get::<i32>(field)
            .ok()
            .and_then(|value| u32::try_from(value).ok())
    };
    let pixel_aspect = structure
        .get::<gst::Fraction>("pixel-aspect-ratio")
        .unwrap_or(gst::Fraction::new(1, 1));
    let (width, height) = square_size(size("width")?, size("height")?, pixel_aspect);
    let (width, height) = if orientation.is_sideways() {
        (height, width)
    } else {
        (width, height)
    };
    let frame_rate = structure
        .get::<gst::Fraction>("framerate")
        .ok()
        .map(|rate| (rate.numer(), rate.denom()))
        .filter(|(numer, denom)| *numer > 0 && *denom > 0);
    Some(VideoInfo {
        duration_secs: 0.0,
        frame_rate,
        width,
        height,
        codec: pbutils::pb_utils_get_codec_description(caps).into(),
        container: demuxer.map_or_else(|| "none".to_owned(), container_name),
        has_audio: false,
        orientation,
    })
}

fn container_name(demuxer: &str) -> String {
    match demuxer {
        "qtdemux" => "MP4/QuickTime",
        "matroskademux" => "Matroska/WebM",
        "tsdemux" => "MPEG transport stream",
        "mpegpsdemux" => "MPEG program stream",
        "avidemux" => "AVI",
        "flvdemux" => "FLV",
        "asfdemux" => "ASF/WMV",
        "oggdemux" => "Ogg",
        other => other,
    }
    .to_owned()
}
