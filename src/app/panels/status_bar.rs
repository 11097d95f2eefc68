//! The bottom line: what is going on, how long it will take, and which model does it.

use egui::{Align, Layout, ProgressBar, RichText, Spinner, Ui};

use crate::app::action::{Actions, File, Find, Library};
use crate::app::panels::model_menu;
use crate::app::session::{Indexing, ModelState, Session, capitalised};
use crate::app::theme::Palette;
use crate::app::widgets::elided;
use crate::domain::{count, file_name, time_left};
use crate::engine::IndexProgress;
use crate::worker::{LibraryProgress, LibraryWork};

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    model_menu: &mut model_menu::State,
    actions: &mut Actions,
) {
    let palette = Palette::of(ui);
    ui.spacing_mut().interact_size.y = 20.0;
    ui.spacing_mut().button_padding = egui::vec2(8.0, 1.0);
    ui.horizontal_centered(|ui| {
        work(ui, session, actions);
        library_work(ui, session, actions);
        if session.is_silenced() {
            let text = small("· no sound device", palette.weak_text);
            ui.label(text)
                .on_hover_text("The video plays without sound.");
        }
        if let Some(cuts) = session.cuts() {
            let text = format!("Cutting {} of {}", cuts.n_done, cuts.n_total);
            ui.label(small(&text, palette.text));
            if ui.button(small("Stop cutting", palette.text)).clicked() {
                actions.push(File::CancelCuts);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            model_menu::ui(ui, session, model_menu, actions);
            if let Some(progress) = session.download().and_then(|d| d.progress.as_ref()) {
                let part = 100 * progress.n_bytes / progress.n_total.max(1);
                let text = format!("Downloading a model, {part} %");
                ui.label(small(&text, palette.text))
                    .on_hover_text(model_menu::progress_text(progress));
            }
        });
    });
}

fn small(text: &str, colour: egui::Color32) -> RichText {
    RichText::new(text).small().color(colour)
}

fn work(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    if let Some(path) = session.opening() {
        let text = format!("Opening {}…", file_name(path));
        ui.label(small(&text, palette.text));
        return;
    }
    let Some(video) = session.video() else {
        if !session.shows_library() {
            ui.label(small("No video", palette.weak_text));
        }
        return;
    };
    match &video.indexing {
        Indexing::Starting => {
            let text = match session.model() {
                ModelState::Ready(_) => "Looking at the video…",
                ModelState::Loading | ModelState::Preparing => "Waiting for the model…",
                ModelState::Failed(_) => "Waiting for a model: choose one in the menu",
            };
            ui.add(Spinner::new().size(12.0).color(palette.accent));
            ui.label(small(text, palette.text));
        }
        Indexing::Running(progress) => {
            let part = progress.n_done as f32 / progress.n_total.max(1) as f32;
            let bar = ProgressBar::new(part)
                .desired_width(140.0)
                .desired_height(6.0)
                .fill(palette.accent);
            ui.add(bar);
            ui.label(small(&progress_text(progress), palette.text));
            if ui.button(small("Cancel", palette.text)).clicked() {
                actions.push(Find::CancelIndexing);
            }
        }
        Indexing::Cancelled { n_done } => {
            let text = format!("Stopped after {}", count(*n_done, "clip"));
            ui.label(small(&text, palette.warning));
            if ui.button(small("Go on", palette.text)).clicked() {
                actions.push(Find::ResumeIndexing);
            }
        }
        Indexing::Done { n_clips, n_cached } => {
            let known = if n_cached == n_clips {
                ", known from before"
            } else {
                ""
            };
            let text = format!("{} of 2 s indexed{known}", count(*n_clips, "clip"));
            ui.label(small(&text, palette.weak_text));
        }
        Indexing::Failed(_) => {
            ui.label(small("Not indexed to the end", palette.error));
            if ui.button(small("Try again", palette.text)).clicked() {
                actions.push(Find::ResumeIndexing);
            }
        }
    }
}

/// What is being done about videos that are not indexed yet.
fn library_work(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let shelf = session.shelf();
    if session.video().is_some() && *shelf.work() != LibraryWork::Idle {
        ui.separator();
    }
    let (text, ink, button) = match shelf.work() {
        LibraryWork::Idle => {
            if session.shows_library() {
                let text = format!("{} can be searched", count(shelf.n_indexed(), "video"));
                ui.label(small(&text, palette.weak_text));
            }
            return;
        }
        LibraryWork::Scanning { n_files } => {
            ui.add(Spinner::new().size(12.0).color(palette.accent));
            let text = format!("Looking for videos: {n_files} so far");
            (text, palette.text, None)
        }
        LibraryWork::Indexing(progress) => {
            let part = progress.n_done as f32 + progress.of_video.map_or(0.0, part_of);
            let part = part / progress.n_total.max(1) as f32;
            let bar = ProgressBar::new(part)
                .desired_width(90.0)
                .desired_height(6.0)
                .fill(palette.accent);
            ui.add(bar);
            let text = library_text(progress);
            (text, palette.text, Some(("Pause", Library::Pause)))
        }
        LibraryWork::StandsBack { n_waiting } => {
            let text = format!("{} wait", count(*n_waiting, "video"));
            (text, palette.weak_text, Some(("Pause", Library::Pause)))
        }
        LibraryWork::Paused { n_waiting } => {
            let text = format!("Paused, {} wait", count(*n_waiting, "video"));
            (text, palette.warning, Some(("Go on", Library::GoOn)))
        }
        LibraryWork::Stopped(message) => {
            let button = Some(("Try again", Library::GoOn));
            (capitalised(message), palette.error, button)
        }
    };
    // What is at the right end keeps its place.
    let room = (ui.available_width() - 240.0).max(60.0);
    let words = elided(ui, &text, &egui::TextStyle::Small, ink, room);
    ui.label(words).on_hover_text(text);
    if let Some((name, action)) = button
        && ui.button(small(name, palette.text)).clicked()
    {
        actions.push(action);
    }
}

fn part_of(progress: IndexProgress) -> f32 {
    progress.n_done as f32 / progress.n_total.max(1) as f32
}

/// `3 of 41 videos · 8.2 clips per second · 4 min 10 s left · beach.mp4`.
fn library_text(progress: &LibraryProgress) -> String {
    let mut text = format!(
        "{} of {}",
        progress.n_done,
        count(progress.n_total, "video")
    );
    let rate = progress.of_video.and_then(|video| video.clips_per_sec);
    if let Some(rate) = rate {
        text.push_str(&format!(" · {rate:.1} clips per second"));
    }
    if let Some(secs) = progress.remaining_secs {
        text.push_str(&format!(" · {} left", time_left(secs)));
    }
    if !progress.path.as_os_str().is_empty() {
        text.push_str(&format!(" · {}", file_name(&progress.path)));
    }
    text
}

/// `34 of 75 clips · 8.2 per second · 5 s left`.
fn progress_text(progress: &IndexProgress) -> String {
    let mut text = format!("{} of {}", progress.n_done, count(progress.n_total, "clip"));
    if let Some(rate) = progress.clips_per_sec {
        text.push_str(&format!(" · {rate:.1} per second"));
    }
    if let Some(secs) = progress.remaining_secs {
        text.push_str(&format!(" · {} left", time_left(secs)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_reads_as_a_sentence() {
        let mut progress = IndexProgress {
            n_done: 0,
            n_total: 75,
            clips_per_sec: None,
            remaining_secs: None,
        };
        assert_eq!(progress_text(&progress), "0 of 75 clips");
        progress.n_done = 34;
        progress.clips_per_sec = Some(8.24);
        progress.remaining_secs = Some(4.6);
        assert_eq!(
            progress_text(&progress),
            "34 of 75 clips · 8.2 per second · 5 s left"
        );
    }
}
