//! Moments as bands behind the curve, and the highlight as a mark above it.

use egui::{Color32, Rect, Shape, Stroke, StrokeKind, pos2};

use crate::app::session::Lane;
use crate::app::timeline::strip::Strip;
use crate::domain::ClipIndex;

/// At least so wide; a short moment in a long video would be invisible otherwise.
const LEAST_WIDTH: f32 = 3.0;

/// A band for each; a guess and what exports leave out are only outlines.
pub fn paint_bands(strip: &Strip<'_>, lane: &Lane, colour: Color32, is_guess: bool) {
    let Strip {
        painter,
        rect,
        time,
        ..
    } = strip.within(strip.rect);
    for moment in &lane.moments {
        let left = time.x_of(moment.span.start_secs);
        let right = time.x_of(moment.span.end_secs).max(left + LEAST_WIDTH);
        if right < rect.left() || left > rect.right() {
            continue;
        }
        let band = Rect::from_x_y_ranges(left..=right, rect.y_range());
        if is_guess {
            let stroke = Stroke::new(1.0, colour.gamma_multiply(0.35));
            painter.rect_stroke(band, 2.0, stroke, StrokeKind::Inside);
        } else if lane.is_ticked(moment.span) {
            // What is surely there stands out from what is only better than the rest.
            let strength = moment.score.clamp(0.1, 1.0);
            painter.rect_filled(band, 2.0, colour.gamma_multiply(0.05 + 0.2 * strength));
            let foot = band.with_min_y(band.bottom() - 3.0);
            painter.rect_filled(foot, 1.0, colour.gamma_multiply(0.35 + 0.65 * strength));
        } else {
            let stroke = Stroke::new(1.0, colour.gamma_multiply(0.35));
            painter.rect_stroke(band, 2.0, stroke, StrokeKind::Inside);
        }
    }
}

/// A small pin that points down at the best clip.
pub fn paint_highlight(strip: &Strip<'_>, clip: ClipIndex, colour: Color32) {
    let Strip {
        painter,
        rect,
        time,
        palette,
    } = strip;
    let x = time.x_of(clip.centre_secs());
    if !rect.x_range().contains(x) {
        return;
    }
    let (top, bottom) = (rect.top(), rect.bottom());
    let shoulder = top + 0.45 * (bottom - top);
    let points = vec![
        pos2(x - 6.0, top),
        pos2(x + 6.0, top),
        pos2(x + 6.0, shoulder),
        pos2(x, bottom),
        pos2(x - 6.0, shoulder),
    ];
    painter.add(Shape::convex_polygon(
        points,
        colour,
        Stroke::new(1.5, palette.lane_background),
    ));
}
