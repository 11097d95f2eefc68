//! The buttons under the picture.

use egui::{Align, ComboBox, Layout, RichText, Slider, Ui};

use crate::app::action::{Action, Actions};
use crate::app::icons::Icon;
use crate::app::session::Session;
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, Look};
use crate::domain::{Grade, format_timestamp};

/// What the speed menu offers.
pub const SPEEDS: [f64; 9] = [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0];

/// Narrower than this, the slider of the volume makes room.
const ROOM_FOR_ALL: f32 = 620.0;

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    is_fullscreen: bool,
    palette: &Palette,
    actions: &mut Actions,
) {
    let playback = &session.playback;
    let has_room = ui.available_width() >= ROOM_FOR_ALL;
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
            Action::TogglePlay,
        );
        button(
            ui,
            actions,
            IconButton::new(Icon::FrameBack, "One frame back").hint(","),
            Action::StepFrames(-1),
        );
        button(
            ui,
            actions,
            IconButton::new(Icon::FrameForward, "One frame on").hint("."),
            Action::StepFrames(1),
        );
        ui.add_space(6.0);
        let now = RichText::new(format_timestamp(playback.position_secs)).color(palette.text);
        ui.label(now.monospace());
        let total = format!(" / {}", format_timestamp(session.duration_secs()));
        ui.label(RichText::new(total).monospace().color(palette.weak_text));
        thumbs(ui, session, actions);

        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let fullscreen = if is_fullscreen {
                IconButton::new(Icon::Windowed, "Leave fullscreen")
            } else {
                IconButton::new(Icon::Fullscreen, "Fullscreen")
            };
            button(ui, actions, fullscreen.hint("F"), Action::ToggleFullscreen);
            if has_room {
                volume_slider(ui, playback.volume, playback.is_muted, actions);
            }
            let mute = if playback.is_muted {
                IconButton::new(Icon::Muted, "Sound on")
            } else {
                IconButton::new(Icon::Volume, "Mute")
            };
            button(ui, actions, mute.hint("M"), Action::ToggleMute);
            speed_menu(ui, playback.speed, actions);
            let repeat = if playback.looped.is_some() {
                IconButton::new(Icon::Loop, "Stop repeating").look(Look::On)
            } else {
                IconButton::new(Icon::Loop, "Repeat this moment")
            };
            button(ui, actions, repeat.hint("R"), Action::ToggleLoop);
            button(
                ui,
                actions,
                IconButton::new(Icon::Next, "Next moment").hint("Down"),
                Action::NextMoment,
            );
            button(
                ui,
                actions,
                IconButton::new(Icon::Previous, "Previous moment").hint("Up"),
                Action::PreviousMoment,
            );
        });
    });
}

fn button(ui: &mut Ui, actions: &mut Actions, button: IconButton<'_>, action: Action) {
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
    let is_open = session
        .video
        .as_ref()
        .is_some_and(|video| video.labels.is_open());
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
        let action = Action::Grade(None, (!is_given).then_some(grade));
        button(ui, actions, thumb.enabled(is_open), action);
    }
}

fn volume_slider(ui: &mut Ui, volume: f64, is_muted: bool, actions: &mut Actions) {
    let mut shown = if is_muted { 0.0 } else { volume };
    let response = ui.scope(|ui| {
        // The height of a slider is the size of its handle.
        ui.spacing_mut().interact_size.y = 18.0;
        ui.add(Slider::new(&mut shown, 0.0..=1.0).show_value(false))
    });
    let response = response.inner.accessible_name("Volume");
    if response.changed() {
        if is_muted {
            actions.push(Action::ToggleMute);
        }
        actions.push(Action::SetVolume(shown));
    }
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
                    actions.push(Action::SetSpeed(choice));
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

/// The usual speed next to this one, in the direction of `by`.
pub fn neighbouring_speed(speed: f64, by: i32) -> f64 {
    let nearest = SPEEDS
        .iter()
        .enumerate()
        .min_by(|(_, a), (_, b)| (*a - speed).abs().total_cmp(&(*b - speed).abs()))
        .map_or(0, |(i, _)| i);
    let last = SPEEDS.len() as i32 - 1;
    SPEEDS[(nearest as i32 + by).clamp(0, last) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_go_up_and_down_and_stop_at_the_ends() {
        assert_eq!(neighbouring_speed(1.0, 1), 1.25);
        assert_eq!(neighbouring_speed(1.0, -1), 0.75);
        assert_eq!(neighbouring_speed(4.0, 1), 4.0);
        assert_eq!(neighbouring_speed(0.25, -1), 0.25);
        assert_eq!(neighbouring_speed(1.9, 1), 3.0);
    }
}
