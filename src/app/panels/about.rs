//! Which program this is, and whose work it stands on.

use egui::{Align2, RichText, ScrollArea, TextStyle, Ui, Window, vec2};

use crate::app::action::{Actions, View};
use crate::app::icons::Icon;
use crate::app::theme::Palette;
use crate::app::widgets::IconButton;
use crate::domain::{ICON_SVG, Part, VERSION, build_date, count, icon, parts};
use crate::video::gstreamer_version;

const WIDTH: f32 = 520.0;

/// Title, head, a line of words, and room around the window.
const ABOVE_LIST: f32 = 270.0;

/// Of the sign, in points.
const SIGN: f32 = 64.0;

#[derive(Default)]
pub struct State {
    sign: Option<egui::TextureHandle>,
    parts: Vec<Part>,
    /// The one whose licence is shown.
    shown: Option<Part>,
}

pub fn ui(ui: &Ui, state: &mut State, actions: &mut Actions) {
    let mut is_open = true;
    let screen = ui.ctx().content_rect();
    let width = WIDTH.min(screen.width() - 60.0);
    Window::new("About vcl")
        .open(&mut is_open)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .min_width(width)
        .show(ui.ctx(), |ui| {
            ui.set_width(width);
            head_ui(ui, state);
            ui.separator();
            let height = (screen.height() - ABOVE_LIST).clamp(60.0, 320.0);
            match state.shown {
                None => parts_ui(ui, height, state),
                Some(part) => licence_ui(ui, part, height, state),
            }
        });
    if !is_open {
        *state = State::default();
        actions.push(View::ToggleAbout);
    }
}

fn head_ui(ui: &mut Ui, state: &mut State) {
    let palette = Palette::of(ui);
    ui.horizontal_top(|ui| {
        let sign = state.sign.get_or_insert_with(|| sign(ui.ctx()));
        ui.image((sign.id(), vec2(SIGN, SIGN)));
        ui.add_space(6.0);
        ui.vertical(|ui| {
            let built = build_date().map_or_else(String::new, |date| format!(", built on {date}"));
            ui.label(RichText::new("vcl").heading().color(palette.text));
            ui.label(format!("Version {VERSION}{built}"));
            ui.label(gstreamer_version());
            let text = "Yours to use under the MIT licence or the Apache licence 2.0";
            ui.add(egui::Label::new(text).wrap());
        });
    });
}

/// As sharp as the screen.
fn sign(ctx: &egui::Context) -> egui::TextureHandle {
    let n_pixels = (SIGN * ctx.pixels_per_point()).round() as u32;
    let image = icon(n_pixels).map(|icon| {
        let size = [icon.width() as usize, icon.height() as usize];
        egui::ColorImage::from_rgba_premultiplied(size, icon.data())
    });
    debug_assert!(image.is_some(), "{} bytes of SVG", ICON_SVG.len());
    ctx.load_texture(
        "sign",
        image.unwrap_or_default(),
        egui::TextureOptions::LINEAR,
    )
}

fn parts_ui(ui: &mut Ui, room: f32, state: &mut State) {
    if state.parts.is_empty() {
        state.parts = parts().collect();
    }
    let palette = Palette::of(ui);
    let n_parts = count(state.parts.len(), "crate");
    let text = format!("It stands on GStreamer, on two fonts and on {n_parts} of others:");
    ui.label(RichText::new(text).color(palette.weak_text));
    let height = ui.text_style_height(&TextStyle::Body) + 6.0;
    let mut chosen = None;
    ScrollArea::vertical()
        .auto_shrink(false)
        .min_scrolled_height(room)
        .max_height(room)
        .show_rows(ui, height, state.parts.len(), |ui, rows| {
            for part in &state.parts[rows] {
                let text = format!("{} {}", part.name, part.version);
                ui.horizontal(|ui| {
                    ui.set_height(height - ui.spacing().item_spacing.y);
                    if ui.link(text).clicked() {
                        chosen = Some(*part);
                    }
                    ui.label(RichText::new(part.licence).small().color(palette.weak_text));
                });
            }
        });
    state.shown = chosen;
}

fn licence_ui(ui: &mut Ui, part: Part, room: f32, state: &mut State) {
    ui.horizontal(|ui| {
        if IconButton::new(Icon::Previous, "Back to the list")
            .show(ui)
            .clicked()
        {
            state.shown = None;
        }
        ui.label(RichText::new(format!(
            "{} {}: {}",
            part.name, part.version, part.licence
        )));
    });
    ScrollArea::vertical()
        .auto_shrink(false)
        .min_scrolled_height(room)
        .max_height(room)
        .show(ui, |ui| {
            let mut texts = part.texts().peekable();
            if texts.peek().is_none() {
                ui.label("Its package has no text beside this name.");
            }
            for text in texts {
                ui.add(egui::Label::new(RichText::new(text).monospace().small()).wrap());
                ui.add_space(12.0);
            }
        });
}
