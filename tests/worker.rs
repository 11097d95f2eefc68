//! The worker thread with the real engine: answers while indexing, survives errors, drops the stale.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use support::{PATIENCE, Place, tiny_model};
use vcl::domain::{ClipIndex, Grade, Labels, Query};
use vcl::engine::{EngineConfig, FrameChoice, ModelChoice, Notice};
use vcl::find::Answer;
use vcl::library::{Library, LibraryVideo, State as VideoState, Wanted};
use vcl::model::DeviceChoice;
use vcl::store::{LabelStore, PromptFolder};
use vcl::video::Source;
use vcl::worker::{
    Command, Event, Holdings, LabelsToSave, LibraryCommand, LibraryNews, LibraryWork, PromptEdit,
    PromptSource, QueryId, VideoId, Worker,
};

/// The worker in step with its test: after each event it stands still until the test asks for the next one, so that
/// what a test sends between two events is there in time on any machine.
struct Driver {
    // Dropped before the worker, which may be standing still for it.
    go_on: Sender<()>,
    is_held: bool,
    worker: Worker,
    n_wakes: Arc<AtomicUsize>,
    n_events: usize,
}

impl Driver {
    fn new(place: &Place, model: ModelChoice) -> Self {
        let n_wakes = Arc::new(AtomicUsize::new(0));
        let config = EngineConfig {
            model,
            device: DeviceChoice::Cpu,
            frame_choice: FrameChoice::default(),
            paths: place.paths(),
        };
        let count = Arc::clone(&n_wakes);
        let (go_on, permits) = channel();
        let permits = Mutex::new(permits);
        let wake = move || {
            count.fetch_add(1, Ordering::SeqCst);
            // An error means that the test is over.
            permits.lock().unwrap().recv().ok();
        };
        Self {
            go_on,
            is_held: false,
            worker: Worker::spawn(config, wake).unwrap(),
            n_wakes,
            n_events: 0,
        }
    }

    /// Waits for the first event that `pick` wants.
    #[track_caller]
    fn wait<T>(&mut self, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if self.is_held {
                self.go_on.send(()).unwrap();
            }
            let event = self
                .worker
                .wait_event(PATIENCE)
                .unwrap_or_else(|_| panic!("no {what}"));
            self.is_held = true;
            self.n_events += 1;
            if let Some(found) = pick(event) {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "no {what}");
        }
    }

    #[track_caller]
    fn final_answer(&mut self, of: VideoId, to: QueryId) -> Answer {
        self.wait("final answer", |event| match event {
            Event::Found {
                video,
                query,
                answer,
                is_final: true,
                ..
            } if (video, query) == (of, to) => Some(*answer),
            _ => None,
        })
    }

    fn open(&self, id: u64, path: impl AsRef<std::path::Path>) -> VideoId {
        let video = VideoId(id);
        let source = Source::open(path.as_ref()).unwrap();
        self.worker.send(Command::Open { video, source });
        video
    }

    fn search(&self, id: u64, words: &str) -> QueryId {
        let query = Query::new(words).unwrap();
        let id = QueryId(id);
        self.worker.send(Command::Search { id, query });
        id
    }
}

fn tiny() -> ModelChoice {
    ModelChoice::Named(tiny_model())
}

fn many_scenes(place: &Place, n_scenes: u32) -> std::path::PathBuf {
    let scenes: Vec<_> = (0..n_scenes)
        .map(|i| (0xff00_0000 | (i * 0x0008_1205), 2))
        .collect();
    place.video("many.mp4", &scenes)
}

#[test]
fn a_video_is_opened_indexed_and_searched() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let mut driver = Driver::new(&place, tiny());
    driver.wait("model", |event| match event {
        Event::ModelReady(info) => (info.embedding_dim == 48).then_some(()),
        _ => None,
    });
    let query = driver.search(1, "a red thing");
    let id = driver.open(7, video.clone());
    let mut order = Vec::new();
    let result = driver.wait("final answer", |event| match event {
        Event::Labels { .. } => {
            order.push("opened");
            None
        }
        Event::Indexed {
            n_clips, n_cached, ..
        } => {
            assert_eq!((n_clips, n_cached), (4, 0));
            order.push("indexed");
            None
        }
        Event::Found {
            video,
            query: asked,
            answer,
            is_final: true,
            ..
        } => {
            assert_eq!((video, asked), (id, query));
            Some(answer)
        }
        _ => None,
    });
    assert_eq!(order, ["opened", "indexed"]);
    assert_eq!(result.saliency.n_clips(), 4);

    // A second query needs no second look, and the same video opens from the cache.
    let second = driver.search(2, "something blue");
    driver.final_answer(id, second);
    let again = driver.open(8, video);
    let n_cached = driver.wait("index", |event| match event {
        Event::Indexed {
            video, n_cached, ..
        } if video == again => Some(n_cached),
        _ => None,
    });
    assert_eq!(n_cached, 4);
    // Both queries are asked of it again.
    driver.final_answer(again, query);
    driver.final_answer(again, second);
    // The wake for the last event may still be under way.
    assert!(driver.n_wakes.load(Ordering::SeqCst) + 1 >= driver.n_events);
}

#[test]
fn a_query_during_indexing_is_answered_before_its_end() {
    let place = Place::new();
    let video = many_scenes(&place, 60);
    let mut driver = Driver::new(&place, tiny());
    driver.open(1, video);
    driver.wait("progress", |event| {
        matches!(event, Event::Progress { .. }).then_some(())
    });
    let query = driver.search(1, "red");
    driver.wait("early answer", |event| match event {
        Event::Found {
            query: asked,
            is_final,
            n_clips_done,
            ..
        } if asked == query => {
            assert!(
                !is_final && n_clips_done < 60,
                "{n_clips_done} clips were done"
            );
            Some(())
        }
        Event::Indexed { .. } => panic!("indexed before the query was answered"),
        _ => None,
    });
    assert_eq!(
        driver.final_answer(VideoId(1), query).saliency.n_clips(),
        60
    );
}

#[test]
fn cancelled_indexing_keeps_its_work_and_can_go_on() {
    let place = Place::new();
    let video = many_scenes(&place, 60);
    let mut driver = Driver::new(&place, tiny());
    let id = driver.open(1, video);
    driver.wait("some clips", |event| match event {
        Event::Progress { progress, .. } if progress.n_done > 2 => Some(()),
        _ => None,
    });
    driver.worker.send(Command::CancelIndexing);
    driver.wait("cancel", |event| match event {
        Event::IndexingCancelled { video } => (video == id).then_some(()),
        Event::Indexed { .. } => panic!("too quick to be cancelled"),
        _ => None,
    });
    // What is known stays searchable.
    let query = driver.search(1, "red");
    let n_known = driver.final_answer(id, query).saliency.n_clips();
    assert!(n_known > 2);
    driver.worker.send(Command::ResumeIndexing);
    let (n_clips, n_cached) = driver.wait("index", |event| match event {
        Event::Indexed {
            n_clips, n_cached, ..
        } => Some((n_clips, n_cached)),
        _ => None,
    });
    assert_eq!(n_clips, 60);
    assert!(n_cached > 2, "{n_cached}");
}

#[test]
fn opening_another_video_drops_the_first() {
    let place = Place::new();
    let (long, short) = (many_scenes(&place, 60), place.short_video("scenes.mp4"));
    let mut driver = Driver::new(&place, tiny());
    let first = driver.open(1, long);
    driver.wait("opened", |event| {
        matches!(event, Event::Labels { .. }).then_some(())
    });
    let second = driver.open(2, short);
    let query = driver.search(1, "red");
    driver.final_answer(second, query);
    // Nothing more comes of the first.
    let query = driver.search(2, "blue");
    driver.wait("answer", |event| match event {
        Event::Progress { video, .. } if video == first => panic!("the first goes on"),
        Event::Found { query: asked, .. } => (asked == query).then_some(()),
        _ => None,
    });
}

#[test]
fn errors_are_told_and_the_worker_goes_on() {
    let place = Place::new();
    let mut driver = Driver::new(&place, ModelChoice::Named("no-such-model".into()));
    driver.wait("failure", |event| match event {
        Event::ModelFailed { message } => message.contains("no-such-model").then_some(()),
        _ => None,
    });
    let good = place.short_video("scenes.mp4");
    let id = driver.open(1, good);
    driver.wait("failure", |event| match event {
        Event::VideoFailed { video, message } => {
            assert_eq!(video, id);
            message.contains("no model").then_some(())
        }
        _ => None,
    });
    // With a model the video that was asked for is opened.
    driver.worker.send(Command::UseModel {
        model: tiny(),
        device: DeviceChoice::Cpu,
        framing: None,
    });
    let query = driver.search(1, "red");
    driver.final_answer(id, query);

    std::fs::write(place.path("words.mp4"), "not a film").unwrap();
    let broken = driver.open(2, place.path("words.mp4"));
    driver.wait("failure", |event| match event {
        Event::VideoFailed { video, message } => {
            assert_eq!(video, broken);
            message.contains("words.mp4").then_some(())
        }
        _ => None,
    });
    let again = driver.open(3, place.path("scenes.mp4"));
    driver.final_answer(again, query);
}

#[test]
fn a_query_that_is_too_long_raises_a_notice_and_no_change_of_device() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let mut driver = Driver::new(&place, tiny());
    driver.open(1, video);
    driver.search(1, &"red ".repeat(100));
    let mut notices = Vec::new();
    let mut is_answered = |event, of| match event {
        Event::DeviceChanged { device } => panic!("the model stayed where it was, not {device}"),
        Event::Notice(notice) => {
            notices.push(notice);
            None
        }
        Event::Found { query, .. } => (query == of).then_some(()),
        _ => None,
    };
    driver.wait("answer", |event| is_answered(event, QueryId(1)));
    // The notice comes right behind the answer, and before the next one.
    let next = driver.search(2, "blue");
    driver.wait("next answer", |event| is_answered(event, next));
    assert_eq!(notices.len(), 1, "{notices:?}");
    let Notice::QueryCut { beginning, .. } = &notices[0] else {
        panic!("{notices:?}");
    };
    assert_eq!(beginning, "red red red red red red ");
}

#[test]
fn a_query_is_taught_and_goes_back_to_its_words() {
    let place = Place::new();
    let video = many_scenes(&place, 30);
    let mut driver = Driver::new(&place, tiny());
    let id = driver.open(1, video);
    let content = driver.wait("labels", |event| match event {
        Event::Labels {
            content, labels, ..
        } => {
            assert!(labels.is_empty());
            Some(content)
        }
        _ => None,
    });
    let query = driver.search(1, "a late scene");
    let words = Query::new("a late scene").unwrap();
    let plain = driver.final_answer(id, query);

    // Nothing was said yet.
    driver.worker.send(Command::Teach { id: query });
    driver.wait("refusal", |event| match event {
        Event::TeachingFailed { id, message } => {
            assert_eq!(id, query);
            assert!(message.contains("mark a few clips"), "{message}");
            Some(())
        }
        _ => None,
    });

    let mut labels = Labels::default();
    for clip in 0..30 {
        let grade = if clip < 15 {
            Grade::VeryBad
        } else {
            Grade::VeryGood
        };
        labels.set(ClipIndex(clip), Some(grade));
    }
    let saved = LabelsToSave {
        video: content.clone(),
        video_name: "many".to_owned(),
        duration_secs: 60.0,
        query: words.clone(),
        labels: labels.clone(),
    };
    driver.worker.send(Command::SaveLabels(Box::new(saved)));
    driver.worker.send(Command::Teach { id: query });
    // Searching goes on meanwhile.
    driver.wait("a step", |event| {
        matches!(event, Event::Teaching { .. }).then_some(())
    });
    let other = driver.search(2, "an early scene");
    let mut n_steps = 0;
    let mut was_answered = false;
    let lesson = driver.wait("lesson", |event| match event {
        Event::Teaching { .. } => {
            n_steps += 1;
            None
        }
        Event::Found { query, .. } => {
            was_answered |= query == other;
            None
        }
        Event::Taught { lesson, .. } => Some(lesson),
        Event::TeachingFailed { message, .. } => panic!("{message}"),
        _ => None,
    });
    assert!(n_steps > 3 && was_answered, "{n_steps} {was_answered}");
    assert_eq!((lesson.n_labels, lesson.n_videos), (30, 1));
    let store = LabelStore::open(&place.paths().data_dir).unwrap();
    assert_eq!(store.load(content.as_str(), &words).unwrap(), labels);

    // The prompt is found by its name, moved to another, and taken away.
    let folder = PromptFolder::new(&place.paths().data_dir);
    assert_eq!(
        folder.names().unwrap(),
        std::slice::from_ref(&lesson.prompt)
    );
    let used = |name: &str| Some(PromptSource::Named(name.to_owned()));
    driver.worker.send(Command::UsePrompt {
        id: query,
        prompt: used(&lesson.prompt),
    });
    let tuned = driver.final_answer(id, query);
    assert_ne!(tuned.saliency, plain.saliency);
    driver.worker.send(Command::EditPrompts(PromptEdit::Rename {
        name: lesson.prompt.clone(),
        new_name: "late".to_owned(),
    }));
    driver.wait("new name", |event| match event {
        Event::PromptInUse { prompt, .. } => (prompt.as_deref() == Some("late")).then_some(()),
        _ => None,
    });
    driver.wait("list", |event| match event {
        Event::Prompts(prompts) => (prompts[0].name == "late").then_some(()),
        _ => None,
    });
    let file = place.path("late.safetensors");
    for edit in [
        PromptEdit::Export {
            name: "late".to_owned(),
            file: file.clone(),
        },
        PromptEdit::Import { file },
        PromptEdit::Delete {
            name: "late".to_owned(),
        },
    ] {
        driver.worker.send(Command::EditPrompts(edit));
        driver.wait("list", |event| match event {
            Event::Prompts(_) => Some(()),
            Event::PromptFailed { message } => panic!("{message}"),
            _ => None,
        });
    }
    assert_eq!(folder.names().unwrap(), ["late 2"]);

    // Another base model is refused; the words answer as they did.
    driver.worker.send(Command::UsePrompt {
        id: query,
        prompt: None,
    });
    let back = driver.final_answer(id, query);
    assert_eq!(back.saliency, plain.saliency);
    driver.worker.send(Command::UseModel {
        model: ModelChoice::Bundled,
        device: DeviceChoice::Cpu,
        framing: None,
    });
    driver.final_answer(id, query);
    driver.worker.send(Command::UsePrompt {
        id: query,
        prompt: used("late 2"),
    });
    driver.wait("refusal", |event| match event {
        Event::PromptFailed { message } => {
            assert!(message.contains("was made on the model"), "{message}");
            Some(())
        }
        _ => None,
    });
}

/// Videos of a folder that the library has not seen yet.
fn folder_of_films(place: &Place, n: u32) -> std::path::PathBuf {
    std::fs::create_dir_all(place.path("films")).unwrap();
    for i in 0..n {
        let scenes: Vec<_> = (0..6)
            .map(|k| (0xff00_0000 | (i * 0x0031_1205 + k), 2))
            .collect();
        place.video(&format!("films/{i}.mp4"), &scenes);
    }
    place.path("films")
}

impl Driver {
    fn library(&self, command: LibraryCommand) {
        self.worker.send(Command::Library(command));
    }

    #[track_caller]
    fn work(&mut self, what: &str, is_meant: impl Fn(&LibraryWork) -> bool) -> LibraryWork {
        self.wait(what, |event| match event {
            Event::Library(LibraryNews::Work(work)) if is_meant(&work) => Some(work),
            _ => None,
        })
    }
}

impl Driver {
    #[track_caller]
    fn holds(&mut self, what: &str, is_meant: impl Fn(&Holdings) -> bool) -> Arc<Holdings> {
        self.wait(what, |event| match event {
            Event::Library(LibraryNews::Holds(held)) if is_meant(&held) => Some(held),
            _ => None,
        })
    }
}

fn n_indexed(held: &Holdings) -> usize {
    let is_indexed = |video: &&LibraryVideo| video.state == VideoState::Indexed;
    held.videos.iter().filter(is_indexed).count()
}

#[test]
fn the_library_stands_back_pauses_and_goes_on() {
    let place = Place::new();
    let films = folder_of_films(&place, 3);
    let mut driver = Driver::new(&place, tiny());
    driver.library(LibraryCommand::StandBack(true));
    driver.library(LibraryCommand::Add(vec![films]));
    let waits = LibraryWork::StandsBack { n_waiting: 3 };
    driver.work("standing back", |work| *work == waits);
    driver.library(LibraryCommand::Pause);
    driver.work("pause", |work| {
        *work == LibraryWork::Paused { n_waiting: 3 }
    });
    driver.library(LibraryCommand::StandBack(false));
    driver.library(LibraryCommand::GoOn);
    let progress = driver.work("work on a video", |work| match work {
        LibraryWork::Indexing(progress) => progress.of_video.is_some(),
        _ => false,
    });
    let LibraryWork::Indexing(progress) = progress else {
        unreachable!()
    };
    assert!(progress.path.ends_with("films/0.mp4"), "{progress:?}");
    assert_eq!((progress.n_done, progress.n_total), (0, 3));
    let mut last = None;
    driver.wait("the end", |event| match event {
        Event::Library(LibraryNews::Holds(held)) => {
            last = Some(held);
            None
        }
        Event::Library(LibraryNews::Work(LibraryWork::Idle)) => Some(()),
        _ => None,
    });
    assert_eq!(n_indexed(&last.unwrap()), 3);
}

#[test]
fn the_open_video_comes_before_the_library() {
    let place = Place::new();
    let films = folder_of_films(&place, 3);
    let long = many_scenes(&place, 20);
    let mut driver = Driver::new(&place, tiny());
    driver.library(LibraryCommand::Add(vec![films]));
    driver.work("work on a video", |work| match work {
        LibraryWork::Indexing(progress) => progress.of_video.is_some(),
        _ => false,
    });
    let video = driver.open(1, long);
    let mut news = Vec::new();
    driver.wait("the open video", |event| match event {
        Event::Indexed { video: done, .. } if done == video => Some(()),
        Event::Library(LibraryNews::Holds(held)) => {
            news.push(n_indexed(&held));
            None
        }
        _ => None,
    });
    // One that was told of before the command was seen.
    assert!(news.iter().all(|n| *n == 0), "{news:?}");
    driver.work("the rest", |work| *work == LibraryWork::Idle);
}

#[test]
fn all_videos_answer_and_what_was_opened_is_one_of_them() {
    let place = Place::new();
    let film = many_scenes(&place, 6);
    let mut driver = Driver::new(&place, tiny());
    let video = driver.open(1, &film);
    driver.library(LibraryCommand::AddOpened(film.clone()));
    driver.wait("the index", |event| match event {
        Event::Indexed { video: done, .. } if done == video => Some(()),
        _ => None,
    });
    driver.work("the library", |work| *work == LibraryWork::Idle);
    let id = driver.search(7, "a red wall");
    let wanted = Wanted {
        inside: Vec::new(),
        since_secs: None,
        longer_secs: None,
        n_results: 5,
        n_per_video: 2,
        threshold: None,
    };
    driver.library(LibraryCommand::Find { id, wanted });
    let found = driver.wait("an answer of all videos", |event| match event {
        Event::Library(LibraryNews::Found(found)) => Some(found),
        _ => None,
    });
    assert_eq!((found.query, found.n_videos, found.n_clips), (id, 1, 6));
    assert!(!found.unsure.is_empty() && found.unsure.iter().all(|it| it.path == film));

    // What cannot be done is told, and nothing else suffers.
    driver.library(LibraryCommand::Remove(place.path("nowhere.mp4")));
    let message = driver.wait("a refusal", |event| match event {
        Event::Library(LibraryNews::Failed(message)) => Some(message),
        _ => None,
    });
    assert!(
        message.contains("nowhere.mp4 is not in the library"),
        "{message}"
    );
    driver.library(LibraryCommand::Remove(film));
    let held = driver.wait("what is left", |event| match event {
        Event::Library(LibraryNews::Holds(held)) => Some(held),
        _ => None,
    });
    assert_eq!(held.videos, []);
}

#[test]
fn what_happens_in_a_folder_is_seen_without_asking() {
    let place = Place::new();
    let films = folder_of_films(&place, 1);
    let mut driver = Driver::new(&place, tiny());
    driver.library(LibraryCommand::Add(vec![films.clone()]));
    driver.holds("the first film", |held| n_indexed(held) == 1);
    let made = place.video("made.mp4", &[(0xff20_40d0, 3)]);
    std::fs::rename(made, films.join("new.mp4")).unwrap();
    driver.holds("the new film", |held| n_indexed(held) == 2);
    std::fs::remove_file(films.join("0.mp4")).unwrap();
    let held = driver.holds("the missing film", |held| {
        held.videos.iter().any(|video| video.is_missing)
    });
    assert_eq!(n_indexed(&held), 2, "it stays searchable");
    // Another process takes in another folder.
    let others = place.path("others");
    std::fs::create_dir(&others).unwrap();
    place.video("others/3.mp4", &[(0xffd0_4020, 3)]);
    let mut library = Library::open(&place.paths()).unwrap();
    library.add(&[others]).unwrap();
    driver.holds("the other folder", |held| n_indexed(held) == 3);
}

#[test]
fn where_it_is_said_is_told_as_soon_as_the_subtitles_are_read() {
    let place = Place::new();
    let fixtures =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/subtitles");
    let mut driver = Driver::new(&place, tiny());
    let video = driver.open(1, fixtures.join("events.mkv"));
    let first = driver.search(7, "snow");
    let said = |driver: &mut Driver, wanted: QueryId| {
        driver.wait("words", |event| match event {
            Event::Said {
                video: of,
                query,
                moments,
            } if query == wanted => {
                assert_eq!(of, video);
                Some(moments)
            }
            _ => None,
        })
    };
    let moments = said(&mut driver, first);
    assert_eq!(moments.len(), 1);
    assert_eq!(moments[0].span.start_secs, 1.0);
    assert_eq!(moments[0].text, "The snow falls on the mountain.");
    // Of what is asked later it is known at once, also that it is not said.
    let second = driver.search(8, "rain");
    assert_eq!(said(&mut driver, second), []);
}
