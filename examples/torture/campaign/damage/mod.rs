//! How files are damaged: as bytes, and along the structure that a reader follows, which reaches code
//! that random bytes never reach.

pub mod archive;
pub mod bytes;
pub mod containers;
pub mod json;
pub mod pieces;
pub mod safetensors;

use rand::RngExt as _;
use rand_pcg::Pcg64;

pub type Rng = Pcg64;

/// Numbers at which lengths, counts and times go wrong.
const EXTREMES: [u64; 16] = [
    0,
    1,
    2,
    3,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_fffe,
    u64::MAX,
];

pub fn extreme(rng: &mut Rng) -> u64 {
    if rng.random_bool(0.3) {
        rng.random::<u64>() >> rng.random_range(0..64)
    } else {
        EXTREMES[rng.random_range(0..EXTREMES.len())]
    }
}

/// Mostly one place, sometimes several.
pub fn n_damages(rng: &mut Rng) -> usize {
    match rng.random_range(0..10) {
        0..6 => 1,
        6..9 => rng.random_range(2..5),
        _ => rng.random_range(5..30),
    }
}

/// Copies of copies would fill the memory of this program rather than that of the other.
const MAX_BYTES: usize = 8 << 20;

/// A random index; `None` of nothing.
pub fn index(rng: &mut Rng, len: usize) -> Option<usize> {
    (len > 0).then(|| rng.random_range(0..len))
}
