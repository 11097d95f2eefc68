use super::*;
use crate::domain::{self, Query, SaliencyCurve};
use crate::find::{Answer, Way};
use crate::learn::Verdict;
use crate::video::Orientation;
use crate::worker::{Event, Lesson};

pub(super) fn info(duration_secs: f64) -> VideoInfo {
    VideoInfo {
        duration_secs,
        frame_rate: Some((25, 1)),
        is_rate_average: false,
        width: 640,
        height: 360,
        codec: "H.264".to_owned(),
        n_audio_channels: 0,
        orientation: Orientation::default(),
        stored_size: (640, 360),
        pixel_aspect: (1, 1),
        start_timecode: None,
        video_start_secs: 0.0,
    }
}

pub(super) fn show(session: &mut Session, path: &str, info: VideoInfo) -> VideoId {
    session.show_video(Path::new(path), info);
    session.video.as_ref().unwrap().id
}

pub(super) fn found(video: VideoId, query: QueryId, cosines: &[f32]) -> Event {
    let cosines = SaliencyCurve::new(cosines.to_vec());
    // As if calibrated.
    let saliency = cosines.calibrated(2.0, -0.1);
    let mut answer = Answer::of_curve(saliency, &Way::default(), 9.5).unwrap();
    answer.present = 0.9;
    Event::Found {
        video,
        query,
        answer: Box::new(answer),
        n_clips_done: 0,
        is_final: true,
    }
}

pub(super) fn session_with_answer() -> (Session, QueryId) {
    let mut session = Session::default();
    let video = show(&mut session, "a.mp4", info(9.5));
    let (query, _) = session.add_query(words(" a  kite ")).unwrap().unwrap();
    session.apply(found(video, query, &[0.1, 0.5, 0.1, 0.4, 0.4]));
    (session, query)
}

fn words(text: &str) -> Query {
    Query::new(text).unwrap()
}

#[test]
fn a_lane_says_what_it_waits_for() {
    let mut session = Session::default();
    assert!(session.waiting_for().starts_with("Open a video"));
    let video = show(&mut session, "a.mp4", info(10.0));
    assert_eq!(session.waiting_for(), "Searching…");
    session.apply(Event::IndexingCancelled { video });
    assert_eq!(session.waiting_for(), "Nothing is indexed");
}

#[test]
fn answers_about_another_video_or_query_are_dropped() {
    let mut session = Session::default();
    let old = show(&mut session, "a.mp4", info(10.0));
    let (query, _) = session.add_query(words("a kite")).unwrap().unwrap();
    let new = show(&mut session, "b.mp4", info(20.0));
    session.apply(found(old, query, &[0.1, 0.2]));
    session.apply(Event::VideoFailed {
        video: old,
        message: "gone".to_owned(),
    });
    assert!(session.lane(query).unwrap().answer.is_none());
    assert!(session.notices.is_empty());
    session.apply(found(new, query, &[0.1, 0.2]));
    assert!(session.lane(query).unwrap().answer.is_some());
    session.remove_query(query);
    session.apply(found(new, query, &[0.1, 0.2]));
    assert!(session.lanes.is_empty());
}

#[test]
fn the_threshold_forms_moments_that_end_with_the_video() {
    let (mut session, query) = session_with_answer();
    let spans = |session: &Session| -> Vec<_> {
        let spans = session.moments_in_time();
        spans.iter().map(|s| (s.start_secs, s.end_secs)).collect()
    };
    assert_eq!(session.lanes[0].threshold(), Some(0.725));
    assert_eq!(spans(&session), [(2.0, 4.0), (6.0, 9.5)]);
    session.set_threshold(query, Some(0.9));
    assert_eq!(spans(&session), [(2.0, 4.0)]);
    session.set_threshold(query, Some(-1.0));
    assert_eq!(spans(&session), [(0.0, 9.5)]);
}

#[test]
fn the_threshold_line_lies_on_the_calibrated_curve() {
    let (session, _) = session_with_answer();
    let lane = &session.lanes[0];
    let at = lane.threshold_level().unwrap();
    assert!((at - (0.1 + 0.725 * 0.8)).abs() < 1e-6, "{at}");
    assert!((lane.threshold_at(at).unwrap() - lane.threshold().unwrap()).abs() < 1e-6);
}

#[test]
fn neighbouring_moments_are_found_from_any_place() {
    let (session, _) = session_with_answer();
    assert_eq!(session.moment_after(0.0).unwrap().start_secs, 2.0);
    assert_eq!(session.moment_after(2.05).unwrap().start_secs, 6.0);
    assert_eq!(session.moment_after(6.0), None);
    assert_eq!(session.moment_before(6.04).unwrap().start_secs, 2.0);
    assert_eq!(session.moment_before(1.0), None);
}

#[test]
fn queries_are_refused_in_plain_words_and_keep_their_colours() {
    let mut session = Session::default();
    assert_eq!(
        Query::new("  ").unwrap_err().to_string(),
        "the query is empty: say in a few words what to look for"
    );
    let ids: Vec<_> = (0..queries::MAX_LANES)
        .map(|i| {
            session
                .add_query(words(&format!("query {i}")))
                .unwrap()
                .unwrap()
                .0
        })
        .collect();
    assert_eq!(
        session.add_query(words("more")),
        Err(AddQueryError::TooMany)
    );
    assert_eq!(
        session.add_query(words("query 2")),
        Ok(None),
        "only selected"
    );
    assert_eq!(session.selected, Some(ids[2]));
    session.remove_query(ids[2]);
    assert_eq!(session.selected, Some(ids[3]));
    session.add_query(words("more")).unwrap();
    let mut colours: Vec<_> = session.lanes.iter().map(|lane| lane.colour).collect();
    assert_eq!(colours.pop(), Some(2), "the free colour is used again");
}

#[test]
fn a_lane_shows_what_its_answer_says_and_one_guess_where_it_doubts() {
    let (mut session, query) = session_with_answer();
    let said = |session: &Session| {
        let lane = &session.lanes[0];
        let found = lane.answer.as_ref().unwrap().result.found(None);
        assert_eq!(lane.moments, found.moments);
        assert_eq!(lane.verdict, Some(found.verdict));
        (found.verdict, found.moments.len())
    };
    assert_eq!(said(&session), (domain::Verdict::Moments, 2));
    let video = session.video.as_ref().unwrap().id;
    let mut event = found(video, query, &[0.1, 0.5, 0.1, 0.4, 0.4]);
    if let Event::Found { answer, .. } = &mut event {
        answer.present = 0.1;
    }
    session.apply(event);
    assert_eq!(said(&session), (domain::Verdict::ProbablyNotHere, 1));
    session.set_threshold(query, Some(0.5));
    assert_eq!(session.lanes[0].moments.len(), 2, "asked for");
    session.set_threshold(query, None);
    assert_eq!(said(&session).1, 1);
}

#[test]
fn an_export_holds_what_is_on_screen() {
    let (mut session, query) = session_with_answer();
    session.set_threshold(query, Some(0.9));
    let document = session.export_document().unwrap();
    assert_eq!(document.queries.len(), 1);
    assert_eq!(document.queries[0].moments, session.lanes[0].moments);
    assert!(document.video.is_absolute());
}

#[test]
fn an_export_leaves_out_what_is_probably_not_there() {
    let (mut session, first) = session_with_answer();
    let video = session.video.as_ref().unwrap().id;
    let (second, _) = session.add_query(words("a dragon")).unwrap().unwrap();
    let Event::Found {
        video,
        query,
        mut answer,
        n_clips_done,
        is_final,
    } = found(video, second, &[0.1, 0.2, 0.1, 0.2, 0.1])
    else {
        unreachable!()
    };
    answer.present = 0.1;
    session.apply(Event::Found {
        video,
        query,
        answer,
        n_clips_done,
        is_final,
    });
    let exported =
        |session: &Session| -> Vec<_> { session.exported_lanes().map(|lane| lane.id).collect() };
    assert_eq!(exported(&session), [first]);
    session.export.scope = Scope::Selected;
    assert_eq!(exported(&session), [second], "it was asked for");
    session.export.scope = Scope::All;
    session.remove_query(first);
    assert_eq!(exported(&session), [second], "there is nothing else");
}

#[test]
fn words_differ_only_in_more_than_capitals() {
    let (mut session, query) = session_with_answer();
    assert_eq!(session.add_query(words("A Kite")), Ok(None));
    assert_eq!(session.selected, Some(query));
}

#[test]
fn what_was_learned_is_known_by_its_new_name() {
    let (mut session, query) = session_with_answer();
    let lesson = Lesson {
        prompt: "kite, kept aside".to_owned(),
        verdict: Verdict::NotBetter,
        before: None,
        after: None,
        n_labels: 12,
        n_videos: 1,
    };
    session.apply(Event::Taught { id: query, lesson });
    session.apply(Event::PromptRenamed {
        name: "kite, kept aside".to_owned(),
        new_name: "kite".to_owned(),
    });
    assert_eq!(
        session.taught_prompt(&session.lanes[0]).as_deref(),
        Some("kite")
    );
}

#[test]
fn a_video_that_opens_removes_the_notice_of_the_last_failure() {
    let mut session = Session::default();
    session.notices.error("the disk is full");
    session.cannot_open("a.txt is not a video".to_owned());
    show(&mut session, "a.mp4", info(9.5));
    let texts: Vec<_> = session.notices.iter().map(|notice| &notice.text).collect();
    assert_eq!(texts, ["The disk is full"]);
}
