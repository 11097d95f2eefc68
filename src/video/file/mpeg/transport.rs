//! The first packets of a transport stream (ISO/IEC 13818-1, 2.4.3 and 2.4.4).
//!
//! Its clock lies in the packets of the video. After half a second of sound without a clock,
//! GStreamer's demuxer gives up the clock of the whole file, and no packet gets a time. So what sounds
//! long before the clock becomes null packets:
//!
//! ```text
//! file      A A A A A A A A A C V A V V A …      A = sound, C = clock, V = pictures
//! demuxer   0 0 0 0 0 0 A A A C V A V V A …      0 = null packet
//! ```

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read, Seek, SeekFrom};

use super::clock::Ticks;
use super::{ByteChanges, KEPT_TICKS, MAX_HEAD_BYTES, Sound, StreamHead, first_kept, late_ns, pes};

const SYNC: u8 = 0x47;
const PACKET_BYTES: usize = 188;

/// Sizes of a packet with what recorders put around it: nothing, an arrival time, check bytes.
const STRIDES: [usize; 3] = [188, 192, 204];

/// Packets that must follow each other before a file is taken for a transport stream.
const N_SYNCS: usize = 5;

/// Of several videos, that with the most packets within so much of the file is the largest.
const COMPARED_BYTES: u64 = 4 << 20;

const NULL_PID: u16 = 0x1fff;

/// What the tables say a stream is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picture,
    Sound,
}

#[derive(Default)]
struct Tables {
    /// The numbers of the tables of the programs.
    programs: HashSet<u16>,
    kinds: BTreeMap<u16, Kind>,
}

/// What has been found so far.
#[derive(Default)]
struct Found {
    tables: Tables,
    has_clock: bool,
    /// Sound before the clock, and where its packets are.
    early: Vec<Sound>,
    early_packets: Vec<u64>,
    /// When each sound begins.
    sounds: BTreeMap<u16, i64>,
    first_picture: Option<i64>,
    /// The first with which decoding can begin, if the file says so of any.
    first_entry: Option<i64>,
    videos: BTreeMap<u16, u64>,
    ticks: Ticks,
}

/// `None` for another kind of file.
pub(super) fn read(file: &mut (impl Read + Seek)) -> io::Result<Option<StreamHead>> {
    let Some((first, stride)) = layout(file)? else {
        return Ok(None);
    };
    file.seek(SeekFrom::Start(first))?;
    let mut packet = vec![0; stride as usize];
    let mut found = Found::default();
    let mut at = first;
    while at < MAX_HEAD_BYTES && !(found.is_enough() && at >= COMPARED_BYTES) {
        if let Err(error) = file.read_exact(&mut packet) {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                break;
            }
            return Err(error);
        }
        if packet[0] == SYNC {
            found.take(at, &packet[..PACKET_BYTES]);
        }
        at += stride;
    }
    let clock = found.ticks.slow_clock(first, stride);
    Ok(Some(StreamHead {
        clock,
        ..found.head()
    }))
}

impl Found {
    fn is_enough(&self) -> bool {
        self.has_clock && self.first_picture.is_some()
    }

    fn take(&mut self, at: u64, packet: &[u8]) {
        let pid = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
        let begins = packet[1] & 0x40 != 0;
        let adaptation = if packet[3] & 0x20 != 0 {
            usize::from(packet[4])
        } else {
            0
        };
        let flags = if adaptation > 0 { packet[5] } else { 0 };
        let body = 4 + usize::from(packet[3] & 0x20 != 0) + adaptation;
        let has_body = packet[3] & 0x10 != 0;
        let body = packet.get(body..).filter(|_| has_body).unwrap_or_default();
        self.has_clock |= flags & 0x10 != 0;
        self.ticks.take(pid, packet);
        if begins && (pid == 0 || self.tables.programs.contains(&pid)) {
            self.tables.take(pid, body);
        }
        let header = pes::header(body).filter(|_| begins);
        let time = header.and_then(|header| header.time);
        match self.tables.kinds.get(&pid) {
            Some(Kind::Sound) => {
                if let Some(time) = time {
                    self.sounds.entry(pid).or_insert(time);
                }
                if !self.has_clock {
                    self.early.extend(time.map(|time| Sound { at, time }));
                    self.early_packets.push(at);
                }
            }
            Some(Kind::Picture) => {
                *self.videos.entry(pid).or_default() += 1;
                let is_entry = flags & 0x40 != 0;
                self.first_picture = self.first_picture.or(time);
                self.first_entry = self.first_entry.or(time.filter(|_| is_entry));
            }
            None => {}
        }
    }

    fn head(self) -> StreamHead {
        let kept = first_kept(&self.early, KEPT_TICKS).filter(|_| self.has_clock);
        let hidden = self.early_packets.into_iter();
        let hidden = hidden.filter(|at| kept.is_some_and(|kept| *at < kept.at));
        let [high, low] = NULL_PID.to_be_bytes();
        let changes = hidden.flat_map(|at| [(at + 1, high), (at + 2, low)]);
        let picture = self.first_entry.or(self.first_picture);
        let sounds = self.sounds.into_values();
        StreamHead {
            late_ns: picture.and_then(|picture| late_ns(sounds, picture)),
            changes: ByteChanges::new(changes.collect()),
            videos: self.videos.into_iter().collect(),
            clock: None,
        }
    }
}

impl Tables {
    /// A table that fits into one packet, as nearly all do.
    fn take(&mut self, pid: u16, body: &[u8]) {
        let section = body
            .first()
            .and_then(|skip| body.get(1 + usize::from(*skip)..));
        let Some(section) = section.filter(|section| section.len() > 12) else {
            return;
        };
        let length = usize::from(u16::from_be_bytes([section[1] & 0x0f, section[2]]));
        // Without the checksum.
        let section = &section[..section.len().min(length.saturating_sub(1))];
        let number = |at: usize, mask: u8| {
            let bytes = section.get(at..at + 2)?;
            Some(u16::from_be_bytes([bytes[0] & mask, bytes[1]]))
        };
        match (pid, section.first()) {
            (0, Some(0)) => {
                let programs = (8..section.len()).step_by(4);
                let programs = programs.filter(|at| number(*at, 0xff) != Some(0));
                self.programs
                    .extend(programs.filter_map(|at| number(at + 2, 0x1f)));
            }
            (_, Some(2)) => {
                let mut at = 12 + usize::from(number(10, 0x0f).unwrap_or(0));
                while let (Some(kind), Some(pid), Some(n_info)) =
                    (section.get(at), number(at + 1, 0x1f), number(at + 3, 0x0f))
                {
                    let info = at + 5..at + 5 + usize::from(n_info);
                    let info = section.get(info).unwrap_or_default();
                    if let Some(kind) = stream_kind(*kind, info) {
                        self.kinds.insert(pid, kind);
                    }
                    at += 5 + usize::from(n_info);
                }
            }
            _ => {}
        }
    }
}

/// What a stream is according to its type, and where that is "private", to its descriptors.
fn stream_kind(stream_type: u8, mut info: &[u8]) -> Option<Kind> {
    match stream_type {
        0x01 | 0x02 | 0x10 | 0x1b | 0x24 | 0x33 | 0x42 | 0xd1 | 0xea => Some(Kind::Picture),
        0x03 | 0x04 | 0x0f | 0x11 | 0x80..=0x87 | 0xa1 => Some(Kind::Sound),
        0x06 => {
            while let [tag, length, rest @ ..] = info {
                let (body, after) = rest.split_at(rest.len().min(usize::from(*length)));
                let is_sound = matches!(tag, 0x6a | 0x7a | 0x7b | 0x7c)
                    || *tag == 5 && [&b"AC-3"[..], b"EAC3", b"Opus"].contains(&body);
                if is_sound {
                    return Some(Kind::Sound);
                }
                info = after;
            }
            None
        }
        _ => None,
    }
}

/// Where the first packet is, and the distance to the next one.
fn layout(file: &mut impl Read) -> io::Result<Option<(u64, u64)>> {
    let mut head = Vec::new();
    let n_most = N_SYNCS * STRIDES[STRIDES.len() - 1];
    file.take(n_most as u64).read_to_end(&mut head)?;
    let is_at = |first: usize, stride: usize| {
        (0..N_SYNCS).all(|i| head.get(first + i * stride) == Some(&SYNC))
    };
    let found = STRIDES
        .into_iter()
        .find_map(|stride| Some(((0..stride).find(|first| is_at(*first, stride))?, stride)));
    Ok(found.map(|(first, stride)| (first as u64, stride as u64)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::video::file::mpeg::pes::{TICKS_PER_SEC, time_bytes};

    const SOUND: u16 = 0x101;
    const VIDEO: u16 = 0x100;

    fn packet(pid: u16, begins: bool, has_clock: bool, body: &[u8]) -> Vec<u8> {
        let [high, low] = pid.to_be_bytes();
        let mut packet = vec![SYNC, high | u8::from(begins) << 6, low, 0x10];
        if has_clock {
            packet[3] |= 0x20;
            packet.extend([7, 0x50, 0, 0, 0, 0, 0, 0]);
        }
        packet.extend(body);
        packet.resize(PACKET_BYTES, 0xff);
        packet
    }

    /// A piece of sound or a picture.
    fn piece(pid: u16, stream_id: u8, time: i64, has_clock: bool) -> Vec<u8> {
        let times = time_bytes(2, time.rem_euclid(1 << 33));
        let body = [&[0, 0, 1, stream_id, 0, 0, 0x80, 0x80, 5][..], &times].concat();
        packet(pid, true, has_clock, &body)
    }

    /// Sound every tenth of a second, of which only the last begins after the clock; then pictures.
    fn stream(n_sounds: i64, begin: i64, around: usize) -> Vec<u8> {
        let programs = [0, 0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe1, 0, 0, 0, 0, 0];
        let streams = [0x1b, 0xe1, 0, 0xf0, 0, 0x0f, 0xe1, 1, 0xf0, 0];
        let tables = [
            &[0, 2, 0xb0, 23, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0][..],
            &streams,
            &[0; 4],
        ];
        let time = |i: i64| begin + i * TICKS_PER_SEC / 10;
        let mut packets = vec![
            packet(0, true, false, &programs),
            packet(VIDEO, true, false, &tables.concat()),
        ];
        // The table of the program has a number of its own.
        packets[0][4 + 11] = 0xe2;
        packets[1][1] = 0x42;
        packets.extend((0..n_sounds).map(|i| piece(SOUND, 0xc0, time(i), false)));
        packets.push(piece(VIDEO, 0xe0, time(n_sounds), true));
        packets.extend((1..9).map(|i| piece(VIDEO, 0xe0, time(n_sounds + i), false)));
        let around = vec![0xaa; around];
        let packets = packets.into_iter();
        packets
            .flat_map(|packet| [around.clone(), packet].concat())
            .collect()
    }

    fn head(bytes: &[u8]) -> Option<StreamHead> {
        read(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn sound_long_before_the_clock_is_hidden_and_the_last_of_it_is_kept() {
        // Also where the 33 bits of the time begin anew, and with arrival times.
        for (begin, around) in [(126_000, 0), ((1 << 33) - 90_000, 4)] {
            let bytes = stream(60, begin, around);
            let stride = PACKET_BYTES + around;
            let head = head(&bytes).unwrap();
            assert_eq!(head.late_ns, Some(6_000_000_000));
            assert_eq!(head.videos.len(), 1);
            assert_eq!(head.videos[0].0, VIDEO);
            let seen = head.changes.seen(&bytes);
            let packets = seen.chunks(stride).zip(bytes.chunks(stride));
            for (n, (packet, before)) in packets.enumerate() {
                let is_hidden = packet[around + 1..around + 3] == NULL_PID.to_be_bytes();
                assert_eq!(is_hidden, (2..58).contains(&n), "{n}");
                assert_eq!(is_hidden, packet != before, "{n}");
            }
        }
    }

    #[test]
    fn other_streams_stay_as_they_are() {
        let short = head(&stream(3, 0, 0)).unwrap();
        assert!(short.changes.is_empty(), "the demuxer waits so long");
        assert_eq!(short.late_ns, Some(300_000_000));
        assert_eq!(head(&stream(0, 0, 0)).unwrap().late_ns, None, "no sound");
        assert_eq!(head(b"no transport stream"), None);
        let whole = stream(60, 0, 0);
        let without_pictures = head(&whole[..61 * PACKET_BYTES]).unwrap();
        assert_eq!(without_pictures, StreamHead::default());
        for n in 0..whole.len() / 7 {
            // An answer or none, but it ends.
            let _ = read(&mut Cursor::new(&whole[..7 * n]));
        }
    }
}
