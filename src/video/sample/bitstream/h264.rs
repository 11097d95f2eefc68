//! ITU-T H.264: 7.3.1, 7.4.1.2.4, D.2.8.

use super::nal::{nal_units, unescape};
use super::{PacketKind, Unjudgeable};

pub(super) fn judge(data: &[u8], nal_length: Option<usize>) -> Result<PacketKind, Unjudgeable> {
    let (mut idr, mut recovery, mut n_slices, mut referenced) = (false, false, 0, false);
    for nal in nal_units(data, nal_length)? {
        let header = nal[0];
        if header & 0x80 != 0 {
            return Err(Unjudgeable);
        }
        match header & 0x1f {
            kind @ 1..=5 => {
                // Slices in data partitions (2, 3, 4) carry the reference mark as well.
                n_slices += 1;
                idr |= kind == 5;
                referenced |= header & 0x60 != 0;
            }
            6 => recovery |= recovers_at_once(&unescape(&nal[1..])),
            _ => {}
        }
    }
    if n_slices == 0 {
        return Err(Unjudgeable);
    }
    Ok(PacketKind {
        key: idr || recovery,
        droppable: !referenced,
    })
}

/// Whether an H.264 SEI holds a recovery point with `recovery_frame_cnt` 0: an intra picture in an
/// open group. Intra refresh has a larger count: its pictures become right only little by little.
fn recovers_at_once(sei: &[u8]) -> bool {
    let mut rest = sei;
    // More than the trailing bits must be left for another message.
    while rest.len() > 2 {
        let Some((kind, after_kind)) = sei_number(rest) else {
            return false;
        };
        let Some((size, payload)) = sei_number(after_kind) else {
            return false;
        };
        if kind == 6 {
            // ue(v): a first bit of 1 is the number 0.
            return size > 0 && payload.first().is_some_and(|byte| byte & 0x80 != 0);
        }
        let Some(next) = payload.get(size..) else {
            return false;
        };
        rest = next;
    }
    false
}

fn sei_number(data: &[u8]) -> Option<(usize, &[u8])> {
    let n_full = data.iter().take_while(|byte| **byte == 0xff).count();
    let last = *data.get(n_full)?;
    Some((n_full * 255 + usize::from(last), &data[n_full + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::sample::bitstream::tests::{DROPPABLE, KEY, PLAIN};

    #[test]
    fn h264_packets_are_judged_by_their_nal_units() {
        let annex_b = |nals: &[&[u8]]| {
            let mut data = Vec::new();
            for nal in nals {
                data.extend_from_slice(&[0, 0, 0, 1]);
                data.extend_from_slice(nal);
            }
            data
        };
        let judged = |nals: &[&[u8]]| judge(&annex_b(nals), None);
        assert_eq!(judged(&[&[0x65, 0x88]]), Ok(KEY));
        assert_eq!(judged(&[&[0x41, 0x9a]]), Ok(PLAIN));
        assert_eq!(judged(&[&[0x01, 0x9e]]), Ok(DROPPABLE));
        // Recovery point: payload 6, size 1, recovery_frame_cnt = 0, then a non-IDR slice.
        assert_eq!(judged(&[&[6, 6, 1, 0xc4, 0x80], &[0x41, 0x9a]]), Ok(KEY));
        // Intra refresh: recovery_frame_cnt > 0.
        assert_eq!(judged(&[&[6, 6, 1, 0x24, 0x80], &[0x41, 0x9a]]), Ok(PLAIN));
        // Another message (buffering period) first.
        assert_eq!(
            judged(&[&[6, 0, 2, 1, 2, 6, 1, 0xc4, 0x80], &[0x41, 1]]),
            Ok(KEY)
        );
        assert_eq!(judged(&[&[9, 0x10]]), Err(Unjudgeable));
    }

    #[test]
    fn a_length_beyond_the_packet_is_damage() {
        assert_eq!(judge(&[0, 0, 0, 2, 0x65, 0x88], Some(4)), Ok(KEY));
        assert_eq!(judge(&[0, 0, 0, 3, 0x65, 0x88], Some(4)), Err(Unjudgeable));
        assert_eq!(judge(&[0, 0, 0], Some(4)), Err(Unjudgeable));
        assert_eq!(judge(&[0, 0, 0, 0], Some(4)), Err(Unjudgeable));
    }
}
