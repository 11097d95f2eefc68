//! What actions do, without a window.

use std::path::Path;

use super::*;
use crate::app::action::{File, Find, Play, Teach};
use crate::app::effect::{Field, Order};
use crate::app::session::tests::{found, info, session_with_answer};
use crate::app::session::{Scope, Selection, Side, ThisTime};
use crate::app::settings::Settings;
use crate::domain::{ClipIndex, Grade, TimeSpan};
use crate::store::ContentId;
use crate::worker::{Command, Event, PromptSource};

/// Whether the effects are these, one pattern for each.
macro_rules! assert_effects {
    ($effects:expr, [$($pattern:pat $(if $guard:expr)?),* $(,)?]) => {{
        let effects: Vec<Effect> = $effects;
        let mut rest = effects.iter();
        $(
            assert!(
                matches!(rest.next(), Some($pattern) $(if $guard)?),
                "no {} in {effects:?}",
                stringify!($pattern)
            );
        )*
        assert!(rest.next().is_none(), "too much in {effects:?}");
    }};
}

mod library;
mod outside;

fn perform(session: &mut Session, action: impl Into<Action>) -> Vec<Effect> {
    session.perform(action.into())
}

fn orders(effects: &[Effect]) -> Vec<Order> {
    let orders = effects.iter().filter_map(|effect| match effect {
        Effect::Player(order) => Some(*order),
        _ => None,
    });
    orders.collect()
}

/// The video of [`session_with_answer`], whose labels are known.
fn session_with_labels() -> Session {
    let (mut session, _) = session_with_answer();
    session.apply(Event::Labels {
        video: session.video.as_ref().unwrap().id,
        content: ContentId::parse("0123456789abcdef0123456789abcdef").unwrap(),
        labels: Vec::new(),
    });
    session
}

#[test]
fn asking_searches_remembers_and_empties_the_field() {
    let mut session = Session::default();
    assert_effects!(
        perform(&mut session, Find::Ask(" a  kite ".to_owned())),
        [
            Effect::ClearQueryField,
            Effect::SaveSettings,
            Effect::Worker(Command::Search { query, .. }) if query.title() == "a kite",
        ]
    );
    assert_eq!(session.settings().history, ["a kite"]);
    assert_eq!(session.selected_lane().unwrap().query.title(), "a kite");
    // Once more: its lane is selected, and there is nothing to search.
    perform(&mut session, Find::Ask("a dog".to_owned()));
    let again = perform(&mut session, Find::Ask("A Kite".to_owned()));
    assert_effects!(again, [Effect::ClearQueryField]);
    assert_eq!(session.selected_lane().unwrap().query.title(), "a kite");
    assert_eq!(session.settings().history, ["a dog", "a kite"]);
}

#[test]
fn words_that_cannot_be_asked_stay_in_the_field_with_the_reason() {
    let mut session = Session::default();
    let effects = perform(&mut session, Find::Ask("  ".to_owned()));
    assert_effects!(effects, [Effect::Focus(Field::Query)]);
    let problem = session.view().query_problem.clone().unwrap();
    assert!(problem.contains("the query is empty"), "{problem}");
    assert!(session.settings().history.is_empty());
    perform(&mut session, Find::ForgetProblem);
    assert_eq!(session.view().query_problem, None);
}

#[test]
fn a_prompt_of_the_command_line_answers_every_query() {
    let this_time = ThisTime {
        prompt: Some("/mine.safetensors".into()),
        ..ThisTime::default()
    };
    let mut session = Session::new(Settings::default(), this_time);
    for words in ["a kite", "a dog"] {
        let effects = perform(&mut session, Find::Ask(words.to_owned()));
        let Some(Effect::Worker(Command::UsePrompt { id, prompt })) = effects.last() else {
            panic!("{effects:?}");
        };
        assert_eq!(Some(*id), session.selected());
        let expected = PromptSource::File("/mine.safetensors".into());
        assert_eq!(prompt.as_ref(), Some(&expected));
    }
}

#[test]
fn a_prompt_brings_its_words_along() {
    let mut session = Session::default();
    let ask_with = Find::AskWith {
        query: "a kite".to_owned(),
        prompt: "mine".to_owned(),
    };
    assert_effects!(
        perform(&mut session, ask_with),
        [
            Effect::ClearQueryField,
            Effect::SaveSettings,
            Effect::Worker(Command::Search { .. }),
            Effect::Worker(Command::UsePrompt {
                prompt: Some(PromptSource::Named(name)),
                ..
            }) if name == "mine",
        ]
    );
}

#[test]
fn dropping_a_query_selects_its_neighbour_and_stops_the_search() {
    let (mut session, kite) = session_with_answer();
    perform(&mut session, Find::Ask("a dog".to_owned()));
    let dog = session.selected().unwrap();
    assert_effects!(
        perform(&mut session, Find::Remove(dog)),
        [Effect::Worker(Command::DropQuery { id }) if *id == dog]
    );
    assert_eq!(session.selected(), Some(kite));
    perform(&mut session, Find::Remove(kite));
    assert_eq!(session.selected(), None);
}

#[test]
fn selecting_a_query_changes_where_the_moments_are() {
    let (mut session, kite) = session_with_answer();
    let video = session.video.as_ref().unwrap().id;
    perform(&mut session, Find::Ask("a dog".to_owned()));
    let dog = session.selected().unwrap();
    session.apply(found(video, dog, &[0.1, 0.1, 0.1, 0.1, 0.9]));
    let next = |session: &mut Session| orders(&perform(session, Find::NextMoment));
    assert_eq!(next(&mut session), [Order::Seek(8.0)]);
    perform(&mut session, Play::Seek(0.0));
    assert_effects!(perform(&mut session, Find::Select(kite)), []);
    assert_eq!(next(&mut session), [Order::Seek(2.0)]);
    assert_eq!(next(&mut session), [Order::Seek(6.0)]);
    assert_eq!(next(&mut session), [], "there is none after it");
    let previous = perform(&mut session, Find::PreviousMoment);
    assert_eq!(orders(&previous), [Order::Seek(2.0)]);
    assert_eq!(session.playback().position_secs, 2.0, "at once");
    let highlight = perform(&mut session, Find::JumpToHighlight);
    assert_eq!(
        orders(&highlight),
        [Order::Seek(2.0)],
        "paused stays paused"
    );
}

#[test]
fn the_playhead_stays_within_the_video_and_leaving_a_loop_ends_it() {
    let (mut session, _) = session_with_answer();
    let effects = perform(&mut session, Play::Seek(100.0));
    assert_eq!(orders(&effects), [Order::Seek(9.5)]);
    let effects = perform(&mut session, Play::SeekBy(-20.0));
    assert_eq!(orders(&effects), [Order::Seek(0.0)]);
    let span = TimeSpan::new(2.0, 4.0);
    let effects = perform(&mut session, Play::Loop(Some(span)));
    let expected = [Order::Loop(Some(span)), Order::Seek(2.0)];
    assert_eq!(orders(&effects), expected);
    let effects = perform(&mut session, Play::Seek(3.0));
    assert_eq!(orders(&effects), [Order::Seek(3.0)], "it is inside");
    let effects = perform(&mut session, Play::Seek(5.0));
    assert_eq!(orders(&effects), [Order::Loop(None), Order::Seek(5.0)]);
    assert_eq!(session.playback().looped, None);
    // From between two moments, the next one is repeated.
    let effects = perform(&mut session, Play::ToggleLoop);
    let next = TimeSpan::new(6.0, 9.5);
    let expected = [Order::Loop(Some(next)), Order::Seek(6.0)];
    assert_eq!(orders(&effects), expected);
    let effects = perform(&mut session, Play::ToggleLoop);
    assert_eq!(orders(&effects), [Order::Loop(None)]);
}

#[test]
fn volume_and_speed_have_bounds_and_the_player_is_told() {
    let mut session = Session::default();
    for (action, order) in [
        (Play::Volume(0.25), Order::Volume(0.25)),
        (Play::Volume(7.0), Order::Volume(1.0)),
        (Play::Volume(f64::NAN), Order::Volume(1.0)),
        (Play::Volume(-1.0), Order::Volume(0.0)),
        (Play::Speed(3.0), Order::Speed(3.0)),
        (Play::Faster, Order::Speed(4.0)),
        (Play::Faster, Order::Speed(4.0)),
        (Play::Speed(0.01), Order::Speed(0.25)),
        (Play::Slower, Order::Speed(0.25)),
        (Play::ToggleMute, Order::Muted(true)),
    ] {
        let effects = perform(&mut session, action);
        assert_eq!(orders(&effects), [order], "{action:?}");
    }
    let prefs = session.prefs();
    assert_eq!(
        (prefs.volume, prefs.speed, prefs.is_muted),
        (0.0, 0.25, true)
    );
}

#[test]
fn grades_are_saved_at_once_and_can_be_taken_back() {
    let mut session = session_with_labels();
    let clips = Selection {
        first: ClipIndex(1),
        last: ClipIndex(2),
    };
    assert_effects!(perform(&mut session, Teach::Select(Some(clips))), []);
    assert_eq!(session.view().side, Side::Teach, "it is shown");
    let saved = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::Worker(Command::SaveLabels(labels))] => labels.labels.n_labels(),
        _ => panic!("{effects:?}"),
    };
    let good = Teach::Grade(None, Some(Grade::Good));
    assert_eq!(saved(perform(&mut session, good.clone())), 2);
    assert_eq!(
        session.graded().unwrap().clips,
        [ClipIndex(1), ClipIndex(2)]
    );
    // Given somewhere else, the next grade must not change the same clips.
    assert_eq!(session.selection(), None, "the grade has used it up");
    perform(&mut session, Teach::Select(Some(clips)));
    assert_effects!(perform(&mut session, good), []);
    assert_eq!(session.selection(), None);
    let here = Some(Selection::one(ClipIndex(4)));
    let bad = Teach::Grade(here, Some(Grade::Bad));
    assert_eq!(saved(perform(&mut session, bad)), 3);
    assert_eq!(saved(perform(&mut session, Teach::Undo)), 2);
    assert_eq!(session.graded().unwrap().clips, [ClipIndex(4)]);
    assert_eq!(saved(perform(&mut session, Teach::Undo)), 0);
    let told: Vec<_> = session.notices().iter().map(|n| n.text.clone()).collect();
    let expected = "Undone: 2 clips of “a kite” at 0:02.0 – 0:06.0 are without a grade";
    assert_eq!(told, [expected], "only the last is of interest");
    assert_effects!(perform(&mut session, Teach::Undo), []);
    assert_eq!(saved(perform(&mut session, Teach::Redo)), 2);
}

#[test]
fn teaching_is_begun_for_the_selected_query_and_stopped_once() {
    let mut session = session_with_labels();
    let selected = session.selected().unwrap();
    assert_effects!(perform(&mut session, Teach::Stop), []);
    assert_effects!(
        perform(&mut session, Teach::Start),
        [Effect::Worker(Command::Teach { id }) if *id == selected]
    );
    assert_eq!(session.teaching().unwrap().query, selected);
    assert_effects!(
        perform(&mut session, Teach::Stop),
        [Effect::Worker(Command::StopTeaching)]
    );
    assert!(session.teaching().unwrap().is_stopping);
}

#[test]
fn a_video_is_looked_at_before_it_takes_the_place_of_another() {
    let (mut session, query) = session_with_answer();
    let path = Path::new("/films/b.mp4");
    assert_effects!(
        perform(&mut session, File::Open(path.to_owned())),
        [Effect::OpenVideo(opened) if opened == path]
    );
    assert_eq!(session.opening(), Some(path));
    assert!(session.lane(query).unwrap().answer.is_some(), "not yet");
    assert_effects!(
        session.show_video(path, info(20.0)),
        [
            Effect::IndexShown(_),
            Effect::SaveSettings,
            Effect::Title(title) if title == "b.mp4 – vcl",
        ]
    );
    assert_eq!(session.opening(), None);
    assert!(session.lane(query).unwrap().answer.is_none());
    assert_eq!(session.settings().recent[0], path);
    perform(&mut session, File::ForgetRecent);
    assert!(session.settings().recent.is_empty());
}

#[test]
fn words_are_changed_at_their_place() {
    let (mut session, kite) = session_with_answer();
    perform(&mut session, Find::Ask("a dog".to_owned()));
    let colour = session.lane(kite).unwrap().colour;
    assert_effects!(
        perform(&mut session, Find::Edit(kite)),
        [Effect::EditQueryField(words) if words == "a kite"]
    );
    assert_effects!(
        perform(&mut session, Find::Ask("a red kite".to_owned())),
        [
            Effect::ClearQueryField,
            Effect::Focus(Field::Query),
            Effect::Worker(Command::DropQuery { id }) if *id == kite,
            Effect::SaveSettings,
            Effect::Worker(Command::Search { id, .. }) if *id != kite,
        ]
    );
    let first = &session.lanes()[0];
    assert_eq!((first.query.title(), first.colour), ("a red kite", colour));
    assert_eq!(session.lanes().len(), 2);
    assert_eq!(session.selected(), Some(first.id));
    // Left without Enter, everything is as before.
    let changed = session.lanes()[0].id;
    perform(&mut session, Find::Edit(changed));
    assert_effects!(
        perform(&mut session, Find::LeaveField),
        [Effect::ClearQueryField]
    );
    assert_effects!(
        perform(&mut session, Find::Ask("a boat".to_owned())),
        [
            Effect::ClearQueryField,
            Effect::SaveSettings,
            Effect::Worker(Command::Search { .. }),
        ]
    );
    assert_eq!(session.lanes().len(), 3);
}

#[test]
fn who_types_goes_on_typing() {
    let mut session = Session::default();
    session.note_asking(true);
    let effects = perform(&mut session, Find::Ask("a kite".to_owned()));
    assert!(
        matches!(
            effects[..2],
            [Effect::ClearQueryField, Effect::Focus(Field::Query)]
        ),
        "{effects:?}"
    );
}

#[test]
fn queries_are_many_and_reordered_and_closed_at_once() {
    let mut session = Session::default();
    for i in 0..12 {
        perform(&mut session, Find::Ask(format!("query {i}")));
    }
    assert_eq!(session.lanes().len(), 12);
    let n_of_colour = |colour| {
        let lanes = session.lanes().iter();
        lanes.filter(|lane| lane.colour == colour).count()
    };
    assert!((0..7).all(|colour| (1..=2).contains(&n_of_colour(colour))));
    let last = session.lanes()[11].id;
    perform(&mut session, Find::Move(last, 0));
    assert_eq!(session.lanes()[0].id, last);
    perform(&mut session, Find::Move(last, 99));
    assert_eq!(session.lanes()[11].id, last);
    let effects = perform(&mut session, Find::RemoveAll);
    assert_eq!(effects.len(), 12);
    assert!(session.lanes().is_empty() && session.selected().is_none());
}

#[test]
fn what_is_ticked_and_the_ends_by_hand_are_exported() {
    let (mut session, kite) = session_with_answer();
    let spans = |session: &Session| -> Vec<_> {
        let document = session.export_document().unwrap();
        let moments = document.queries.into_iter().flat_map(|query| query.moments);
        moments.map(|moment| moment.span).collect()
    };
    let found = spans(&session);
    assert_eq!(found.len(), 2);
    perform(&mut session, Find::Tick(kite, found[1], false));
    assert_eq!(spans(&session), found[..1]);
    assert_eq!(session.n_exported(), 1);
    perform(&mut session, Find::Tick(kite, found[1], true));
    let ends = TimeSpan::new(2.5, 5.0);
    perform(&mut session, Find::SetEnds(kite, found[0], ends));
    assert_eq!(spans(&session), [ends, found[1]]);
    // Dragged on, it is still the same moment; nothing is shorter than nothing.
    let wider = TimeSpan::new(1.0, 5.0);
    perform(&mut session, Find::SetEnds(kite, ends, wider));
    perform(
        &mut session,
        Find::SetEnds(kite, wider, TimeSpan::new(4.0, 1.0)),
    );
    assert_eq!(spans(&session), [wider, found[1]]);
    // Forming the moments again keeps them.
    let threshold = session.lane(kite).unwrap().threshold();
    perform(&mut session, Find::SetThreshold(kite, threshold));
    assert_eq!(spans(&session), [wider, found[1]]);
    perform(&mut session, File::ExportTop(Some(1)));
    assert_eq!(spans(&session), [wider]);
}

#[test]
fn a_range_by_hand_is_exported() {
    let (mut session, _) = session_with_answer();
    perform(&mut session, File::ExportScope(Scope::Range));
    assert_eq!(
        session.export_choice().scope,
        Scope::All,
        "nothing is selected"
    );
    let clips = Selection {
        first: ClipIndex(3),
        last: ClipIndex(4),
    };
    perform(&mut session, Teach::Select(Some(clips)));
    let document = session.export_document().unwrap();
    let moments = &document.queries[0].moments;
    assert_eq!(moments.len(), 1);
    assert_eq!(
        moments[0].span,
        TimeSpan::new(6.0, 9.5),
        "the video ends there"
    );
    assert_eq!(document.queries[0].query.title(), "a kite");
}

#[test]
fn changes_of_moments_are_kept_and_undone_in_one_row_with_labels() {
    let mut session = session_with_labels();
    let kite = session.lanes()[0].id;
    let spans = |session: &Session| session.moments_in_time();
    let found = spans(&session);
    let kept = |effects: &[Effect]| {
        let edits = effects.iter().find_map(|effect| match effect {
            Effect::Worker(Command::SaveMoments(moments)) => Some(moments.edits.clone()),
            _ => None,
        });
        edits.map(|edits| edits.is_empty())
    };
    // A drag is one change, however many steps it has.
    let mut span = found[0];
    for start_secs in [1.8, 1.6, 1.52] {
        let ends = TimeSpan::new(start_secs, found[0].end_secs);
        let effects = perform(&mut session, Find::SetEnds(kite, span, ends));
        assert_eq!(kept(&effects), None);
        span = ends;
    }
    let effects = perform(&mut session, Find::KeepEnds(kite));
    assert_eq!(kept(&effects), Some(false));
    assert_eq!(
        kept(&perform(&mut session, Find::KeepEnds(kite))),
        None,
        "nothing new"
    );
    perform(&mut session, Teach::Grade(None, Some(Grade::Good)));
    perform(&mut session, Find::Tick(kite, span, false));
    let clips = Selection::one(ClipIndex(2));
    perform(&mut session, Teach::Select(Some(clips)));
    perform(&mut session, Find::AddMoment);
    assert_eq!(spans(&session).len(), 3);
    assert_eq!(session.n_exported(), 2);
    perform(&mut session, Teach::Undo);
    assert_eq!(spans(&session).len(), 2);
    perform(&mut session, Teach::Undo);
    assert!(session.lane(kite).unwrap().is_ticked(span));
    assert!(session.selected_labels().is_some());
    perform(&mut session, Teach::Undo);
    assert!(session.selected_labels().is_none());
    let effects = perform(&mut session, Teach::Undo);
    assert_eq!(kept(&effects), Some(true), "nothing is changed any more");
    assert_eq!(spans(&session), found);
    for _ in 0..5 {
        perform(&mut session, Teach::Redo);
    }
    assert_eq!(spans(&session).len(), 3);
    assert!(session.selected_labels().is_some());
}

#[test]
fn what_was_changed_of_moments_earlier_is_there_again() {
    let (mut session, kite) = session_with_answer();
    let found = session.moments_in_time();
    let ends = TimeSpan::new(2.2, 4.4);
    let mut edits = crate::domain::MomentEdits::default();
    edits.set_ends(found[0], ends, 9.5);
    let query = session.lane(kite).unwrap().query.clone();
    let video = session.video.as_ref().unwrap().id;
    session.apply(Event::MomentEdits {
        video,
        edits: vec![(query, edits)],
    });
    assert_eq!(session.moments_in_time()[0], ends);
    // A better answer to the same query keeps them.
    session.apply(found_again(video, kite));
    assert_eq!(session.moments_in_time()[0], ends);
}

fn found_again(video: crate::worker::VideoId, query: crate::worker::QueryId) -> Event {
    found(video, query, &[0.1, 0.5, 0.1, 0.4, 0.4])
}

#[test]
fn changes_of_the_picture_are_looked_for_once() {
    let (mut session, _) = session_with_answer();
    let video = session.video.as_ref().unwrap().id;
    assert_effects!(
        perform(&mut session, Find::LookForChanges(4.0)),
        [Effect::LookForChanges(id, _, span) if *id == video && *span == TimeSpan::new(1.0, 7.0)]
    );
    assert_effects!(perform(&mut session, Find::LookForChanges(4.5)), []);
    session.note_changes(video, vec![3.88]);
    let open = session.video.as_ref().unwrap();
    assert_eq!(open.moments.changes_secs(), [3.88]);
}
