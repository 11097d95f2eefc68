//! ITU-T H.265: 7.4.2.2.

use super::nal::nal_units;
use super::{PacketKind, Unjudgeable};

pub(super) fn judge(
    data: &[u8],
    nal_length: Option<usize>,
    max_temporal_id: &mut Option<u8>,
) -> Result<PacketKind, Unjudgeable> {
    let (mut key, mut n_slices, mut referenced) = (false, 0, false);
    for nal in nal_units(data, nal_length)? {
        let [first, second, ..] = *nal else {
            return Err(Unjudgeable);
        };
        let temporal_id = (second & 7).checked_sub(1).ok_or(Unjudgeable)?;
        match (first >> 1) & 0x3f {
            kind @ 0..=31 => {
                n_slices += 1;
                key |= (16..=21).contains(&kind);
                // Even numbers below 16 are not referenced within their own temporal layer;
                // higher layers may refer to them, so only the highest layer counts.
                let top = Some(temporal_id) == *max_temporal_id;
                referenced |= !(kind < 16 && kind % 2 == 0 && top);
            }
            33 => *max_temporal_id = nal.get(2).map(|byte| (byte >> 1) & 7),
            _ => {}
        }
    }
    if n_slices == 0 {
        return Err(Unjudgeable);
    }
    Ok(PacketKind {
        key,
        droppable: !key && !referenced,
    })
}

/// `sps_max_sub_layers_minus1` from the parameter sets in an `hvcC` record.
pub(super) fn hvcc_max_temporal_id(data: &[u8]) -> Option<u8> {
    let mut rest = data.get(23..)?;
    for _ in 0..*data.get(22)? {
        let kind = rest.first()? & 0x3f;
        let n_units = u16::from_be_bytes([*rest.get(1)?, *rest.get(2)?]);
        rest = rest.get(3..)?;
        for _ in 0..n_units {
            let size = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
            let unit = rest.get(2..2 + size)?;
            if kind == 33 {
                return unit.get(2).map(|byte| (byte >> 1) & 7);
            }
            rest = &rest[2 + size..];
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::sample::bitstream::tests::{DROPPABLE, KEY, PLAIN};

    #[test]
    fn h265_drops_only_the_highest_layer() {
        let slice = |kind: u8, temporal_id: u8| [0, 0, 0, 3, kind << 1, temporal_id + 1, 0x80];
        let mut one_layer = Some(0);
        assert_eq!(judge(&slice(0, 0), Some(4), &mut one_layer), Ok(DROPPABLE));
        assert_eq!(judge(&slice(1, 0), Some(4), &mut one_layer), Ok(PLAIN));
        assert_eq!(judge(&slice(21, 0), Some(4), &mut one_layer), Ok(KEY));
        let mut two_layers = Some(1);
        assert_eq!(judge(&slice(0, 0), Some(4), &mut two_layers), Ok(PLAIN));
        assert_eq!(judge(&slice(0, 1), Some(4), &mut two_layers), Ok(DROPPABLE));
        assert_eq!(judge(&slice(0, 0), Some(4), &mut None), Ok(PLAIN));
    }
}
