//! Every key of the window, in one table: what is pressed, what it does, how the help calls it.

use egui::{Event, Key, KeyboardShortcut, Modifiers, Popup};

use crate::app::action::{Action, Actions, File, Find, Library, Play, Teach, View};
use crate::domain::{Grade, absolute_paths};

/// Groups of the list that `?` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Playback,
    Finding,
    Library,
    Teaching,
    Window,
}

impl Group {
    pub const ALL: [Self; 5] = [
        Self::Playback,
        Self::Finding,
        Self::Library,
        Self::Teaching,
        Self::Window,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Playback => "Playback",
            Self::Finding => "Finding",
            Self::Library => "All videos",
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
    /// The same, and also in an empty field, where this key types nothing that could be asked.
    NothingTyped,
    /// With Ctrl or a function key, which type nothing.
    Always,
}

const fn key(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn alt(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::ALT, key)
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
use When::{Always, NotTyping, NothingFocused, NothingTyped};

/// All of them.
#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &[
    binding(Playback, "Space", "Play or pause", &[key(Key::Space)], || Play::Toggle.into(), NothingTyped),
    binding(Playback, "K", "Play or pause", &[key(Key::K)], || Play::Toggle.into(), NotTyping),
    binding(Playback, "J", "10 s back", &[key(Key::J)], || Play::SeekBy(-10.0).into(), NotTyping),
    binding(Playback, "L", "10 s on", &[key(Key::L)], || Play::SeekBy(10.0).into(), NotTyping),
    binding(Playback, "Shift+Left", "1 s back", &[shift(Key::ArrowLeft)], || Play::SeekBy(-1.0).into(), NothingFocused),
    binding(Playback, "Shift+Right", "1 s on", &[shift(Key::ArrowRight)], || Play::SeekBy(1.0).into(), NothingFocused),
    binding(Playback, "Left", "5 s back", &[key(Key::ArrowLeft)], || Play::SeekBy(-5.0).into(), NothingFocused),
    binding(Playback, "Right", "5 s on", &[key(Key::ArrowRight)], || Play::SeekBy(5.0).into(), NothingFocused),
    binding(Playback, "Home", "To the beginning", &[key(Key::Home)], || Play::Seek(0.0).into(), NothingFocused),
    binding(Playback, "End", "To the end", &[key(Key::End)], || Play::Seek(f64::INFINITY).into(), NothingFocused),
    binding(Playback, ",", "One frame back", &[key(Key::Comma)], || Play::StepFrames(-1).into(), NotTyping),
    binding(Playback, ".", "One frame on", &[key(Key::Period)], || Play::StepFrames(1).into(), NotTyping),
    binding(Playback, "[", "Slower", &[key(Key::OpenBracket)], || Play::Slower.into(), NotTyping),
    binding(Playback, "]", "Faster", &[key(Key::CloseBracket)], || Play::Faster.into(), NotTyping),
    binding(Playback, "M", "Mute", &[key(Key::M)], || Play::ToggleMute.into(), NotTyping),
    binding(Playback, "R", "Repeat the moment under the playhead", &[key(Key::R)], || Play::ToggleLoop.into(), NotTyping),
    binding(Finding, "/", "Type what to look for", &[key(Key::Slash), shift(Key::Slash)], || View::FocusQuery.into(), NotTyping),
    binding(Finding, "Ctrl+F", "The same, from anywhere", &[ctrl(Key::F)], || View::FocusQuery.into(), Always),
    binding(Finding, "P", "Search for this picture, or one like this result", &[key(Key::P)], || Find::Picture.into(), NotTyping),
    binding(Finding, "Shift+P", "Search for a part of it: draw a rectangle", &[shift(Key::P)], || Find::TogglePart.into(), NotTyping),
    binding(Finding, "H", "Jump to the highlight", &[key(Key::H)], || Find::JumpToHighlight.into(), NotTyping),
    binding(Finding, "Up", "Previous moment", &[key(Key::ArrowUp)], || Find::PreviousMoment.into(), NothingFocused),
    binding(Finding, "Down", "Next moment", &[key(Key::ArrowDown)], || Find::NextMoment.into(), NothingFocused),
    binding(Finding, "Shift+Z", "Timeline: show the whole video", &[shift(Key::Z)], || View::ShowAllOfTimeline.into(), NotTyping),
    binding(Finding, "G", "Go to a time", &[key(Key::G)], || View::ShowGoTo.into(), NotTyping),
    binding(Finding, "N", "Add what is selected, or the clip here, as a moment", &[key(Key::N)], || Find::AddMoment.into(), NotTyping),
    binding(Finding, "E", "Export the moments", &[key(Key::E)], || View::ToggleExportMenu.into(), NotTyping),
    binding(Group::Library, "Alt+Left", "Back to the results, to all videos", &[alt(Key::ArrowLeft)], || Library::Back.into(), Always),
    binding(Group::Library, "Ctrl+Shift+F", "Find the query in all videos", &[ctrl_shift(Key::F)], || Library::FindSelected.into(), Always),
    binding(Group::Library, "X", "Select this result", &[key(Key::X)], || Library::PickCurrent.into(), NotTyping),
    binding(Group::Library, "Ctrl+A", "Select all results", &[ctrl(Key::A)], || Library::PickAll.into(), NotTyping),
    binding(Group::Library, "Ctrl+Shift+O", "Add a folder", &[ctrl_shift(Key::O)], || Library::AddFolder.into(), Always),
    binding(Teaching, "T", "Teach, or back to the results", &[key(Key::T)], || View::ToggleTeach.into(), NotTyping),
    binding(Teaching, "I", "Selection begins here", &[key(Key::I)], || Teach::MarkIn.into(), NotTyping),
    binding(Teaching, "O", "Selection ends here", &[key(Key::O)], || Teach::MarkOut.into(), NotTyping),
    binding(Teaching, "+", "It happens here", &[key(Key::Plus), key(Key::Equals), shift(Key::Plus)], || grade(Grade::VeryGood), NotTyping),
    binding(Teaching, "-", "It does not", &[key(Key::Minus)], || grade(Grade::VeryBad), NotTyping),
    binding(Teaching, "0", "Does it happen? No", &[key(Key::Num0)], || grade(Grade::VeryBad), NotTyping),
    binding(Teaching, "1", "Hardly", &[key(Key::Num1)], || grade(Grade::Bad), NotTyping),
    binding(Teaching, "2", "Partly", &[key(Key::Num2)], || grade(Grade::Fair), NotTyping),
    binding(Teaching, "3", "Yes", &[key(Key::Num3)], || grade(Grade::Good), NotTyping),
    binding(Teaching, "4", "Exactly", &[key(Key::Num4)], || grade(Grade::VeryGood), NotTyping),
    binding(Teaching, "Del", "Take the grade back", &[key(Key::Delete), key(Key::Backspace)], || Teach::Grade(None, None).into(), NotTyping),
    binding(Teaching, "Ctrl+Shift+Z", "Do again what was undone", &[ctrl_shift(Key::Z), ctrl(Key::Y)], || Teach::Redo.into(), NotTyping),
    binding(Teaching, "Ctrl+Z", "Undo the last label, or change of a moment", &[ctrl(Key::Z)], || Teach::Undo.into(), NotTyping),
    binding(Window, "Ctrl+O", "Open a video", &[ctrl(Key::O)], || File::Choose.into(), Always),
    binding(Window, "F5", "Look at the file again, which may have grown", &[key(Key::F5)], || File::Reload.into(), Always),
    binding(Window, "F", "Fullscreen", &[key(Key::F)], || View::ToggleFullscreen.into(), NotTyping),
    binding(Window, "U", "Dim what the model does not see, or not", &[key(Key::U)], || View::ToggleUnseen.into(), NotTyping),
    binding(Window, "Ctrl++", "Everything larger", &[ctrl(Key::Plus), ctrl(Key::Equals), ctrl_shift(Key::Plus)], || View::Zoom(1).into(), Always),
    binding(Window, "Ctrl+-", "Everything smaller", &[ctrl(Key::Minus)], || View::Zoom(-1).into(), Always),
    binding(Window, "Ctrl+0", "Usual size", &[ctrl(Key::Num0)], || View::Zoom(0).into(), Always),
    binding(Window, "?", "Show or hide these keys", &[key(Key::Questionmark), shift(Key::Questionmark)], || View::ToggleKeys.into(), NotTyping),
    binding(Window, "F10", "Menu", &[key(Key::F10)], || View::ToggleMainMenu.into(), Always),
    binding(Window, "F12", "Time spent on drawing", &[key(Key::F12)], || View::ToggleFrameTimes.into(), Always),
    binding(Window, "Esc", "Close what lies on top", &[key(Key::Escape)], || View::Escape.into(), Always),
    binding(Window, "Q", "Quit", &[key(Key::Q)], || View::Quit.into(), NotTyping),
    binding(Window, "Ctrl+Q", "Quit, also while typing", &[ctrl(Key::Q)], || View::Quit.into(), Always),
];

/// What the mouse does where nothing on the screen says so.
pub const MOUSE: &[(&str, &str)] = &[
    ("Wheel", "Zoom the timeline at the pointer"),
    ("Shift+wheel", "Move along the timeline"),
    ("Shift+drag", "Select clips to label or to export"),
    ("Result", "Click to go there, double-click to play"),
    ("Ctrl+click", "Select a result of all videos"),
    ("Query words", "Click to change them, drag to reorder"),
    (
        "Moment ends",
        "Drag to make it longer or shorter; they snap to the playhead and to changes of the picture, with Alt to frames only",
    ),
    (
        "Dashed line",
        "Drag it to change which clips make a moment, double-click it to reset",
    ),
];

fn grade(grade: Grade) -> Action {
    Teach::Grade(None, Some(grade)).into()
}

/// What is known of the field for queries when a frame begins.
#[derive(Debug, Default)]
pub struct Typing {
    /// It has the keyboard and no words.
    pub is_in_empty_field: bool,
    /// What was pressed behind Enter in the same frame: by the next one the field has been emptied.
    held: Vec<Event>,
}

/// Takes the keys that were pressed out of the input and says what they mean.
///
/// Must run before any control looks at the input.
pub fn actions(ctx: &egui::Context, typing: &mut Typing, actions: &mut Actions) {
    let mut is_typing = ctx.text_edit_focused();
    let mut has_focus = ctx.memory(|memory| memory.focused().is_some());
    let mut has_menu = Popup::is_any_open(ctx);
    let mut closes_menus = false;
    ctx.input_mut(|input| {
        let mut is_ours = false;
        let mut is_held = false;
        let mut kept = Vec::new();
        let held = std::mem::take(&mut typing.held);
        // In the order of the presses; held keys repeat, and each press counts.
        for event in held.into_iter().chain(std::mem::take(&mut input.events)) {
            let is_typed = matches!(
                event,
                Event::Key { .. } | Event::Text(_) | Event::Paste(_) | Event::Ime(_)
            );
            if is_held && is_typed {
                typing.held.push(event);
                continue;
            }
            // The letter that such a key types is not meant for a field.
            if std::mem::take(&mut is_ours) && matches!(event, Event::Text(_)) {
                continue;
            }
            if is_typing && matches!(event, Event::Text(_) | Event::Paste(_) | Event::Ime(_)) {
                typing.is_in_empty_field = false;
            }
            // What was copied in a file manager, where no field wants it.
            if let (false, Event::Paste(text)) = (is_typing, &event) {
                let files = absolute_paths(text);
                if !files.is_empty() {
                    actions.push(File::Drop(files));
                    continue;
                }
            }
            let has_keyboard = Keyboard {
                is_typing,
                has_focus,
                is_in_empty_field: typing.is_in_empty_field,
            };
            let Some(binding) = binding_of(&event, has_keyboard) else {
                is_held |= is_typing && is_press_of(&event, Key::Enter);
                kept.push(event);
                continue;
            };
            is_ours = true;
            let action = (binding.action)();
            if has_menu && action == View::Escape.into() {
                (has_menu, closes_menus) = (false, true);
                continue;
            }
            if matches!(action, Action::View(View::FocusQuery | View::ShowGoTo)) {
                // On a slow machine, words come in the same frame as the key that opens the field.
                (is_typing, has_focus) = (true, true);
                typing.is_in_empty_field = false;
            }
            actions.push(action);
        }
        input.events = kept;
    });
    if closes_menus {
        Popup::close_all(ctx);
    }
    if !typing.held.is_empty() {
        ctx.request_repaint();
    }
}

fn is_press_of(event: &Event, wanted: Key) -> bool {
    matches!(event, Event::Key { key, pressed: true, .. } if *key == wanted)
}

/// What has the keyboard.
#[derive(Clone, Copy)]
struct Keyboard {
    is_typing: bool,
    has_focus: bool,
    is_in_empty_field: bool,
}

/// Shift must be as the shortcut says: `Shift+Left` is not `Left`.
fn binding_of(event: &Event, keyboard: Keyboard) -> Option<&'static Binding> {
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
            NotTyping => !keyboard.is_typing,
            NothingFocused => !keyboard.has_focus,
            NothingTyped => !keyboard.has_focus || keyboard.is_in_empty_field,
        };
        let is_pressed = |shortcut: &KeyboardShortcut| {
            *key == shortcut.logical_key && modifiers.matches_exact(shortcut.modifiers)
        };
        is_ours && binding.shortcuts.iter().any(is_pressed)
    })
}

#[cfg(test)]
mod tests;
