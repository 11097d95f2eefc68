//! What a packet's own bits say: can decoding start here, and can it be skipped?
//!
//! Containers and parsers mark packets too, but not well enough to rely on: GStreamer's H.264
//! parser marks every intra picture as a key frame, although later pictures may refer to pictures
//! before it.
//! Sources: ITU-T H.264 (7.3.1, 7.4.1.2.4, D.2.8), H.265 (7.4.2.2), H.262 (6.2.3).

mod h264;
mod h265;
mod mpeg2;
mod nal;
mod order;

use gstreamer as gst;

pub(in crate::video) use order::{PictureOrder, Role};

/// What one packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video) struct PacketKind {
    /// A decoder that starts here shows this picture, and all later shown ones, correctly.
    pub key: bool,
    /// No other picture is predicted from this one.
    pub droppable: bool,
}

/// The packet contradicts its own format, or is of a kind that cannot be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video) struct Unjudgeable;

/// A codec whose packets can be judged.
#[derive(Clone, Debug)]
pub(in crate::video) enum Judge {
    H264 {
        nal_length: Option<usize>,
    },
    H265 {
        nal_length: Option<usize>,
        max_temporal_id: Option<u8>,
    },
    Mpeg2,
    /// The parser's own key mark is right, and no packet is ever skipped.
    Marked {
        max_reorder: usize,
    },
}

impl Judge {
    /// `None` if packets cannot be judged, so that everything has to be decoded.
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
                    codec_data(structure).and_then(|data| h265::hvcc_max_temporal_id(&data));
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
            Self::H264 { nal_length } => h264::judge(data, *nal_length),
            Self::H265 {
                nal_length,
                max_temporal_id,
            } => h265::judge(data, *nal_length, max_temporal_id),
            Self::Mpeg2 => mpeg2::judge(data),
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

#[cfg(test)]
mod tests {
    use super::PacketKind;

    pub const KEY: PacketKind = PacketKind {
        key: true,
        droppable: false,
    };
    pub const PLAIN: PacketKind = PacketKind {
        key: false,
        droppable: false,
    };
    pub const DROPPABLE: PacketKind = PacketKind {
        key: false,
        droppable: true,
    };
}
