//! A video that the bundled model was not made for, and the first screen, which offers one that it was.

use egui_kittest::kittest::Queryable as _;
use vcl::app::App;
use vcl::app::action::Play;
use vcl::app::session::ModelState;
use vcl::store::Hub;

use crate::drive::{Opening, USUAL, Window, demo, root};
use crate::hub_server::{REPO, Server};

const CARD: &str = "The built-in model knows only drawn scenes";

fn is_there(window: &Window, label: &str) -> bool {
    window.harness.query_by_label_contains(label).is_some()
}

fn is_answered(app: &App) -> bool {
    let session = app.session();
    let is_indexed = session
        .video()
        .is_some_and(|video| video.indexing.is_done());
    let mut lanes = session.lanes().iter();
    is_indexed && lanes.all(|lane| lane.answer.as_ref().is_some_and(|answer| answer.is_final))
}

/// A film that is not the demo, answered by the bundled model.
fn with_film(hub: Option<Hub>) -> Window {
    let dirs = tempfile::tempdir().unwrap();
    let mut options = Window::options_in(&dirs);
    options.videos = vec![root().join("tests/fixtures/videos/plain.mp4")];
    options.queries = vec!["night".to_owned()];
    if let Some(hub) = hub {
        options.hub = hub;
    }
    let mut window = Window::open_from(dirs, options, USUAL);
    window.wait_until("it is answered", is_answered);
    window.wait_until_idle();
    window
}

#[test]
fn the_card_is_shown_for_films_and_not_for_the_demo() {
    let window = Window::with_indexed_demo(&["night"], USUAL);
    assert!(!is_there(&window, CARD));
    // The demo under another name is the demo.
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("holidays.mp4");
    std::fs::copy(demo(), &copy).unwrap();
    let mut window = Window::open(Some(copy), &["night"], USUAL);
    window.wait_until("it is answered", is_answered);
    window.harness.run_steps(2);
    assert!(!is_there(&window, CARD));

    let mut window = with_film(None);
    for words in [CARD, "Get SigLIP 2 (1.5 GB)", "Get CLIP (605 MB)"] {
        assert!(is_there(&window, words), "{words}");
    }
    window.click("Later");
    window.harness.run_steps(2);
    assert!(!is_there(&window, "Get CLIP") && is_there(&window, CARD));
    assert!(
        window.app().session().is_beyond_model(),
        "and so all is grey"
    );
}

#[test]
fn the_recommended_model_is_fetched_in_place_and_used() {
    let server = Server::of_tiny_model();
    let mut window = with_film(Some(Hub::new(&server.endpoint, None)));
    window.click("Get CLIP (605 MB)");
    window.wait_until("it is used", |app| match app.session().model() {
        ModelState::Ready(info) => info.name == REPO,
        _ => false,
    });
    window.wait_until("it is answered", is_answered);
    window.harness.run_steps(2);
    assert!(!is_there(&window, CARD));
}

#[test]
fn without_a_network_there_are_two_ways_on() {
    let mut window = with_film(None);
    window.harness.state_mut().stay_in_window();
    window.click("Get CLIP (605 MB)");
    window.wait_until("it has failed", |app| {
        app.session().download_failure().is_some()
    });
    window.harness.run_steps(2);
    assert_eq!(window.notices(), ["No connection to 127.0.0.1:9"]);
    assert!(is_there(&window, "Try again"), "in the notice");
    assert!(is_there(&window, "Try CLIP again"), "in the card");
    let folder = window.harness.get_all_by_label("Choose folder…").next();
    let at = folder.unwrap().rect().center();
    window.click_at(at);
    window.harness.run_steps(3);
    window.harness.get_by_label("Path");
}

#[test]
fn the_first_screen_offers_the_demo() {
    let mut window = Window::open(None, &[], USUAL);
    window.harness.run_steps(2);
    window.click("“two red hearts”");
    window.wait_until("the demo is answered", |app| {
        !app.session().lanes().is_empty() && is_answered(app)
    });
    let session = window.app().session();
    assert!(session.is_demo());
    assert_eq!(session.lanes()[0].query.title(), "two red hearts");
    assert_eq!(session.lanes()[0].is_probably_present(), Some(true));
    // Without a query, it offers what can be asked.
    window.click("Remove query two red hearts");
    window.harness.run_steps(2);
    window.click("waves on the sea");
    window.wait_until("it is answered", |app| {
        !app.session().lanes().is_empty() && is_answered(app)
    });
}

#[test]
fn recent_videos_have_pictures_and_lengths() {
    let dir = tempfile::tempdir().unwrap();
    let gone = dir.path().join("gone.mp4");
    std::fs::copy(demo(), &gone).unwrap();
    let mut window = Window::open_with(Opening {
        video: Some(gone.clone()),
        ..Opening::default()
    });
    window.wait_until("it is open", |app| app.session().video().is_some());
    window.drop_file(&demo());
    window.wait_until("the demo is open", |app| {
        let video = app.session().video();
        video.is_some_and(|video| video.path.ends_with("demo.mp4"))
    });
    std::fs::remove_file(&gone).unwrap();
    let mut window = window.open_again();
    window.wait_until_idle();
    window.harness.get_by_label("gone.mp4");
    window.click("demo.mp4");
    window.wait_until("it is open", |app| app.session().video().is_some());
}

/// Whether each of the cells is light of which the picture in `area` consists (see `frames.py` beside the
/// fixtures), four to the longer side.
fn cells(image: &image::RgbaImage, area: egui::Rect) -> Vec<bool> {
    let (columns, rows) = if area.height() > area.width() {
        (3, 4)
    } else {
        (4, 3)
    };
    (0..columns * rows)
        .map(|cell| {
            let (column, row) = ((cell % columns) as f32, (cell / columns) as f32);
            let x = area.left() + area.width() * (column + 0.5) / columns as f32;
            let y = area.top() + area.height() * (row + 0.5) / rows as f32;
            image.get_pixel(x as u32, y as u32)[0] > 130
        })
        .collect()
}

#[test]
fn pictures_that_only_the_header_calls_turned_or_mirrored_are_shown_upright() {
    for name in ["turned.mkv", "mirrored.mp4", "transposed.mp4"] {
        let path = root().join("tests/fixtures/videos").join(name);
        let source = vcl::video::Source::open(&path).unwrap();
        let expected = vcl::video::thumbnail(&source, 1.0, 160, std::sync::Arc::default());
        let expected = image::DynamicImage::from(expected.unwrap().unwrap()).into_rgba8();
        let (width, height) = (expected.width() as f32, expected.height() as f32);

        let mut window = Window::open(Some(path), &[], USUAL);
        window.wait_until("it is open", |app| app.frame_secs().is_some());
        let ctx = window.harness.ctx.clone();
        window.harness.state_mut().perform(&ctx, Play::Seek(1.0));
        window.wait_until("it is there", |app| {
            let frame_secs = app.frame_secs().unwrap_or(0.0);
            !app.is_seeking() && (frame_secs - 1.0).abs() < 0.03
        });
        window.harness.run_steps(2);
        let label = format!("Video {name}");
        let area = window.harness.get_by_label(&label).rect();
        let scale = (area.width() / width).min(area.height() / height);
        let shown = egui::Rect::from_center_size(area.center(), scale * egui::vec2(width, height));
        let drawn = window.harness.render().unwrap();
        let whole = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height));
        assert_eq!(cells(&drawn, shown), cells(&expected, whole), "{name}");
    }
}
