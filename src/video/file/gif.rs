//! Animated GIFs, read as far as GStreamer does not: when each picture is shown, and where the file
//! ends when its tail is missing.
//!
//! libav's demuxer under GStreamer 1.22 looks for the trailer for ever in a file that has none and
//! does not tell the end of a short one, and the decoder gives all pictures the time of the first.
//! Format: GIF89a specification, appendices A and B.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

use gstreamer as gst;
use tempfile::NamedTempFile;

use super::VideoError;

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;
const GRAPHIC_CONTROL: u8 = 0xf9;

/// Shorter delays are not meant: players, and libav, show such pictures for a tenth of a second.
const LEAST_DELAY_CS: u16 = 2;
const DEFAULT_DELAY_CS: u16 = 10;

/// What the blocks of a GIF say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gif {
    /// How long each whole picture is shown.
    pub delays: Vec<gst::ClockTime>,
    /// Bytes up to the end of the last whole picture.
    whole_bytes: u64,
    /// Whether the trailer is there.
    pub is_whole: bool,
}

impl Gif {
    /// `None` if the file is no GIF or cannot be read.
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
        // An error is the end of what is there.
        gif.is_whole = blocks
            .skip(colours_bytes(header[10]))
            .and_then(|()| gif.read_blocks(&mut blocks))
            .is_ok();
        Some(gif)
    }

    pub fn duration_ns(&self) -> i64 {
        let total: gst::ClockTime = self.delays.iter().copied().sum();
        total.nseconds() as i64
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
                    self.delays
                        .push(gst::ClockTime::from_mseconds(10 * u64::from(delay_cs)));
                    self.whole_bytes = blocks.at;
                    delay_cs = DEFAULT_DELAY_CS;
                }
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    /// A copy of the whole pictures with the trailer that the file lacks.
    fn whole_part(&self, path: &Path) -> io::Result<NamedTempFile> {
        let mut part = tempfile::Builder::new().suffix(".gif").tempfile()?;
        let mut source = File::open(path)?.take(self.whole_bytes);
        io::copy(&mut source, &mut part)?;
        io::copy(&mut &[TRAILER][..], &mut part)?;
        Ok(part)
    }
}

/// What to read instead of a GIF without trailer; `None` for all other files.
///
/// # Errors
/// Where not one picture is whole, or a temporary file cannot be written.
pub(super) fn readable_part(path: &Path) -> Result<Option<NamedTempFile>, VideoError> {
    let Some(gif) = Gif::read(path).filter(|gif| !gif.is_whole) else {
        return Ok(None);
    };
    if gif.delays.is_empty() {
        return Err(VideoError::Damaged {
            path: path.to_path_buf(),
            reason: "it holds no whole picture".to_owned(),
        });
    }
    let part = gif
        .whole_part(path)
        .map_err(|error| VideoError::Unwritable {
            path: std::env::temp_dir(),
            reason: error.to_string(),
        })?;
    Ok(Some(part))
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

    /// Fails where the file ends before.
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
    fn delays_are_read_and_too_short_ones_are_not_believed() {
        let found = read(&gif(&[50, 0, 1, 2])).unwrap();
        let delays_cs: Vec<_> = found.delays.iter().map(|at| at.mseconds() / 10).collect();
        assert_eq!(delays_cs, [50, 10, 10, 2]);
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
            let n_pictures = cut.delays.len();
            assert!(n_bytes_of(n_pictures) <= length || n_pictures == 0);
            assert!(n_pictures == 3 || n_bytes_of(n_pictures + 1) > length);
        }
        assert_eq!(read(b"this is not a GIF"), None);
    }

    #[test]
    fn the_readable_part_is_a_whole_file() {
        let whole = gif(&[5, 5, 5]);
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &whole[..whole.len() - 6]).unwrap();
        let part = readable_part(file.path()).unwrap().unwrap();
        assert_eq!(std::fs::read(part.path()).unwrap(), gif(&[5, 5]));
        std::fs::write(file.path(), &whole[..40]).unwrap();
        let nothing = readable_part(file.path());
        assert!(matches!(nothing, Err(VideoError::Damaged { .. })));
        std::fs::write(file.path(), &whole).unwrap();
        assert!(readable_part(file.path()).unwrap().is_none());
    }
}
