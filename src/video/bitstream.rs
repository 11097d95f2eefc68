//! What a packet is, read from its own bits: can decoding start here, may it be left out?
//!
//! Containers and parsers mark packets too, but not well enough to rely on: GStreamer's H.264
//! parser calls every intra picture a key frame, although later pictures may look behind it.
//! Sources: ITU-T H.264 (7.3.1, 7.4.1.2.4, D.2.8), H.265 (7.4.2.2), H.262 (6.2.3).

use gstreamer as gst;

/// The judgement over one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PacketKind {
    /// A decoder that starts here shows this picture, and all later shown ones, correctly.
    pub key: bool,
    /// No other picture is predicted from this one.
    pub droppable: bool,
}

/// The packet contradicts its own format, or is of a kind that cannot be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unjudgeable;

/// A codec whose packets can be judged.
#[derive(Clone, Debug)]
pub(super) enum Judge {
    H264 {
        nal_length: Option<usize>,
    },
    H265 {
        nal_length: Option<usize>,
        max_temporal_id: Option<u8>,
    },
    Mpeg2,
    /// The parser's own key mark is right and nothing is ever left out.
    Marked {
        max_reorder: usize,
    },
}

impl Judge {
    /// `None` where packets cannot be judged and everything has to be decoded.
    ///
    /// `whole_frames` says that the container keeps both fields of an interlaced frame together.
    pub fn from_caps(caps: &gst::CapsRef, whole_frames: bool) -> Option<Self> {
        let structure = caps.structure(0)?;
        let text = |field: &str| structure.get::<&str>(field).ok();
        match structure.name().as_str() {
            "video/x-h264" if text("alignment") == Some("au") => {
                let fields = text("coded-picture-structure") == Some("field")
                    || !matches!(text("interlace-mode"), None | Some("progressive"));
                if fields && !whole_frames {
                    return None;
                }
                let nal_length = nal_length(structure, "avc", 4)?;
                Some(Self::H264 { nal_length })
            }
            "video/x-h265" if text("alignment") == Some("au") => {
                if !matches!(text("interlace-mode"), None | Some("progressive")) {
                    return None;
                }
                let nal_length = nal_length(structure, "hvc1", 21)
                    .or_else(|| nal_length(structure, "hev1", 21))?;
                let max_temporal_id =
                    codec_data(structure).and_then(|data| hvcc_max_temporal_id(&data));
                Some(Self::H265 {
                    nal_length,
                    max_temporal_id,
                })
            }
            "video/mpeg" if structure.get::<i32>("mpegversion") == Ok(2) => Some(Self::Mpeg2),
            "video/mpeg" if structure.get::<i32>("mpegversion") == Ok(4) && whole_frames => {
                Some(Self::Marked { max_reorder: 2 })
            }
            "video/x-vp9" => {
                let whole = matches!(text("alignment"), None | Some("super-frame"));
                let alpha = structure.get::<bool>("codec-alpha") == Ok(true);
                (whole && !alpha).then_some(Self::Marked { max_reorder: 0 })
            }
            "video/x-vp8" if structure.get::<bool>("codec-alpha") != Ok(true) => {
                Some(Self::Marked { max_reorder: 0 })
            }
            "video/x-av1" if text("alignment") == Some("tu") => {
                Some(Self::Marked { max_reorder: 0 })
            }
            "video/x-prores" | "image/jpeg" if whole_frames => {
                Some(Self::Marked { max_reorder: 0 })
            }
            _ => None,
        }
    }

    /// How many packets may come between a picture and one that is shown before it.
    pub fn max_reorder(&self) -> usize {
        match self {
            // The decoded picture buffer holds at most 16 frames.
            Self::H264 { .. } | Self::H265 { .. } => 16,
            Self::Mpeg2 => 2,
            Self::Marked { max_reorder } => *max_reorder,
        }
    }

    pub fn judge(&mut self, data: &[u8], marked_key: bool) -> Result<PacketKind, Unjudgeable> {
        match self {
            Self::H264 { nal_length } => judge_h264(data, *nal_length),
            Self::H265 {
                nal_length,
                max_temporal_id,
            } => judge_h265(data, *nal_length, max_temporal_id),
            Self::Mpeg2 => judge_mpeg2(data),
            Self::Marked { .. } => Ok(PacketKind {
                key: marked_key,
                droppable: false,
            }),
        }
    }
}

fn codec_data(structure: &gst::StructureRef) -> Option<Vec<u8>> {
    let buffer = structure.get::<gst::Buffer>("codec_data").ok()?;
    let map = buffer.map_readable().ok()?;
    Some(map.to_vec())
}

/// `Some(None)`: start codes; `Some(Some(n))`: every NAL unit is preceded by `n` bytes of length.
fn nal_length(structure: &gst::StructureRef, format: &str, at: usize) -> Option<Option<usize>> {
    match structure.get::<&str>("stream-format").ok()? {
        "byte-stream" => Some(None),
        found if found == format => {
            let data = codec_data(structure)?;
            Some(Some(usize::from(data.get(at)? & 3) + 1))
        }
        _ => None,
    }
}

fn judge_h264(data: &[u8], nal_length: Option<usize>) -> Result<PacketKind, Unjudgeable> {
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
/// open group. Intra refresh has a larger count: its pictures become right only bit by bit.
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

fn judge_h265(
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
fn hvcc_max_temporal_id(data: &[u8]) -> Option<u8> {
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

fn judge_mpeg2(data: &[u8]) -> Result<PacketKind, Unjudgeable> {
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

/// The NAL units of a packet, none of them empty.
fn nal_units(data: &[u8], nal_length: Option<usize>) -> Result<Vec<&[u8]>, Unjudgeable> {
    let Some(nal_length) = nal_length else {
        return Ok(start_code_units(data).collect());
    };
    let mut units = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let prefix = rest.get(..nal_length).ok_or(Unjudgeable)?;
        let size = prefix
            .iter()
            .fold(0, |size, byte| size << 8 | usize::from(*byte));
        let end = nal_length + size;
        let unit = rest.get(nal_length..end).ok_or(Unjudgeable)?;
        if unit.is_empty() {
            return Err(Unjudgeable);
        }
        units.push(unit);
        rest = &rest[end..];
    }
    Ok(units)
}

/// What stands behind each `00 00 01`, up to the next one; only units with at least one byte.
fn start_code_units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(found) = data[at..].windows(3).position(|w| w == [0, 0, 1]) {
        at += found + 3;
        starts.push(at);
    }
    let mut ends: Vec<usize> = starts.iter().skip(1).map(|start| start - 3).collect();
    ends.push(data.len());
    starts
        .into_iter()
        .zip(ends)
        .map(|(start, end)| &data[start..end])
        .filter(|unit| !unit.is_empty())
}

/// Takes out the emulation prevention bytes (`00 00 03`).
fn unescape(data: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(data.len());
    let mut n_zeros = 0;
    for &byte in data {
        if n_zeros >= 2 && byte == 3 {
            n_zeros = 0;
            continue;
        }
        n_zeros = if byte == 0 { n_zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: PacketKind = PacketKind {
        key: true,
        droppable: false,
    };
    const PLAIN: PacketKind = PacketKind {
        key: false,
        droppable: false,
    };
    const DROPPABLE: PacketKind = PacketKind {
        key: false,
        droppable: true,
    };

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
        let judge = |nals: &[&[u8]]| judge_h264(&annex_b(nals), None);
        assert_eq!(judge(&[&[0x65, 0x88]]), Ok(KEY));
        assert_eq!(judge(&[&[0x41, 0x9a]]), Ok(PLAIN));
        assert_eq!(judge(&[&[0x01, 0x9e]]), Ok(DROPPABLE));
        // Recovery point: payload 6, size 1, recovery_frame_cnt = 0, then a non-IDR slice.
        assert_eq!(judge(&[&[6, 6, 1, 0xc4, 0x80], &[0x41, 0x9a]]), Ok(KEY));
        // Intra refresh: recovery_frame_cnt > 0.
        assert_eq!(judge(&[&[6, 6, 1, 0x24, 0x80], &[0x41, 0x9a]]), Ok(PLAIN));
        // Another message (buffering period) first.
        assert_eq!(
            judge(&[&[6, 0, 2, 1, 2, 6, 1, 0xc4, 0x80], &[0x41, 1]]),
            Ok(KEY)
        );
        assert_eq!(judge(&[&[9, 0x10]]), Err(Unjudgeable));
    }

    #[test]
    fn a_length_that_leaves_the_packet_is_damage() {
        assert_eq!(judge_h264(&[0, 0, 0, 2, 0x65, 0x88], Some(4)), Ok(KEY));
        assert_eq!(
            judge_h264(&[0, 0, 0, 3, 0x65, 0x88], Some(4)),
            Err(Unjudgeable)
        );
        assert_eq!(judge_h264(&[0, 0, 0], Some(4)), Err(Unjudgeable));
        assert_eq!(judge_h264(&[0, 0, 0, 0], Some(4)), Err(Unjudgeable));
    }

    #[test]
    fn h265_drops_only_the_highest_layer() {
        let slice = |kind: u8, temporal_id: u8| [0, 0, 0, 3, kind << 1, temporal_id + 1, 0x80];
        let mut one_layer = Some(0);
        assert_eq!(
            judge_h265(&slice(0, 0), Some(4), &mut one_layer),
            Ok(DROPPABLE)
        );
        assert_eq!(judge_h265(&slice(1, 0), Some(4), &mut one_layer), Ok(PLAIN));
        assert_eq!(judge_h265(&slice(21, 0), Some(4), &mut one_layer), Ok(KEY));
        let mut two_layers = Some(1);
        assert_eq!(
            judge_h265(&slice(0, 0), Some(4), &mut two_layers),
            Ok(PLAIN)
        );
        assert_eq!(
            judge_h265(&slice(0, 1), Some(4), &mut two_layers),
            Ok(DROPPABLE)
        );
        assert_eq!(judge_h265(&slice(0, 0), Some(4), &mut None), Ok(PLAIN));
    }

    #[test]
    fn mpeg2_pictures_tell_their_type() {
        let picture = |kind: u8| [0, 0, 1, 0x00, 0, kind << 3, 0];
        let mut intra = vec![0, 0, 1, 0xb3, 0x14];
        intra.extend_from_slice(&picture(1));
        assert_eq!(judge_mpeg2(&intra), Ok(KEY));
        assert_eq!(judge_mpeg2(&picture(1)), Ok(PLAIN));
        assert_eq!(judge_mpeg2(&picture(2)), Ok(PLAIN));
        assert_eq!(judge_mpeg2(&picture(3)), Ok(DROPPABLE));
        assert_eq!(judge_mpeg2(&[1, 2, 3]), Err(Unjudgeable));
    }
}
