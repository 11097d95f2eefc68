//! Finds out what a file holds, from its first packets and its end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_pbutils as pbutils;

use crate::video::file::beginning::{self, Beginning};
use crate::video::file::container::Container;
use crate::video::file::error::VideoError;
use crate::video::file::info::VideoInfo;
use crate::video::file::intake::Item;
use crate::video::file::orientation::{Orientation, square_size};
use crate::video::file::rate::{is_plain, rate_of_most};
use crate::video::file::reader::{Delivery, Reader};
use crate::video::file::source::{Probed, Source};
use crate::video::file::streams::FirstSound;
use crate::video::file::timing::{Extent, Shown, StreamClock, secs};

/// The first picture in display order is among these: decoders hold back at most 16.
const N_FIRST_PACKETS: usize = 18;

/// So many packets tell the rate where the format of the packets does not.
const N_PACKETS_OF_RATE: usize = 600;

/// Sound begins a little before or after the pictures in most files; that is no lateness.
const MIN_LATE_SECS: f64 = 0.02;

/// What containers round.
const MAX_ROUNDING_SECS: f64 = 0.002;

/// How far before the stated end reading starts.
const TAIL_NS: i64 = 2_000_000_000;

/// After this long, the length that the container states has to do.
const MAX_TAIL_TIME: Duration = Duration::from_secs(2);

/// Looks into a file without decoding it.
///
/// # Errors
/// As for [`Source::info`].
pub fn probe(path: &Path) -> Result<VideoInfo, VideoError> {
    Source::open(path)?.info().cloned()
}

impl Source {
    /// What the file holds, without decoding it. Looked up the first time, then remembered.
    ///
    /// # Errors
    /// Everything that makes the file unusable. A missing decoder only shows when frames are read.
    pub fn info(&self) -> Result<&VideoInfo, VideoError> {
        let probed = self.probed(|| look_into(self));
        probed.map(|probed| &probed.info)
    }

    /// As [`Self::info`]; the default for a file that cannot be read.
    pub(in crate::video) fn container(&self) -> Container {
        let probed = self.probed(|| look_into(self));
        probed.map_or_else(|_| Container::default(), |probed| probed.container)
    }
}

fn look_into(source: &Source) -> Result<Probed, VideoError> {
    let reader = Reader::open(source, Delivery::Packets, Arc::default())?;
    let mut probe = Probe::new(&reader);
    probe.read_first(N_FIRST_PACKETS)?;
    if probe.caps.is_none() || probe.shown.is_empty() {
        reader.check_bus()?;
        reader.check_streams()?;
        return Err(VideoError::Damaged {
            path: source.path().to_path_buf(),
            reason: "it holds no picture".to_owned(),
        });
    }
    let container = reader.container();
    let stated_rate = probe
        .caps
        .as_ref()
        .and_then(|caps| frame_rate(caps.structure(0)?));
    let mut is_rate_average = false;
    let frame_rate = match stated_rate {
        Some(rate) if is_plain(rate) => stated_rate,
        _ if source.gif().is_some() => stated_rate,
        // An average, or nothing: most distances between pictures say more.
        _ => {
            probe.read_first(N_PACKETS_OF_RATE)?;
            let measured = rate_of_most(probe.shown.iter().map(|shown| shown.start_ns));
            is_rate_average = measured.is_none();
            measured.or(stated_rate)
        }
    };
    let first_ns = probe.first_key_ns.or(probe.first_ns());
    let parts = source.edits();
    let duration_ns = match source.gif() {
        Some(gif) => gif.duration_ns(),
        None if !parts.is_empty() => {
            let ends = parts.iter().map(|part| part.end_ns);
            ends.max().unwrap_or(0) - parts[0].start_ns
        }
        None => match probe.duration_from_tail()? {
            Some(duration_ns) => duration_ns,
            None => reader.container_duration_ns().unwrap_or(0),
        },
    };
    let caps = probe.caps.unwrap_or_else(gst::Caps::new_empty);
    let chosen = source.tracks().chosen();
    let beginning = match container {
        Container::Mp4 => beginning::read(source.path(), chosen.map(|(_, track)| track.number)),
        _ => Beginning {
            timecode: None,
            video_start_secs: after_sound_secs(
                first_ns,
                first_sound(source, &reader, first_ns),
                frame_rate,
            ),
        },
    };
    let info = describe(&caps, probe.orientation)
        .ok_or_else(|| VideoError::NotAVideo(source.path().to_path_buf()))?;
    Ok(Probed {
        info: VideoInfo {
            duration_secs: secs(duration_ns),
            frame_rate,
            is_rate_average,
            n_audio_channels: reader.n_audio_channels(),
            start_timecode: beginning.timecode,
            video_start_secs: beginning.video_start_secs,
            ..info
        },
        container,
    })
}

struct Probe<'a> {
    reader: &'a Reader,
    caps: Option<gst::Caps>,
    orientation: Orientation,
    clock: StreamClock,
    shown: Vec<Shown>,
    /// Decoding can begin there; what comes before it is never shown.
    first_key_ns: Option<i64>,
    ended: bool,
}

/// Stream time of the first picture according to its packet.
pub(in crate::video) fn first_packet_ns(
    source: &Source,
    cancel: &Arc<AtomicBool>,
) -> Result<i64, VideoError> {
    let reader = Reader::open(source, Delivery::Packets, Arc::clone(cancel))?;
    let mut probe = Probe::new(&reader);
    probe.read_first(N_FIRST_PACKETS)?;
    Ok(probe.first_ns().unwrap_or(0))
}

impl<'a> Probe<'a> {
    fn new(reader: &'a Reader) -> Self {
        Self {
            reader,
            caps: None,
            orientation: reader.orientation(&gst::TagList::new(), Orientation::default()),
            clock: StreamClock::default(),
            shown: Vec::new(),
            first_key_ns: None,
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
                self.orientation = self.reader.orientation(&tags, self.orientation);
            }
            Item::Buffer(buffer) => {
                let time = buffer.pts().or(buffer.dts());
                let shown = time.and_then(|time| self.clock.shown(time, buffer.duration()));
                if !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT) {
                    self.first_key_ns = self.first_key_ns.or(shown.map(|shown| shown.start_ns));
                }
                self.shown.extend(shown);
            }
            Item::Eos => self.ended = true,
        }
        Ok(())
    }

    /// From the first packet to the end of the last one, because the length that a container states
    /// may be missing, guessed or rounded. Reads only the tail if the file can be searched. `None`
    /// if that takes too long.
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
        // A truncated file has nothing near its stated end; then all of it is read.
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
                    // The tail is damaged; what was read before it counts.
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

/// What the caps of the first packets say; the rest is left at zero.
fn describe(caps: &gst::Caps, orientation: Orientation) -> Option<VideoInfo> {
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
    let aspect = (pixel_aspect.numer(), pixel_aspect.denom());
    let pixel_aspect = match (u32::try_from(aspect.0), u32::try_from(aspect.1)) {
        (Ok(numer @ 1..), Ok(denom @ 1..)) => (numer, denom),
        _ => (1, 1),
    };
    Some(VideoInfo {
        duration_secs: 0.0,
        frame_rate: None,
        is_rate_average: false,
        width,
        height,
        codec: pbutils::pb_utils_get_codec_description(caps).into(),
        n_audio_channels: 0,
        orientation,
        stored_size: upright(stored_size),
        pixel_aspect: upright(pixel_aspect),
        start_timecode: None,
        video_start_secs: 0.0,
    })
}

/// The rate that the format of the packets states.
fn frame_rate(structure: &gst::StructureRef) -> Option<(i32, i32)> {
    let stated = structure.get::<gst::Fraction>("framerate").ok();
    mpeg2_frame_rate(structure)
        .or_else(|| stated.map(|rate| (rate.numer(), rate.denom())))
        .filter(|(numer, denom)| *numer > 0 && *denom > 0)
}

/// Where the sound of the file begins. Of a stream without a header the demuxer does not deliver all
/// of it, so what stands in the file counts.
fn first_sound(source: &Source, reader: &Reader, first_ns: Option<i64>) -> Option<FirstSound> {
    let heard = reader.first_sound()?;
    let packet_ns = match (source.head().late_ns, first_ns) {
        (Some(late_ns), Some(first_ns)) => first_ns - late_ns,
        _ => heard.packet_ns,
    };
    Some(FirstSound { packet_ns, ..heard })
}

/// How long before the pictures the sound begins.
///
/// Files are mostly shifted by whole frames. So a time near a frame boundary is meant to be on it
/// (Matroska rounds to milliseconds), and if only the time without the encoder's silence is near one,
/// there is such silence.
fn after_sound_secs(
    first_ns: Option<i64>,
    sound: Option<FirstSound>,
    frame_rate: Option<(i32, i32)>,
) -> f64 {
    let (Some(first_ns), Some(sound)) = (first_ns, sound) else {
        return 0.0;
    };
    let late_secs = secs(first_ns - sound.packet_ns);
    let without_priming_secs = late_secs - secs(sound.priming_ns);
    if without_priming_secs < MIN_LATE_SECS {
        return 0.0;
    }
    let Some((numer, denom)) = frame_rate else {
        return late_secs;
    };
    let per_sec = f64::from(numer) / f64::from(denom);
    let on_frame = |secs: f64| {
        let on_frame_secs = (secs * per_sec).round() / per_sec;
        ((on_frame_secs - secs).abs() < MAX_ROUNDING_SECS).then_some(on_frame_secs)
    };
    on_frame(late_secs)
        .or_else(|| on_frame(without_priming_secs))
        .unwrap_or(late_secs)
}

/// The rate in an MPEG-2 sequence header: one of the usual rates, times the factor in its extension,
/// of which GStreamer 1.22 drops the denominator (ISO/IEC 13818-2, 6.3.3 and 6.3.5).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_late_by_whole_frames_whatever_the_encoder_of_the_sound_put_first() {
        let late = |first_secs: f64, rate| {
            let sound = FirstSound {
                packet_ns: 1_400_000_000,
                priming_ns: 64_000_000,
            };
            let first_ns = 1_400_000_000 + (first_secs * 1e9) as i64;
            after_sound_secs(Some(first_ns), Some(sound), rate)
        };
        let pal = Some((25, 1));
        assert_eq!(late(6.0, pal), 6.0);
        assert_eq!(late(6.001, pal), 6.0, "rounded");
        assert_eq!(late(6.064, pal), 6.0, "with silence first");
        assert_eq!(late(0.064, pal), 0.0, "nothing but silence");
        assert_eq!(late(-1.0, pal), 0.0);
        assert!((late(6.05, pal) - 6.05).abs() < 1e-6, "between frames");
        assert!((late(6.064, None) - 6.064).abs() < 1e-6);
        assert_eq!(after_sound_secs(Some(5), None, pal), 0.0);
    }
}
