//! Which part of the video is visible: a thin bar above the ruler, only while zoomed in.

use egui::Rect;

use crate::app::timeline::strip::Strip;
use crate::app::timeline::time_view::TimeView;

const HEIGHT: f32 = 2.0;

/// A shorter bar would be invisible.
const LEAST_WIDTH: f32 = 8.0;

/// `ruler` is that of the timeline.
pub fn paint(ruler: &Strip<'_>) {
    let Strip {
        painter,
        rect,
        time,
        palette,
    } = ruler;
    let view = &time.view;
    if view.is_whole() {
        return;
    }
    let track = rect.with_max_y(rect.top() + HEIGHT);
    painter.rect_filled(track, 1.0, palette.line);
    painter.rect_filled(bar(track, view), 1.0, palette.weak_text);
}

fn bar(track: Rect, view: &TimeView) -> Rect {
    let (start, end) = view.visible_part();
    let width = ((end - start) * track.width()).max(LEAST_WIDTH);
    let left = (track.left() + start * track.width()).min(track.right() - width);
    Rect::from_x_y_ranges(left..=left + width, track.y_range())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_always_seen_and_never_leaves_its_track() {
        let track = Rect::from_min_size(egui::pos2(100.0, 0.0), egui::vec2(500.0, 3.0));
        let mut view = TimeView::whole(7200.0);
        view.zoom(0.5, 0.0);
        assert_eq!(bar(track, &view).x_range(), egui::Rangef::new(100.0, 350.0));
        view.zoom(1e-9, 7200.0);
        view.pan(7200.0);
        let least = bar(track, &view);
        assert!(least.width() >= LEAST_WIDTH && least.right() <= track.right() + 1e-3);
    }
}
