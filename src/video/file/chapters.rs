//! Chapters of an MP4 or QuickTime file, which GStreamer (1.22) does not read: Nero's list in the user
//! data, or a text track that a track refers to as its chapters (QuickTime File Format, "Chapter
//! Lists").

use std::io::{self, Read, Seek, SeekFrom};

use crate::video::file::mp4::{
    Mp4Box, boxes, bytes_at, child, descendant, header_field, u32_at, u64_at,
};

/// More than any film has; both layouts can claim any number.
const MAX_CHAPTERS: usize = 1000;

const MAX_TITLE_BYTES: u64 = 1024;

/// A named part of a film, from one time to another on the container's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::video) struct Chapter {
    pub start_ns: i64,
    pub end_ns: i64,
    pub title: String,
}

/// Chapters that follow each other, given where each begins, up to the end of the film.
fn in_a_row(mut starts: Vec<(i64, String)>, film_end_ns: i64) -> Vec<Chapter> {
    starts.sort_by_key(|(start_ns, _)| *start_ns);
    let next = starts.iter().skip(1).map(|(start_ns, _)| *start_ns);
    let ends: Vec<_> = next.chain([film_end_ns]).collect();
    let chapters = starts.into_iter().zip(ends);
    chapters
        .map(|((start_ns, title), end_ns)| Chapter {
            start_ns,
            end_ns: end_ns.max(start_ns),
            title,
        })
        .collect()
}

fn text(file: &mut (impl Read + Seek), n_bytes: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.take(n_bytes.min(MAX_TITLE_BYTES))
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Those of Nero's list `chpl`: version and flags, four bytes that mean nothing (in version 1), a count
/// of one byte; then for each its start in tenths of a microsecond, a length of one byte, and the title.
pub(super) fn listed(
    file: &mut (impl Read + Seek),
    list: &Mp4Box,
    film_end_ns: i64,
) -> io::Result<Vec<Chapter>> {
    let [version, ..] = bytes_at::<4>(file, list, 0)?;
    let mut at = if version == 0 { 4 } else { 8 };
    let [n_chapters] = bytes_at::<1>(file, list, at)?;
    at += 1;
    let mut starts = Vec::new();
    for _ in 0..n_chapters {
        let start = u64_at(file, list, at)?;
        let [n_bytes] = bytes_at::<1>(file, list, at + 8)?;
        let title = text(file, u64::from(n_bytes))?;
        starts.push((ns(start, 10_000_000), title));
        at += 9 + u64::from(n_bytes);
    }
    Ok(in_a_row(starts, film_end_ns))
}

/// Those of a text track: each sample is a chapter, its length in two bytes and then its title.
pub(super) fn in_track(file: &mut (impl Read + Seek), track: &Mp4Box) -> io::Result<Vec<Chapter>> {
    let media = child(file, track, b"mdia")?.ok_or(io::ErrorKind::InvalidData)?;
    let header = child(file, &media, b"mdhd")?.ok_or(io::ErrorKind::InvalidData)?;
    let timescale_at = header_field(file, &header)?;
    let timescale = u64::from(u32_at(file, &header, timescale_at)?.max(1));
    let tables = descendant(file, &media, &[b"minf", b"stbl"])?;
    let tables = tables.ok_or(io::ErrorKind::InvalidData)?;
    let places = sample_places(file, &tables)?;
    let mut chapters = Vec::new();
    let mut at = 0_u64;
    for (length, place) in sample_lengths(file, &tables)?.into_iter().zip(places) {
        let end = at.saturating_add(length);
        file.seek(SeekFrom::Start(place))?;
        let mut n_bytes = [0; 2];
        file.read_exact(&mut n_bytes)?;
        chapters.push(Chapter {
            start_ns: ns(at, timescale),
            end_ns: ns(end, timescale),
            title: text(file, u64::from(u16::from_be_bytes(n_bytes)))?,
        });
        at = end;
    }
    Ok(chapters)
}

/// How long each sample lasts (`stts`: how many samples, and the length of each).
fn sample_lengths(file: &mut (impl Read + Seek), tables: &Mp4Box) -> io::Result<Vec<u64>> {
    let table = child(file, tables, b"stts")?.ok_or(io::ErrorKind::InvalidData)?;
    let mut lengths = Vec::new();
    for entry in 0..u64::from(u32_at(file, &table, 4)?) {
        let n_samples = u32_at(file, &table, 8 + 8 * entry)? as usize;
        let length = u64::from(u32_at(file, &table, 12 + 8 * entry)?);
        let n_room = MAX_CHAPTERS - lengths.len();
        lengths.extend(std::iter::repeat_n(length, n_samples.min(n_room)));
        if lengths.len() == MAX_CHAPTERS {
            break;
        }
    }
    Ok(lengths)
}

/// Where each sample lies: chunks have a place (`stco`, `co64`) and hold so many samples each (`stsc`)
/// of so many bytes each (`stsz`).
fn sample_places(file: &mut (impl Read + Seek), tables: &Mp4Box) -> io::Result<Vec<u64>> {
    let sizes = child(file, tables, b"stsz")?.ok_or(io::ErrorKind::InvalidData)?;
    let common_size = u32_at(file, &sizes, 4)?;
    let n_samples = (u32_at(file, &sizes, 8)? as usize).min(MAX_CHAPTERS);
    let runs = child(file, tables, b"stsc")?.ok_or(io::ErrorKind::InvalidData)?;
    let n_runs = u64::from(u32_at(file, &runs, 4)?);
    let (short, long) = (child(file, tables, b"stco")?, child(file, tables, b"co64")?);
    let chunks = short.or(long).ok_or(io::ErrorKind::InvalidData)?;
    let mut places = Vec::new();
    let mut run = 0;
    for chunk in 0..u64::from(u32_at(file, &chunks, 4)?) {
        // Each run says with which chunk, counted from one, it begins.
        while run + 1 < n_runs && u64::from(u32_at(file, &runs, 8 + 12 * (run + 1))?) <= chunk + 1 {
            run += 1;
        }
        let mut place = match short {
            Some(_) => u64::from(u32_at(file, &chunks, 8 + 4 * chunk)?),
            None => u64_at(file, &chunks, 8 + 8 * chunk)?,
        };
        for _ in 0..u32_at(file, &runs, 12 + 12 * run)? {
            if places.len() == n_samples {
                return Ok(places);
            }
            let nth = places.len() as u64;
            places.push(place);
            place += u64::from(match common_size {
                0 => u32_at(file, &sizes, 12 + 4 * nth)?,
                size => size,
            });
        }
    }
    Ok(places)
}

/// The tracks that some track names as its chapters.
pub(super) fn track_numbers(file: &mut (impl Read + Seek), movie: &Mp4Box) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for track in boxes(file, movie.start, movie.end)? {
        if track.kind != *b"trak" {
            continue;
        }
        if let Some(named) = descendant(file, &track, &[b"tref", b"chap"])? {
            numbers.push(u32_at(file, &named, 0)?);
        }
    }
    Ok(numbers)
}

/// A time in nanoseconds, given how many parts of a second it has.
pub(super) fn ns(time: u64, per_sec: u64) -> i64 {
    let ns = u128::from(time) * 1_000_000_000 / u128::from(per_sec.max(1));
    // Thirty-six years; a damaged file says later times.
    ns.min(i64::MAX as u128 / 8) as i64
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let length = 8 + body.len() as u32;
        [&length.to_be_bytes()[..], kind, body].concat()
    }

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
    }

    fn of(start_secs: i64, end_secs: i64, title: &str) -> Chapter {
        Chapter {
            start_ns: start_secs * 1_000_000_000,
            end_ns: end_secs * 1_000_000_000,
            title: title.to_owned(),
        }
    }

    #[test]
    fn a_list_is_read_in_both_versions() {
        for version in [0, 1] {
            let mut body = vec![version, 0, 0, 0];
            body.extend(vec![0; 4 * usize::from(version)]);
            body.push(2);
            for (start_secs, title) in [(4_u64, "Finale"), (0, "début")] {
                body.extend((start_secs * 10_000_000).to_be_bytes());
                body.push(title.len() as u8);
                body.extend(title.as_bytes());
            }
            let list = Mp4Box {
                kind: *b"chpl",
                start: 0,
                end: body.len() as u64,
            };
            let chapters = listed(&mut Cursor::new(&body), &list, 9_000_000_000).unwrap();
            assert_eq!(chapters, [of(0, 4, "début"), of(4, 9, "Finale")]);
            for n in 0..body.len() {
                // Chapters or an error, but it ends.
                let list = Mp4Box {
                    end: n as u64,
                    ..list
                };
                let _ = listed(&mut Cursor::new(&body[..n]), &list, 9);
            }
        }
    }

    #[test]
    fn a_track_is_read_chunk_by_chunk() {
        // Three samples: two of them in the first chunk.
        let mut file = b"\0\x02ab\0\x01c....\0\x03def".to_vec();
        let start = file.len() as u64;
        let lengths = boxed(b"stts", &numbers(&[0, 2, 2, 600, 1, 1200]));
        let sizes = boxed(b"stsz", &numbers(&[0, 0, 3, 4, 3, 5]));
        let runs = boxed(b"stsc", &numbers(&[0, 2, 1, 2, 1, 2, 1, 1]));
        let chunks = boxed(b"stco", &numbers(&[0, 2, 0, 11]));
        let tables = boxed(b"stbl", &[lengths, sizes, runs, chunks].concat());
        let header = boxed(b"mdhd", &numbers(&[0, 0, 0, 600, 2400, 0]));
        let media = [header, boxed(b"minf", &tables)].concat();
        file.extend(boxed(b"mdia", &media));
        let track = Mp4Box {
            kind: *b"trak",
            start,
            end: file.len() as u64,
        };
        let chapters = in_track(&mut Cursor::new(&file), &track).unwrap();
        assert_eq!(chapters, [of(0, 1, "ab"), of(1, 2, "c"), of(2, 4, "def")]);
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] = 0xff;
            let _ = in_track(&mut Cursor::new(&damaged), &track);
        }
    }
}
