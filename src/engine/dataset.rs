//! A data set in QVHighlights format: its videos as embeddings, and predictions for its queries.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::{Annotation, Embeddings, Moment, UnitVector, n_clips};
use crate::engine::{DatasetError, Engine, EngineError, Notice, VideoIndex, feature_files};
use crate::eval::Prediction;
use crate::find::Way;
use crate::learn::{Example, TrainingSet, Unlisted};
use crate::model::MomentDetector;
use crate::model::detector::{DetectorInput, Rows, video_features};
use crate::store::read_npz;
use crate::video::{begins_like_video, is_video_name};

/// Texts per call of the text tower.
const CHUNK: usize = 32;

/// Where the videos' embeddings come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatasetSource {
    /// `{vid}.npz` with the key `features`, in this folder or its `clip_features`. The mean of so many
    /// rows stands for a clip.
    Features { dir: PathBuf, rows_per_clip: usize },
    /// `{vid}.*`, indexed now or before.
    Videos(PathBuf),
}

/// Annotations with the embeddings of all their videos.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub annotations: Vec<Annotation>,
    videos: Vec<Arc<Embeddings>>,
    /// Index into `videos` by `vid`.
    by_vid: HashMap<String, usize>,
}

impl Dataset {
    /// Reads features, or indexes videos by `index`; each video once. One notice of the engine names
    /// the videos whose length is not what their labels say.
    ///
    /// # Errors
    /// [`EngineError::Dataset`] naming the video that is missing or of another model.
    pub fn load(
        engine: &mut Engine,
        annotations: Vec<Annotation>,
        source: &DatasetSource,
        mut index: impl FnMut(&mut Engine, &Path) -> Result<VideoIndex, EngineError>,
    ) -> Result<Self, EngineError> {
        let dim = engine.encoder().dim();
        let mut misfits = Vec::new();
        let files = match source {
            DatasetSource::Features { .. } => Files::default(),
            DatasetSource::Videos(dir) => Files::of(dir)?,
        };
        let mut dataset = Self {
            annotations: Vec::new(),
            videos: Vec::new(),
            by_vid: HashMap::new(),
        };
        for annotation in &annotations {
            let vid = &annotation.vid;
            if dataset.by_vid.contains_key(vid) {
                continue;
            }
            let n_expected = n_clips(annotation.duration);
            let (embeddings, n_found) = match source {
                DatasetSource::Features { dir, rows_per_clip } => {
                    read_features(dir, vid, dim, n_expected, *rows_per_clip)?
                }
                DatasetSource::Videos(dir) => {
                    let path = files.by_stem.get(vid);
                    let path = path.ok_or_else(|| DatasetError::NoVideo {
                        vid: vid.clone(),
                        dir: dir.clone(),
                        n_videos: files.by_stem.len(),
                        n_others: files.n_others,
                    })?;
                    let embeddings = index(engine, path)?.embeddings().into_owned();
                    let n_found = embeddings.n_clips();
                    (embeddings, n_found)
                }
            };
            // Whether a started clip counts is a matter of taste.
            if n_found.abs_diff(n_expected) > 1 {
                misfits.push((vid, n_found, n_expected));
            }
            dataset.by_vid.insert(vid.clone(), dataset.videos.len());
            dataset.videos.push(embeddings.into());
        }
        if let Some((vid, n_found, n_expected)) = misfits.first() {
            engine.notices.push(Notice::OtherLengths {
                n_misfits: misfits.len(),
                n_videos: dataset.videos.len(),
                example: (*vid).clone(),
                n_found: *n_found,
                n_expected: *n_expected,
            });
        }
        dataset.annotations = annotations;
        Ok(dataset)
    }

    pub fn n_videos(&self) -> usize {
        self.videos.len()
    }

    /// All annotations as examples; clips that they do not list are irrelevant.
    pub fn training_set(&self) -> TrainingSet {
        let example = |annotation: &Annotation| {
            let video = self.by_vid[&annotation.vid];
            let n_clips = self.videos[video].n_clips();
            Example::from_annotation(annotation, video, n_clips, Unlisted::Irrelevant)
        };
        TrainingSet {
            videos: self.videos.clone(),
            examples: self.annotations.iter().map(example).collect(),
        }
    }

    /// One prediction per annotation, in their order: of zero-shot CLIP, or with a prompt.
    ///
    /// `main_moments_only` leaves out the windows of further thresholds, as in the paper.
    ///
    /// # Errors
    /// [`EngineError::Model`] when the device fails, [`EngineError::Prompt`] for a prompt of another
    /// model.
    pub fn predict(
        &self,
        engine: &mut Engine,
        way: &Way,
        main_moments_only: bool,
    ) -> Result<Vec<Prediction>, EngineError> {
        let texts = self.embed_queries(engine, way)?;
        let predict = |annotation: &Annotation| {
            let video = &self.videos[self.by_vid[&annotation.vid]];
            let cosines = video.cosines(&texts[annotation.query.as_str()]);
            let moments = way.detector().windows(&cosines, main_moments_only);
            let scores = way.calibrate(&cosines);
            let scores = scores.values().iter().copied().map(f64::from);
            Prediction {
                qid: annotation.qid.clone(),
                query: annotation.query.clone(),
                vid: annotation.vid.clone(),
                pred_relevant_windows: Some(windows(&moments, annotation.duration)),
                pred_saliency_scores: Some(scores.collect()),
            }
        };
        Ok(self.annotations.iter().map(predict).collect())
    }

    /// One prediction per annotation as the official inference of the detector writes it.
    ///
    /// # Errors
    /// [`EngineError::Model`] when the device fails.
    pub fn predict_with(
        &self,
        engine: &mut Engine,
        detector: &MomentDetector,
    ) -> Result<Vec<Prediction>, EngineError> {
        let predict = |annotation: &Annotation| {
            let input = DetectorInput {
                video: self.video_features(annotation, detector.most_clips()),
                text: engine.word_states(&annotation.query)?,
                audio: None,
            };
            feature_files::predict(annotation, detector, &input)
        };
        self.annotations.iter().map(predict).collect()
    }

    /// The features of a query's video, prepared for a detector of the DETR kind.
    pub(super) fn video_features(&self, annotation: &Annotation, most_clips: usize) -> Rows {
        let video = &self.videos[self.by_vid[&annotation.vid]];
        let rows = Rows {
            width: video.dim(),
            values: video.values().to_vec(),
        };
        video_features(&[rows.part(0..rows.n_rows().min(most_clips))])
    }

    fn embed_queries(
        &self,
        engine: &mut Engine,
        way: &Way,
    ) -> Result<HashMap<&str, UnitVector>, EngineError> {
        let mut queries: Vec<_> = self.annotations.iter().map(|a| a.query.as_str()).collect();
        // Queries of like length share a batch.
        queries.sort_unstable_by_key(|query| (query.len(), *query));
        queries.dedup();
        let mut texts = HashMap::new();
        for chunk in queries.chunks(CHUNK) {
            let embeddings = engine.embed_texts(chunk, way)?;
            texts.extend(chunk.iter().copied().zip(embeddings));
        }
        Ok(texts)
    }
}

/// `[start, end, score]`, none beyond the end of the video.
fn windows(moments: &[Moment], duration_secs: f64) -> Vec<[f64; 3]> {
    moments
        .iter()
        .map(|moment| {
            let end_secs = moment.span.end_secs.min(duration_secs);
            [
                moment.span.start_secs.min(end_secs),
                end_secs,
                f64::from(moment.score),
            ]
        })
        .collect()
}

/// The features of a video, and how many clips the file has: those beyond `max_clips` are cut, fewer
/// are taken as they are. Twice as many, or a higher multiple, are of another rate and refused.
fn read_features(
    dir: &Path,
    vid: &str,
    dim: usize,
    max_clips: usize,
    rows_per_clip: usize,
) -> Result<(Embeddings, usize), DatasetError> {
    let path = feature_files::inside(dir, "clip_features", &format!("{vid}.npz"))?;
    if !path.is_file() {
        return Err(DatasetError::NoFeatures {
            vid: vid.to_owned(),
            path,
        });
    }
    let array = read_npz(&path, "features")?;
    let shape = array.shape;
    match *shape {
        [n_rows, found] if found == dim && n_rows > 0 => {
            let n_found = n_rows.div_ceil(rows_per_clip);
            if let Some(per_clip) = feature_files::clips_per_clip(n_found, max_clips) {
                return Err(DatasetError::OtherRate {
                    path,
                    n_rows,
                    n_clips: max_clips,
                    per_clip: per_clip * rows_per_clip,
                });
            }
            let mut values = feature_files::means(array.values, dim, rows_per_clip);
            values.truncate(dim * max_clips);
            match Embeddings::from_features(dim, values) {
                Ok(embeddings) => Ok((embeddings, n_found)),
                Err(_) => Err(DatasetError::OtherModel { path, shape, dim }),
            }
        }
        [n_rows, _] if n_rows > 0 => Err(DatasetError::OtherModel { path, shape, dim }),
        _ => Err(DatasetError::NoRows { path, shape, dim }),
    }
}

/// What is in a folder of videos.
#[derive(Default)]
struct Files {
    /// By their names without extension; where several share one, the first in order of those that are
    /// called like videos, then of the others.
    by_stem: BTreeMap<String, PathBuf>,
    n_others: usize,
}

impl Files {
    fn of(dir: &Path) -> Result<Self, EngineError> {
        let read = |cause| EngineError::Read {
            path: dir.to_owned(),
            cause,
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(dir).map_err(read)? {
            paths.push(entry.map_err(read)?.path());
        }
        paths.retain(|path| path.is_file());
        let n_files = paths.len();
        paths.retain(|path| is_video_name(path) || begins_like_video(path));
        let n_others = n_files - paths.len();
        // Of the same name the last one stays.
        paths.sort_unstable_by(|a, b| (is_video_name(a), b).cmp(&(is_video_name(b), a)));
        let by_stem = paths.into_iter().filter_map(|path| {
            let stem = path.file_stem()?.to_str()?.to_owned();
            Some((stem, path))
        });
        Ok(Self {
            by_stem: by_stem.collect(),
            n_others,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{FloatType, NpzArray, write_npz};

    #[test]
    fn features_are_found_checked_and_normalised() {
        let dir = tempfile::tempdir().unwrap();
        let array = NpzArray {
            shape: vec![2, 3],
            values: vec![3.0, 4.0, 0.0, 0.0, 0.0, 2.0],
        };
        let nested = dir.path().join("clip_features");
        fs::create_dir(&nested).unwrap();
        let write = |path: &Path| write_npz(path, &[("features", &array)], FloatType::F32).unwrap();
        write(&dir.path().join("a.npz"));
        write(&nested.join("b.npz"));
        for vid in ["a", "b"] {
            for max_clips in [2, 75] {
                let (embeddings, n_rows) = read_features(dir.path(), vid, 3, max_clips, 1).unwrap();
                assert_eq!(embeddings.values(), [0.6, 0.8, 0.0, 0.0, 0.0, 1.0]);
                assert_eq!(n_rows, 2);
            }
            let (cut, n_rows) = read_features(dir.path(), vid, 3, 1, 1).unwrap();
            assert_eq!((cut.values(), n_rows), (&[0.6, 0.8, 0.0][..], 2));
        }
        let line = NpzArray {
            shape: vec![3],
            values: vec![3.0, 4.0, 0.0],
        };
        let of_line = dir.path().join("line.npz");
        write_npz(&of_line, &[("features", &line)], FloatType::F32).unwrap();
        for (vid, dim, words) in [
            ("c", 3, "no features for the video \"c\""),
            ("a", 4, "--model"),
            ("line", 3, "features [3]: [n_clips, 3] is expected"),
            ("../a", 3, "leads out"),
        ] {
            let error = read_features(dir.path(), vid, dim, 75, 1)
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn features_of_another_rate_are_refused_with_that_rate() {
        let dir = tempfile::tempdir().unwrap();
        let features = |n_rows: usize| {
            let array = NpzArray {
                shape: vec![n_rows, 2],
                values: vec![1.0; 2 * n_rows],
            };
            let path = dir.path().join("a.npz");
            write_npz(&path, &[("features", &array)], FloatType::F32).unwrap();
        };
        for (n_rows, per_clip) in [(148, 2), (149, 2), (150, 2), (151, 2), (300, 4), (4500, 60)] {
            features(n_rows);
            let error = read_features(dir.path(), "a", 2, 75, 1).unwrap_err();
            let says = format!("{n_rows} rows of features, {per_clip} for each of the 75 clips");
            assert!(error.to_string().contains(&says), "{error}");
        }
        for n_rows in [40, 74, 75, 76, 100, 120, 180] {
            features(n_rows);
            let (_, n_found) = read_features(dir.path(), "a", 2, 75, 1).unwrap();
            assert_eq!(n_found, n_rows);
        }
        assert_eq!(feature_files::clips_per_clip(2, 1), None);
        assert_eq!(feature_files::clips_per_clip(4, 2), Some(2));
    }

    #[test]
    fn rows_of_another_rate_are_read_as_their_means() {
        let dir = tempfile::tempdir().unwrap();
        for (n_rows, rows_per_clip, n_clips) in
            [(150, 2, 75), (149, 2, 75), (300, 4, 75), (5, 4, 2)]
        {
            let rows = (0..n_rows).flat_map(|row| [1.0, row as f32]);
            let array = NpzArray {
                shape: vec![n_rows, 2],
                values: rows.collect(),
            };
            let path = dir.path().join("a.npz");
            write_npz(&path, &[("features", &array)], FloatType::F32).unwrap();
            let read = |rows_per_clip| read_features(dir.path(), "a", 2, n_clips, rows_per_clip);
            let (embeddings, n_found) = read(rows_per_clip).unwrap();
            assert_eq!((embeddings.n_clips(), n_found), (n_clips, n_clips));
            let row = embeddings.rows().next().unwrap();
            let middle = (rows_per_clip - 1) as f32 / 2.0;
            assert!((row[1] / row[0] - middle).abs() < 1e-5, "{row:?}");
            if n_clips == 75 {
                let error = read(1).unwrap_err().to_string();
                let says = format!("say --clip-secs {}", 2.0 / rows_per_clip as f64);
                assert!(error.contains(&says), "{error}");
            }
        }
    }

    #[test]
    fn videos_are_found_by_name() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "a.description",
            "a.jpg",
            "a.mp4",
            "a.npz",
            "b.c.MKV",
            "notes.txt",
        ] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        // Endings that say nothing; what is in the files does.
        let videos = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
        for (from, name) in [
            ("plain.mp4", "c.insv"),
            ("first100.ts", "d.m2t"),
            ("mpeg4.avi", "a.divx"),
        ] {
            fs::copy(videos.join(from), dir.path().join(name)).unwrap();
        }
        let files = Files::of(dir.path()).unwrap();
        let names: Vec<_> = files.by_stem.keys().map(String::as_str).collect();
        assert_eq!(names, ["a", "b.c", "c", "d"]);
        assert!(
            files.by_stem["a"].ends_with("a.mp4"),
            "named before unnamed"
        );
        assert_eq!(files.n_others, 4);
        let error = Files::of(&dir.path().join("none")).err().unwrap();
        assert!(error.to_string().contains("none"), "{error}");
    }

    #[test]
    fn windows_end_with_the_video() {
        let moment = Moment {
            span: crate::domain::TimeSpan::new(8.0, 10.0),
            score: 0.5,
        };
        assert_eq!(windows(&[moment], 9.0), [[8.0, 9.0, 0.5]]);
    }
}
