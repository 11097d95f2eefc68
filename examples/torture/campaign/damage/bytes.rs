//! Damage that knows nothing of what the bytes mean.

use rand::RngExt as _;

use super::{Rng, extreme, index};

/// Damages `bytes` in one way, and says in which.
pub fn damage(bytes: &mut Vec<u8>, rng: &mut Rng) -> String {
    let Some(at) = index(rng, bytes.len()) else {
        bytes.extend([0; 7]);
        return "seven zeros for nothing".to_owned();
    };
    let rest = bytes.len() - at;
    let longest = rest.min(1 << rng.random_range(1..14));
    let len = rng.random_range(1..=longest);
    match rng.random_range(0..11) {
        0 | 1 => {
            let n_bits = rng.random_range(1..9);
            for _ in 0..n_bits {
                let at = rng.random_range(0..bytes.len());
                bytes[at] ^= 1 << rng.random_range(0..8);
            }
            format!("{n_bits} bits flipped")
        }
        2 => {
            bytes[at..at + len].fill(0);
            format!("{len} zeros at {at}")
        }
        3 => {
            bytes[at..at + len].fill(0xff);
            format!("{len} times 255 at {at}")
        }
        4 => {
            rng.fill(&mut bytes[at..at + len]);
            format!("{len} random bytes at {at}")
        }
        5 => {
            bytes.truncate(at);
            format!("cut off at {at}")
        }
        6 => {
            bytes.drain(at..at + len);
            format!("{len} bytes gone at {at}")
        }
        7 => {
            let block = bytes[at..at + len].to_vec();
            bytes.splice(at..at, block);
            format!("{len} bytes twice at {at}")
        }
        8 => {
            let from = rng.random_range(0..=bytes.len() - len);
            bytes.copy_within(from..from + len, at);
            format!("{len} bytes of {from} at {at}")
        }
        9 => {
            let (width, value) = (1 << rng.random_range(0..4_u32), extreme(rng));
            write_number(bytes, at, width, value, rng.random());
            format!("the number {value} in {width} bytes at {at}")
        }
        _ => {
            let garbage: Vec<u8> = (0..len).map(|_| rng.random()).collect();
            bytes.splice(at..at, garbage);
            format!("{len} random bytes inserted at {at}")
        }
    }
}

/// As much of `value` as fits `width` bytes and the file.
pub fn write_number(bytes: &mut [u8], at: usize, width: usize, value: u64, is_little: bool) {
    let little = value.to_le_bytes();
    for i in 0..width {
        let byte = if is_little { i } else { width - 1 - i };
        if let Some(place) = bytes.get_mut(at + i) {
            *place = little[byte];
        }
    }
}
