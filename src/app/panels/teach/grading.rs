//! Giving grades: to the selection, or to the clip under the playhead.

use egui::{Align2, RichText, Role, Sense, Stroke, StrokeKind, TextStyle, Ui, WidgetInfo, vec2};

use crate::app::action::{Actions, Teach};
use crate::app::colours::grade_colour;
use crate::app::icons::Icon;
use crate::app::panels::results::hint;
use crate::app::session::{Selection, Session, grade_word};
use crate::app::theme::{CORNER, Palette};
use crate::app::widgets::{IconButton, focus_ring};
use crate::domain::{Grade, format_timestamp};

const GRADE_HEIGHT: f32 = 42.0;

pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let Some(video) = session.video() else {
        hint(ui, "Open a video to teach with.");
        return;
    };
    let Some(target) = session.grading_target() else {
        return;
    };
    let row = vec2(ui.available_width(), 24.0);
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    ui.allocate_ui_with_layout(row, layout, |ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (icon, name, key, is_possible, action) in [
            (
                Icon::Redo,
                "Redo the label",
                "Ctrl+Shift+Z",
                video.labels.can_redo(),
                Teach::Redo,
            ),
            (
                Icon::Undo,
                "Undo the label",
                "Ctrl+Z",
                video.labels.can_undo(),
                Teach::Undo,
            ),
        ] {
            let button = IconButton::new(icon, name).hint(key).size(24.0);
            if button.enabled(is_possible).show(ui).clicked() {
                actions.push(action);
            }
        }
        let text = RichText::new(question(session, target)).small();
        let left = egui::Layout::left_to_right(egui::Align::Center);
        ui.with_layout(left, |ui| {
            ui.add(egui::Label::new(text.color(palette.weak_text)).truncate());
        });
    });
    let is_open = video.labels.is_open();
    ui.add_enabled_ui(is_open, |ui| {
        let given = session.common_grade(target);
        grades(ui, given, actions);
    });
}

/// How to begin, until something is labelled.
pub fn hint_ui(ui: &mut Ui, session: &Session) {
    let Some(video) = session.video() else { return };
    let is_open = video.labels.is_open();
    let text = match session.selected_labels() {
        _ if !is_open => "Labels can be given when indexing has begun.",
        Some(_) => return,
        None => {
            "Shift+drag on the timeline selects more clips. Mark some where it happens and some \
             where it does not, then press Retrain."
        }
    };
    hint(ui, text);
}

/// `Does it happen at 0:12.0 – 0:14.0?`
fn question(session: &Session, target: Selection) -> String {
    let span = target.span();
    let place = if session.selection().is_some() {
        "in"
    } else {
        "here,"
    };
    let (start, end) = (
        format_timestamp(span.start_secs),
        format_timestamp(span.end_secs),
    );
    format!("Does it happen {place} {start} – {end}?")
}

/// Five fields from worst to best; the one that was given is filled.
fn grades(ui: &mut Ui, given: Option<Grade>, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let gap = 4.0;
    let (area, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), GRADE_HEIGHT), Sense::hover());
    let width = (area.width() - 4.0 * gap) / 5.0;
    let small = TextStyle::Small.resolve(ui.style());
    let digit = TextStyle::Button.resolve(ui.style());
    for grade in Grade::ALL {
        let left = area.left() + f32::from(grade.value()) * (width + gap);
        let rect =
            egui::Rect::from_min_size(egui::pos2(left, area.top()), vec2(width, area.height()));
        let response = ui.interact(rect, ui.scope_id().with(grade), Sense::click());
        let is_given = given == Some(grade);
        response.widget_info(|| {
            WidgetInfo::selected(Role::Button, ui.is_enabled(), is_given, grade.name())
        });
        let colour = grade_colour(grade, palette.is_dark);
        let painter = ui.painter();
        let ground = if is_given {
            colour.gamma_multiply(0.45)
        } else if response.hovered() {
            palette.raised_hover
        } else {
            palette.raised
        };
        painter.rect_filled(rect, CORNER, ground);
        let foot = rect.with_min_y(rect.bottom() - 4.0);
        painter.rect_filled(foot, 2.0, colour);
        if is_given {
            painter.rect_stroke(rect, CORNER, Stroke::new(1.5, colour), StrokeKind::Inside);
        }
        let ink = if ui.is_enabled() {
            palette.text
        } else {
            palette.weak_text
        };
        let top = egui::pos2(rect.center().x, rect.top() + 13.0);
        painter.text(
            top,
            Align2::CENTER_CENTER,
            grade.value(),
            digit.clone(),
            ink,
        );
        let below = egui::pos2(rect.center().x, rect.top() + 29.0);
        painter.text(
            below,
            Align2::CENTER_CENTER,
            grade_word(grade),
            small.clone(),
            if is_given { ink } else { palette.weak_text },
        );
        focus_ring(ui, &response);
        if response.clicked() {
            // The same once more takes it back.
            actions.push(Teach::Grade(None, (!is_given).then_some(grade)));
        }
        let key = grade.value();
        response.on_hover_text(format!("Key {key}"));
    }
}
