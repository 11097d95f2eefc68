//! QVHighlights files: annotations in, predictions in and out.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::remark::{Odd, Remark};
use crate::domain::{
    Annotation, LineError, QueryId, from_jsonl, from_jsonl_skipping, null_as_default, to_jsonl,
};

/// One line of a prediction file, with the official field names.
///
/// Numbers are written with fifteen significant digits: more than any score needs, and as many as
/// every JSON reader gives back unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    pub qid: QueryId,
    #[serde(default, deserialize_with = "null_as_default")]
    pub query: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub vid: String,
    /// `[start, end, score]` with seconds of the video, best first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pred_relevant_windows: Option<Vec<[f64; 3]>>,
    /// `[n_clips]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pred_saliency_scores: Option<Vec<f64>>,
}

/// A line that can be read but holds no prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither `pred_relevant_windows` nor `pred_saliency_scores` is given")]
struct NothingPredicted;

impl Prediction {
    fn check(&self) -> Result<(), NothingPredicted> {
        match (&self.pred_relevant_windows, &self.pred_saliency_scores) {
            (None, None) => Err(NothingPredicted),
            _ => Ok(()),
        }
    }

    /// The same with the digits that are written.
    fn rounded(&self) -> Self {
        let windows = self.pred_relevant_windows.as_ref();
        let scores = self.pred_saliency_scores.as_ref();
        Self {
            pred_relevant_windows: windows
                .map(|windows| windows.iter().map(|w| w.map(fifteen_digits)).collect()),
            pred_saliency_scores: scores
                .map(|scores| scores.iter().copied().map(fifteen_digits).collect()),
            ..self.clone()
        }
    }
}

fn fifteen_digits(x: f64) -> f64 {
    format!("{x:.14e}").parse().unwrap_or(x)
}

/// Why a QVHighlights file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("cannot open {path}: {cause}", path = path.display())]
    Open {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{path}, {cause}", path = path.display())]
    Line { path: PathBuf, cause: LineError },
    #[error("{path} holds no line at all", path = .0.display())]
    Empty(PathBuf),
}

/// What is done about a line of an annotation file that says something impossible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// It is an error.
    Strict,
    /// Windows are mended by [`Annotation::mend_windows`]; anything else is an error.
    MendWindows,
    /// As before, and other such lines are left out, as long as they are the lesser part.
    SkipLines,
}

/// Reads an annotation file, each line checked by [`Annotation::check`].
///
/// # Errors
/// Names the file, and the first line that is malformed or impossible; an empty file is an error.
pub fn read_annotations(path: &Path) -> Result<Vec<Annotation>, FileError> {
    Ok(read_annotations_with(path, Tolerance::Strict)?.0)
}

/// As [`read_annotations`], with what was tolerated, one remark for each kind.
///
/// # Errors
/// Those of [`read_annotations`] that `tolerance` does not cover.
pub fn read_annotations_with(
    path: &Path,
    tolerance: Tolerance,
) -> Result<(Vec<Annotation>, Vec<Remark>), FileError> {
    let mut mended = Odd::default();
    let mut skipped = Odd::default();
    let check = |line, annotation: &mut Annotation| {
        if tolerance != Tolerance::Strict
            && let Some(problem) = annotation.mend_windows()
        {
            let problem = problem.to_string();
            mended.add(LineError { line, problem });
        }
        annotation.check()
    };
    let bad = |error: LineError| {
        if tolerance == Tolerance::SkipLines {
            skipped.add(error);
            return Ok(());
        }
        Err(error)
    };
    let failed = |cause| FileError::Line {
        path: path.to_owned(),
        cause,
    };
    let annotations = from_jsonl_skipping(open(path)?, check, bad).map_err(failed)?;
    // Where most lines are no annotations, the file was meant for something else.
    if let Some(first) = skipped.first.clone()
        && skipped.n_lines >= annotations.len()
    {
        return Err(failed(first));
    }
    let remark = |odd: Odd, kind: fn(PathBuf, usize, LineError) -> Remark| {
        Some(kind(path.to_owned(), odd.n_lines, odd.first?))
    };
    let remarks = [
        remark(skipped, Remark::Skipped),
        remark(mended, Remark::Mended),
    ];
    Ok((
        not_empty(path, annotations)?,
        remarks.into_iter().flatten().collect(),
    ))
}

/// Reads a prediction file; windows and scores need not fit the video, as in the official code.
///
/// # Errors
/// Names the file, and the first line that is malformed or predicts nothing; an empty file is an
/// error.
pub fn read_predictions(path: &Path) -> Result<Vec<Prediction>, FileError> {
    read(path, Prediction::check)
}

/// The text of a prediction file.
///
/// # Errors
/// Numbers that JSON cannot hold.
pub fn predictions_jsonl(predictions: &[Prediction]) -> Result<String, serde_json::Error> {
    let rounded: Vec<_> = predictions.iter().map(Prediction::rounded).collect();
    to_jsonl(&rounded)
}

fn read<T, E>(path: &Path, check: fn(&T) -> Result<(), E>) -> Result<Vec<T>, FileError>
where
    T: serde::de::DeserializeOwned,
    E: std::fmt::Display,
{
    let records = from_jsonl(open(path)?, check).map_err(|cause| FileError::Line {
        path: path.to_owned(),
        cause,
    })?;
    not_empty(path, records)
}

fn open(path: &Path) -> Result<BufReader<File>, FileError> {
    let file = File::open(path).map_err(|cause| FileError::Open {
        path: path.to_owned(),
        cause,
    })?;
    Ok(BufReader::new(file))
}

fn not_empty<T>(path: &Path, records: Vec<T>) -> Result<Vec<T>, FileError> {
    if records.is_empty() {
        return Err(FileError::Empty(path.to_owned()));
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(score: f64) -> Prediction {
        Prediction {
            qid: 7.into(),
            query: "a kite".into(),
            vid: "v".into(),
            pred_relevant_windows: Some(vec![[0.0, 2.0 / 3.0, score]]),
            pred_saliency_scores: Some(vec![score, -1e-7]),
        }
    }

    #[test]
    fn predictions_come_back_with_all_digits_that_matter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pred.jsonl");
        let text = predictions_jsonl(&[prediction(f64::from(0.1_f32))]).unwrap();
        std::fs::write(&path, &text).unwrap();
        assert!(text.contains("0.666666666666667"), "{text}");
        let read = read_predictions(&path).unwrap();
        assert_eq!(read, [prediction(f64::from(0.1_f32)).rounded()]);
        let scores = read[0].pred_saliency_scores.as_ref().unwrap();
        assert_eq!(scores[0] as f32, 0.1);
        assert_eq!(scores[1], -1e-7);
    }

    #[test]
    fn a_bad_line_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let good = r#"{"qid":1,"query":"q","duration":10,"vid":"v"}"#;
        for (second, words) in [
            (
                r#"{"qid":2,"query":"q","vid":"v"}"#,
                "missing field `duration`",
            ),
            (
                r#"{"qid":2,"query":"q","duration":-3,"vid":"v"}"#,
                "`duration` is -3",
            ),
            (
                r#"{"qid":2,"query":"q","duration":4,"vid":"v","relevant_clip_ids":[0],"saliency_scores":[[1,2]]}"#,
                "invalid length 2",
            ),
            ("{", "EOF"),
        ] {
            std::fs::write(&path, format!("{good}\n{second}\n")).unwrap();
            let error = read_annotations(&path).unwrap_err().to_string();
            assert!(error.contains("labels.jsonl, line 2: "), "{error}");
            assert!(error.contains(words), "{error}");
        }
        std::fs::write(&path, "{\"qid\": 3}\n").unwrap();
        let error = read_predictions(&path).unwrap_err().to_string();
        assert!(error.contains("line 1: neither"), "{error}");
    }

    #[test]
    fn few_bad_lines_are_skipped_counted_and_the_first_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let line = |qid: usize| {
            format!("{{\"qid\":{qid},\"query\":\"q\",\"duration\":10,\"vid\":\"v\"}}\n")
        };
        let good: String = (0..1000).map(line).collect();
        let bad = "\n{\"qid\":1\n{\"qid\":2,\"query\":\" \",\"duration\":10,\"vid\":\"v\"}\n";
        std::fs::write(&path, format!("{good}{bad}{}", line(7))).unwrap();
        let (annotations, remarks) = read_annotations_with(&path, Tolerance::SkipLines).unwrap();
        assert_eq!(annotations.len(), 1001);
        let remarks: Vec<_> = remarks.iter().map(ToString::to_string).collect();
        assert_eq!(remarks.len(), 1);
        assert!(
            remarks[0].contains("labels.jsonl: 2 lines are left out"),
            "{remarks:?}"
        );
        assert!(remarks[0].contains("line 1002: EOF"), "{remarks:?}");
        for tolerance in [Tolerance::Strict, Tolerance::MendWindows] {
            let error = read_annotations_with(&path, tolerance).unwrap_err();
            assert!(error.to_string().contains("line 1002"), "{error}");
        }

        std::fs::write(&path, format!("{}no label\n", line(1))).unwrap();
        let error = read_annotations_with(&path, Tolerance::SkipLines).unwrap_err();
        assert!(
            error.to_string().contains("line 2: no JSON object"),
            "{error}"
        );
    }

    #[test]
    fn windows_that_are_no_span_are_mended_with_one_remark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let line = |windows: &str| {
            format!(
                "{{\"qid\":1,\"query\":\"q\",\"duration\":96,\"vid\":\"v\",\"relevant_windows\":{windows}}}\n"
            )
        };
        let text = [
            "[[2,4]]",
            "[[28.57,28.57],[2,4]]",
            "[[80,4800]]",
            "[[90,96.5]]",
        ];
        std::fs::write(&path, text.map(line).concat()).unwrap();
        for tolerance in [Tolerance::MendWindows, Tolerance::SkipLines] {
            let (annotations, remarks) = read_annotations_with(&path, tolerance).unwrap();
            let windows: Vec<_> = annotations
                .into_iter()
                .flat_map(|a| a.relevant_windows)
                .collect();
            assert_eq!(
                windows,
                [[2.0, 4.0], [2.0, 4.0], [80.0, 96.0], [90.0, 96.5]]
            );
            let [remark] = &remarks[..] else {
                panic!("{remarks:?}");
            };
            let remark = remark.to_string();
            assert!(remark.contains("on 2 lines"), "{remark}");
            assert!(
                remark.contains("line 2: the window [28.57, 28.57]"),
                "{remark}"
            );
        }
        let error = read_annotations(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 2: the window [28.57, 28.57]"),
            "{error}"
        );
    }

    #[test]
    fn missing_and_empty_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = read_annotations(&folder.path().join("no.jsonl")).unwrap_err();
        assert!(missing.to_string().starts_with("cannot open "), "{missing}");
        let path = folder.path().join("empty.jsonl");
        std::fs::write(&path, "\n").unwrap();
        let empty = read_annotations(&path).unwrap_err().to_string();
        assert!(
            empty.ends_with("empty.jsonl holds no line at all"),
            "{empty}"
        );
    }
}
