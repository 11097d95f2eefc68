//! A packet with what a cut needs to know about it.

use gstreamer as gst;

#[derive(Clone)]
pub(super) struct Packet {
    pub buffer: gst::Buffer,
    /// Stream time at which it is shown or heard.
    pub time_ns: i64,
    pub decode_ns: Option<i64>,
    pub duration_ns: i64,
    pub is_key: bool,
    /// If `false`, the time is that of decoding.
    pub has_time: bool,
    /// What the segment adds to its timestamps.
    pub shift_ns: i64,
    /// Set if they differ from those of the previous packet.
    pub new_caps: Option<gst::Caps>,
}
