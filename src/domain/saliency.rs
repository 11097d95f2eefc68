//! How well each clip answers a query.

use crate::domain::ClipIndex;

/// Saliency of every clip for one query, `[n_clips]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaliencyCurve(Vec<f32>);

/// The clip that answers best: the argmax of the curve, the first of equals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Highlight {
    pub clip: ClipIndex,
    pub score: f32,
}

impl Highlight {
    /// Where its frame lies in a video of this length: at the centre of the clip, and in the middle of
    /// a video that ends before.
    pub fn peak_secs(self, duration_secs: f64) -> f64 {
        let centre_secs = self.clip.centre_secs();
        if centre_secs < duration_secs {
            centre_secs
        } else {
            0.5 * (self.clip.start_secs().min(duration_secs) + duration_secs)
        }
    }
}

impl SaliencyCurve {
    pub fn new(values: Vec<f32>) -> Self {
        Self(values)
    }

    pub fn values(&self) -> &[f32] {
        &self.0
    }

    pub fn n_clips(&self) -> usize {
        self.0.len()
    }

    /// `None` for a curve without clips.
    pub fn highlight(&self) -> Option<Highlight> {
        self.top(1).first().copied()
    }

    /// Up to `n` clips by falling score, earlier clips first among equals.
    pub fn top(&self, n: usize) -> Vec<Highlight> {
        let mut ranked: Vec<_> = self
            .0
            .iter()
            .enumerate()
            .map(|(i, &score)| Highlight {
                clip: ClipIndex(i),
                score,
            })
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        ranked.truncate(n);
        ranked
    }

    /// Least and greatest value; infinite the wrong way round without clips.
    pub fn range(&self) -> (f32, f32) {
        let values = self.0.iter().copied();
        let low = values.clone().fold(f32::INFINITY, f32::min);
        (low, values.fold(f32::NEG_INFINITY, f32::max))
    }

    /// The middle value, the higher of two; `None` without clips.
    pub fn median(&self) -> Option<f32> {
        let mut values = self.0.clone();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied()
    }

    /// The same shape over `0..=1` within this video; a flat curve becomes all zeros, a single clip
    /// the best that there is.
    ///
    /// Moments are formed on this, not on the calibrated value: it is what makes one threshold
    /// fit all videos (DESIGN section 9).
    pub fn min_max_normalised(&self) -> Self {
        let (low, high) = self.range();
        let range = high - low;
        if range > 0.0 {
            // Multiplying by the inverse may leave the maximum just below 1, under any threshold.
            Self(self.0.iter().map(|x| (x - low) / range).collect())
        } else {
            let value = if self.n_clips() == 1 { 1.0 } else { 0.0 };
            Self(vec![value; self.n_clips()])
        }
    }

    /// `scale · x + bias` for every clip.
    pub fn calibrated(&self, scale: f32, bias: f32) -> Self {
        Self(self.0.iter().map(|x| scale * x + bias).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_highlight_peaks_where_its_frame_was_taken() {
        let peak_secs = |clip, duration_secs| {
            let clip = ClipIndex(clip);
            Highlight { clip, score: 1.0 }.peak_secs(duration_secs)
        };
        assert_eq!(peak_secs(0, 10.0), 1.0);
        assert_eq!(peak_secs(4, 9.5), 9.0);
        assert_eq!(peak_secs(0, 0.5), 0.25);
    }

    #[test]
    fn the_highlight_is_the_first_of_the_best() {
        let curve = SaliencyCurve::new(vec![0.1, 0.9, 0.9, 0.2]);
        assert_eq!(curve.highlight().map(|h| h.clip), Some(ClipIndex(1)));
        let top: Vec<_> = curve.top(3).iter().map(|h| h.clip.0).collect();
        assert_eq!(top, [1, 2, 3]);
        assert_eq!(SaliencyCurve::default().highlight(), None);
    }

    #[test]
    fn the_best_clip_is_exactly_one_when_normalised() {
        for n in 1..2000_u16 {
            let (low, high) = (0.1, 0.1 + f32::from(n) / 3000.0);
            let curve = SaliencyCurve::new(vec![low, high]).min_max_normalised();
            assert_eq!(curve.values(), [0.0, 1.0], "{low} to {high}");
        }
    }

    #[test]
    fn normalising_spans_zero_to_one_and_keeps_flat_curves_flat() {
        let curve = SaliencyCurve::new(vec![0.2, 0.3, 0.4]).min_max_normalised();
        assert!((curve.values()[1] - 0.5).abs() < 1e-6);
        assert_eq!(curve.values()[2], 1.0);
        let flat = SaliencyCurve::new(vec![0.2; 3]).min_max_normalised();
        assert_eq!(flat.values(), [0.0; 3]);
    }
}
