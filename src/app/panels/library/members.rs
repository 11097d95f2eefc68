//! The videos of the library, each with how far it is.

use egui::{Color32, Popup, Rect, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use crate::app::action::{Action, Actions, File, Library};
use crate::app::panels::library::State;
use crate::app::panels::library::cards::{CardSize, grid};
use crate::app::panels::recent;
use crate::app::pictures::Pictures;
use crate::app::session::{Filter, ModelState, Session, capitalised};
use crate::app::theme::{CORNER, Palette};
use crate::app::widgets::{IconButton, focus_ring};
use crate::domain::{file_name, one_line};
use crate::library::{LibraryVideo, State as VideoState};
use crate::worker::{LibraryProgress, LibraryWork};

const SIZE: CardSize = CardSize {
    least_width: 168.0,
    words_height: 42.0,
};

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    state: &mut State,
    pictures: &mut Pictures,
    actions: &mut Actions,
) {
    let n = session.shelf().members().len();
    if n == 0 {
        return nothing(ui, session, actions);
    }
    let wants_focus = std::mem::take(&mut state.wants_focus);
    let current = session.shelf().last_opened();
    let shown_first = wants_focus.then_some(current);
    grid(ui, "library", n, SIZE, shown_first, |ui, at, rect| {
        let Some(video) = session.shelf().member(at) else {
            return;
        };
        let id = ui.scope_id().with(("member", video.content.as_str()));
        let response = ui.interact(rect, id, Sense::click());
        if wants_focus && at == current {
            response.request_focus();
        }
        if response.gained_focus() {
            ui.scroll_to_rect(rect, None);
        }
        card(ui, rect, video, &response, session, pictures);
        if response.clicked() {
            actions.push(match video.is_missing {
                true => Library::OpenSpan(Box::new(session.beginning_of(video))),
                false => Library::Open(video.path.clone()),
            });
        }
        menu(&response, session, video, actions);
    });
}

/// Why there is nothing to see.
fn nothing(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let Some(held) = session.shelf().holdings() else {
        return;
    };
    ui.add_space(24.0);
    ui.vertical_centered(|ui| {
        if !held.videos.is_empty() {
            ui.label(RichText::new("No video passes the filter").color(palette.weak_text));
            if IconButton::words("Show all").size(30.0).show(ui).clicked() {
                actions.push(Library::Filter(Filter::default()));
            }
            return;
        }
        let text = match (session.model(), session.shelf().work()) {
            (ModelState::Loading | ModelState::Preparing, _) => "Waiting for the model…",
            (_, LibraryWork::Scanning { .. }) => "Looking for videos…",
            _ => "There is no video in what was added",
        };
        ui.label(RichText::new(text).color(palette.weak_text));
        if !matches!(session.shelf().work(), LibraryWork::Idle) {
            return;
        }
        for place in &held.places {
            let name = format!("Take {} out", place.path.display());
            if IconButton::words(&name).size(28.0).show(ui).clicked() {
                actions.push(Library::Remove(place.path.clone()));
            }
        }
    });
}

/// What is to be said of a video in place of its folder, and in which ink.
fn note(video: &LibraryVideo, palette: &Palette) -> Option<(String, Color32)> {
    let weak = palette.weak_text;
    match &video.state {
        VideoState::Failed(reason) => {
            let path = video.path.display().to_string();
            let reason = one_line(reason).replace(&path, "");
            Some((capitalised(reason.trim()), palette.warning))
        }
        _ if video.is_missing => Some(("Not there now".to_owned(), palette.warning)),
        VideoState::Waiting => Some(("Waits to be indexed".to_owned(), weak)),
        VideoState::Working => Some(("Being indexed…".to_owned(), palette.accent)),
        VideoState::Indexed | VideoState::NoVideo => None,
    }
}

fn card(
    ui: &mut Ui,
    rect: Rect,
    video: &LibraryVideo,
    response: &egui::Response,
    session: &Session,
    pictures: &mut Pictures,
) {
    let palette = Palette::of(ui);
    let note = note(video, &palette);
    response.widget_info(|| {
        let mut name = file_name(&video.path);
        if let Some((note, _)) = &note {
            name += &format!(", {note}");
        }
        WidgetInfo::labeled(Role::Button, true, name)
    });
    if !ui.is_rect_visible(rect) {
        return;
    }
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, CORNER, palette.raised);
    }
    let picture = rect.with_max_y(rect.bottom() - SIZE.words_height);
    let words = rect
        .with_min_y(picture.bottom() + 3.0)
        .shrink2(vec2(3.0, 0.0));
    let folder = session.shelf().folder_of(video);
    let folder = folder.as_deref().map(|folder| (folder, palette.weak_text));
    let told = note.as_ref().map(|(note, ink)| (note.as_str(), *ink));
    let told = told.or(folder);
    recent::paint(ui, &video.path, told, (picture, words), pictures);
    if video.state != VideoState::Indexed || video.is_missing {
        let veil = palette.background.gamma_multiply(0.45);
        ui.painter().rect_filled(picture, CORNER, veil);
    }
    if let LibraryWork::Indexing(progress) = session.shelf().work()
        && progress.path == video.path
    {
        progress_bar(ui, picture, progress);
    }
    focus_ring(ui, response);
    let mut text = video.path.display().to_string();
    if let Some((note, _)) = note {
        text += &format!("\n{note}");
    }
    for copy in &video.copies {
        text += &format!("\nalso {}", copy.display());
    }
    response.clone().on_hover_text(text);
}

fn progress_bar(ui: &Ui, picture: Rect, progress: &LibraryProgress) {
    let palette = Palette::of(ui);
    let part = progress.of_video.map_or(0.0, |video| {
        video.n_done as f32 / video.n_total.max(1) as f32
    });
    let track = picture.with_min_y(picture.bottom() - 4.0);
    let done = track.with_max_x(track.left() + part * track.width());
    ui.painter()
        .rect_filled(track, 2.0, Color32::from_black_alpha(150));
    ui.painter().rect_filled(done, 2.0, palette.accent);
}

/// By the right button.
fn menu(response: &egui::Response, session: &Session, video: &LibraryVideo, actions: &mut Actions) {
    Popup::context_menu(response).show(|ui| {
        let path = || video.path.clone();
        let is_there = !video.is_missing;
        // A file that is there goes only together with its folder.
        let place = session.shelf().place_of(video);
        let (take_out, taken) = match place.filter(|place| is_there && place.is_folder) {
            Some(place) => {
                let name = format!("Take the folder {} out", file_name(&place.path));
                (name, place.path.clone())
            }
            None => ("Take out of the library".to_owned(), path()),
        };
        for (name, is_possible, action) in [
            ("Open", is_there, Library::Open(path()).into()),
            (
                "Show in folder",
                is_there,
                File::ShowInFolder(path()).into(),
            ),
            (&take_out, true, Action::from(Library::Remove(taken))),
        ] {
            let button = egui::Button::new(name);
            if ui.add_enabled(is_possible, button).clicked() {
                actions.push(action);
                ui.close();
            }
        }
    });
}
