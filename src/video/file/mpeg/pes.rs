//! The packets of a stream, which transport and program streams have in common (ISO/IEC 13818-1,
//! 2.4.3.7; in MPEG-1, ISO/IEC 11172-1, 2.4.3.3).

/// Times are counted in so many parts of a second, in 33 bits.
pub(super) const TICKS_PER_SEC: i64 = 90_000;

/// How much later the second time is; times begin anew after a day.
pub(super) fn ticks_from(from: i64, to: i64) -> i64 {
    (to - from).rem_euclid(1 << 33)
}

/// What a packet begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub stream_id: u8,
    /// When it is shown or heard.
    pub time: Option<i64>,
    /// Where its contents begin, counted from the start code.
    pub body: usize,
}

/// Sound of MPEG, and private streams such as AC-3 and what came after it.
pub(super) fn may_be_sound(stream_id: u8) -> bool {
    matches!(stream_id, 0xc0..=0xdf | 0xbd | 0xfd)
}

pub(super) fn is_picture(stream_id: u8) -> bool {
    matches!(stream_id, 0xe0..=0xef)
}

/// `None` if the data does not begin with a packet of sound or pictures.
pub(super) fn header(data: &[u8]) -> Option<Header> {
    let stream_id = *data.get(3)?;
    if !data.starts_with(&[0, 0, 1]) || !(may_be_sound(stream_id) || is_picture(stream_id)) {
        return None;
    }
    let head = |time, body| {
        Some(Header {
            stream_id,
            time,
            body,
        })
    };
    if data.get(6)? >> 6 == 0b10 {
        let time = (data.get(7)? & 0x80 != 0).then(|| time(data, 9));
        return head(time.flatten(), 9 + usize::from(*data.get(8)?));
    }
    // MPEG-1: stuffing, the size of a buffer, times.
    let mut at = 6 + data[6..].iter().take_while(|byte| **byte == 0xff).count();
    if data.get(at)? >> 6 == 0b01 {
        at += 2;
    }
    match data.get(at)? >> 4 {
        0b0010 => head(time(data, at), at + 5),
        0b0011 => head(time(data, at), at + 10),
        _ => head(None, at + 1),
    }
}

fn time(data: &[u8], at: usize) -> Option<i64> {
    let bytes: &[u8; 5] = data.get(at..at + 5)?.try_into().ok()?;
    let [a, b, c, d, e] = bytes.map(i64::from);
    Some((a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1)
}

/// The five bytes that say a time.
#[cfg(test)]
pub(super) fn time_bytes(marker: u8, time: i64) -> [u8; 5] {
    let part = |shift: i64| (time >> shift) as u8;
    [
        marker << 4 | part(29) & 0x0e | 1,
        part(22),
        part(14) | 1,
        part(7),
        (time << 1) as u8 | 1,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_header_say_their_time() {
        for ticks in [0, 126_000, (1 << 33) - 1, 0x1_2345_6789] {
            let times = time_bytes(2, ticks);
            let mpeg2 = [&[0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 7][..], &times, &[9; 9]].concat();
            let plain = [&[0, 0, 1, 0xc0, 0, 0][..], &times, &[9; 9]].concat();
            let stuffed = [&[0, 0, 1, 0xc0, 0, 0, 0xff, 0xff, 0x40, 0x20], &times[..]].concat();
            for (data, body) in [(mpeg2, 16), (plain, 11), (stuffed, 15)] {
                let found = header(&data).unwrap();
                assert_eq!((found.time, found.body), (Some(ticks), body));
                for n in 0..data.len() {
                    // Something or nothing, but it ends.
                    let _ = header(&data[..n]);
                }
            }
        }
        assert_eq!(header(&[0, 0, 1, 0xc0, 0, 9, 0x0f, 0]).unwrap().time, None);
        assert_eq!(header(&[0, 0, 1, 0xbe, 0, 9, 0x0f, 0]), None, "padding");
        assert_eq!(ticks_from((1 << 33) - 5, 3), 8);
    }
}
