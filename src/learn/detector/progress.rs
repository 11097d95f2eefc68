//! How far a training is, and how good what it has so far.

use std::collections::BTreeMap;

use crate::eval::Metrics;

/// How far a training is.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorProgress {
    /// From 0 on.
    pub epoch: usize,
    pub n_epochs: usize,
    /// Batches of this epoch, done and in all.
    pub batch: usize,
    pub n_batches: usize,
    /// Mean over the epoch so far.
    pub loss: Option<f64>,
    /// What the last measurement gave, with the best so far.
    pub checked: Option<Checked>,
    pub best: Option<Checked>,
    pub is_done: bool,
}

/// A measurement on queries that are not learned from.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Checked {
    pub epoch: usize,
    pub r1_at_50: f64,
    pub r1_at_70: f64,
    pub map: f64,
    pub highlight_map: f64,
    pub hit1: f64,
}

impl Checked {
    pub(super) fn of(epoch: usize, metrics: &Metrics) -> Self {
        let moments = metrics.moments.as_ref().and_then(|moments| moments.full);
        let highlights = metrics.highlights.as_ref().map(|h| h.very_good);
        Self {
            epoch,
            r1_at_50: moments.map_or(0.0, |m| m.r1_at_50()),
            r1_at_70: moments.map_or(0.0, |m| m.r1_at_70()),
            map: moments.map_or(0.0, |m| m.map_average),
            highlight_map: highlights.map_or(0.0, |h| h.map),
            hit1: highlights.map_or(0.0, |h| h.hit1),
        }
    }

    pub(super) fn by_name(&self) -> BTreeMap<String, f64> {
        let pairs = [
            ("R1@0.5", self.r1_at_50),
            ("R1@0.7", self.r1_at_70),
            ("mAP", self.map),
            ("HL mAP", self.highlight_map),
            ("HIT@1", self.hit1),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).into()
    }
}
