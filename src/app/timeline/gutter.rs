//! The head of a lane: the words, how sure the answer is, and a button to close it. The words are
//! clicked to be changed; the head is dragged to another place.

use egui::{Align2, CursorIcon, PointerButton, Rect, Response, Role, Sense, TextStyle, Ui};
use egui::{Popup, Stroke, WidgetInfo, pos2, vec2};

use crate::app::action::{Action, Actions, Find, Library};
use crate::app::colours::lane_colour;
use crate::app::icons::{self, Icon};
use crate::app::query_title::QueryTitle;
use crate::app::session::{Lane, Session, percent};
use crate::app::theme::Palette;
use crate::app::timeline::lane::LaneView;
use crate::app::widgets::{IconButton, elided, focus_ring};
use crate::domain::{
    Join, QueryKind, USUAL_WITHIN_SECS, Verdict, beginning, count, format_duration,
};

const REMOVE_SIZE: f32 = 22.0;

/// So much of another query is repeated in the menu.
const MENU_CHARS: usize = 40;

/// What can be chosen for one query after another.
const WITHIN_SECS: [u32; 6] = [5, 10, 30, 60, 300, 1800];

/// Of two lines of words; a lower lane has one.
const TWO_LINES: f32 = 36.0;

/// A head, and where it is among the others.
pub struct Head<'a> {
    pub view: LaneView<'a>,
    pub at: usize,
    pub n: usize,
    /// Where the first row begins, and from one to the next.
    pub rows: (f32, f32),
    /// Whether the model was made for this video.
    pub is_meant: bool,
    /// Whether there are other videos to look into.
    pub has_library: bool,
    /// All lanes.
    pub lanes: &'a [Lane],
}

/// Above the heads, where there are several.
pub fn close_all(ui: &mut Ui, corner: Rect, session: &Session, actions: &mut Actions) {
    if session.lanes().len() < 2 {
        return;
    }
    let place = corner.with_max_y(corner.top() + 22.0);
    let mut corner_ui = ui.new_child(egui::UiBuilder::new().max_rect(place));
    let button = IconButton::words("Close all").look(crate::app::widgets::Look::Plain);
    if button.size(20.0).show(&mut corner_ui).clicked() {
        actions.push(Find::RemoveAll);
    }
}

pub fn ui(ui: &mut Ui, rect: Rect, head: &Head<'_>, actions: &mut Actions) {
    let LaneView {
        lane,
        is_selected,
        waiting,
        ..
    } = head.view;
    let palette = Palette::of(ui);
    let id = ui.scope_id().with(("lane", lane.id));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let name = format!("Query {}", lane.query);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_selected, &name));
    let colour = lane_colour(lane.colour, palette.is_dark);
    let painter = ui.painter_at(rect);
    let ground = if is_selected || response.hovered() || response.dragged() {
        palette.raised
    } else {
        palette.panel
    };
    painter.rect_filled(rect, 4.0, ground);
    let bar = rect.with_max_x(rect.left() + if is_selected { 4.0 } else { 3.0 });
    painter.rect_filled(bar, 1.0, colour);

    let text_left = rect.left() + 12.0;
    let right = rect.right() - REMOVE_SIZE - 8.0;
    let is_low = rect.height() < TWO_LINES;
    let (state, state_colour) = state_text(ui, head, waiting, is_low);
    let state_width = if is_low {
        0.42 * (right - text_left)
    } else {
        rect.right() - 8.0 - text_left
    };
    let state = elided(ui, &state, &TextStyle::Small, state_colour, state_width);
    let words_width = if is_low {
        right - text_left - state.size().x - 6.0
    } else {
        right - text_left
    };
    let words = QueryTitle::new(ui, &lane.query, &TextStyle::Body, palette.text, words_width);
    let (words_at, state_at) = if is_low {
        let middle = |height: f32| rect.center().y - 0.5 * height;
        (
            pos2(text_left, middle(words.size().y)),
            pos2(right - state.size().x, middle(state.size().y)),
        )
    } else {
        let top = rect.center().y - 0.5 * (words.size().y + 2.0 + state.size().y);
        let below = top + words.size().y + 2.0;
        (pos2(text_left, top), pos2(text_left, below))
    };
    let words_rect = Rect::from_min_size(words_at, words.size());
    let edit = edit_ui(ui, words_rect, lane, id);
    words.paint(&painter, words_at, palette.text);
    if edit.hovered() {
        let foot = words_rect.bottom();
        let stroke = Stroke::new(1.0, palette.weak_text);
        painter.hline(words_rect.x_range(), foot, stroke);
    }
    painter.galley(state_at, state, state_colour);
    focus_ring(ui, &response);
    focus_ring(ui, &edit);

    let centre = pos2(rect.right() - 4.0, words_rect.center().y);
    let remove_rect = Align2::RIGHT_CENTER.anchor_size(centre, vec2(REMOVE_SIZE, REMOVE_SIZE));
    let remove = remove_ui(ui, remove_rect, lane, id);
    context_menu(&response, head, actions);
    if remove.clicked() {
        actions.push(Find::Remove(lane.id));
    } else if edit.clicked() && can_be_typed(lane) {
        actions.push(Find::Edit(lane.id));
    } else if response.clicked() || edit.clicked() {
        actions.push(Find::Select(lane.id));
    }
    reorder(ui, &response, rect, head, actions);
    let what = "How well the best clip fits: 0 % is as well as any words, 100 % as well as can be.";
    response.on_hover_text(format!("{}\n{what}", lane.query));
}

/// A picture has no words to change.
fn can_be_typed(lane: &Lane) -> bool {
    !matches!(lane.query.kind(), QueryKind::Picture(_))
}

fn edit_ui(ui: &Ui, rect: Rect, lane: &Lane, id: egui::Id) -> Response {
    let response = ui
        .interact(rect, id.with("words"), Sense::click())
        .on_hover_cursor(CursorIcon::Text);
    let name = format!("Change the words of {}", lane.query);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    response.on_hover_text("Click to change the words")
}

fn remove_ui(ui: &Ui, rect: Rect, lane: &Lane, id: egui::Id) -> Response {
    let palette = Palette::of(ui);
    let response = ui.interact(rect, id.with("remove"), Sense::click());
    let name = format!("Remove query {}", lane.query);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let ink = if response.hovered() || response.has_focus() {
        palette.text
    } else {
        palette.weak_text
    };
    icons::paint(ui.painter(), rect, Icon::Close, 11.0, ink);
    focus_ring(ui, &response);
    response.on_hover_text("Close this query")
}

/// By the right button.
fn context_menu(response: &Response, head: &Head<'_>, actions: &mut Actions) {
    let lane = head.view.lane;
    Popup::context_menu(response).show(|ui| {
        let (at, last) = (head.at, head.n.saturating_sub(1));
        for (name, is_possible, action) in [
            (
                "Change the words",
                can_be_typed(lane),
                Find::Edit(lane.id).into(),
            ),
            (
                "Find this in all videos",
                head.has_library,
                Library::FindEverywhere(lane.id).into(),
            ),
            (
                "Move up",
                at > 0,
                Find::Move(lane.id, at.saturating_sub(1)).into(),
            ),
            ("Move down", at < last, Find::Move(lane.id, at + 1).into()),
            ("Close", true, Find::Remove(lane.id).into()),
            ("Close all", true, Action::from(Find::RemoveAll)),
        ] {
            if ui
                .add_enabled(is_possible, egui::Button::new(name))
                .clicked()
            {
                actions.push(action);
                ui.close();
            }
        }
        ui.separator();
        join_menus(ui, head, actions);
    });
}

/// Asks this query and another one as one.
fn join_menus(ui: &mut Ui, head: &Head<'_>, actions: &mut Actions) {
    let lane = head.view.lane;
    let then = Join::Then {
        within_secs: USUAL_WITHIN_SECS,
    };
    for (name, join) in [
        ("Together with", Join::And),
        ("And then", then),
        ("Without", Join::Without),
    ] {
        ui.add_enabled_ui(head.n > 1, |ui| {
            ui.menu_button(name, |ui| {
                for other in head.lanes.iter().filter(|other| other.id != lane.id) {
                    let title = beginning(other.query.title(), MENU_CHARS);
                    if ui.button(title).clicked() {
                        actions.push(Find::Join(lane.id, join, other.id));
                        ui.close();
                    }
                }
            });
        });
    }
    if let QueryKind::Joined(joined) = lane.query.kind()
        && let Join::Then { within_secs } = joined.1
    {
        ui.menu_button(format!("Within {within_secs} s"), |ui| {
            for secs in WITHIN_SECS {
                let name = format_duration(f64::from(secs));
                if ui.radio(secs == within_secs, name).clicked() {
                    actions.push(Find::SetWithin(lane.id, secs));
                    ui.close();
                }
            }
        });
    }
}

/// Dragged to another row; a line shows where it would go.
fn reorder(ui: &Ui, response: &Response, rect: Rect, head: &Head<'_>, actions: &mut Actions) {
    let is_dragged = response.dragged_by(PointerButton::Primary);
    let is_dropped = response.drag_stopped_by(PointerButton::Primary);
    let Some(pointer) = response
        .interact_pointer_pos()
        .filter(|_| is_dragged || is_dropped)
    else {
        return;
    };
    let (top, row_height) = head.rows;
    let row = ((pointer.y - top) / row_height).max(0.0) as usize;
    let to = row.min(head.n.saturating_sub(1));
    if is_dropped {
        if to != head.at {
            actions.push(Find::Move(head.view.lane.id, to));
        }
        return;
    }
    ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    if to != head.at {
        let after = usize::from(to > head.at);
        let y = top + (to + after) as f32 * row_height - 2.0;
        let stroke = Stroke::new(2.0, Palette::of(ui).accent);
        ui.painter().hline(rect.x_range(), y, stroke);
    }
}

/// What is known of the answer, and in which ink; in short beside the words.
fn state_text(ui: &Ui, head: &Head<'_>, waiting: &str, is_short: bool) -> (String, egui::Color32) {
    let palette = Palette::of(ui);
    let lane = head.view.lane;
    if lane.error.is_some() {
        return ("No answer".to_owned(), palette.error);
    }
    let (Some(answer), Some(verdict)) = (&lane.answer, lane.verdict) else {
        return (waiting.to_owned(), palette.weak_text);
    };
    let so_far = if answer.is_final { "" } else { " so far" };
    let what = match verdict {
        Verdict::ProbablyNotHere if is_short => "not here".to_owned(),
        Verdict::ProbablyNotHere => format!("Probably not here{so_far}"),
        Verdict::NothingStandsOut => format!("Nothing stands out{so_far}"),
        Verdict::AlmostEverywhere => "Almost everywhere".to_owned(),
        Verdict::Moments => count(lane.moments.len(), "moment"),
    };
    let is_warning = verdict == Verdict::ProbablyNotHere && head.is_meant;
    let ink = if is_warning {
        palette.warning
    } else {
        palette.weak_text
    };
    if verdict.is_guess() {
        return (what, ink);
    }
    let best = percent(answer.result.highlight.score);
    let text = if is_short {
        best
    } else {
        format!("{what} · {best}")
    };
    (text, ink)
}
