//! An outline around the clips that were just graded, which fades.

use egui::{Rect, Stroke, StrokeKind, Ui};

use crate::app::session::Graded;
use crate::app::timeline::strip::Strip;
use crate::domain::{ClipIndex, TimeSpan};

const LASTS_SECS: f64 = 1.6;

/// When it began to fade.
#[derive(Debug, Default)]
pub struct Outline {
    began: Option<(u64, f64)>,
    part_left: f32,
}

impl Outline {
    /// Before the lanes of a frame are drawn.
    pub fn begin_frame(&mut self, ui: &Ui, graded: Option<&Graded>) {
        let now_secs = ui.input(|input| input.time);
        let Some(graded) = graded else {
            *self = Self::default();
            return;
        };
        if self.began.is_none_or(|(n, _)| n != graded.n) {
            self.began = Some((graded.n, now_secs));
        }
        let began_secs = self.began.map_or(now_secs, |(_, secs)| secs);
        self.part_left = (1.0 - (now_secs - began_secs) / LASTS_SECS).max(0.0) as f32;
    }

    /// Whether another frame is needed.
    pub fn is_moving(&self) -> bool {
        self.part_left > 0.0
    }

    /// Over the lane of the query.
    pub fn paint(&self, ui: &Ui, strip: &Strip<'_>, graded: &Graded) {
        if !self.is_moving() {
            return;
        }
        let Strip {
            painter,
            rect,
            time,
            palette,
        } = strip.within(strip.rect);
        let colour = palette.accent.gamma_multiply(self.part_left);
        for span in runs(&graded.clips) {
            let x = time.x_of(span.start_secs)..=time.x_of(span.end_secs);
            let area = Rect::from_x_y_ranges(x, rect.y_range());
            painter.rect_filled(area, 3.0, colour.gamma_multiply(0.15));
            let stroke = Stroke::new(2.0, colour);
            painter.rect_stroke(area, 3.0, stroke, StrokeKind::Inside);
        }
        ui.request_repaint();
    }
}

/// Clips that follow one another, as one.
fn runs(clips: &[ClipIndex]) -> Vec<TimeSpan> {
    let runs = clips.chunk_by(|a, b| b.0 == a.0 + 1);
    runs.filter_map(|run| Some(TimeSpan::of_clips(*run.first()?, *run.last()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_outlined_as_one() {
        let clips = [1, 2, 3, 7].map(ClipIndex);
        let expected = [TimeSpan::new(2.0, 8.0), TimeSpan::new(14.0, 16.0)];
        assert_eq!(runs(&clips), expected);
        assert!(runs(&[]).is_empty());
    }
}
