//! What was found for the selected query: the best clips and the moments.

use egui::{RichText, ScrollArea, Sense, TextStyle, Ui, vec2};

use crate::app::action::{Actions, Find, View};
use crate::app::colours::lane_colour;
use crate::app::icons::Icon;
use crate::app::panels::span_row::SpanRow;
use crate::app::session::{Lane, Session};
use crate::app::theme::Palette;
use crate::app::thumbnails::Thumbnails;
use crate::app::widgets::{IconButton, Look, card, elided};
use crate::domain::{ClipIndex, TimeSpan, Verdict};

/// The window lists so many; files hold all.
const MAX_LISTED: usize = 50;

pub fn ui(ui: &mut Ui, session: &Session, thumbnails: &mut Thumbnails, actions: &mut Actions) {
    // A panel is as wide as what is in it.
    ui.set_min_width(ui.available_width());
    let Some(lane) = session.selected_lane() else {
        hint(ui, "What you look for is listed here, best first.");
        return;
    };
    head(ui, lane);
    let Some(answer) = &lane.answer else {
        let waiting = session.waiting_for();
        let text = lane.error.as_deref().unwrap_or(waiting);
        hint(ui, text);
        return;
    };
    let list = ScrollArea::vertical()
        .id_salt(("results", lane.id))
        .auto_shrink(false);
    // However low the window is, nothing reaches out of the panel.
    list.min_scrolled_height(0.0).show(ui, |ui| {
        if let Some(verdict) = lane.verdict.filter(|verdict| verdict.is_guess()) {
            doubt(ui, verdict, answer.is_final);
        }
        let jump = IconButton::with_text(Icon::Target, "Jump to highlight")
            .hint("H")
            .look(if lane.is_probably_present() == Some(true) {
                Look::Primary
            } else {
                Look::Raised
            })
            .show(ui);
        if jump.clicked() {
            actions.push(Find::JumpToHighlight);
        }
        if session.is_bundled_model() {
            bundled_note(ui, actions);
        }
        ui.spacing_mut().item_spacing.y = 4.0;
        let is_guess = lane.verdict.is_some_and(Verdict::is_guess);
        let is_one_guess = is_guess && lane.chosen_threshold.is_none();
        section(
            ui,
            match lane.verdict {
                Some(Verdict::AlmostEverywhere) => "Almost everywhere",
                Some(_) if is_one_guess => "Best guess",
                _ => "Moments",
            },
        );
        if lane.moments.is_empty() {
            let text = if lane.threshold_at(0.0).is_none() {
                "No part stands out from the others."
            } else {
                "None at this threshold: drag the dashed line on the curve down."
            };
            hint(ui, text);
        }
        for (i, moment) in lane.moments.iter().take(MAX_LISTED).enumerate() {
            let row = SpanRow {
                title: if is_one_guess {
                    "Best guess".to_owned()
                } else {
                    format!("Moment {}", i + 1)
                },
                span: moment.span,
                clip: best_clip(lane, moment.span),
                // How sure a guess is was said above.
                saliency: (!is_guess).then_some(moment.score),
                is_looped: session.playback().looped == Some(moment.span),
                shows_thumbs: false,
            };
            row.ui(ui, session, thumbnails, actions);
        }
        if is_one_guess {
            return;
        }
        ui.add_space(8.0);
        section(ui, "Best clips");
        for (i, highlight) in lane.highlights.iter().enumerate() {
            let row = SpanRow {
                title: format!("Clip {}", i + 1),
                span: highlight.clip.span(),
                clip: highlight.clip,
                saliency: Some(highlight.score),
                is_looped: session.playback().looped == Some(highlight.clip.span()),
                shows_thumbs: false,
            };
            row.ui(ui, session, thumbnails, actions);
        }
    });
}

pub(super) fn head(ui: &mut Ui, lane: &Lane) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        let colour = lane_colour(lane.colour, palette.is_dark);
        let (dot, _) = ui.allocate_exact_size(vec2(10.0, 20.0), Sense::hover());
        ui.painter().circle_filled(dot.center(), 5.0, colour);
        let width = ui.available_width();
        let words = elided(
            ui,
            lane.query.title(),
            &TextStyle::Body,
            palette.text,
            width,
        );
        ui.label(words).on_hover_text(lane.query.title());
    });
}

const BELOW_CHANCE: &str = "No clip fits these words better than it fits unrelated ones. \
                            Below is the best guess.";
const ALL_ALIKE: &str = "Most of the video fits these words alike. Below is the best guess.";

fn doubt(ui: &mut Ui, verdict: Verdict, is_final: bool) {
    let palette = Palette::of(ui);
    let has_room = ui.clip_rect().height() > 240.0;
    card(ui, |ui| {
        let (title, why) = match (verdict, is_final) {
            (Verdict::ProbablyNotHere, true) => ("Probably not in this video", BELOW_CHANCE),
            (Verdict::ProbablyNotHere, false) => ("Not seen so far", BELOW_CHANCE),
            (_, true) => ("Nothing stands out", ALL_ALIKE),
            (_, false) => ("Nothing stands out so far", ALL_ALIKE),
        };
        let title = ui.label(RichText::new(title).color(palette.warning));
        if has_room {
            ui.label(RichText::new(why).small().color(palette.weak_text));
        } else {
            title.on_hover_text(why);
        }
    });
}

/// What it says of people's own videos means nothing.
fn bundled_note(ui: &mut Ui, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let words = RichText::new("The bundled model knows drawn scenes only ›").small();
    let why = "It is there to try things out, and what it says of the real world means nothing. \
               Choose or get a real model.";
    let link = egui::Button::new(words.color(palette.weak_text)).frame(false);
    if ui.add(link.truncate()).on_hover_text(why).clicked() {
        actions.push(View::ToggleModelMenu);
    }
}

pub(super) fn section(ui: &mut Ui, title: &str) {
    let palette = Palette::of(ui);
    ui.label(RichText::new(title).small().color(palette.weak_text));
}

pub(super) fn hint(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    ui.label(RichText::new(text).color(palette.weak_text));
}

fn best_clip(lane: &Lane, span: TimeSpan) -> ClipIndex {
    let first = ClipIndex::at(span.start_secs).0;
    let last = ClipIndex::at((span.end_secs - 1e-6).max(span.start_secs)).0;
    let values = lane
        .answer
        .as_ref()
        .map_or(&[][..], |answer| answer.result.saliency.values());
    let best = (first..=last.min(values.len().saturating_sub(1)))
        .max_by(|a, b| values[*a].total_cmp(&values[*b]))
        .unwrap_or(first);
    ClipIndex(best)
}
