//! Files that are made of pieces (boxes, elements, chunks, packets), and damage along their edges.

use std::ops::Range;

use rand::RngExt as _;

use super::bytes::write_number;
use super::{MAX_BYTES, Rng, bytes, extreme, index};

/// Where a piece says how long it is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub at: usize,
    pub width: usize,
    pub order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Big,
    Little,
    /// Big-endian behind the bit that tells the width, as in EBML.
    Marked,
}

/// One piece; its children lie inside its body.
#[derive(Clone, Debug)]
pub struct Piece {
    pub name: Vec<u8>,
    pub start: usize,
    pub body: usize,
    pub end: usize,
    pub parent: Option<usize>,
    pub size: Option<Size>,
}

impl Size {
    fn read(&self, bytes: &[u8]) -> u64 {
        let field = &bytes[self.at..self.at + self.width];
        let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let value = match self.order {
            Order::Little => field.iter().rev().fold(0, join),
            Order::Big | Order::Marked => field.iter().fold(0, join),
        };
        value & !self.mark()
    }

    fn write(&self, bytes: &mut [u8], value: u64) {
        let is_little = self.order == Order::Little;
        write_number(bytes, self.at, self.width, value | self.mark(), is_little);
    }

    fn mark(&self) -> u64 {
        match self.order {
            Order::Marked => 1 << (7 * self.width),
            _ => 0,
        }
    }
}

/// Damages the file in one way, and says in which. `pieces` are those of `bytes`.
pub fn damage(bytes: &mut Vec<u8>, pieces: &[Piece], rng: &mut Rng) -> String {
    let Some(i) = choose(pieces, rng).filter(|_| bytes.len() < MAX_BYTES) else {
        return bytes::damage(bytes, rng);
    };
    let piece = &pieces[i];
    let (whole, body) = (piece.start..piece.end, piece.body..piece.end);
    let name = format!("{} at {}", piece.name.escape_ascii(), piece.start);
    // With sizes that fit again, a reader goes on to what is inside.
    let mends = rng.random_bool(0.7);
    match rng.random_range(0..12) {
        0 => {
            replace(bytes, pieces, i, whole, &[], mends);
            format!("{name} is gone")
        }
        1 => {
            let copy = bytes[whole.clone()].to_vec();
            let n_copies = if copy.len() < 2000 && rng.random_bool(0.2) {
                100
            } else {
                1
            };
            replace(
                bytes,
                pieces,
                i,
                whole.end..whole.end,
                &copy.repeat(n_copies),
                mends,
            );
            format!("{name} {n_copies} more times")
        }
        2 => {
            let other = &pieces[choose(pieces, rng).unwrap_or(i)];
            let copy = bytes[other.start..other.end].to_vec();
            replace(bytes, pieces, i, whole, &copy, mends);
            format!("{name} replaced by that at {}", other.start)
        }
        3 => {
            let other = &pieces[choose(pieces, rng).unwrap_or(i)];
            let copy = bytes[other.body..other.end].to_vec();
            replace_body(bytes, pieces, i, body, &copy, mends);
            format!("the body of {name} replaced by that at {}", other.start)
        }
        4 => {
            let keep = rng.random_range(0..=body.len());
            replace_body(bytes, pieces, i, body.start + keep..body.end, &[], mends);
            format!("{name} keeps {keep} bytes")
        }
        5 | 6 if piece.size.is_some() => {
            let mut value = extreme(rng);
            if let Some(size) = piece.size {
                let now = size.read(bytes);
                value = match rng.random_range(0..4) {
                    0 => now.wrapping_add(rng.random_range(1..9)),
                    1 => now.wrapping_sub(rng.random_range(1..9)),
                    _ => value,
                };
                size.write(bytes, value);
            }
            format!("{name} says a size of {value}")
        }
        7 | 8 => {
            // Counts, times and sizes of pictures mostly stand at the beginning.
            let reach = if rng.random_bool(0.8) {
                body.len().min(48)
            } else {
                body.len()
            };
            let at = body.start + index(rng, reach).unwrap_or(0);
            let (width, value) = (1 << rng.random_range(0..4_u32), extreme(rng));
            let width = width.min(piece.end - at);
            write_number(bytes, at, width, value, rng.random_bool(0.3));
            format!("{name}: {value} in {width} bytes at {}", at - body.start)
        }
        9 => {
            let fill = rng.random::<bool>();
            bytes[body].fill(if fill { 0xff } else { 0 });
            format!("{name} blank")
        }
        10 => {
            bytes.truncate(rng.random_range(whole));
            format!("cut off inside {name}")
        }
        _ => {
            let mut inside = bytes[whole.clone()].to_vec();
            let told = bytes::damage(&mut inside, rng);
            replace(bytes, pieces, i, whole, &inside, mends);
            format!("{name}: {told}")
        }
    }
}

/// Half the time a name first, so that the many packets do not hide the few headers.
fn choose(pieces: &[Piece], rng: &mut Rng) -> Option<usize> {
    if rng.random_bool(0.3) {
        return index(rng, pieces.len());
    }
    let mut names: Vec<&[u8]> = pieces.iter().map(|piece| &piece.name[..]).collect();
    names.sort_unstable();
    names.dedup();
    let name = names[index(rng, names.len())?];
    let named: Vec<_> = (0..pieces.len())
        .filter(|&i| pieces[i].name == name)
        .collect();
    Some(named[index(rng, named.len())?])
}

/// Replaces a range of piece `i` as a whole; its parents become longer or shorter.
fn replace(
    bytes: &mut Vec<u8>,
    pieces: &[Piece],
    i: usize,
    range: Range<usize>,
    with: &[u8],
    mends: bool,
) {
    grow(
        bytes,
        pieces,
        pieces[i].parent.filter(|_| mends),
        &range,
        with,
    );
    bytes.splice(range, with.iter().copied());
}

/// Replaces a range inside piece `i`, which becomes longer or shorter itself.
fn replace_body(
    bytes: &mut Vec<u8>,
    pieces: &[Piece],
    i: usize,
    range: Range<usize>,
    with: &[u8],
    mends: bool,
) {
    grow(bytes, pieces, Some(i).filter(|_| mends), &range, with);
    bytes.splice(range, with.iter().copied());
}

fn grow(
    bytes: &mut [u8],
    pieces: &[Piece],
    mut from: Option<usize>,
    range: &Range<usize>,
    with: &[u8],
) {
    while let Some(i) = from {
        if let Some(size) = pieces[i].size {
            let longer = size.read(bytes).wrapping_add(with.len() as u64);
            size.write(bytes, longer.wrapping_sub(range.len() as u64));
        }
        from = pieces[i].parent;
    }
}
