//! The edit list of an MP4 whose video consists of several parts: an editing program cut it without
//! copying anything (ISO/IEC 14496-12, 8.6.6).
//!
//! GStreamer (1.22) plays the parts in their order, but takes a place in the media for one in the
//! film: it ends where `start of the part + time in the media` passes the length of the movie. So it
//! is told a longer one.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use crate::video::file::byte_changes::ByteChanges;
use crate::video::file::mp4::{
    self, Mp4Box, boxes, child, descendant, header_field, u32_at, u64_at, version,
};

/// Longer edit lists are not read to their end.
const MAX_EDITS: u32 = 1000;

/// A track that is shorter than a fifth of the movie is taken for a preview picture and not played.
const MAX_TIMES_LONGER: f64 = 4.9;

/// A part of the film, in nanoseconds of stream time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video) struct Edit {
    pub start_ns: i64,
    pub end_ns: i64,
    /// Where it begins in the media.
    pub media_ns: i64,
}

/// The parts of a video that has several.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Edits {
    pub parts: Vec<Edit>,
    /// What GStreamer has to see in another way.
    pub changes: ByteChanges,
}

impl Edits {
    /// `video` is the number of the track that is read, if there are several. The default for nearly
    /// all files: those with at most one part, other containers, damaged headers.
    pub fn read(path: &Path, video: Option<u64>) -> Self {
        let read = || edits(&mut BufReader::new(File::open(path)?), video);
        let found = read().unwrap_or_else(|error: io::Error| {
            log::debug!("{}: no edit list: {error}", path.display());
            None
        });
        found.unwrap_or_default()
    }
}

/// An entry of the list, in seconds.
struct Entry {
    length_secs: f64,
    /// Where it begins in the media; `None` where nothing is shown.
    media_secs: Option<f64>,
}

fn edits(file: &mut (impl Read + Seek), chosen: Option<u64>) -> io::Result<Option<Edits>> {
    let movie = mp4::movie(file)?;
    let Some(header) = child(file, &movie, b"mvhd")? else {
        return Ok(None);
    };
    let at = header_field(file, &header)?;
    let per_sec = f64::from(u32_at(file, &header, at)?);
    for track in boxes(file, movie.start, movie.end)? {
        if track.kind != *b"trak" || !is_chosen(file, &track, chosen)? {
            continue;
        }
        let list = descendant(file, &track, &[b"edts", b"elst"])?;
        let media = descendant(file, &track, &[b"mdia", b"mdhd"])?;
        let (Some(list), Some(media), true) = (list, media, per_sec > 0.0) else {
            return Ok(None);
        };
        let entries = entries(file, &list, &media, per_sec)?;
        if entries
            .iter()
            .filter(|entry| entry.media_secs.is_some())
            .count()
            < 2
        {
            return Ok(None);
        }
        let mut parts = Vec::new();
        let mut start_secs = 0.0;
        let mut longest_secs: f64 = 0.0;
        for entry in entries {
            let end_secs = start_secs + entry.length_secs;
            if let Some(media_secs) = entry.media_secs {
                parts.push(Edit {
                    start_ns: (start_secs * 1e9) as i64,
                    end_ns: (end_secs * 1e9) as i64,
                    media_ns: (media_secs * 1e9) as i64,
                });
                longest_secs = longest_secs.max(end_secs + media_secs + entry.length_secs);
            }
            start_secs = end_secs;
        }
        let media_at = header_field(file, &media)?;
        let is_long = version(file, &media)? == 1;
        let n_units = match is_long {
            true => u64_at(file, &media, media_at + 4)? as f64,
            false => f64::from(u32_at(file, &media, media_at + 4)?),
        };
        let media_secs = n_units / f64::from(u32_at(file, &media, media_at)?.max(1));
        let told_secs = longest_secs.min(MAX_TIMES_LONGER * media_secs);
        return Ok(Some(Edits {
            parts,
            changes: told_length(file, &header, at + 4, told_secs * per_sec)?,
        }));
    }
    Ok(None)
}

fn is_chosen(
    file: &mut (impl Read + Seek),
    track: &Mp4Box,
    chosen: Option<u64>,
) -> io::Result<bool> {
    let handler = descendant(file, track, &[b"mdia", b"hdlr"])?;
    let header = child(file, track, b"tkhd")?;
    let (Some(handler), Some(header)) = (handler, header) else {
        return Ok(false);
    };
    let at = header_field(file, &header)?;
    let number = u64::from(u32_at(file, &header, at)?);
    let is_video = u32_at(file, &handler, 8)?.to_be_bytes() == *b"vide";
    Ok(is_video && chosen.is_none_or(|chosen| chosen == number))
}

fn entries(
    file: &mut (impl Read + Seek),
    list: &Mp4Box,
    media: &Mp4Box,
    per_sec: f64,
) -> io::Result<Vec<Entry>> {
    let at = header_field(file, media)?;
    let media_per_sec = f64::from(u32_at(file, media, at)?.max(1));
    let is_long = version(file, list)? == 1;
    let n_entries = u32_at(file, list, 4)?.min(MAX_EDITS);
    let mut entries = Vec::new();
    for entry in 0..u64::from(n_entries) {
        let (length, media_time) = if is_long {
            let at = 8 + 20 * entry;
            let length = u64_at(file, list, at)? as f64;
            (length, u64_at(file, list, at + 8)?.cast_signed() as f64)
        } else {
            let at = 8 + 12 * entry;
            let length = f64::from(u32_at(file, list, at)?);
            (length, f64::from(u32_at(file, list, at + 4)?.cast_signed()))
        };
        entries.push(Entry {
            length_secs: length / per_sec,
            media_secs: (media_time >= 0.0).then_some(media_time / media_per_sec),
        });
    }
    Ok(entries)
}

/// Another length in the header of the movie.
fn told_length(
    file: &mut (impl Read + Seek),
    header: &Mp4Box,
    at: u64,
    n_units: f64,
) -> io::Result<ByteChanges> {
    let place = header.start + at;
    let bytes = match version(file, header)? {
        1 => (n_units as u64).to_be_bytes().to_vec(),
        _ => (n_units as u32).to_be_bytes().to_vec(),
    };
    Ok(ByteChanges::new((place..).zip(bytes).collect()))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let length = 8 + body.len() as u32;
        [&length.to_be_bytes()[..], kind, &body].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// A film of ten seconds with these entries, each of length and beginning in the media.
    fn film(entries: &[[u32; 2]], is_long: bool) -> Vec<u8> {
        let list: Vec<u8> = entries
            .iter()
            .flat_map(|[length, media]| match is_long {
                true => words(&[
                    0,
                    *length,
                    if *media == u32::MAX { *media } else { 0 },
                    *media,
                ]),
                false => words(&[*length, *media]),
            })
            .collect::<Vec<u8>>();
        let step = if is_long { 16 } else { 8 };
        let list: Vec<u8> = list
            .chunks(step)
            .flat_map(|entry| [entry, &words(&[1 << 16])].concat())
            .collect();
        let head = words(&[u32::from(is_long) << 24, entries.len() as u32]);
        let edits = boxed(b"edts", &[&boxed(b"elst", &[&head, &list])]);
        let kind = boxed(b"hdlr", &[&words(&[0, 0]), b"vide"]);
        let media = boxed(b"mdhd", &[&words(&[0, 0, 0, 100, 1000])]);
        let header = boxed(b"tkhd", &[&words(&[0, 0, 0, 1, 0])]);
        let media = boxed(b"mdia", &[&media, &kind]);
        let track = boxed(b"trak", &[&header, &edits, &media]);
        let header = boxed(b"mvhd", &[&words(&[0, 0, 0, 600, 6000])]);
        boxed(b"moov", &[&header, &track])
    }

    #[test]
    fn several_parts_are_found_and_the_movie_is_told_to_be_longer() {
        for is_long in [false, true] {
            let film = film(&[[600, u32::MAX], [1800, 0], [1200, 500]], is_long);
            let found = edits(&mut Cursor::new(&film), None).unwrap().unwrap();
            let secs = 1_000_000_000;
            let part = |start: i64, end: i64, media: i64| Edit {
                start_ns: start * secs,
                end_ns: end * secs,
                media_ns: media * secs,
            };
            assert_eq!(found.parts, [part(1, 4, 0), part(4, 6, 5)]);
            let seen = found.changes.seen(&film);
            let changed: Vec<_> = (0..film.len()).filter(|i| seen[*i] != film[*i]).collect();
            // 6 s, where the last part ends, and 7 s, where it does in the media.
            let at = 8 + 8 + 16;
            assert_eq!(seen[at..at + 4], (13 * 600_u32).to_be_bytes());
            assert!(
                changed.iter().all(|i| (at..at + 4).contains(i)),
                "{changed:?}"
            );
        }
    }

    #[test]
    fn one_part_is_the_usual_case() {
        for entries in [&[[6000, 0]][..], &[[600, u32::MAX], [6000, 0]], &[]] {
            let film = film(entries, false);
            assert_eq!(edits(&mut Cursor::new(&film), None).unwrap(), None);
        }
        let two = film(&[[1800, 0], [1200, 500]], false);
        assert_eq!(edits(&mut Cursor::new(&two), Some(2)).unwrap(), None);
        for n in 0..two.len() {
            // An answer or an error, but it ends.
            let _ = edits(&mut Cursor::new(&two[..n]), None);
        }
    }
}
