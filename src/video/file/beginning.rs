//! What an MP4 or QuickTime file says about its beginning: the timecode of the first frame, and how
//! much later than the sound the pictures start.
//!
//! GStreamer reads neither of them. Layout: ISO/IEC 14496-12, 8.6.6 (edit list), and Apple's QuickTime File
//! Format, "Timecode Media".

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::video::file::mp4::{
    self, Mp4Box, boxes, child, descendant, header_field, u32_at, u64_at, version,
};

/// Longer edit lists are not read to their end.
const MAX_ENTRIES: u32 = 1000;

const DROP_FRAME: u32 = 1;
/// The track counts something; it is not a time.
const COUNTER: u32 = 8;

/// The timecode of the first frame, as a camera or an editing program wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartTimecode {
    /// Frames since `00:00:00:00`; numbers that drop-frame timecode skips are not counted.
    pub n_frames: u32,
    /// Seconds that each of these frames lasts, as numerator and denominator.
    pub frame_secs: (u32, u32),
    /// Whether numbers are skipped to keep up with the clock.
    pub is_drop_frame: bool,
}

/// What is known about the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Beginning {
    pub timecode: Option<StartTimecode>,
    /// From the first sound to the first picture; 0 if the pictures come first.
    pub video_start_secs: f64,
}

/// `video` is the number of the track that is read, if there are several. Nothing is known about a
/// file that is damaged or not an MP4.
pub(super) fn read(path: &Path, video: Option<u64>) -> Beginning {
    let read = || beginning(&mut BufReader::new(File::open(path)?), video);
    read().unwrap_or_else(|error: io::Error| {
        log::debug!("{}: no timecode: {error}", path.display());
        Beginning::default()
    })
}

struct Track {
    id: u32,
    /// Such as `vide` or `soun`.
    handler: [u8; 4],
    /// The timecode track that belongs to it.
    timecode_id: Option<u32>,
    /// Before its first sample, in the movie's units of time.
    delay: u64,
    timecode: Option<StartTimecode>,
}

fn beginning(file: &mut (impl Read + Seek), chosen: Option<u64>) -> io::Result<Beginning> {
    let movie = mp4::movie(file)?;
    let mut timescale = 0;
    let mut tracks = Vec::new();
    for part in boxes(file, movie.start, movie.end)? {
        match &part.kind {
            b"mvhd" => {
                let at = header_field(file, &part)?;
                timescale = u32_at(file, &part, at)?;
            }
            b"trak" => tracks.extend(track(file, &part)?),
            _ => {}
        }
    }
    let is_chosen = |track: &&Track| {
        track.handler == *b"vide" && chosen.is_none_or(|id| id == u64::from(track.id))
    };
    let Some(video) = tracks.iter().find(is_chosen) else {
        return Ok(Beginning::default());
    };
    let of_kind = |id: Option<u32>| {
        tracks
            .iter()
            .filter(move |track| id.is_none_or(|id| track.id == id))
            .find_map(|track| track.timecode)
    };
    let delays = tracks
        .iter()
        .filter(|track| [*b"vide", *b"soun"].contains(&track.handler))
        .map(|track| track.delay);
    let late = video.delay - delays.min().unwrap_or(video.delay).min(video.delay);
    Ok(Beginning {
        timecode: video
            .timecode_id
            .and_then(|id| of_kind(Some(id)))
            .or_else(|| of_kind(None)),
        video_start_secs: if timescale > 0 {
            late as f64 / f64::from(timescale)
        } else {
            0.0
        },
    })
}

/// `None` for a track without a header.
fn track(file: &mut (impl Read + Seek), track: &Mp4Box) -> io::Result<Option<Track>> {
    let Some(header) = child(file, track, b"tkhd")? else {
        return Ok(None);
    };
    let id_at = header_field(file, &header)?;
    let Some(handler) = descendant(file, track, &[b"mdia", b"hdlr"])? else {
        return Ok(None);
    };
    let handler = u32_at(file, &handler, 8)?.to_be_bytes();
    let references = descendant(file, track, &[b"tref", b"tmcd"])?;
    let timecode = if handler == *b"tmcd" {
        timecode(file, track)?
    } else {
        None
    };
    Ok(Some(Track {
        id: u32_at(file, &header, id_at)?,
        handler,
        timecode_id: match references {
            Some(references) => Some(u32_at(file, &references, 0)?),
            None => None,
        },
        delay: match descendant(file, track, &[b"edts", b"elst"])? {
            Some(edits) => delay(file, &edits)?,
            None => 0,
        },
        timecode,
    }))
}

/// The time of the empty edits that an edit list begins with.
fn delay(file: &mut (impl Read + Seek), edits: &Mp4Box) -> io::Result<u64> {
    let is_long = version(file, edits)? == 1;
    let n_entries = u32_at(file, edits, 4)?.min(MAX_ENTRIES);
    let mut total = 0_u64;
    for entry in 0..u64::from(n_entries) {
        let (length, is_empty) = if is_long {
            let at = 8 + 20 * entry;
            let is_empty = u64_at(file, edits, at + 8)? == u64::MAX;
            (u64_at(file, edits, at)?, is_empty)
        } else {
            let at = 8 + 12 * entry;
            let is_empty = u32_at(file, edits, at + 4)? == u32::MAX;
            (u64::from(u32_at(file, edits, at)?), is_empty)
        };
        if !is_empty {
            break;
        }
        total = total.saturating_add(length);
    }
    Ok(total)
}

/// The first sample of a timecode track, which is a number of four bytes.
fn timecode(file: &mut (impl Read + Seek), track: &Mp4Box) -> io::Result<Option<StartTimecode>> {
    let Some(table) = descendant(file, track, &[b"mdia", b"minf", b"stbl"])? else {
        return Ok(None);
    };
    let Some(description) = child(file, &table, b"stsd")? else {
        return Ok(None);
    };
    // Version and count; of the first entry its length and kind, reserved, data reference, reserved.
    if u32_at(file, &description, 4)? == 0
        || u32_at(file, &description, 12)? != u32::from_be_bytes(*b"tmcd")
    {
        return Ok(None);
    }
    let flags = u32_at(file, &description, 28)?;
    let timescale = u32_at(file, &description, 32)?;
    let frame_duration = u32_at(file, &description, 36)?;
    if flags & COUNTER != 0 || timescale == 0 || frame_duration == 0 {
        return Ok(None);
    }
    let at = match (child(file, &table, b"stco")?, child(file, &table, b"co64")?) {
        (Some(offsets), _) if u32_at(file, &offsets, 4)? > 0 => {
            u64::from(u32_at(file, &offsets, 8)?)
        }
        (None, Some(offsets)) if u32_at(file, &offsets, 4)? > 0 => u64_at(file, &offsets, 8)?,
        _ => return Ok(None),
    };
    let mut sample = [0; 4];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut sample)?;
    Ok(Some(StartTimecode {
        n_frames: u32::from_be_bytes(sample),
        frame_secs: (frame_duration, timescale),
        is_drop_frame: flags & DROP_FRAME != 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let length = 8 + body.len() as u32;
        [&length.to_be_bytes()[..], kind, &body].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn track(id: u32, handler: &[u8; 4], parts: &[&[u8]], table: &[&[u8]]) -> Vec<u8> {
        let table = boxed(b"stbl", table);
        let kind = boxed(b"hdlr", &[&words(&[0, 0]), handler, &words(&[0; 3])]);
        let media = boxed(b"mdia", &[&kind, &boxed(b"minf", &[&table])]);
        let header = boxed(b"tkhd", &[&words(&[0, 0, 0, id, 0, 0])]);
        boxed(b"trak", &[&[&header[..], &parts.concat(), &media].concat()])
    }

    /// With its first sample at `at`, stored in 64 bits if `long`.
    fn timecode_track(id: u32, flags: u32, rate: (u32, u32), at: u32, long: bool) -> Vec<u8> {
        let entry = [
            &words(&[0, 0, 0])[..],
            &words(&[flags, rate.0, rate.1]),
            &[30, 0],
        ];
        let entry = boxed(b"tmcd", &entry);
        let description = boxed(b"stsd", &[&words(&[0, 1]), &entry]);
        let offsets = if long {
            boxed(b"co64", &[&words(&[0, 1, 0, at])])
        } else {
            boxed(b"stco", &[&words(&[0, 1, at])])
        };
        track(id, b"tmcd", &[], &[&description, &offsets])
    }

    /// `samples` come first, after eight bytes of `mdat`.
    fn file(samples: &[u32], tracks: &[Vec<u8>]) -> Cursor<Vec<u8>> {
        let header = boxed(b"mvhd", &[&words(&[0, 0, 0, 600, 0])]);
        let movie = boxed(b"moov", &[&header, &tracks.concat()]);
        Cursor::new([boxed(b"mdat", &[&words(samples)]), movie].concat())
    }

    fn edits(entries: &[u32]) -> Vec<u8> {
        let n = entries.len() as u32 / 3;
        boxed(
            b"edts",
            &[&boxed(b"elst", &[&words(&[0, n]), &words(entries)])],
        )
    }

    #[test]
    fn the_timecode_is_that_of_the_track_which_the_video_names() {
        let reference = boxed(b"tref", &[&boxed(b"tmcd", &[&words(&[4])])]);
        for long in [false, true] {
            let mut file = file(
                &[7, 107_894],
                &[
                    track(1, b"vide", &[&reference], &[]),
                    timecode_track(3, 0, (25, 1), 8, long),
                    timecode_track(4, DROP_FRAME, (30_000, 1001), 12, long),
                ],
            );
            let expected = StartTimecode {
                n_frames: 107_894,
                frame_secs: (1001, 30_000),
                is_drop_frame: true,
            };
            assert_eq!(beginning(&mut file, None).unwrap().timecode, Some(expected));
        }
        // Without a reference, the only timecode track is meant.
        let tracks = [
            track(1, b"vide", &[], &[]),
            timecode_track(2, 0, (25, 1), 8, false),
        ];
        let timecode = beginning(&mut file(&[90_000], &tracks), None)
            .unwrap()
            .timecode;
        assert_eq!(timecode.unwrap().n_frames, 90_000);
        assert!(!timecode.unwrap().is_drop_frame);
    }

    #[test]
    fn a_counter_is_not_a_timecode() {
        for (flags, rate) in [(COUNTER, (25, 1)), (0, (0, 1)), (0, (25, 0))] {
            let tracks = [
                track(1, b"vide", &[], &[]),
                timecode_track(2, flags, rate, 8, false),
            ];
            assert_eq!(
                beginning(&mut file(&[5], &tracks), None).unwrap().timecode,
                None
            );
        }
    }

    #[test]
    fn empty_edits_say_how_late_the_pictures_are() {
        let late = edits(&[
            900,
            u32::MAX,
            1 << 16,
            900,
            u32::MAX,
            1 << 16,
            60,
            0,
            1 << 16,
        ]);
        let later = edits(&[2400, u32::MAX, 1 << 16]);
        let usual = edits(&[6000, 1024, 1 << 16]);
        for (video, sound, expected) in [
            (&late, &usual, 3.0),
            (&late, &later, 0.0),
            (&usual, &late, 0.0),
            (&later, &late, 1.0),
        ] {
            let tracks = [
                track(1, b"vide", &[video], &[]),
                track(2, b"soun", &[sound], &[]),
            ];
            let found = beginning(&mut file(&[], &tracks), None).unwrap();
            assert_eq!(found.video_start_secs, expected);
        }
        // Pictures alone begin when the file does.
        let alone = [track(1, b"vide", &[&late], &[])];
        assert_eq!(
            beginning(&mut file(&[], &alone), None).unwrap(),
            Beginning::default()
        );
    }

    #[test]
    fn damaged_files_say_nothing() {
        let tracks = [
            track(1, b"vide", &[], &[]),
            timecode_track(2, 0, (25, 1), 1 << 20, false),
        ];
        let whole = file(&[5], &tracks).into_inner();
        assert!(
            beginning(&mut Cursor::new(&whole[..]), None).is_err(),
            "beyond the end"
        );
        for n in 0..whole.len() {
            // An error or nothing, but it ends.
            let _ = beginning(&mut Cursor::new(&whole[..n]), None);
        }
        assert_eq!(read(Path::new("none.mp4"), None), Beginning::default());
    }
}
