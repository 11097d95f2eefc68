//! A piece of the timeline to draw on: a rectangle, the time that lies along it, and its colours.

use egui::{Painter, Rect, Ui};

use crate::app::theme::Palette;
use crate::app::timeline::time_view::TimeScale;

/// Where and how a part of the timeline is drawn.
#[derive(Clone)]
pub struct Strip<'a> {
    pub painter: Painter,
    pub rect: Rect,
    pub time: &'a TimeScale,
    pub palette: Palette,
}

impl<'a> Strip<'a> {
    /// Nothing is drawn outside `rect`.
    pub fn new(ui: &Ui, rect: Rect, time: &'a TimeScale) -> Self {
        Self {
            painter: ui.painter_at(rect),
            rect,
            time,
            palette: Palette::of(ui),
        }
    }

    /// Another rectangle on the same ground; it may draw as far as this one.
    pub fn at(&self, rect: Rect) -> Self {
        Self {
            rect,
            ..self.clone()
        }
    }

    /// A part of this one; nothing is drawn outside of it.
    pub fn within(&self, rect: Rect) -> Self {
        Self {
            painter: self.painter.with_clip_rect(rect),
            ..self.at(rect)
        }
    }
}
