//! What an MP4 or QuickTime file holds besides pictures and sound.
//!
//! Layout: ISO/IEC 14496-12, 8.2.2 (movie header) and 8.10 (user data).

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use crate::video::file::mp4::{self, boxes, child, descendant, u32_at, u64_at, version};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::video) struct Extras {
    /// When it was made, in seconds since 1904; `None` if it does not say.
    pub created: Option<u64>,
    pub has_timecode: bool,
    pub has_chapters: bool,
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
    let mut extras = Extras::default();
    for part in boxes(file, movie.start, movie.end)? {
        match &part.kind {
            b"mvhd" => {
                let created = match version(file, &part)? {
                    1 => u64_at(file, &part, 4)?,
                    _ => u64::from(u32_at(file, &part, 4)?),
                };
                extras.created = Some(created).filter(|secs| *secs > 0);
            }
            b"udta" => extras.has_chapters |= child(file, &part, b"chpl")?.is_some(),
            b"trak" => {
                extras.has_chapters |= descendant(file, &part, &[b"tref", b"chap"])?.is_some();
                if let Some(handler) = descendant(file, &part, &[b"mdia", b"hdlr"])? {
                    extras.has_timecode |= u32_at(file, &handler, 8)?.to_be_bytes() == *b"tmcd";
                }
            }
            _ => {}
        }
    }
    Ok(extras)
}
