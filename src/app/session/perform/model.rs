//! Changing the model and the device, and downloading models.

use crate::app::action::Model;
use crate::app::effect::Effect;
use crate::app::session::{ModelState, Session};
use crate::app::wish::Wish;
use crate::engine::ModelChoice;
use crate::store::RepoId;
use crate::worker::Command;

impl Session {
    pub(super) fn perform_model(&mut self, action: Model, effects: &mut Vec<Effect>) {
        match action {
            Model::Use(model) => self.use_model(&model, effects),
            Model::UseDevice(device) => {
                self.settings.device = device;
                self.this_time.device = None;
                self.load_model(effects);
            }
            Model::UseFraming(framing) => {
                self.settings.framing = framing;
                self.this_time.framing = None;
                self.load_model(effects);
            }
            Model::ChooseFolder => effects.push(self.ask(Wish::Model)),
            Model::Download(repo) => effects.push(Effect::Download(repo)),
            Model::CancelDownload => effects.push(Effect::CancelDownload),
            // The worker says when it is in use: only it knows whether it fits.
            Model::UseDetector(name) => {
                effects.push(Effect::Worker(Command::UseDetector { name }));
            }
            Model::ShowDetectorCurve(is_own) => {
                self.settings.shows_detector_curve = is_own;
                for lane in &mut self.lanes {
                    lane.show_own_curve(is_own);
                }
                effects.push(Effect::SaveSettings);
            }
            Model::ChooseDetector => effects.push(self.ask(Wish::Detector)),
            Model::AddDetector(file) => {
                effects.push(Effect::Worker(Command::AddDetector { file }));
            }
            Model::PutOff => self.view.puts_model_off = true,
            Model::List => effects.push(Effect::ListModels),
        }
    }

    /// A model was downloaded: it is used from now on.
    pub fn note_downloaded(&mut self, repo: &RepoId) -> Vec<Effect> {
        self.notices.info(format!("{repo} was downloaded"));
        let mut effects = vec![Effect::ListModels];
        let model = ModelChoice::Named(repo.to_string().into());
        self.use_model(&model, &mut effects);
        effects
    }

    fn use_model(&mut self, model: &ModelChoice, effects: &mut Vec<Effect>) {
        self.settings.model = match model {
            ModelChoice::Bundled => None,
            named @ ModelChoice::Named(_) => Some(named.to_string()),
        };
        self.this_time.model = None;
        self.load_model(effects);
    }

    /// Whatever is open is indexed again with the model and the device that are chosen now.
    fn load_model(&mut self, effects: &mut Vec<Effect>) {
        self.model = ModelState::Loading;
        effects.push(Effect::SaveSettings);
        effects.push(Effect::Worker(Command::UseModel {
            model: self.model_choice(),
            device: self.device_choice(),
            framing: self.framing_choice(),
        }));
    }
}
