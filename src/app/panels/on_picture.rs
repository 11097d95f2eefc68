//! What lies on the picture of a span: the clip under the pointer, and small buttons.

use egui::{Color32, CornerRadius, Id, Rect, Response, Role, Sense, TextureHandle, Ui, WidgetInfo};

use crate::app::icons::{self, Icon};
use crate::app::theme::{CORNER, Palette};
use crate::app::video_view::letterboxed;
use crate::app::widgets::focus_ring;
use crate::domain::{ClipIndex, TimeSpan};

/// A picture that shows, under the pointer, the clip that lies there.
pub struct Skim<'a> {
    pub rect: Rect,
    pub response: &'a Response,
    pub span: TimeSpan,
    /// Where the video ends.
    pub end_secs: f64,
    /// Whose picture stands for the span.
    pub clip: ClipIndex,
    pub colour: Color32,
    /// 1 as it is, less where it counts less.
    pub strength: f32,
}

impl Skim<'_> {
    /// `picture` gives that of a clip, or asks for it.
    pub fn paint(&self, ui: &Ui, mut picture: impl FnMut(ClipIndex) -> Option<TextureHandle>) {
        let rect = self.rect;
        let palette = Palette::of(ui);
        let painter = ui.painter();
        painter.rect_filled(rect, CORNER, palette.raised);
        let pointer = self.response.hover_pos().filter(|at| rect.contains(*at));
        let skimmed = pointer.map(|at| {
            let part = f64::from((at.x - rect.left()) / rect.width().max(1.0));
            let time_secs = self.span.start_secs + part * self.span.length_secs();
            ClipIndex::at(time_secs.min(self.end_secs - 1e-3))
        });
        // While the clip under the pointer is being decoded, the other one stays.
        let texture = skimmed
            .and_then(&mut picture)
            .or_else(|| picture(self.clip));
        match texture {
            Some(texture) => {
                let size = texture.size_vec2();
                let inner = letterboxed(rect, size.x, size.y);
                if inner.width() < rect.width() - 1.0 {
                    painter.rect_filled(rect, CORNER, palette.video_background);
                }
                egui::Image::from_texture((texture.id(), inner.size()))
                    .corner_radius(CORNER)
                    .tint(Color32::WHITE.gamma_multiply(self.strength))
                    .paint_at(ui, inner);
            }
            None => icons::paint(painter, rect, Icon::Film, 18.0, palette.weak_text),
        }
        if let Some(at) = pointer {
            let bar = rect.with_min_y(rect.bottom() - 3.0);
            painter.rect_filled(bar, 0.0, Color32::from_black_alpha(140));
            painter.rect_filled(bar.with_max_x(at.x), 0.0, self.colour);
        }
    }
}

/// A small button on a picture.
pub struct PictureButton<'a> {
    pub place: Rect,
    pub id: Id,
    pub icon: Icon,
    pub name: &'a str,
    /// Also while the pointer is elsewhere.
    pub is_shown: bool,
    /// The colour of one that is on.
    pub on: Option<Color32>,
}

impl PictureButton<'_> {
    pub fn show(&self, ui: &Ui) -> Response {
        let response = ui.interact(self.place, self.id, Sense::click());
        response.widget_info(|| match self.on {
            Some(_) => WidgetInfo::selected(Role::Button, true, true, self.name),
            None => WidgetInfo::labeled(Role::Button, true, self.name),
        });
        let is_touched = response.hovered() || response.has_focus();
        if self.is_shown || self.on.is_some() || is_touched {
            let ground = Color32::from_black_alpha(if is_touched { 220 } else { 150 });
            let ink = self.on.unwrap_or(Color32::WHITE);
            let corner = CornerRadius::same(4);
            ui.painter()
                .rect_filled(self.place.shrink(1.0), corner, ground);
            icons::paint(ui.painter(), self.place, self.icon, 12.0, ink);
        }
        focus_ring(ui, &response);
        response.on_hover_text(self.name)
    }
}
