//! Changing the model and the device, and fetching models.

use crate::app::session::ModelState;
use crate::app::window::App;
use crate::engine::ModelChoice;
use crate::model::DeviceChoice;
use crate::store::{HubCache, RepoId};
use crate::worker::Command;

impl App {
    pub(super) fn use_model(&mut self, model: ModelChoice) {
        self.settings.model = match &model {
            ModelChoice::Bundled => None,
            named @ ModelChoice::Named(_) => Some(named.to_string()),
        };
        self.engine.model = model;
        self.load_model();
    }

    pub(super) fn use_device(&mut self, device: DeviceChoice) {
        self.settings.device = device;
        self.engine.device = device;
        self.load_model();
    }

    /// Whatever is open is indexed anew with the model and the device that are chosen now.
    fn load_model(&mut self) {
        self.save_settings();
        self.session.model = ModelState::Loading;
        self.worker.send(Command::UseModel {
            model: self.engine.model.clone(),
            device: self.engine.device,
        });
    }

    pub(super) fn download_model(&mut self, repo: &RepoId, ctx: &egui::Context) {
        let cache = HubCache::new(&self.engine.paths.hub_dir);
        let started = self.downloading.start(self.hub.clone(), cache, repo, ctx);
        if let Err(message) = started {
            self.session.notices.error(message);
        }
    }

    /// Shows how far a download is, and uses what was downloaded.
    pub(super) fn poll_download(&mut self) {
        let (download, ended) = self.downloading.poll();
        self.session.download = download;
        match ended {
            Some(Ok(repo)) => {
                self.session.notices.info(format!("{repo} was downloaded"));
                self.use_model(ModelChoice::Named(repo.to_string().into()));
            }
            Some(Err(message)) => self.session.notices.error(message),
            None => {}
        }
    }
}
