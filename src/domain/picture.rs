//! A picture as plain data.

use std::sync::Arc;

/// How the key of a picture begins; the hash follows.
const KEY_START: &str = "picture:";

/// Characters of the hash.
const HASH_CHARS: usize = 32;

/// An upright RGB picture; two are equal when their pixels are.
#[derive(Clone)]
pub struct Picture {
    width: u32,
    height: u32,
    rgb: Arc<[u8]>,
    key: Arc<str>,
}

impl Picture {
    /// From `[height, width, 3]` bytes; `None` where there are not exactly so many, or none at all.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Option<Self> {
        let n_bytes = u64::from(width) * u64::from(height) * 3;
        if n_bytes == 0 || n_bytes != rgb.len() as u64 {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        for side in [width, height] {
            hasher.update(&side.to_le_bytes());
        }
        let hash = hasher.update(&rgb).finalize().to_hex();
        Some(Self {
            width,
            height,
            rgb: rgb.into(),
            key: format!("{KEY_START}{}", &hash[..HASH_CHARS]).into(),
        })
    }

    pub fn width(&self) -> u32 {
        self.width
    }

    pub fn height(&self) -> u32 {
        self.height
    }

    /// `[height, width, 3]`, row-major.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Names the picture by its pixels alone: `picture:` and the first half of their BLAKE3 hash. The
    /// same from run to run.
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Whether a text is the key of some picture.
    pub fn is_key(text: &str) -> bool {
        let hash = text.strip_prefix(KEY_START);
        hash.is_some_and(|hash| {
            hash.len() == HASH_CHARS && hash.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
        })
    }
}

impl PartialEq for Picture {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Picture {}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{} {}", self.width, self.height, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_pixels_and_their_shape() {
        let picture = Picture::new(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
        assert!(Picture::is_key(picture.key()), "{picture:?}");
        assert_eq!(
            Picture::new(2, 1, vec![1, 2, 3, 4, 5, 6]),
            Some(picture.clone())
        );
        for other in [
            Picture::new(1, 2, vec![1, 2, 3, 4, 5, 6]),
            Picture::new(2, 1, vec![1, 2, 3, 4, 5, 7]),
        ] {
            assert_ne!(other.unwrap(), picture);
        }
        assert_eq!(Picture::new(2, 2, vec![0; 6]), None);
        assert_eq!(Picture::new(0, 2, Vec::new()), None);
        assert!(!Picture::is_key("picture: a red kite") && !Picture::is_key("a picture"));
    }
}
