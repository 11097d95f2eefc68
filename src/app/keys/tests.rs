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

fn actions_of(ctx: &egui::Context, input: egui::RawInput, text: &mut String) -> Vec<Action> {
    let mut found = Actions::default();
    let _ = ctx.run_ui(input, |ui| {
        actions(ui.ctx(), &mut Typing::default(), &mut found);
        ui.text_edit_singleline(text);
    });
    found.take()
}

#[test]
fn shift_makes_the_difference() {
    let ctx = egui::Context::default();
    let mut text = String::new();
    let left = pressed(Key::ArrowLeft, Modifiers::NONE);
    assert_eq!(
        actions_of(&ctx, left, &mut text),
        [Play::SeekBy(-5.0).into()]
    );
    let left = pressed(Key::ArrowLeft, Modifiers::SHIFT);
    assert_eq!(
        actions_of(&ctx, left, &mut text),
        [Play::SeekBy(-1.0).into()]
    );
}

#[test]
fn words_right_after_the_key_that_opens_a_field_are_only_typed() {
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
    let (mut found, mut typed) = (Actions::default(), String::new());
    let _ = ctx.run_ui(input, |ui| {
        actions(ui.ctx(), &mut Typing::default(), &mut found);
        ui.input(|input| {
            for event in &input.events {
                if let Event::Text(text) = event {
                    typed.push_str(text);
                }
            }
        });
    });
    assert_eq!(found.take(), [View::FocusQuery.into()]);
    assert_eq!(typed, "re ");

    let input = egui::RawInput {
        events: key_and_text(Key::M, "m"),
        ..egui::RawInput::default()
    };
    let ctx = egui::Context::default();
    let _ = ctx.run_ui(input, |ui| {
        actions(ui.ctx(), &mut Typing::default(), &mut found);
        assert!(ui.input(|input| input.events.is_empty()));
    });
    assert_eq!(found.take(), [Play::ToggleMute.into()]);
}

#[test]
fn files_that_were_copied_elsewhere_are_opened() {
    let paste = |text: &str| egui::RawInput {
        events: vec![Event::Paste(text.to_owned())],
        ..egui::RawInput::default()
    };
    let ctx = egui::Context::default();
    let mut found = Actions::default();
    for (text, files) in [
        ("/a b.mp4", &["/a b.mp4"][..]),
        ("copy\nfile:///a%20b.mp4\r\nfile:///c", &["/a b.mp4", "/c"]),
        ("a red circle", &[]),
    ] {
        let _ = ctx.run_ui(paste(text), |ui| {
            actions(ui.ctx(), &mut Typing::default(), &mut found);
        });
        let files: Vec<_> = files.iter().map(std::path::PathBuf::from).collect();
        let expected = (!files.is_empty()).then(|| File::Drop(files).into());
        assert_eq!(found.take(), Vec::from_iter(expected));
    }
}

#[test]
fn while_typing_only_keys_with_ctrl_do_something() {
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
    assert_eq!(actions_of(&ctx, input, &mut text), [File::Choose.into()]);
}
