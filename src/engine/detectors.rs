//! Trained moment detectors: those of the user, and what they say of an indexed video.

use std::num::NonZeroUsize;
use std::path::Path;

use lru::LruCache;

use crate::domain::{Embeddings, Query};
use crate::engine::known_models::CLIP_B_32;
use crate::engine::{Engine, EngineError, KNOWN_MODELS, Snapshot};
use crate::find::{Answer, Proposed, Way, parts};
use crate::model::detector::{
    DetectorFile, DetectorInfo, DetectorInput, DetectorKind, Rows, video_features, word_features,
};
use crate::model::{ComputeDevice, DetectorError, ModelError, MomentDetector};
use crate::store::{DetectorFileError, DetectorFolder};

/// A long evening of queries; 64 kB each.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// One detector of the user.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorEntry {
    pub name: String,
    /// `None` for a file that cannot be read.
    pub info: Option<DetectorInfo>,
    /// Why it cannot be used, in a sentence.
    pub problem: Option<String>,
}

/// A detector that is ready to be asked, and what it is called.
#[derive(Debug)]
pub struct NamedDetector {
    pub name: String,
    pub detector: MomentDetector,
}

impl NamedDetector {
    /// A detector of the folder by its name, or one in any file. Detectors are small, so they run on
    /// the CPU whatever the model runs on.
    ///
    /// # Errors
    /// When there is none, or the file is not one.
    pub fn load(folder: &DetectorFolder, name_or_path: &Path) -> Result<Self, EngineError> {
        let path = folder.find(name_or_path)?;
        let stem = path.file_stem().unwrap_or(path.as_os_str());
        Ok(Self {
            name: stem.to_string_lossy().into_owned(),
            detector: MomentDetector::load(&path, &ComputeDevice::cpu())?,
        })
    }

    /// Takes a detector into the folder, its tensors alone, and returns its name there.
    ///
    /// # Errors
    /// When the file is not a detector, or the name is taken.
    pub fn import(
        folder: &DetectorFolder,
        file: &Path,
        name: Option<&str>,
    ) -> Result<String, EngineError> {
        let read = DetectorFile::read(file)?;
        // A file whose tensors do not fit each other is told now and not when it is asked.
        let at = |cause| DetectorError::At {
            path: file.to_owned(),
            cause: Box::new(cause),
        };
        MomentDetector::of(&read, &ComputeDevice::cpu()).map_err(at)?;
        Ok(folder.add(&read.to_bytes()?, name, file)?)
    }
}

impl DetectorEntry {
    /// All detectors of the folder; what is wrong with one is in its entry.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn all(folder: &DetectorFolder) -> Result<Vec<Self>, EngineError> {
        let entry = |name: String| match NamedDetector::load(folder, Path::new(&name)) {
            Ok(named) => Self {
                name,
                info: Some(named.detector.info().clone()),
                problem: None,
            },
            Err(error) => Self {
                name,
                info: None,
                problem: Some(error.to_string()),
            },
        };
        Ok(folder.names()?.into_iter().map(entry).collect())
    }
}

/// A detector that knows the query, and needs a video.
#[derive(Debug)]
pub struct AskedDetector<'a> {
    detector: &'a MomentDetector,
    words: Rows,
}

impl AskedDetector<'_> {
    /// What it proposes for a video of the query's model that ends at `end_secs`.
    ///
    /// # Errors
    /// [`ModelError::Device`] when the device fails.
    pub fn propose(&self, video: &Embeddings, end_secs: f64) -> Result<Proposed, ModelError> {
        let video = Rows {
            width: video.dim(),
            values: video.middle_rows().flatten().copied().collect(),
        };
        let mut said = Vec::new();
        for part in parts(video.n_rows(), self.detector.most_clips()) {
            let input = DetectorInput {
                video: video_features(&[video.part(part.clone())]),
                text: self.words.clone(),
                audio: None,
            };
            said.push((part, self.detector.detect(&input)?));
        }
        Ok(Proposed::of_parts(&said, end_secs))
    }
}

/// The states of the words of the queries used last.
pub(super) struct WordStates(LruCache<String, Rows>);

impl Default for WordStates {
    fn default() -> Self {
        Self(LruCache::new(MAX_KEPT))
    }
}

impl Engine {
    /// A detector by name or from a file, fit for this engine's model.
    ///
    /// # Errors
    /// As [`NamedDetector::load`] and `Engine::check_detector`.
    pub fn detector(
        &self,
        folder: &DetectorFolder,
        name_or_path: &Path,
    ) -> Result<NamedDetector, EngineError> {
        let named = NamedDetector::load(folder, name_or_path)?;
        self.check_detector(named.detector.info(), &named.detector)?;
        Ok(named)
    }

    /// All detectors of the folder; those that were trained on another model have that as their problem.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn detectors(&self, folder: &DetectorFolder) -> Result<Vec<DetectorEntry>, EngineError> {
        let mut entries = DetectorEntry::all(folder)?;
        for entry in &mut entries {
            if entry.problem.is_none()
                && let Err(error) = self.detector(folder, Path::new(&entry.name))
            {
                entry.problem = Some(error.to_string());
            }
        }
        Ok(entries)
    }

    /// Whether a detector was trained on what this engine's model makes.
    ///
    /// The files of others do not say on which model; all that is published was trained on OpenAI's
    /// ViT-B/32, so they are refused for other models that are known.
    fn check_detector(
        &self,
        info: &DetectorInfo,
        detector: &MomentDetector,
    ) -> Result<(), DetectorError> {
        if info.kind == DetectorKind::Umt {
            return Err(DetectorError::FeaturesOnly);
        }
        let encoder = self.encoder();
        let given = &encoder.id().name;
        let other = |trained: &str| DetectorError::OtherModel {
            trained: trained.to_owned(),
            given: given.clone(),
        };
        if let Some(base) = info.base_model() {
            return match base.hash == encoder.id().hash {
                true => Ok(()),
                false => Err(other(&base.name)),
            };
        }
        detector.check_widths(given, encoder.dim(), encoder.text_width(), None)?;
        let is_known = |name: &str| KNOWN_MODELS.iter().any(|known| known.name == name);
        match info.metadata.is_none() && *given != CLIP_B_32 && is_known(given) {
            true => Err(other(CLIP_B_32)),
            false => Ok(()),
        }
    }

    /// [`Engine::answer`], with the moments of a detector where one is given.
    ///
    /// # Errors
    /// Those of [`Engine::answer`] and of [`Engine::detect`].
    pub fn answer_with(
        &mut self,
        known: &Snapshot<'_>,
        query: &Query,
        way: &Way,
        detector: Option<&MomentDetector>,
    ) -> Result<Answer, EngineError> {
        let answer = self.answer(known, query, way)?;
        match detector {
            None => Ok(answer),
            Some(detector) => Ok(answer.with(self.detect(known, query, detector)?)),
        }
    }

    /// What a detector proposes for a query on what is known of a video.
    ///
    /// # Errors
    /// Those of [`Engine::ask`]; [`EngineError::Model`] when the device fails.
    pub fn detect(
        &mut self,
        known: &Snapshot<'_>,
        query: &Query,
        detector: &MomentDetector,
    ) -> Result<Proposed, EngineError> {
        let asked = self.ask(query, detector)?;
        Ok(asked.propose(&known.embeddings, known.end_secs)?)
    }

    /// Tells a detector the query.
    ///
    /// # Errors
    /// [`EngineError::Detector`] for a detector of another model, [`EngineError::Model`] when the
    /// query cannot be read.
    pub fn ask<'a>(
        &mut self,
        query: &Query,
        detector: &'a MomentDetector,
    ) -> Result<AskedDetector<'a>, EngineError> {
        self.check_detector(detector.info(), detector)?;
        let words = query.words().ok_or(EngineError::OnlyWordsAreDetected)?;
        Ok(AskedDetector {
            detector,
            words: self.word_states(words)?,
        })
    }

    /// The states of some words as detectors take them; remembered.
    ///
    /// # Errors
    /// [`EngineError::Model`] when they cannot be read, [`EngineError::NoWordStates`] for a
    /// model that has none.
    pub(super) fn word_states(&mut self, words: &str) -> Result<Rows, EngineError> {
        if let Some(known) = self.words.0.get(words) {
            return Ok(known.clone());
        }
        let values = self.on_any_device(|encoder| encoder.word_states(words))?;
        let width = self.encoder().text_width();
        if values.is_empty() {
            return Err(EngineError::NoWordStates);
        }
        let rows = word_features(&Rows { width, values });
        self.words.0.put(words.to_owned(), rows.clone());
        Ok(rows)
    }
}

impl From<DetectorError> for EngineError {
    fn from(error: DetectorError) -> Self {
        match error {
            DetectorError::Model(error) => Self::Model(error),
            error => Self::Detector(Box::new(error)),
        }
    }
}

impl From<DetectorFileError> for EngineError {
    fn from(error: DetectorFileError) -> Self {
        Self::DetectorFile(Box::new(error))
    }
}
