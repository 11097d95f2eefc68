//! What an MP4 or QuickTime file holds besides pictures and sound.
//!
//! Layout: ISO/IEC 14496-12, 8.2.2 (movie header) and 8.10 (user data).

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use crate::video::file::chapters::{self, Chapter};
use crate::video::file::mp4::{
    self, Mp4Box, boxes, child, descendant, header_field, u32_at, u64_at, version,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::video) struct Extras {
    /// When it was made, in seconds since 1904; `None` if it does not say.
    pub created: Option<u64>,
    pub has_timecode: bool,
    pub has_chapters: bool,
    /// In their order; empty if there are none or they cannot be read.
    pub chapters: Vec<Chapter>,
}

impl Extras {
    /// Nothing is known about a file that is damaged or not an MP4.
    pub fn read(path: &Path) -> Self {
        let read = || extras(&mut BufReader::new(File::open(path)?));
        read().unwrap_or_else(|error: io::Error| {
            log::debug!("{}: no header: {error}", path.display());
            Self::default()
        })
    }
}

fn extras(file: &mut (impl Read + Seek)) -> io::Result<Extras> {
    let movie = mp4::movie(file)?;
    let chapter_tracks = chapters::track_numbers(file, &movie)?;
    let mut extras = Extras {
        has_chapters: !chapter_tracks.is_empty(),
        ..Extras::default()
    };
    let mut film_end_ns = 0;
    for part in boxes(file, movie.start, movie.end)? {
        match &part.kind {
            b"mvhd" => {
                let is_long = version(file, &part)? == 1;
                let created = match is_long {
                    true => u64_at(file, &part, 4)?,
                    false => u64::from(u32_at(file, &part, 4)?),
                };
                extras.created = Some(created).filter(|secs| *secs > 0);
                let at = header_field(file, &part)?;
                let timescale = u64::from(u32_at(file, &part, at)?);
                let length = match is_long {
                    true => u64_at(file, &part, at + 4)?,
                    false => u64::from(u32_at(file, &part, at + 4)?),
                };
                film_end_ns = chapters::ns(length, timescale);
            }
            b"udta" => {
                if let Some(list) = child(file, &part, b"chpl")? {
                    extras.has_chapters = true;
                    extras.take_chapters(chapters::listed(file, &list, film_end_ns));
                }
            }
            b"trak" => {
                if let Some(handler) = descendant(file, &part, &[b"mdia", b"hdlr"])? {
                    extras.has_timecode |= u32_at(file, &handler, 8)?.to_be_bytes() == *b"tmcd";
                }
                if track_number(file, &part)?.is_some_and(|n| chapter_tracks.contains(&n)) {
                    extras.take_chapters(chapters::in_track(file, &part));
                }
            }
            _ => {}
        }
    }
    Ok(extras)
}

impl Extras {
    /// Where a file has them twice, one of the two is enough.
    fn take_chapters(&mut self, found: io::Result<Vec<Chapter>>) {
        match found {
            Ok(found) if self.chapters.is_empty() => self.chapters = found,
            Ok(_) => {}
            Err(error) => log::debug!("chapters cannot be read: {error}"),
        }
    }
}

fn track_number(file: &mut (impl Read + Seek), track: &Mp4Box) -> io::Result<Option<u32>> {
    let Some(header) = child(file, track, b"tkhd")? else {
        return Ok(None);
    };
    let at = header_field(file, &header)?;
    u32_at(file, &header, at).map(Some)
}
