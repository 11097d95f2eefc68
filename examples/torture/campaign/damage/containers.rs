//! The pieces of every container of videos.
//!
//! The parsers read sound files only: what they do not understand ends the list.

use super::pieces::{Order, Piece, Size};
use super::{Rng, bytes, pieces};
use rand::RngExt as _;

/// Damages a video in one way, along its structure where that is known.
pub fn damage(video: &mut Vec<u8>, rng: &mut Rng) -> String {
    let parts = if rng.random_bool(0.85) {
        parts(video)
    } else {
        Vec::new()
    };
    let told = pieces::damage(video, &parts, rng);
    if video.starts_with(b"OggS") && rng.random_bool(0.9) {
        // With the checksums of what was there before, every page would be skipped.
        mend_ogg(video);
    }
    told
}

fn parts(video: &[u8]) -> Vec<Piece> {
    let mut found = Vec::new();
    let has = |at: usize, sign: &[u8]| video.get(at..).is_some_and(|rest| rest.starts_with(sign));
    let all = 0..video.len();
    if has(4, b"ftyp") || has(4, b"moov") || has(4, b"mdat") || has(4, b"wide") {
        boxes(video, all, None, &mut found);
    } else if has(0, b"\x1a\x45\xdf\xa3") {
        elements(video, all, None, &mut found);
    } else if has(0, b"RIFF") {
        chunks(video, all, None, &mut found);
    } else if has(0, b"OggS") {
        starts(video, b"OggS", 27, &mut found);
    } else if has(0, b"FLV") {
        tags(video, &mut found);
    } else if has(0, b"\x30\x26\xb2\x75") {
        objects(video, all, None, &mut found);
    } else if has(0, b"\0\0\x01") {
        starts(video, b"\0\0\x01", 4, &mut found);
    } else if has(0, b"\x47") && has(188, b"\x47") {
        packets(video, 188, 0, &mut found);
    } else if has(4, b"\x47") && has(196, b"\x47") {
        packets(video, 192, 4, &mut found);
    } else if has(0, b"GIF8") {
        starts(video, b"\x21\xf9", 8, &mut found);
    }
    found
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let field = bytes.get(at..at + width)?;
    Some(
        field
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)),
    )
}

/// ISO base media, ISO/IEC 14496-12: size, four letters, body.
fn boxes(
    video: &[u8],
    range: std::ops::Range<usize>,
    parent: Option<usize>,
    found: &mut Vec<Piece>,
) {
    const PLAIN: [&[u8]; 12] = [
        b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts", b"udta", b"moof", b"traf",
        b"mvex", b"mfra",
    ];
    let mut start = range.start;
    while let (Some(size), Some(name)) = (number(video, start, 4), video.get(start + 4..start + 8))
    {
        let end = start
            + if size == 0 {
                range.end - start
            } else {
                size as usize
            };
        if size != 0 && size < 8 || start + 8 > end || end > range.end {
            return;
        }
        let own = found.len();
        found.push(Piece {
            name: name.to_vec(),
            start,
            body: start + 8,
            end,
            parent,
            size: Some(Size {
                at: start,
                width: 4,
                order: Order::Big,
            }),
        });
        // What stands before the children.
        let skip = match name {
            name if PLAIN.contains(&name) => Some(0),
            b"meta" => Some(4),
            b"stsd" | b"dref" => Some(8),
            b"avc1" | b"hvc1" | b"av01" | b"mp4v" => Some(78),
            b"mp4a" => Some(28),
            _ => None,
        };
        if let Some(skip) = skip.filter(|skip| start + 8 + skip < end) {
            boxes(video, start + 8 + skip..end, Some(own), found);
        }
        start = end;
    }
}

/// EBML, RFC 8794: identity, size with a mark, body.
fn elements(
    video: &[u8],
    range: std::ops::Range<usize>,
    parent: Option<usize>,
    found: &mut Vec<Piece>,
) {
    const MASTERS: [u64; 16] = [
        0x1a45_dfa3,
        0x1853_8067,
        0x114d_9b74,
        0x4dbb,
        0x1549_a966,
        0x1654_ae6b,
        0xae,
        0xe0,
        0xe1,
        0x7670,
        0x1f43_b675,
        0xa0,
        0x1c53_bb6b,
        0xbb,
        0xb7,
        0x1254_c367,
    ];
    let mut start = range.start;
    while start < range.end {
        let id_len = video[start].leading_zeros() as usize + 1;
        let at = start + id_len;
        let Some(first) = video.get(at) else { return };
        let width = first.leading_zeros() as usize + 1;
        let (Some(id), Some(size)) = (number(video, start, id_len), number(video, at, width))
        else {
            return;
        };
        if id_len > 4 || width > 8 {
            return;
        }
        let size = size & ((1 << (7 * width)) - 1);
        let is_unknown = size == (1 << (7 * width)) - 1;
        let body = at + width;
        let end = if is_unknown {
            range.end
        } else {
            body + size as usize
        };
        if body > end || end > range.end {
            return;
        }
        let own = found.len();
        found.push(Piece {
            name: video[start..at].to_vec(),
            start,
            body,
            end,
            parent,
            size: Some(Size {
                at,
                width,
                order: Order::Marked,
            }),
        });
        if MASTERS.contains(&id) {
            elements(video, body..end, Some(own), found);
        }
        start = end;
    }
}

/// RIFF: four letters, size, body, filled up to an even length.
fn chunks(
    video: &[u8],
    range: std::ops::Range<usize>,
    parent: Option<usize>,
    found: &mut Vec<Piece>,
) {
    let mut start = range.start;
    while let (Some(name), Some(size)) =
        (video.get(start..start + 4), video.get(start + 4..start + 8))
    {
        let size = u32::from_le_bytes([size[0], size[1], size[2], size[3]]) as usize;
        let end = start + 8 + size;
        if end > range.end {
            return;
        }
        let own = found.len();
        found.push(Piece {
            name: name.to_vec(),
            start,
            body: start + 8,
            end,
            parent,
            size: Some(Size {
                at: start + 4,
                width: 4,
                order: Order::Little,
            }),
        });
        if matches!(name, b"RIFF" | b"LIST") && size >= 4 {
            chunks(video, start + 12..end, Some(own), found);
        }
        start = end + size % 2;
    }
}

/// Windows Media: sixteen letters, size of all in eight bytes, body; the header has 14 bytes more.
fn objects(
    video: &[u8],
    range: std::ops::Range<usize>,
    parent: Option<usize>,
    found: &mut Vec<Piece>,
) {
    let mut start = range.start;
    while let (Some(name), Some(size)) = (
        video.get(start..start + 16),
        video.get(start + 16..start + 24),
    ) {
        let size = size
            .iter()
            .rev()
            .fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
        let Some(end) = start
            .checked_add(size)
            .filter(|end| size >= 24 && *end <= range.end)
        else {
            return;
        };
        let own = found.len();
        found.push(Piece {
            name: name.to_vec(),
            start,
            body: start + 24,
            end,
            parent,
            size: Some(Size {
                at: start + 16,
                width: 8,
                order: Order::Little,
            }),
        });
        if name.starts_with(b"\x30\x26\xb2\x75") {
            objects(video, start + 30..end, Some(own), found);
        }
        start = end;
    }
}

/// FLV: after nine bytes and a number, tags with their size in bytes 1 to 3 and a number behind.
fn tags(video: &[u8], found: &mut Vec<Piece>) {
    let mut start = 13;
    while let Some(size) = number(video, start + 1, 3) {
        let end = start + 11 + size as usize + 4;
        if end > video.len() {
            return;
        }
        found.push(Piece {
            name: video[start..=start].to_vec(),
            start,
            body: start + 11,
            end,
            parent: None,
            size: Some(Size {
                at: start + 1,
                width: 3,
                order: Order::Big,
            }),
        });
        start = end;
    }
}

/// Packets of one length; they are named after the stream they belong to.
fn packets(video: &[u8], len: usize, before: usize, found: &mut Vec<Piece>) {
    for (i, packet) in video.chunks_exact(len).enumerate() {
        let start = i * len;
        found.push(Piece {
            name: vec![packet[before + 1] & 0x5f, packet[before + 2]],
            start,
            body: start + before + 4,
            end: start + len,
            parent: None,
            size: None,
        });
    }
}

/// Pieces that begin with `sign` and last until the next, named after the byte behind it.
fn starts(video: &[u8], sign: &[u8], header_len: usize, found: &mut Vec<Piece>) {
    let is_start = |at: &usize| video[*at..].starts_with(sign);
    let mut at: Vec<_> = (0..video.len()).filter(is_start).collect();
    at.push(video.len());
    for ends in at.windows(2) {
        let (start, end) = (ends[0], ends[1]);
        let behind = start + sign.len();
        // The packets of a program stream say their length; nothing else that begins like this does.
        let says_size = sign == b"\0\0\x01" && video.get(behind).is_some_and(|id| *id >= 0xbd);
        found.push(Piece {
            name: video.get(behind..=behind).unwrap_or_default().to_vec(),
            start,
            body: (start + header_len).min(end),
            end,
            parent: None,
            size: (says_size && behind + 3 <= end).then_some(Size {
                at: behind + 1,
                width: 2,
                order: Order::Big,
            }),
        });
    }
}

/// Writes the checksum of every page anew (RFC 3533, section 6).
fn mend_ogg(video: &mut [u8]) {
    let mut pages = Vec::new();
    starts(video, b"OggS", 27, &mut pages);
    for page in pages.iter().filter(|page| page.end - page.start >= 27) {
        let bytes = &mut video[page.start..page.end];
        bytes[22..26].fill(0);
        let crc = bytes.iter().fold(0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
                crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 }
            })
        });
        bytes[22..26].copy_from_slice(&crc.to_le_bytes());
    }
}

/// Two videos in one file, as a broken copy leaves them; damages nothing by itself.
pub fn splice(video: &mut Vec<u8>, other: &[u8], rng: &mut Rng) -> String {
    let (keep, from) = (
        rng.random_range(0..=video.len()),
        rng.random_range(0..=other.len()),
    );
    video.truncate(keep);
    video.extend_from_slice(&other[from..]);
    if rng.random_bool(0.2) {
        bytes::damage(video, rng);
    }
    format!("another file from {from} behind the first {keep} bytes")
}
