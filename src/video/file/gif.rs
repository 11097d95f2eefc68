//! What GStreamer gets wrong about animated GIFs: when each picture is shown, and where the file
//! ends if its tail is missing.
//!
//! Under GStreamer 1.22, libav's demuxer searches forever for a missing trailer and never reports
//! the end of a short file, and the decoder gives all pictures the time of the first.
//! Format: GIF89a specification, appendices A and B.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use gstreamer as gst;
use tempfile::NamedTempFile;

use crate::video::file::error::VideoError;

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;
const GRAPHIC_CONTROL: u8 = 0xf9;

/// Shorter delays are not taken seriously: players, and libav, show such a picture for a tenth of a
/// second.
const LEAST_DELAY_CS: u16 = 2;
const DEFAULT_DELAY_CS: u16 = 10;

/// When a picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PictureTime {
    pub start: gst::ClockTime,
    pub duration: gst::ClockTime,
}

/// What the blocks of a GIF say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gif {
    /// Of every whole picture.
    pub pictures: Vec<PictureTime>,
    /// Bytes up to the end of the last whole picture.
    whole_bytes: u64,
    /// Whether the trailer is there.
    pub is_whole: bool,
}

impl Gif {
    /// `None` if the file is not a GIF or cannot be read.
    pub fn read(path: &Path) -> Option<Self> {
        let mut blocks = Blocks {
            file: BufReader::new(File::open(path).ok()?),
            at: 0,
        };
        let header = blocks.bytes::<13>().ok()?;
        if !header.starts_with(b"GIF87a") && !header.starts_with(b"GIF89a") {
            return None;
        }
        let mut gif = Self::default();
        // An error means that the rest is missing.
        gif.is_whole = blocks
            .skip(colours_bytes(header[10]))
            .and_then(|()| gif.read_blocks(&mut blocks))
            .is_ok();
        Some(gif)
    }

    pub fn duration_ns(&self) -> i64 {
        self.end().nseconds() as i64
    }

    fn end(&self) -> gst::ClockTime {
        let last = self.pictures.last();
        last.map_or(gst::ClockTime::ZERO, |last| last.start + last.duration)
    }

    fn read_blocks(&mut self, blocks: &mut Blocks) -> io::Result<()> {
        let mut delay_cs = DEFAULT_DELAY_CS;
        loop {
            match blocks.byte()? {
                TRAILER => return Ok(()),
                EXTENSION => {
                    if blocks.byte()? == GRAPHIC_CONTROL {
                        // Size of the block, flags, delay, transparent colour.
                        let [_, _, low, high, _] = blocks.bytes()?;
                        delay_cs = u16::from_le_bytes([low, high]);
                    }
                    blocks.skip_sub_blocks()?;
                }
                IMAGE => {
                    let descriptor = blocks.bytes::<9>()?;
                    blocks.skip(colours_bytes(descriptor[8]) + 1)?;
                    blocks.skip_sub_blocks()?;
                    if delay_cs < LEAST_DELAY_CS {
                        delay_cs = DEFAULT_DELAY_CS;
                    }
                    self.pictures.push(PictureTime {
                        start: self.end(),
                        duration: gst::ClockTime::from_mseconds(10 * u64::from(delay_cs)),
                    });
                    self.whole_bytes = blocks.at;
                    delay_cs = DEFAULT_DELAY_CS;
                }
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    /// A copy with only the whole pictures and a trailer, to read instead of a file without one.
    ///
    /// # Errors
    /// If not one picture is whole, or if the temporary file cannot be written.
    pub fn repaired(&self, path: &Path) -> Result<NamedTempFile, VideoError> {
        if self.pictures.is_empty() {
            return Err(VideoError::Damaged {
                path: path.to_path_buf(),
                reason: "it holds no whole picture".to_owned(),
            });
        }
        self.whole_part(path)
            .map_err(|error| VideoError::Unwritable {
                path: std::env::temp_dir(),
                reason: error.to_string(),
            })
    }

    fn whole_part(&self, path: &Path) -> io::Result<NamedTempFile> {
        let mut part = tempfile::Builder::new().suffix(".gif").tempfile()?;
        let mut source = File::open(path)?.take(self.whole_bytes);
        io::copy(&mut source, &mut part)?;
        io::copy(&mut &[TRAILER][..], &mut part)?;
        Ok(part)
    }
}

/// Bytes of the colour table that the packed field of a descriptor announces.
fn colours_bytes(packed: u8) -> u64 {
    if packed & 0x80 == 0 {
        return 0;
    }
    3 << ((packed & 7) + 1)
}

struct Blocks {
    file: BufReader<File>,
    at: u64,
}

impl Blocks {
    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    /// Fails if the file ends before.
    fn skip(&mut self, n_bytes: u64) -> io::Result<()> {
        if n_bytes == 0 {
            return Ok(());
        }
        self.file.seek_relative(n_bytes as i64 - 1)?;
        self.at += n_bytes - 1;
        self.byte().map(drop)
    }

    fn skip_sub_blocks(&mut self) -> io::Result<()> {
        loop {
            match self.byte()? {
                0 => return Ok(()),
                n_bytes => self.skip(u64::from(n_bytes))?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One black pixel, shown for `delay_cs`.
    fn picture(delay_cs: u8) -> Vec<u8> {
        let control = [EXTENSION, GRAPHIC_CONTROL, 4, 0, delay_cs, 0, 0, 0];
        let image = [IMAGE, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0];
        [&control[..], &image].concat()
    }

    fn gif(delays_cs: &[u8]) -> Vec<u8> {
        let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0".to_vec();
        bytes.extend([0, 0, 0, 255, 255, 255]);
        bytes.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
        for &delay_cs in delays_cs {
            bytes.extend(picture(delay_cs));
        }
        bytes.push(TRAILER);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Gif> {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        Gif::read(file.path())
    }

    #[test]
    fn delays_are_read_and_too_short_ones_are_replaced() {
        let found = read(&gif(&[50, 0, 1, 2])).unwrap();
        let cs = |time: gst::ClockTime| time.mseconds() / 10;
        let times_cs = found
            .pictures
            .iter()
            .map(|at| (cs(at.start), cs(at.duration)));
        let expected = [(0, 50), (50, 10), (60, 10), (70, 2)];
        assert_eq!(times_cs.collect::<Vec<_>>(), expected);
        assert_eq!(found.duration_ns(), 720_000_000);
        assert!(found.is_whole);
    }

    #[test]
    fn a_file_without_its_tail_ends_behind_its_last_whole_picture() {
        let whole = gif(&[5, 5, 5]);
        let n_bytes_of = |n_pictures: usize| gif(&[5; 3][..n_pictures]).len() - 1;
        for length in 0..whole.len() {
            let Some(cut) = read(&whole[..length]) else {
                assert!(length < 13);
                continue;
            };
            assert!(!cut.is_whole, "{length}");
            let n_pictures = cut.pictures.len();
            assert!(n_bytes_of(n_pictures) <= length || n_pictures == 0);
            assert!(n_pictures == 3 || n_bytes_of(n_pictures + 1) > length);
        }
        assert_eq!(read(b"this is not a GIF"), None);
    }

    #[test]
    fn a_repaired_file_is_whole() {
        let whole = gif(&[5, 5, 5]);
        let file = NamedTempFile::new().unwrap();
        let repaired = |length: usize| {
            std::fs::write(file.path(), &whole[..length]).unwrap();
            Gif::read(file.path()).unwrap().repaired(file.path())
        };
        let part = repaired(whole.len() - 6).unwrap();
        assert_eq!(std::fs::read(part.path()).unwrap(), gif(&[5, 5]));
        assert!(matches!(repaired(40), Err(VideoError::Damaged { .. })));
    }
}
