//! The move from one curve to another, drawn for a moment, so that people see what was learned.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::app::session::Lane;
use crate::worker::QueryId;

const CHANGE_SECS: f64 = 0.7;

/// When each lane began to change.
#[derive(Debug, Default)]
pub struct Changes {
    began: HashMap<QueryId, (u64, f64)>,
    is_moving: bool,
}

impl Changes {
    /// Before the lanes of a frame are drawn.
    pub fn begin_frame(&mut self) {
        self.is_moving = false;
    }

    /// Whether another frame is needed.
    pub fn is_moving(&self) -> bool {
        self.is_moving
    }

    /// The saliency to draw at `now_secs`, `[n_clips]`.
    pub fn values<'a>(&mut self, lane: &Lane, values: &'a [f32], now_secs: f64) -> Cow<'a, [f32]> {
        let Some((n, from)) = &lane.change else {
            return Cow::Borrowed(values);
        };
        let began = self.began.entry(lane.id).or_insert((0, now_secs));
        if began.0 != *n {
            *began = (*n, now_secs);
        }
        let part = ((now_secs - began.1) / CHANGE_SECS).clamp(0.0, 1.0) as f32;
        if part >= 1.0 || from.n_clips() != values.len() {
            return Cow::Borrowed(values);
        }
        self.is_moving = true;
        let eased = part * part * (3.0 - 2.0 * part);
        let between = from.values().iter().zip(values);
        between
            .map(|(old, new)| egui::lerp(*old..=*new, eased))
            .collect::<Vec<_>>()
            .into()
    }
}
