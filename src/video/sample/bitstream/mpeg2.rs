//! ITU-T H.262: 6.2.3.

use super::nal::start_code_units;
use super::{PacketKind, Unjudgeable};

pub(super) fn judge(data: &[u8]) -> Result<PacketKind, Unjudgeable> {
    const PICTURE: u8 = 0x00;
    const SEQUENCE: u8 = 0xb3;
    const EXTENSION: u8 = 0xb5;
    let mut sequence = false;
    let mut kind = None;
    for unit in start_code_units(data) {
        match unit[0] {
            SEQUENCE => sequence = true,
            PICTURE => {
                if kind.is_some() {
                    return Err(Unjudgeable);
                }
                kind = Some(unit.get(2).ok_or(Unjudgeable)? >> 3 & 7);
            }
            // A field picture is half a frame: the other half is another packet.
            EXTENSION
                if unit.get(1).is_some_and(|byte| byte >> 4 == 8)
                    && unit.get(3).ok_or(Unjudgeable)? & 3 != 3 =>
            {
                return Err(Unjudgeable);
            }
            _ => {}
        }
    }
    match kind {
        Some(1) => Ok(PacketKind {
            key: sequence,
            droppable: false,
        }),
        Some(2) => Ok(PacketKind {
            key: false,
            droppable: false,
        }),
        Some(3) => Ok(PacketKind {
            key: false,
            droppable: true,
        }),
        _ => Err(Unjudgeable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::sample::bitstream::tests::{DROPPABLE, KEY, PLAIN};

    #[test]
    fn mpeg2_pictures_have_a_type() {
        let picture = |kind: u8| [0, 0, 1, 0x00, 0, kind << 3, 0];
        let mut intra = vec![0, 0, 1, 0xb3, 0x14];
        intra.extend_from_slice(&picture(1));
        assert_eq!(judge(&intra), Ok(KEY));
        assert_eq!(judge(&picture(1)), Ok(PLAIN));
        assert_eq!(judge(&picture(2)), Ok(PLAIN));
        assert_eq!(judge(&picture(3)), Ok(DROPPABLE));
        assert_eq!(judge(&[1, 2, 3]), Err(Unjudgeable));
    }
}
