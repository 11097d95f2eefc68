//! Which part of the video the timeline shows, and where on the screen a second is.

use egui::Rangef;

use crate::domain::CLIP_SECS;

/// The most that can be zoomed in: two clips fill the timeline.
const LEAST_SECS: f64 = 2.0 * CLIP_SECS;

/// The visible part of a video.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeView {
    start_secs: f64,
    end_secs: f64,
    duration_secs: f64,
}

impl TimeView {
    /// All of a video.
    pub fn whole(duration_secs: f64) -> Self {
        let duration_secs = duration_secs.max(0.1);
        Self {
            start_secs: 0.0,
            end_secs: duration_secs,
            duration_secs,
        }
    }

    pub fn start_secs(&self) -> f64 {
        self.start_secs
    }

    pub fn end_secs(&self) -> f64 {
        self.end_secs
    }

    pub fn length_secs(&self) -> f64 {
        self.end_secs - self.start_secs
    }

    pub fn is_whole(&self) -> bool {
        self.length_secs() >= self.duration_secs - 1e-6
    }

    /// Where the visible part begins and ends, of the whole.
    pub fn visible_part(&self) -> (f32, f32) {
        let part = |secs: f64| (secs / self.duration_secs) as f32;
        (part(self.start_secs), part(self.end_secs))
    }

    /// Takes in the length of the video, which is exact only once it is indexed.
    pub fn set_duration(&mut self, duration_secs: f64) {
        if (duration_secs - self.duration_secs).abs() < 1e-6 {
            return;
        }
        let was_whole = self.is_whole();
        *self = if was_whole {
            Self::whole(duration_secs)
        } else {
            Self {
                duration_secs: duration_secs.max(0.1),
                ..*self
            }
            .within(self.start_secs, self.length_secs())
        };
    }

    /// Shows `factor` times as much; the time `at_secs` keeps its place on the screen.
    pub fn zoom(&mut self, factor: f64, at_secs: f64) {
        let least = LEAST_SECS.min(self.duration_secs);
        let length = (self.length_secs() * factor).clamp(least, self.duration_secs);
        let part = (at_secs - self.start_secs) / self.length_secs();
        *self = self.within(at_secs - part * length, length);
    }

    /// Moves by so many seconds, but not beyond the ends of the video.
    pub fn pan(&mut self, by_secs: f64) {
        *self = self.within(self.start_secs + by_secs, self.length_secs());
    }

    /// Moves a page on or back when `time_secs` is outside.
    pub fn follow(&mut self, time_secs: f64) {
        if time_secs < self.start_secs || time_secs > self.end_secs {
            *self = self.within(time_secs - 0.1 * self.length_secs(), self.length_secs());
        }
    }

    fn within(&self, start_secs: f64, length_secs: f64) -> Self {
        let length_secs = length_secs.min(self.duration_secs);
        let start_secs = start_secs.clamp(0.0, self.duration_secs - length_secs);
        Self {
            start_secs,
            end_secs: start_secs + length_secs,
            ..*self
        }
    }
}

/// Seconds to points and back.
#[derive(Clone, Copy, Debug)]
pub struct TimeScale {
    pub view: TimeView,
    pub x: Rangef,
}

impl TimeScale {
    pub fn x_of(&self, time_secs: f64) -> f32 {
        let part = (time_secs - self.view.start_secs()) / self.view.length_secs();
        self.x.min + (part * f64::from(self.x.span())) as f32
    }

    /// Clamped to the video.
    pub fn secs_at(&self, x: f32) -> f64 {
        let part = f64::from((x - self.x.min) / self.x.span().max(1.0));
        (self.view.start_secs() + part * self.view.length_secs())
            .clamp(0.0, self.view.duration_secs)
    }

    pub fn secs_per_point(&self) -> f64 {
        self.view.length_secs() / f64::from(self.x.span().max(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_pointer_where_it_is() {
        let mut scale = TimeScale {
            view: TimeView::whole(100.0),
            x: Rangef::new(50.0, 1050.0),
        };
        assert_eq!(scale.x_of(25.0), 300.0);
        assert_eq!(scale.secs_at(300.0), 25.0);
        scale.view.zoom(0.5, 25.0);
        assert!((scale.secs_at(300.0) - 25.0).abs() < 1e-6);
        assert!((scale.view.length_secs() - 50.0).abs() < 1e-9);
        scale.view.zoom(1e-9, 25.0);
        assert_eq!(scale.view.length_secs(), LEAST_SECS);
        scale.view.zoom(1e9, 25.0);
        assert!(scale.view.is_whole());
    }

    #[test]
    fn the_view_stays_within_the_video() {
        let mut view = TimeView::whole(60.0);
        view.zoom(0.25, 0.0);
        view.pan(-5.0);
        assert_eq!((view.start_secs(), view.end_secs()), (0.0, 15.0));
        view.pan(500.0);
        assert_eq!((view.start_secs(), view.end_secs()), (45.0, 60.0));
        view.follow(10.0);
        assert!(view.start_secs() < 10.0 && view.end_secs() > 10.0);
        view.set_duration(12.0);
        assert_eq!(view.end_secs(), 12.0);
    }

    #[test]
    fn a_whole_view_stays_whole_when_the_length_becomes_known() {
        let mut view = TimeView::whole(60.0);
        view.set_duration(61.5);
        assert!(view.is_whole());
        assert_eq!(view.end_secs(), 61.5);
        let short = TimeView::whole(0.0);
        assert!(short.length_secs() > 0.0);
    }
}
