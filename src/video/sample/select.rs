//! Which packets the decoder gets, so that it shows exactly one frame per clip: pure logic.
//!
//! Packets come in decoding order and wait in a queue. The frame of a clip is known once no packet
//! that is shown between it and the clip's centre can come any more: after as many later packets
//! as a decoder may hold back. Then the queue is fed up to that frame, without the pictures that
//! no other picture needs. A key frame that is shown before the next centre makes everything
//! before it unnecessary, so groups without a wanted frame are never decoded.
//!
//! ```text
//! decoding order   K1 p b b p b b K2 p b b …          centre ─┐
//! fed                             K2 p . . p . . W    (W = last one shown at or before it)
//! ```
//!
//! Videos for which this does not work are refused; the caller then decodes everything.

mod keys;

use std::collections::VecDeque;

use crate::domain::ClipIndex;
use crate::video::file::timing::{Extent, Shown, TOLERANCE_NS, centre_ns, is_wild_jump, ns};
use crate::video::sample::bitstream::PacketKind;

/// If so many packets wait before the first wanted frame, they are decoded as they come.
const MAX_QUEUED: usize = 256;

/// One packet as the selection sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PacketInfo {
    /// What the decoder returns with the frame of this packet.
    pub id: u64,
    /// Stream time, even of a packet that is only decoded and not shown.
    pub time_ns: i64,
    /// `None` for packets that an edit list hides.
    pub shown: Option<Shown>,
    pub kind: PacketKind,
}

/// What to do next; steps are carried out in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<P> {
    /// Drain the decoder and start afresh.
    Restart,
    /// The frame `id` stands for `clip`; it comes out of the decoder after one of the next packets.
    Want {
        clip: ClipIndex,
        id: u64,
        start_ns: i64,
    },
    Feed(P),
}

/// The packets break an assumption of the selection, so everything has to be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("two packets have the same time")]
    SameTime,
    #[error("the packets jump back in time")]
    BackInTime,
    #[error("a packet is far after the end")]
    WildJump,
    #[error("frames are too far apart for their decoding order")]
    TooSparse,
    #[error("no packet is shown at the first clip")]
    NothingShown,
}

pub(super) struct Selector<P> {
    queue: VecDeque<(PacketInfo, P)>,
    /// Frames that have left the queue, fed or not, but are shown after the last chosen one.
    passed_ns: Vec<i64>,
    chosen: Option<(u64, i64)>,
    next: ClipIndex,
    zero_ns: i64,
    latest_ns: i64,
    max_reorder: usize,
    /// Takes key frames where a clip has some.
    takes_keys: bool,
    restart: bool,
    extent: Extent,
    container_end_ns: Option<i64>,
}

impl<P> Selector<P> {
    pub fn new(zero_ns: i64, max_reorder: usize, first_clip: ClipIndex) -> Self {
        Self {
            queue: VecDeque::new(),
            passed_ns: Vec::new(),
            chosen: None,
            next: first_clip,
            zero_ns,
            latest_ns: i64::MIN,
            max_reorder,
            takes_keys: false,
            restart: true,
            extent: Extent::new(zero_ns),
            container_end_ns: None,
        }
    }

    /// The length that the container states; timestamps far beyond it are damaged.
    pub fn with_container_duration(mut self, duration_ns: Option<i64>) -> Self {
        self.container_end_ns = duration_ns.map(|duration_ns| self.zero_ns + duration_ns);
        self
    }

    /// Whether a key frame inside a clip does for its exact frame.
    pub fn with_keys(mut self, takes_keys: bool) -> Self {
        self.takes_keys = takes_keys;
        self
    }

    /// The clip whose frame comes next.
    pub fn next_clip(&self) -> ClipIndex {
        self.next
    }

    pub fn duration_ns(&self) -> i64 {
        self.extent.duration_ns()
    }

    pub fn push(
        &mut self,
        info: PacketInfo,
        packet: P,
        steps: &mut Vec<Step<P>>,
    ) -> Result<(), Refused> {
        if info.time_ns < self.latest_ns.saturating_sub(ns(5.0)) {
            return Err(Refused::BackInTime);
        }
        let from_ns = self.latest_ns.max(self.zero_ns);
        if is_wild_jump(from_ns, info.time_ns, self.container_end_ns) {
            return Err(Refused::WildJump);
        }
        self.latest_ns = self.latest_ns.max(info.time_ns);
        if self.queue.iter().any(|(queued, _)| queued.id == info.id) {
            return Err(Refused::SameTime);
        }
        if let Some(shown) = info.shown {
            self.extent.add(shown);
        }
        // The first clip of a very short video gets the frame in its middle, which is only known at
        // the end; until then nothing of the first second may be dropped.
        if info.kind.key && info.time_ns <= self.target_ns() && self.next > ClipIndex(0) {
            self.queue.clear();
            self.passed_ns.clear();
            self.restart = true;
        }
        self.queue.push_back((info, packet));
        if self.takes_keys {
            self.choose_keys(steps)?;
        } else {
            while self.n_later(self.target_ns()) > self.max_reorder {
                self.choose(self.target_ns(), steps)?;
            }
        }
        // The first second is kept whole: it may be all of the video, and then its middle counts.
        while self.queue.len() > MAX_QUEUED && self.next > ClipIndex(0) {
            self.feed_ahead(steps)?;
        }
        Ok(())
    }

    /// No more packets will come: chooses the frames of the remaining clips.
    pub fn finish(&mut self, steps: &mut Vec<Step<P>>) -> Result<(), Refused> {
        let duration_ns = self.extent.duration_ns();
        if self.next == ClipIndex(0) && centre_ns(self.next) >= duration_ns {
            return self.choose(self.zero_ns + duration_ns / 2 + TOLERANCE_NS, steps);
        }
        while centre_ns(self.next) < duration_ns {
            match self.takes_keys {
                true => self.choose_in_clip(steps)?,
                false => self.choose(self.target_ns(), steps)?,
            }
        }
        Ok(())
    }

    /// The last nanosecond at which the next clip's frame may begin.
    fn target_ns(&self) -> i64 {
        self.zero_ns + centre_ns(self.next) + TOLERANCE_NS
    }

    fn n_later(&self, target_ns: i64) -> usize {
        let queued = self.queue.iter().map(|(info, _)| info.time_ns);
        let passed = self.passed_ns.iter().copied();
        queued.chain(passed).filter(|at| *at > target_ns).count()
    }

    fn chosen_ns(&self) -> i64 {
        self.chosen.map_or(i64::MIN, |(_, start_ns)| start_ns)
    }

    /// The last queued frame that begins after the chosen one and no later than `target_ns`, with
    /// its index in the queue.
    fn best(&self, target_ns: i64) -> Option<(i64, usize)> {
        let after_ns = self.chosen_ns();
        self.queue
            .iter()
            .enumerate()
            .filter_map(|(at, (info, _))| Some((info.shown?.start_ns, at)))
            .filter(|(start_ns, _)| *start_ns > after_ns && *start_ns <= target_ns)
            .max()
    }

    fn choose(&mut self, target_ns: i64, steps: &mut Vec<Step<P>>) -> Result<(), Refused> {
        let best = self.best(target_ns);
        let best_ns = best.map_or(self.chosen_ns(), |(start_ns, _)| start_ns);
        if self
            .passed_ns
            .iter()
            .any(|at| *at > best_ns && *at <= target_ns)
        {
            return Err(Refused::TooSparse);
        }
        if let Some((start_ns, at)) = best {
            self.trim(at, start_ns);
            self.feed_to(start_ns, steps);
        } else {
            // The previous frame stays on screen for more than one clip.
            let (id, start_ns) = self.chosen.ok_or(Refused::NothingShown)?;
            let clip = self.next;
            steps.push(Step::Want { clip, id, start_ns });
        }
        self.next.0 += 1;
        Ok(())
    }

    /// Drops everything before the last key frame from which the frame at `at` can be decoded.
    fn trim(&mut self, at: usize, start_ns: i64) {
        let key = (0..=at).rev().find(|at| {
            let (info, _) = &self.queue[*at];
            info.kind.key && info.time_ns <= start_ns
        });
        if let Some(key) = key {
            self.queue.drain(..key);
            self.passed_ns.clear();
            self.restart = true;
        }
    }

    /// Feeds the oldest packet, whose frame is not the wanted one.
    fn feed_ahead(&mut self, steps: &mut Vec<Step<P>>) -> Result<(), Refused> {
        if self.takes_keys && self.choose_key_early(steps)? {
            return Ok(());
        }
        let best = self.best(self.target_ns());
        if best.is_none_or(|(_, at)| at == 0) {
            return Err(Refused::TooSparse);
        }
        let Some((info, packet)) = self.queue.pop_front() else {
            return Ok(());
        };
        if std::mem::take(&mut self.restart) {
            steps.push(Step::Restart);
        }
        let target_ns = self.target_ns();
        let start_ns = info.shown.map(|shown| shown.start_ns);
        self.passed_ns.extend(start_ns.filter(|at| *at > target_ns));
        if !info.kind.droppable {
            steps.push(Step::Feed(packet));
        }
        Ok(())
    }

    /// Feeds the queue up to the frame that begins at `start_ns`.
    fn feed_to(&mut self, start_ns: i64, steps: &mut Vec<Step<P>>) {
        self.passed_ns.retain(|at| *at > start_ns);
        if std::mem::take(&mut self.restart) {
            steps.push(Step::Restart);
        }
        let want_at = steps.len();
        while let Some((info, packet)) = self.queue.pop_front() {
            let this_ns = info.shown.map(|shown| shown.start_ns);
            if this_ns == Some(start_ns) {
                let (clip, id) = (self.next, info.id);
                steps.insert(want_at, Step::Want { clip, id, start_ns });
                steps.push(Step::Feed(packet));
                self.chosen = Some((id, start_ns));
                return;
            }
            self.passed_ns.extend(this_ns.filter(|at| *at > start_ns));
            if !info.kind.droppable {
                steps.push(Step::Feed(packet));
            }
        }
    }
}

#[cfg(test)]
mod tests;
