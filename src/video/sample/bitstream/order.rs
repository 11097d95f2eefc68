//! How a packet of MPEG-1, -2 or -4 stands in the order in which pictures are shown (ISO/IEC 11172-2,
//! 2.4.3.4; ITU-T H.262, 6.2.3; ISO/IEC 14496-2, 6.2.5).

use gstreamer as gst;

use super::nal::start_code_units;

/// What a picture is for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video) enum Role {
    /// Others may be predicted from it; it is shown when the next of its kind is decoded.
    Reference,
    /// It is shown when it is decoded.
    Between,
    /// The other half of the packet before it.
    SecondField,
}

/// Of packets in decoding order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video) enum PictureOrder {
    /// MPEG-1 and -2, with the number of the last picture if that was a field.
    Numbered {
        field: Option<u16>,
    },
    Mpeg4,
}

impl PictureOrder {
    /// `None` for other formats.
    pub fn of(caps: &gst::CapsRef) -> Option<Self> {
        let structure = caps.structure(0)?;
        let version = structure.get::<i32>("mpegversion");
        match (structure.name().as_str(), version) {
            ("video/mpeg", Ok(1 | 2)) => Some(Self::Numbered { field: None }),
            ("video/mpeg", Ok(4)) => Some(Self::Mpeg4),
            _ => None,
        }
    }

    /// `None` for a packet that does not hold exactly one picture.
    pub fn role(&mut self, data: &[u8]) -> Option<Role> {
        match self {
            Self::Numbered { field } => numbered(data, field),
            Self::Mpeg4 => mpeg4(data),
        }
    }
}

fn numbered(data: &[u8], field: &mut Option<u16>) -> Option<Role> {
    const PICTURE: u8 = 0x00;
    const EXTENSION: u8 = 0xb5;
    let mut found = None;
    let mut is_field = false;
    for unit in start_code_units(data) {
        if unit[0] == PICTURE {
            let [_, high, low, ..] = *unit else {
                return None;
            };
            let number = u16::from(high) << 2 | u16::from(low >> 6);
            if found.replace((number, low >> 3 & 7)).is_some() {
                return None;
            }
        } else if unit[0] == EXTENSION && unit.get(1).is_some_and(|byte| byte >> 4 == 8) {
            is_field = unit.get(3)? & 3 != 3;
        }
    }
    let (number, kind) = found?;
    let is_second = is_field && *field == Some(number);
    *field = (is_field && !is_second).then_some(number);
    match kind {
        _ if is_second => Some(Role::SecondField),
        1 | 2 | 4 => Some(Role::Reference),
        3 => Some(Role::Between),
        _ => None,
    }
}

fn mpeg4(data: &[u8]) -> Option<Role> {
    const PICTURE: u8 = 0xb6;
    let mut pictures = start_code_units(data).filter(|unit| unit[0] == PICTURE);
    let kind = pictures.next()?.get(1)? >> 6;
    // Some encoders pack a picture and the one that is predicted from it together.
    if pictures.next().is_some() {
        return None;
    }
    Some(if kind == 2 {
        Role::Between
    } else {
        Role::Reference
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_mpeg_2_are_shown_by_their_type_and_fields_belong_together() {
        let picture = |number: u8, kind: u8, structure: u8| {
            let number = [number >> 2, number << 6 | kind << 3];
            let extension = [0, 0, 1, 0xb5, 0x8f, 0xff, structure];
            [
                &[0, 0, 1, 0][..],
                &number,
                &[0, 0],
                &extension,
                &[0, 0, 1, 1, 9],
            ]
            .concat()
        };
        let mut order = PictureOrder::Numbered { field: None };
        for (data, role) in [
            (picture(0, 1, 3), Some(Role::Reference)),
            (picture(2, 2, 1), Some(Role::Reference)),
            (picture(2, 2, 2), Some(Role::SecondField)),
            (picture(1, 3, 1), Some(Role::Between)),
            (picture(1, 3, 2), Some(Role::SecondField)),
            (picture(1, 7, 3), None),
            ([picture(1, 1, 3), picture(2, 1, 3)].concat(), None),
            (vec![0, 0, 1], None),
        ] {
            assert_eq!(order.role(&data), role, "{data:?}");
        }
    }

    #[test]
    fn pictures_of_mpeg_4_are_shown_by_their_type_unless_they_are_packed() {
        let picture = |kind: u8| [0, 0, 1, 0xb6, kind << 6, 1];
        let mut order = PictureOrder::Mpeg4;
        let head = [0, 0, 1, 0x20, 1];
        assert_eq!(
            order.role(&[&head[..], &picture(0)].concat()),
            Some(Role::Reference)
        );
        assert_eq!(order.role(&picture(1)), Some(Role::Reference));
        assert_eq!(order.role(&picture(2)), Some(Role::Between));
        assert_eq!(order.role(&[picture(1), picture(2)].concat()), None);
        assert_eq!(order.role(&head), None);
    }
}
