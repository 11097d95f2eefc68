//! Whether a file ends before its container says so: a broken download or a full memory card.
//!
//! Demuxers take a missing tail for the end, so nothing else would notice.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::video::file::mp4;

/// Also `false` if the container does not state its size.
pub(super) fn is_truncated(path: &Path) -> bool {
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
    let length = metadata.len();
    if &head[4..8] == b"ftyp" {
        return mp4::is_truncated(&mut file, length);
    }
    let stated_end = if head[..4] == [0x1a, 0x45, 0xdf, 0xa3] {
        matroska_end(&mut file)
    } else if &head[..4] == b"RIFF" {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        // Programs that cannot go back to fill in the size leave zero or the maximum.
        (size != 0 && size != u32::MAX).then(|| u64::from(size) + 8)
    } else {
        None
    };
    stated_end.is_some_and(|end| end > length)
}

/// Where the segment ends (RFC 8794 and RFC 9559), `None` for a stream of unknown length.
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
pub(in crate::video) fn ebml_number(data: &[u8]) -> Option<(Option<u64>, usize)> {
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

    fn truncated(bytes: &[u8]) -> bool {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        is_truncated(file.path())
    }

    #[test]
    fn an_mp4_states_the_size_of_its_boxes() {
        let mut whole = Vec::new();
        for (size, kind) in [(16_u32, b"ftyp"), (24, b"mdat")] {
            whole.extend_from_slice(&size.to_be_bytes());
            whole.extend_from_slice(kind);
            whole.resize(whole.len() + size as usize - 8, 0);
        }
        assert!(!truncated(&whole));
        assert!(truncated(&whole[..39]));
        assert!(truncated(&whole[..20]));
        whole[..4].fill(0);
        whole[3] = 3;
        assert!(!truncated(&whole), "damaged, not truncated");
    }

    #[test]
    fn a_matroska_file_states_the_size_of_its_segment() {
        let mut whole = vec![0x1a, 0x45, 0xdf, 0xa3, 0x82, 0x42, 0x86];
        whole.extend_from_slice(&[0x18, 0x53, 0x80, 0x67, 0x84, 1, 2, 3, 4]);
        assert!(!truncated(&whole));
        assert!(truncated(&whole[..14]));
        whole[11] = 0xff;
        assert!(!truncated(&whole[..14]), "unknown length");
    }

    #[test]
    fn other_files_state_nothing() {
        assert!(!truncated(b"this is not a video"));
        assert!(!truncated(b""));
    }
}
