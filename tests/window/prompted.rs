//! `vcl VIDEO --prompt FILE`: what was taught answers in the window as well.

use std::path::PathBuf;

use vcl::engine::Engine;
use vcl::model::Prompt;
use vcl::model::moment_head::HeadKind;

use crate::drive::{Opening, Window, demo, engine_config};

/// A prompt whose context says nothing, which is another one than no context.
fn prompt_file(dir: &std::path::Path) -> PathBuf {
    let engine = Engine::open(&engine_config(dir)).unwrap();
    let encoder = engine.encoder();
    let width = encoder.info().text.text_width;
    let prompt = Prompt::untrained(encoder, vec![0.02; 4 * width], HeadKind::Window);
    let file = dir.join("mine.safetensors");
    std::fs::write(&file, prompt.to_bytes().unwrap()).unwrap();
    file
}

#[test]
fn a_prompt_from_the_command_line_answers_every_query() {
    let dir = tempfile::tempdir().unwrap();
    let file = prompt_file(dir.path());
    let mut window = Window::open_with(Opening {
        video: Some(demo()),
        queries: &["the sea"],
        prompt: Some(file),
        ..Opening::default()
    });
    window.ask("a burning fire");
    window.wait_until("both are answered", |app| {
        let mut lanes = app.session().lanes().iter();
        lanes.all(|lane| lane.answer.as_ref().is_some_and(|answer| answer.is_final))
    });
    for lane in window.app().session().lanes() {
        assert_eq!(lane.prompt.as_deref(), Some("mine"), "{}", lane.query);
    }
    let prompted = saliencies(&window);
    assert!(window.notices().is_empty(), "{:?}", window.notices());

    let plain = Window::with_indexed_demo(&["the sea", "a burning fire"], crate::drive::USUAL);
    assert_ne!(prompted, saliencies(&plain));
}

fn saliencies(window: &Window) -> Vec<Vec<f32>> {
    let lanes = window.app().session().lanes().iter();
    lanes
        .filter_map(|lane| lane.answer.as_ref())
        .map(|answer| answer.result.saliency.values().to_vec())
        .collect()
}
