//! Bytes of a file that a demuxer gets to see in another way.

use gstreamer as gst;
use gstreamer::prelude::*;

/// Places in the file with the byte that is seen there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ByteChanges(Vec<(u64, u8)>);

impl ByteChanges {
    /// In any order.
    pub fn new(mut changes: Vec<(u64, u8)>) -> Self {
        changes.sort_by_key(|(at, _)| *at);
        Self(changes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These and the others.
    pub fn and(&self, others: &Self) -> Self {
        Self::new(self.0.iter().chain(&others.0).copied().collect())
    }

    /// Makes them in everything that comes through this pad, whether it is pushed or pulled.
    pub fn make_on(self, pad: &gst::Pad) {
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let Self(changes) = &self;
            let last = changes.last().map(|(at, _)| *at);
            if let Some(buffer) = info.buffer_mut()
                && last.is_some_and(|last| buffer.offset() <= last)
            {
                let at = buffer.offset();
                if let Ok(mut bytes) = buffer.make_mut().map_writable() {
                    self.make(at, &mut bytes);
                }
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// `bytes` are those of the file from `at` on.
    fn make(&self, at: u64, bytes: &mut [u8]) {
        let Self(changes) = self;
        let first = changes.partition_point(|(place, _)| *place < at);
        for (place, value) in &changes[first..] {
            let index = usize::try_from(place - at).unwrap_or(usize::MAX);
            match bytes.get_mut(index) {
                Some(byte) => *byte = *value,
                None => return,
            }
        }
    }
}

#[cfg(test)]
impl ByteChanges {
    /// The whole file as it is seen.
    pub fn seen(&self, file: &[u8]) -> Vec<u8> {
        let mut seen = file.to_vec();
        // In pieces that begin anywhere.
        let mut at = 0;
        for n in [189, 1, 300, 78, 1, 5000, usize::MAX] {
            let end = at + n.min(seen.len() - at);
            self.make(at as u64, &mut seen[at..end]);
            at = end;
        }
        seen
    }
}
