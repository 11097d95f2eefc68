//! What the header of an MP4 or Matroska file says about its video tracks and GStreamer does not:
//! which one is meant to be shown, and how its picture is turned or mirrored.
//!
//! Layout: ISO/IEC 14496-12, 8.3.2 (track header), and RFC 9559, 5.1.4 (tracks).

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::video::file::mp4::{self, boxes, child, descendant, header_field, u32_at, version};
use crate::video::file::orientation::Orientation;
use crate::video::file::truncated::ebml_number;

/// The flag of a track that is shown.
const MP4_ENABLED: u32 = 1;

/// Matroska's tracks are described within so much of the file, or they are not read.
const MAX_MATROSKA_HEADER: u64 = 1 << 20;

/// A video track as the header describes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StoredTrack {
    /// Its number, with which GStreamer's name of the stream ends.
    pub number: u64,
    /// Whether it is meant to be shown unless somebody chooses another.
    is_default: bool,
    /// Pixels, or packets where the sizes are not known.
    size: u64,
    orientation: Option<Orientation>,
}

/// The video tracks of a file, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct StoredTracks(Vec<StoredTrack>);

impl StoredTracks {
    /// Empty for other containers and for damaged headers.
    pub fn read(path: &Path) -> Self {
        let read = || {
            let mut file = BufReader::new(File::open(path)?);
            let mut head = [0; 8];
            file.read_exact(&mut head)?;
            if head[..4] == MATROSKA {
                file.seek(SeekFrom::Start(0))?;
                let mut header = Vec::new();
                file.take(MAX_MATROSKA_HEADER).read_to_end(&mut header)?;
                Ok(Self(matroska_tracks(&header)))
            } else {
                mp4_tracks(&mut file).map(Self)
            }
        };
        read().unwrap_or_else(|error: io::Error| {
            log::debug!("{}: no track headers: {error}", path.display());
            Self::default()
        })
    }

    /// Those of a transport stream, with how many packets each has.
    pub fn of_transport(videos: &[(u16, u64)]) -> Self {
        let track = |(number, n_packets): &(u16, u64)| StoredTrack {
            number: u64::from(*number),
            is_default: true,
            size: *n_packets,
            orientation: None,
        };
        Self(videos.iter().map(track).collect())
    }

    /// The track that is shown and its place among all of them: the first default one, else the
    /// largest. `None` if there is no choice.
    pub fn chosen(&self) -> Option<(usize, StoredTrack)> {
        let Self(tracks) = self;
        if tracks.len() < 2 {
            return None;
        }
        let n_default = tracks.iter().filter(|track| track.is_default).count();
        // Where all are default ones, the flag says nothing.
        let is_said = n_default > 0 && n_default < tracks.len();
        let best = if is_said {
            tracks.iter().position(|track| track.is_default)
        } else {
            let largest = tracks.iter().map(|track| track.size).max();
            tracks.iter().position(|track| Some(track.size) == largest)
        };
        best.map(|at| (at, tracks[at]))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether another video track than that one has this number.
    pub fn is_other(&self, number: u64) -> bool {
        self.chosen().is_some_and(|(_, chosen)| {
            chosen.number != number && self.0.iter().any(|track| track.number == number)
        })
    }

    /// How the picture of the shown track is turned, where the header says that it is.
    pub fn orientation(&self) -> Option<Orientation> {
        let shown = self.chosen().map(|(_, track)| track);
        let shown = shown.or_else(|| self.0.first().copied())?;
        shown
            .orientation
            .filter(|turn| *turn != Orientation::default())
    }
}

fn mp4_tracks(file: &mut (impl Read + Seek)) -> io::Result<Vec<StoredTrack>> {
    let movie = mp4::movie(file)?;
    let mut tracks = Vec::new();
    for track in boxes(file, movie.start, movie.end)? {
        if track.kind != *b"trak" {
            continue;
        }
        let handler = descendant(file, &track, &[b"mdia", b"hdlr"])?;
        let header = child(file, &track, b"tkhd")?;
        let (Some(handler), Some(header)) = (handler, header) else {
            continue;
        };
        if u32_at(file, &handler, 8)?.to_be_bytes() != *b"vide" {
            continue;
        }
        let number_at = header_field(file, &header)?;
        // The number, reserved, the length; then reserved, layer, group, volume, reserved.
        let length_bytes = if version(file, &header)? == 1 { 8 } else { 4 };
        let matrix_at = number_at + 8 + length_bytes + 16;
        let mut field = |at| u32_at(file, &header, at);
        let matrix = [
            field(matrix_at)?,
            field(matrix_at + 4)?,
            field(matrix_at + 12)?,
            field(matrix_at + 16)?,
        ];
        // Widths and heights are 16.16 numbers.
        let (width, height) = (field(matrix_at + 36)? >> 16, field(matrix_at + 40)? >> 16);
        tracks.push(StoredTrack {
            number: u64::from(field(number_at)?),
            is_default: field(0)? & MP4_ENABLED != 0,
            size: u64::from(width) * u64::from(height),
            orientation: Orientation::from_matrix(matrix.map(u32::cast_signed)),
        });
    }
    Ok(tracks)
}

const MATROSKA: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];
const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK: u32 = 0xae;
const TRACK_NUMBER: u32 = 0xd7;
const TRACK_TYPE: u32 = 0x83;
const FLAG_DEFAULT: u32 = 0x88;
const VIDEO: u32 = 0xe0;
const WIDTH: u32 = 0xb0;
const HEIGHT: u32 = 0xba;
const PROJECTION: u32 = 0x7670;
const YAW: u32 = 0x7673;
const ROLL: u32 = 0x7675;

/// The elements that lie side by side; the last one may be cut off or of unknown length.
fn elements(mut data: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let id_bytes = data.first()?.leading_zeros() as usize + 1;
        if id_bytes > 4 {
            return None;
        }
        let id = data.get(..id_bytes)?;
        let id = id.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
        let rest = &data[id_bytes..];
        let (size, size_bytes) = ebml_number(rest)?;
        let rest = rest.get(size_bytes..)?;
        let size = size.and_then(|size| usize::try_from(size).ok());
        let (body, after) = rest.split_at(size.map_or(rest.len(), |size| size.min(rest.len())));
        data = after;
        Some((id, body))
    })
}

fn matroska_tracks(header: &[u8]) -> Vec<StoredTrack> {
    let segment = elements(header).find(|(id, _)| *id == SEGMENT);
    let Some((_, segment)) = segment else {
        return Vec::new();
    };
    let before_pictures = elements(segment).take_while(|(id, _)| *id != CLUSTER);
    let mut tracks = before_pictures.filter(|(id, _)| *id == TRACKS);
    let Some((_, tracks)) = tracks.next() else {
        return Vec::new();
    };
    let tracks = elements(tracks).filter(|(id, _)| *id == TRACK);
    tracks
        .filter_map(|(_, track)| matroska_track(track))
        .collect()
}

/// `None` for a track that is no video.
fn matroska_track(track: &[u8]) -> Option<StoredTrack> {
    let find = |data, wanted| {
        elements(data)
            .find(|(id, _)| *id == wanted)
            .map(|(_, body)| body)
    };
    let number = |data, wanted| find(data, wanted).map(whole_number);
    if number(track, TRACK_TYPE)? != 1 {
        return None;
    }
    let video: &[u8] = find(track, VIDEO).unwrap_or_default();
    let angle = |wanted| {
        find(video, PROJECTION)
            .and_then(|projection| find(projection, wanted))
            .map_or(0.0, real_number)
    };
    Some(StoredTrack {
        number: number(track, TRACK_NUMBER)?,
        is_default: number(track, FLAG_DEFAULT).unwrap_or(1) != 0,
        size: number(video, WIDTH)
            .unwrap_or(0)
            .saturating_mul(number(video, HEIGHT).unwrap_or(0)),
        orientation: Orientation::from_pose(angle(YAW), angle(ROLL)),
    })
}

fn whole_number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn real_number(bytes: &[u8]) -> f64 {
    match *bytes {
        [a, b, c, d] => f64::from(f32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => f64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(number: u64, is_default: bool, size: u64) -> StoredTrack {
        StoredTrack {
            number,
            is_default,
            size,
            orientation: None,
        }
    }

    #[test]
    fn of_several_tracks_the_default_one_is_shown_else_the_largest() {
        for (tracks, chosen) in [
            (vec![track(1, false, 90), track(2, true, 10)], Some(2)),
            (vec![track(1, true, 10), track(2, true, 90)], Some(2)),
            (vec![track(1, false, 90), track(5, false, 10)], Some(1)),
            (vec![track(1, false, 90)], None),
        ] {
            let tracks = StoredTracks(tracks);
            assert_eq!(tracks.chosen().map(|(_, track)| track.number), chosen);
            assert_eq!(tracks.is_other(1), chosen == Some(2));
            assert!(!tracks.is_other(3), "sound");
        }
    }

    #[test]
    fn headers_are_read_and_damage_ends_by_itself() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        let turned = Orientation {
            mirrored: false,
            quarter_turns: 3,
        };
        for (name, orientation) in [
            ("rotated.mp4", Some(turned)),
            ("plain.mp4", None),
            ("no_cues.mkv", None),
            ("late_start.mkv", None),
        ] {
            let tracks = StoredTracks::read(&folder.join(name));
            assert_eq!(tracks.0.len(), 1, "{name}");
            assert_eq!(tracks.0[0].size, 160 * 120, "{name}");
            assert_eq!(tracks.orientation(), orientation, "{name}");
        }
        assert_eq!(StoredTracks::read(&folder.join("mpeg4.avi")).len(), 0);
        let whole = std::fs::read(folder.join("no_cues.mkv")).unwrap();
        for n in 0..600 {
            assert!(matroska_tracks(&whole[..n]).len() < 2);
        }
    }
}
