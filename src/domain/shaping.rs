//! What is done to moments before they are shown or written: pure arithmetic on spans.

use crate::domain::{Moment, TimeSpan};

/// How moments follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentOrder {
    /// As in the video.
    Time,
    /// The best first.
    Score,
}

/// Padding, least length and joining. The default leaves moments as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shaping {
    /// So much more before and after each moment.
    pub before_secs: f64,
    pub after_secs: f64,
    /// Shorter moments become so long, to both sides alike.
    pub least_secs: f64,
    /// Moments with at most so much between them become one.
    pub join_gap_secs: Option<f64>,
}

impl Shaping {
    /// Whether it leaves moments as they are.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// The moments of one query in a video of this length, best first, shaped: padded, made longer, and
    /// joined, in this order. None crosses an end of the video. None overlaps another: what would is
    /// joined, with the score of the better one. They are best first again.
    ///
    /// Nothing changes where [`Shaping::is_nothing`].
    pub fn apply(self, moments: &[Moment], duration_secs: f64) -> Vec<Moment> {
        if self.is_nothing() {
            return moments.to_vec();
        }
        let shaped = moments.iter().filter_map(|moment| {
            let span = self.longer(moment.span, duration_secs)?;
            Some(Moment { span, ..*moment })
        });
        let mut shaped: Vec<_> = shaped.collect();
        shaped.sort_by(|a, b| a.span.start_secs.total_cmp(&b.span.start_secs));
        let mut joined: Vec<Moment> = Vec::with_capacity(shaped.len());
        for moment in shaped {
            match joined.last_mut() {
                Some(last) if self.are_one(last.span, moment.span) => {
                    last.span.end_secs = last.span.end_secs.max(moment.span.end_secs);
                    last.score = last.score.max(moment.score);
                }
                _ => joined.push(moment),
            }
        }
        // Stable, so that of equal moments the earlier one is first.
        joined.sort_by(|a, b| b.score.total_cmp(&a.score));
        joined
    }

    /// Whether the second, which does not begin before the first, becomes a part of it.
    fn are_one(self, first: TimeSpan, second: TimeSpan) -> bool {
        // Sums of seconds are not exact.
        const SAME_SECS: f64 = 1e-6;
        let gap_secs = second.start_secs - first.end_secs;
        match self.join_gap_secs {
            Some(most_secs) => gap_secs <= most_secs + SAME_SECS,
            None => gap_secs < -SAME_SECS,
        }
    }

    /// Padded and long enough, within the video; `None` for what lies outside of it.
    fn longer(self, span: TimeSpan, duration_secs: f64) -> Option<TimeSpan> {
        let inside = |secs: f64| secs.clamp(0.0, duration_secs.max(0.0));
        let within = TimeSpan::new(inside(span.start_secs), inside(span.end_secs));
        if within.length_secs() <= 0.0 {
            return None;
        }
        let mut start_secs = inside(within.start_secs - self.before_secs);
        let mut end_secs = inside(within.end_secs + self.after_secs);
        let missing_secs = self.least_secs - (end_secs - start_secs);
        if missing_secs > 0.0 {
            start_secs -= missing_secs / 2.0;
            end_secs += missing_secs / 2.0;
            // What one end of the video does not give, the other side does.
            if start_secs < 0.0 {
                end_secs -= start_secs;
                start_secs = 0.0;
            }
            if end_secs > duration_secs {
                start_secs -= end_secs - duration_secs;
                end_secs = duration_secs;
            }
            start_secs = start_secs.max(0.0);
        }
        Some(TimeSpan::new(start_secs, end_secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moments(spans: &[(f64, f64, f32)]) -> Vec<Moment> {
        let moment = |(start, end, score): &(f64, f64, f32)| Moment {
            span: TimeSpan::new(*start, *end),
            score: *score,
        };
        spans.iter().map(moment).collect()
    }

    const FOUND: [(f64, f64, f32); 3] = [(10.0, 14.0, 0.9), (2.0, 6.0, 0.5), (26.0, 28.0, 0.2)];

    fn shaped(shaping: Shaping) -> Vec<(f64, f64, f32)> {
        let moments = shaping.apply(&moments(&FOUND), 29.0);
        let tuple = |it: &Moment| (it.span.start_secs, it.span.end_secs, it.score);
        moments.iter().map(tuple).collect()
    }

    #[test]
    fn nothing_asked_is_nothing_done() {
        assert_eq!(shaped(Shaping::default()), FOUND);
    }

    #[test]
    fn padding_stops_at_the_ends_of_the_video() {
        let padded = shaped(Shaping {
            before_secs: 3.0,
            after_secs: 1.0,
            ..Shaping::default()
        });
        // The first two touch and stay apart.
        assert_eq!(
            padded,
            [(7.0, 15.0, 0.9), (0.0, 7.0, 0.5), (23.0, 29.0, 0.2)]
        );
    }

    #[test]
    fn what_would_overlap_is_joined() {
        let padded = shaped(Shaping {
            before_secs: 3.5,
            after_secs: 1.0,
            ..Shaping::default()
        });
        assert_eq!(padded, [(0.0, 15.0, 0.9), (22.5, 29.0, 0.2)]);
    }

    #[test]
    fn near_ones_are_joined_with_the_better_score() {
        let gap = |secs| Shaping {
            join_gap_secs: Some(secs),
            ..Shaping::default()
        };
        assert_eq!(shaped(gap(3.9)), FOUND);
        assert_eq!(shaped(gap(4.0)), [(2.0, 14.0, 0.9), (26.0, 28.0, 0.2)]);
        assert_eq!(shaped(gap(60.0)), [(2.0, 28.0, 0.9)]);
    }

    #[test]
    fn short_ones_grow_to_both_sides_and_away_from_an_end() {
        let longer = shaped(Shaping {
            least_secs: 5.0,
            ..Shaping::default()
        });
        assert_eq!(
            longer,
            [(9.5, 14.5, 0.9), (1.5, 6.5, 0.5), (24.0, 29.0, 0.2)]
        );
        let whole = Shaping {
            least_secs: 100.0,
            ..Shaping::default()
        };
        assert_eq!(shaped(whole), [(0.0, 29.0, 0.9)]);
    }

    proptest! {
        #[test]
        fn moments_stay_inside_never_overlap_and_lose_nothing(
            spans in prop::collection::vec((0.0_f64..100.0, 0.01_f64..20.0, 0.0_f32..1.0), 0..12),
            before_secs in 0.0_f64..10.0,
            after_secs in 0.0_f64..10.0,
            least_secs in 0.0_f64..30.0,
            gap in prop::option::of(0.0_f64..10.0),
            duration_secs in 1.0_f64..110.0,
        ) {
            let shaping = Shaping { before_secs, after_secs, least_secs, join_gap_secs: gap };
            let found: Vec<_> = spans
                .iter()
                .map(|(start, length, score)| (*start, start + length, *score))
                .collect();
            let found = moments(&found);
            prop_assume!(!shaping.is_nothing());
            let shaped = shaping.apply(&found, duration_secs);
            let mut in_time = shaped.clone();
            in_time.sort_by(|a, b| a.span.start_secs.total_cmp(&b.span.start_secs));
            for moment in &in_time {
                prop_assert!(moment.span.start_secs >= 0.0);
                prop_assert!(moment.span.end_secs <= duration_secs + 1e-9);
                let least = least_secs.min(duration_secs);
                prop_assert!(moment.span.length_secs() >= least - 1e-9);
            }
            for pair in in_time.windows(2) {
                let gap_secs = pair[1].span.start_secs - pair[0].span.end_secs;
                prop_assert!(gap_secs > gap.unwrap_or(-1e-5));
            }
            for moment in found.iter().filter(|it| it.span.start_secs < duration_secs) {
                let end_secs = moment.span.end_secs.min(duration_secs);
                let holds = |it: &Moment| {
                    it.span.start_secs <= moment.span.start_secs + 1e-9
                        && it.span.end_secs >= end_secs - 1e-9
                        && it.score >= moment.score
                };
                prop_assert!(shaped.iter().any(holds));
            }
            prop_assert!(shaped.is_sorted_by(|a, b| a.score >= b.score));
        }
    }
}
