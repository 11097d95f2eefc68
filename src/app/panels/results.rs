//! What was found for the selected query, as a grid of pictures, best first.

use egui::{CollapsingHeader, Color32, RichText, ScrollArea, Sense, TextStyle, Ui, vec2};

use crate::app::action::{Actions, Find};
use crate::app::colours::lane_colour;
use crate::app::demo;
use crate::app::icons::Icon;
use crate::app::panels::model_card;
use crate::app::panels::span_card::{SpanCard, grid};
use crate::app::session::{Lane, Session};
use crate::app::theme::Palette;
use crate::app::thumbnails::Thumbnails;
use crate::app::widgets::{IconButton, Look, card, elided};
use crate::domain::{ClipIndex, Moment, TimeSpan, count};

/// The window lists so many; files hold all.
const MAX_LISTED: usize = 50;

pub fn ui(ui: &mut Ui, session: &Session, thumbnails: &mut Thumbnails, actions: &mut Actions) {
    // A panel is as wide as what is in it.
    ui.set_min_width(ui.available_width());
    let Some(lane) = session.selected_lane() else {
        hint(ui, "What you look for is listed here, best first.");
        if session.video().is_some() && !session.is_beyond_model() {
            examples(ui, session, actions);
        }
        return model_card::ui(ui, session, actions);
    };
    head(ui, lane);
    let Some(answer) = &lane.answer else {
        let waiting = session.waiting_for();
        let text = lane.error.as_deref().unwrap_or(waiting);
        hint(ui, text);
        return model_card::ui(ui, session, actions);
    };
    let list = ScrollArea::vertical()
        .id_salt(("results", lane.id))
        .auto_shrink(false);
    // However low the window is, nothing reaches out of the panel.
    list.min_scrolled_height(0.0).show(ui, |ui| {
        model_card::ui(ui, session, actions);
        let is_present = lane.is_probably_present() == Some(true);
        if !is_present {
            doubt(ui, session, answer.is_final);
        }
        let jump = IconButton::with_text(Icon::Target, "Jump to highlight")
            .hint("H")
            .look(if is_present && !session.is_beyond_model() {
                Look::Primary
            } else {
                Look::Raised
            })
            .show(ui);
        if jump.clicked() {
            actions.push(Find::JumpToHighlight);
        }
        ui.spacing_mut().item_spacing.y = 6.0;
        let cards = moment_cards(ui, session, lane);
        if cards.is_empty() {
            let text = if lane.threshold_at(0.0).is_none() {
                "No part stands out from the others."
            } else {
                "None at this threshold: drag the dashed line on the curve down."
            };
            hint(ui, text);
        }
        let (strong, n_weak) = lane.strong_moments();
        // Where it is probably not, one guess is enough.
        let n_open = if is_present {
            strong.len().min(MAX_LISTED)
        } else {
            cards.len().min(1)
        };
        let (open, folded) = cards.split_at(n_open);
        section(ui, if is_present { "Moments" } else { "Best guess" });
        grid(ui, open, session, thumbnails, actions);
        if folded.is_empty() {
            return;
        }
        let title = if is_present {
            count(n_weak, "weaker moment")
        } else {
            count(folded.len(), "other place")
        };
        let title = RichText::new(title)
            .small()
            .color(Palette::of(ui).weak_text);
        let fold = CollapsingHeader::new(title).id_salt(("weak", lane.id));
        fold.show_unindented(ui, |ui| grid(ui, folded, session, thumbnails, actions));
    });
}

fn moment_cards(ui: &Ui, session: &Session, lane: &Lane) -> Vec<SpanCard> {
    let palette = Palette::of(ui);
    let is_sure = lane.is_probably_present() == Some(true);
    let moments = lane.moments.iter().take(MAX_LISTED).enumerate();
    let card = |(i, moment): (usize, &Moment)| SpanCard {
        title: format!("Moment {}", i + 1),
        span: moment.span,
        clip: best_clip(lane, moment.span),
        // A score beside a doubt would contradict it.
        saliency: is_sure.then_some(moment.score),
        colour: score_colour(session, lane, palette),
        is_looped: session.playback().looped == Some(moment.span),
        shows_thumbs: false,
        tick: Some((lane.id, lane.is_ticked(moment.span))),
    };
    moments.map(card).collect()
}

/// Grey where the numbers mean nothing.
fn score_colour(session: &Session, lane: &Lane, palette: Palette) -> Color32 {
    if session.is_beyond_model() {
        palette.weak_text
    } else {
        lane_colour(lane.colour, palette.is_dark)
    }
}

/// What can be asked of the demo.
fn examples(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    if !session.is_demo() {
        return;
    }
    ui.add_space(6.0);
    section(ui, "For example");
    for query in demo::QUERIES {
        if IconButton::words(query).size(30.0).show(ui).clicked() {
            actions.push(Find::Ask(query.to_owned()));
        }
    }
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

fn doubt(ui: &mut Ui, session: &Session, is_final: bool) {
    let palette = Palette::of(ui);
    let has_room = ui.clip_rect().height() > 240.0;
    card(ui, |ui| {
        let title = if is_final {
            "Probably not in this video"
        } else {
            "Not seen so far"
        };
        // A model that was not made for this video cannot know.
        let ink = if session.is_beyond_model() {
            palette.weak_text
        } else {
            palette.warning
        };
        let title = ui.label(RichText::new(title).color(ink));
        let why = "No clip fits these words better than it fits unrelated ones.";
        if has_room {
            ui.label(RichText::new(why).small().color(palette.weak_text));
        } else {
            title.on_hover_text(why);
        }
    });
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
