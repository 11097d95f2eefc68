//! What a person has changed of the moments of one query in one video.

use serde::{Deserialize, Serialize};

use crate::domain::{Moment, TimeSpan};

/// A moment keeps this much when its ends are moved.
const LEAST_SECS: f64 = 0.1;

/// Ends that were moved, moments that were added, and moments that exports leave out. It stays true when the
/// moments are found again: what was changed is known by where it was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MomentEdits {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    moved: Vec<Moved>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added: Vec<TimeSpan>,
    /// As they are now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<TimeSpan>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Moved {
    found: TimeSpan,
    now: TimeSpan,
}

impl MomentEdits {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What was found, as it is now: best first, the added ones with the score that `score` gives them.
    pub fn apply(&self, found: Vec<Moment>, score: impl Fn(TimeSpan) -> f32) -> Vec<Moment> {
        let mut moments = found;
        for moment in &mut moments {
            let moved = self.moved.iter().find(|it| it.found == moment.span);
            if let Some(moved) = moved {
                moment.span = moved.now;
            }
        }
        if !self.added.is_empty() {
            moments.extend(self.added.iter().map(|span| Moment {
                span: *span,
                score: score(*span),
            }));
            moments.sort_by(|a, b| b.score.total_cmp(&a.score));
        }
        moments
    }

    /// Whether exports have this moment.
    pub fn is_ticked(&self, span: TimeSpan) -> bool {
        !self.left_out.contains(&span)
    }

    pub fn tick(&mut self, span: TimeSpan, is_ticked: bool) {
        self.left_out.retain(|other| *other != span);
        if !is_ticked {
            self.left_out.push(span);
        }
    }

    /// Gives the moment `span` other ends within a video of this length; ends too near to each other change
    /// nothing. It has them again whenever it is found as it was.
    pub fn set_ends(&mut self, span: TimeSpan, ends: TimeSpan, duration_secs: f64) {
        let Some(ends) = within(ends, duration_secs) else {
            return;
        };
        if let Some(added) = self.added.iter_mut().find(|it| **it == span) {
            *added = ends;
        } else if let Some(moved) = self.moved.iter_mut().find(|it| it.now == span) {
            moved.now = ends;
        } else {
            let found = span;
            self.moved.push(Moved { found, now: ends });
        }
        self.moved.retain(|it| it.found != it.now);
        for known in &mut self.left_out {
            if *known == span {
                *known = ends;
            }
        }
    }

    /// Adds a moment by hand; one that is there already is not added again.
    pub fn add(&mut self, span: TimeSpan, duration_secs: f64) {
        if let Some(span) = within(span, duration_secs).filter(|it| !self.added.contains(it)) {
            self.added.push(span);
        }
    }

    pub fn is_added(&self, span: TimeSpan) -> bool {
        self.added.contains(&span)
    }

    /// Takes away a moment that was added by hand.
    pub fn remove(&mut self, span: TimeSpan) {
        self.added.retain(|other| *other != span);
        self.left_out.retain(|other| *other != span);
    }
}

fn within(span: TimeSpan, duration_secs: f64) -> Option<TimeSpan> {
    let inside = |secs: f64| secs.clamp(0.0, duration_secs.max(0.0));
    let span = TimeSpan::new(inside(span.start_secs), inside(span.end_secs));
    (span.length_secs() >= LEAST_SECS).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start_secs: f64, end_secs: f64) -> TimeSpan {
        TimeSpan::new(start_secs, end_secs)
    }

    fn found() -> Vec<Moment> {
        let moment = |start, end, score| Moment {
            span: span(start, end),
            score,
        };
        vec![moment(2.0, 4.0, 0.9), moment(8.0, 12.0, 0.4)]
    }

    fn now(edits: &MomentEdits) -> Vec<(f64, f64)> {
        let moments = edits.apply(found(), |_| 0.5).into_iter();
        moments
            .map(|it| (it.span.start_secs, it.span.end_secs))
            .collect()
    }

    #[test]
    fn ends_are_kept_with_what_was_found() {
        let mut edits = MomentEdits::default();
        edits.set_ends(span(2.0, 4.0), span(1.52, 4.0), 20.0);
        edits.set_ends(span(1.52, 4.0), span(1.52, 99.0), 20.0);
        assert_eq!(now(&edits), [(1.52, 20.0), (8.0, 12.0)]);
        edits.set_ends(span(1.52, 20.0), span(5.0, 5.01), 20.0);
        assert_eq!(now(&edits), [(1.52, 20.0), (8.0, 12.0)], "too short");
        edits.set_ends(span(1.52, 20.0), span(2.0, 4.0), 20.0);
        assert!(edits.is_empty(), "as it was found");
    }

    #[test]
    fn what_was_left_out_stays_so_with_other_ends() {
        let mut edits = MomentEdits::default();
        edits.tick(span(8.0, 12.0), false);
        edits.set_ends(span(8.0, 12.0), span(8.0, 13.0), 20.0);
        assert!(!edits.is_ticked(span(8.0, 13.0)) && edits.is_ticked(span(2.0, 4.0)));
        edits.tick(span(8.0, 13.0), true);
        assert!(edits.is_ticked(span(8.0, 13.0)));
    }

    #[test]
    fn moments_are_added_by_hand_and_taken_away() {
        let mut edits = MomentEdits::default();
        for _ in 0..2 {
            edits.add(span(5.0, 6.0), 20.0);
        }
        edits.add(span(19.0, 25.0), 20.0);
        edits.add(span(25.0, 26.0), 20.0);
        assert_eq!(
            now(&edits),
            [(2.0, 4.0), (5.0, 6.0), (19.0, 20.0), (8.0, 12.0)]
        );
        edits.set_ends(span(5.0, 6.0), span(5.5, 6.0), 20.0);
        assert!(edits.is_added(span(5.5, 6.0)) && !edits.is_added(span(5.0, 6.0)));
        edits.remove(span(5.5, 6.0));
        edits.remove(span(19.0, 20.0));
        assert!(edits.is_empty());
    }
}
