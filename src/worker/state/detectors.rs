//! Which trained detector finds the moments, and the user's own detectors.

use std::path::Path;

use crate::engine::NamedDetector;
use crate::worker::Event;
use crate::worker::guard::guarded;
use crate::worker::state::State;

impl State {
    /// Tells the window which detectors there are, and which is in use.
    pub fn tell_detectors(&self) {
        let Some(engine) = &self.engine else { return };
        match guarded(|| engine.detectors(&self.detector_folder)) {
            Ok(detectors) => (self.emit)(Event::Detectors {
                detectors,
                in_use: self.detector.as_ref().map(|named| named.name.clone()),
            }),
            Err(message) => (self.emit)(Event::DetectorFailed { message }),
        }
    }

    /// After another model was loaded: the detector that was used with it last, if it is still there.
    pub fn choose_usual_detector(&mut self) {
        let Some(engine) = &self.engine else { return };
        let model = &engine.encoder().id().hash;
        let usual = self.detector_folder.choice(model);
        let usual = usual.map(|name| engine.detector(&self.detector_folder, Path::new(&name)));
        self.detector = usual.and_then(Result::ok);
    }

    /// Finds moments with a detector from now on; with none, by the curve or by what was taught.
    pub fn use_detector(&mut self, name: Option<&str>) {
        let Some(engine) = &self.engine else { return };
        let folder = &self.detector_folder;
        let loaded = guarded(|| {
            let name = name.map(Path::new);
            let detector = name.map(|name| engine.detector(folder, name)).transpose()?;
            folder.choose(
                &engine.encoder().id().hash,
                detector.as_ref().map(|d| &*d.name),
            )?;
            Ok(detector)
        });
        match loaded {
            Ok(detector) => {
                self.detector = detector;
                self.tell_detectors();
                self.answer_all();
                self.answer_everywhere(None);
            }
            Err(message) => (self.emit)(Event::DetectorFailed { message }),
        }
    }

    /// Takes a detector into the user's folder and, where it fits the model, uses it.
    pub fn add_detector(&mut self, file: &Path) {
        let folder = &self.detector_folder;
        match guarded(|| NamedDetector::import(folder, file, None)) {
            Ok(name) => self.use_detector(Some(&name)),
            Err(message) => (self.emit)(Event::DetectorFailed { message }),
        }
        self.tell_detectors();
    }
}
