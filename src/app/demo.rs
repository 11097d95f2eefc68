//! The demo video, which is compiled into the program: something to try the bundled model on.

use std::io;
use std::path::PathBuf;

use crate::store::{ContentId, Paths, atomic};

/// Two things that are in it.
pub const QUERIES: [&str; 2] = ["waves on the sea", "two red hearts"];

static BYTES: &[u8] = include_bytes!("../../assets/demo.mp4");

/// What [`ContentId::of_file`] gives for it.
const CONTENT: &str = "dfbf9d739812d0db716d4674a40f606a";

/// Whether a video is the demo, whatever its file is called.
pub fn is_demo(content: &ContentId) -> bool {
    content.as_str() == CONTENT
}

/// Puts the demo into the cache, unless it is there. Waits for the disk.
///
/// # Errors
/// Those of the file system.
pub fn write(paths: &Paths) -> io::Result<PathBuf> {
    let file = paths.cache_dir.join("demo.mp4");
    if !ContentId::of_file(&file).is_ok_and(|content| is_demo(&content)) {
        std::fs::create_dir_all(&paths.cache_dir)?;
        atomic::write(&file, BYTES)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_is_known_by_its_content() {
        let dirs = tempfile::tempdir().unwrap();
        let paths = Paths::below(dirs.path());
        let file = write(&paths).unwrap();
        let content = ContentId::of_file(&file).unwrap();
        assert_eq!(content.as_str(), CONTENT);
        // A damaged one is put right.
        std::fs::write(&file, "").unwrap();
        write(&paths).unwrap();
        assert_eq!(ContentId::of_file(&file).unwrap(), content);
    }
}
