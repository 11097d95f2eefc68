//! The index of a Windows Media file, checked before a demuxer believes it.
//!
//! Sections 4.1 and 6.1 of the "Advanced Systems Format Specification" (revision 01.20.05): a file is a
//! row of objects, each a GUID, its size as `u64`, then its data. GStreamer's demuxer takes as much memory as the
//! number of index entries asks for, and GLib ends the process where there is not that much.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

const HEADER: [u8; 16] = [
    0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c,
];
const SIMPLE_INDEX: [u8; 16] = [
    0x90, 0x08, 0x00, 0x33, 0xb1, 0xe5, 0xcf, 0x11, 0x89, 0xf4, 0x00, 0xa0, 0xc9, 0x03, 0x49, 0xcb,
];

/// GUID, size, file id, time between entries, largest packet count, number of entries.
const N_INDEX_HEAD_BYTES: usize = 56;
const N_ENTRY_BYTES: u64 = 6;

/// A file has a header, its data, and an index or two per stream.
const MAX_OBJECTS: usize = 64;

/// Whether some index claims more entries than it has room for. `false` for other containers.
pub(super) fn has_false_index(path: &Path) -> bool {
    File::open(path).is_ok_and(|mut file| find_false_index(&mut file).unwrap_or(false))
}

fn find_false_index(file: &mut File) -> std::io::Result<bool> {
    let n_bytes = file.metadata()?.len();
    let mut at = 0_u64;
    for nth in 0..MAX_OBJECTS {
        let mut head = [0; N_INDEX_HEAD_BYTES];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut head)?;
        let size = u64::from_le_bytes(bytes_at(&head, 16));
        if nth == 0 && head[..16] != HEADER {
            return Ok(false);
        }
        if head[..16] == SIMPLE_INDEX {
            let n_entries = u64::from(u32::from_le_bytes(bytes_at(&head, 52)));
            // A size that reaches beyond the file gives room for nothing more.
            let room = size
                .min(n_bytes - at)
                .saturating_sub(N_INDEX_HEAD_BYTES as u64);
            if n_entries * N_ENTRY_BYTES > room {
                return Ok(true);
            }
        }
        match at.checked_add(size) {
            Some(next) if size >= 24 && next < n_bytes => at = next,
            _ => break,
        }
    }
    Ok(false)
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut found = [0; N];
    found.copy_from_slice(&bytes[at..at + N]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(guid: [u8; 16], data: &[u8]) -> Vec<u8> {
        let size = (24 + data.len()) as u64;
        [&guid[..], &size.to_le_bytes(), data].concat()
    }

    fn index(n_entries: u32, n_there: usize) -> Vec<u8> {
        let data = [
            &[0; 28][..],
            &n_entries.to_le_bytes(),
            &vec![0; n_there * 6],
        ];
        object(SIMPLE_INDEX, &data.concat())
    }

    fn is_false(parts: &[Vec<u8>]) -> bool {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), parts.concat()).unwrap();
        has_false_index(file.path())
    }

    #[test]
    fn an_index_that_claims_more_than_it_holds_is_found_wherever_it_is() {
        let header = || object(HEADER, &[0; 40]);
        let pictures = || object([7; 16], &[1; 100]);
        assert!(!is_false(&[header(), pictures(), index(9, 9)]));
        assert!(is_false(&[header(), pictures(), index(10, 9)]));
        assert!(is_false(&[
            header(),
            pictures(),
            index(9, 9),
            index(u32::MAX, 9)
        ]));
        // One whose size lies as well.
        let mut lying = index(1000, 9);
        lying[16..24].copy_from_slice(&(1_u64 << 60).to_le_bytes());
        assert!(is_false(&[header(), pictures(), lying]));
    }

    #[test]
    fn other_files_are_none_of_its_business() {
        assert!(!is_false(&[index(u32::MAX, 0)]), "no header");
        assert!(!is_false(&[b"too short".to_vec()]));
        let mut endless = object(HEADER, &[0; 40]);
        endless[16..24].fill(0);
        assert!(!is_false(&[endless, index(u32::MAX, 0)]), "no way on");
    }
}
