//! A name for a video that is made from its content.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Files up to this size are hashed whole: a tenth of a second at most.
const WHOLE_BYTES: u64 = 64 << 20;

/// Bigger files are hashed in this many blocks, evenly spread, the first and the last included.
const N_BLOCKS: u64 = 64;
const BLOCK_BYTES: u64 = 256 << 10;

/// Names a video by its content, so that moving or renaming the file keeps its index.
///
/// Up to 64 MiB it is the BLAKE3 hash of the whole file. For bigger files, where reading everything
/// would take longer than opening the video may, it is the hash of the length, the time of the last
/// change, and 64 blocks of 256 KiB spread over the file: an edit anywhere changes the time, and a
/// tool that sets the time back would have to keep the length and miss all blocks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContentId(String);

impl ContentId {
    /// Reads at most 64 MiB of the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        Self::with_whole_limit(path, WHOLE_BYTES)
    }

    /// From the text of [`ContentId::as_str`]; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 32 && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn with_whole_limit(path: &Path, whole_bytes: u64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let mut hasher = blake3::Hasher::new();
        if metadata.len() <= whole_bytes {
            hasher.update_reader(&mut file)?;
        } else {
            let changed = metadata.modified().ok();
            let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let changed_nanos = changed.map_or(0, |duration| duration.as_nanos());
            hasher.update(&metadata.len().to_le_bytes());
            hasher.update(&changed_nanos.to_le_bytes());
            let mut block = Vec::with_capacity(BLOCK_BYTES as usize);
            let last_offset = metadata.len().saturating_sub(BLOCK_BYTES);
            for i in 0..N_BLOCKS {
                let offset = u128::from(last_offset) * u128::from(i) / u128::from(N_BLOCKS - 1);
                file.seek(SeekFrom::Start(offset as u64))?;
                block.clear();
                (&mut file).take(BLOCK_BYTES).read_to_end(&mut block)?;
                hasher.update(&block);
            }
        }
        Ok(Self(hasher.finalize().to_hex()[..32].to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Duration;

    #[test]
    fn the_content_names_the_video_and_not_the_path() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a.mp4"), dir.path().join("b.mp4"));
        fs::write(&a, b"frames").unwrap();
        let before = ContentId::of_file(&a).unwrap();
        assert_eq!(before.as_str().len(), 32);
        fs::copy(&a, &b).unwrap();
        assert_eq!(ContentId::of_file(&b).unwrap(), before);
        fs::write(&a, b"frameS").unwrap();
        assert_ne!(ContentId::of_file(&a).unwrap(), before);
        assert!(ContentId::of_file(&dir.path().join("none")).is_err());
    }

    #[test]
    fn big_files_change_with_a_block_with_the_length_and_with_the_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big.mkv");
        let id = || ContentId::with_whole_limit(&path, 1 << 20).unwrap();
        let mut bytes = vec![7_u8; 3 << 20];
        fs::write(&path, &bytes).unwrap();
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        let keep_time = |time| {
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(time)
        };
        let first = id();
        assert_eq!(id(), first);

        *bytes.last_mut().unwrap() = 8;
        fs::write(&path, &bytes).unwrap();
        keep_time(time).unwrap();
        let edited = id();
        assert_ne!(edited, first, "the last block is looked at");

        keep_time(time + Duration::from_secs(1)).unwrap();
        assert_ne!(id(), edited, "the time counts");

        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        keep_time(time).unwrap();
        assert_ne!(id(), edited, "the length counts");
    }
}
