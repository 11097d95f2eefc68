//! Where a person says what the model got wrong, and has it learn.

mod grading;
mod lesson;
mod prompts;
mod training;

use egui::{RichText, ScrollArea, Ui};

use crate::app::action::Actions;
use crate::app::panels::results::{head, hint, section};
use crate::app::panels::span_row::SpanRow;
use crate::app::session::{Lane, Session};
use crate::app::theme::Palette;
use crate::app::thumbnails::Thumbnails;

/// What is typed and not yet done.
#[derive(Debug, Default)]
pub struct State {
    /// The prompt that gets another name, and the name as typed.
    rename: Option<(String, String)>,
    /// The prompt that is deleted when that is asked for once more.
    delete: Option<String>,
}

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    state: &mut State,
    thumbnails: &mut Thumbnails,
    actions: &mut Actions,
) {
    // A panel is as wide as what is in it.
    ui.set_min_width(ui.available_width());
    let Some(lane) = session.selected_lane() else {
        let text = "Type what you look for. Where the answer is wrong, it is put right here.";
        hint(ui, text);
        return;
    };
    head(ui, lane);
    prompts::ui(ui, session, lane, state, actions);
    let contents = ScrollArea::vertical()
        .id_salt(("teach", lane.id))
        .auto_shrink(false)
        // However low the window is, nothing reaches out of the panel.
        .min_scrolled_height(0.0);
    contents.show(ui, |ui| {
        ui.add_space(4.0);
        grading::ui(ui, session, actions);
        ui.add_space(8.0);
        training::ui(ui, session, lane, actions);
        lesson::ui(ui, lane, actions);
        proposals(ui, session, lane, thumbnails, actions);
    });
}

/// What to label next: the clips that the model is least sure of.
fn proposals(
    ui: &mut Ui,
    session: &Session,
    lane: &Lane,
    thumbnails: &mut Thumbnails,
    actions: &mut Actions,
) {
    let palette = Palette::of(ui);
    if lane.proposals.is_empty() {
        return;
    }
    ui.add_space(8.0);
    section(ui, "What to label next?");
    let why = "The clips that the model is least sure of.";
    ui.label(RichText::new(why).small().color(palette.weak_text));
    for (i, &clip) in lane.proposals.iter().enumerate() {
        let row = SpanRow {
            title: format!("Unsure clip {}", i + 1),
            span: clip.span(),
            clip,
            // What counts is how near it is to the threshold.
            saliency: None,
            is_looped: session.playback().looped == Some(clip.span()),
            shows_thumbs: true,
        };
        row.ui(ui, session, thumbnails, actions);
    }
}
