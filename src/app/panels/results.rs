//! What was found for the selected query: the best clips and the moments.

use egui::{
    Align2, Color32, Rect, RichText, Role, ScrollArea, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::action::{Action, Actions};
use crate::app::colours::{heat, lane_colour};
use crate::app::icons::{self, Icon};
use crate::app::session::{Lane, Session, percent};
use crate::app::theme::{CORNER, Palette};
use crate::app::thumbnails::Thumbnails;
use crate::app::widgets::{IconButton, Look, elided, focus_ring};
use crate::domain::{ClipIndex, TimeSpan, format_timestamp};

const ROW_HEIGHT: f32 = 52.0;
const PICTURE: egui::Vec2 = vec2(74.0, 42.0);

/// The window shows so many; files carry all.
const MAX_MOMENTS: usize = 50;

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    thumbnails: &mut Thumbnails,
    palette: &Palette,
    actions: &mut Actions,
) {
    // A panel is as wide as what is in it.
    ui.set_min_width(ui.available_width());
    let Some(lane) = session.selected_lane() else {
        hint(ui, "What you look for is listed here, best first.", palette);
        return;
    };
    head(ui, lane, palette);
    let Some(answer) = &lane.answer else {
        let text = lane.error.as_deref().unwrap_or(if session.video.is_some() {
            "Searching…"
        } else {
            "Open a video to search it."
        });
        hint(ui, text, palette);
        return;
    };
    if lane.is_probably_present() == Some(false) {
        doubt(ui, answer.is_final, palette);
    }
    let jump = IconButton::with_text(Icon::Target, "Jump to highlight")
        .hint("H")
        .look(if lane.is_probably_present() == Some(true) {
            Look::Primary
        } else {
            Look::Raised
        })
        .show(ui);
    if jump.clicked() {
        actions.push(Action::JumpToHighlight);
    }
    ui.add_space(2.0);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        section(ui, "Moments", palette);
        if lane.moments.is_empty() {
            let text = "None at this threshold: drag the dashed line on the curve down.";
            hint(ui, text, palette);
        }
        for (i, moment) in lane.moments.iter().take(MAX_MOMENTS).enumerate() {
            let row = Row {
                title: format!("Moment {}", i + 1),
                span: moment.span,
                clip: best_clip(lane, moment.span),
                saliency: moment.score,
                is_looped: session.playback.looped == Some(moment.span),
            };
            row.ui(ui, session, thumbnails, palette, actions);
        }
        ui.add_space(8.0);
        section(ui, "Best clips", palette);
        for (i, highlight) in answer.result.highlights.iter().enumerate() {
            let row = Row {
                title: format!("Clip {}", i + 1),
                span: highlight.clip.span(),
                clip: highlight.clip,
                saliency: highlight.score,
                is_looped: session.playback.looped == Some(highlight.clip.span()),
            };
            row.ui(ui, session, thumbnails, palette, actions);
        }
    });
}

fn head(ui: &mut Ui, lane: &Lane, palette: &Palette) {
    ui.horizontal(|ui| {
        let colour = lane_colour(lane.colour, palette.is_dark);
        let (dot, _) = ui.allocate_exact_size(vec2(10.0, 20.0), Sense::hover());
        ui.painter().circle_filled(dot.center(), 5.0, colour);
        let width = ui.available_width();
        let words = elided(
            ui,
            lane.query.as_str(),
            &TextStyle::Body,
            palette.text,
            width,
        );
        ui.label(words).on_hover_text(lane.query.as_str());
    });
}

fn doubt(ui: &mut Ui, is_final: bool, palette: &Palette) {
    egui::Frame::new()
        .fill(palette.raised)
        .corner_radius(CORNER)
        .inner_margin(10)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 4.0;
            let title = if is_final {
                "Probably not in this video"
            } else {
                "Not seen so far"
            };
            ui.label(RichText::new(title).color(palette.warning));
            let why = "No clip fits these words better than it fits unrelated ones. \
                       Below are the best guesses.";
            ui.label(RichText::new(why).small().color(palette.weak_text));
        });
}

fn section(ui: &mut Ui, title: &str, palette: &Palette) {
    ui.label(RichText::new(title).small().color(palette.weak_text));
}

fn hint(ui: &mut Ui, text: &str, palette: &Palette) {
    ui.label(RichText::new(text).color(palette.weak_text));
}

fn best_clip(lane: &Lane, span: TimeSpan) -> ClipIndex {
    let first = ClipIndex::at(span.start_secs).0;
    let last = ClipIndex::at((span.end_secs - 1e-6).max(span.start_secs)).0;
    let values = lane
        .answer
        .as_ref()
        .map_or(&[][..], |answer| answer.result.saliency.values());
    let best = (first..=last.min(values.len().saturating_sub(1)))
        .max_by(|a, b| values[*a].total_cmp(&values[*b]))
        .unwrap_or(first);
    ClipIndex(best)
}

/// A span that can be played.
struct Row {
    title: String,
    span: TimeSpan,
    /// Whose picture stands for it.
    clip: ClipIndex,
    saliency: f32,
    is_looped: bool,
}

impl Row {
    fn ui(
        &self,
        ui: &mut Ui,
        session: &Session,
        thumbnails: &mut Thumbnails,
        palette: &Palette,
        actions: &mut Actions,
    ) {
        let size = vec2(ui.available_width(), ROW_HEIGHT);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let times = format!(
            "{} – {}",
            format_timestamp(self.span.start_secs),
            format_timestamp(self.span.end_secs)
        );
        let name = format!("{}, {times}, {}", self.title, percent(self.saliency));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if !ui.is_rect_visible(rect) {
            return;
        }
        let is_current = self.span.contains(session.playback.position_secs);
        let painter = ui.painter_at(rect);
        if response.hovered() || response.has_focus() {
            painter.rect_filled(rect, CORNER, palette.raised_hover);
        } else if is_current {
            painter.rect_filled(rect, CORNER, palette.raised);
        }
        let picture =
            Align2::LEFT_CENTER.anchor_size(pos2(rect.left() + 6.0, rect.center().y), PICTURE);
        self.picture(ui, picture, thumbnails, palette);
        let left = picture.right() + 10.0;
        let font = TextStyle::Body.resolve(ui.style());
        let middle = rect.center().y;
        painter.text(
            pos2(left, middle - 2.0),
            Align2::LEFT_BOTTOM,
            &times,
            font,
            palette.text,
        );
        let bar = Rect::from_min_size(pos2(left, middle + 7.0), vec2(64.0, 5.0));
        score_bar(&painter, bar, self.saliency, palette);
        let small = TextStyle::Small.resolve(ui.style());
        let at = pos2(bar.right() + 8.0, bar.center().y);
        let score = percent(self.saliency);
        painter.text(at, Align2::LEFT_CENTER, score, small, palette.weak_text);
        focus_ring(ui, &response, palette);

        self.side_buttons(ui, rect, &response, palette, actions);
        if response.clicked() {
            actions.push(Action::PlayFrom(self.span.start_secs));
        }
        response.on_hover_text(format!("{}: click to play", self.title));
    }

    fn picture(&self, ui: &Ui, rect: Rect, thumbnails: &mut Thumbnails, palette: &Palette) {
        ui.painter()
            .rect_filled(rect, 4.0, palette.video_background);
        if let Some(texture) = thumbnails.get(self.clip) {
            let size = texture.size_vec2();
            let inner = crate::app::video_view::letterboxed(rect, size.x, size.y);
            egui::Image::from_texture((texture.id(), inner.size()))
                .corner_radius(4.0)
                .paint_at(ui, inner);
        }
    }

    fn side_buttons(
        &self,
        ui: &Ui,
        rect: Rect,
        row: &egui::Response,
        palette: &Palette,
        actions: &mut Actions,
    ) {
        let buttons = [
            (
                Icon::Copy,
                "Copy the time of",
                Action::CopyTimestamp(self.span.start_secs),
            ),
            (
                Icon::Loop,
                if self.is_looped {
                    "Stop repeating"
                } else {
                    "Repeat"
                },
                Action::Loop((!self.is_looped).then_some(self.span)),
            ),
        ];
        let is_warm = row.contains_pointer() || row.has_focus();
        if is_warm {
            // Where the panel is narrow, they lie on the time.
            let ground = rect.with_min_x(rect.right() - 58.0);
            ui.painter()
                .rect_filled(ground, CORNER, palette.raised_hover);
        }
        for (i, (icon, verb, action)) in buttons.into_iter().enumerate() {
            let right = rect.right() - 4.0 - 26.0 * i as f32;
            let place =
                Align2::RIGHT_CENTER.anchor_size(pos2(right, rect.center().y), vec2(24.0, 24.0));
            let response = ui.interact(place, row.id.with(("side", i)), Sense::click());
            let name = format!("{verb} {}", self.title);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            let is_on = icon == Icon::Loop && self.is_looped;
            let ink = if is_on {
                palette.accent
            } else if response.hovered() || response.has_focus() {
                palette.text
            } else {
                palette.weak_text
            };
            if is_warm || is_on || response.hovered() || response.has_focus() {
                icons::paint(ui.painter(), place, icon, 13.0, ink);
            }
            focus_ring(ui, &response, palette);
            if response.clicked() {
                actions.push(action);
            }
            response.on_hover_text(name);
        }
    }
}

/// The colour of the heat strip, and its length.
fn score_bar(painter: &egui::Painter, rect: Rect, saliency: f32, palette: &Palette) {
    painter.rect_filled(rect, 2.5, palette.line);
    let part = saliency.clamp(0.0, 1.0);
    let filled = rect.with_max_x(rect.left() + part * rect.width());
    let colour: Color32 = heat(0.35 + 0.65 * part);
    painter.rect_filled(filled, 2.5, colour);
}
