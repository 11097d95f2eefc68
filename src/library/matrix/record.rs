//! The manifest: which rows of the matrix belong to which video. Records are only ever appended, each
//! with a checksum, so that one that was cut short or damaged is seen and all before it count.

use crate::find::NeutralLevel;
use crate::store::ContentId;

/// Neutral texts that a record has room for.
pub const N_NEUTRAL: usize = 32;

/// Bytes of a record.
pub const RECORD_BYTES: usize = 80 + 4 * N_NEUTRAL;

const ADDED: u32 = 1;
const REMOVED: u32 = 2;

/// The rows of one video.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub content: ContentId,
    pub first_row: u64,
    pub n_rows: u32,
    /// Where the video ends.
    pub end_secs: f64,
    /// What neutral texts score on it.
    pub level: NeutralLevel,
    /// The best cosine of each neutral text with a clip of it.
    pub peaks: [f32; N_NEUTRAL],
    /// Of the bytes of its rows and their times.
    pub hash: [u8; 16],
}

impl Span {
    /// Its rows and behind them, filled up to whole rows, one number for each that says when its frame is
    /// shown.
    pub fn n_stored_rows(&self, dim: usize) -> u64 {
        let n_rows = u64::from(self.n_rows);
        n_rows + n_rows.div_ceil(dim.max(1) as u64)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    Added(Span),
    Removed(ContentId),
}

impl Record {
    pub fn encode(&self) -> [u8; RECORD_BYTES] {
        let (kind, content) = match self {
            Self::Added(span) => (ADDED, &span.content),
            Self::Removed(content) => (REMOVED, content),
        };
        let mut bytes = Vec::with_capacity(RECORD_BYTES);
        bytes.extend(content_bytes(content));
        bytes.extend(kind.to_le_bytes());
        match self {
            Self::Added(span) => {
                bytes.extend(span.n_rows.to_le_bytes());
                bytes.extend(span.first_row.to_le_bytes());
                bytes.extend(span.end_secs.to_le_bytes());
                // The fourth is free.
                let level = span.level.numbers().into_iter().chain([0.0]);
                for number in level.chain(span.peaks) {
                    bytes.extend(number.to_le_bytes());
                }
                bytes.extend(span.hash);
            }
            Self::Removed(_) => bytes.resize(RECORD_BYTES - 8, 0),
        }
        let check = checksum(&bytes);
        bytes.extend(check);
        let mut record = [0; RECORD_BYTES];
        record.copy_from_slice(&bytes);
        record
    }

    /// `None` unless every bit is as it was written.
    pub fn decode(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let (said, check) = bytes.split_at(RECORD_BYTES - 8);
        if checksum(said) != *check {
            return None;
        }
        let mut rest = said;
        let content = content_of(&take::<16>(&mut rest)?)?;
        let kind = u32::from_le_bytes(take(&mut rest)?);
        let n_rows = u32::from_le_bytes(take(&mut rest)?);
        let first_row = u64::from_le_bytes(take(&mut rest)?);
        let end_secs = f64::from_le_bytes(take(&mut rest)?);
        let mut numbers = [0.0; 4 + N_NEUTRAL];
        for number in &mut numbers {
            *number = f32::from_le_bytes(take(&mut rest)?);
        }
        let ([mean, peak, deviation, _], peaks) = numbers.split_first_chunk()?;
        match kind {
            REMOVED => Some(Self::Removed(content)),
            ADDED => Some(Self::Added(Span {
                content,
                n_rows,
                first_row,
                end_secs,
                level: NeutralLevel::of_numbers([*mean, *peak, *deviation]),
                peaks: *peaks.first_chunk()?,
                hash: take(&mut rest)?,
            })),
            _ => None,
        }
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut check = [0; 8];
    check.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
    check
}

/// The 32 digits of a content id as 16 bytes.
fn content_bytes(content: &ContentId) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (byte, digits) in bytes.iter_mut().zip(content.as_str().as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).unwrap_or_default();
        *byte = u8::from_str_radix(digits, 16).unwrap_or_default();
    }
    bytes
}

fn content_of(bytes: &[u8; 16]) -> Option<ContentId> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // Formatting would take most of the time of opening a big library.
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits: String = halves
        .map(|half| char::from(DIGITS[usize::from(half)]))
        .collect();
    ContentId::parse(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> [Record; 2] {
        let content = ContentId::parse("00ff10a9b8c7d6e5f4031221304f5e6d").unwrap();
        let span = Span {
            content: content.clone(),
            first_row: 1 << 40,
            n_rows: 75,
            end_secs: 149.96,
            level: NeutralLevel::of_numbers([0.1, 0.2, 0.3]),
            peaks: std::array::from_fn(|i| i as f32 * 0.125),
            hash: [7; 16],
        };
        [Record::Added(span), Record::Removed(content)]
    }

    #[test]
    fn records_come_back_and_no_damage_passes() {
        for record in records() {
            let bytes = record.encode();
            assert_eq!(Record::decode(&bytes), Some(record));
            for i in 0..RECORD_BYTES {
                let mut damaged = bytes;
                damaged[i] ^= 0x20;
                assert_eq!(Record::decode(&damaged), None, "byte {i}");
            }
        }
        assert_eq!(Record::decode(&[0; RECORD_BYTES]), None);
    }
}
