//! Which file names look like videos.

use std::path::Path;

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
