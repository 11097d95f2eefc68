//! Writes into a Matroska file which way up its picture is: the pose of the video track.
//!
//! GStreamer 1.22 has no such element. The file is complete by then, and nothing in it may move; so
//! the pose takes the place of the segment's unique number, which nothing refers to. Layout: RFC 9559,
//! 5.1.4.1.28.41.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;

use crate::video::file::orientation::Orientation;
use crate::video::file::truncated::ebml_number;

/// Everything before the first packet is within so much of the file.
const MAX_HEADER: u64 = 1 << 20;

const SEGMENT: &[u8] = &[0x18, 0x53, 0x80, 0x67];
const SEEK_HEAD: &[u8] = &[0x11, 0x4d, 0x9b, 0x74];
const SEEK_ID: &[u8] = &[0x53, 0xab];
const SEEK_POSITION: &[u8] = &[0x53, 0xac];
const INFO: &[u8] = &[0x15, 0x49, 0xa9, 0x66];
const SEGMENT_UID: &[u8] = &[0x73, 0xa4];
const TRACKS: &[u8] = &[0x16, 0x54, 0xae, 0x6b];
const TRACK: &[u8] = &[0xae];
const VIDEO: &[u8] = &[0xe0];

/// Writes `orientation` into the first track, which is the video.
///
/// # Errors
/// Those of the file, and `InvalidData` if it is not laid out as GStreamer does it.
pub(super) fn set_pose(file: &mut File, orientation: Orientation) -> io::Result<()> {
    if orientation == Orientation::default() {
        return Ok(());
    }
    let mut header = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    let reader: &File = file;
    reader.take(MAX_HEADER).read_to_end(&mut header)?;
    let posed = with_pose(&header, orientation).ok_or(io::ErrorKind::InvalidData)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&posed)
}

struct Element {
    start: usize,
    body: Range<usize>,
}

/// The element at a place; one that is cut off ends where the data does.
fn element_at(data: &[u8], start: usize, end: usize) -> Option<Element> {
    let id_bytes = data.get(start)?.leading_zeros() as usize + 1;
    let (size, size_bytes) = ebml_number(data.get(start + id_bytes..end)?)?;
    let body = start + id_bytes + size_bytes;
    let size = size.and_then(|size| usize::try_from(size).ok());
    let body_end = size.map_or(end, |size| body.saturating_add(size).min(end));
    (body <= end).then_some(Element {
        start,
        body: body..body_end,
    })
}

fn elements(data: &[u8], within: Range<usize>) -> impl Iterator<Item = Element> {
    let mut at = within.start;
    std::iter::from_fn(move || {
        let found = element_at(data, at, within.end)?;
        at = found.body.end;
        Some(found)
    })
}

fn find(data: &[u8], within: Range<usize>, id: &[u8]) -> Option<Element> {
    elements(data, within).find(|found| data[found.start..].starts_with(id))
}

/// The same header with the pose, as long as before. `None` if it is laid out in another way.
fn with_pose(header: &[u8], orientation: Orientation) -> Option<Vec<u8>> {
    let segment = find(header, 0..header.len(), SEGMENT)?;
    let info = find(header, segment.body.clone(), INFO)?;
    let unique = find(header, info.body.clone(), SEGMENT_UID)?;
    let tracks = find(header, segment.body.clone(), TRACKS)?;
    let track = find(header, tracks.body.clone(), TRACK)?;
    let video = find(header, track.body.clone(), VIDEO)?;
    let unique = unique.start..unique.body.end;
    let n_moved = unique.len();
    if unique.end > tracks.start || video.body.end == header.len() {
        return None;
    }
    let mut posed = header.to_vec();
    let at = video.body.end;
    posed.splice(at..at, pose(orientation, n_moved)?);
    posed.drain(unique);
    change(&mut posed, info.body.start, 0, n_moved as u64)?;
    for grown in [&tracks, &track, &video] {
        change(&mut posed, grown.body.start - n_moved, n_moved as u64, 0)?;
    }
    let seeks = find(header, segment.body, SEEK_HEAD)?;
    for seek in elements(header, seeks.body) {
        let id = find(header, seek.body.clone(), SEEK_ID);
        let position = find(header, seek.body, SEEK_POSITION);
        if let (Some(id), Some(position)) = (id, position)
            && header[id.body] == *TRACKS
            && position.body.len() == 8
        {
            change(&mut posed, position.body.end, 0, n_moved as u64)?;
        }
    }
    Some(posed)
}

/// Adds to and takes from the number of eight bytes that ends before `end`: a position, or a size
/// with its mark in the first byte.
fn change(data: &mut [u8], end: usize, plus: u64, minus: u64) -> Option<()> {
    let field = data.get_mut(end.checked_sub(8)?..end)?;
    let bytes: [u8; 8] = (&*field).try_into().ok()?;
    let number = u64::from_be_bytes(bytes);
    // A size in fewer bytes would show others before it; a position is far below this.
    if number >> 56 > 1 {
        return None;
    }
    field.copy_from_slice(&(number.checked_add(plus)?.checked_sub(minus)?).to_be_bytes());
    Some(())
}

/// The element with yaw and roll, filled up to `n_bytes`.
fn pose(orientation: Orientation, n_bytes: usize) -> Option<Vec<u8>> {
    let yaw: f32 = if orientation.mirrored { 180.0 } else { 0.0 };
    // Against the clock.
    let roll: f32 = match orientation.quarter_turns {
        1 => -90.0,
        2 => 180.0,
        3 => 90.0,
        _ => 0.0,
    };
    let mut bytes = vec![0x76, 0x70, 0x8e, 0x76, 0x73, 0x84];
    bytes.extend(yaw.to_be_bytes());
    bytes.extend([0x76, 0x75, 0x84]);
    bytes.extend(roll.to_be_bytes());
    let n_void = n_bytes.checked_sub(bytes.len() + 2)?;
    bytes.extend([0xec, 0x80 | u8::try_from(n_void).ok().filter(|n| *n < 127)?]);
    bytes.resize(n_bytes, 0);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_layouts_are_left_alone() {
        let turned = Orientation {
            mirrored: true,
            quarter_turns: 1,
        };
        assert_eq!(pose(turned, 19).unwrap().len(), 19);
        assert_eq!(pose(turned, 18), None);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        let whole = std::fs::read(folder.join("no_cues.mkv")).unwrap();
        for n in 0..600 {
            // An answer or none, but it ends.
            let _ = with_pose(&whole[..n], turned);
        }
        assert_eq!(with_pose(b"", turned), None);
        assert_eq!(with_pose(b"\0\0\0\x18ftypmp42", turned), None);
    }
}
