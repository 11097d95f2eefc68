//! What the window shows before there is a video: what to do.

use egui::{Align, Layout, RichText, Sense, Ui, vec2};

use crate::app::action::{Actions, File, Library};
use crate::app::demo;
use crate::app::icons::{self, Icon};
use crate::app::panels::recent;
use crate::app::pictures::Pictures;
use crate::app::session::Session;
use crate::app::theme::{GAP, Palette};
use crate::app::widgets::{IconButton, Look};
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

/// Picture, words and buttons.
const INVITATION_HEIGHT: f32 = 170.0;

/// The demo and what can be asked of it.
const DEMO_HEIGHT: f32 = 78.0;

/// Above the recent videos, with their heading.
const RECENT_HEIGHT: f32 = 46.0;

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    pictures: &mut Pictures,
    is_hovered_by_file: bool,
    actions: &mut Actions,
) {
    let area = ui.available_rect_before_wrap();
    let frame = area.shrink(28.0_f32.min(0.05 * area.height()));
    frame_ui(ui, frame, is_hovered_by_file);

    // As many recent videos as there is room for.
    let recent = &session.settings().recent;
    let width = (frame.width() - 48.0).min(4.0 * (recent::CARD.x + GAP));
    let n_columns = ((width + GAP) / (recent::CARD.x + GAP)).max(1.0) as usize;
    let room = frame.height() - 16.0 - INVITATION_HEIGHT - DEMO_HEIGHT - RECENT_HEIGHT;
    let n_rows = (room / (recent::CARD.y + GAP)).clamp(0.0, 2.0) as usize;
    let n_recent = recent.len().min(n_columns * n_rows);
    let n_rows = n_recent.div_ceil(n_columns);
    let mut height = INVITATION_HEIGHT + DEMO_HEIGHT;
    if n_rows > 0 {
        height += RECENT_HEIGHT + n_rows as f32 * (recent::CARD.y + GAP);
    }
    let size = vec2(frame.width() - 24.0, height.min(frame.height()));
    let content = egui::Rect::from_center_size(area.center(), size);
    let builder = egui::UiBuilder::new()
        .max_rect(content)
        .layout(Layout::top_down(Align::Center));
    ui.scope_builder(builder, |ui| {
        if !invitation(ui, session, actions) {
            return;
        }
        demo_ui(ui, actions);
        if n_recent == 0 {
            return;
        }
        let palette = Palette::of(ui);
        ui.add_space(16.0);
        ui.label(RichText::new("Recent").small().color(palette.weak_text));
        for row in recent[..n_recent].chunks(n_columns) {
            let n = row.len() as f32;
            let width = n * recent::CARD.x + (n - 1.0) * GAP;
            let size = vec2(width, recent::CARD.y);
            ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.x = GAP;
                for path in row {
                    if recent::card(ui, path, pictures).clicked() {
                        actions.push(File::Open(path.clone()));
                    }
                }
            });
        }
    });
}

/// Where a file can be dropped.
fn frame_ui(ui: &Ui, frame: egui::Rect, is_hovered_by_file: bool) {
    let palette = Palette::of(ui);
    let (width, colour) = if is_hovered_by_file {
        (2.5, palette.accent)
    } else {
        (1.5, palette.line)
    };
    let corners = [
        frame.left_top(),
        frame.right_top(),
        frame.right_bottom(),
        frame.left_bottom(),
        frame.left_top(),
    ];
    let stroke = egui::Stroke::new(width, colour);
    ui.painter()
        .extend(egui::Shape::dashed_line(&corners, stroke, 8.0, 7.0));
}

/// `false` while a file is being opened: then there is nothing to invite to.
fn invitation(ui: &mut Ui, session: &Session, actions: &mut Actions) -> bool {
    let palette = Palette::of(ui);
    ui.spacing_mut().item_spacing.y = 8.0;
    let (icon, _) = ui.allocate_exact_size(vec2(52.0, 52.0), Sense::hover());
    icons::paint(ui.painter(), icon, Icon::Film, 48.0, palette.accent);
    if let Some(path) = session.opening() {
        ui.label(RichText::new(format!("Opening {}…", file_name(path))).heading());
        return false;
    }
    ui.label(
        RichText::new(match session.view().cannot_be_dropped_on {
            false => "Drop a video or a folder here",
            true => "Open a video, or paste one here",
        })
        .heading()
        .color(palette.text),
    );
    if session.view().cannot_be_dropped_on {
        let text = "Files cannot be dropped on it under Wayland: copy one, then press Ctrl+V";
        ui.label(RichText::new(text).small().color(palette.weak_text));
    }
    ui.label(RichText::new(next_step(session)).color(palette.weak_text));
    ui.add_space(2.0);
    ui.allocate_ui_with_layout(
        vec2(316.0, 38.0),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            let open = IconButton::with_text(Icon::Open, "Open a video…")
                .look(Look::Primary)
                .size(38.0)
                .hint("Ctrl+O");
            if open.show(ui).clicked() {
                actions.push(File::Choose);
            }
            let add = IconButton::with_text(Icon::Film, "Add a folder…")
                .size(38.0)
                .hint("All its videos are searched at once (Ctrl+Shift+O)");
            if add.show(ui).clicked() {
                actions.push(Library::AddFolder);
            }
        },
    );
    true
}

/// What the bundled model is good at.
fn demo_ui(ui: &mut Ui, actions: &mut Actions) {
    let palette = Palette::of(ui);
    ui.add_space(8.0);
    let text = "No video at hand? Ask the demo, a minute and a half of drawn scenes:";
    ui.label(RichText::new(text).small().color(palette.weak_text));
    let font = egui::TextStyle::Button.resolve(ui.style());
    let words = demo::QUERIES.map(|query| format!("“{query}”"));
    let text_width = |text: &String| {
        let galley = ui
            .painter()
            .layout_no_wrap(text.clone(), font.clone(), palette.text);
        galley.size().x + 24.0
    };
    let width = words.iter().map(text_width).sum::<f32>() + GAP;
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(vec2(width, 32.0), layout, |ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        for (words, query) in words.iter().zip(demo::QUERIES) {
            if IconButton::words(words).show(ui).clicked() {
                actions.push(File::OpenDemo(Some(query)));
            }
        }
    });
}
