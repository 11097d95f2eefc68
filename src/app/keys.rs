//! Every key of the window, in one table: what is pressed, what it does, how the help calls it.

use egui::{Event, Key, KeyboardShortcut, Modifiers};

use crate::app::action::{Action, Actions};
use crate::domain::Grade;

/// Groups of the list that `?` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Playback,
    Finding,
    Teaching,
    Window,
}

impl Group {
    pub const ALL: [Self; 4] = [Self::Playback, Self::Finding, Self::Teaching, Self::Window];

    pub fn title(self) -> &'static str {
        match self {
            Self::Playback => "Playback",
            Self::Finding => "Finding",
            Self::Teaching => "Teaching",
            Self::Window => "Window",
        }
    }
}

/// One line of the list.
pub struct Binding {
    pub group: Group,
    /// As shown: `Space, K`.
    pub keys: &'static str,
    pub what: &'static str,
    shortcuts: &'static [KeyboardShortcut],
    action: fn() -> Action,
    when: When,
}

/// When a key belongs to the window and not to what has the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Not while words are typed.
    NotTyping,
    /// Not while words are typed or a control has the keyboard: it wants this key itself.
    NothingFocused,
    /// With Ctrl or a function key, which type nothing.
    Always,
}

const fn key(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

/// Where the key itself needs Shift.
const fn ctrl_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

const fn binding(
    group: Group,
    keys: &'static str,
    what: &'static str,
    shortcuts: &'static [KeyboardShortcut],
    action: fn() -> Action,
    when: When,
) -> Binding {
    Binding {
        group,
        keys,
        what,
        shortcuts,
        action,
        when,
    }
}

use Group::{Finding, Playback, Teaching, Window};
use When::{Always, NotTyping, NothingFocused};

/// All of them.
#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &[
    binding(Playback, "Space", "Play or pause", &[key(Key::Space)], || Action::TogglePlay, NothingFocused),
    binding(Playback, "K", "Play or pause", &[key(Key::K)], || Action::TogglePlay, NotTyping),
    binding(Playback, "J", "10 s back", &[key(Key::J)], || Action::SeekBy(-10.0), NotTyping),
    binding(Playback, "L", "10 s on", &[key(Key::L)], || Action::SeekBy(10.0), NotTyping),
    binding(Playback, "Shift+Left", "1 s back", &[shift(Key::ArrowLeft)], || Action::SeekBy(-1.0), NothingFocused),
    binding(Playback, "Shift+Right", "1 s on", &[shift(Key::ArrowRight)], || Action::SeekBy(1.0), NothingFocused),
    binding(Playback, "Left", "5 s back", &[key(Key::ArrowLeft)], || Action::SeekBy(-5.0), NothingFocused),
    binding(Playback, "Right", "5 s on", &[key(Key::ArrowRight)], || Action::SeekBy(5.0), NothingFocused),
    binding(Playback, ",", "One frame back", &[key(Key::Comma)], || Action::StepFrames(-1), NotTyping),
    binding(Playback, ".", "One frame on", &[key(Key::Period)], || Action::StepFrames(1), NotTyping),
    binding(Playback, "[", "Slower", &[key(Key::OpenBracket)], || Action::SpeedDown, NotTyping),
    binding(Playback, "]", "Faster", &[key(Key::CloseBracket)], || Action::SpeedUp, NotTyping),
    binding(Playback, "M", "Mute", &[key(Key::M)], || Action::ToggleMute, NotTyping),
    binding(Playback, "R", "Repeat the moment under the playhead", &[key(Key::R)], || Action::ToggleLoop, NotTyping),
    binding(Finding, "Ctrl+F", "Type what to look for", &[ctrl(Key::F)], || Action::FocusQuery, Always),
    binding(Finding, "H", "Jump to the highlight", &[key(Key::H)], || Action::JumpToHighlight, NotTyping),
    binding(Finding, "Up", "Previous moment", &[key(Key::ArrowUp)], || Action::PreviousMoment, NothingFocused),
    binding(Finding, "Down", "Next moment", &[key(Key::ArrowDown)], || Action::NextMoment, NothingFocused),
    binding(Finding, "Shift+Z", "Timeline: show the whole video", &[shift(Key::Z)], || Action::ShowAllOfTimeline, NotTyping),
    binding(Finding, "G", "Go to a time", &[key(Key::G)], || Action::ShowGoTo, NotTyping),
    binding(Finding, "E", "Export the moments", &[key(Key::E)], || Action::ToggleExportMenu, NotTyping),
    binding(Teaching, "T", "Teach, or back to the results", &[key(Key::T)], || Action::ToggleTeach, NotTyping),
    binding(Teaching, "I", "Selection begins here", &[key(Key::I)], || Action::MarkIn, NotTyping),
    binding(Teaching, "O", "Selection ends here", &[key(Key::O)], || Action::MarkOut, NotTyping),
    binding(Teaching, "+", "It happens here", &[key(Key::Plus), key(Key::Equals), shift(Key::Plus)], || grade(Grade::VeryGood), NotTyping),
    binding(Teaching, "-", "It does not", &[key(Key::Minus)], || grade(Grade::VeryBad), NotTyping),
    binding(Teaching, "0", "Does it happen? No", &[key(Key::Num0)], || grade(Grade::VeryBad), NotTyping),
    binding(Teaching, "1", "Hardly", &[key(Key::Num1)], || grade(Grade::Bad), NotTyping),
    binding(Teaching, "2", "Partly", &[key(Key::Num2)], || grade(Grade::Fair), NotTyping),
    binding(Teaching, "3", "Yes", &[key(Key::Num3)], || grade(Grade::Good), NotTyping),
    binding(Teaching, "4", "Exactly", &[key(Key::Num4)], || grade(Grade::VeryGood), NotTyping),
    binding(Teaching, "Del", "Take the grade back", &[key(Key::Delete), key(Key::Backspace)], || Action::Grade(None, None), NotTyping),
    binding(Teaching, "Ctrl+Shift+Z", "Label again what was undone", &[ctrl_shift(Key::Z), ctrl(Key::Y)], || Action::RedoLabel, NotTyping),
    binding(Teaching, "Ctrl+Z", "Undo the last label", &[ctrl(Key::Z)], || Action::UndoLabel, NotTyping),
    binding(Window, "Ctrl+O", "Open a video", &[ctrl(Key::O)], || Action::ChooseVideo, Always),
    binding(Window, "F", "Fullscreen", &[key(Key::F)], || Action::ToggleFullscreen, NotTyping),
    binding(Window, "Ctrl++", "Everything larger", &[ctrl(Key::Plus), ctrl(Key::Equals), ctrl_shift(Key::Plus)], || Action::Zoom(1), Always),
    binding(Window, "Ctrl+-", "Everything smaller", &[ctrl(Key::Minus)], || Action::Zoom(-1), Always),
    binding(Window, "Ctrl+0", "Usual size", &[ctrl(Key::Num0)], || Action::Zoom(0), Always),
    binding(Window, "?", "Show or hide these keys", &[key(Key::Questionmark), shift(Key::Questionmark), shift(Key::Slash)], || Action::ToggleKeys, NotTyping),
    binding(Window, "F12", "Time spent on drawing", &[key(Key::F12)], || Action::ToggleFrameTimes, Always),
    binding(Window, "Esc", "Close what lies on top", &[key(Key::Escape)], || Action::Escape, NothingFocused),
];

/// What the mouse does where nothing on the screen says so.
pub const MOUSE: &[(&str, &str)] = &[
    ("Wheel", "Zoom the timeline at the pointer"),
    ("Shift+wheel", "Move along the timeline"),
    ("Shift+drag", "Select clips to label them"),
    (
        "Dashed line",
        "Drag it to change which clips make a moment, double-click it to reset",
    ),
];

fn grade(grade: Grade) -> Action {
    Action::Grade(None, Some(grade))
}

/// Takes the keys that were pressed out of the input and says what they mean.
///
/// Must run before any control looks at the input.
pub fn actions(ctx: &egui::Context, actions: &mut Actions) {
    let mut is_typing = ctx.text_edit_focused();
    let mut has_focus = ctx.memory(|memory| memory.focused().is_some());
    ctx.input_mut(|input| {
        let mut is_ours = false;
        // In the order of the presses; held keys repeat, and each press counts.
        input.events.retain(|event| {
            // What a key of ours types belongs to it.
            if std::mem::take(&mut is_ours) && matches!(event, Event::Text(_)) {
                return false;
            }
            let Some(binding) = binding_of(event, is_typing, has_focus) else {
                return true;
            };
            let action = (binding.action)();
            if matches!(action, Action::FocusQuery | Action::ShowGoTo) {
                // On a slow machine, words come in one frame with the key that opens the field.
                (is_typing, has_focus) = (true, true);
            }
            actions.push(action);
            is_ours = true;
            false
        });
    });
}

/// Shift must be as the shortcut says: `Shift+Left` is not `Left`.
fn binding_of(event: &Event, is_typing: bool, has_focus: bool) -> Option<&'static Binding> {
    let Event::Key {
        key,
        pressed: true,
        modifiers,
        ..
    } = event
    else {
        return None;
    };
    BINDINGS.iter().find(|binding| {
        let is_ours = match binding.when {
            Always => true,
            NotTyping => !is_typing,
            NothingFocused => !has_focus,
        };
        let is_pressed = |shortcut: &KeyboardShortcut| {
            *key == shortcut.logical_key && modifiers.matches_exact(shortcut.modifiers)
        };
        is_ours && binding.shortcuts.iter().any(is_pressed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_key_means_two_things() {
        let mut seen = HashSet::new();
        for binding in BINDINGS {
            for shortcut in binding.shortcuts {
                assert!(
                    seen.insert(format!("{shortcut:?}")),
                    "{} is bound twice",
                    binding.keys
                );
            }
        }
    }

    fn pressed(key: Key, modifiers: Modifiers) -> egui::RawInput {
        egui::RawInput {
            events: vec![Event::Key {
                key,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers,
            }],
            ..egui::RawInput::default()
        }
    }

    fn actions_of(ctx: &egui::Context, input: egui::RawInput, text: &mut String) -> Actions {
        let mut found = Actions::new();
        let _ = ctx.run_ui(input, |ui| {
            actions(ui.ctx(), &mut found);
            ui.text_edit_singleline(text);
        });
        found
    }

    #[test]
    fn shift_makes_the_difference() {
        let ctx = egui::Context::default();
        let mut text = String::new();
        let left = pressed(Key::ArrowLeft, Modifiers::NONE);
        assert_eq!(actions_of(&ctx, left, &mut text), [Action::SeekBy(-5.0)]);
        let left = pressed(Key::ArrowLeft, Modifiers::SHIFT);
        assert_eq!(actions_of(&ctx, left, &mut text), [Action::SeekBy(-1.0)]);
    }

    #[test]
    fn words_right_behind_the_key_that_opens_a_field_are_only_typed() {
        let ctx = egui::Context::default();
        let key_and_text = |key, text: &str| {
            let mut events = pressed(key, Modifiers::NONE).events;
            events.push(Event::Text(text.to_owned()));
            events
        };
        let mut input = pressed(Key::F, Modifiers::CTRL | Modifiers::COMMAND);
        for (key, text) in [(Key::R, "r"), (Key::E, "e"), (Key::Space, " ")] {
            input.events.extend(key_and_text(key, text));
        }
        let (mut found, mut typed) = (Actions::new(), String::new());
        let _ = ctx.run_ui(input, |ui| {
            actions(ui.ctx(), &mut found);
            ui.input(|input| {
                for event in &input.events {
                    if let Event::Text(text) = event {
                        typed.push_str(text);
                    }
                }
            });
        });
        assert_eq!(found, [Action::FocusQuery]);
        assert_eq!(typed, "re ");

        let input = egui::RawInput {
            events: key_and_text(Key::M, "m"),
            ..egui::RawInput::default()
        };
        let ctx = egui::Context::default();
        let _ = ctx.run_ui(input, |ui| {
            actions(ui.ctx(), &mut found);
            assert!(ui.input(|input| input.events.is_empty()));
        });
        assert_eq!(found, [Action::FocusQuery, Action::ToggleMute]);
    }

    #[test]
    fn nothing_happens_while_typing_but_what_ctrl_does() {
        let ctx = egui::Context::default();
        let mut text = String::new();
        let mut id = None;
        let _ = ctx.run_ui(egui::RawInput::default(), |ui| {
            let response = ui.text_edit_singleline(&mut text);
            response.request_focus();
            id = Some(response.id);
        });
        for key in [
            Key::Space,
            Key::K,
            Key::M,
            Key::F,
            Key::ArrowLeft,
            Key::ArrowUp,
            Key::G,
        ] {
            let input = pressed(key, Modifiers::NONE);
            assert!(actions_of(&ctx, input, &mut text).is_empty(), "{key:?}");
        }
        let input = pressed(Key::O, Modifiers::CTRL | Modifiers::COMMAND);
        assert_eq!(actions_of(&ctx, input, &mut text), [Action::ChooseVideo]);
    }
}
