//! Pictures of MPEG-4 that an AVI holds in pairs.
//!
//! DivX and XviD put a picture together with the one that is predicted from it, and an empty one where the
//! second would belong, since AVI has one time per packet. The parser takes the pair apart:
//!
//! ```text
//! in the file      P3 B1   B2   —    P6 B4   B5   —
//! decoded at          1    2    3       4    5    6
//! after the parser P3 B1   B2   —    P6 B4   B5   —
//! at                1  2    2   3     4  5    5   6
//! here             P3 B1   B2        P6 B4   B5
//! at                1  2    3         4  5    6
//! ```

use crate::video::cut::packet::Packet;
use crate::video::file::timing::TOLERANCE_NS;

/// An empty picture is a start code and some thirty bits; one that shows anything is longer.
const MAX_EMPTY_BYTES: usize = 8;

/// Gives each picture a time of its own.
#[derive(Default)]
pub(super) struct Unpacker {
    last_ns: Option<i64>,
}

impl Unpacker {
    /// Takes packets in the order of decoding; `None` for an empty picture whose place another has
    /// taken.
    pub fn unpack(&mut self, packet: Packet) -> Option<Packet> {
        let stated_ns = packet.decode_ns.unwrap_or(packet.time_ns);
        let is_taken = self
            .last_ns
            .is_some_and(|last_ns| stated_ns <= last_ns + TOLERANCE_NS);
        if is_taken && packet.buffer.size() <= MAX_EMPTY_BYTES {
            return None;
        }
        let decode_ns = match self.last_ns {
            Some(last_ns) if is_taken => last_ns + packet.duration_ns,
            _ => stated_ns,
        };
        self.last_ns = Some(decode_ns);
        Some(Packet {
            decode_ns: Some(decode_ns),
            time_ns: if packet.has_time {
                packet.time_ns
            } else {
                decode_ns
            },
            ..packet
        })
    }
}

#[cfg(test)]
mod tests {
    use gstreamer as gst;

    use super::*;

    const FRAME_NS: i64 = 40_000_000;

    /// Given as number of its time and size; the same after unpacking.
    fn unpacked(packets: &[(i64, usize)]) -> Vec<(i64, usize)> {
        gst::init().unwrap();
        let mut unpacker = Unpacker::default();
        let packets = packets.iter().filter_map(|(number, n_bytes)| {
            unpacker.unpack(Packet {
                buffer: gst::Buffer::with_size(*n_bytes).unwrap(),
                time_ns: number * FRAME_NS,
                decode_ns: Some(number * FRAME_NS),
                duration_ns: FRAME_NS,
                is_key: false,
                has_time: false,
                shift_ns: 0,
                new_caps: None,
            })
        });
        let number = |packet: Packet| (packet.decode_ns.unwrap() / FRAME_NS, packet.buffer.size());
        packets.map(number).collect()
    }

    #[test]
    fn pairs_are_taken_apart_and_their_empty_pictures_left_out() {
        let packed = [
            (0, 90),
            (1, 80),
            (2, 31),
            (2, 32),
            (3, 6),
            (4, 81),
            (5, 33),
            (5, 6),
        ];
        let expected = [(0, 90), (1, 80), (2, 31), (3, 32), (4, 81), (5, 33)];
        assert_eq!(unpacked(&packed), expected);
    }

    #[test]
    fn empty_pictures_that_repeat_one_stay() {
        let plain = [(0, 90), (1, 30), (2, 6), (3, 31), (4, 6), (5, 6)];
        assert_eq!(unpacked(&plain), plain);
    }
}
