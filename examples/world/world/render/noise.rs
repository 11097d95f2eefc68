//! Seeded value noise: cheap, smooth, the same on every machine.

/// Scrambles a lattice point to 32 bits.
pub fn hash(x: i32, y: i32, seed: u32) -> u32 {
    let mut h = (x as u32).wrapping_mul(0x9e37_79b1)
        ^ (y as u32).wrapping_mul(0x85eb_ca77)
        ^ seed.wrapping_mul(0xc2b2_ae3d);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2c1b_3c6d);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

/// A lattice point as a number in `[0, 1)`.
pub fn hash01(x: i32, y: i32, seed: u32) -> f32 {
    (hash(x, y, seed) >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// Largest integer not above `x`; faster than `f32::floor` where that is a call.
pub fn floor(x: f32) -> i32 {
    let i = x as i32;
    i - i32::from(x < i as f32)
}

/// Smooth noise in `[0, 1)` with a feature size of 1.
pub fn value(x: f32, y: f32, seed: u32) -> f32 {
    let (ix, iy) = (floor(x), floor(y));
    let (fx, fy) = (x - ix as f32, y - iy as f32);
    let (sx, sy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
    let top = mix(hash01(ix, iy, seed), hash01(ix + 1, iy, seed), sx);
    let bottom = mix(hash01(ix, iy + 1, seed), hash01(ix + 1, iy + 1, seed), sx);
    mix(top, bottom, sy)
}

/// Noise of several scales, in `[0, 1)`, around 0.5.
pub fn fbm(x: f32, y: f32, seed: u32, n_octaves: u32) -> f32 {
    let (mut sum, mut weight, mut total) = (0.0, 1.0, 0.0);
    let (mut x, mut y) = (x, y);
    for octave in 0..n_octaves {
        sum += weight * value(x, y, seed.wrapping_add(octave * 101));
        total += weight;
        weight *= 0.5;
        // Each lattice is turned against the one before, so that none shows.
        (x, y) = (1.84 * x - 0.86 * y, 0.86 * x + 1.84 * y);
    }
    sum / total
}

pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// 0 below `from`, 1 above `to`, smooth between.
pub fn smoothstep(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
