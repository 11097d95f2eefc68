//! Models, files, and what is on the screen.

use super::*;
use crate::app::action::{Model, View};
use crate::app::effect::{Content, Menu};
use crate::app::playback::Now;
use crate::app::session::tests::show;
use crate::app::session::{Indexing, ModelState};
use crate::app::settings::Theme;
use crate::engine::ModelChoice;
use crate::export::{FORMATS, FileFormat};
use crate::model::DeviceChoice;
use crate::worker::PromptEdit;

#[test]
fn a_choice_of_model_is_remembered_and_ends_that_of_the_command_line() {
    let tiny = ModelChoice::Named("tiny".into());
    let this_time = ThisTime {
        model: Some(tiny.clone()),
        device: Some(DeviceChoice::Cpu),
        ..ThisTime::default()
    };
    let mut session = Session::new(Settings::default(), this_time);
    assert_eq!(session.model_choice(), tiny);
    let effects = perform(&mut session, Model::UseDevice(DeviceChoice::Gpu));
    let [
        Effect::SaveSettings,
        Effect::Worker(Command::UseModel { model, device, .. }),
    ] = effects.as_slice()
    else {
        panic!("{effects:?}");
    };
    assert_eq!((model, *device), (&tiny, DeviceChoice::Gpu));
    assert_eq!(session.settings().device, DeviceChoice::Gpu);
    assert_eq!(session.settings().model, None, "it was only for this time");
    perform(&mut session, Model::Use(ModelChoice::Bundled));
    assert_eq!(session.model_choice(), ModelChoice::Bundled);
    assert!(matches!(session.model(), ModelState::Loading));
    let effects = session.note_downloaded(&"somebody/some-clip".parse().unwrap());
    assert_effects!(
        effects,
        [
            Effect::ListModels,
            Effect::SaveSettings,
            Effect::Worker(Command::UseModel { .. }),
        ]
    );
    let kept = session.settings().model.as_deref();
    assert_eq!(kept, Some("somebody/some-clip"));
}

fn format(extension: &str) -> FileFormat {
    let mut formats = FORMATS.iter().copied();
    formats
        .find(|format| format.extension == extension)
        .unwrap()
}

#[test]
fn files_are_written_elsewhere_and_never_over_the_video() {
    let mut session = Session::default();
    let file = PathBuf::from("/moments.csv");
    let export = File::ExportTo(format("csv"), file.clone());
    assert_effects!(perform(&mut session, export.clone()), []);
    let (mut session, _) = session_with_answer();
    let content = |effects: Vec<Effect>| match effects.into_iter().next() {
        Some(Effect::Write(write)) => {
            assert_eq!(write.file, file);
            assert_eq!(write.videos, [Path::new("a.mp4")]);
            write.what
        }
        other => panic!("{other:?}"),
    };
    let moments = content(perform(&mut session, export));
    assert!(matches!(moments, Content::Moments(format, document)
            if format.extension == "csv" && document.queries.len() == 1));
    for action in [
        Teach::ExportLabelsTo(file.clone()),
        Teach::EditPrompts(PromptEdit::Export {
            name: "mine".to_owned(),
            file: file.clone(),
        }),
    ] {
        let what = content(perform(&mut session, action));
        assert!(matches!(what, Content::FromWorker(_)), "{what:?}");
    }
}

#[test]
fn paths_are_asked_for_near_the_video() {
    let mut session = Session::default();
    assert_effects!(perform(&mut session, File::ExportCuts), []);
    show(&mut session, "/films/a.mp4", info(9.5));
    let first = Selection::one(ClipIndex(0));
    perform(&mut session, Teach::Select(Some(first)));
    for (action, expected) in [
        (File::Choose, "/films/"),
        (File::Export(format("srt")), "/films/a.srt"),
        (File::ExportCuts, "/films"),
    ] {
        let effects = perform(&mut session, action.clone());
        let [Effect::Ask(_, suggestion)] = effects.as_slice() else {
            panic!("{effects:?}");
        };
        assert_eq!(suggestion.as_os_str(), expected, "{action:?}");
    }
}

#[test]
fn escape_closes_what_lies_on_top_one_after_the_other() {
    let (mut session, _) = session_with_answer();
    assert_effects!(
        perform(&mut session, View::ToggleFullscreen),
        [Effect::Fullscreen(true)]
    );
    perform(
        &mut session,
        Teach::Select(Some(Selection::one(ClipIndex(0)))),
    );
    session.notices.error("wrong");
    perform(&mut session, Find::Ask(String::new()));
    perform(&mut session, View::ShowGoTo);
    session.ask_path(Wish::Video, "/".into());
    perform(&mut session, View::ToggleKeys);
    let left = |session: &Session| {
        let view = session.view();
        [
            view.shows_keys,
            view.path_question.is_some(),
            view.shows_go_to,
            view.query_problem.is_some(),
            !session.notices().is_empty(),
            session.selection().is_some(),
            view.is_fullscreen,
        ]
    };
    for n_closed in 0..7 {
        let expected: Vec<_> = (0..7).map(|i| i >= n_closed).collect();
        assert_eq!(left(&session).to_vec(), expected);
        let effects = perform(&mut session, View::Escape);
        assert_eq!(effects.len(), usize::from(n_closed == 6), "{effects:?}");
    }
    assert_eq!(left(&session), [false; 7]);
    assert_effects!(perform(&mut session, View::Escape), []);
}

#[test]
fn the_look_is_remembered_within_bounds() {
    let mut session = Session::default();
    assert_effects!(
        perform(&mut session, View::Theme(Theme::Light)),
        [Effect::Theme(Theme::Light), Effect::SaveSettings]
    );
    for _ in 0..40 {
        perform(&mut session, View::Zoom(1));
    }
    assert_eq!(session.settings().zoom, 3.0);
    assert_effects!(
        perform(&mut session, View::Zoom(0)),
        [Effect::Zoom(zoom) if *zoom == 1.0]
    );
}

#[test]
fn what_needs_a_video_or_moments_waits_for_them() {
    let mut session = Session::default();
    for action in [
        View::ToggleFullscreen,
        View::ToggleExportMenu,
        View::ShowGoTo,
    ] {
        assert_effects!(perform(&mut session, action), []);
    }
    let (mut session, _) = session_with_answer();
    assert_effects!(
        perform(&mut session, View::ToggleExportMenu),
        [Effect::ToggleMenu(Menu::Export)]
    );
    assert_effects!(
        perform(&mut session, Find::ResumeIndexing),
        [Effect::Worker(Command::ResumeIndexing)]
    );
    let video = session.video().unwrap();
    assert!(matches!(video.indexing, Indexing::Starting));
}

#[test]
fn a_video_without_sound_and_a_machine_without_sound_are_told_apart() {
    let mut session = Session::default();
    assert_eq!(session.why_silent(), None);
    show(&mut session, "a.mp4", info(9.5));
    assert_eq!(session.why_silent(), Some("This video has no sound"));
    let mut with_sound = info(9.5);
    with_sound.n_audio_channels = 2;
    show(&mut session, "b.mp4", with_sound);
    assert_eq!(session.why_silent(), None);
    session.note_player(Now {
        position_secs: 0.0,
        is_playing: true,
        is_silenced: true,
    });
    let why = session.why_silent().unwrap();
    assert!(why.starts_with("No sound device"), "{why}");
}
