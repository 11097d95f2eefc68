//! Edges of moments finer than clips: between the centre of a clip inside and that of its neighbour outside.
//!
//! ```text
//! outside ·   ·   ·   ·   ·   ·   ·   · inside      nine times, a quarter of a second apart
//!         └────── three of those between are looked at, halving what is left ──────┘
//! ```
//! A frame belongs to the moment when its score is nearer to that of the inside. Where the picture changes
//! near what was found, the edge is there: film is cut where something begins.

use crate::domain::{CLIP_SECS, ClipIndex, Moment, SaliencyCurve, TimeSpan};

/// Parts between two neighbouring centres.
const N_PARTS: usize = 8;

/// A change of the picture so near is the edge.
const SNAP_SECS: f64 = 1.0;

/// Scores this near to each other tell no side from the other.
const LEAST_DIFFERENCE: f32 = 1e-3;

/// One end of a moment that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Which of the moments.
    pub moment: usize,
    pub is_start: bool,
    /// The centres of the two clips; which is earlier depends on the end.
    outside_secs: f64,
    inside_secs: f64,
    /// From here on a frame belongs to the moment.
    threshold: f32,
}

/// The ends that lie between two clips of which the one inside is scored higher. The ends of the video, and
/// ends where two moments touch, are not among them.
pub fn edges(moments: &[Moment], cosines: &SaliencyCurve) -> Vec<Edge> {
    let mut found = Vec::new();
    for (moment, span) in moments.iter().map(|it| it.span).enumerate() {
        for (is_start, secs) in [(true, span.start_secs), (false, span.end_secs)] {
            let touches = |other: &TimeSpan| {
                let other_secs = if is_start {
                    other.end_secs
                } else {
                    other.start_secs
                };
                (other_secs - secs).abs() < CLIP_SECS / 2.0
            };
            let mut spans = moments.iter().map(|it| it.span);
            if !spans.any(|other| touches(&other)) {
                found.extend(edge(moment, is_start, secs, cosines));
            }
        }
    }
    found
}

fn edge(moment: usize, is_start: bool, secs: f64, cosines: &SaliencyCurve) -> Option<Edge> {
    let later = (secs / CLIP_SECS).round() as usize;
    let earlier = later.checked_sub(1)?;
    let (outside, inside) = match is_start {
        true => (earlier, later),
        false => (later, earlier),
    };
    let cosine = |clip: usize| cosines.values().get(clip).copied();
    let (low, high) = (cosine(outside)?, cosine(inside)?);
    (high - low >= LEAST_DIFFERENCE).then_some(Edge {
        moment,
        is_start,
        outside_secs: ClipIndex(outside).centre_secs(),
        inside_secs: ClipIndex(inside).centre_secs(),
        threshold: (low + high) / 2.0,
    })
}

impl Edge {
    /// The times between the two centres that may be looked at, in the order of the video.
    pub fn times_secs(self) -> Vec<f64> {
        let mut times: Vec<_> = (1..N_PARTS).map(|part| self.time_secs(part)).collect();
        if !self.is_start {
            times.reverse();
        }
        times
    }

    /// The part of the video that is looked at.
    pub fn span(self) -> TimeSpan {
        let (a, b) = (self.outside_secs, self.inside_secs);
        TimeSpan::new(a.min(b), a.max(b))
    }

    /// `part` of 0 is outside, [`N_PARTS`] inside.
    fn time_secs(self, part: usize) -> f64 {
        let fraction = part as f64 / N_PARTS as f64;
        self.outside_secs + fraction * (self.inside_secs - self.outside_secs)
    }

    /// Where the edge is: half-way between the last frame outside and the first inside, or the change of
    /// the picture nearest to that. `cosine` scores the frame at one of [`Edge::times_secs`], by its index
    /// there.
    ///
    /// # Errors
    /// Those of `cosine`.
    pub fn find<E>(
        self,
        changes_secs: &[f64],
        mut cosine: impl FnMut(usize) -> Result<f32, E>,
    ) -> Result<f64, E> {
        let (mut outside, mut inside) = (0, N_PARTS);
        while inside - outside > 1 {
            let middle = usize::midpoint(outside, inside);
            let index = match self.is_start {
                true => middle - 1,
                false => N_PARTS - 1 - middle,
            };
            match cosine(index)? >= self.threshold {
                true => inside = middle,
                false => outside = middle,
            }
        }
        let found_secs = (self.time_secs(outside) + self.time_secs(inside)) / 2.0;
        let distance = |secs: &f64| (secs - found_secs).abs();
        let near = changes_secs
            .iter()
            .copied()
            .filter(|it| distance(it) <= SNAP_SECS);
        let nearest = near.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        Ok(nearest.unwrap_or(found_secs))
    }

    /// Moves the end of its moment.
    pub fn set(self, moments: &mut [Moment], secs: f64) {
        if let Some(moment) = moments.get_mut(self.moment) {
            match self.is_start {
                true => moment.span.start_secs = secs,
                false => moment.span.end_secs = secs,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(spans: &[(f64, f64)]) -> Vec<Moment> {
        let moment = |(start, end): &(f64, f64)| Moment {
            span: TimeSpan::new(*start, *end),
            score: 1.0,
        };
        spans.iter().map(moment).collect()
    }

    fn curve() -> SaliencyCurve {
        SaliencyCurve::new(vec![0.1, 0.1, 0.3, 0.3, 0.1, 0.3])
    }

    /// A video that fits from 3.7 s to 8.1 s.
    fn found(changes_secs: &[f64]) -> (TimeSpan, usize) {
        let mut moments = moments(&[(4.0, 8.0)]);
        let mut n_looks = 0;
        for edge in edges(&moments, &curve()) {
            let times = edge.times_secs();
            assert!(times.is_sorted() && times.len() == 7, "{times:?}");
            let secs = edge.find(changes_secs, |index| {
                n_looks += 1;
                let fits = (3.7..8.1).contains(&times[index]);
                Ok::<_, ()>(if fits { 0.28 } else { 0.12 })
            });
            edge.set(&mut moments, secs.unwrap());
        }
        (moments[0].span, n_looks)
    }

    #[test]
    fn both_edges_are_found_to_an_eighth_of_a_second_with_three_looks_each() {
        let (span, n_looks) = found(&[]);
        assert_eq!(n_looks, 6);
        assert!((span.start_secs - 3.7).abs() <= 0.125, "{span:?}");
        assert!((span.end_secs - 8.1).abs() <= 0.125, "{span:?}");
    }

    #[test]
    fn a_change_of_the_picture_nearby_is_the_edge() {
        let (span, _) = found(&[3.72, 4.4, 8.12, 9.9]);
        assert_eq!((span.start_secs, span.end_secs), (3.72, 8.12));
    }

    #[test]
    fn the_ends_of_the_video_and_of_neighbours_stay() {
        let at = |spans| {
            let edges = edges(&moments(spans), &curve());
            edges
                .iter()
                .map(|it| (it.moment, it.is_start))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            at(&[(0.0, 4.0)]),
            [],
            "nothing before it, and no better than after it"
        );
        assert_eq!(at(&[(10.0, 12.0)]), [(0, true)], "the video ends there");
        assert_eq!(at(&[(4.0, 6.0), (6.0, 8.0)]), [(0, true), (1, false)]);
    }
}
