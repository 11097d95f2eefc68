//! Products of half-precision rows with single-precision vectors.

use multiversion::multiversion;

/// So many sums run side by side, so that they fill the registers of any processor.
const N_LANES: usize = 32;

/// The dot product of a row of f16 bits and a vector of the same length, in f32.
///
/// Compiled for several instruction sets; which one runs is decided when it is first called. It
/// measured as fast as C kernels with run-time dispatch, because both wait for memory
/// (`docs/LIBRARY.md`). Rows hold parts of unit vectors: infinities do not occur and are not handled.
///
/// # Panics
/// When the lengths differ.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512dq+fma",
    "x86_64+avx2+fma",
    "x86_64+sse4.2"
))]
pub fn dot_f16(row: &[u16], vector: &[f32]) -> f32 {
    assert_eq!(row.len(), vector.len(), "vectors of two models");
    let mut sums = [0.0_f32; N_LANES];
    let (row_lanes, row_rest) = row.as_chunks::<N_LANES>();
    let (vector_lanes, vector_rest) = vector.as_chunks::<N_LANES>();
    for (row, vector) in row_lanes.iter().zip(vector_lanes) {
        for lane in 0..N_LANES {
            sums[lane] = widened(row[lane]).mul_add(vector[lane], sums[lane]);
        }
    }
    let rest = row_rest.iter().zip(vector_rest);
    let rest: f32 = rest.map(|(bits, x)| widened(*bits) * x).sum();
    sums.iter().sum::<f32>() + rest
}

/// The dot product of two rows of eight bits, of at most 130,000 numbers.
///
/// # Panics
/// When the lengths differ.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.2"))]
pub fn dot_i8(row: &[i8], vector: &[i8]) -> i32 {
    assert_eq!(row.len(), vector.len(), "vectors of two models");
    let pairs = row.iter().zip(vector);
    pairs.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// The value of finite f16 bits: sign and the other bits put where f32 has them, and the exponent
/// corrected by a product, which also makes subnormal numbers right.
#[inline(always)]
fn widened(bits: u16) -> f32 {
    const EXPONENTS: f32 = f32::from_bits((127 + 112) << 23); // 2^(127 − 15)
    let bits = u32::from(bits);
    let size = f32::from_bits((bits & 0x7fff) << 13) * EXPONENTS;
    f32::from_bits(size.to_bits() | (bits & 0x8000) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;

    #[test]
    fn every_finite_number_widens_to_itself() {
        for bits in 0..=u16::MAX {
            let expected = f16::from_bits(bits);
            if expected.is_finite() {
                assert_eq!(
                    widened(bits).to_bits(),
                    expected.to_f32().to_bits(),
                    "{bits:#x}"
                );
            }
        }
    }

    #[test]
    fn products_of_eight_bits_are_exact() {
        for n in [0, 1, 15, 64, 513] {
            let row: Vec<i8> = (0..n).map(|i| (i * 37 % 255 - 127) as i8).collect();
            let vector: Vec<i8> = (0..n).map(|i| (i * 91 % 255 - 127) as i8).collect();
            let pairs = row.iter().zip(&vector);
            let expected: i32 = pairs.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
            assert_eq!(dot_i8(&row, &vector), expected, "{n}");
        }
        assert_eq!(dot_i8(&[-127; 1000], &[-127; 1000]), 127 * 127 * 1000);
    }

    #[test]
    fn products_are_those_of_the_numbers_at_any_length() {
        for n in [0, 1, 31, 32, 33, 128, 512, 515] {
            let row: Vec<f16> = (0..n)
                .map(|i| f16::from_f32((i as f32 * 0.37).sin()))
                .collect();
            let vector: Vec<f32> = (0..n).map(|i| (i as f32 * 0.11).cos()).collect();
            let pairs = row.iter().zip(&vector);
            let expected: f64 = pairs.map(|(a, b)| a.to_f64() * f64::from(*b)).sum();
            let bits: Vec<u16> = row.iter().map(|x| x.to_bits()).collect();
            assert!(
                (f64::from(dot_f16(&bits, &vector)) - expected).abs() < 1e-4,
                "{n}"
            );
        }
    }
}
