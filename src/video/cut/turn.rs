//! Writes into an MP4 or QuickTime file which way up its picture is, the matrix in the track header,
//! and when it was made.
//!
//! GStreamer 1.22 reads that matrix, but its muxer always writes "not turned". Layout: ISO/IEC
//! 14496-12, 8.3.2.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use crate::video::file::mp4::{self, Mp4Box, boxes};
use crate::video::file::orientation::Orientation;

/// 1.0 as a 16.16 number, and as the 2.30 number of the last entry.
const ONE: i32 = 1 << 16;
const ONE_2_30: i32 = 1 << 30;

/// From where MP4 counts dates to where everything else does.
pub(super) const SECS_1904_TO_1970: i64 = 2_082_844_800;

/// Writes `orientation` into the header of the first video track.
///
/// # Errors
/// Those of the file, and `InvalidData` if it has no such header.
pub(super) fn set_orientation(file: &mut File, orientation: Orientation) -> io::Result<()> {
    if orientation == Orientation::default() {
        return Ok(());
    }
    let movie = mp4::movie(file)?;
    for track in boxes(file, movie.start, movie.end)? {
        if track.kind != *b"trak" {
            continue;
        }
        for header in boxes(file, track.start, track.end)? {
            if header.kind == *b"tkhd" && turn(file, &header, orientation)? {
                return Ok(());
            }
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// `false` if the track has no width, so is not a video.
fn turn(file: &mut File, header: &Mp4Box, orientation: Orientation) -> io::Result<bool> {
    let mut version = [0];
    file.seek(SeekFrom::Start(header.start))?;
    file.read_exact(&mut version)?;
    let times_length = if version[0] == 1 { 32 } else { 20 };
    // Version and flags, times, reserved, layer, group, volume, reserved.
    let at = header.start + 4 + times_length + 16;
    let mut size = [0; 8];
    file.seek(SeekFrom::Start(at + 36))?;
    file.read_exact(&mut size)?;
    let [w0, w1, w2, w3, h0, h1, h2, h3] = size;
    let width = i32::from_be_bytes([w0, w1, w2, w3]);
    let height = i32::from_be_bytes([h0, h1, h2, h3]);
    if width == 0 {
        return Ok(false);
    }
    let [a, b, c, d] = orientation.matrix();
    // What lands left of or above zero is moved back.
    let back = |across: i32, down: i32| {
        let from_width = if across < 0 { width } else { 0 };
        from_width + if down < 0 { height } else { 0 }
    };
    let (x, y) = (back(a, c), back(b, d));
    let [a, b, c, d] = [a, b, c, d].map(|entry| entry * ONE);
    let matrix = [a, b, 0, c, d, 0, x, y, ONE_2_30];
    let bytes: Vec<u8> = matrix
        .iter()
        .flat_map(|entry| entry.to_be_bytes())
        .collect();
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&bytes)?;
    Ok(true)
}

/// Writes when the film was made, in seconds since 1904, into the headers of the movie, of its tracks
/// and of their media. Years after 2040 do not fit into short fields and are left out.
///
/// # Errors
/// As for [`set_orientation`].
pub(super) fn set_created(file: &mut File, created: u64) -> io::Result<()> {
    let movie = mp4::movie(file)?;
    for part in boxes(file, movie.start, movie.end)? {
        match &part.kind {
            b"mvhd" => write_created(file, &part, created)?,
            b"trak" => {
                let header = mp4::child(file, &part, b"tkhd")?;
                let media = mp4::descendant(file, &part, &[b"mdia", b"mdhd"])?;
                for header in header.into_iter().chain(media) {
                    write_created(file, &header, created)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// After version and flags come the times of creation and of the last change.
fn write_created(file: &mut File, header: &Mp4Box, created: u64) -> io::Result<()> {
    let bytes = match (mp4::version(file, header)?, u32::try_from(created)) {
        (1, _) => created.to_be_bytes().to_vec(),
        (_, Ok(created)) => created.to_be_bytes().to_vec(),
        (_, Err(_)) => return Ok(()),
    };
    file.seek(SeekFrom::Start(header.start + 4))?;
    file.write_all(&bytes)
}
