//! What is under the pointer: the time, the score, a picture of the clip.

use egui::{
    Area, Color32, Frame, Id, Margin, Order, Rect, Role, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::session::{Lane, percent};
use crate::app::theme::Palette;
use crate::app::thumbnails::Thumbnails;
use crate::app::video_view::letterboxed;
use crate::domain::{ClipIndex, format_timestamp};

/// Points.
const PICTURE_HEIGHT: f32 = 90.0;

/// A smaller picture shows nothing.
const LEAST_HEIGHT: f32 = 30.0;

/// Room for the words below an upright picture.
const LEAST_WIDTH: f32 = 116.0;

/// What a card says.
pub struct Card<'a> {
    pub time_secs: f64,
    /// Width and height of the video.
    pub shape: egui::Vec2,
    pub lane: Option<(&'a Lane, Color32)>,
}

/// A card at the foot of the picture, above the pointer at `x`: it covers nothing else.
pub fn ui(ui: &Ui, x: f32, area: Rect, card: &Card<'_>, thumbnails: &mut Thumbnails) {
    let palette = Palette::of(ui);
    let Card {
        time_secs,
        shape,
        lane,
    } = *card;
    let clip = ClipIndex::at(time_secs);
    let height = PICTURE_HEIGHT.min(0.5 * area.height());
    if height < LEAST_HEIGHT {
        return;
    }
    let response = Area::new(Id::unique("timeline hover"))
        .order(Order::Tooltip)
        .interactable(false)
        .fade_in(false)
        .pivot(egui::Align2::CENTER_BOTTOM)
        .fixed_pos(pos2(x, area.bottom() - 8.0))
        .constrain_to(area.shrink(4.0));
    response.show(ui.ctx(), |ui| {
        Frame::new()
            .fill(palette.raised)
            .stroke(Stroke::new(1.0, palette.line))
            .corner_radius(8.0)
            .inner_margin(Margin::same(6))
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
                // As large before the picture is there, or the card would jump.
                let width = height * shape.x / shape.y.max(1.0);
                let place = vec2(width.clamp(LEAST_WIDTH, 2.4 * height), height);
                let (place, shown) = ui.allocate_exact_size(place, egui::Sense::hover());
                shown.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Preview"));
                ui.painter()
                    .rect_filled(place, 4.0, palette.video_background);
                if let Some(texture) = thumbnails.get(clip) {
                    let size = texture.size_vec2();
                    let rect = letterboxed(place, size.x, size.y);
                    egui::Image::from_texture((texture.id(), rect.size()))
                        .corner_radius(4.0)
                        .paint_at(ui, rect);
                }
                ui.spacing_mut().interact_size.y = 18.0;
                ui.horizontal(|ui| {
                    ui.colored_label(palette.text, format_timestamp(time_secs));
                    if let Some((lane, colour)) = lane
                        && let Some(saliency) = lane.saliency_at(time_secs)
                    {
                        let (dot, _) = ui.allocate_exact_size(vec2(8.0, 8.0), egui::Sense::hover());
                        ui.painter().circle_filled(dot.center(), 4.0, colour);
                        ui.colored_label(palette.text, percent(saliency));
                    }
                });
            });
    });
}
