//! Searching for the picture: its menu, and the rectangle that is drawn on it.

use egui::{Align2, Color32, CursorIcon, Popup, Rect, Response, Stroke, StrokeKind, TextStyle, Ui};
use egui::{pos2, vec2};

use crate::app::action::{Actions, Find};
use crate::app::shot::{Part, Shot};
use crate::app::theme::{CORNER, Palette};

/// Shorter drags are clicks.
const LEAST_DRAG: f32 = 6.0;

/// By the right button.
pub fn menu(response: &Response, actions: &mut Actions) {
    Popup::context_menu(response).show(|ui| {
        for (name, action) in [
            ("Search for this picture (P)", Find::Picture),
            ("Search for a part of it… (Shift+P)", Find::TogglePart),
            ("Search for a picture file…", Find::ChoosePicture),
        ] {
            if ui.button(name).clicked() {
                actions.push(action);
                ui.close();
            }
        }
    });
}

/// While a part is to be drawn on the picture in `target`.
pub fn ui(ui: &Ui, response: &Response, target: Rect, actions: &mut Actions) {
    let palette = Palette::of(ui);
    ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
    // Where it was pressed is forgotten in the frame in which it is let go.
    let id = response.id.with("part");
    if response.drag_stopped() {
        let part = ui.data_mut(|data| data.remove_temp::<Option<Part>>(id));
        if let Some(part) = part.flatten() {
            actions.push(Find::Shot(Shot::OnScreen(Some(part))));
        }
        return;
    }
    let origin = ui.input(|input| input.pointer.press_origin());
    let ends = origin.zip(response.interact_pointer_pos());
    let drag = ends.filter(|(from, to)| from.distance(*to) > LEAST_DRAG);
    match drag {
        Some((from, to)) if response.dragged() => {
            let part = Part::between(target, from, to);
            ui.data_mut(|data| data.insert_temp(id, Some(part)));
            let rect = part.on(target);
            veil(ui, target, rect);
            let stroke = Stroke::new(1.5, palette.accent);
            ui.painter()
                .rect_stroke(rect, 0.0, stroke, StrokeKind::Outside);
        }
        _ => {
            ui.painter()
                .rect_filled(target, 0.0, Color32::from_black_alpha(70));
            hint(ui, target);
            if response.clicked() {
                actions.push(Find::TogglePart);
            }
        }
    }
}

/// What is outside of the rectangle does not count.
fn veil(ui: &Ui, target: Rect, rect: Rect) {
    let dark = Color32::from_black_alpha(130);
    for side in [
        target.with_max_y(rect.top()),
        target.with_min_y(rect.bottom()),
        Rect::from_min_max(pos2(target.left(), rect.top()), rect.left_bottom()),
        Rect::from_min_max(rect.right_top(), pos2(target.right(), rect.bottom())),
    ] {
        ui.painter().rect_filled(side, 0.0, dark);
    }
}

fn hint(ui: &Ui, target: Rect) {
    let words = "Draw a rectangle around what to search for; Esc leaves it";
    let font = TextStyle::Body.resolve(ui.style());
    let words = ui
        .painter()
        .layout_no_wrap(words.to_owned(), font, Color32::WHITE);
    let top = pos2(target.center().x, target.top() + 14.0);
    let place = Align2::CENTER_TOP.anchor_size(top, words.size() + vec2(20.0, 10.0));
    ui.painter()
        .rect_filled(place, CORNER, Color32::from_black_alpha(190));
    ui.painter()
        .galley(place.min + vec2(10.0, 5.0), words, Color32::WHITE);
}
