//! Steps of single frames, forward by the pipeline and back by seeks.

/// How far a step back first goes if the length of the frame is unknown; then twice as far.
const FIRST_BACK_SECS: f64 = 0.02;

/// A frame that ends this much earlier is another one.
const LEAST_CHANGE_SECS: f64 = 0.001;

/// A step back that is not known to have left its frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StepBack {
    from_end_secs: f64,
    next_secs: f64,
}

impl StepBack {
    /// Away from the frame that ends at `end_secs`.
    pub fn from_frame(end_secs: f64) -> Self {
        Self {
            from_end_secs: end_secs,
            next_secs: FIRST_BACK_SECS,
        }
    }

    /// Where to seek if the same frame is still shown, because it was longer than expected, and
    /// what to try after that.
    pub fn further(self, now_secs: f64, frame_end_secs: f64) -> Option<(f64, Self)> {
        let has_left = frame_end_secs < self.from_end_secs - LEAST_CHANGE_SECS;
        if now_secs <= 0.0 || has_left {
            return None;
        }
        let next = Self {
            next_secs: 2.0 * self.next_secs,
            ..self
        };
        Some((now_secs - self.next_secs, next))
    }
}

/// Steps forward, one at a time: a second one would replace the first.
#[derive(Debug, Default)]
pub(super) struct Stepping {
    is_in_flight: bool,
    n_waiting: i32,
    is_sound_behind: bool,
    pub back: Option<StepBack>,
}

impl Stepping {
    pub fn add(&mut self, n_frames: i32) {
        self.n_waiting += n_frames;
    }

    /// Starts the next step unless one is in flight; `step` says whether the pipeline accepts it.
    pub fn start_next(&mut self, step: impl FnOnce() -> bool) {
        if self.is_in_flight || self.n_waiting <= 0 {
            return;
        }
        self.n_waiting -= 1;
        if step() {
            self.is_in_flight = true;
            self.is_sound_behind = true;
        } else {
            self.n_waiting = 0;
        }
    }

    pub fn is_in_flight(&self) -> bool {
        self.is_in_flight
    }

    /// A frame has come; `true` if it is that of a step.
    pub fn take_arrived(&mut self) -> bool {
        std::mem::take(&mut self.is_in_flight)
    }

    /// Drops the steps that have not started.
    pub fn drop_waiting(&mut self) {
        self.n_waiting = 0;
    }

    /// A seek moves picture and sound together.
    pub fn sought(&mut self) {
        self.is_sound_behind = false;
    }

    /// Whether the sound has to catch up before it plays: steps only move the picture.
    pub fn take_sound_behind(&mut self) -> bool {
        std::mem::take(&mut self.is_sound_behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_started_one_at_a_time() {
        let mut stepping = Stepping::default();
        let mut n_started = 0;
        stepping.add(3);
        for _ in 0..2 {
            stepping.start_next(|| {
                n_started += 1;
                true
            });
        }
        assert_eq!(n_started, 1);
        assert!(stepping.take_arrived() && !stepping.take_arrived());
        // The pipeline refuses: the others are given up too.
        stepping.start_next(|| false);
        stepping.start_next(|| {
            n_started += 1;
            true
        });
        assert_eq!(n_started, 1);
        assert!(stepping.take_sound_behind() && !stepping.take_sound_behind());
    }

    #[test]
    fn a_step_back_goes_further_until_the_frame_has_changed() {
        let back = StepBack::from_frame(5.0);
        let (target_secs, back) = back.further(4.9, 5.0).unwrap();
        assert!((target_secs - 4.88).abs() < 1e-9);
        let (target_secs, back) = back.further(4.88, 5.0).unwrap();
        assert!((target_secs - 4.84).abs() < 1e-9);
        assert_eq!(back.further(4.84, 4.86), None);
        assert_eq!(back.further(0.0, 5.0), None, "nothing comes before it");
    }
}
