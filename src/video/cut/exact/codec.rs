//! What differs between codecs where pictures of two encoders follow each other in one stream.
//!
//! H.264: both parameter sets stand in the header of the file under different numbers (ITU-T H.264, 7.4.1.2.1),
//! and copying begins with an IDR picture only. H.265: they stand in the stream where they change, and a clean
//! random access picture becomes a broken link, which is what it then is (ITU-T H.265, 7.4.2.2). MPEG-2: every
//! key picture has its sequence header (ITU-T H.262, 6.1.1.6). VP8 and VP9: key frames need nothing.

use gstreamer as gst;

use crate::video::file::error::VideoError;
use crate::video::file::gst_util::gst_error;

/// A codec in which edges can be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video::cut) enum Codec {
    H264,
    H265,
    Mpeg2,
    Vp8,
    Vp9,
}

/// Kinds of NAL units.
const H264_IDR: u8 = 5;
const H264_SPS: u8 = 7;
const H265_BLA_W_LP: u8 = 16;
const H265_BLA_N_LP: u8 = 18;
const H265_IDR: std::ops::RangeInclusive<u8> = 19..=20;
const H265_CRA: u8 = 21;
const H265_PARAMETERS: std::ops::RangeInclusive<u8> = 32..=34;

/// An SPS has one of 32 numbers; encoders take the first.
pub(super) const OWN_SPS: u8 = 23;

impl Codec {
    /// `None` for codecs that are not known here, and for interlaced video.
    pub fn of(caps: &gst::Caps) -> Option<Self> {
        let structure = caps.structure(0)?;
        let interlace = structure.get::<&str>("interlace-mode").ok();
        if !matches!(interlace, None | Some("progressive")) {
            return None;
        }
        match structure.name().as_str() {
            "video/x-h264" => Some(Self::H264),
            "video/x-h265" => Some(Self::H265),
            "video/mpeg" if structure.get::<i32>("mpegversion") == Ok(2) => Some(Self::Mpeg2),
            "video/x-vp8" => Some(Self::Vp8),
            "video/x-vp9" => Some(Self::Vp9),
            _ => None,
        }
    }

    /// Whether copying can begin with this packet, which is a key frame.
    pub fn is_entry(self, packet: &gst::Buffer, framing: Framing) -> bool {
        let Ok(data) = packet.map_readable() else {
            return false;
        };
        match self {
            Self::H264 => framing
                .units(&data)
                .iter()
                .any(|unit| unit[0] & 0x1f == H264_IDR),
            Self::H265 => framing.units(&data).iter().any(|unit| {
                let kind = unit[0] >> 1 & 0x3f;
                H265_IDR.contains(&kind)
                    || kind == H265_CRA
                    || (H265_BLA_W_LP..=H265_BLA_N_LP).contains(&kind)
            }),
            Self::Mpeg2 | Self::Vp8 | Self::Vp9 => true,
        }
    }

    /// The first copied packet behind pictures of another encoder, or before which none are.
    pub fn entered(self, packet: &gst::Buffer, source: &Parameters) -> gst::Buffer {
        let Ok(data) = packet.map_readable() else {
            return packet.clone();
        };
        let framing = source.framing;
        let bytes = match self {
            Self::H264 => match framing {
                // Both parameter sets are in the header of the file.
                Framing::Length(_) => return packet.clone(),
                Framing::StartCodes => {
                    let units = framing.units(&data);
                    let has_own = units.iter().any(|unit| unit[0] & 0x1f == H264_SPS);
                    framing.joined(if has_own { &[] } else { &source.units }, &units)
                }
            },
            Self::H265 => {
                let units = framing.units(&data);
                let is_parameter = |unit: &[u8]| H265_PARAMETERS.contains(&(unit[0] >> 1 & 0x3f));
                let own = units.iter().filter(|unit| is_parameter(unit)).count();
                let before = if own >= 3 { &[][..] } else { &source.units };
                let linked: Vec<Vec<u8>> = units.iter().map(|unit| broken_link(unit)).collect();
                let linked: Vec<&[u8]> = linked.iter().map(Vec::as_slice).collect();
                framing.joined(before, &linked)
            }
            Self::Mpeg2 if !data.starts_with(&[0, 0, 1, 0xb3]) => {
                [source.units.concat(), data.to_vec()].concat()
            }
            Self::Mpeg2 | Self::Vp8 | Self::Vp9 => return packet.clone(),
        };
        with_bytes(packet, bytes)
    }
}

/// The same packet with other bytes.
pub(super) fn with_bytes(packet: &gst::Buffer, bytes: Vec<u8>) -> gst::Buffer {
    let mut changed = gst::Buffer::from_mut_slice(bytes);
    if let Some(changed) = changed.get_mut() {
        let what = gst::BufferCopyFlags::FLAGS | gst::BufferCopyFlags::TIMESTAMPS;
        // Nothing that the container needs is in what cannot be copied.
        let _ = packet.copy_into(changed, what, ..);
    }
    changed
}

/// What was a clean random access picture is one whose leading pictures are missing.
fn broken_link(unit: &[u8]) -> Vec<u8> {
    let mut unit = unit.to_vec();
    if unit[0] >> 1 & 0x3f == H265_CRA {
        unit[0] = unit[0] & 0x81 | H265_BLA_N_LP << 1;
    }
    unit
}

/// How NAL units stand in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video::cut) enum Framing {
    StartCodes,
    /// Each behind its length in so many bytes.
    Length(usize),
}

impl Framing {
    /// Those of a packet; what is no unit is left out.
    pub fn units(self, data: &[u8]) -> Vec<&[u8]> {
        match self {
            Self::StartCodes => start_code_units(data),
            Self::Length(n_bytes) => {
                let mut units = Vec::new();
                let mut rest = data;
                while let Some((prefix, after)) = rest.split_at_checked(n_bytes) {
                    let size = prefix
                        .iter()
                        .fold(0, |size, byte| size << 8 | usize::from(*byte));
                    let Some((unit, later)) = after.split_at_checked(size) else {
                        break;
                    };
                    if !unit.is_empty() {
                        units.push(unit);
                    }
                    rest = later;
                }
                units
            }
        }
    }

    pub fn joined(self, before: &[Vec<u8>], units: &[&[u8]]) -> Vec<u8> {
        let before = before.iter().map(Vec::as_slice);
        let mut bytes = Vec::new();
        for unit in before.chain(units.iter().copied()) {
            match self {
                Self::StartCodes => bytes.extend([0, 0, 0, 1]),
                Self::Length(n_bytes) => {
                    let size = (unit.len() as u64).to_be_bytes();
                    bytes.extend(&size[8 - n_bytes..]);
                }
            }
            bytes.extend(unit);
        }
        bytes
    }
}

/// What follows each `00 00 01`, without the zeros before the next.
fn start_code_units(data: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(found) = data[at..].windows(3).position(|it| it == [0, 0, 1]) {
        at += found + 3;
        starts.push(at);
    }
    let ends = starts
        .iter()
        .skip(1)
        .map(|start| start - 3)
        .chain([data.len()]);
    let units = starts.iter().zip(ends).map(|(start, end)| {
        let unit = &data[*start..end];
        let n_zeros = unit.iter().rev().take_while(|byte| **byte == 0).count();
        &unit[..unit.len() - n_zeros]
    });
    units.filter(|unit| !unit.is_empty()).collect()
}

/// The parameter sets of a stream, or its sequence header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::video::cut) struct Parameters {
    pub framing: Framing,
    pub units: Vec<Vec<u8>>,
    header: Vec<u8>,
}

impl Parameters {
    /// As the container says.
    pub fn of(codec: Codec, caps: &gst::Caps) -> Self {
        let structure = caps.structure(0);
        let data = structure.and_then(|it| it.get::<gst::Buffer>("codec_data").ok());
        let header = data.and_then(|data| Some(data.map_readable().ok()?.to_vec()));
        let format = structure.and_then(|it| it.get::<&str>("stream-format").ok());
        let header = header.unwrap_or_default();
        let is_framed = !matches!(format, None | Some("byte-stream"));
        let (framing, units) = match codec {
            Codec::H264 if is_framed => {
                let n_bytes = header.get(4).map_or(4, |byte| usize::from(byte & 3) + 1);
                (
                    Framing::Length(n_bytes),
                    avc_units(&header).unwrap_or_default(),
                )
            }
            Codec::H265 if is_framed => {
                let n_bytes = header.get(21).map_or(4, |byte| usize::from(byte & 3) + 1);
                (
                    Framing::Length(n_bytes),
                    hevc_units(&header).unwrap_or_default(),
                )
            }
            Codec::Mpeg2 => (Framing::StartCodes, vec![header.clone()]),
            _ => (Framing::StartCodes, Vec::new()),
        };
        Self {
            framing,
            units,
            header,
        }
    }

    /// Caps of a stream that holds pictures of both: `encoded` are the parameters of our own.
    ///
    /// # Errors
    /// Where the source says nothing of itself.
    pub fn caps_with(
        &self,
        codec: Codec,
        caps: &gst::Caps,
        encoded: &Self,
    ) -> Result<gst::Caps, VideoError> {
        let mut both = caps.clone();
        let structure = both
            .make_mut()
            .structure_mut(0)
            .ok_or_else(|| gst_error("no caps"))?;
        match (codec, self.framing) {
            (Codec::H264, Framing::Length(_)) => {
                let header = merged_avc(&self.header, &encoded.header)
                    .ok_or_else(|| gst_error("its header cannot be read"))?;
                structure.set("codec_data", gst::Buffer::from_mut_slice(header));
            }
            // Parameters in the stream count.
            (Codec::H265, Framing::Length(_)) => structure.set("stream-format", "hev1"),
            _ => {}
        }
        Ok(both)
    }
}

/// Of an `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 5.3.3.1.2).
fn avc_units(header: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (sequence, picture, _) = avc_parts(header)?;
    Some([sequence, picture].concat())
}

type AvcParts = (Vec<Vec<u8>>, Vec<Vec<u8>>, Vec<u8>);

/// Sequence and picture parameter sets, and what follows them.
fn avc_parts(header: &[u8]) -> Option<AvcParts> {
    let mut at = 5;
    let sequence = counted_units(header, &mut at, 0x1f)?;
    let picture = counted_units(header, &mut at, 0xff)?;
    Some((sequence, picture, header.get(at..)?.to_vec()))
}

fn counted_units(header: &[u8], at: &mut usize, mask: u8) -> Option<Vec<Vec<u8>>> {
    let n_units = header.get(*at)? & mask;
    *at += 1;
    let mut units = Vec::new();
    for _ in 0..n_units {
        let size = usize::from(u16::from_be_bytes([
            *header.get(*at)?,
            *header.get(*at + 1)?,
        ]));
        units.push(header.get(*at + 2..*at + 2 + size)?.to_vec());
        *at += 2 + size;
    }
    Some(units)
}

/// The first with the parameter sets of the second as well.
fn merged_avc(first: &[u8], second: &[u8]) -> Option<Vec<u8>> {
    let (mut sequence, mut picture, rest) = avc_parts(first)?;
    let (own_sequence, own_picture, _) = avc_parts(second)?;
    sequence.extend(own_sequence);
    picture.extend(own_picture);
    let mut header = first.get(..5)?.to_vec();
    // A decoder must be up to the higher level.
    header[3] = header[3].max(*second.get(3)?);
    for (units, mask) in [(sequence, 0xe0), (picture, 0)] {
        header.push(mask | u8::try_from(units.len()).ok()?);
        for unit in units {
            header.extend(u16::try_from(unit.len()).ok()?.to_be_bytes());
            header.extend(unit);
        }
    }
    header.extend(rest);
    Some(header)
}

/// Of an `HEVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 8.3.3.1.2).
fn hevc_units(header: &[u8]) -> Option<Vec<Vec<u8>>> {
    let n_arrays = *header.get(22)?;
    let mut at = 23;
    let mut units = Vec::new();
    for _ in 0..n_arrays {
        let kind = header.get(at)? & 0x3f;
        let n_units = u16::from_be_bytes([*header.get(at + 1)?, *header.get(at + 2)?]);
        at += 3;
        for _ in 0..n_units {
            let size = usize::from(u16::from_be_bytes([*header.get(at)?, *header.get(at + 1)?]));
            let unit = header.get(at + 2..at + 2 + size)?.to_vec();
            at += 2 + size;
            if H265_PARAMETERS.contains(&kind) {
                units.push(unit);
            }
        }
    }
    Some(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_split_and_joined_in_both_framings() {
        let units: [&[u8]; 2] = [&[0x65, 1, 2], &[0x41, 0, 0, 3, 1]];
        for framing in [Framing::StartCodes, Framing::Length(4), Framing::Length(2)] {
            let bytes = framing.joined(&[vec![0x67, 9]], &units);
            let expected: [&[u8]; 3] = [&[0x67, 9], units[0], units[1]];
            assert_eq!(framing.units(&bytes), expected, "{framing:?}");
            // What is cut off ends what can be read.
            for n in 0..bytes.len() {
                assert!(framing.units(&bytes[..n]).len() <= 3);
            }
        }
    }

    #[test]
    fn two_sets_of_parameters_stand_in_one_header() {
        let header = |sps: &[u8], pps: &[u8], level: u8| {
            let mut header = vec![1, 100, 0, level, 0xff, 0xe1, 0, sps.len() as u8];
            header.extend(sps);
            header.extend([1, 0, pps.len() as u8]);
            header.extend(pps);
            header.extend([0xfd, 0xf8, 0xf8, 0]);
            header
        };
        let (first, second) = (
            header(&[0x67, 1], &[0x68, 2], 30),
            header(&[0x67, 3, 4], &[0x68], 40),
        );
        let both = merged_avc(&first, &second).unwrap();
        assert_eq!(both[3], 40);
        let (sequence, picture, rest) = avc_parts(&both).unwrap();
        assert_eq!(sequence, [vec![0x67, 1], vec![0x67, 3, 4]]);
        assert_eq!(picture, [vec![0x68, 2], vec![0x68]]);
        assert_eq!(rest, [0xfd, 0xf8, 0xf8, 0]);
        for n in 0..first.len() {
            // An answer or none, but it ends.
            let _ = merged_avc(&first[..n], &second);
        }
    }

    #[test]
    fn a_clean_random_access_picture_becomes_a_broken_link() {
        assert_eq!(broken_link(&[21 << 1, 1, 7]), [18 << 1, 1, 7]);
        assert_eq!(broken_link(&[19 << 1, 1, 7]), [19 << 1, 1, 7]);
    }
}
