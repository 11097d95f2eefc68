//! What the window shows before there is a video: what to do.

use egui::{Align, Layout, RichText, Sense, Ui, vec2};

use crate::app::action::{Actions, File};
use crate::app::icons::{self, Icon};
use crate::app::session::Session;
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, Look, elided};
use crate::domain::file_name;

/// What comes after the video.
fn next_step(session: &Session) -> String {
    let words: Vec<_> = session
        .lanes()
        .iter()
        .map(|lane| format!("“{}”", lane.query))
        .collect();
    match words.as_slice() {
        [] => "then say in a few words what to look for, and see where it happens".to_owned(),
        words => format!("and it is searched for {}", words.join(", ")),
    }
}

const MAX_RECENT: usize = 5;

/// Picture, words and button.
const INVITATION_HEIGHT: f32 = 192.0;

/// Above the recent videos, with their heading.
const RECENT_HEIGHT: f32 = 46.0;

/// Of one recent video.
const ROW_HEIGHT: f32 = 34.0;

pub fn ui(ui: &mut Ui, session: &Session, is_hovered_by_file: bool, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let recent = &session.settings().recent;
    let area = ui.available_rect_before_wrap();
    let frame = area.shrink(28.0_f32.min(0.06 * area.height()));
    // As many recent videos as there is room for.
    let room = frame.height() - 24.0 - INVITATION_HEIGHT - RECENT_HEIGHT;
    let n_recent = ((room / ROW_HEIGHT).max(0.0) as usize)
        .min(recent.len())
        .min(MAX_RECENT);
    let mut content_height = INVITATION_HEIGHT;
    if n_recent > 0 {
        content_height += RECENT_HEIGHT + ROW_HEIGHT * n_recent as f32;
    }
    let colour = if is_hovered_by_file {
        palette.accent
    } else {
        palette.line
    };
    let corners = [
        frame.left_top(),
        frame.right_top(),
        frame.right_bottom(),
        frame.left_bottom(),
        frame.left_top(),
    ];
    let stroke = egui::Stroke::new(if is_hovered_by_file { 2.5 } else { 1.5 }, colour);
    ui.painter()
        .extend(egui::Shape::dashed_line(&corners, stroke, 8.0, 7.0));

    let content = egui::Rect::from_center_size(
        area.center(),
        vec2(
            600.0_f32.min(frame.width()),
            content_height.min(frame.height()),
        ),
    );
    let builder = egui::UiBuilder::new()
        .max_rect(content)
        .layout(Layout::top_down(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.y = 10.0;
        let (icon, _) = ui.allocate_exact_size(vec2(64.0, 64.0), Sense::hover());
        icons::paint(ui.painter(), icon, Icon::Film, 56.0, palette.accent);
        if let Some(path) = session.opening() {
            ui.label(RichText::new(format!("Opening {}…", file_name(path))).heading());
            return;
        }
        ui.label(
            RichText::new("Drop a video here")
                .heading()
                .color(palette.text),
        );
        ui.label(RichText::new(next_step(session)).color(palette.weak_text));
        ui.add_space(6.0);
        let open = IconButton::with_text(Icon::Open, "Open a video…")
            .look(Look::Primary)
            .size(38.0)
            .hint("Ctrl+O")
            .show(ui);
        if open.clicked() {
            actions.push(File::Choose);
        }
        if n_recent > 0 {
            ui.add_space(14.0);
            ui.label(RichText::new("Recent").small().color(palette.weak_text));
            ui.spacing_mut().item_spacing.y = 2.0;
            for path in recent.iter().take(n_recent) {
                let name = file_name(path);
                let words = elided(ui, &name, &egui::TextStyle::Body, palette.text, 340.0);
                let button = egui::Button::new(words).frame_when_inactive(false);
                let response = ui.add(button).on_hover_text(path.display().to_string());
                if response.clicked() {
                    actions.push(File::Open(path.clone()));
                }
            }
        }
    });
}
