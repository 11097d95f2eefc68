//! The first packets of a program stream (ISO/IEC 13818-1, 2.5.3; ISO/IEC 11172-1).
//!
//! After two seconds of its clock, GStreamer's demuxer takes no further stream. So where sound comes
//! that long before the pictures, the first packet of each sound is emptied and the next one becomes
//! an empty packet of video; what sounds after that becomes padding:
//!
//! ```text
//! file      A A A A A A A A A V A V V A …      A = sound, V = pictures
//! demuxer   a v 0 0 0 0 A A A V A V V A …      a, v = empty packets, 0 = padding
//! ```

use std::io::{self, Read, Seek, SeekFrom};

use super::{ByteChanges, MAX_HEAD_BYTES, Sound, StreamHead, first_kept, late_ns, pes};

/// The demuxer waits for two seconds.
const MIN_HIDDEN_TICKS: i64 = pes::TICKS_PER_SEC;

const PACK: u8 = 0xba;
const PADDING: u8 = 0xbe;

/// Sound that is heard with the first picture may come so much later in the file.
const MAX_BYTES_BEHIND: u64 = 1 << 20;

/// So much of a packet says what it is.
const MAX_HEADER_BYTES: usize = 64;

/// A packet in the file.
struct Packet {
    at: u64,
    length: u64,
    /// Of its stream, with the number within a private one.
    stream: u16,
    is_mpeg2: bool,
}

/// `None` for another kind of file.
pub(super) fn read(file: &mut (impl Read + Seek)) -> io::Result<Option<StreamHead>> {
    let mut sounds = Vec::new();
    let mut packets: Vec<Packet> = Vec::new();
    let mut picture = None;
    let mut first_behind = None;
    let mut end = MAX_HEAD_BYTES;
    let mut at = 0;
    while at < end && first_behind.is_none() {
        file.seek(SeekFrom::Start(at))?;
        let mut data = Vec::new();
        file.take(MAX_HEADER_BYTES as u64).read_to_end(&mut data)?;
        let Some(length) = length(&data) else {
            break;
        };
        if at == 0 && data[3] != PACK {
            return Ok(None);
        }
        if let Some(header) = pes::header(&data) {
            if pes::is_picture(header.stream_id) {
                if let (Some(time), None) = (header.time, picture) {
                    picture = Some((header.stream_id, time));
                    end = at + MAX_BYTES_BEHIND;
                }
            } else if picture.is_some() {
                first_behind = sound_stream(&header, &data).and(header.time);
            } else if let Some(stream) = sound_stream(&header, &data) {
                if let Some(time) = header.time {
                    sounds.push(Sound { at, time });
                }
                packets.push(Packet {
                    at,
                    length,
                    stream,
                    is_mpeg2: data[6] >> 6 == 0b10,
                });
            }
        }
        at += length;
    }
    if at == 0 {
        return Ok(None);
    }
    let Some((video_id, time)) = picture else {
        return Ok(Some(StreamHead::default()));
    };
    let changes = match first_kept(&sounds, MIN_HIDDEN_TICKS) {
        Some(kept) => {
            packets.retain(|packet| packet.at < kept.at);
            hidden(&packets, video_id)
        }
        None => Vec::new(),
    };
    let times = sounds.iter().map(|sound| sound.time);
    Ok(Some(StreamHead {
        late_ns: late_ns(times.chain(first_behind), time),
        changes: ByteChanges::new(changes),
        videos: Vec::new(),
        clock: None,
    }))
}

/// How long the part of the file is that begins with these bytes, `None` if it is none.
fn length(data: &[u8]) -> Option<u64> {
    let kind = *data.get(3)?;
    if !data.starts_with(&[0, 0, 1]) || kind < PACK {
        return None;
    }
    if kind == PACK {
        let is_mpeg2 = data.get(4)? >> 6 == 0b01;
        return Some(if is_mpeg2 {
            14 + u64::from(data.get(13)? & 7)
        } else {
            12
        });
    }
    let length = u16::from_be_bytes([*data.get(4)?, *data.get(5)?]);
    Some(6 + u64::from(length))
}

/// The stream of a packet of sound. Private streams hold pictures of subtitles too.
fn sound_stream(header: &pes::Header, data: &[u8]) -> Option<u16> {
    const PRIVATE: u8 = 0xbd;
    let id = u16::from(header.stream_id) << 8;
    if header.stream_id != PRIVATE {
        return Some(id);
    }
    let number = *data.get(header.body)?;
    (number >= 0x80).then(|| id | u16::from(number))
}

/// The changes that hide these packets, and let the demuxer know of all their streams and of a video.
fn hidden(packets: &[Packet], video_id: u8) -> Vec<(u64, u8)> {
    let mut changes = Vec::new();
    let mut known: Vec<u16> = Vec::new();
    let mut is_video_known = false;
    for packet in packets {
        let is_private = packet.stream & 0xff != 0;
        if !known.contains(&packet.stream) {
            known.push(packet.stream);
            empty(packet, is_private, &mut changes);
        } else if !is_video_known {
            is_video_known = true;
            changes.push((packet.at + 3, video_id));
            empty(packet, false, &mut changes);
        } else {
            changes.push((packet.at + 3, PADDING));
        }
    }
    changes
}

/// Takes the times and the contents out of a packet; what kind of private sound it is stays.
fn empty(packet: &Packet, is_private: bool, changes: &mut Vec<(u64, u8)>) {
    let header: &[u8] = match packet.is_mpeg2 {
        true => &[0x80, 0, 0],
        false => &[0x0f],
    };
    let number = is_private.then_some(packet.stream as u8);
    let bytes = header
        .iter()
        .copied()
        .chain(number)
        .chain(std::iter::repeat(0));
    let places = packet.at + 6..packet.at + packet.length;
    changes.extend(places.zip(bytes));
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::video::file::mpeg::pes::{TICKS_PER_SEC, time_bytes};

    fn piece(stream_id: u8, number: Option<u8>, time: i64, is_mpeg2: bool) -> Vec<u8> {
        let times = time_bytes(2, time);
        let header: &[u8] = if is_mpeg2 { &[0x80, 0x80, 5] } else { &[] };
        let number: Vec<u8> = number.into_iter().collect();
        let body = [header, &times, &number, &[0x55; 20]].concat();
        let length = (body.len() as u16).to_be_bytes();
        [&[0, 0, 1, stream_id], &length[..], &body].concat()
    }

    /// A pack for every tenth of a second of two sounds, then the pictures.
    fn stream(n_sounds: i64, is_mpeg2: bool) -> Vec<u8> {
        let time = |i: i64| 45_000 + i * TICKS_PER_SEC / 10;
        let pack = |piece: Vec<u8>| {
            let mut pack = vec![0, 0, 1, PACK, if is_mpeg2 { 0x44 } else { 0x21 }];
            pack.resize(if is_mpeg2 { 14 } else { 12 }, 0);
            [pack, piece].concat()
        };
        let sounds = (0..n_sounds).flat_map(|i| {
            let private = piece(0xbd, Some(0x80), time(i), is_mpeg2);
            [pack(piece(0xc0, None, time(i), is_mpeg2)), pack(private)]
        });
        let pictures = (0..9).map(|i| pack(piece(0xe0, None, time(n_sounds + i), is_mpeg2)));
        sounds.chain(pictures).flatten().collect()
    }

    /// The kinds of its packets and whether they are empty.
    fn pieces(bytes: &[u8]) -> Vec<(u8, bool)> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(n) = length(&bytes[at..]) {
            let piece = &bytes[at..at + n as usize];
            if piece[3] != PACK {
                pieces.push((piece[3], !piece.contains(&0x55)));
            }
            at += n as usize;
        }
        pieces
    }

    #[test]
    fn the_demuxer_knows_of_all_streams_from_the_beginning_and_waits_for_none() {
        for is_mpeg2 in [false, true] {
            let bytes = stream(60, is_mpeg2);
            let head = read(&mut Cursor::new(&bytes)).unwrap().unwrap();
            assert_eq!(head.late_ns, Some(6_000_000_000), "{is_mpeg2}");
            let seen = pieces(&head.changes.seen(&bytes));
            assert_eq!(seen[..3], [(0xc0, true), (0xbd, true), (0xe0, true)]);
            assert!(seen[3..112].iter().all(|(kind, _)| *kind == PADDING));
            assert_eq!(seen[112..], pieces(&bytes)[112..], "{is_mpeg2}");
            assert_eq!(seen[112..].len(), 8 + 9);
        }
    }

    #[test]
    fn other_streams_stay_as_they_are() {
        let head = |bytes: &[u8]| read(&mut Cursor::new(bytes)).unwrap();
        let short = head(&stream(9, true)).unwrap();
        assert!(short.changes.is_empty(), "the demuxer waits so long");
        assert_eq!(short.late_ns, Some(900_000_000));
        assert_eq!(head(&stream(0, true)).unwrap().late_ns, None, "no sound");
        assert_eq!(head(b"no program stream"), None);
        let whole = stream(60, false);
        assert_eq!(head(&whole[..3000]), Some(StreamHead::default()));
        for n in 0..whole.len() / 7 {
            // An answer or none, but it ends.
            let _ = head(&whole[..7 * n]);
        }
    }
}
