//! The program of a pickle, byte after byte.

use crate::model::detector::pickle::value::Value;

/// The rest of the program.
pub struct Bytes<'a>(pub &'a [u8]);

pub const CUT: &str = "its data.pkl is cut short or damaged";

impl<'a> Bytes<'a> {
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(CUT)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N)?);
        Ok(bytes)
    }

    pub fn byte(&mut self) -> Result<u8, String> {
        Ok(self.array::<1>()?[0])
    }

    pub fn long(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn length(&mut self) -> Result<usize, String> {
        let length = u64::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| CUT.to_owned())
    }

    /// Up to the end of a line, without it.
    pub fn line(&mut self) -> Result<&'a [u8], String> {
        let at = self.0.iter().position(|byte| *byte == b'\n').ok_or(CUT)?;
        let line = self.take(at)?;
        self.take(1)?;
        Ok(line)
    }
}

pub fn text(bytes: &[u8]) -> Value {
    Value::Text(String::from_utf8_lossy(bytes).into_owned())
}

pub fn number(line: &[u8]) -> Value {
    let line = String::from_utf8_lossy(line);
    let digits = line.trim().trim_end_matches('L');
    digits.parse().map_or(Value::Other, Value::Int)
}

/// A whole number in two's complement, the lowest byte first; `Other` where it is larger than any
/// size.
pub fn whole(bytes: &[u8]) -> Value {
    if bytes.len() > 8 {
        return Value::Other;
    }
    let fill = match bytes.last() {
        Some(byte) if byte & 0x80 != 0 => 0xff,
        _ => 0,
    };
    let mut all = [fill; 8];
    all[..bytes.len()].copy_from_slice(bytes);
    Value::Int(i64::from_le_bytes(all))
}

pub fn memo_index(line: &[u8]) -> Result<u32, String> {
    let text = String::from_utf8_lossy(line);
    text.trim().parse().map_err(|_| CUT.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_have_a_sign() {
        for (bytes, number) in [
            (&[][..], 0),
            (&[0xff], -1),
            (&[0xff, 0], 255),
            (&[0, 1], 256),
        ] {
            assert!(matches!(whole(bytes), Value::Int(n) if n == number));
        }
        assert!(matches!(whole(&[1; 9]), Value::Other));
    }
}
