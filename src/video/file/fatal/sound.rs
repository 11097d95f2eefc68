//! Uncompressed sound of no channels in MP4 and QuickTime files: a frame of it has no bytes, and the demuxer
//! divides by them.
//!
//! Layout: ISO/IEC 14496-12, 12.2.3, and "QuickTime File Format", sound sample descriptions of
//! versions 0 to 2.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use crate::video::file::mp4::{self, Mp4Box, boxes, descendant, u32_at};

/// Compressed kinds state their channels elsewhere, and may have 0 here.
const UNCOMPRESSED: [[u8; 4]; 13] = [
    *b"sowt", *b"twos", *b"raw ", *b"NONE", *b"lpcm", *b"in24", *b"in32", *b"fl32", *b"fl64",
    *b"ulaw", *b"alaw", *b"ipcm", *b"fpcm",
];

/// `false` for other containers.
pub(super) fn has_no_channels(path: &Path) -> bool {
    let look = || -> io::Result<bool> {
        let mut file = BufReader::new(File::open(path)?);
        let movie = mp4::movie(&mut file)?;
        for track in boxes(&mut file, movie.start, movie.end)? {
            if track.kind == *b"trak" && is_without_channels(&mut file, &track)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    look().unwrap_or(false)
}

fn is_without_channels(file: &mut (impl Read + Seek), track: &Mp4Box) -> io::Result<bool> {
    let path = [b"mdia", b"minf", b"stbl", b"stsd"];
    let Some(table) = descendant(file, track, &path)? else {
        return Ok(false);
    };
    // Version, flags and the number of entries come first.
    for entry in boxes(file, table.start + 8, table.end)? {
        if !UNCOMPRESSED.contains(&entry.kind) {
            continue;
        }
        let n_channels = match u32_at(file, &entry, 8)? >> 16 {
            2 => u32_at(file, &entry, 40)?,
            _ => u32_at(file, &entry, 16)? >> 16,
        };
        if n_channels == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let length = 8 + body.len() as u32;
        [&length.to_be_bytes()[..], kind, body].concat()
    }

    /// A movie with one track of sound; `n_channels` as each version states it.
    fn is_fatal(kind: &[u8; 4], version: u8, n_channels: u8) -> bool {
        let mut entry = vec![0; 56];
        entry[9] = version;
        if version == 2 {
            entry[17] = 3;
            entry[43] = n_channels;
        } else {
            entry[17] = n_channels;
        }
        let table = [&[0, 0, 0, 0, 0, 0, 0, 1][..], &boxed(kind, &entry)].concat();
        let mut movie = boxed(b"stsd", &table);
        for kind in [b"stbl", b"minf", b"mdia", b"trak", b"moov"] {
            movie = boxed(kind, &movie);
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [boxed(b"ftyp", b"qt  "), movie].concat()).unwrap();
        has_no_channels(file.path())
    }

    #[test]
    fn uncompressed_sound_needs_a_channel_in_every_version() {
        for version in 0..3 {
            for kind in [b"sowt", b"lpcm", b"twos"] {
                assert!(is_fatal(kind, version, 0), "{kind:?} {version}");
                assert!(!is_fatal(kind, version, 1), "{kind:?} {version}");
            }
            assert!(!is_fatal(b"mp4a", version, 0), "stated in its own box");
        }
    }
}
