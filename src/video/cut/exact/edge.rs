//! One of the two edges of an exact cut.

use gstreamer as gst;

use super::Exact;
use super::encoder::{EdgeEncoder, Encoded};
use crate::video::cut::packet::Packet;
use crate::video::file::error::VideoError;
use crate::video::sample::decoder::Decoder;

/// One of the two edges: pictures that are decoded and encoded.
pub(super) struct Edge<'a> {
    wanted: &'a [usize],
    /// The packets that are decoded for it, the last one included.
    packets: std::ops::RangeInclusive<usize>,
    decoder: Option<Decoder>,
    encoder: Option<EdgeEncoder>,
    /// So many of the wanted were encoded.
    n_encoded: usize,
    caps: gst::Caps,
}

impl<'a> Edge<'a> {
    pub fn new(
        exact: &Exact<'_>,
        wanted: &'a [usize],
        from: usize,
        caps: &gst::Caps,
    ) -> Result<Self, VideoError> {
        let last = wanted.iter().max().copied().unwrap_or(0);
        let decoder = match wanted.is_empty() {
            true => None,
            false => {
                let decoder = Decoder::new(caps).map_err(|error| exact.failed(error))?;
                wanted.iter().for_each(|at| decoder.want(exact.id(*at)));
                Some(decoder)
            }
        };
        Ok(Self {
            wanted,
            packets: from..=last,
            decoder,
            encoder: None,
            n_encoded: 0,
            caps: caps.clone(),
        })
    }

    /// Whether nothing that comes after packet `at` is needed.
    pub fn is_done(&self, at: usize) -> bool {
        self.wanted.is_empty() || at >= *self.packets.end()
    }

    pub fn feed(
        &mut self,
        exact: &Exact<'_>,
        at: usize,
        packet: &Packet,
    ) -> Result<Vec<Encoded>, VideoError> {
        let Some(decoder) = self.decoder.as_mut().filter(|_| self.packets.contains(&at)) else {
            return Ok(Vec::new());
        };
        decoder
            .feed(&packet.buffer, exact.id(at), &self.caps)
            .map_err(|error| exact.failed(error))?;
        self.encode(exact)
    }

    /// Encodes what has come out of the decoder, in the order of display.
    fn encode(&mut self, exact: &Exact<'_>) -> Result<Vec<Encoded>, VideoError> {
        let mut encoded = Vec::new();
        while let (Some(at), Some(decoder)) = (self.wanted.get(self.n_encoded), &self.decoder) {
            let Some(frame) = decoder.take(exact.id(*at)) else {
                break;
            };
            let encoder = match &mut self.encoder {
                Some(encoder) => encoder,
                None => {
                    let new = EdgeEncoder::new(exact.codec, exact.source, &frame);
                    self.encoder.insert(new.map_err(|it| exact.failed(it))?)
                }
            };
            let time_ns = exact.scanned[*at].time_ns;
            encoded.extend(
                encoder
                    .push(&frame, time_ns)
                    .map_err(|it| exact.failed(it))?,
            );
            self.n_encoded += 1;
        }
        Ok(encoded)
    }

    /// Everything has been fed; can be called again.
    pub fn finish(&mut self, exact: &Exact<'_>) -> Result<Vec<Encoded>, VideoError> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(Vec::new());
        };
        decoder.drain().map_err(|error| exact.failed(error))?;
        let mut encoded = self.encode(exact)?;
        if self.n_encoded < self.wanted.len() {
            return Err(exact.failed("a picture of an edge cannot be decoded"));
        }
        self.decoder = None;
        if let Some(mut encoder) = self.encoder.take() {
            encoded.extend(encoder.finish().map_err(|it| exact.failed(it))?);
        }
        Ok(encoded)
    }
}
