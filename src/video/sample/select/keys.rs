//! Key frames instead of exact ones: for each clip that holds a key frame the one nearest to its centre.
//!
//! ```text
//! clips            |        0        |        1        |        2        |
//! key frames       K           K         K                                 K
//! taken                        *         *                     * exact, none inside
//! ```
//! A key frame is decoded alone, so where cameras set one or more for each clip nothing else is decoded.

use super::{Refused, Selector, Step};
use crate::domain::ClipIndex;
use crate::video::file::timing::{TOLERANCE_NS, centre_ns, ns};

impl<P> Selector<P> {
    /// Chooses the frame of every clip that no packet to come can change.
    pub(super) fn choose_keys(&mut self, steps: &mut Vec<Step<P>>) -> Result<(), Refused> {
        while self.n_later(self.decided_ns()) > self.max_reorder {
            self.choose_in_clip(steps)?;
        }
        Ok(())
    }

    /// As many packets wait as may: chooses what is known, `false` where that is nothing.
    pub(super) fn choose_key_early(&mut self, steps: &mut Vec<Step<P>>) -> Result<bool, Refused> {
        let is_reached = self.best(self.target_ns()).is_some_and(|(_, at)| at == 0);
        let is_known = self.nearest_key().is_some() || is_reached;
        if is_known {
            self.choose_in_clip(steps)?;
        }
        Ok(is_known)
    }

    /// A key frame inside the next clip, else its exact frame.
    pub(super) fn choose_in_clip(&mut self, steps: &mut Vec<Step<P>>) -> Result<(), Refused> {
        let Some(key) = self.nearest_key() else {
            return self.choose(self.target_ns(), steps);
        };
        self.queue.drain(..key.at);
        self.passed_ns.clear();
        self.restart = true;
        self.feed_to(key.start_ns, steps);
        self.next.0 += 1;
        Ok(())
    }

    /// No frame that is shown after this is nearer to the centre than what waits already.
    fn decided_ns(&self) -> i64 {
        let last_ns = self.clip_end_ns() - 1;
        let centre_ns = self.zero_ns + centre_ns(self.next);
        self.nearest_key().map_or(last_ns, |key| {
            last_ns.min(centre_ns + (key.start_ns - centre_ns).abs())
        })
    }

    /// Where the next clip ends, as far as times can tell.
    fn clip_end_ns(&self) -> i64 {
        let after = ClipIndex(self.next.0 + 1);
        self.zero_ns + ns(after.start_secs()) - TOLERANCE_NS
    }

    /// Of the key frames in the next clip that wait the one nearest to the centre.
    fn nearest_key(&self) -> Option<Key> {
        let first_ns = self.zero_ns + ns(self.next.start_secs()) - TOLERANCE_NS;
        let centre_ns = self.zero_ns + centre_ns(self.next);
        let end_ns = self.clip_end_ns();
        let keys = self.queue.iter().enumerate().filter_map(|(at, (info, _))| {
            let start_ns = info.shown.filter(|_| info.kind.key)?.start_ns;
            (first_ns <= start_ns && start_ns < end_ns).then_some(Key { at, start_ns })
        });
        keys.min_by_key(|key| (key.start_ns - centre_ns).abs())
    }
}

/// A key frame in the queue.
struct Key {
    at: usize,
    start_ns: i64,
}
