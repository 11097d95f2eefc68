//! The bottom line: what is going on, how long it will take, and which model does it.

use egui::{Align, Layout, ProgressBar, RichText, Spinner, Ui};

use crate::app::action::{Action, Actions};
use crate::app::panels::model_menu;
use crate::app::session::{Indexing, ModelState, Session};
use crate::app::theme::Palette;
use crate::engine::{EngineConfig, IndexProgress};
use crate::export::file_name;

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    engine: &EngineConfig,
    model_menu: &mut model_menu::State,
    palette: &Palette,
    actions: &mut Actions,
) {
    ui.spacing_mut().interact_size.y = 20.0;
    ui.spacing_mut().button_padding = egui::vec2(8.0, 1.0);
    ui.horizontal_centered(|ui| {
        work(ui, session, palette, actions);
        if let Some(cuts) = session.cuts {
            let text = format!("Cutting {} of {}", cuts.n_done, cuts.n_total);
            ui.label(small(&text, palette.text));
            if ui.button(small("Stop cutting", palette.text)).clicked() {
                actions.push(Action::CancelCuts);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            model_menu::ui(ui, session, engine, model_menu, palette, actions);
            if let Some(progress) = session.download.as_ref().and_then(|d| d.progress.as_ref()) {
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

fn work(ui: &mut Ui, session: &Session, palette: &Palette, actions: &mut Actions) {
    if let Some(path) = &session.opening {
        let text = format!("Opening {}…", file_name(path));
        ui.label(small(&text, palette.text));
        return;
    }
    let Some(video) = &session.video else {
        ui.label(small("No video", palette.weak_text));
        return;
    };
    match &video.indexing {
        Indexing::Starting => {
            let text = match session.model {
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
                actions.push(Action::CancelIndexing);
            }
        }
        Indexing::Cancelled { n_done } => {
            let text = format!("Stopped after {}", clips(*n_done));
            ui.label(small(&text, palette.warning));
            if ui.button(small("Go on", palette.text)).clicked() {
                actions.push(Action::ResumeIndexing);
            }
        }
        Indexing::Done { n_clips, n_cached } => {
            let known = if n_cached == n_clips {
                ", known from before"
            } else {
                ""
            };
            let text = format!("{} of 2 s indexed{known}", clips(*n_clips));
            ui.label(small(&text, palette.weak_text));
        }
        Indexing::Failed(_) => {
            ui.label(small("Not indexed to the end", palette.error));
            if ui.button(small("Try again", palette.text)).clicked() {
                actions.push(Action::ResumeIndexing);
            }
        }
    }
}

fn clips(n: usize) -> String {
    if n == 1 {
        "1 clip".to_owned()
    } else {
        format!("{n} clips")
    }
}

/// `34 of 75 clips · 8.2 per second · 5 s left`.
fn progress_text(progress: &IndexProgress) -> String {
    let mut text = format!("{} of {}", progress.n_done, clips(progress.n_total));
    if let Some(rate) = progress.clips_per_sec {
        text.push_str(&format!(" · {rate:.1} per second"));
    }
    if let Some(secs) = progress.remaining_secs {
        text.push_str(&format!(" · {} left", time_left(secs)));
    }
    text
}

/// No finer than it can be known.
pub(super) fn time_left(secs: f64) -> String {
    let secs = secs.max(0.0).ceil() as u64;
    match secs {
        0..60 => format!("{secs} s"),
        60..3600 => format!("{} min {:02} s", secs / 60, secs % 60),
        _ => format!("{} h {:02} min", secs / 3600, secs / 60 % 60),
    }
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
        assert_eq!(time_left(61.0), "1 min 01 s");
        assert_eq!(time_left(7265.0), "2 h 01 min");
    }
}
