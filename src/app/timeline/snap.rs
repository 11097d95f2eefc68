//! Where the end of a moment comes to lie that is dragged near something.

use crate::export::FrameRate;

/// What ends snap to.
#[derive(Clone, Copy, Debug)]
pub struct Snap<'a> {
    pub playhead_secs: f64,
    /// Where the picture changes, as far as that is known.
    pub changes_secs: &'a [f64],
    /// Ends lie on frames; `None` where it is not known when these are.
    pub rate: Option<FrameRate>,
}

impl Snap<'_> {
    /// The playhead or the change nearest to a time within `reach_secs`, else the time; on a frame.
    pub fn at(self, secs: f64, reach_secs: f64) -> f64 {
        let candidates = self
            .changes_secs
            .iter()
            .copied()
            .chain([self.playhead_secs]);
        let distance = |it: &f64| (it - secs).abs();
        let near = candidates.filter(|it| distance(it) <= reach_secs);
        let nearest = near.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        self.on_frame(nearest.unwrap_or(secs))
    }

    /// The beginning of the nearest frame.
    pub fn on_frame(self, secs: f64) -> f64 {
        self.rate.map_or(secs, |rate| {
            let frame = (secs.max(0.0) * rate.per_sec()).round() as u64;
            rate.secs(frame)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_lie_on_frames_and_on_what_is_near() {
        let snap = Snap {
            playhead_secs: 5.0,
            changes_secs: &[2.0, 5.08],
            rate: FrameRate::new(25, 1).ok(),
        };
        assert_eq!(snap.at(3.015, 0.2), 3.0, "the nearest frame");
        assert_eq!(snap.at(2.15, 0.2), 2.0, "a change of the picture");
        assert_eq!(snap.at(5.03, 0.2), 5.0, "the playhead is nearer");
        assert_eq!(snap.at(5.07, 0.2), 5.08);
        assert_eq!(snap.at(2.15, 0.0), 2.16, "nothing is in reach");
        let unknown = Snap { rate: None, ..snap };
        assert_eq!(unknown.at(3.015, 0.2), 3.015);
    }
}
