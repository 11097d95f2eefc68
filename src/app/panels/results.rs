//! What was found for the selected query, as a grid of pictures, best first.

use egui::{Color32, RichText, Role, ScrollArea, Sense, TextStyle, Ui, WidgetInfo, vec2};

use crate::app::action::{Actions, Find, Library, Play};
use crate::app::colours::lane_colour;
use crate::app::demo;
use crate::app::icons::Icon;
use crate::app::panels::span_card::{SpanCard, grid};
use crate::app::panels::{detector_menu, model_card};
use crate::app::query_title::QueryTitle;
use crate::app::session::{Lane, Session};
use crate::app::theme::Palette;
use crate::app::thumbnails::Thumbnails;
use crate::app::widgets::{IconButton, Look, card};
use crate::domain::{ClipIndex, Moment, QueryKind, TimeSpan, Verdict, beginning, format_timestamp};

/// As much of what is said as fits into a line of the panel.
const MAX_CHARS: usize = 28;

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
    detector_menu::line(ui, session, lane, actions);
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
        if let Some(verdict) = lane.verdict.filter(|verdict| verdict.is_guess()) {
            doubt(ui, session, lane, verdict, answer.is_final);
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
        if !session.shelf().is_empty() {
            let all = IconButton::with_text(Icon::Search, "Look in all videos");
            if all.hint("Ctrl+Shift+F").show(ui).clicked() {
                actions.push(Library::FindEverywhere(lane.id));
            }
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
        // Of a guess there is one, unless the user asked for more by a threshold.
        let is_guess = lane.verdict.is_some_and(Verdict::is_guess);
        let n_open = if is_guess && lane.chosen_threshold.is_none() {
            cards.len().min(1)
        } else {
            cards.len().min(MAX_LISTED)
        };
        section(
            ui,
            match lane.verdict {
                Some(Verdict::AlmostEverywhere) => "Almost everywhere",
                Some(verdict) if verdict.is_guess() && n_open == 1 => "Best guess",
                _ => "Moments",
            },
        );
        grid(ui, &cards[..n_open], session, thumbnails, actions);
        said(ui, lane, actions);
    });
}

/// Where the query is said, with the words; a click goes there.
fn said(ui: &mut Ui, lane: &Lane, actions: &mut Actions) {
    if lane.said.is_empty() {
        return;
    }
    section(ui, "Words");
    for spoken in lane.said.iter().take(MAX_LISTED) {
        let time = format_timestamp(spoken.span.start_secs);
        let text = format!("{time}  “{}”", beginning(&spoken.text, MAX_CHARS));
        let line = IconButton::words(&text).size(26.0).show(ui);
        if line.on_hover_text(&spoken.text).clicked() {
            actions.push(Play::Seek(spoken.span.start_secs));
        }
    }
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
        is_added: lane.is_added(moment.span),
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
        let title = QueryTitle::new(ui, &lane.query, &TextStyle::Body, palette.text, width);
        let (rect, response) = ui.allocate_exact_size(title.size(), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, lane.query.title()));
        title.paint(ui.painter(), rect.min, palette.text);
        response.on_hover_text(lane.query.title());
    });
}

const BELOW_CHANCE: &str = "No clip fits these words better than it fits unrelated ones. \
                            Below is the best guess.";
const UNLIKE: &str = "No clip is more like this picture than clips of other scenes are. Below is the \
                      best guess.";
const NOT_TOGETHER: &str = "No part shows what was asked for together. Below is the best guess.";
const ALL_ALIKE: &str = "Most of the video fits this alike. Below is the best guess.";

fn doubt(ui: &mut Ui, session: &Session, lane: &Lane, verdict: Verdict, is_final: bool) {
    let palette = Palette::of(ui);
    let below_chance = match lane.query.kind() {
        QueryKind::Words(_) => BELOW_CHANCE,
        QueryKind::Picture(_) => UNLIKE,
        QueryKind::Joined(_) => NOT_TOGETHER,
    };
    let has_room = ui.clip_rect().height() > 240.0;
    card(ui, |ui| {
        let (title, why) = match (verdict, is_final) {
            (Verdict::ProbablyNotHere, true) => ("Probably not in this video", below_chance),
            (Verdict::ProbablyNotHere, false) => ("Not seen so far", below_chance),
            (_, true) => ("Nothing stands out", ALL_ALIKE),
            (_, false) => ("Nothing stands out so far", ALL_ALIKE),
        };
        // A model that was not made for this video cannot know.
        let ink = if session.is_beyond_model() {
            palette.weak_text
        } else {
            palette.warning
        };
        let title = ui.label(RichText::new(title).color(ink));
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
