//! Whether a file ends before its container says so: a broken download or a full memory card.
//!
//! Demuxers treat a missing tail as the end, so nobody else would tell.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::gif::Gif;

/// No real file has more boxes on its top level; fragmented ones have two per fragment.
const MAX_BOXES: usize = 1_000_000;

/// `false` also where the container does not tell its size.
pub(super) fn is_cut_off(path: &Path) -> bool {
    let Ok(mut file) = File::open(path) else {
        return false;
    };
    let Ok(metadata) = file.metadata() else {
        return false;
    };
    let mut head = [0; 12];
    if file.read_exact(&mut head).is_err() {
        return false;
    }
    let promised = if head[..4] == [0x1a, 0x45, 0xdf, 0xa3] {
        matroska_end(&mut file)
    } else if &head[4..8] == b"ftyp" {
        mp4_end(&mut file, metadata.len())
    } else if &head[..4] == b"RIFF" {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        // Zero and the maximum stand for "written without going back".
        (size != 0 && size != u32::MAX).then(|| u64::from(size) + 8)
    } else {
        return Gif::read(path).is_some_and(|gif| !gif.is_whole);
    };
    promised.is_some_and(|end| end > metadata.len())
}

/// Where the last box on the top level ends (ISO/IEC 14496-12, 4.2).
fn mp4_end(file: &mut File, length: u64) -> Option<u64> {
    let mut at = 0_u64;
    for _ in 0..MAX_BOXES {
        if at >= length {
            break;
        }
        file.seek(SeekFrom::Start(at)).ok()?;
        let mut header = [0; 16];
        let n_read = read_up_to(file, &mut header).ok()?;
        if n_read < 8 {
            return Some(at + 8);
        }
        let size = match u32::from_be_bytes([header[0], header[1], header[2], header[3]]) {
            0 => return None,
            1 if n_read == 16 => u64::from_be_bytes(header[8..].try_into().ok()?),
            1 => return Some(at + 16),
            size => u64::from(size),
        };
        if size < 8 {
            return None;
        }
        at = at.checked_add(size)?;
    }
    Some(at)
}

/// Where the segment ends (RFC 8794 and RFC 9559), `None` for streams of unknown length.
fn matroska_end(file: &mut File) -> Option<u64> {
    let mut header = [0; 256];
    file.seek(SeekFrom::Start(0)).ok()?;
    let n_read = read_up_to(file, &mut header).ok()?;
    let header = &header[..n_read];
    let (ebml_size, ebml_bytes) = ebml_number(header.get(4..)?)?;
    let segment = 4 + ebml_bytes + usize::try_from(ebml_size?).ok()?;
    if header.get(segment..segment.checked_add(4)?)? != [0x18, 0x53, 0x80, 0x67] {
        return None;
    }
    let (size, bytes) = ebml_number(header.get(segment + 4..)?)?;
    (segment as u64 + 4 + bytes as u64).checked_add(size?)
}

/// A number of variable length and its number of bytes; all ones mean "unknown".
fn ebml_number(data: &[u8]) -> Option<(Option<u64>, usize)> {
    let first = *data.first()?;
    let n_bytes = first.leading_zeros() as usize + 1;
    if n_bytes > 8 {
        return None;
    }
    let raw = data
        .get(..n_bytes)?
        .iter()
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let mask = (1_u64 << (7 * n_bytes)) - 1;
    let value = raw & mask;
    Some(((value != mask).then_some(value), n_bytes))
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut n_read = 0;
    while n_read < buffer.len() {
        match file.read(&mut buffer[n_read..])? {
            0 => break,
            n => n_read += n,
        }
    }
    Ok(n_read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_off(bytes: &[u8]) -> bool {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        is_cut_off(file.path())
    }

    #[test]
    fn an_mp4_promises_its_boxes() {
        let mut whole = Vec::new();
        for (size, kind) in [(16_u32, b"ftyp"), (24, b"mdat")] {
            whole.extend_from_slice(&size.to_be_bytes());
            whole.extend_from_slice(kind);
            whole.resize(whole.len() + size as usize - 8, 0);
        }
        assert!(!cut_off(&whole));
        assert!(cut_off(&whole[..39]));
        assert!(cut_off(&whole[..20]));
    }

    #[test]
    fn a_matroska_file_promises_its_segment() {
        let mut whole = vec![0x1a, 0x45, 0xdf, 0xa3, 0x82, 0x42, 0x86];
        whole.extend_from_slice(&[0x18, 0x53, 0x80, 0x67, 0x84, 1, 2, 3, 4]);
        assert!(!cut_off(&whole));
        assert!(cut_off(&whole[..14]));
        whole[11] = 0xff;
        assert!(!cut_off(&whole[..14]), "unknown length");
    }

    #[test]
    fn other_files_promise_nothing() {
        assert!(!cut_off(b"this is not a video"));
        assert!(!cut_off(b""));
    }
}
