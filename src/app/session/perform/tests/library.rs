//! All videos: asking them, going to a result and back, grading results.

use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::app::action::{Library, View};
use crate::app::session::{LabelCounts, Pick};
use crate::domain::Labels;
use crate::library::{LibraryVideo, Place, State};
use crate::worker::{FoundEverywhere, Holdings, LibraryCommand, LibraryNews, PlacedSpan, QueryId};

fn content(n: usize) -> ContentId {
    ContentId::parse(&format!("{n:032x}")).unwrap()
}

fn path(n: usize) -> PathBuf {
    PathBuf::from(format!("/films/{n}.mp4"))
}

fn video(n: usize) -> LibraryVideo {
    LibraryVideo {
        content: content(n),
        path: path(n),
        copies: Vec::new(),
        is_missing: n == 2,
        n_bytes: 1,
        duration_secs: Some(60.0 * n as f64 + 1.0),
        date_secs: 0,
        state: State::Indexed,
        n_clips: 30,
    }
}

/// Three videos, of which the last is not there now.
fn session_with_library() -> Session {
    let mut session = Session::default();
    let held = Holdings {
        places: vec![Place {
            path: PathBuf::from("/films"),
            is_folder: true,
        }],
        videos: (0..3).map(video).collect(),
        problems: Vec::new(),
    };
    session.apply(Event::Library(LibraryNews::Holds(Arc::new(held))));
    session
}

fn span(n: usize, start_secs: f64) -> PlacedSpan {
    PlacedSpan {
        video: content(n),
        path: path(n),
        is_missing: n == 2,
        duration_secs: 61.0,
        span: TimeSpan::new(start_secs, start_secs + 4.0),
        peak_secs: start_secs + 1.0,
        score: Some(0.9),
        said: None,
    }
}

/// Asks for a kite, and three moments are found.
fn session_with_wall() -> (Session, QueryId) {
    let mut session = session_with_library();
    let effects = perform(&mut session, Find::Ask("a kite".to_owned()));
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Worker(Command::Library(LibraryCommand::Find { id, wanted })) => {
            Some((*id, wanted.clone()))
        }
        _ => None,
    });
    let (query, wanted) = asked.expect("all videos are asked");
    assert!(session.shown_wall().unwrap().is_searching());
    let found = FoundEverywhere {
        query,
        wanted,
        present: 0.9,
        moments: vec![span(0, 2.0), span(1, 8.0), span(2, 4.0)],
        unsure: Vec::new(),
        labels: vec![(content(0), labels(&[1]))],
        n_videos: 3,
        n_clips: 90,
        n_not_indexed: 0,
    };
    session.apply(Event::Library(LibraryNews::Found(Arc::new(found))));
    assert!(!session.shown_wall().unwrap().is_searching());
    (session, query)
}

fn labels(clips: &[usize]) -> Labels {
    let mut labels = Labels::default();
    for clip in clips {
        labels.set(ClipIndex(*clip), Some(Grade::VeryGood));
    }
    labels
}

fn saved(effects: &[Effect]) -> Option<(ContentId, Labels)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Worker(Command::SaveLabels(it)) => Some((it.video.clone(), it.labels.clone())),
        _ => None,
    })
}

#[test]
fn one_goes_to_a_result_and_comes_back_to_all_of_them() {
    let (mut session, query) = session_with_wall();
    perform(&mut session, Library::Pick(0, Pick::Toggle));
    let effects = perform(&mut session, Library::OpenResult(1));
    assert!(matches!(&effects[..], [Effect::OpenVideo(opened)] if *opened == path(1)));
    assert!(session.shows_library(), "until the video is there");
    let effects = session.show_video(&path(1), info(61.0));
    assert_eq!(orders(&effects), [Order::Seek(8.0)]);
    assert_eq!(session.selected, Some(query));
    assert!(session.shown_wall().is_none());

    let effects = perform(&mut session, View::Escape);
    assert_effects!(
        effects,
        [
            Effect::CloseVideo,
            Effect::Worker(Command::Close),
            Effect::Title(_),
            Effect::Focus(Field::Results)
        ]
    );
    let wall = session.shown_wall().expect("the results");
    assert_eq!((wall.current(), wall.is_picked(0)), (Some(1), true));
    // What lies on top goes first: the selection, then the results.
    perform(&mut session, View::Escape);
    assert_eq!(session.shown_wall().unwrap().n_picked(), 0);
    perform(&mut session, View::Escape);
    assert!(session.shown_wall().is_none() && session.shows_library());

    // A video that was opened otherwise is not closed by Esc, but by the key for it.
    session.show_video(&path(0), info(9.0));
    assert!(perform(&mut session, View::Escape).is_empty());
    perform(&mut session, Library::Back);
    assert!(session.video.is_none());
}

#[test]
fn what_is_not_there_is_not_opened() {
    let (mut session, _) = session_with_wall();
    assert!(perform(&mut session, Library::OpenResult(2)).is_empty());
    let notice = session.notices.iter().last().unwrap();
    assert!(
        notice.text.contains("2.mp4 is not there now"),
        "{}",
        notice.text
    );
}

#[test]
fn results_are_graded_for_their_videos() {
    let (mut session, _) = session_with_wall();
    let grade = |n: usize, start: f64, grade| Library::Grade(Box::new(span(n, start)), grade);
    // What was known of the video stays.
    let effects = perform(&mut session, grade(0, 4.0, Some(Grade::VeryGood)));
    assert_eq!(saved(&effects), Some((content(0), labels(&[1, 2, 3]))));
    perform(&mut session, Library::GoneTo(1));
    let effects = perform(&mut session, Teach::Grade(None, Some(Grade::VeryGood)));
    assert_eq!(saved(&effects), Some((content(1), labels(&[4, 5]))));
    let counts = |n_good, n_videos| LabelCounts {
        n_good,
        n_bad: 0,
        n_videos,
    };
    assert_eq!(session.label_counts(), counts(5, 2));
    let effects = perform(&mut session, Teach::Undo);
    assert_eq!(saved(&effects), Some((content(1), Labels::default())));
    let effects = perform(&mut session, Teach::Redo);
    assert_eq!(saved(&effects), Some((content(1), labels(&[4, 5]))));

    // What is said while the video is open is known on the wall.
    session.show_video(&path(1), info(61.0));
    session.apply(Event::Labels {
        video: session.video.as_ref().unwrap().id,
        content: content(1),
        labels: vec![(session.lanes[0].query.clone(), labels(&[4, 5]))],
    });
    perform(
        &mut session,
        Teach::Grade(Some(Selection::one(ClipIndex(9))), Some(Grade::Good)),
    );
    perform(&mut session, Library::Back);
    assert_eq!(session.label_counts(), counts(6, 2));
    let effects = perform(&mut session, Teach::Undo);
    assert_eq!(saved(&effects), Some((content(0), labels(&[1]))));
}

#[test]
fn opened_videos_are_taken_in_and_everything_is_asked_again_with_a_filter() {
    let (mut session, query) = session_with_wall();
    let filter = crate::app::session::Filter {
        length: crate::app::session::Length::Minute,
        ..crate::app::session::Filter::default()
    };
    let effects = perform(&mut session, Library::Filter(filter));
    assert_effects!(
        effects,
        [
            Effect::Worker(Command::Library(LibraryCommand::Find { id, wanted }))
            if *id == query && wanted.longer_secs == Some(60.0),
        ]
    );
    let members: Vec<_> = session
        .shelf()
        .members()
        .map(|it| it.path.clone())
        .collect();
    assert_eq!(members, [path(1), path(2)]);

    let id = {
        session.show_video(&path(7), info(9.0));
        session.video.as_ref().unwrap().id
    };
    let effects = session.apply(Event::Labels {
        video: id,
        content: content(7),
        labels: Vec::new(),
    });
    assert_effects!(
        effects,
        [Effect::Worker(Command::Library(LibraryCommand::AddOpened(added))) if *added == path(7)]
    );
}
