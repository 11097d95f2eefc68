//! Damage to safetensors files: a length, a JSON header, and numbers.

use rand::RngExt as _;

use super::{Rng, bytes, extreme, json};

/// Damages a file in one way, and says in which.
pub fn damage(file: &mut Vec<u8>, rng: &mut Rng) -> String {
    let header_len = file
        .first_chunk::<8>()
        .map(|len| u64::from_le_bytes(*len) as usize);
    let Some(end) = header_len
        .and_then(|len| len.checked_add(8))
        .filter(|end| *end <= file.len())
    else {
        return bytes::damage(file, rng);
    };
    match rng.random_range(0..10) {
        0 => {
            let len = extreme(rng);
            file[..8].copy_from_slice(&len.to_le_bytes());
            format!("the header says a length of {len}")
        }
        1 => bytes::damage(file, rng),
        2 => {
            // Numbers that are none, or that overflow what is made of them.
            let value =
                [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e38, 0.0][rng.random_range(0..5)];
            let n = rng.random_range(0..=(file.len() - end) / 4);
            for number in file[end..].chunks_exact_mut(4).take(n) {
                number.copy_from_slice(&value.to_le_bytes());
            }
            format!("the first {n} numbers are {value}")
        }
        3 => {
            let keep = rng.random_range(end..=file.len());
            file.truncate(keep);
            format!("only {keep} bytes")
        }
        _ => {
            let mut header = file[8..end].to_vec();
            let told = json::damage(&mut header, rng);
            let mut whole = (header.len() as u64).to_le_bytes().to_vec();
            whole.append(&mut header);
            whole.extend_from_slice(&file[end..]);
            *file = whole;
            format!("header: {told}")
        }
    }
}
