//! When pictures are shown whose packets only say when they are decoded.
//!
//! AVI, streams without a container, and many program streams are of this kind. A picture between two others is shown when it is
//! decoded, and one from which others are predicted when the next of its kind is decoded:
//!
//! ```text
//! decoded   I0  P3  B1  B2  P6  B4  B5  …
//! at         0   1   2   3   4   5   6
//! shown at   1   4   2   3   7   5   6      then all one earlier, if the file counts I0 as shown at 0
//! ```
//! Where the bitstream hides this (H.264), the pictures are decoded: the n-th that comes out is shown
//! when the n-th was decoded.

use std::collections::VecDeque;

use gstreamer as gst;

use crate::video::cut::packet::Packet;
use crate::video::file::container::Container;
use crate::video::sample::bitstream::{PictureOrder, Role};
use crate::video::sample::decoder::Decoder;

/// No picture waits longer than this for the one before it in the order of display.
const MAX_HELD: usize = 64;

enum Order {
    Coded(PictureOrder),
    Decoded(Box<Decoded>),
    /// Nothing is shown in another order than it is decoded.
    Plain,
}

struct Decoded {
    decoder: Decoder,
    caps: gst::Caps,
    n_fed: u64,
    /// When the packets are decoded whose number in the order of display is not known yet.
    decode_ns: VecDeque<i64>,
    /// When each fed packet is shown, in the order of decoding; those that have left are missing.
    shown_ns: VecDeque<Option<i64>>,
}

/// Puts times on the packets of a video.
pub(super) struct DisplayTimes {
    order: Order,
    /// Whether a time of display that a packet has is one.
    trusts_packets: bool,
    /// In the order of decoding, from the last reference picture on.
    held: VecDeque<(Packet, Role)>,
    ready: VecDeque<Packet>,
    /// What the file counts otherwise than the rule above.
    offset_ns: Option<i64>,
}

impl DisplayTimes {
    /// `None` where packets say when they are shown.
    pub fn of(caps: &gst::Caps, container: Container) -> Option<Self> {
        let name = caps.structure(0)?.name().to_string();
        let order = match (container, PictureOrder::of(caps)) {
            (Container::Mp4 | Container::Matroska, _) => return None,
            (_, Some(order)) => Order::Coded(order),
            (Container::Avi | Container::Bare, None)
                if ["video/x-h264", "video/x-h265"].contains(&name.as_str()) =>
            {
                Order::Decoded(Box::new(Decoded::new(caps)?))
            }
            (Container::Avi, None) => Order::Plain,
            _ => return None,
        };
        Some(Self {
            order,
            trusts_packets: matches!(
                container,
                Container::TransportStream | Container::ProgramStream
            ),
            held: VecDeque::new(),
            ready: VecDeque::new(),
            offset_ns: None,
        })
    }

    /// Takes the next packet in the order of decoding. One that cannot be judged keeps what it has.
    pub fn push(&mut self, packet: Packet) {
        let decode_ns = packet.decode_ns.unwrap_or(packet.time_ns);
        let role = match &mut self.order {
            Order::Plain => {
                let has_time = true;
                self.ready.push_back(Packet { has_time, ..packet });
                return;
            }
            Order::Coded(order) => packet
                .buffer
                .map_readable()
                .ok()
                .and_then(|data| order.role(&data)),
            Order::Decoded(decoded) => {
                let is_fed = decoded.feed(&packet, decode_ns);
                self.held.push_back((packet, Role::Between));
                if !is_fed || self.held.len() > MAX_HELD {
                    self.give_up();
                }
                self.take_decoded();
                return;
            }
        };
        match role {
            Some(Role::Reference) => {
                self.release(decode_ns);
                self.held.push_back((packet, Role::Reference));
            }
            Some(role) => self.held.push_back((packet, role)),
            None => {
                self.give_up();
                self.ready.push_back(packet);
            }
        }
    }

    /// The next packet in the order of decoding that is known to be shown at its time.
    pub fn pop(&mut self) -> Option<Packet> {
        self.ready.pop_front()
    }

    /// No more packets will come.
    pub fn finish(&mut self) {
        if let Order::Decoded(decoded) = &mut self.order {
            decoded.finish();
            self.take_decoded();
        }
        let ends = self
            .held
            .iter()
            .map(|(packet, _)| packet.decode_ns.unwrap_or(packet.time_ns) + packet.duration_ns);
        if let Some(end_ns) = ends.max() {
            self.release(end_ns);
        }
    }

    /// The reference picture that waits is shown when the next one is decoded.
    fn release(&mut self, next_ns: i64) {
        let mut first_field_ns = None;
        for (packet, role) in std::mem::take(&mut self.held) {
            let decode_ns = packet.decode_ns.unwrap_or(packet.time_ns);
            let rule_ns = match role {
                Role::Reference => next_ns,
                Role::Between => decode_ns,
                Role::SecondField => first_field_ns.unwrap_or(decode_ns) + packet.duration_ns / 2,
            };
            first_field_ns = Some(rule_ns);
            self.show(packet, rule_ns);
        }
    }

    fn show(&mut self, mut packet: Packet, rule_ns: i64) {
        let offset_ns = match (self.offset_ns, &self.order) {
            (Some(offset_ns), _) => offset_ns,
            (None, _) if self.trusts_packets && packet.has_time => packet.time_ns - rule_ns,
            (None, _) if self.trusts_packets => 0,
            // The first picture is shown at once.
            (None, Order::Coded(_)) => -packet.duration_ns,
            (None, _) => 0,
        };
        self.offset_ns = Some(offset_ns);
        if !packet.has_time || !self.trusts_packets {
            packet.time_ns = rule_ns + offset_ns;
            packet.has_time = true;
            // Nothing is shown before it is decoded.
            packet.decode_ns = packet.decode_ns.map(|ns| ns.min(packet.time_ns));
        }
        self.ready.push_back(packet);
    }

    fn take_decoded(&mut self) {
        loop {
            let Order::Decoded(decoded) = &mut self.order else {
                return;
            };
            let Some(shown_ns) = decoded.next_shown_ns() else {
                return;
            };
            if let Some((packet, _)) = self.held.pop_front() {
                self.show(packet, shown_ns);
            }
        }
    }

    /// What waits keeps what it has.
    fn give_up(&mut self) {
        let held = self.held.drain(..).map(|(packet, _)| packet);
        self.ready.extend(held);
    }
}

impl Decoded {
    fn new(caps: &gst::Caps) -> Option<Self> {
        let decoder = Decoder::new(caps).ok()?;
        decoder.watch(true);
        Some(Self {
            decoder,
            caps: caps.clone(),
            n_fed: 0,
            decode_ns: VecDeque::new(),
            shown_ns: VecDeque::new(),
        })
    }

    /// `false` if the decoder fails.
    fn feed(&mut self, packet: &Packet, decode_ns: i64) -> bool {
        self.decode_ns.push_back(decode_ns);
        self.shown_ns.push_back(None);
        let is_fed = self
            .decoder
            .feed_unordered(&packet.buffer, self.n_fed, &self.caps);
        self.n_fed += 1;
        self.take_shown();
        is_fed.is_ok()
    }

    fn finish(&mut self) {
        if let Err(error) = self.decoder.drain() {
            log::debug!("the order of the last pictures is not known: {error}");
        }
        self.take_shown();
    }

    fn take_shown(&mut self) {
        for id in self.decoder.take_seen() {
            let first = self.n_fed - self.shown_ns.len() as u64;
            let index = id.checked_sub(first).map(|index| index as usize);
            let shown_ns = index.and_then(|index| self.shown_ns.get_mut(index));
            if let Some(shown_ns) = shown_ns {
                *shown_ns = self.decode_ns.pop_front();
            }
        }
    }

    /// When the packet is shown that was fed first of all that wait.
    fn next_shown_ns(&mut self) -> Option<i64> {
        let shown_ns = (*self.shown_ns.front()?)?;
        self.shown_ns.pop_front();
        Some(shown_ns)
    }
}
