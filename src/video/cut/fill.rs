//! Copies what belongs to a part into the new file.

use crate::video::cut::cutter::Cutter;
use crate::video::cut::feed::Feed;
use crate::video::cut::muxer::Muxer;
use crate::video::cut::packet::Packet;
use crate::video::cut::part::Part;
use crate::video::cut::picture_end::PictureEnd;
use crate::video::cut::place::Place;
use crate::video::cut::sound::{AUDIO_LAG_NS, Sound};
use crate::video::file::error::VideoError;
use crate::video::file::intake::VIDEO_TRACK;
use crate::video::file::reader::Delivery;
use crate::video::file::timing::TOLERANCE_NS;

impl Cutter {
    /// Copies the packets; returns where the last picture ends, `None` if the key frame did not come.
    pub(super) fn fill(
        &self,
        muxer: &mut Muxer,
        mut feed: Feed,
        part: Part,
        (key_ns, end_ns): (i64, i64),
        place: Place,
    ) -> Result<Option<i64>, VideoError> {
        let mut picture = PictureEnd::new(end_ns);
        let mut began = false;
        let mut early_sound = Vec::new();
        let mut sounds: Vec<_> = self
            .format
            .tracks
            .iter()
            .map(|_| Sound::new(key_ns))
            .collect();
        for (track, caps) in self.format.tracks.iter().enumerate() {
            sounds[track].is_done = track == VIDEO_TRACK || caps.is_empty();
        }
        let mut is_over = false;
        while let Some((track, packet)) = feed.next()? {
            if let Some(caps) = packet.new_caps.as_ref().filter(|_| !place.follows) {
                muxer.set_caps(track, caps.clone());
            }
            let time_ns = packet.time_ns;
            if track == VIDEO_TRACK {
                if !part.holds(packet.shift_ns) {
                    // The cut lies within one part of the film.
                    is_over |= began;
                    continue;
                }
                if !began {
                    began = packet.is_key && (time_ns - key_ns).abs() <= TOLERANCE_NS;
                    if !began && time_ns > key_ns + TOLERANCE_NS && packet.is_key {
                        return Ok(None);
                    }
                    if began {
                        for (track, packet) in early_sound.drain(..) {
                            write(muxer, track, packet, place)?;
                        }
                    }
                }
                // Pictures shown before the key frame are predicted from what comes before it.
                let is_leading = time_ns < key_ns - TOLERANCE_NS;
                if began && !packet.has_time {
                    return Err(self.uncuttable("its pictures carry no display times"));
                }
                if began && !is_leading && !is_over {
                    for packet in picture.push(packet) {
                        write(muxer, track, packet, place)?;
                    }
                }
            } else if let Some(sound) = sounds.get_mut(track) {
                sound.heard(time_ns);
                if time_ns >= end_ns {
                    sound.is_done = true;
                } else if time_ns >= key_ns - TOLERANCE_NS {
                    if began {
                        write(muxer, track, packet, place)?;
                    } else {
                        early_sound.push((track, packet));
                    }
                }
            }
            for (track, sound) in sounds.iter_mut().enumerate() {
                sound.is_done |= feed.has_ended(track);
                if !sound.is_done && muxer.lacks(track) && sound.is_late(time_ns) {
                    sound.is_done = !self.is_heard_again(track, sound.heard_ns, end_ns)?;
                }
                // The pictures need not wait for sound that has ended.
                if began && sound.is_done && track != VIDEO_TRACK && !place.goes_on {
                    muxer.end_track(track);
                }
            }
            let is_long_past = track == VIDEO_TRACK && time_ns - end_ns > AUDIO_LAG_NS;
            if (picture.done || is_over)
                && (is_long_past || sounds.iter().all(|sound| sound.is_done))
            {
                break;
            }
        }
        if !began {
            return Ok(None);
        }
        for packet in picture.finish() {
            write(muxer, VIDEO_TRACK, packet, place)?;
        }
        Ok(Some(picture.end_ns))
    }

    /// Whether a track without packets since `from_ns` continues before `end_ns`.
    fn is_heard_again(&self, track: usize, from_ns: i64, end_ns: i64) -> Result<bool, VideoError> {
        let from_ns = from_ns + TOLERANCE_NS;
        // Files without an index are read from their beginning.
        for start_ns in [Some(from_ns), None] {
            let Some(mut feed) = self.feed_from(Delivery::Tracks, start_ns)? else {
                continue;
            };
            let mut is_past = false;
            while let Some((found, packet)) = feed.next()? {
                is_past |= packet.time_ns > from_ns;
                if found == track && packet.time_ns > from_ns {
                    return Ok(packet.time_ns < end_ns);
                }
                if packet.time_ns > end_ns + AUDIO_LAG_NS {
                    break;
                }
            }
            if is_past {
                break;
            }
        }
        Ok(false)
    }
}

fn write(muxer: &Muxer, track: usize, packet: Packet, place: Place) -> Result<(), VideoError> {
    let Place { key_ns, at_ns, .. } = place;
    let dts_ns = packet.decode_ns.map(|ns| ns - key_ns + at_ns);
    // Containers round, and only decoding times may be before zero.
    let pts_ns = (packet.time_ns - key_ns).max(0) + at_ns;
    muxer.push(track, packet.buffer, pts_ns, dts_ns)
}
