//! Where the pictures and the sound of an exact cut go.

use gstreamer as gst;

use super::Exact;
use super::encoder::Encoded;
use crate::video::cut::muxer::Muxer;
use crate::video::cut::packet::Packet;
use crate::video::file::error::VideoError;
use crate::video::file::intake::VIDEO_TRACK;

/// Puts packets into the new file, whose time zero is the first picture.
pub(super) struct Output<'a> {
    exact: &'a Exact<'a>,
    muxer: &'a mut Muxer,
    last_dts_ns: i64,
}

impl<'a> Output<'a> {
    pub fn new(exact: &'a Exact<'a>, muxer: &'a mut Muxer) -> Self {
        Self {
            exact,
            muxer,
            last_dts_ns: i64::MIN,
        }
    }

    /// How long before it is shown a picture is decoded: the same for all, so that times of decoding
    /// never fall.
    fn delay_ns(&self) -> Option<i64> {
        let plan = self.exact.plan;
        let first = self.exact.scanned.get(plan.copied.start)?.delay_ns?;
        // Our own pictures need no others that come later.
        Some(if plan.copied.is_empty() { 0 } else { first })
    }

    pub fn encoded(&mut self, pictures: Vec<Encoded>) -> Result<(), VideoError> {
        for picture in pictures {
            let delay_ns = self.delay_ns();
            let dts_ns = delay_ns.map(|delay_ns| picture.time_ns - delay_ns.max(0));
            self.picture(picture.buffer, picture.time_ns, dts_ns)?;
        }
        Ok(())
    }

    pub fn copied(&mut self, at: usize, packet: Packet) -> Result<(), VideoError> {
        let Exact {
            codec,
            source,
            plan,
            ..
        } = self.exact;
        let is_first = at == plan.copied.start;
        let buffer = match is_first && plan.has_edges() {
            true => codec.entered(&packet.buffer, source),
            false => packet.buffer,
        };
        self.picture(buffer, packet.time_ns, packet.decode_ns)
    }

    fn picture(
        &mut self,
        buffer: gst::Buffer,
        time_ns: i64,
        dts_ns: Option<i64>,
    ) -> Result<(), VideoError> {
        let start_ns = self.exact.plan.start_ns;
        let dts_ns = dts_ns.map(|ns| ns.max(self.last_dts_ns.saturating_add(1)).min(time_ns));
        self.last_dts_ns = dts_ns.unwrap_or(self.last_dts_ns);
        let dts_ns = dts_ns.map(|ns| ns - start_ns);
        self.muxer
            .push(VIDEO_TRACK, buffer, time_ns - start_ns, dts_ns)
    }

    pub fn sound(&mut self, track: usize, packet: Packet) -> Result<(), VideoError> {
        let start_ns = self.exact.plan.start_ns;
        let time_ns = (packet.time_ns - start_ns).max(0);
        let dts_ns = packet.decode_ns.map(|ns| ns - start_ns);
        self.muxer.push(track, packet.buffer, time_ns, dts_ns)
    }
}
