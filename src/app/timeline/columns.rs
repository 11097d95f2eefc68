//! A curve cut into columns of the screen: one per clip, or one per point where clips are narrower.

use crate::app::timeline::time_view::TimeScale;
use crate::domain::{CLIP_SECS, ClipIndex};

/// A piece of the curve on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    pub left: f32,
    pub right: f32,
    /// The most salient clip in it: a peak of one clip in a long video must not vanish.
    pub value: f32,
}

impl Column {
    pub fn centre(&self) -> f32 {
        0.5 * (self.left + self.right)
    }
}

/// The visible columns from left to right.
pub fn columns(values: &[f32], scale: &TimeScale) -> Vec<Column> {
    if values.is_empty() {
        return Vec::new();
    }
    let first = ClipIndex::at(scale.view.start_secs())
        .0
        .min(values.len() - 1);
    let last = ClipIndex::at(scale.view.end_secs()).0.min(values.len() - 1);
    let clips_per_point = scale.secs_per_point() / CLIP_SECS;
    // Whole numbers of clips per column, so that scrolling does not make the curve flicker.
    let n_per_column = (clips_per_point.ceil() as usize).max(1);
    let first = first - first % n_per_column;
    values[first..=last]
        .chunks(n_per_column)
        .enumerate()
        .map(|(i, chunk)| {
            let start = ClipIndex(first + i * n_per_column);
            let end = ClipIndex(start.0 + chunk.len());
            Column {
                left: scale.x_of(start.start_secs()),
                right: scale.x_of(end.start_secs()),
                value: chunk.iter().copied().fold(f32::NEG_INFINITY, f32::max),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use egui::Rangef;

    use super::*;
    use crate::app::timeline::time_view::TimeView;

    fn scale(duration_secs: f64, width: f32) -> TimeScale {
        TimeScale {
            view: TimeView::whole(duration_secs),
            x: Rangef::new(0.0, width),
        }
    }

    #[test]
    fn each_clip_is_a_column_where_there_is_room() {
        let columns = columns(&[0.1, 0.2, 0.3], &scale(6.0, 600.0));
        assert_eq!(columns.len(), 3);
        assert_eq!((columns[1].left, columns[1].right), (200.0, 400.0));
        assert_eq!(columns[1].centre(), 300.0);
    }

    #[test]
    fn a_single_peak_in_a_long_video_stays() {
        let mut values = vec![0.0; 7200];
        values[4321] = 0.9;
        let columns = columns(&values, &scale(14400.0, 500.0));
        assert!(columns.len() <= 500, "{}", columns.len());
        let peak = columns.iter().find(|column| column.value == 0.9).unwrap();
        let expected = 4321.5 / 7200.0 * 500.0;
        assert!((peak.centre() - expected).abs() < 1.0, "{peak:?}");
    }

    #[test]
    fn only_what_is_visible_is_cut() {
        let mut scale = scale(2000.0, 400.0);
        scale.view.zoom(0.01, 1000.0);
        let columns = columns(&[0.5; 1000], &scale);
        assert!(columns.len() < 20, "{}", columns.len());
        assert!(columns[0].left <= 0.0 && columns[columns.len() - 1].right >= 399.0);
    }
}
