//! The boxes of an MP4 or QuickTime file: ISO/IEC 14496-12, 4.2.

use std::io::{self, Read, Seek, SeekFrom};

/// Far more than any sane file has side by side.
const MAX_BOXES: usize = 100_000;

/// A box by what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mp4Box {
    pub kind: [u8; 4],
    pub start: u64,
    pub end: u64,
}

/// The boxes one after the other in a part of the file.
///
/// # Errors
/// Those of the file, and `InvalidData` where a length leads out of that part.
pub(super) fn boxes(
    file: &mut (impl Read + Seek),
    start: u64,
    end: u64,
) -> io::Result<Vec<Mp4Box>> {
    let mut boxes = Vec::new();
    let mut at = start;
    while at + 8 <= end && boxes.len() < MAX_BOXES {
        let found = box_at(file, at, end)?;
        at = found.end;
        boxes.push(found);
    }
    Ok(boxes)
}

/// The first box of a kind in a part of the file; nothing behind it is looked at.
///
/// # Errors
/// As for [`boxes`].
pub(super) fn first_box(
    file: &mut (impl Read + Seek),
    start: u64,
    end: u64,
    kind: [u8; 4],
) -> io::Result<Option<Mp4Box>> {
    let mut at = start;
    for _ in 0..MAX_BOXES {
        if at + 8 > end {
            break;
        }
        let found = box_at(file, at, end)?;
        if found.kind == kind {
            return Ok(Some(found));
        }
        at = found.end;
    }
    Ok(None)
}

/// The movie's header, `moov`.
///
/// # Errors
/// As for [`boxes`], and `InvalidData` where there is none.
pub(super) fn movie(file: &mut (impl Read + Seek)) -> io::Result<Mp4Box> {
    let end = file.seek(SeekFrom::End(0))?;
    first_box(file, 0, end, *b"moov")?.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn box_at(file: &mut (impl Read + Seek), at: u64, end: u64) -> io::Result<Mp4Box> {
    let mut head = [0; 8];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut head)?;
    let [l0, l1, l2, l3, k0, k1, k2, k3] = head;
    let (length, head_length) = match u32::from_be_bytes([l0, l1, l2, l3]) {
        0 => (end - at, 8),
        1 => {
            let mut long = [0; 8];
            file.read_exact(&mut long)?;
            (u64::from_be_bytes(long), 16)
        }
        length => (u64::from(length), 8),
    };
    let next = at.saturating_add(length);
    if length < head_length || next > end {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(Mp4Box {
        kind: [k0, k1, k2, k3],
        start: at + head_length,
        end: next,
    })
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
    fn lengths_that_lie_are_errors() {
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
