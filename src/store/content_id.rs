//! A name for a video that is made from its content.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Files up to this size are hashed whole: a tenth of a second at most.
const WHOLE_BYTES: u64 = 64 << 20;

/// Bigger files are hashed in this many blocks, evenly spread, the first and the last included, and
/// one more in the very middle.
const N_BLOCKS: u64 = 64;
const BLOCK_BYTES: u64 = 256 << 10;

/// Names a video by its content, so that touching, copying, moving or renaming the file keeps its
/// index and its labels.
///
/// Up to 64 MiB it is the BLAKE3 hash of the whole file. For bigger files, where reading everything
/// would take longer than opening the video may, it is the hash of the length and of 65 blocks of
/// 256 KiB spread over the file. An edit that keeps the length to the byte and misses every block is
/// not noticed; a video that is cut or encoded again has other bytes everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContentId(String);

impl ContentId {
    /// Reads at most 64 MiB of the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        Ok(Self::with_former(path)?.0)
    }

    /// The id that the first `n_bytes` of the file would have by themselves.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_start(path: &Path, n_bytes: u64) -> io::Result<Self> {
        Ok(Self::of_part(path, Some(n_bytes), WHOLE_BYTES)?.0)
    }

    /// The id, and the one that earlier versions of the program gave to the file where that was
    /// another: for big files it also held the time of the last change, so that a copy got lost.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn with_former(path: &Path) -> io::Result<(Self, Option<Self>)> {
        Self::of_part(path, None, WHOLE_BYTES)
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

    /// Of the first `n_bytes`, else of all.
    fn of_part(
        path: &Path,
        n_bytes: Option<u64>,
        whole_bytes: u64,
    ) -> io::Result<(Self, Option<Self>)> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let n_bytes = n_bytes.unwrap_or(metadata.len());
        let mut hasher = blake3::Hasher::new();
        if n_bytes <= whole_bytes {
            // A file that grows meanwhile is longer than that.
            hasher.update_reader((&mut file).take(n_bytes))?;
            return Ok((Self::of(&hasher), None));
        }
        let mut former = blake3::Hasher::new();
        let changed = metadata.modified().ok();
        let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let changed_nanos = changed.map_or(0, |duration| duration.as_nanos());
        hasher.update(&n_bytes.to_le_bytes());
        former.update(&n_bytes.to_le_bytes());
        former.update(&changed_nanos.to_le_bytes());
        let mut block = Vec::with_capacity(BLOCK_BYTES as usize);
        let mut read = |offset: u64| {
            file.seek(SeekFrom::Start(offset))?;
            block.clear();
            (&mut file).take(BLOCK_BYTES).read_to_end(&mut block)?;
            Ok::<_, io::Error>(block.clone())
        };
        let last_offset = n_bytes.saturating_sub(BLOCK_BYTES);
        for i in 0..N_BLOCKS {
            let offset = u128::from(last_offset) * u128::from(i) / u128::from(N_BLOCKS - 1);
            let block = read(offset as u64)?;
            hasher.update(&block);
            former.update(&block);
        }
        hasher.update(&read(last_offset / 2)?);
        Ok((Self::of(&hasher), Some(Self::of(&former))))
    }

    fn of(hasher: &blake3::Hasher) -> Self {
        Self(hasher.finalize().to_hex()[..32].to_owned())
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

    /// A file of 3 MiB that is named as if it were too big to be read whole.
    struct Big(tempfile::TempDir);

    impl Big {
        const LEN: usize = 3 << 20;

        fn new() -> Self {
            let big = Self(tempfile::tempdir().unwrap());
            fs::write(big.path(), Self::bytes()).unwrap();
            big
        }

        fn bytes() -> Vec<u8> {
            (0..Self::LEN).map(|i| (i >> 10) as u8).collect()
        }

        fn path(&self) -> std::path::PathBuf {
            self.0.path().join("big.mkv")
        }

        fn ids(path: &Path) -> (ContentId, ContentId) {
            let (id, former) = ContentId::of_part(path, None, 1 << 20).unwrap();
            (id, former.unwrap())
        }
    }

    #[test]
    fn big_files_keep_their_id_when_touched_copied_or_renamed() {
        let big = Big::new();
        let (first, former) = Big::ids(&big.path());
        assert_ne!(first, former);
        assert_eq!(Big::ids(&big.path()), (first.clone(), former.clone()));

        let file = File::options().write(true).open(big.path()).unwrap();
        let time = fs::metadata(big.path()).unwrap().modified().unwrap();
        file.set_modified(time + Duration::from_secs(1)).unwrap();
        let (touched, former_of_touched) = Big::ids(&big.path());
        assert_eq!(touched, first);
        assert_ne!(former_of_touched, former, "as it was");

        let copy = big.0.path().join("copy.mkv");
        fs::copy(big.path(), &copy).unwrap();
        assert_eq!(Big::ids(&copy).0, first);
        let renamed = big.0.path().join("renamed.mkv");
        fs::rename(big.path(), &renamed).unwrap();
        assert_eq!(Big::ids(&renamed).0, first);
    }

    #[test]
    fn big_files_change_with_their_ends_their_middle_and_their_length() {
        let big = Big::new();
        let (first, _) = Big::ids(&big.path());
        for place in [0, Big::LEN / 2 - 1, Big::LEN / 2, Big::LEN - 1] {
            let mut bytes = Big::bytes();
            bytes[place] ^= 1;
            fs::write(big.path(), &bytes).unwrap();
            assert_ne!(Big::ids(&big.path()).0, first, "byte {place}");
        }
        fs::write(big.path(), &Big::bytes()[..Big::LEN - 1]).unwrap();
        assert_ne!(Big::ids(&big.path()).0, first, "the length counts");
    }

    #[test]
    fn a_part_has_the_id_that_it_has_alone() {
        let big = Big::new();
        let bytes = Big::bytes();
        for n_bytes in [1 << 19, 2 << 20] {
            let alone = big.0.path().join("alone.mkv");
            fs::write(&alone, &bytes[..n_bytes]).unwrap();
            let (alone, _) = ContentId::of_part(&alone, None, 1 << 20).unwrap();
            let (part, _) = ContentId::of_part(&big.path(), Some(n_bytes as u64), 1 << 20).unwrap();
            assert_eq!(part, alone, "{n_bytes}");
        }
    }

    #[test]
    fn the_middle_of_a_file_that_is_far_bigger_than_its_blocks_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("huge.mkv");
        let mut file = File::create(&path).unwrap();
        let len = (N_BLOCKS + 40) * 4 * BLOCK_BYTES;
        file.set_len(len).unwrap(); // sparse
        let first = ContentId::of_file(&path).unwrap();
        file.seek(SeekFrom::Start(len / 2)).unwrap();
        io::Write::write_all(&mut file, b"x").unwrap();
        assert_ne!(ContentId::of_file(&path).unwrap(), first);
    }
}
