//! Splits packets into units: by length, or by start codes.

use super::Unjudgeable;

/// The NAL units of a packet, none of them empty.
pub(super) fn nal_units(data: &[u8], nal_length: Option<usize>) -> Result<Vec<&[u8]>, Unjudgeable> {
    let Some(nal_length) = nal_length else {
        return Ok(start_code_units(data).collect());
    };
    let mut units = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let prefix = rest.get(..nal_length).ok_or(Unjudgeable)?;
        let size = prefix
            .iter()
            .fold(0, |size, byte| size << 8 | usize::from(*byte));
        let end = nal_length + size;
        let unit = rest.get(nal_length..end).ok_or(Unjudgeable)?;
        if unit.is_empty() {
            return Err(Unjudgeable);
        }
        units.push(unit);
        rest = &rest[end..];
    }
    Ok(units)
}

/// What follows each `00 00 01`, up to the next one; only units with at least one byte.
pub(super) fn start_code_units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(found) = data[at..].windows(3).position(|w| w == [0, 0, 1]) {
        at += found + 3;
        starts.push(at);
    }
    let mut ends: Vec<usize> = starts.iter().skip(1).map(|start| start - 3).collect();
    ends.push(data.len());
    starts
        .into_iter()
        .zip(ends)
        .map(|(start, end)| &data[start..end])
        .filter(|unit| !unit.is_empty())
}

/// Removes the emulation prevention bytes (the 3 in `00 00 03`).
pub(super) fn unescape(data: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(data.len());
    let mut n_zeros = 0;
    for &byte in data {
        if n_zeros >= 2 && byte == 3 {
            n_zeros = 0;
            continue;
        }
        n_zeros = if byte == 0 { n_zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}
