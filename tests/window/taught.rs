//! A word that the model does not know is taught on the results from all videos, and then found in
//! the others.

use std::collections::HashSet;
use std::path::Path;

use egui_kittest::kittest::Queryable as _;
use vcl::app::action::{Library, Teach, View};
use vcl::app::session::Wall;
use vcl::domain::{ClipIndex, Grade, TimeSpan};
use vcl::store::LabelStore;
use vcl::worker::PlacedSpan;

use crate::drive::Window;
use crate::films::figure;
use crate::library::{act, find, found, with_folder};
use crate::world::scene::{Colour, Scene, Shape};
use crate::world::storyboard::Storyboard;

/// As in `examples/teach`: a star, by a name that nobody knows.
const WORDS: &str = "a flumbo";

const COLOURS: [Colour; 6] = [
    Colour::Red,
    Colour::Yellow,
    Colour::Green,
    Colour::Blue,
    Colour::Purple,
    Colour::Orange,
];

const OTHERS: [Shape; 5] = [
    Shape::Circle,
    Shape::Heart,
    Shape::Square,
    Shape::Triangle,
    Shape::Cross,
];

/// One scene after the other, two clips each; whether the scene is meant.
fn scenes(i: usize, n: usize, has_star: impl Fn(usize) -> bool) -> Vec<(Scene, bool)> {
    let scene = |k: usize| {
        let colour = COLOURS[(i + k) % COLOURS.len()];
        let is_star = has_star(k);
        let shape = if is_star {
            Shape::Star
        } else {
            OTHERS[(2 * i + k) % OTHERS.len()]
        };
        (figure(colour, shape), is_star)
    };
    (0..n).map(scene).collect()
}

fn write(path: &Path, scenes: &[(Scene, bool)], seed: u64) {
    let mut story = Storyboard::default();
    for (k, (scene, _)) in scenes.iter().enumerate() {
        story.push(*scene, 2, 1000 * seed + k as u64);
    }
    crate::films::write(&story, path);
}

/// How well the films with a star come before those without, 1 at best: average precision of the order
/// in which they appear among the results.
fn precision(wall: &Wall, stars: &HashSet<String>) -> f64 {
    let mut seen = Vec::new();
    for moment in wall.moments() {
        let name = vcl::domain::file_name(&moment.path);
        if !name.starts_with("taught") && !seen.contains(&name) {
            seen.push(name);
        }
    }
    let (mut n_right, mut sum) = (0.0, 0.0);
    for (i, name) in seen.iter().enumerate() {
        if stars.contains(name) {
            n_right += 1.0;
            sum += n_right / (i + 1) as f64;
        }
    }
    sum / stars.len() as f64
}

fn wall(window: &Window) -> &Wall {
    window.app().session().shown_wall().expect("a wall")
}

#[test]
fn a_word_that_was_taught_on_two_videos_is_found_in_ten_others() {
    let dir = tempfile::tempdir().unwrap();
    let taught: Vec<_> = (0..2)
        .map(|i| scenes(i, 12, |k| (k + i) % 2 == 0))
        .collect();
    for (i, scenes) in taught.iter().enumerate() {
        write(
            &dir.path().join(format!("taught {i}.mp4")),
            scenes,
            i as u64,
        );
    }
    let mut stars = HashSet::new();
    for i in 0..10 {
        let name = format!("film {i}.mp4");
        let has_star = i % 2 == 0;
        let scenes = scenes(i + 2, 4, |k| has_star && k == 1 + i % 3);
        write(&dir.path().join(&name), &scenes, 100 + i as u64);
        if has_star {
            stars.insert(name);
        }
    }
    let mut window = with_folder(dir.path(), 12);
    find(&mut window, WORDS);
    let by_words = precision(wall(&window), &stars);
    act(&mut window, View::ToggleTeach);
    assert!(
        window
            .harness
            .query_by_label("What to label next?")
            .is_some()
    );

    // What is proposed comes from many videos, few of each.
    let unsure = wall(&window).found().unwrap().unsure.clone();
    let of = |path: &Path| unsure.iter().filter(|it| it.path == path).count();
    assert!(unsure.iter().all(|it| of(&it.path) <= 2), "{unsure:?}");
    assert!(unsure.len() >= 10);

    // Somebody looks at two videos and says of each clip whether it is one.
    for (i, scenes) in taught.iter().enumerate() {
        let path = dir.path().join(format!("taught {i}.mp4"));
        for (k, (_, is_star)) in scenes.iter().enumerate() {
            let span = placed(&window, &path, k);
            let grade = if *is_star {
                Grade::VeryGood
            } else {
                Grade::VeryBad
            };
            act(&mut window, Library::Grade(Box::new(span), Some(grade)));
        }
    }
    let counts = window.app().session().label_counts();
    assert_eq!((counts.n_good, counts.n_bad, counts.n_videos), (24, 24, 2));
    window.click("Retrain");
    window.wait_until("it has learned", |app| {
        app.session().teaching().is_none()
            && app
                .session()
                .selected_lane()
                .is_some_and(|lane| lane.lesson.is_some())
    });
    let lesson = window
        .app()
        .session()
        .selected_lane()
        .unwrap()
        .lesson
        .clone();
    let lesson = lesson.unwrap().unwrap();
    assert_eq!((lesson.n_labels, lesson.n_videos), (48, 2));
    found(&mut window);
    let lane = window.app().session().selected_lane().unwrap();
    assert_eq!(lane.prompt, Some(lesson.prompt), "it answers from now on");
    let by_prompt = precision(wall(&window), &stars);
    println!("average precision {by_words:.2} by the words, {by_prompt:.2} by what was taught");
    assert!(by_prompt > by_words + 0.2, "{by_prompt} against {by_words}");
    assert!(by_prompt > 0.8, "{by_prompt}");

    // The grades are labels of their videos, and can be taken back.
    let store = LabelStore::open(&window.paths().data_dir).unwrap();
    let n_labels = |store: &LabelStore| {
        let labels = store.all().unwrap();
        let clips = labels.iter().map(|line| line.relevant_clip_ids.len());
        clips.sum::<usize>()
    };
    assert_eq!(n_labels(&store), 48);
    act(&mut window, Teach::Undo);
    window.wait_for_notice("Undone: the grade of taught 1.mp4");
    // The worker does one thing after the other: when this is answered, that was saved.
    act(&mut window, Library::FindAgain);
    found(&mut window);
    assert_eq!(n_labels(&store), 46);
}

/// A scene of a film, as the wall has its results.
fn placed(window: &Window, path: &Path, scene: usize) -> PlacedSpan {
    let held = window.app().session().shelf().holdings().unwrap();
    let video = held.videos.iter().find(|video| video.path == path).unwrap();
    let (first, last) = (ClipIndex(2 * scene), ClipIndex(2 * scene + 1));
    PlacedSpan {
        span: TimeSpan::of_clips(first, last),
        ..window.app().session().beginning_of(video)
    }
}
