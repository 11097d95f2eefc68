//! Features in files as the code bases around QVHighlights exchange them, of any network.

use std::path::{Path, PathBuf};

use crate::domain::{Annotation, n_clips};
use crate::engine::{DatasetError, EngineError};
use crate::eval::Prediction;
use crate::find::official;
use crate::model::MomentDetector;
use crate::model::detector::{
    DetectorInput, DetectorKind, MOST_CLIPS, Rows, side_by_side, video_features, word_features,
};
use crate::store::read_npz;

/// Where the features of a data set are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureFolders {
    /// One folder for each kind, in the order in which they were put side by side in training; each has
    /// `{vid}.npz` with the key `features`. Of a detector that listens, the last is the sound.
    pub video: Vec<PathBuf>,
    /// `qid{qid}.npz` with the key `last_hidden_state`.
    pub text: PathBuf,
    /// The mean of so many rows of a video stands for a clip.
    pub rows_per_clip: usize,
}

impl FeatureFolders {
    /// What the detector takes of one query: raw rows of each kind, cut to as many clips as it was
    /// trained on.
    fn read(
        &self,
        annotation: &Annotation,
        detector: &MomentDetector,
    ) -> Result<DetectorInput, EngineError> {
        let most = detector.most_clips();
        let mut kinds = Vec::new();
        for dir in &self.video {
            let rows = self.read_video(dir, annotation)?;
            kinds.push(rows.part(0..rows.n_rows().min(most)));
        }
        let text = self.read_text(annotation)?;
        let listens = detector.info().audio_width.is_some();
        let audio = if listens && kinds.len() > 1 {
            kinds.pop()
        } else {
            None
        };
        let width = kinds.iter().map(|kind| kind.width).sum();
        detector.check_widths(
            "the files",
            width,
            text.width,
            audio.as_ref().map(|audio| audio.width),
        )?;
        Ok(match detector.info().kind {
            DetectorKind::MomentDetr | DetectorKind::QdDetr | DetectorKind::UniVtg => {
                DetectorInput {
                    video: video_features(&kinds),
                    text: word_features(&text),
                    audio,
                }
            }
            DetectorKind::Umt => {
                let video = side_by_side(&kinds);
                let n_rows = audio.iter().chain([&video]).map(Rows::n_rows).min();
                let cut = |rows: Rows| rows.part(0..n_rows.unwrap_or(0));
                DetectorInput {
                    video: cut(video),
                    text,
                    audio: audio.map(cut),
                }
            }
        })
    }

    /// One row for each clip of a video, not normalised.
    fn read_video(&self, dir: &Path, annotation: &Annotation) -> Result<Rows, EngineError> {
        let path = video_file(dir, &annotation.vid)?;
        let rows = read_rows(&path, "features")?;
        let (n_rows, width) = (rows.n_rows(), rows.width);
        let n_expected = n_clips(annotation.duration);
        let n_found = n_rows.div_ceil(self.rows_per_clip);
        if let Some(per_clip) = clips_per_clip(n_found, n_expected) {
            return Err(DatasetError::OtherRate {
                path,
                n_rows,
                n_clips: n_expected,
                per_clip: per_clip * self.rows_per_clip,
            }
            .into());
        }
        let values = means(rows.values, width, self.rows_per_clip);
        Ok(Rows { width, values })
    }

    /// The video features of a query, prepared for the DETR kind, and the width of each kind of them.
    ///
    /// # Errors
    /// [`EngineError::Dataset`] naming the file.
    pub fn read_prepared(
        &self,
        annotation: &Annotation,
    ) -> Result<(Rows, Vec<usize>), EngineError> {
        let mut kinds = Vec::new();
        for dir in &self.video {
            let rows = self.read_video(dir, annotation)?;
            kinds.push(rows.part(0..rows.n_rows().min(MOST_CLIPS)));
        }
        let widths = kinds.iter().map(|kind| kind.width).collect();
        Ok((video_features(&kinds), widths))
    }

    /// The states of a query's words, as they are in the file.
    ///
    /// # Errors
    /// [`EngineError::Dataset`] naming the file.
    pub fn read_text(&self, annotation: &Annotation) -> Result<Rows, EngineError> {
        let file = format!("qid{}.npz", annotation.qid);
        let path = inside(&self.text, "clip_text_features", &file)?;
        if !path.is_file() {
            return Err(DatasetError::NoTextFeatures {
                qid: annotation.qid.to_string(),
                path,
            }
            .into());
        }
        read_rows(&path, "last_hidden_state")
    }

    /// One prediction per annotation as the official inference of the detector writes it.
    ///
    /// # Errors
    /// [`EngineError::Dataset`] naming the file that is missing or damaged, [`EngineError::Detector`]
    /// where the features are not those that it was trained on.
    pub fn predict(
        &self,
        annotations: &[Annotation],
        detector: &MomentDetector,
        mut progress: impl FnMut(usize),
    ) -> Result<Vec<Prediction>, EngineError> {
        let mut predictions = Vec::with_capacity(annotations.len());
        for annotation in annotations {
            let input = self.read(annotation, detector)?;
            predictions.push(predict(annotation, detector, &input)?);
            progress(predictions.len());
        }
        Ok(predictions)
    }
}

/// What a detector says of one query, in the form of the official files.
pub(super) fn predict(
    annotation: &Annotation,
    detector: &MomentDetector,
    input: &DetectorInput,
) -> Result<Prediction, EngineError> {
    let (windows, saliency) = official(&detector.detect(input)?, annotation.duration);
    Ok(Prediction {
        qid: annotation.qid.clone(),
        query: annotation.query.clone(),
        vid: annotation.vid.clone(),
        pred_relevant_windows: Some(windows),
        pred_saliency_scores: Some(saliency),
    })
}

fn video_file(dir: &Path, vid: &str) -> Result<PathBuf, DatasetError> {
    let path = inside(dir, "clip_features", &format!("{vid}.npz"))?;
    if path.is_file() {
        return Ok(path);
    }
    Err(DatasetError::NoFeatures {
        vid: vid.to_owned(),
        path,
    })
}

/// A file of a folder, or of the folder in it that published archives have.
pub(super) fn inside(dir: &Path, nested: &str, file: &str) -> Result<PathBuf, DatasetError> {
    if file.contains(['/', '\\']) || file.starts_with("..") {
        return Err(DatasetError::Name(file.to_owned()));
    }
    let nested = dir.join(nested).join(file);
    Ok(if nested.is_file() {
        nested
    } else {
        dir.join(file)
    })
}

fn read_rows(path: &Path, key: &str) -> Result<Rows, EngineError> {
    let array = read_npz(path, key).map_err(DatasetError::Npz)?;
    match *array.shape {
        [n_rows, width] if n_rows > 0 && width > 0 => Ok(Rows {
            width,
            values: array.values,
        }),
        _ => Err(DatasetError::NotRows {
            path: path.to_owned(),
            shape: array.shape,
        }
        .into()),
    }
}

/// How many rows a clip has where it has several: features are often made for every second, or for
/// every frame. `None` where there is about one, or where the lengths have nothing to do with each
/// other.
pub(super) fn clips_per_clip(n_rows: usize, n_clips: usize) -> Option<usize> {
    let per_clip = (n_rows + n_clips / 2) / n_clips.max(1);
    // A started clip at the end may or may not have all of its rows; in a few clips, one more row
    // is no sign of another rate.
    let is_multiple = n_rows.abs_diff(n_clips * per_clip) <= per_clip;
    (per_clip >= 2 && is_multiple && n_rows > n_clips + 1).then_some(per_clip)
}

/// The mean of every `n` rows `[dim]`; the last may have fewer.
pub(super) fn means(rows: Vec<f32>, dim: usize, n: usize) -> Vec<f32> {
    if n == 1 {
        return rows;
    }
    let mut means = Vec::with_capacity(rows.len() / n + dim);
    for of_clip in rows.chunks(n * dim) {
        let n_rows = of_clip.len() as f32 / dim as f32;
        let sum = |column| of_clip.iter().skip(column).step_by(dim).sum::<f32>();
        means.extend((0..dim).map(|column| sum(column) / n_rows));
    }
    means
}
