//! Which files look like videos, by their names or by how they begin.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// As many bytes as show three packets of a Blu-ray's transport stream.
const N_FIRST_BYTES: u64 = 4 + 2 * 192 + 1;

/// Usual extensions, in lower case. A file that the user names is always tried; these are for
/// picking the videos out of a folder.
pub const VIDEO_EXTENSIONS: [&str; 20] = [
    "3gp", "avi", "f4v", "flv", "gif", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts",
    "mxf", "ogm", "ogv", "ts", "vob", "webm", "wmv",
];

/// Whether a file has one of the usual extensions.
pub fn is_video_name(path: &Path) -> bool {
    let extension = path.extension().map(|x| x.to_string_lossy().to_lowercase());
    extension.is_some_and(|x| VIDEO_EXTENSIONS.contains(&x.as_str()))
}

/// Whether the first bytes of a file are those of a container of moving pictures, whatever it is
/// called. It may turn out to hold none.
pub fn begins_like_video(path: &Path) -> bool {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(N_FIRST_BYTES).read_to_end(&mut bytes));
    read.is_ok() && is_container(&bytes)
}

/// Whether a file that begins like this may hold moving pictures: the containers of phones, cameras,
/// televisions and the web, whatever their files are called.
fn is_container(bytes: &[u8]) -> bool {
    let has = |at: usize, sign: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(sign));
    let is_every =
        |first: usize, step: usize| (0..3).all(|i| bytes.get(first + i * step) == Some(&0x47));
    let is_iso = has(4, b"ftyp")
        && ![
            b"heic", b"heix", b"mif1", b"msf1", b"avif", b"M4A ", b"M4B ", b"crx ",
        ]
        .iter()
        .any(|brand| has(8, *brand));
    is_iso
        || has(4, b"moov")
        || has(4, b"mdat")
        || has(4, b"wide")
        || has(0, b"\x1a\x45\xdf\xa3") // Matroska, WebM
        || has(0, b"RIFF") && has(8, b"AVI ")
        || has(0, b"FLV\x01")
        || has(0, b"OggS") && bytes.windows(7).any(|w| w == b"\x80theora")
        || has(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") // Windows Media
        || has(0, b"\0\0\x01\xba") // MPEG programme stream
        || has(0, b"\0\0\x01\xb3") // MPEG video
        || has(0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02") // MXF
        || is_every(0, 188) // MPEG transport stream
        || is_every(4, 192) // the same with the times of a Blu-ray or a camera
}
