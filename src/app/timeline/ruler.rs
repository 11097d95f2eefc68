//! The time ruler: ticks at round times, as many as there is room for.

use egui::{Align2, Stroke, TextStyle, Ui};

use crate::app::timeline::strip::Strip;

/// Between labels, so that they never touch.
const LEAST_POINTS: f64 = 76.0;

/// Steps that people count in.
const STEPS_SECS: [f64; 19] = [
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0,
    3600.0, 7200.0, 14400.0, 28800.0,
];

pub fn paint(ui: &Ui, strip: &Strip<'_>) {
    let Strip {
        painter,
        rect,
        time,
        palette,
    } = strip;
    let font = TextStyle::Small.resolve(ui.style());
    let step_secs = step_secs(time.secs_per_point());
    let n_minor = 5;
    let first = (time.view.start_secs() / step_secs).floor() as i64;
    let last = (time.view.end_secs() / step_secs).ceil() as i64;
    for tick in first..=last {
        let time_secs = tick as f64 * step_secs;
        let x = painter.round_to_pixel_center(time.x_of(time_secs));
        for minor in 1..n_minor {
            let x = time.x_of(time_secs + step_secs * f64::from(minor) / f64::from(n_minor));
            painter.vline(
                x,
                rect.bottom() - 3.0..=rect.bottom(),
                Stroke::new(1.0, palette.line),
            );
        }
        painter.vline(
            x,
            rect.bottom() - 7.0..=rect.bottom(),
            Stroke::new(1.0, palette.weak_text.gamma_multiply(0.6)),
        );
        let label = label(time_secs, step_secs);
        let galley = painter.layout_no_wrap(label, font.clone(), palette.weak_text);
        // Labels stay whole at both ends.
        let half = 0.5 * galley.size().x;
        let centre = x.clamp(
            rect.left() + half,
            (rect.right() - half).max(rect.left() + half),
        );
        if x >= rect.left() - 1.0 && x <= rect.right() + 1.0 {
            let place =
                Align2::CENTER_TOP.anchor_size(egui::pos2(centre, rect.top() + 1.0), galley.size());
            painter.galley(place.min, galley, palette.weak_text);
        }
    }
}

fn step_secs(secs_per_point: f64) -> f64 {
    let least = LEAST_POINTS * secs_per_point;
    let largest = STEPS_SECS[STEPS_SECS.len() - 1];
    STEPS_SECS
        .into_iter()
        .find(|step| *step >= least)
        .unwrap_or_else(|| (least / largest).ceil() * largest)
}

/// `1:05`, with tenths where ticks are that close, with hours where there are any.
fn label(time_secs: f64, step_secs: f64) -> String {
    let tenths = (time_secs * 10.0).round() as u64;
    let (secs, tenth) = (tenths / 10, tenths % 10);
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    let mut label = if hours > 0 {
        format!("{hours}:{minutes:02}:{secs:02}")
    } else {
        format!("{minutes}:{secs:02}")
    };
    if step_secs < 1.0 {
        label.push_str(&format!(".{tenth}"));
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_room_at_every_zoom() {
        for secs_per_point in [0.0001, 0.01, 0.3, 7.0, 100.0, 1e5] {
            let step = step_secs(secs_per_point);
            assert!(
                step / secs_per_point >= LEAST_POINTS - 1e-9,
                "{secs_per_point}"
            );
        }
        assert_eq!(step_secs(0.15), 15.0);
    }

    #[test]
    fn labels_say_no_more_than_the_step_needs() {
        assert_eq!(label(65.0, 5.0), "1:05");
        assert_eq!(label(65.5, 0.5), "1:05.5");
        assert_eq!(label(3600.0, 600.0), "1:00:00");
    }
}
