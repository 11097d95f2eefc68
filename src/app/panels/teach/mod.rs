//! Where a person says what the model got wrong, and has it learn.

mod grading;
mod lesson;
mod prompts;
mod training;

use egui::{RichText, ScrollArea, Ui};

use crate::app::action::Actions;
use crate::app::colours::lane_colour;
use crate::app::panels::library::unsure;
use crate::app::panels::results::{head, hint, section};
use crate::app::panels::span_card::{SpanCard, grid};
use crate::app::pictures::Pictures;
use crate::app::session::{Lane, Session, Wall};
use crate::app::theme::Palette;
use crate::app::thumbnails::Thumbnails;
use crate::worker::QueryId;

/// What is typed and not yet done.
#[derive(Debug, Default)]
pub struct State {
    /// The prompt that gets another name, and the name as typed.
    rename: Option<(String, String)>,
    /// The prompt that is deleted when that is asked for once more.
    delete: Option<String>,
    /// The query whose outcome is on screen: a new one is scrolled to.
    told: Option<QueryId>,
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
    // What is needed again and again keeps its place; what comes and goes scrolls below.
    grading::ui(ui, session, actions);
    training::ui(ui, session, lane, actions);
    let is_told = lane.lesson.is_some();
    let is_news = is_told && state.told != Some(lane.id);
    state.told = is_told.then_some(lane.id);
    let mut contents = ScrollArea::vertical()
        .id_salt(("teach", lane.id))
        .auto_shrink(false)
        // However low the window is, nothing reaches out of the panel.
        .min_scrolled_height(0.0);
    if is_news {
        contents = contents.vertical_scroll_offset(0.0);
    }
    contents.show(ui, |ui| {
        training::progress_ui(ui, session, lane);
        lesson::ui(ui, lane, actions);
        grading::hint_ui(ui, session);
        proposals(ui, session, lane, thumbnails, actions);
    });
}

/// The same for what was found in all videos: it is graded on the wall, and here is what came of it.
pub fn everywhere_ui(
    ui: &mut Ui,
    session: &Session,
    wall: &Wall,
    state: &mut State,
    pictures: &mut Pictures,
    actions: &mut Actions,
) {
    ui.set_min_width(ui.available_width());
    let Some(lane) = session.lane(wall.query) else {
        return;
    };
    head(ui, lane);
    prompts::ui(ui, session, lane, state, actions);
    training::ui(ui, session, lane, actions);
    training::progress_ui(ui, session, lane);
    lesson::ui(ui, lane, actions);
    if wall.label_counts().n() == 0 {
        let text = "Say with the thumbs on the pictures what is right and what is wrong, in several \
                    videos, then press Retrain.";
        hint(ui, text);
    }
    if wall.found().is_none_or(|found| found.unsure.is_empty()) {
        return;
    }
    ui.add_space(8.0);
    section(ui, "What to label next?");
    let why = "The clips of all videos of which the answer is least sure.";
    let weak = Palette::of(ui).weak_text;
    ui.label(RichText::new(why).small().color(weak));
    unsure(ui, session, wall, pictures, actions);
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
    let proposals = lane.proposals.iter().enumerate();
    let cards: Vec<_> = proposals
        .map(|(i, &clip)| SpanCard {
            title: format!("Unsure clip {}", i + 1),
            span: clip.span(),
            clip,
            // What counts is how near it is to the threshold.
            saliency: None,
            colour: lane_colour(lane.colour, palette.is_dark),
            is_looped: session.playback().looped == Some(clip.span()),
            shows_thumbs: true,
            tick: None,
            is_added: false,
        })
        .collect();
    grid(ui, &cards, session, thumbnails, actions);
}
