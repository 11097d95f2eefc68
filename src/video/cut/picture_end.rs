//! Which picture of a cut is its last one.

use super::feed::Packet;
use crate::video::timing::TOLERANCE_NS;

/// Where the pictures end: as soon as every picture shown before the end has come.
///
/// A picture shown after the end may be one that pictures before the end are predicted from. So it
/// waits until its successor in display order arrives: if something before the end came between,
/// it belongs to the cut, else it and all later ones do not.
pub(super) struct PictureEnd {
    asked_ns: i64,
    latest_ns: i64,
    held: Vec<Packet>,
    pub done: bool,
    /// Where the last written picture ends.
    pub end_ns: i64,
}

impl PictureEnd {
    pub fn new(asked_ns: i64) -> Self {
        Self {
            asked_ns,
            latest_ns: i64::MIN,
            held: Vec::new(),
            done: false,
            end_ns: i64::MIN,
        }
    }

    /// The next packet in decoding order; gives those that are now known to belong to the cut.
    pub fn push(&mut self, packet: Packet) -> Vec<Packet> {
        if self.done {
            return Vec::new();
        }
        let mut written = Vec::new();
        let is_latest = packet.time_ns > self.latest_ns;
        if is_latest && !self.held.is_empty() {
            written = self.release();
            if self.done {
                return written;
            }
        }
        self.latest_ns = self.latest_ns.max(packet.time_ns);
        if self.held.is_empty() && packet.time_ns < self.asked_ns - TOLERANCE_NS {
            self.note(&packet);
            written.push(packet);
        } else {
            self.held.push(packet);
        }
        written
    }

    /// What is held belongs to the cut only if something before the end is among it.
    fn release(&mut self) -> Vec<Packet> {
        let held = std::mem::take(&mut self.held);
        let wanted = held
            .iter()
            .any(|packet| packet.time_ns < self.asked_ns - TOLERANCE_NS);
        // The very first picture is kept in any case: a cut shows something.
        if wanted || self.end_ns == i64::MIN {
            held.iter().for_each(|packet| self.note(packet));
            held
        } else {
            self.done = true;
            Vec::new()
        }
    }

    fn note(&mut self, packet: &Packet) {
        self.end_ns = self.end_ns.max(packet.time_ns + packet.duration_ns);
    }

    pub fn finish(&mut self) -> Vec<Packet> {
        self.release()
    }
}
