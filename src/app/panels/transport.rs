//! The buttons under the picture.

use egui::{Align, ComboBox, Layout, Response, RichText, Slider, Ui};

use crate::app::action::{Action, Actions, Find, Play, Teach, View};
use crate::app::icons::Icon;
use crate::app::session::Session;
use crate::app::settings::{PlaybackPrefs, SPEEDS};
use crate::app::theme::Palette;
use crate::app::video_view::Picture;
use crate::app::widgets::{IconButton, Look};
use crate::domain::{Grade, format_timestamp};

/// Narrower than these, one after the other makes room.
const ROOM_FOR_FRAME_NUMBER: f32 = 770.0;
const ROOM_FOR_VOLUME: f32 = 690.0;
const ROOM_FOR_THUMBS: f32 = 590.0;
const ROOM_FOR_TOTAL: f32 = 515.0;
const ROOM_FOR_STEPS: f32 = 445.0;

/// Of the controls for sound where there is none.
const SILENT_OPACITY: f32 = 0.45;

pub fn ui(ui: &mut Ui, session: &Session, picture: &Picture, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let (playback, prefs) = (session.playback(), session.prefs());
    let width = ui.available_width();
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let play = if playback.is_playing {
            IconButton::new(Icon::Pause, "Pause")
        } else {
            IconButton::new(Icon::Play, "Play")
        };
        button(
            ui,
            actions,
            play.hint("Space").look(Look::Raised),
            Play::Toggle,
        );
        if width >= ROOM_FOR_STEPS {
            let back = IconButton::new(Icon::FrameBack, "One frame back").hint(",");
            button(ui, actions, back, Play::StepFrames(-1));
            let on = IconButton::new(Icon::FrameForward, "One frame on").hint(".");
            button(ui, actions, on, Play::StepFrames(1));
        }
        ui.add_space(6.0);
        let now = RichText::new(format_timestamp(playback.position_secs)).color(palette.text);
        ui.label(now.monospace());
        let total = format!(" / {}", format_timestamp(session.duration_secs()));
        let total = RichText::new(total).monospace().color(palette.weak_text);
        if width >= ROOM_FOR_TOTAL {
            ui.label(total);
        }
        if let Some(frame) =
            frame_number(session, picture).filter(|_| width >= ROOM_FOR_FRAME_NUMBER)
        {
            let text = format!(" · {frame}");
            let text = RichText::new(text).monospace().color(palette.weak_text);
            ui.label(text).on_hover_text("Frame, counted from 0");
        }
        if width >= ROOM_FOR_THUMBS {
            thumbs(ui, session, actions);
        }

        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let fullscreen = if session.view().is_fullscreen {
                IconButton::new(Icon::Windowed, "Leave fullscreen")
            } else {
                IconButton::new(Icon::Fullscreen, "Fullscreen")
            };
            button(ui, actions, fullscreen.hint("F"), View::ToggleFullscreen);
            sound(ui, session, width >= ROOM_FOR_VOLUME, actions);
            speed_menu(ui, prefs.speed, actions);
            let repeat = if playback.looped.is_some() {
                IconButton::new(Icon::Loop, "Stop repeating").look(Look::On)
            } else {
                IconButton::new(Icon::Loop, "Repeat this moment")
            };
            button(ui, actions, repeat.hint("R"), Play::ToggleLoop);
            button(
                ui,
                actions,
                IconButton::new(Icon::Next, "Next moment").hint("Down"),
                Find::NextMoment,
            );
            button(
                ui,
                actions,
                IconButton::new(Icon::Previous, "Previous moment").hint("Up"),
                Find::PreviousMoment,
            );
        });
    });
}

/// Of the frame on screen, where frames come at an even rate.
fn frame_number(session: &Session, picture: &Picture) -> Option<u64> {
    let (num, den) = session.video()?.info.frame_rate?;
    let per_sec = f64::from(num) / f64::from(den.max(1));
    Some((picture.time_secs()? * per_sec).round() as u64)
}

fn button(ui: &mut Ui, actions: &mut Actions, button: IconButton<'_>, action: impl Into<Action>) {
    if button.show(ui).clicked() {
        actions.push(action);
    }
}

/// What the user thinks of the clip under the playhead, or of those that are selected.
fn thumbs(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let Some(target) = session.grading_target() else {
        return;
    };
    if session.selected_lane().is_none() {
        return;
    }
    ui.add_space(6.0);
    let is_open = session.video().is_some_and(|video| video.labels.is_open());
    let given = session.common_grade(target);
    for (icon, name, key, grade) in [
        (Icon::ThumbUp, "It happens here", "+", Grade::VeryGood),
        (
            Icon::ThumbDown,
            "It does not happen here",
            "-",
            Grade::VeryBad,
        ),
    ] {
        let is_given = given == Some(grade);
        let look = if is_given { Look::On } else { Look::Plain };
        let thumb = IconButton::new(icon, name).hint(key).look(look);
        let action = Teach::Grade(None, (!is_given).then_some(grade));
        button(ui, actions, thumb.enabled(is_open), action);
    }
}

/// Pale where there is nothing to hear; the volume can be set for the next video all the same.
fn sound(ui: &mut Ui, session: &Session, has_room: bool, actions: &mut Actions) {
    let why_silent = session.why_silent();
    let opacity = ui.opacity();
    if why_silent.is_some() {
        ui.multiply_opacity(SILENT_OPACITY);
    }
    let PlaybackPrefs {
        volume, is_muted, ..
    } = session.prefs();
    if has_room {
        let slider = volume_slider(ui, volume, is_muted, actions);
        if let Some(why) = why_silent {
            slider.on_hover_text(why);
        }
    }
    let mut mute = if is_muted {
        IconButton::new(Icon::Muted, "Sound on")
    } else {
        IconButton::new(Icon::Volume, "Mute")
    };
    if let Some(why) = why_silent {
        mute = mute.note(why);
    }
    button(ui, actions, mute.hint("M"), Play::ToggleMute);
    ui.set_opacity(opacity);
}

fn volume_slider(ui: &mut Ui, volume: f64, is_muted: bool, actions: &mut Actions) -> Response {
    let mut shown = if is_muted { 0.0 } else { volume };
    let response = ui.scope(|ui| {
        // The height of a slider is the size of its handle.
        ui.spacing_mut().interact_size.y = 18.0;
        ui.add(Slider::new(&mut shown, 0.0..=1.0).show_value(false))
    });
    let response = response.inner.accessible_name("Volume");
    if response.changed() {
        if is_muted {
            actions.push(Play::ToggleMute);
        }
        actions.push(Play::Volume(shown));
    }
    response
}

fn speed_menu(ui: &mut Ui, speed: f64, actions: &mut Actions) {
    let response = ComboBox::from_id_salt("speed")
        .width(64.0)
        .height(320.0)
        .selected_text(speed_text(speed))
        .show_ui(ui, |ui| {
            for choice in SPEEDS {
                let is_current = (choice - speed).abs() < 1e-3;
                if ui
                    .selectable_label(is_current, speed_text(choice))
                    .clicked()
                {
                    actions.push(Play::Speed(choice));
                }
            }
        });
    response
        .response
        .accessible_name("Speed")
        .on_hover_text("Speed ([ and ])");
}

/// `1×`, `0.25×`.
fn speed_text(speed: f64) -> String {
    format!("{speed}×")
}
