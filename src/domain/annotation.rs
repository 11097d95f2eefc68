//! The annotation line of QVHighlights: what people said about a video and a query.
//!
//! Data sets, the evaluator and the user's own labels all speak this format, so it is plain data
//! here and files elsewhere.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::{CLIP_SECS, n_clips};

/// Names a query within one file: a number in QVHighlights, a text in some of its relatives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum QueryId {
    Number(i64),
    Text(String),
}

impl fmt::Display for QueryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

impl From<i64> for QueryId {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for QueryId {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Longest video that labels may speak of: a week. Whatever holds a number per clip is made as long
/// as a line says, so a line must not say just anything.
pub const MAX_DURATION_SECS: f64 = 604_800.0;

/// How many people graded each clip in QVHighlights.
pub const N_ANNOTATORS: usize = 3;

/// The best of the five grades; 0 is the worst.
pub const MAX_GRADE: u8 = 4;

/// One line of an annotation file, with the official field names.
///
/// The last three fields may be missing or null (the test set is published without them): they are
/// empty then. Further fields are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    pub qid: QueryId,
    pub query: String,
    /// Seconds.
    #[serde(serialize_with = "shortest_number")]
    pub duration: f64,
    /// Names the video: `{vid}.npz` among features, `{vid}.*` among videos.
    pub vid: String,
    /// 0-based clips that were graded, in any order, none twice.
    #[serde(default, deserialize_with = "null_as_default")]
    pub relevant_clip_ids: Vec<usize>,
    /// `[relevant_clip_ids.len(), 3]` grades from 0 (very bad) to 4 (very good), one per annotator.
    #[serde(default, deserialize_with = "null_as_default")]
    pub saliency_scores: Vec<[u8; N_ANNOTATORS]>,
    /// `[start, end]` in seconds.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        serialize_with = "shortest_pairs"
    )]
    pub relevant_windows: Vec<[f64; 2]>,
}

/// Why a well-formed line says something impossible.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AnnotationError {
    #[error("`query` is empty")]
    EmptyQuery,
    #[error("`vid` is empty")]
    EmptyVid,
    #[error(
        "`duration` is {0:?}: it must be a positive number of seconds, at most a week ({MAX_DURATION_SECS})"
    )]
    Duration(f64),
    #[error("{clips} `relevant_clip_ids` but {scores} `saliency_scores`: each clip needs three")]
    LengthMismatch { clips: usize, scores: usize },
    #[error("clip {clip} lies outside the video, which has {n_clips} clips in {duration} s")]
    ClipOutside {
        clip: usize,
        n_clips: usize,
        duration: f64,
    },
    #[error("clip {0} is listed twice in `relevant_clip_ids`")]
    ClipTwice(usize),
    #[error("clip {clip} has a saliency score of {grade}: scores go from 0 to 4")]
    Grade { clip: usize, grade: u8 },
    #[error("the window [{start}, {end}] is no span inside the video of {duration} s")]
    Window { start: f64, end: f64, duration: f64 },
}

impl Annotation {
    /// Whether clips, scores and windows fit the video and each other.
    ///
    /// A window may end up to one clip after the video, since windows are made of whole clips.
    pub fn check(&self) -> Result<(), AnnotationError> {
        if self.query.trim().is_empty() {
            return Err(AnnotationError::EmptyQuery);
        }
        if self.vid.is_empty() {
            return Err(AnnotationError::EmptyVid);
        }
        let duration = self.duration;
        if !(duration > 0.0 && duration <= MAX_DURATION_SECS) {
            return Err(AnnotationError::Duration(duration));
        }
        self.check_clips()?;
        let mut windows = self.relevant_windows.iter();
        match windows.find(|window| !self.is_inside(window)) {
            Some(&window) => Err(self.outside(window)),
            None => Ok(()),
        }
    }

    /// Cuts windows that leave the video at its ends, and removes those that then hold nothing.
    /// Returns the first of them, as [`Annotation::check`] would have refused it.
    ///
    /// A window that is written backwards is removed as well: it could mean anything.
    pub fn mend_windows(&mut self) -> Option<AnnotationError> {
        let windows = std::mem::take(&mut self.relevant_windows);
        let first = windows.iter().find(|window| !self.is_inside(window));
        let first = first.map(|&window| self.outside(window));
        self.relevant_windows = windows
            .into_iter()
            .filter_map(|window| {
                if self.is_inside(&window) {
                    return Some(window);
                }
                let (start, end) = (window[0].max(0.0), window[1].min(self.duration));
                (start < end).then_some([start, end])
            })
            .collect();
        first
    }

    fn is_inside(&self, &[start, end]: &[f64; 2]) -> bool {
        0.0 <= start && start < end && end <= self.duration + CLIP_SECS
    }

    fn outside(&self, [start, end]: [f64; 2]) -> AnnotationError {
        AnnotationError::Window {
            start,
            end,
            duration: self.duration,
        }
    }

    fn check_clips(&self) -> Result<(), AnnotationError> {
        let (clips, scores) = (self.relevant_clip_ids.len(), self.saliency_scores.len());
        if clips != scores {
            return Err(AnnotationError::LengthMismatch { clips, scores });
        }
        let n_clips = n_clips(self.duration);
        let mut seen = HashSet::new();
        for (&clip, grades) in self.relevant_clip_ids.iter().zip(&self.saliency_scores) {
            if clip >= n_clips {
                return Err(AnnotationError::ClipOutside {
                    clip,
                    n_clips,
                    duration: self.duration,
                });
            }
            if !seen.insert(clip) {
                return Err(AnnotationError::ClipTwice(clip));
            }
            if let Some(&grade) = grades.iter().find(|&&grade| grade > MAX_GRADE) {
                return Err(AnnotationError::Grade { clip, grade });
            }
        }
        Ok(())
    }
}

/// For serde's `deserialize_with`: Python programs write `None` for what they do not know.
pub fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// `150`, not `150.0`, as the official files have it.
fn shortest_number<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Shortest(*number).serialize(serializer)
}

fn shortest_pairs<S: Serializer>(pairs: &[[f64; 2]], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(pairs.iter().map(|pair| pair.map(Shortest)))
}

struct Shortest(f64);

impl Serialize for Shortest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() < 1e15 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"qid":7,"query":"a kite","duration":150,"vid":"v_0.0_150.0","relevant_clip_ids":[3,74],"saliency_scores":[[4,4,2],[0,1,3]],"relevant_windows":[[6,8],[148,150.5]]}"#;

    fn annotation() -> Annotation {
        serde_json::from_str(LINE).unwrap()
    }

    #[test]
    fn a_line_is_read_and_written_alike() {
        assert_eq!(annotation().check(), Ok(()));
        assert_eq!(serde_json::to_string(&annotation()).unwrap(), LINE);
    }

    #[test]
    fn published_lines_without_labels_are_read() {
        let line = r#"{"qid":"a-1","query":"a kite","duration":12.5,"vid":"v","more":[1]}"#;
        let annotation: Annotation = serde_json::from_str(line).unwrap();
        assert_eq!(annotation.qid, "a-1".into());
        assert!(annotation.relevant_windows.is_empty());
        assert_eq!(annotation.check(), Ok(()));
    }

    #[test]
    fn null_lists_are_as_if_absent() {
        let absent = r#"{"qid":"t1","query":"a train","duration":74,"vid":"v"}"#;
        let absent: Annotation = serde_json::from_str(absent).unwrap();
        for nulls in [
            r#""relevant_clip_ids":null,"relevant_windows":null"#,
            r#""relevant_clip_ids":null,"saliency_scores":null,"relevant_windows":null"#,
            r#""saliency_scores":null"#,
        ] {
            let line =
                format!(r#"{{"qid":"t1","query":"a train","duration":74,"vid":"v",{nulls}}}"#);
            assert_eq!(serde_json::from_str::<Annotation>(&line).unwrap(), absent);
        }
    }

    #[test]
    fn windows_that_are_no_span_are_cut_or_left_out() {
        let mut good = annotation();
        assert_eq!(good.mend_windows(), None);
        assert_eq!(good, annotation(), "up to one clip beyond the end is usual");
        for (window, mended) in [
            ([28.57, 28.57], None),
            ([80.0, 4800.0], Some([80.0, 150.0])),
            ([-3.0, 4.0], Some([0.0, 4.0])),
            ([8.0, 6.0], None),
            ([160.0, 170.0], None),
        ] {
            let mut wrong = annotation();
            wrong.relevant_windows[1] = window;
            let told = wrong.mend_windows().map(|error| error.to_string());
            assert!(
                told.is_some_and(|told| told.contains("no span inside")),
                "{window:?}"
            );
            let expected = [Some([6.0, 8.0]), mended];
            let expected: Vec<_> = expected.into_iter().flatten().collect();
            assert_eq!(wrong.relevant_windows, expected);
            assert_eq!(wrong.check(), Ok(()));
        }
    }

    #[test]
    fn impossible_lines_are_refused_with_the_reason() {
        type Change = fn(&mut Annotation);
        let cases: [(Change, &str); 12] = [
            (|a| a.query = " ".into(), "`query` is empty"),
            (|a| a.vid.clear(), "`vid` is empty"),
            (|a| a.duration = 0.0, "`duration` is 0"),
            (|a| a.duration = f64::NAN, "`duration` is NaN"),
            (|a| a.duration = 1e300, "`duration` is 1e300"),
            (|a| a.duration = 604_801.0, "at most a week (604800)"),
            (|a| a.relevant_clip_ids[1] = 75, "clip 75 lies outside"),
            (|a| a.relevant_clip_ids[1] = 3, "clip 3 is listed twice"),
            (
                |a| a.saliency_scores[0][2] = 5,
                "clip 3 has a saliency score of 5",
            ),
            (
                |a| a.saliency_scores.truncate(1),
                "2 `relevant_clip_ids` but 1",
            ),
            (|a| a.relevant_windows[0] = [8.0, 6.0], "the window [8, 6]"),
            (
                |a| a.relevant_windows[0] = [8.0, 153.0],
                "the window [8, 153]",
            ),
        ];
        for (change, words) in cases {
            let mut wrong = annotation();
            change(&mut wrong);
            let error = wrong.check().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
