//! Going to a time that is typed.

use egui::{Align2, Area, Frame, Id, Key, Margin, Order, RichText, Stroke, TextEdit, Ui, vec2};

use crate::app::action::{Actions, Play, View};
use crate::app::session::Session;
use crate::app::theme::{CORNER, Palette};

/// What is typed and not yet done.
#[derive(Debug, Default)]
pub struct State {
    text: String,
    has_had_focus: bool,
    is_wrong: bool,
}

/// Names the field, so that a key can give it the keyboard.
pub fn field_id() -> Id {
    Id::unique("time to go to")
}

pub fn ui(ui: &Ui, area: egui::Rect, session: &Session, state: &mut State, actions: &mut Actions) {
    if !session.view().shows_go_to {
        *state = State::default();
        return;
    }
    let palette = Palette::of(ui);
    let mut is_done = false;
    Area::new(Id::unique("go to"))
        .order(Order::Foreground)
        .pivot(Align2::CENTER_BOTTOM)
        .fixed_pos(area.center_bottom() - vec2(0.0, 16.0))
        .show(ui.ctx(), |ui| {
            let border = if state.is_wrong {
                palette.warning
            } else {
                palette.accent
            };
            Frame::new()
                .fill(palette.raised)
                .stroke(Stroke::new(1.0, border))
                .corner_radius(CORNER)
                .inner_margin(Margin::symmetric(12, 8))
                .show(ui, |ui| {
                    ui.horizontal(|ui| {
                        ui.label(RichText::new("Go to").color(palette.text));
                        let hint = RichText::new("1:02.5").color(palette.weak_text);
                        let edit = TextEdit::singleline(&mut state.text)
                            .id(field_id())
                            .hint_text(hint)
                            .desired_width(90.0);
                        let response = ui.add(edit).accessible_name("Time to go to");
                        if !state.has_had_focus {
                            response.request_focus();
                            state.has_had_focus = true;
                        } else if response.lost_focus() {
                            if !ui.input(|input| input.key_pressed(Key::Enter)) {
                                is_done = true;
                            } else if let Some(time_secs) = parse_time(&state.text) {
                                actions.push(Play::Seek(time_secs));
                                is_done = true;
                            } else {
                                state.is_wrong = true;
                                response.request_focus();
                            }
                        }
                    });
                });
        });
    if is_done {
        actions.push(View::HideGoTo);
    }
}

/// `75`, `1:15`, `1:15.5`, `0:01:15`.
fn parse_time(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let parts: Vec<_> = text.trim().split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    for (i, part) in parts.into_iter().enumerate() {
        let digits = part.replace(',', ".");
        let is_number =
            !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
        let value: f64 = digits.parse().ok().filter(|_| is_number)?;
        if i > 0 && value >= 60.0 {
            return None;
        }
        total = total * 60.0 + value;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, expected) in [
            ("75", Some(75.0)),
            (" 1:15 ", Some(75.0)),
            ("1:15,5", Some(75.5)),
            ("1:01:15", Some(3675.0)),
            ("", None),
            (":", None),
            ("-3", None),
            ("nan", None),
            ("1:2:3:4", None),
            ("9:99", None),
            ("90:00", Some(5400.0)),
        ] {
            assert_eq!(parse_time(text), expected, "{text:?}");
        }
    }
}
