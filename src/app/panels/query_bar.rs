//! The field for what to look for.

use egui::{Area, Frame, Id, Key, Margin, Modifiers, Order, Stroke, TextEdit, Ui, vec2};

use crate::app::action::{Actions, Find};
use crate::app::colours::lane_colour;
use crate::app::icons::{self, Icon};
use crate::app::query_title::typed;
use crate::app::session::{Session, capitalised};
use crate::app::theme::{CONTROL_HEIGHT, CORNER, Palette};
use crate::app::widgets::{IconButton, Look, menu};

/// What was typed and not yet asked.
#[derive(Debug, Default)]
pub struct State {
    text: String,
    /// Which entry of the history is shown, latest is 0.
    history_at: Option<usize>,
    /// What was typed before the history was looked through.
    draft: String,
}

impl State {
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Words to be changed.
    pub fn edit(&mut self, words: String) {
        *self = Self {
            text: words,
            ..Self::default()
        };
    }

    /// The words were taken.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Older entries for `1`, newer for `-1`; what was typed comes back at the end.
    fn step_history(&mut self, by: isize, history: &[String]) {
        let at = match self.history_at {
            None if by > 0 => Some(0),
            None => None,
            Some(at) => at.checked_add_signed(by),
        };
        match at {
            Some(at) if at < history.len() => {
                if self.history_at.is_none() {
                    self.draft = std::mem::take(&mut self.text);
                }
                self.text.clone_from(&history[at]);
                self.history_at = Some(at);
            }
            Some(_) => {} // The oldest stays.
            None => {
                if self.history_at.take().is_some() {
                    self.text = std::mem::take(&mut self.draft);
                }
            }
        }
    }
}

/// Names the field, so that a key can give it the keyboard.
pub fn field_id() -> Id {
    Id::unique("query field")
}

pub fn ui(ui: &mut Ui, session: &Session, state: &mut State, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let history = &session.settings().history;
    let problem = session.view().query_problem.as_deref();
    let id = field_id();
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    if has_focus {
        // Before the field sees them.
        let (n_up, n_down) = ui.input_mut(|input| {
            (
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp),
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown),
            )
        });
        (0..n_up).for_each(|_| state.step_history(1, history));
        if n_down > 0 && state.history_at.is_none() {
            // Nothing newer: down to what was found.
            ui.memory_mut(|memory| memory.surrender_focus(id));
        }
        (0..n_down).for_each(|_| state.step_history(-1, history));
    }
    let edited = session.view().editing.and_then(|id| session.lane(id));
    let hint = if edited.is_some() {
        "Other words for this query"
    } else if session.shows_library() {
        "Search all videos"
    } else if session.lanes().is_empty() {
        "What are you looking for?"
    } else {
        "Look for something else as well"
    };
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, CONTROL_HEIGHT), egui::Sense::hover());
    let border = if problem.is_some() {
        palette.warning
    } else if has_focus {
        palette.accent
    } else {
        palette.line
    };
    ui.painter().rect(
        rect,
        CORNER,
        palette.field,
        Stroke::new(if has_focus { 1.5 } else { 1.0 }, border),
        egui::StrokeKind::Inside,
    );
    let icon = rect.with_max_x(rect.left() + 34.0);
    match edited {
        Some(lane) => {
            let colour = lane_colour(lane.colour, palette.is_dark);
            ui.painter().circle_filled(icon.center(), 5.0, colour);
        }
        None => icons::paint(ui.painter(), icon, Icon::Search, 14.0, palette.weak_text),
    }
    let mut layout = |ui: &Ui, text: &dyn egui::TextBuffer, _: f32| typed(ui, text.as_str());
    let edit = TextEdit::singleline(&mut state.text)
        .layouter(&mut layout)
        .id(id)
        .hint_text(egui::RichText::new(hint).color(palette.weak_text))
        .frame(Frame::NONE)
        .margin(Margin::symmetric(0, 4))
        .align(egui::Align2::LEFT_CENTER)
        .desired_width(f32::INFINITY);
    let inner = egui::Rect::from_min_max(
        egui::pos2(icon.right(), rect.top() + 1.0),
        egui::pos2(rect.right() - 34.0, rect.bottom() - 1.0),
    );
    let response = ui.put(inner, edit).accessible_name("What to look for");
    if response.changed() {
        actions.push(Find::ForgetProblem);
        state.history_at = None;
    }
    // On a slow machine the key that opens the field, the words and Enter come in one frame: then the
    // field had no focus in the frame before, and `lost_focus` says nothing.
    let is_left = response.lost_focus() || (has_focus && !ui.memory(|memory| memory.has_focus(id)));
    if is_left {
        let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
        actions.push(if is_entered && !state.text.is_empty() {
            Find::Ask(state.text.clone())
        } else {
            Find::LeaveField
        });
    }
    picture_menu(ui, rect.with_min_x(inner.right()), session, actions);
    if let Some(problem) = problem {
        problem_ui(ui, rect, problem);
    }
}

/// What else can be searched for than words.
fn picture_menu(ui: &mut Ui, place: egui::Rect, session: &Session, actions: &mut Actions) {
    let mut place_ui = ui.new_child(egui::UiBuilder::new().max_rect(place.shrink(3.0)));
    let button = IconButton::new(Icon::Picture, "Search for a picture").look(Look::Plain);
    let response = button.size(place.height() - 6.0).show(&mut place_ui);
    menu(&response, Id::unique("picture menu"), |ui| {
        let has_video = session.video().is_some();
        for (name, is_possible, action) in [
            ("The picture on screen (P)", has_video, Find::Picture),
            ("A part of it… (Shift+P)", has_video, Find::TogglePart),
            ("A picture file…", true, Find::ChoosePicture),
        ] {
            if ui
                .add_enabled(is_possible, egui::Button::new(name))
                .clicked()
            {
                actions.push(action);
                ui.close();
            }
        }
    });
}

fn problem_ui(ui: &Ui, field: egui::Rect, problem: &str) {
    let palette = Palette::of(ui);
    Area::new(Id::unique("query problem"))
        .order(Order::Foreground)
        .fixed_pos(field.left_bottom() + vec2(0.0, 4.0))
        .interactable(false)
        .show(ui.ctx(), |ui| {
            Frame::new()
                .fill(palette.raised)
                .stroke(Stroke::new(1.0, palette.warning))
                .corner_radius(CORNER)
                .inner_margin(Margin::symmetric(10, 6))
                .show(ui, |ui| {
                    ui.set_max_width(field.width().max(240.0) - 20.0);
                    ui.colored_label(palette.text, capitalised(problem));
                });
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_walked_and_the_draft_comes_back() {
        let history = ["newest".to_owned(), "older".to_owned()];
        let mut state = State {
            text: "draft".to_owned(),
            ..State::default()
        };
        state.step_history(-1, &history);
        assert_eq!(state.text, "draft");
        for expected in ["newest", "older", "older"] {
            state.step_history(1, &history);
            assert_eq!(state.text, expected);
        }
        state.step_history(-1, &history);
        assert_eq!(state.text, "newest");
        state.step_history(-1, &history);
        assert_eq!(state.text, "draft");
        State::default().step_history(1, &[]);
    }
}
