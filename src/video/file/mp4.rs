//! The boxes of an MP4 or QuickTime file: ISO/IEC 14496-12, 4.2.

use std::io::{self, Read, Seek, SeekFrom};

/// More than any real file has side by side; fragmented ones have two per fragment.
const MAX_BOXES: usize = 1_000_000;

/// A box, given by its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video) struct Mp4Box {
    pub kind: [u8; 4],
    pub start: u64,
    pub end: u64,
}

/// Walks over the boxes that lie side by side in a part of a file.
struct Walk<'a, F> {
    file: &'a mut F,
    at: u64,
    end: u64,
    n_seen: usize,
}

impl<'a, F: Read + Seek> Walk<'a, F> {
    fn new(file: &'a mut F, start: u64, end: u64) -> Self {
        Self {
            file,
            at: start,
            end,
            n_seen: 0,
        }
    }

    /// How many bytes at the end are too few for another box.
    fn n_left_over(&self) -> u64 {
        let n_left = self.end.saturating_sub(self.at);
        if n_left < 8 { n_left } else { 0 }
    }

    /// `UnexpectedEof` for a box that reaches beyond the part, `InvalidData` for a length that is
    /// too short for its own header.
    fn box_here(&mut self) -> io::Result<Mp4Box> {
        let mut head = [0; 8];
        self.file.seek(SeekFrom::Start(self.at))?;
        self.file.read_exact(&mut head)?;
        let [l0, l1, l2, l3, k0, k1, k2, k3] = head;
        let (length, head_length) = match u32::from_be_bytes([l0, l1, l2, l3]) {
            // To the end.
            0 => (self.end - self.at, 8),
            1 => {
                let mut long = [0; 8];
                self.file.read_exact(&mut long)?;
                (u64::from_be_bytes(long), 16)
            }
            length => (u64::from(length), 8),
        };
        if length < head_length {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let next = self.at.saturating_add(length);
        if next > self.end {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Mp4Box {
            kind: [k0, k1, k2, k3],
            start: self.at + head_length,
            end: next,
        })
    }
}

impl<F: Read + Seek> Iterator for Walk<'_, F> {
    type Item = io::Result<Mp4Box>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.n_seen == MAX_BOXES || self.at.saturating_add(8) > self.end {
            return None;
        }
        self.n_seen += 1;
        let found = self.box_here();
        match &found {
            Ok(found) => self.at = found.end,
            // Nothing can be found after it.
            Err(_) => self.n_seen = MAX_BOXES,
        }
        Some(found)
    }
}

/// All boxes that lie side by side in a part of the file.
///
/// # Errors
/// Those of the file, and those of a length that is impossible.
pub(in crate::video) fn boxes(
    file: &mut (impl Read + Seek),
    start: u64,
    end: u64,
) -> io::Result<Vec<Mp4Box>> {
    Walk::new(file, start, end).collect()
}

/// The first box of a kind in a part of the file. What comes after it is not read.
///
/// # Errors
/// As for [`boxes`].
pub(in crate::video) fn first_box(
    file: &mut (impl Read + Seek),
    start: u64,
    end: u64,
    kind: [u8; 4],
) -> io::Result<Option<Mp4Box>> {
    let mut walk = Walk::new(file, start, end);
    walk.find(|found| found.as_ref().map_or(true, |found| found.kind == kind))
        .transpose()
}

/// The movie's header, `moov`.
///
/// # Errors
/// As for [`boxes`], and `InvalidData` if there is none.
pub(in crate::video) fn movie(file: &mut (impl Read + Seek)) -> io::Result<Mp4Box> {
    let end = file.seek(SeekFrom::End(0))?;
    first_box(file, 0, end, *b"moov")?.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Whether the file ends inside a box.
pub(super) fn is_truncated(file: &mut (impl Read + Seek), length: u64) -> bool {
    let mut walk = Walk::new(file, 0, length);
    let failed = walk.find_map(Result::err);
    failed.map_or(walk.n_left_over() > 0, |error| {
        error.kind() == io::ErrorKind::UnexpectedEof
    })
}

pub(in crate::video) fn child(
    file: &mut (impl Read + Seek),
    parent: &Mp4Box,
    kind: &[u8; 4],
) -> io::Result<Option<Mp4Box>> {
    first_box(file, parent.start, parent.end, *kind)
}

pub(in crate::video) fn descendant(
    file: &mut (impl Read + Seek),
    parent: &Mp4Box,
    kinds: &[&[u8; 4]],
) -> io::Result<Option<Mp4Box>> {
    let mut found = *parent;
    for kind in kinds {
        match child(file, &found, kind)? {
            Some(inner) => found = inner,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

pub(in crate::video) fn version(file: &mut (impl Read + Seek), header: &Mp4Box) -> io::Result<u8> {
    Ok(u32_at(file, header, 0)?.to_be_bytes()[0])
}

/// Where a movie's or a track's header has its first field after the version and the two times.
pub(in crate::video) fn header_field(
    file: &mut (impl Read + Seek),
    header: &Mp4Box,
) -> io::Result<u64> {
    Ok(if version(file, header)? == 1 { 20 } else { 12 })
}

pub(in crate::video) fn u32_at(
    file: &mut (impl Read + Seek),
    within: &Mp4Box,
    at: u64,
) -> io::Result<u32> {
    bytes_at(file, within, at).map(u32::from_be_bytes)
}

pub(in crate::video) fn u64_at(
    file: &mut (impl Read + Seek),
    within: &Mp4Box,
    at: u64,
) -> io::Result<u64> {
    bytes_at(file, within, at).map(u64::from_be_bytes)
}

pub(in crate::video) fn bytes_at<const N: usize>(
    file: &mut (impl Read + Seek),
    within: &Mp4Box,
    at: u64,
) -> io::Result<[u8; N]> {
    if within.start + at + N as u64 > within.end {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(within.start + at))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn boxes_of_all_lengths_are_found() {
        let mut bytes = b"\0\0\0\x0afree..".to_vec();
        bytes.extend(b"\0\0\0\x01wide\0\0\0\0\0\0\0\x11.");
        bytes.extend(b"\0\0\0\0moov...");
        let n = bytes.len() as u64;
        let mut file = Cursor::new(bytes);
        let found = boxes(&mut file, 0, n).unwrap();
        let spans: Vec<_> = found.iter().map(|x| (&x.kind, x.start, x.end)).collect();
        let expected = [(b"free", 8, 10), (b"wide", 26, 27), (b"moov", 35, 38)];
        assert_eq!(spans, expected);
        assert_eq!(movie(&mut file).unwrap(), found[2]);
    }

    #[test]
    fn impossible_lengths_are_errors() {
        for bytes in [
            &b"\0\0\0\x07free"[..],
            b"\0\0\0\x09free",
            b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\0\0\0\x01free\0\0\0\0\0\0\0\x0f",
        ] {
            let mut file = Cursor::new(bytes);
            assert!(
                boxes(&mut file, 0, bytes.len() as u64).is_err(),
                "{bytes:?}"
            );
        }
        assert!(movie(&mut Cursor::new(b"")).is_err());
    }
}
