//! Which model searches and where it runs: bundled, downloaded, to be downloaded, or a folder.

use egui::{Align, Button, Id, Key, Layout, Popup, ProgressBar, RichText, TextEdit, Ui, vec2};

use crate::app::action::{Actions, Model};
use crate::app::panels::detector_menu;
use crate::app::session::{ModelState, Session, capitalised};
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, menu};
use crate::domain::time_left;
use crate::engine::{InstalledModel, KNOWN_MODELS, KnownModel, RECOMMENDED_MODELS};
use crate::model::{BUNDLED, DeviceChoice, Framing};
use crate::store::{DownloadProgress, RepoId};
use crate::worker::Download;

/// What is typed but not done.
#[derive(Debug, Default)]
pub struct State {
    name: String,
    was_open: bool,
}

/// Names the menu, so that another one can open it.
pub fn popup_id() -> Id {
    Id::unique("model menu")
}

/// The line that says which model is in use; a click on it opens the menu.
pub fn ui(ui: &mut Ui, session: &Session, state: &mut State, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let (text, colour) = match session.model() {
        ModelState::Loading => ("Loading the model…".to_owned(), palette.weak_text),
        ModelState::Preparing => ("Preparing the GPU…".to_owned(), palette.weak_text),
        ModelState::Ready(info) => (
            format!("{} on {}", info.name, info.device),
            palette.weak_text,
        ),
        ModelState::Failed(_) => ("No model".to_owned(), palette.error),
    };
    let line = Button::new(RichText::new(format!("{text}  ▴")).small().color(colour)).truncate();
    let response = ui.add(line);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &text));
    let response = response.on_hover_text("Models and devices");
    let is_open = Popup::is_id_open(ui.ctx(), popup_id());
    if is_open && !state.was_open {
        actions.push(Model::List);
    }
    state.was_open = is_open;
    menu(&response, popup_id(), |ui| {
        ui.set_width(440.0);
        // Those of the status bar are lower.
        ui.spacing_mut().interact_size.y = 24.0;
        ui.spacing_mut().button_padding = vec2(10.0, 3.0);
        let height = ui.ctx().content_rect().height() - 90.0;
        let list = egui::ScrollArea::vertical()
            .max_height(height)
            .min_scrolled_height(height);
        list.show(ui, |ui| {
            models(ui, session, state, actions);
            ui.separator();
            devices(ui, session, actions);
            ui.separator();
            framings(ui, session, actions);
            ui.separator();
            detector_menu::ui(ui, session, actions);
        });
    });
}

fn heading(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    ui.label(RichText::new(text).small().color(palette.weak_text));
}

fn models(ui: &mut Ui, session: &Session, state: &mut State, actions: &mut Actions) {
    heading(ui, "Model");
    // Not known yet: only the current model is shown, and none is offered that may be there.
    let installed = session.installed_models();
    let is_listed = installed.is_some();
    let installed = installed.unwrap_or_default();
    let current = session.model_choice().to_string();
    if installed.iter().all(|model| model.name != current) {
        // A folder, or a model that is gone.
        let _ = ui.radio(true, &current);
    }
    for InstalledModel { name, .. } in installed {
        let is_current = *name == current;
        let choice = ui.horizontal(|ui| {
            let radio = ui.radio(is_current, name);
            if name == BUNDLED {
                heading(ui, "knows drawn scenes only: to try things out");
            } else if let Some(known) = KnownModel::of(name) {
                heading(ui, &format!("{}, {}", known.title, known.languages));
            }
            radio
        });
        if choice.inner.clicked() && !is_current {
            let Ok(choice) = name.parse();
            actions.push(Model::Use(choice));
        }
    }
    let download = session.download();
    for known in KNOWN_MODELS.iter().filter(|_| is_listed) {
        let is_here = installed.iter().any(|model| model.name == known.name);
        if let (false, Ok(repo)) = (is_here, known.name.parse::<RepoId>()) {
            let size = format!(
                "{}; {}; {}",
                known.about,
                known.languages,
                bytes(known.n_bytes)
            );
            remote_model(ui, &repo, &size, download, actions);
        }
    }
    let is_known = |repo: &RepoId| {
        let name = repo.to_string();
        KnownModel::of(&name).is_some()
    };
    if let Some(other) = download.filter(|download| !is_known(&download.repo)) {
        remote_model(ui, &other.repo, "", download, actions);
    }
    if let Some(failure) = session.download_failure() {
        let palette = Palette::of(ui);
        let text = capitalised(&failure.in_short());
        let text = RichText::new(text).small().color(palette.error);
        ui.label(text).on_hover_text(&failure.message);
    }
    ui.add_space(4.0);
    heading(ui, "Any other CLIP or SigLIP");
    other_model(ui, installed, state, actions);
    let folder = IconButton::words("From a folder…").size(26.0).show(ui);
    let folder = folder.on_hover_text("Any folder with a CLIP or SigLIP as it was published");
    if folder.clicked() {
        actions.push(Model::ChooseFolder);
    }
}

/// Which part of a wide picture is looked at.
fn framings(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    heading(ui, "Of a wide picture it sees");
    for (framing, name) in [
        (None, "what it was trained on"),
        (Some(Framing::Centre), "the middle"),
        (
            Some(Framing::Tiles),
            "three squares: everything, three times the work",
        ),
        (Some(Framing::Whole), "the whole, squeezed"),
    ] {
        let is_current = session.framing_choice() == framing;
        if ui.radio(is_current, name).clicked() && !is_current {
            actions.push(Model::UseFraming(framing));
        }
    }
}

/// Any other name on the hub.
fn other_model(
    ui: &mut Ui,
    installed: &[InstalledModel],
    state: &mut State,
    actions: &mut Actions,
) {
    let palette = Palette::of(ui);
    let field = TextEdit::singleline(&mut state.name)
        .hint_text("owner/name on huggingface.co")
        .align(egui::Align2::LEFT_CENTER)
        .min_size(vec2(0.0, 24.0))
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Other model"));
    let name = state.name.trim();
    if name.is_empty() {
        return;
    }
    let is_entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    match name.parse::<RepoId>() {
        Ok(_) if installed.iter().any(|model| model.name == name) => {
            let button = IconButton::words("Use").size(26.0).show(ui);
            if button.clicked() || is_entered {
                let Ok(choice) = name.parse();
                actions.push(Model::Use(choice));
                state.name.clear();
            }
        }
        Ok(repo) => {
            let button = IconButton::words("Get it").size(26.0).show(ui);
            if button.clicked() || is_entered {
                actions.push(Model::Download(repo));
                state.name.clear();
            }
        }
        Err(_) if response.has_focus() => {}
        Err(_) => {
            ui.label(RichText::new("not owner/name").small().color(palette.error));
        }
    }
}

/// A model that is not on this machine, or not yet.
fn remote_model(
    ui: &mut Ui,
    repo: &RepoId,
    size: &str,
    download: Option<&Download>,
    actions: &mut Actions,
) {
    let palette = Palette::of(ui);
    let name = repo.to_string();
    let own = download.filter(|download| download.repo == *repo);
    ui.horizontal(|ui| {
        ui.add_space(ui.spacing().icon_width + ui.spacing().icon_spacing);
        ui.vertical(|ui| {
            let is_recommended = RECOMMENDED_MODELS.iter().any(|known| known.name == name);
            let ink = if is_recommended {
                palette.text
            } else {
                palette.weak_text
            };
            ui.label(RichText::new(&name).color(ink));
            match own {
                Some(download) => download_ui(ui, download),
                None if is_recommended => heading(ui, &format!("recommended: {size}")),
                None => heading(ui, size),
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if own.is_some() {
                let cancel = IconButton::words("Cancel download").size(26.0);
                if cancel.show(ui).clicked() {
                    actions.push(Model::CancelDownload);
                }
                return;
            }
            let button = IconButton::words("Download").size(26.0);
            let button = button.enabled(download.is_none()).show(ui);
            button.widget_info(|| {
                egui::WidgetInfo::labeled(
                    egui::Role::Button,
                    download.is_none(),
                    format!("Download {name}"),
                )
            });
            if button.clicked() {
                actions.push(Model::Download(repo.clone()));
            }
        });
    });
}

fn download_ui(ui: &mut Ui, download: &Download) {
    let palette = Palette::of(ui);
    let Some(progress) = &download.progress else {
        heading(ui, "Asking huggingface.co…");
        return;
    };
    let part = progress.n_bytes as f32 / progress.n_total.max(1) as f32;
    ui.add(
        ProgressBar::new(part)
            .desired_width(240.0)
            .desired_height(6.0)
            .fill(palette.accent),
    );
    heading(ui, &progress_text(progress));
}

fn devices(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    heading(ui, "Device");
    ui.horizontal(|ui| {
        for (choice, name) in [
            (DeviceChoice::Auto, "Automatic"),
            (DeviceChoice::Gpu, "GPU"),
            (DeviceChoice::Cpu, "CPU"),
        ] {
            let is_current = session.device_choice() == choice;
            if ui.radio(is_current, name).clicked() && !is_current {
                actions.push(Model::UseDevice(choice));
            }
        }
    });
    if let ModelState::Ready(info) = session.model() {
        heading(ui, &format!("In use: {}", info.device));
    }
}

/// `123 of 605 MB · 11.2 MB per second · 43 s left`.
pub fn progress_text(progress: &DownloadProgress) -> String {
    let mut text = format!("{} of {}", bytes(progress.n_bytes), bytes(progress.n_total));
    if let Some(rate) = progress.bytes_per_sec {
        text.push_str(&format!(" · {:.1} MB per second", rate / 1e6));
    }
    if let Some(secs) = progress.remaining_secs {
        text.push_str(&format!(" · {} left", time_left(secs)));
    }
    text
}

pub fn bytes(n: u64) -> String {
    match n {
        0..1_000_000_000 => format!("{:.0} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_reads_as_a_sentence() {
        let mut progress = DownloadProgress {
            file: "model.safetensors".to_owned(),
            n_bytes: 123_400_000,
            n_total: 1_710_000_000,
            bytes_per_sec: None,
            remaining_secs: None,
        };
        assert_eq!(progress_text(&progress), "123 MB of 1.7 GB");
        progress.bytes_per_sec = Some(11_240_000.0);
        progress.remaining_secs = Some(141.2);
        assert_eq!(
            progress_text(&progress),
            "123 MB of 1.7 GB · 11.2 MB per second · 2 min 22 s left"
        );
    }
}
