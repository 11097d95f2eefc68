//! The clock of a transport stream whose ticks come less than twice a second, such as that of a
//! recording of one picture per second.
//!
//! Where the clock (PCR; ISO/IEC 13818-1, 2.4.2.2 and 2.4.3.5) jumps by more than half a second, GStreamer's
//! demuxer (1.22) takes it for a gap and closes it to half a second, at each tick anew. So it gets to see
//! a clock that goes slower, by a factor with which no tick is that far from the last. Times of pictures it
//! counts from the first tick of an unbroken row, so they stay as they are; only where it looks for a
//! time in the file, that time has to be slowed down as well ([`SlowClock::factor`]).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;

/// Sync byte, flags, number, flags, length of the adaptation field, its flags, the clock.
const HEAD_BYTES: usize = 12;

const SYNC: u8 = 0x47;

/// The clock counts so many parts of a second, in 33 bits times 300.
const TICKS_PER_SEC: u64 = 27_000_000;
const N_TICKS: u64 = 300 << 33;

/// A longer distance is a gap to the demuxer.
const MAX_DISTANCE: u64 = TICKS_PER_SEC / 2;

/// Longer distances are real gaps.
const MAX_SLOWED: u64 = 30 * TICKS_PER_SEC;

/// Ticks of `MAX_SLOWED` become about as close as usual ones.
const FACTOR: u64 = 64;

/// How the ticks of a file are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video::file) struct SlowClock {
    first_tick: u64,
    /// Where packets begin: at this place and then at this distance.
    first_packet: u64,
    stride: u64,
    factor: u64,
}

/// The ticks at the beginning of a file, by the number of their stream.
#[derive(Default)]
pub(super) struct Ticks {
    pid: Option<u16>,
    seen: Vec<u64>,
}

impl Ticks {
    /// Of one stream only: several programs have a clock each.
    pub fn take(&mut self, pid: u16, packet: &[u8]) {
        if let Some(tick) = tick(packet)
            && *self.pid.get_or_insert(pid) == pid
        {
            self.seen.push(tick);
        }
    }

    /// `None` if most of them come often enough.
    pub fn slow_clock(&self, first_packet: u64, stride: u64) -> Option<SlowClock> {
        let distances = self
            .seen
            .windows(2)
            .map(|pair| ticks_from(pair[0], pair[1]));
        let is_seldom = |distance: &u64| (MAX_DISTANCE + 1..MAX_SLOWED).contains(distance);
        let n_seldom = distances.filter(is_seldom).count();
        (n_seldom > 0 && 2 * n_seldom >= self.seen.len() - 1).then(|| SlowClock {
            first_tick: self.seen[0],
            first_packet,
            stride,
            factor: FACTOR,
        })
    }
}

fn ticks_from(from: u64, to: u64) -> u64 {
    (to + N_TICKS - from) % N_TICKS
}

/// The clock in a packet, given its first bytes.
fn tick(head: &[u8]) -> Option<u64> {
    let head = head.first_chunk::<HEAD_BYTES>()?;
    let has_clock = head[0] == SYNC && head[3] & 0x20 != 0 && head[4] >= 7 && head[5] & 0x10 != 0;
    let [a, b, c, d, e, f] = [6, 7, 8, 9, 10, 11].map(|at| u64::from(head[at]));
    let base = a << 25 | b << 17 | c << 9 | d << 1 | e >> 7;
    has_clock.then_some(base * 300 + ((e & 1) << 8 | f))
}

impl SlowClock {
    /// How many times slower it goes.
    pub fn factor(self) -> u64 {
        self.factor
    }

    /// With another factor, see [`Self::factor`].
    pub fn stopped(self) -> Self {
        Self {
            factor: u64::MAX,
            ..self
        }
    }

    /// Changes the ticks in everything that comes through this pad, whether it is pushed or pulled.
    pub fn slow_on(self, pad: &gst::Pad, path: &Path) {
        let path = path.to_path_buf();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(buffer) = info.buffer_mut() {
                let at = buffer.offset();
                if let Ok(mut bytes) = buffer.make_mut().map_writable() {
                    self.slow(at, &mut bytes, || File::open(&path));
                }
            }
            gst::PadProbeReturn::Ok
        });
    }

    /// `bytes` are those of the file from `at` on. Of a packet that begins before or ends behind them, the
    /// file is asked for the rest.
    fn slow<F: Read + Seek>(self, at: u64, bytes: &mut [u8], open: impl Fn() -> io::Result<F>) {
        let end = at + bytes.len() as u64;
        let n_before = at.saturating_sub(self.first_packet) / self.stride;
        let mut packet = self.first_packet + n_before * self.stride;
        while packet < end {
            let from = packet.max(at);
            let to = (packet + HEAD_BYTES as u64).min(end);
            let inside = (from.saturating_sub(at)) as usize..to.saturating_sub(at) as usize;
            let skipped = (from - packet) as usize;
            if inside.len() == HEAD_BYTES {
                if let Some(slowed) = self.slowed(&bytes[inside.clone()]) {
                    bytes[inside].copy_from_slice(&slowed);
                }
            } else if !inside.is_empty()
                && let Ok(head) = head_at(&open, packet)
                && let Some(slowed) = self.slowed(&head)
            {
                let n_inside = inside.len();
                bytes[inside].copy_from_slice(&slowed[skipped..skipped + n_inside]);
            }
            packet += self.stride;
        }
    }

    /// The first bytes of a packet with another time, `None` if they hold none.
    fn slowed(self, head: &[u8]) -> Option<[u8; HEAD_BYTES]> {
        let since_first = ticks_from(self.first_tick, tick(head)?);
        // A clock that was set back is another one, and stays.
        if since_first > N_TICKS / 2 {
            return None;
        }
        let tick = (self.first_tick + since_first / self.factor) % N_TICKS;
        let (base, rest) = (tick / 300, tick % 300);
        let mut slowed: [u8; HEAD_BYTES] = head.try_into().ok()?;
        slowed[6..10].copy_from_slice(&((base >> 1) as u32).to_be_bytes());
        slowed[10] = ((base & 1) as u8) << 7 | 0x7e | (rest >> 8) as u8;
        slowed[11] = rest as u8;
        Some(slowed)
    }
}

fn head_at<F: Read + Seek>(
    open: impl Fn() -> io::Result<F>,
    packet: u64,
) -> io::Result<[u8; HEAD_BYTES]> {
    let mut file = open()?;
    let mut head = [0; HEAD_BYTES];
    file.seek(SeekFrom::Start(packet))?;
    file.read_exact(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const STRIDE: usize = 188;

    fn packet(tick: Option<u64>) -> Vec<u8> {
        let mut packet = vec![SYNC, 1, 0, 0x30, 7, 0x10];
        if let Some(tick) = tick {
            let (base, rest) = (tick / 300, tick % 300);
            packet.extend(((base >> 1) as u32).to_be_bytes());
            packet.extend([
                ((base & 1) as u8) << 7 | 0x7e | (rest >> 8) as u8,
                rest as u8,
            ]);
        } else {
            packet[5] = 0;
        }
        packet.resize(STRIDE, 0xff);
        packet
    }

    fn file(ticks: &[u64]) -> Vec<u8> {
        let packets = ticks
            .iter()
            .flat_map(|tick| [packet(Some(*tick)), packet(None)]);
        packets.flatten().collect()
    }

    fn ticks(file: &[u8]) -> Vec<u64> {
        file.chunks(STRIDE).filter_map(tick).collect()
    }

    fn clock(ticks: &[u64]) -> Option<SlowClock> {
        let mut seen = Ticks::default();
        for tick in ticks {
            seen.take(7, &packet(Some(*tick)));
            seen.take(8, &packet(Some(5)));
        }
        seen.slow_clock(0, STRIDE as u64)
    }

    #[test]
    fn a_clock_that_ticks_seldom_goes_slower_however_the_file_is_read() {
        // Also where its 33 bits begin anew.
        for first in [700_123, N_TICKS - 2 * TICKS_PER_SEC] {
            let given: Vec<_> = (0..5)
                .map(|n| (first + n * TICKS_PER_SEC) % N_TICKS)
                .collect();
            let slow = clock(&given).unwrap();
            let whole = file(&given);
            let expected: Vec<_> = (0..5)
                .map(|n| (first + n * TICKS_PER_SEC / FACTOR) % N_TICKS)
                .collect();
            for n_bytes in [whole.len(), STRIDE, 189, 7, 1] {
                let mut seen = whole.clone();
                for (nth, piece) in seen.chunks_mut(n_bytes).enumerate() {
                    let at = (nth * n_bytes) as u64;
                    slow.slow(at, piece, || Ok(Cursor::new(&whole)));
                }
                assert_eq!(ticks(&seen), expected, "{n_bytes}");
            }
            let mut stopped = whole.clone();
            slow.stopped()
                .slow(0, &mut stopped, || Ok(Cursor::new(&whole)));
            assert_eq!(ticks(&stopped), [first; 5]);
        }
    }

    #[test]
    fn other_clocks_stay() {
        let every = |distance: u64| -> Vec<_> { (0..9).map(|n| n * distance).collect() };
        assert_eq!(clock(&every(TICKS_PER_SEC / 2)), None);
        assert_eq!(clock(&every(TICKS_PER_SEC / 25)), None);
        assert_eq!(clock(&every(60 * TICKS_PER_SEC)), None, "real gaps");
        assert_eq!(clock(&[5]), None);
        assert_eq!(clock(&[]), None);
        // One that begins anew in the middle of the file.
        let slow = clock(&[9_000_000, 9_000_000 + TICKS_PER_SEC]).unwrap();
        let mut set_back = file(&[5]);
        slow.slow(0, &mut set_back, || Ok(Cursor::new(Vec::new())));
        assert_eq!(ticks(&set_back), [5]);
    }
}
