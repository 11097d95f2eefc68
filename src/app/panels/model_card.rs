//! Over the results of a video that the bundled model was not made for: which model to get.

use egui::{ProgressBar, RichText, Ui};

use crate::app::action::{Actions, Model, View};
use crate::app::panels::model_menu::{bytes, progress_text};
use crate::app::session::Session;
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, Look, card};
use crate::engine::{ModelChoice, RECOMMENDED_MODELS};
use crate::store::RepoId;

pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    if !session.is_beyond_model() {
        return;
    }
    let palette = Palette::of(ui);
    let weak = |text: &str| RichText::new(text).small().color(palette.weak_text);
    if session.view().puts_model_off && session.download().is_none() {
        let words = weak("The built-in model knows only drawn scenes ›");
        let link = egui::Button::new(words).frame(false);
        if ui.add(link.wrap()).clicked() {
            actions.push(View::ToggleModelMenu);
        }
        return;
    }
    card(ui, |ui| {
        let title = RichText::new("The built-in model knows only drawn scenes");
        ui.add(egui::Label::new(title.color(palette.text)).wrap());
        ui.label(weak(
            "Of your own videos it can say nothing. A model that has seen the real world is fetched \
             once and stays on this machine.",
        ));
        ui.add_space(2.0);
        offer(ui, session, actions);
    });
    ui.add_space(4.0);
}

fn offer(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let small = |text: String| RichText::new(text).small().color(palette.text);
    if let Some(download) = session.download() {
        match &download.progress {
            Some(progress) => {
                let part = progress.n_bytes as f32 / progress.n_total.max(1) as f32;
                let bar = ProgressBar::new(part).desired_height(6.0);
                ui.add(bar.fill(palette.accent));
                ui.label(small(progress_text(progress)));
            }
            None => {
                ui.label(small("Asking huggingface.co…".to_owned()));
            }
        }
        if IconButton::words("Cancel").size(28.0).show(ui).clicked() {
            actions.push(Model::CancelDownload);
        }
        return;
    }
    let failure = session.download_failure();
    if let Some(failure) = failure {
        let text = crate::app::session::capitalised(&failure.in_short());
        ui.label(RichText::new(text).small().color(palette.error));
    }
    ui.horizontal_wrapped(|ui| {
        let mut look = Look::Primary;
        for known in RECOMMENDED_MODELS {
            let mut installed = session.installed_models().unwrap_or_default().iter();
            let is_here = installed.any(|model| model.name == known.name);
            let failed = failure.is_some_and(|failure| failure.repo.to_string() == known.name);
            let (words, action) = match known.name.parse::<RepoId>() {
                _ if is_here => {
                    let choice = ModelChoice::Named(known.name.into());
                    (format!("Use {}", known.title), Model::Use(choice))
                }
                Ok(repo) if failed => (format!("Try {} again", known.title), Model::Download(repo)),
                Ok(repo) => {
                    let size = bytes(known.n_bytes);
                    let words = format!("Get {} ({size})", known.title);
                    (words, Model::Download(repo))
                }
                Err(_) => continue,
            };
            let button = IconButton::words(&words).look(look).size(30.0).show(ui);
            let more = format!(
                "{}: {}; {}; {}",
                known.name, known.about, known.languages, known.licence
            );
            if button.on_hover_text(more).clicked() {
                actions.push(action);
            }
            look = Look::Raised;
        }
        if failure.is_some() {
            let folder = IconButton::words("Choose folder…").size(30.0);
            if folder.show(ui).clicked() {
                actions.push(Model::ChooseFolder);
            }
        }
        let later = IconButton::words("Later").look(Look::Plain).size(30.0);
        if later.show(ui).clicked() {
            actions.push(Model::PutOff);
        }
    });
}
