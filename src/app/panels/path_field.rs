//! Typing a path, where the desktop has no file dialog.

use std::ops::Range;
use std::path::{Path, PathBuf};

use egui::{
    Align2, Area, Frame, Id, Key, Margin, Modifiers, Order, RichText, Stroke, TextEdit, TextStyle,
    Ui, vec2,
};

use crate::app::action::{Action, Actions, View};
use crate::app::icons::Icon;
use crate::app::panels::path_completion::Completion;
use crate::app::session::{PathQuestion, Session};
use crate::app::theme::{CORNER, Palette};
use crate::app::widgets::{IconButton, Look, elided, select};
use crate::app::wish::Wish;
use crate::domain::{file_name, path_of_text, path_text};

const WIDTH: f32 = 560.0;

/// What is typed and not yet done.
#[derive(Debug, Default)]
pub struct State {
    /// `None` where the field is not shown.
    question: Option<PathQuestion>,
    text: String,
    has_had_focus: bool,
    /// Why the path will not do, or what should be considered first.
    problem: Option<&'static str>,
    /// The user has agreed to replace this file.
    replaces: Option<PathBuf>,
    completion: Completion,
}

impl State {
    fn of(question: Option<&PathQuestion>) -> Self {
        Self {
            text: question.map_or_else(String::new, |question| path_text(&question.suggestion)),
            question: question.cloned(),
            ..Self::default()
        }
    }

    /// What to do with the path; sets `problem` if it will not do.
    fn submit(&mut self) -> Option<Action> {
        let wish = self.question.as_ref()?.wish.clone();
        let path = self.path();
        self.problem = match wish {
            _ if path.as_os_str().is_empty() => Some("There is no path yet."),
            Wish::CutInto if path.is_file() => Some("This is a file: name a folder."),
            Wish::Model if !path.is_dir() => Some("There is no such folder."),
            Wish::LibraryFolder if !path.exists() => Some("There is no such folder."),
            Wish::CutInto | Wish::Model | Wish::LibraryFolder => None,
            _ if path.is_dir() => Some("This is a folder: add the name of a file."),
            _ if wish.is_reading() && !path.exists() => Some("There is no such file."),
            _ if wish.is_reading() => None,
            _ if path.exists() && self.replaces.as_ref() != Some(&path) => {
                self.replaces = Some(path.clone());
                Some("There is such a file: say it again to replace it.")
            }
            _ => None,
        };
        self.problem.is_none().then(|| wish.action(path))
    }

    fn path(&self) -> PathBuf {
        let text = self.text.trim();
        let home = std::env::home_dir();
        match (text.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => path_of_text(text),
        }
    }
}

/// Names the field, so that what is proposed can go on in it.
fn field_id() -> Id {
    Id::unique("path")
}

pub fn ui(ui: &Ui, area: egui::Rect, session: &Session, state: &mut State, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let question = session.view().path_question.as_ref();
    if state.question.as_ref() != question {
        *state = State::of(question);
    }
    let Some(PathQuestion { wish, .. }) = question else {
        return;
    };
    let (mut is_agreed, mut is_cancelled) = (false, false);
    let path = state.path();
    state.completion.follow(ui.ctx(), wish, &state.text, &path);
    let proposals = state.completion.proposals(&state.text);
    let mut completed = None;
    Area::new(Id::unique("path field"))
        .order(Order::Foreground)
        .pivot(Align2::CENTER_TOP)
        .fixed_pos(area.center_top() + vec2(0.0, 16.0))
        .show(ui.ctx(), |ui| {
            let border = if state.problem.is_some() {
                palette.warning
            } else {
                palette.accent
            };
            Frame::new()
                .fill(palette.raised)
                .stroke(Stroke::new(1.0, border))
                .corner_radius(CORNER)
                .inner_margin(Margin::same(14))
                .show(ui, |ui| {
                    ui.set_width(WIDTH.min(area.width() - 64.0));
                    ui.label(RichText::new(wish.title()).color(palette.text));
                    if let [first, ..] = proposals.as_slice()
                        && ui.memory(|memory| memory.has_focus(field_id()))
                        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Tab))
                    {
                        completed = Some(first.clone());
                    }
                    let field = TextEdit::singleline(&mut state.text)
                        .id(field_id())
                        .lock_focus(!proposals.is_empty())
                        .margin(Margin::symmetric(8, 6))
                        .desired_width(f32::INFINITY);
                    let field = ui.add(field).accessible_name("Path");
                    for proposal in &proposals {
                        let name = file_name(Path::new(proposal));
                        let is_folder = proposal.ends_with(std::path::is_separator);
                        let name = name + if is_folder { "/" } else { "" };
                        let width = ui.available_width();
                        let words = elided(ui, &name, &TextStyle::Body, palette.text, width);
                        let row = egui::Button::new(words).frame_when_inactive(false);
                        if ui.add(row).clicked() {
                            completed = Some(proposal.clone());
                        }
                    }
                    if !state.has_had_focus {
                        field.request_focus();
                        select(ui.ctx(), field.id, name_in(&state.text));
                        state.has_had_focus = true;
                    }
                    if field.changed() {
                        state.problem = None;
                        state.replaces = None;
                    }
                    if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                        is_agreed = true;
                        field.request_focus();
                    }
                    let (note, colour) = match state.problem {
                        Some(problem) => (problem, palette.warning),
                        None if !proposals.is_empty() => {
                            ("Tab takes the first of these.", palette.weak_text)
                        }
                        None => ("This desktop has no file dialog.", palette.weak_text),
                    };
                    ui.horizontal(|ui| {
                        ui.label(RichText::new(note).small().color(colour));
                        let layout = egui::Layout::right_to_left(egui::Align::Center);
                        ui.with_layout(layout, |ui| {
                            let agree = IconButton::with_text(Icon::Open, wish.verb());
                            is_agreed |= agree.look(Look::Primary).show(ui).clicked();
                            let cancel = IconButton::with_text(Icon::Close, "Cancel");
                            is_cancelled = cancel.look(Look::Plain).show(ui).clicked();
                        });
                    });
                });
        });
    if let Some(path) = completed {
        let end = path.chars().count();
        state.text = path;
        (state.problem, state.replaces) = (None, None);
        ui.memory_mut(|memory| memory.request_focus(field_id()));
        select(ui.ctx(), field_id(), end..end);
    }
    if is_cancelled {
        actions.push(View::HidePathField);
    } else if is_agreed && let Some(action) = state.submit() {
        actions.push(View::HidePathField);
        actions.push(action);
    }
}

/// The characters of a path that are most likely to be replaced: the file's name without extension.
fn name_in(path: &str) -> Range<usize> {
    let characters: Vec<_> = path.chars().collect();
    let is_separator = |c: &char| std::path::is_separator(*c);
    let start = characters
        .iter()
        .rposition(is_separator)
        .map_or(0, |at| at + 1);
    let dot = characters[start..].iter().rposition(|c| *c == '.');
    let end = dot.filter(|at| *at > 0).map(|at| start + at);
    start..end.unwrap_or(characters.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::action::File;
    use crate::export::FORMATS;

    fn submitted(wish: Wish, path: &Path) -> State {
        State::of(Some(&PathQuestion {
            wish,
            suggestion: path.to_owned(),
        }))
    }

    #[test]
    fn paths_are_looked_at_before_they_are_taken() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("film.mp4");
        assert_eq!(submitted(Wish::Video, Path::new(" ")).submit(), None);
        assert_eq!(submitted(Wish::Video, dir.path()).submit(), None);
        assert_eq!(submitted(Wish::Video, &file).submit(), None);
        std::fs::write(&file, "").unwrap();
        let open = submitted(Wish::Video, &file).submit();
        assert_eq!(open, Some(File::Open(file.clone()).into()));
        assert_eq!(submitted(Wish::CutInto, &file).submit(), None);
        let folder = dir.path().join("new");
        let cut = submitted(Wish::CutInto, &folder).submit();
        assert_eq!(cut, Some(File::CutInto(folder).into()));
    }

    #[test]
    fn the_name_is_what_is_typed_anew() {
        assert_eq!(name_in("/tmp/é/film.cut.json"), 7..15);
        assert_eq!(name_in("/tmp/folder"), 5..11);
        assert_eq!(name_in("/tmp/"), 5..5);
        assert_eq!(name_in(".hidden"), 0..7);
    }

    #[test]
    fn a_file_is_replaced_only_when_that_is_said_twice() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("moments.csv");
        let wish = Wish::ExportTo(FORMATS[0]);
        let expected = Some(File::ExportTo(FORMATS[0], file.clone()).into());
        assert_eq!(submitted(wish.clone(), &file).submit(), expected);
        std::fs::write(&file, "").unwrap();
        let mut state = submitted(wish, &file);
        assert_eq!(state.submit(), None);
        assert_eq!(state.submit(), expected);
    }
}
