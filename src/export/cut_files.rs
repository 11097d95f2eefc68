//! Every moment as a video file of its own, nothing re-encoded.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::document::ExportDocument;
use super::frame_span::ranked;
use crate::domain::{TimeSpan, serialize_path};
use crate::video::{Cutter, VideoError};

const MAX_CHARS_OF_WORDS: usize = 30;

/// File systems take no longer name.
const MAX_BYTES_OF_NAME: usize = 255;

/// A moment that was written as a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WrittenCut {
    pub query: String,
    /// 1 for the best moment of its query.
    pub rank: usize,
    #[serde(serialize_with = "serialize_path")]
    pub path: PathBuf,
    /// The moment in the source.
    pub start_secs: f64,
    pub end_secs: f64,
    pub score: f32,
    /// What comes before the moment, because a file can begin only with a key frame.
    pub lead_in_secs: f64,
    /// What comes after it: a few frames where the last ones depend on later ones.
    pub lead_out_secs: f64,
    /// Length of the file.
    pub duration_secs: f64,
    pub n_audio_tracks: usize,
}

/// Writes the moments of all queries to `dir` as `<video>-<NN>-<start>-<end>.<ext>`, best first;
/// `<NN>` counts over all queries. `written` is called with each cut as soon as its file is whole.
/// Where there are several queries, the words of each follow `<NN>`.
///
/// Earlier cuts of the same name are replaced, each only when the new one is whole. A moment found
/// by two queries is written for both. Setting `cancel` stops the work almost at once; the cuts
/// that are whole stay.
///
/// # Errors
/// The first cut that fails; those before it stay.
pub fn write_cuts(
    document: &ExportDocument,
    dir: &Path,
    cancel: Arc<AtomicBool>,
    written: impl FnMut(&WrittenCut),
) -> Result<Vec<WrittenCut>, VideoError> {
    let stem = document.video.file_stem().unwrap_or_default();
    write_cuts_named(document, &stem.to_string_lossy(), dir, cancel, written)
}

/// As [`write_cuts`], of several videos into one folder. Where two have the same name, cuts of the
/// later one are named `<video>_2-…`.
///
/// # Errors
/// As there.
pub fn write_cuts_of_several(
    documents: &[ExportDocument],
    dir: &Path,
    cancel: &Arc<AtomicBool>,
    mut written: impl FnMut(&ExportDocument, &WrittenCut),
) -> Result<(), VideoError> {
    let mut n_of_name: HashMap<String, usize> = HashMap::new();
    for document in documents {
        let stem = document.video.file_stem().unwrap_or_default();
        let mut stem = stem.to_string_lossy().into_owned();
        // Some file systems take names for one that differ only in their capitals.
        let n = n_of_name.entry(stem.to_lowercase()).or_default();
        *n += 1;
        if *n > 1 {
            stem = format!("{stem}_{n}");
        }
        let tell = |cut: &WrittenCut| written(document, cut);
        write_cuts_named(document, &stem, dir, Arc::clone(cancel), tell)?;
    }
    Ok(())
}

fn write_cuts_named(
    document: &ExportDocument,
    stem: &str,
    dir: &Path,
    cancel: Arc<AtomicBool>,
    mut written: impl FnMut(&WrittenCut),
) -> Result<Vec<WrittenCut>, VideoError> {
    if dir.exists() && !dir.is_dir() {
        return Err(VideoError::Unwritable {
            path: dir.to_path_buf(),
            reason: "it is a file, and cuts need a folder".to_owned(),
        });
    }
    let cutter = Cutter::open(&document.video, cancel)?;
    let mut cuts: Vec<WrittenCut> = Vec::new();
    for query in &document.queries {
        let words = match document.queries.as_slice() {
            [_] => String::new(),
            _ => words_in_name(query.query.title()),
        };
        for moment in ranked(document, query) {
            let number = cuts.len() + 1;
            let span = TimeSpan::new(moment.start_secs, moment.end_secs);
            let ending = format!(
                "-{number:02}{words}-{}-{}.{}",
                time_in_name(span.start_secs),
                time_in_name(span.end_secs),
                cutter.extension()
            );
            let path = dir.join(name_that_fits(stem, &ending));
            let extent = cutter.cut(span, &path)?;
            let cut = WrittenCut {
                query: query.query.title().to_owned(),
                rank: moment.rank,
                path,
                start_secs: span.start_secs,
                end_secs: span.end_secs,
                score: moment.score,
                lead_in_secs: to_millis(extent.lead_in_secs(span)),
                lead_out_secs: to_millis(extent.lead_out_secs(span)),
                duration_secs: to_millis(extent.end_secs - extent.start_secs),
                n_audio_tracks: extent.n_audio_tracks,
            };
            written(&cut);
            cuts.push(cut);
        }
    }
    Ok(cuts)
}

/// The stem and the ending; a long stem is shortened at a character, because the ending tells the
/// cuts apart.
fn name_that_fits(stem: &str, ending: &str) -> String {
    let n_bytes = MAX_BYTES_OF_NAME.saturating_sub(ending.len());
    format!("{}{ending}", &stem[..stem.floor_char_boundary(n_bytes)])
}

/// Sums of nanoseconds are not round numbers.
fn to_millis(secs: f64) -> f64 {
    (secs * 1000.0).round() / 1000.0
}

/// `1h02m03.5s` or `2m03.5s`: colons are not allowed in names everywhere.
fn time_in_name(secs: f64) -> String {
    let tenths = (secs.max(0.0) * 10.0).round() as u64;
    let (secs, tenth) = (tenths / 10, tenths % 10);
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}h{minutes:02}m{secs:02}.{tenth}s")
    } else {
        format!("{minutes}m{secs:02}.{tenth}s")
    }
}

/// `-a-red-circle`: letters and digits of any script, and not too many of them.
fn words_in_name(query: &str) -> String {
    let lower = query.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let mut name = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if name.chars().count() + word.chars().count() > MAX_CHARS_OF_WORDS && !name.is_empty() {
            break;
        }
        name.push('-');
        name.extend(word.chars().take(MAX_CHARS_OF_WORDS));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fit_into_names() {
        assert_eq!(words_in_name("A red/blue circle?"), "-a-red-blue-circle");
        assert_eq!(words_in_name("…"), "");
        assert_eq!(words_in_name("빨간 원"), "-빨간-원");
        let long = words_in_name(&"word ".repeat(40));
        assert_eq!(long, "-word-word-word-word-word-word");
        assert_eq!(words_in_name(&"x".repeat(99)).len(), 31);
    }

    #[test]
    fn long_names_are_shortened_at_a_character() {
        assert_eq!(name_that_fits("film", "-01.mp4"), "film-01.mp4");
        for stem in ["x".repeat(245), "영".repeat(80), "🎬".repeat(70)] {
            let ending = "-01-빨간-원-1h02m03.5s-1h02m09.5s.mkv";
            let name = name_that_fits(&stem, ending);
            assert!((252..=255).contains(&name.len()), "{name}");
            let kept = name.strip_suffix(ending).unwrap();
            assert!(stem.starts_with(kept), "{name}");
        }
    }

    #[test]
    fn times_fit_into_names() {
        assert_eq!(time_in_name(0.0), "0m00.0s");
        assert_eq!(time_in_name(83.96), "1m24.0s");
        assert_eq!(time_in_name(3723.5), "1h02m03.5s");
    }
}
