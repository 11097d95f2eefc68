//! Which picture of a cut is its last one.

use crate::video::cut::packet::Packet;
use crate::video::file::timing::TOLERANCE_NS;

/// Decides which pictures belong to a cut, and notices when all of them have come.
///
/// Pictures before the end may be predicted from one that is shown after the end. So such a picture
/// waits until the next one in display order arrives. If a picture before the end came in between,
/// it belongs to the cut; otherwise it and all later ones do not.
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

    /// Takes the next packet in decoding order; returns those that are now known to be in the cut.
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

    /// The held packets belong to the cut only if one of them is shown before the end.
    fn release(&mut self) -> Vec<Packet> {
        let held = std::mem::take(&mut self.held);
        let wanted = held
            .iter()
            .any(|packet| packet.time_ns < self.asked_ns - TOLERANCE_NS);
        // The very first picture is always kept, so that a cut shows something.
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

#[cfg(test)]
mod tests {
    use gstreamer as gst;

    use super::*;

    const FRAME_NS: i64 = 40_000_000;

    fn picture(index: i64) -> Packet {
        Packet {
            buffer: gst::Buffer::new(),
            time_ns: index * FRAME_NS,
            decode_ns: None,
            duration_ns: FRAME_NS,
            is_key: index == 0,
            has_time: true,
            shift_ns: 0,
            new_caps: None,
        }
    }

    /// Which of the pictures, given in decoding order, are in a cut that ends at `end`, how many
    /// had to be read, and where the cut ends.
    fn cut(order: &[i64], end: i64) -> (Vec<i64>, usize, i64) {
        gst::init().unwrap();
        let mut picture_end = PictureEnd::new(end * FRAME_NS);
        let mut written = Vec::new();
        let mut n_read = 0;
        for index in order {
            n_read += 1;
            written.extend(picture_end.push(picture(*index)));
            if picture_end.done {
                break;
            }
        }
        written.extend(picture_end.finish());
        let indices = written.iter().map(|packet| packet.time_ns / FRAME_NS);
        (indices.collect(), n_read, picture_end.end_ns / FRAME_NS)
    }

    #[test]
    fn without_reordering_the_cut_ends_where_it_was_asked_to() {
        // The picture after the first that is left out shows that nothing comes between.
        assert_eq!(cut(&[0, 1, 2, 3, 4, 5, 6], 3), (vec![0, 1, 2], 5, 3));
    }

    #[test]
    fn a_picture_after_the_end_is_kept_if_one_before_the_end_follows_it() {
        let order = [0, 4, 2, 1, 3, 8, 6, 5, 7];
        // 4 is needed for 1, 2 and 3; 8 for nothing before 4.
        assert_eq!(cut(&order, 4), (vec![0, 4, 2, 1, 3], 9, 5));
        assert_eq!(cut(&order, 3), (vec![0, 4, 2, 1, 3], 9, 5));
        // 6 and 8 are both needed for 5.
        assert_eq!(cut(&order, 6), (order.to_vec(), 9, 9));
    }

    #[test]
    fn the_end_of_the_file_ends_the_cut() {
        assert_eq!(cut(&[0, 1, 2], 10), (vec![0, 1, 2], 3, 3));
        assert_eq!(cut(&[0, 3, 1, 2], 3), (vec![0, 3, 1, 2], 4, 4));
        assert_eq!(cut(&[0, 3, 4], 3), (vec![0], 3, 1));
    }

    #[test]
    fn a_cut_of_nothing_still_shows_one_picture() {
        assert_eq!(cut(&[0, 1, 2], 0), (vec![0], 3, 1));
        assert!(cut(&[], 5).0.is_empty());
    }
}
