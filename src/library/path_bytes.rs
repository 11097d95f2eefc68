//! Paths in the catalogue: names on a disk need not be text, so they are kept as they are.

use std::path::{Path, PathBuf};

/// The bytes of a path; on systems whose names are not bytes, its text.
#[cfg(unix)]
pub fn bytes_of(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().to_vec()
}

/// The path of [`bytes_of`].
#[cfg(unix)]
pub fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
pub fn bytes_of(path: &Path) -> Vec<u8> {
    crate::domain::path_text(path).into_bytes()
}

#[cfg(not(unix))]
pub fn path_of(bytes: Vec<u8>) -> PathBuf {
    crate::domain::path_of_text(&String::from_utf8_lossy(&bytes))
}

/// The path as the catalogue names it: absolute, and through no link, as far as it exists.
pub fn absolute(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_as_they_were() {
        let plain = Path::new("/films/연 kite.mp4");
        assert_eq!(path_of(bytes_of(plain)), plain);
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt as _;
            let odd = Path::new(std::ffi::OsStr::from_bytes(b"/films/caf\xe9\n.mp4"));
            assert_eq!(path_of(bytes_of(odd)), odd);
        }
    }
}
