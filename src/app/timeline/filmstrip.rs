//! The filmstrip: pictures of the video along the timeline, where there is height for them.

use egui::{Rect, Ui, Vec2};

use crate::app::thumbnails::Thumbnails;
use crate::app::timeline::strip::Strip;
use crate::domain::{CLIP_SECS, ClipIndex};

const HEIGHT: f32 = 40.0;

/// What the lanes need first.
const LEFT_TO_LANES: f32 = 112.0;

/// The part of `area` that it takes: nothing where the lanes need all.
pub fn place(area: Rect) -> Rect {
    if area.height() < HEIGHT + LEFT_TO_LANES {
        area.with_max_y(area.top())
    } else {
        area.with_max_y(area.top() + HEIGHT)
    }
}

/// `shape` is width and height of the video.
pub fn ui(ui: &Ui, strip: &Strip<'_>, shape: Vec2, thumbnails: &mut Thumbnails) {
    let Strip {
        painter,
        rect,
        time,
        palette,
    } = strip;
    if rect.height() <= 0.0 {
        return;
    }
    painter.rect_filled(*rect, 3.0, palette.lane_background);
    let picture_width = (rect.height() * shape.x / shape.y.max(1.0)).clamp(20.0, 120.0);
    let n_clips_per_picture = f64::from(picture_width) * time.secs_per_point() / CLIP_SECS;
    let step = step(n_clips_per_picture);
    let first = ClipIndex::at(time.view.start_secs()).0 / step * step;
    let last = ClipIndex::at(time.view.end_secs() - 1e-6).0;
    for clip in (first..=last).step_by(step) {
        let x = time.x_of(ClipIndex(clip).start_secs())
            ..=time.x_of(ClipIndex(clip + step).start_secs());
        let tile = Rect::from_x_y_ranges(x, rect.y_range());
        // A picture that is wider than its place shows its middle.
        let Some(texture) = thumbnails.get(ClipIndex(clip)) else {
            continue;
        };
        let size = texture.size_vec2();
        let width = rect.height() * size.x / size.y.max(1.0);
        let shown = tile.with_max_x(tile.right() - 1.0);
        if width >= shown.width() {
            let part = 0.5 * shown.width() / width;
            let uv = Rect::from_x_y_ranges(0.5 - part..=0.5 + part, 0.0..=1.0);
            paint(ui, strip, texture.id(), shown, uv);
        } else {
            // Where zoomed in, a clip is wider than its picture.
            let all = Rect::from_x_y_ranges(0.0..=1.0, 0.0..=1.0);
            paint(
                ui,
                strip,
                texture.id(),
                shown.with_max_x(shown.left() + width),
                all,
            );
        }
    }
}

fn paint(_ui: &Ui, strip: &Strip<'_>, texture: egui::TextureId, place: Rect, uv: Rect) {
    let tint = egui::Color32::WHITE.gamma_multiply(0.92);
    strip.painter.image(texture, place, uv, tint);
}

/// Clips from one picture to the next: a power of two, so that a little zooming keeps the pictures
/// that are there, and no more than a picture is wide, so that there is no gap.
fn step(n_clips_per_picture: f64) -> usize {
    let most = n_clips_per_picture.max(1.0) as usize;
    1 << most.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_few_and_stay_while_zooming_a_little() {
        assert_eq!(step(0.2), 1);
        assert_eq!([step(4.0), step(6.0), step(7.9)], [4, 4, 4]);
    }

    #[test]
    fn a_low_timeline_is_all_lanes() {
        let of = |height| Rect::from_min_size(egui::pos2(0.0, 0.0), egui::vec2(500.0, height));
        assert_eq!(place(of(100.0)).height(), 0.0);
        assert_eq!(place(of(200.0)).height(), HEIGHT);
    }
}
