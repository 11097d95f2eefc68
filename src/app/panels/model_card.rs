//! Over the results of a video that the bundled model was not made for: which model to get.

use egui::{ProgressBar, RichText, Ui};

use crate::app::action::{Actions, Model, View};
use crate::app::panels::model_menu::{bytes, progress_text};
use crate::app::session::Session;
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, Look, card};
use crate::engine::{ModelChoice, RECOMMENDED_MODEL};
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
    let Ok(repo) = RECOMMENDED_MODEL.name.parse::<RepoId>() else {
        return;
    };
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
    let mut installed = session.installed_models().unwrap_or_default().iter();
    let is_here = installed.any(|model| model.name == RECOMMENDED_MODEL.name);
    ui.horizontal_wrapped(|ui| {
        let get = format!("Get it ({})", bytes(RECOMMENDED_MODEL.n_bytes));
        let (words, action) = match (is_here, failure) {
            (true, _) => {
                let choice = ModelChoice::Named(RECOMMENDED_MODEL.name.into());
                ("Use it", Model::Use(choice))
            }
            (false, Some(_)) => ("Try again", Model::Download(repo)),
            (false, None) => (get.as_str(), Model::Download(repo)),
        };
        let button = IconButton::words(words).look(Look::Primary).size(30.0);
        let name = RECOMMENDED_MODEL.name;
        if button.show(ui).on_hover_text(name).clicked() {
            actions.push(action);
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
