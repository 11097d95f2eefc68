//! What files with videos are called.

use std::path::Path;

/// Usual extensions, in lower case. A file that is named is tried whatever it is called; these tell
/// videos from what lies beside them in a folder.
pub const VIDEO_EXTENSIONS: [&str; 20] = [
    "3gp", "avi", "f4v", "flv", "gif", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts",
    "mxf", "ogm", "ogv", "ts", "vob", "webm", "wmv",
];

/// Whether a file is called like a video.
pub fn is_video_name(path: &Path) -> bool {
    let extension = path.extension().map(|x| x.to_string_lossy().to_lowercase());
    extension.is_some_and(|x| VIDEO_EXTENSIONS.contains(&x.as_str()))
}
