//! Somebody changes the model and where it runs, and gets another one from the hub.

use std::path::Path;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use vcl::app::App;
use vcl::app::action::View;
use vcl::app::session::{Indexing, ModelState};
use vcl::engine::ModelChoice;
use vcl::model::DeviceChoice;
use vcl::store::Hub;

use crate::drive::{Opening, USUAL, Window, demo, root};
use crate::gpu::skip_without_adapter;
use crate::hub_server::{Manners, REPO, Server};

fn tiny_model() -> std::path::PathBuf {
    root().join("tests/fixtures/clip-tiny")
}

/// Where a person puts models by hand.
fn install_tiny_model(dirs: &tempfile::TempDir) {
    let dir = Window::options_in(dirs).paths.model_dir.join("tiny");
    std::fs::create_dir_all(&dir).unwrap();
    for entry in std::fs::read_dir(tiny_model()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, dir.join(path.file_name().unwrap())).unwrap();
        }
    }
}

/// Name of the model in use, once there is one.
fn model(app: &App) -> Option<&str> {
    match app.session().model() {
        ModelState::Ready(info) => Some(&info.name),
        _ => None,
    }
}

/// How many clips were indexed, and how many of them were known before.
fn indexed(app: &App) -> Option<(usize, usize)> {
    match app.session().video()?.indexing {
        Indexing::Done { n_clips, n_cached } => Some((n_clips, n_cached)),
        _ => None,
    }
}

fn open_menu(window: &mut Window) {
    let ctx = window.harness.ctx.clone();
    window
        .harness
        .state_mut()
        .perform(&ctx, View::ToggleModelMenu);
    window.harness.run_steps(3);
    window.wait_until("the models are listed", |app| {
        app.session().installed_models().is_some()
    });
    window.harness.run_steps(2);
}

#[test]
fn a_switch_of_model_indexes_anew_and_keeps_the_old_index() {
    let dirs = tempfile::tempdir().unwrap();
    install_tiny_model(&dirs);
    let mut options = Window::options_in(&dirs);
    options.videos = vec![demo()];
    options.queries = vec!["the sea".to_owned()];
    let mut window = Window::open_from(dirs, options, USUAL);
    window.wait_until("the demo is indexed", |app| indexed(app).is_some());
    let (n_clips, n_cached) = indexed(window.app()).unwrap();
    assert_eq!(n_cached, 0);

    open_menu(&mut window);
    let name_ends =
        |name: &'static str| move |app: &App| model(app).is_some_and(|m| m.ends_with(name));
    for (name, n_known) in [("tiny", 0), ("bundled", n_clips), ("tiny", n_clips)] {
        window.harness.get_by_label(name).click();
        window.harness.step();
        window.wait_until("the model is another", name_ends(name));
        window.wait_until("it is indexed", |app| indexed(app).is_some());
        assert_eq!(indexed(window.app()), Some((n_clips, n_known)), "{name}");
        window.wait_until("the query is answered", |app| {
            let answer = app.session().lanes()[0].answer.as_ref();
            answer.is_some_and(|answer| answer.is_final)
        });
    }
    assert_eq!(
        window.app().session().settings().model.as_deref(),
        Some("tiny")
    );

    // The next time it is the same, unless the command line says otherwise.
    let mut window = window.open_again();
    window.wait_until("the last model is back", name_ends("tiny"));
    let dirs = window.close();
    let mut options = Window::options_in(&dirs);
    options.model = Some(ModelChoice::Bundled);
    let mut window = Window::open_from(dirs, options, USUAL);
    window.wait_until("there is a model", |app| model(app).is_some());
    assert_eq!(model(window.app()), Some("bundled"));
}

#[test]
fn the_menu_says_which_device_is_in_use_and_keeps_the_choice() {
    let mut window = Window::open(None, &[], USUAL);
    window.wait_until("there is a model", |app| model(app).is_some());
    open_menu(&mut window);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let device = match threads {
        1 => "In use: CPU, 1 thread".to_owned(),
        n => format!("In use: CPU, {n} threads"),
    };
    window.harness.get_by_label(&device);
    window.harness.get_by_label("Automatic").click();
    window.harness.step();
    window.harness.step();
    window.wait_until("there is a model", |app| model(app).is_some());
    assert_eq!(window.app().session().settings().device, DeviceChoice::Auto);
}

#[test]
fn a_gpu_is_prepared_in_sight_of_the_user() {
    let mut window = Window::open_with(Opening {
        model: Some(ModelChoice::Named(tiny_model())),
        device: Some(DeviceChoice::SoftwareGpu),
        is_held: true,
        ..Opening::default()
    });
    window.wait_until("the worker says something", |app| {
        !matches!(app.session().model(), ModelState::Loading)
    });
    if let ModelState::Failed(message) = window.app().session().model() {
        assert!(message.contains("no GPU"), "{message}");
        return skip_without_adapter();
    }
    window.harness.step();
    window.harness.get_by_label("Preparing the GPU…");
    window.let_work();
    window.wait_until("there is a model", |app| model(app).is_some());
    window.harness.step();
    window.harness.get_by_label_contains(", Vulkan");
}

/// The same as on the command line: a damaged file of the model is one sentence, and nothing is lost.
#[test]
fn a_damaged_tokenizer_is_one_sentence_and_another_model_can_be_chosen() {
    let dirs = tempfile::tempdir().unwrap();
    install_tiny_model(&dirs);
    let mut options = Window::options_in(&dirs);
    let file = options.paths.model_dir.join("tiny/tokenizer.json");
    let json = std::fs::read_to_string(&file).unwrap();
    let damaged = json.replacen(
        "\"add_prefix_space\": true,",
        "\"add_prefix_space\": true",
        1,
    );
    assert_ne!(damaged, json);
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, damaged).unwrap();
    options.model = Some(ModelChoice::Named("tiny".into()));
    let mut window = Window::open_from(dirs, options, USUAL);
    window.wait_until("it has failed", |app| {
        matches!(app.session().model(), ModelState::Failed(_))
    });
    let notice = window.notices().remove(0);
    assert!(
        notice.contains("tokenizer.json") && !notice.contains("report"),
        "{notice}"
    );
    open_menu(&mut window);
    window.click("bundled");
    window.wait_until("there is a model", |app| model(app) == Some("bundled"));
}

#[test]
fn a_query_in_another_language_gets_one_hint() {
    let mut window = Window::with_indexed_demo(&[], USUAL);
    for query in ["개가 해변을 달린다", "a café at night"] {
        window.ask(query);
        window.wait_until("there is an answer", |app| {
            let lane = app.session().lanes().last();
            lane.is_some_and(|lane| lane.answer.is_some())
        });
        window.harness.step();
    }
    window.wait_until("there is a notice", |app| {
        !app.session().notices().is_empty()
    });
    let notices = window.notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(
        notices[0].starts_with("This model reads English") && notices[0].contains("개가"),
        "{notices:?}"
    );
}

/// Korean goes through a text tower of its own into the images of a CLIP, whose index stays.
#[test]
fn korean_words_find_on_the_index_that_is_there() {
    let dirs = tempfile::tempdir().unwrap();
    let fixture = |model: &str| {
        let dir = root().join("tests/fixtures").join(model);
        dir.display().to_string()
    };
    let options = |dirs: &tempfile::TempDir, model: &str| {
        let mut options = Window::options_in(dirs);
        options.model = Some(model.parse().unwrap());
        options.videos = vec![root().join("tests/fixtures/videos/plain.mp4")];
        options
    };
    let n_encoded = |window: &Window| {
        let (n_clips, n_cached) = indexed(window.app()).unwrap();
        n_clips - n_cached
    };
    let english = fixture("clip-tiny");
    let first = options(&dirs, &english);
    let mut window = Window::open_from(dirs, first, USUAL);
    window.wait_until("it is indexed", |app| indexed(app).is_some());
    assert!(n_encoded(&window) > 0);

    let korean = format!("{english}+{}", fixture("distil-tiny"));
    let dirs = window.close();
    let options = options(&dirs, &korean);
    let mut window = Window::open_from(dirs, options, USUAL);
    window.wait_until("there is a model", |app| model(app).is_some());
    window.ask("두 개의 빨간 하트");
    window.wait_until("it is answered", |app| {
        let lane = app.session().lanes().last();
        lane.is_some_and(|lane| lane.answer.is_some())
    });
    window.wait_until_idle();
    assert_eq!(model(window.app()), Some(korean.as_str()));
    assert_eq!(n_encoded(&window), 0, "every frame is known");
    let lane = window.app().session().lanes().last().unwrap();
    let found = lane.answer.as_ref().unwrap().result.found(None);
    assert!(!found.moments.is_empty());
}

#[test]
fn a_model_is_downloaded_cancelled_gone_on_with_and_used() {
    let server = Server::of_tiny_model();
    let dirs = tempfile::tempdir().unwrap();
    let mut options = Window::options_in(&dirs);
    options.hub = Hub::new(&server.endpoint, None);
    let mut window = Window::open_from(dirs, options, USUAL);
    window.wait_until("there is a model", |app| model(app).is_some());
    open_menu(&mut window);
    assert!(
        server.requests.lock().unwrap().is_empty(),
        "nobody asked yet"
    );

    server.behave(Manners {
        trickles: true,
        ..Manners::default()
    });
    let name = format!("Download {REPO}");
    window.click(&name);
    window.wait_until("something has come", |app| {
        let download = app.session().download();
        let progress = download.and_then(|download| download.progress.as_ref());
        progress.is_some_and(|progress| progress.file.ends_with(".safetensors"))
    });
    window.harness.step();
    window.click("Cancel download");
    window.wait_until("it is cancelled", |app| app.session().download().is_none());

    server.behave(Manners::default());
    window.harness.step();
    window.click(&name);
    window.wait_until("it is used", |app| model(app) == Some(REPO));
    let ranges = server.ranges();
    assert!(ranges.last().unwrap().starts_with("bytes="), "{ranges:?}");
    assert!(window.notices().contains(&format!("{REPO} was downloaded")));
    assert_eq!(
        window.app().session().settings().model.as_deref(),
        Some(REPO)
    );
}

#[test]
fn a_name_is_typed_and_the_network_is_not_there() {
    let mut window = Window::open(None, &[], USUAL);
    window.wait_until("there is a model", |app| model(app).is_some());
    open_menu(&mut window);
    window.harness.get_by_label("Other model").click();
    window.harness.step();
    window.type_text("somebody/some-clip");
    window.harness.step();
    window.click("Get it");
    window.wait_until("it has failed", |app| {
        app.session().notices().iter().len() > 0
    });
    let notice = window.notices().remove(0);
    assert!(notice == "No connection to 127.0.0.1:9", "{notice}");
    assert_eq!(
        model(window.app()),
        Some("bundled"),
        "the old one is still used"
    );
    window.press(Modifiers::NONE, Key::Escape);
}

#[test]
fn a_folder_that_is_gone_is_one_sentence_and_another_model_can_be_chosen() {
    let dirs = tempfile::tempdir().unwrap();
    let mut options = Window::options_in(&dirs);
    options.model = Some(ModelChoice::Named(Path::new("/nowhere/clip").to_owned()));
    let mut window = Window::open_from(dirs, options, USUAL);
    window.wait_until("it has failed", |app| {
        matches!(app.session().model(), ModelState::Failed(_))
    });
    assert!(window.notices()[0].contains("/nowhere/clip"));
    open_menu(&mut window);
    window.click("bundled");
    window.wait_until("there is a model", |app| model(app) == Some("bundled"));
}
