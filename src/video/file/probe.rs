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
use super::timecode::{self, Beginning, StartTimecode};
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
    /// Of the first sound track, 0 without one.
    pub n_audio_channels: u32,
    pub orientation: Orientation,
    /// Upright, with the pixels as they are stored.
    pub stored_size: (u32, u32),
    /// Width to height of a stored pixel, upright; 1:1 for most.
    pub pixel_aspect: (u32, u32),
    /// Of the first frame, where the file has timecode.
    pub start_timecode: Option<StartTimecode>,
    /// How long the file has only sound before the first frame, as far as its header tells.
    pub video_start_secs: f64,
}

/// Looks into a file without decoding it.
///
/// # Errors
/// As for opening a [`super::Sampler`]; a missing decoder shows only there.
pub fn probe(path: &Path) -> Result<VideoInfo, VideoError> {
    let reader = Reader::open(path, Delivery::Packets, Arc::new(AtomicBool::new(false)))?;
    let mut probe = Probe::new(&reader);
    // Nobody says that a short GIF is over, so its pictures are counted.
    let gif = Gif::read(path);
    let n_first = gif
        .as_ref()
        .map_or(N_FIRST_PACKETS, |gif| gif.delays.len().min(N_FIRST_PACKETS));
    probe.read_first(n_first)?;
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
    let beginning = match demuxer.as_deref() {
        Some("qtdemux") => timecode::read(path),
        _ => Beginning::default(),
    };
    let n_audio_channels = reader.n_audio_channels();
    describe(&caps, probe.orientation, demuxer.as_deref())
        .map(|info| VideoInfo {
            duration_secs: secs(duration_ns),
            has_audio: n_audio_channels > 0,
            n_audio_channels,
            start_timecode: beginning.timecode,
            video_start_secs: beginning.video_start_secs,
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

/// Stream time of the first picture, as its packet tells it.
pub(super) fn first_packet_ns(path: &Path, cancel: &Arc<AtomicBool>) -> Result<i64, VideoError> {
    let reader = Reader::open(path, Delivery::Packets, Arc::clone(cancel))?;
    let mut probe = Probe::new(&reader);
    probe.read_first(N_FIRST_PACKETS)?;
    Ok(probe.first_ns().unwrap_or(0))
}

impl<'a> Probe<'a> {
    fn new(reader: &'a Reader) -> Self {
        Self {
            reader,
            caps: None,
            orientation: Orientation::default(),
            clock: StreamClock::default(),
            shown: Vec::new(),
            ended: false,
        }
    }

    fn read_first(&mut self, n_packets: usize) -> Result<(), VideoError> {
        while !self.ended && self.shown.len() < n_packets {
            self.read()?;
        }
        Ok(())
    }

    fn first_ns(&self) -> Option<i64> {
        self.shown.iter().map(|shown| shown.start_ns).min()
    }

    fn read(&mut self) -> Result<(), VideoError> {
        match self.reader.next()? {
            Item::Caps(caps) => {
                self.clock = self.reader.container().clock();
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
        let mut extent = Extent::new(self.first_ns().unwrap_or(0));
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
    let upright = |(across, down)| {
        if orientation.is_sideways() {
            (down, across)
        } else {
            (across, down)
        }
    };
    let stored_size = (size("width")?, size("height")?);
    let (width, height) = upright(square_size(stored_size.0, stored_size.1, pixel_aspect));
    let told = structure.get::<gst::Fraction>("framerate").ok();
    let frame_rate = mpeg2_frame_rate(structure)
        .or_else(|| told.map(|rate| (rate.numer(), rate.denom())))
        .filter(|(numer, denom)| *numer > 0 && *denom > 0);
    let aspect = (pixel_aspect.numer(), pixel_aspect.denom());
    let pixel_aspect = match (u32::try_from(aspect.0), u32::try_from(aspect.1)) {
        (Ok(numer @ 1..), Ok(denom @ 1..)) => (numer, denom),
        _ => (1, 1),
    };
    Some(VideoInfo {
        duration_secs: 0.0,
        frame_rate,
        width,
        height,
        codec: pbutils::pb_utils_get_codec_description(caps).into(),
        container: demuxer.map_or_else(|| "none".to_owned(), container_name),
        has_audio: false,
        n_audio_channels: 0,
        orientation,
        stored_size: upright(stored_size),
        pixel_aspect: upright(pixel_aspect),
        start_timecode: None,
        video_start_secs: 0.0,
    })
}

/// The rate in an MPEG-2 sequence header: a usual one, and the factor of its extension, of which
/// GStreamer 1.22 forgets the denominator (ISO/IEC 13818-2, 6.3.3 and 6.3.5).
fn mpeg2_frame_rate(structure: &gst::StructureRef) -> Option<(i32, i32)> {
    const USUAL: [(i32, i32); 8] = [
        (24_000, 1001),
        (24, 1),
        (25, 1),
        (30_000, 1001),
        (30, 1),
        (50, 1),
        (60_000, 1001),
        (60, 1),
    ];
    let is_mpeg2 = structure.get::<i32>("mpegversion") == Ok(2);
    let header = structure.get::<gst::Buffer>("codec_data").ok();
    let header = header.filter(|_| structure.name() == "video/mpeg" && is_mpeg2)?;
    let header = header.map_readable().ok()?;
    let code = header.strip_prefix(&[0, 0, 1, 0xb3])?.get(3)? & 0xf;
    let (numer, denom) = *USUAL.get(usize::from(code).checked_sub(1)?)?;
    let mut parts = header.windows(10);
    let extension = parts.find(|part| part.starts_with(&[0, 0, 1, 0xb5]) && part[4] >> 4 == 1)?;
    let (n, d) = (extension[9] >> 5 & 3, extension[9] & 31);
    Some((numer * (i32::from(n) + 1), denom * (i32::from(d) + 1)))
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
