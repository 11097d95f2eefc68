//! A pad that hands the buffers of a pipeline to the reading thread, with bounded memory.
//!
//! An `appsink` would drop packets outside the segment. They are not shown, but decoding needs
//! them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::video::file::gst_util::answer_allocation;

/// The pipeline waits when this much is unread; one item is always accepted.
const MAX_QUEUED_BYTES: usize = 4 << 20;
const MAX_QUEUED_ITEMS: usize = 32;

/// The number of the video among the tracks; sound counts from 1.
pub(in crate::video) const VIDEO_TRACK: usize = 0;

/// What arrives on the pad, in stream order.
#[derive(Debug)]
pub(in crate::video) enum Item {
    Caps(gst::Caps),
    Segment(gst::FormattedSegment<gst::ClockTime>),
    Tags(gst::TagList),
    Buffer(gst::Buffer),
    Eos,
}

#[derive(Default)]
struct State {
    /// Each with the number of its track.
    items: VecDeque<(usize, Item)>,
    n_bytes: usize,
    flushing: bool,
    closed: bool,
}

/// The reading end. Closing it releases a pipeline that waits.
#[derive(Clone, Default)]
pub(in crate::video) struct Intake {
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Intake {
    /// A sink pad that takes `caps` and feeds this intake as `track`.
    pub fn pad(&self, caps: &gst::Caps, track: usize) -> Result<gst::Pad, gst::glib::BoolError> {
        let template = gst::PadTemplate::new(
            "sink",
            gst::PadDirection::Sink,
            gst::PadPresence::Always,
            caps,
        )?;
        let (chain, events) = (self.clone(), self.clone());
        let pad = gst::Pad::builder_from_template(&template)
            .chain_function(move |_, _, buffer| chain.put(track, Item::Buffer(buffer)))
            .event_function(move |_, _, event| events.take_event(track, &event))
            .query_function(answer_allocation)
            .build();
        pad.set_active(true)?;
        Ok(pad)
    }

    /// The next item with its track, or `None` if nothing came in time.
    pub fn next(&self, timeout: Duration) -> Option<(usize, Item)> {
        let (state, changed) = &*self.shared;
        let is_idle = |state: &mut State| state.items.is_empty();
        let state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut state, _) = changed
            .wait_timeout_while(state, timeout, is_idle)
            .unwrap_or_else(PoisonError::into_inner);
        let item = state.items.pop_front()?;
        if let (_, Item::Buffer(buffer)) = &item {
            state.n_bytes -= buffer.size();
        }
        changed.notify_all();
        Some(item)
    }

    /// From now on the pipeline is told to stop, and nothing waits any more.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.items.clear();
        state.n_bytes = 0;
        self.shared.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, track: usize, item: Item) -> Result<gst::FlowSuccess, gst::FlowError> {
        let n_bytes = match &item {
            Item::Buffer(buffer) => buffer.size(),
            _ => 0,
        };
        let is_full = |state: &mut State| {
            !state.closed
                && !state.flushing
                && !state.items.is_empty()
                && (state.n_bytes + n_bytes > MAX_QUEUED_BYTES
                    || state.items.len() >= MAX_QUEUED_ITEMS)
        };
        let mut state = self
            .shared
            .1
            .wait_while(self.lock(), is_full)
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed || state.flushing {
            return Err(gst::FlowError::Flushing);
        }
        state.n_bytes += n_bytes;
        state.items.push_back((track, item));
        self.shared.1.notify_all();
        Ok(gst::FlowSuccess::Ok)
    }

    fn take_event(&self, track: usize, event: &gst::Event) -> bool {
        let item = match event.view() {
            gst::EventView::Caps(caps) => Item::Caps(caps.caps_owned()),
            gst::EventView::Segment(segment) => {
                match segment.segment().clone().downcast::<gst::ClockTime>() {
                    Ok(segment) => Item::Segment(segment),
                    Err(_) => return false,
                }
            }
            gst::EventView::Tag(tag) => Item::Tags(tag.tag_owned()),
            gst::EventView::Eos(_) => Item::Eos,
            gst::EventView::FlushStart(_) => {
                let mut state = self.lock();
                state.flushing = true;
                state.items.clear();
                state.n_bytes = 0;
                self.shared.1.notify_all();
                return true;
            }
            gst::EventView::FlushStop(_) => {
                self.lock().flushing = false;
                return true;
            }
            _ => return true,
        };
        self.put(track, item).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use super::*;

    /// Longer than anything here takes on a slow machine; reaching it means a hang.
    const PATIENCE: Duration = Duration::from_secs(120);

    fn pushing(intake: &Intake, n_buffers: usize, n_bytes: usize) -> (Arc<AtomicUsize>, gst::Pad) {
        let source = gst::Pad::builder(gst::PadDirection::Src).build();
        let sink = intake.pad(&gst::Caps::new_any(), 0).unwrap();
        source.set_active(true).unwrap();
        source.link(&sink).unwrap();
        source.push_event(gst::event::StreamStart::new("test"));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        source.push_event(gst::event::Segment::new(&segment));
        let n_pushed = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&n_pushed);
        std::thread::spawn(move || {
            for _ in 0..n_buffers {
                if source
                    .push(gst::Buffer::with_size(n_bytes).unwrap())
                    .is_err()
                {
                    return;
                }
                counter.fetch_add(1, Ordering::Relaxed);
            }
            source.push_event(gst::event::Eos::new());
        });
        (n_pushed, sink)
    }

    /// Waits until this many buffers were accepted, then a little longer for one too many.
    fn wait_for(n_pushed: &AtomicUsize, expected: usize) {
        let start = Instant::now();
        while n_pushed.load(Ordering::Relaxed) < expected {
            assert!(start.elapsed() < PATIENCE, "{n_pushed:?} of {expected}");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(n_pushed.load(Ordering::Relaxed), expected);
    }

    #[test]
    fn a_slow_reader_makes_the_pipeline_wait() {
        gst::init().unwrap();
        let intake = Intake::default();
        let (n_pushed, _sink) = pushing(&intake, 100, 1 << 20);
        let n_fitting = MAX_QUEUED_BYTES >> 20;
        wait_for(&n_pushed, n_fitting);
        let mut n_read = 0;
        while let Some((_, item)) = intake.next(PATIENCE) {
            match item {
                Item::Buffer(_) => {
                    n_read += 1;
                    // As many follow as there is room for again.
                    wait_for(&n_pushed, (n_fitting + n_read).min(100));
                }
                Item::Eos => break,
                _ => {}
            }
        }
        assert_eq!(n_read, 100);
    }

    #[test]
    fn closing_releases_a_waiting_pipeline() {
        gst::init().unwrap();
        let intake = Intake::default();
        let (n_pushed, sink) = pushing(&intake, 100, 1 << 20);
        let n_fitting = MAX_QUEUED_BYTES >> 20;
        wait_for(&n_pushed, n_fitting);
        intake.close();
        // Waits for the pushing thread to leave the pad; would hang if it did not.
        sink.set_active(false).unwrap();
        assert_eq!(n_pushed.load(Ordering::Relaxed), n_fitting);
    }
}
