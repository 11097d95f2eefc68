//! The head of a lane: the words, how sure the answer is, and a button to remove it.

use egui::{Align2, Rect, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};

use crate::app::action::{Actions, Find};
use crate::app::colours::lane_colour;
use crate::app::icons::{self, Icon};
use crate::app::session::{Lane, percent};
use crate::app::theme::Palette;
use crate::app::timeline::lane::LaneView;
use crate::app::widgets::{elided, focus_ring};
use crate::domain::{Verdict, count};

const REMOVE_SIZE: f32 = 22.0;

pub fn ui(ui: &mut Ui, rect: Rect, view: LaneView<'_>, actions: &mut Actions) {
    let LaneView {
        lane,
        is_selected,
        waiting,
        ..
    } = view;
    let palette = Palette::of(ui);
    let id = ui.scope_id().with(("lane", lane.id));
    let response = ui.interact(rect, id, Sense::click());
    let name = format!("Query {}", lane.query);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_selected, &name));
    let colour = lane_colour(lane.colour, palette.is_dark);
    let painter = ui.painter_at(rect);
    let ground = if is_selected || response.hovered() {
        palette.raised
    } else {
        palette.panel
    };
    painter.rect_filled(rect, 4.0, ground);
    let bar = rect.with_max_x(rect.left() + if is_selected { 4.0 } else { 3.0 });
    painter.rect_filled(bar, 1.0, colour);

    let text_left = rect.left() + 12.0;
    let text_width = rect.right() - REMOVE_SIZE - 8.0 - text_left;
    let words = elided(
        ui,
        lane.query.title(),
        &TextStyle::Body,
        palette.text,
        text_width,
    );
    let (state, state_colour) = state_text(ui, lane, waiting);
    let width = rect.right() - 8.0 - text_left;
    let state = elided(ui, &state, &TextStyle::Small, state_colour, width);
    let total = words.size().y + 2.0 + state.size().y;
    let top = rect.center().y - 0.5 * total;
    let below = top + words.size().y + 2.0;
    let words_middle = top + 0.5 * words.size().y;
    painter.galley(pos2(text_left, top), words, palette.text);
    painter.galley(pos2(text_left, below), state, state_colour);
    focus_ring(ui, &response);

    let remove_rect = Align2::RIGHT_CENTER.anchor_size(
        pos2(rect.right() - 4.0, words_middle),
        vec2(REMOVE_SIZE, REMOVE_SIZE),
    );
    let remove = ui.interact(remove_rect, id.with("remove"), Sense::click());
    let remove_name = format!("Remove query {}", lane.query);
    remove.widget_info(|| WidgetInfo::labeled(Role::Button, true, &remove_name));
    let ink = if remove.hovered() || remove.has_focus() {
        palette.text
    } else {
        palette.weak_text
    };
    icons::paint(&painter, remove_rect, Icon::Close, 11.0, ink);
    focus_ring(ui, &remove);
    let remove_clicked = remove.clicked();
    remove.on_hover_text("Remove this query");
    if remove_clicked {
        actions.push(Find::Remove(lane.id));
    } else if response.clicked() {
        actions.push(Find::Select(lane.id));
    }
    let what = "How well the best clip fits: 0 % is as well as any words, 100 % as well as can be.";
    response.on_hover_text(format!("{}\n{what}", lane.query));
}

fn state_text(ui: &Ui, lane: &Lane, waiting: &str) -> (String, egui::Color32) {
    let palette = Palette::of(ui);
    if lane.error.is_some() {
        return ("No answer".to_owned(), palette.error);
    }
    let (Some(answer), Some(verdict)) = (&lane.answer, lane.verdict) else {
        return (waiting.to_owned(), palette.weak_text);
    };
    let so_far = if answer.is_final { "" } else { " so far" };
    let what = match verdict {
        Verdict::ProbablyNotHere => {
            return (format!("Probably not here{so_far}"), palette.warning);
        }
        Verdict::NothingStandsOut => {
            return (format!("Nothing stands out{so_far}"), palette.weak_text);
        }
        Verdict::AlmostEverywhere => "Almost everywhere".to_owned(),
        Verdict::Moments => count(lane.moments.len(), "moment"),
    };
    let best = percent(answer.result.highlight.score);
    (format!("{what} · {best}"), palette.weak_text)
}
