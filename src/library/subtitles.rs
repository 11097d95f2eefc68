//! Subtitles in a video and in the files beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::UNIX_EPOCH;

use crate::domain::{CAPTION_EXTENSIONS, Caption, captions_of};
use crate::video::{Source, VideoError, text_tracks};

/// A subtitle file is text; what is bigger is something else under that name.
const MAX_BYTES: u64 = 32 << 20;

/// The subtitle files beside a video: `film.srt`, `film.en.vtt`, in order of their names.
pub fn subtitles_beside(video: &Path) -> Vec<PathBuf> {
    let mut paths = match video.parent().map(subtitle_files) {
        Some(files) => files
            .into_iter()
            .filter(|file| belongs(file, video))
            .collect(),
        None => Vec::new(),
    };
    paths.sort();
    paths
}

/// All subtitle files of a folder.
pub(super) fn subtitle_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| is_subtitle_name(path)).collect()
}

pub(super) fn is_subtitle_name(path: &Path) -> bool {
    let extension = path
        .extension()
        .map(|name| name.to_string_lossy().to_lowercase());
    extension.is_some_and(|name| CAPTION_EXTENSIONS.contains(&name.as_str()))
}

/// Whether a subtitle file is of this video: its name begins like that, up to a dot.
pub(super) fn belongs(subtitles: &Path, video: &Path) -> bool {
    let (Some(stem), Some(of)) = (subtitles.file_stem(), video.file_stem()) else {
        return false;
    };
    let rest = stem.as_encoded_bytes().strip_prefix(of.as_encoded_bytes());
    subtitles.parent() == video.parent()
        && rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
}

/// Names and times of subtitle files; another text where one came, went or was changed.
pub(super) fn fingerprint(files: &[&PathBuf]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let metadata = fs::metadata(file).ok();
        let modified = metadata
            .as_ref()
            .and_then(|metadata| metadata.modified().ok());
        let nanos = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let n_bytes = metadata.map_or(0, |metadata| metadata.len());
        hasher.update(file.as_os_str().as_encoded_bytes());
        hasher.update(&n_bytes.to_le_bytes());
        hasher.update(&nanos.map_or(0, |nanos| nanos.as_nanos()).to_le_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// All that is said in a video, as far as it is written down in the file or beside it. Times count from
/// the first picture.
///
/// # Errors
/// Where the video cannot be read; what is wrong with a file beside it costs only that.
pub fn captions_of_video(source: &Source, cancel: &AtomicBool) -> Result<Vec<Caption>, VideoError> {
    let mut captions = text_tracks(source, cancel)?;
    let start_secs = source.info()?.video_start_secs;
    for path in subtitles_beside(source.path()) {
        let is_text = fs::metadata(&path).is_ok_and(|metadata| metadata.len() <= MAX_BYTES);
        match fs::read(&path) {
            Ok(bytes) if is_text => {
                let extension = path.extension().unwrap_or_default().to_string_lossy();
                // Players show them by the time of the file.
                captions.extend(
                    captions_of(&bytes, &extension)
                        .into_iter()
                        .map(|it| Caption {
                            start_secs: (it.start_secs - start_secs).max(0.0),
                            end_secs: it.end_secs - start_secs,
                            ..it
                        }),
                );
            }
            Ok(_) => log::warn!("{} is too big for subtitles", path.display()),
            Err(error) => log::warn!("{} cannot be read: {error}", path.display()),
        }
    }
    captions.retain(|caption| caption.end_secs > caption.start_secs);
    captions.sort_by(|a, b| {
        let by_time = a
            .start_secs
            .total_cmp(&b.start_secs)
            .then(a.end_secs.total_cmp(&b.end_secs));
        by_time.then_with(|| a.text.cmp(&b.text))
    });
    captions.dedup();
    Ok(captions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_the_video_that_their_name_begins_with() {
        let video = Path::new("/a/film.mp4");
        for (name, expected) in [
            ("/a/film.srt", true),
            ("/a/film.en.vtt", true),
            ("/a/film2.srt", false),
            ("/b/film.srt", false),
            ("/a/film.mp4.ass", true),
        ] {
            assert_eq!(belongs(Path::new(name), video), expected, "{name}");
        }
        assert!(is_subtitle_name(Path::new("/a/film.SRT")) && !is_subtitle_name(Path::new("srt")));
    }
}
