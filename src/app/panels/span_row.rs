//! A span in a list: its picture, its time, its score, and buttons to judge, repeat and copy it.

use egui::{Align2, Color32, Rect, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};

use crate::app::action::{Action, Actions, Find, Play, Teach};
use crate::app::colours::{grade_colour, heat};
use crate::app::icons::{self, Icon};
use crate::app::session::{Selection, Session, percent};
use crate::app::theme::{CORNER, Palette};
use crate::app::thumbnails::Thumbnails;
use crate::app::widgets::focus_ring;
use crate::domain::{ClipIndex, Grade, TimeSpan, format_timestamp};

const ROW_HEIGHT: f32 = 52.0;
const PICTURE: egui::Vec2 = vec2(74.0, 42.0);

/// A span that can be played.
pub struct SpanRow {
    pub title: String,
    pub span: TimeSpan,
    /// Whose picture stands for it.
    pub clip: ClipIndex,
    /// `None` where the score says nothing.
    pub saliency: Option<f32>,
    pub is_looped: bool,
    /// Thumbs stay even while the pointer is elsewhere.
    pub shows_thumbs: bool,
}

impl SpanRow {
    pub fn ui(
        &self,
        ui: &mut Ui,
        session: &Session,
        thumbnails: &mut Thumbnails,
        actions: &mut Actions,
    ) {
        let palette = Palette::of(ui);
        let size = vec2(ui.available_width(), ROW_HEIGHT);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let times = format!(
            "{} – {}",
            format_timestamp(self.span.start_secs),
            format_timestamp(self.span.end_secs)
        );
        let mut name = format!("{}, {times}", self.title);
        if let Some(saliency) = self.saliency {
            name += &format!(", {}", percent(saliency));
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if !ui.is_rect_visible(rect) {
            return;
        }
        let is_current = self.span.contains(session.playback().position_secs);
        let painter = ui.painter_at(rect);
        if response.hovered() || response.has_focus() {
            painter.rect_filled(rect, CORNER, palette.raised_hover);
        } else if is_current {
            painter.rect_filled(rect, CORNER, palette.raised);
        }
        let picture =
            Align2::LEFT_CENTER.anchor_size(pos2(rect.left() + 6.0, rect.center().y), PICTURE);
        self.picture(ui, picture, thumbnails);
        let left = picture.right() + 10.0;
        let font = TextStyle::Body.resolve(ui.style());
        let middle = rect.center().y;
        let (time_at, align) = match self.saliency {
            Some(_) => (middle - 2.0, Align2::LEFT_BOTTOM),
            None => (middle, Align2::LEFT_CENTER),
        };
        painter.text(pos2(left, time_at), align, &times, font, palette.text);
        if let Some(saliency) = self.saliency {
            let bar = Rect::from_min_size(pos2(left, middle + 7.0), vec2(64.0, 5.0));
            score_bar(ui, &painter, bar, saliency);
            let small = TextStyle::Small.resolve(ui.style());
            let at = pos2(bar.right() + 8.0, bar.center().y);
            let score = percent(saliency);
            painter.text(at, Align2::LEFT_CENTER, score, small, palette.weak_text);
        }
        focus_ring(ui, &response);

        let clips = Selection::between(self.span.start_secs, self.span.end_secs);
        let given = session.common_grade(clips);
        self.side_buttons(ui, rect, &response, given, actions);
        if response.clicked() {
            actions.push(Play::From(self.span.start_secs));
        }
        response.on_hover_cursor(egui::CursorIcon::PointingHand);
    }

    fn picture(&self, ui: &Ui, rect: Rect, thumbnails: &mut Thumbnails) {
        let palette = Palette::of(ui);
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

    /// Two and two at the right end: what it is worth, and what to do with it.
    fn side_buttons(
        &self,
        ui: &Ui,
        rect: Rect,
        row: &egui::Response,
        given: Option<Grade>,
        actions: &mut Actions,
    ) {
        let palette = Palette::of(ui);
        let clips = Some(Selection::between(self.span.start_secs, self.span.end_secs));
        let repeat = if self.is_looped {
            "Stop repeating"
        } else {
            "Repeat"
        };
        let thumb =
            |grade| Action::from(Teach::Grade(clips, (given != Some(grade)).then_some(grade)));
        let is_given = |grade| given == Some(grade);
        let (good, bad) = (Grade::VeryGood, Grade::VeryBad);
        let buttons = [
            (Icon::ThumbUp, "This is right:", thumb(good), is_given(good)),
            (Icon::ThumbDown, "This is wrong:", thumb(bad), is_given(bad)),
            (
                Icon::Loop,
                repeat,
                Play::Loop((!self.is_looped).then_some(self.span)).into(),
                self.is_looped,
            ),
            (
                Icon::Copy,
                "Copy the time of",
                Find::CopyTimestamp(self.span.start_secs).into(),
                false,
            ),
        ];
        let is_warm = row.contains_pointer() || row.has_focus();
        if is_warm {
            // Where the panel is narrow, they lie on the time.
            let ground = rect.with_min_x(rect.right() - 58.0);
            ui.painter()
                .rect_filled(ground, CORNER, palette.raised_hover);
        }
        for (i, (icon, verb, action, is_on)) in buttons.into_iter().enumerate() {
            let centre = pos2(
                rect.right() - 43.0 + 26.0 * (i % 2) as f32,
                rect.center().y - 12.0 + 24.0 * (i / 2) as f32,
            );
            let place = Rect::from_center_size(centre, vec2(24.0, 23.0));
            let response = ui.interact(place, row.id.with(("side", i)), Sense::click());
            let name = format!("{verb} {}", self.title);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            let ink = match icon {
                Icon::ThumbUp if is_on => grade_colour(good, palette.is_dark),
                Icon::ThumbDown if is_on => grade_colour(bad, palette.is_dark),
                _ if is_on => palette.accent,
                _ if response.hovered() || response.has_focus() => palette.text,
                _ => palette.weak_text,
            };
            let is_thumb = i < 2;
            let is_shown = is_warm || is_on || (self.shows_thumbs && is_thumb);
            if is_shown || response.hovered() || response.has_focus() {
                icons::paint(ui.painter(), place, icon, 13.0, ink);
            }
            focus_ring(ui, &response);
            if response.clicked() {
                actions.push(action);
            }
            response.on_hover_text(name);
        }
    }
}

/// The colour of the heat strip, and its length.
fn score_bar(ui: &Ui, painter: &egui::Painter, rect: Rect, saliency: f32) {
    let palette = Palette::of(ui);
    painter.rect_filled(rect, 2.5, palette.line);
    let part = saliency.clamp(0.0, 1.0);
    let filled = rect.with_max_x(rect.left() + part * rect.width());
    let colour: Color32 = heat(0.35 + 0.65 * part);
    painter.rect_filled(filled, 2.5, colour);
}
