//! Words that are shown while something is said, and the files that hold them: SubRip, WebVTT,
//! SubStation Alpha.

/// A subtitle.
#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    pub start_secs: f64,
    pub end_secs: f64,
    /// One line without markup.
    pub text: String,
}

/// What a file with one of these names holds beside the video.
pub const CAPTION_EXTENSIONS: [&str; 4] = ["srt", "vtt", "ass", "ssa"];

/// The captions of a file, in its order; what cannot be read of it is left out.
pub fn captions_of(bytes: &[u8], extension: &str) -> Vec<Caption> {
    let text = text_of(bytes);
    match extension.to_lowercase().as_str() {
        "ass" | "ssa" => of_events(&text),
        _ => of_blocks(&text),
    }
}

/// Old files are in the encoding of their country; the western one is the likeliest.
fn text_of(bytes: &[u8]) -> String {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<_> = bytes[2..]
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| from(*pair))
            .collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        },
    }
}

/// SubRip and WebVTT: a line of times, then lines of text until an empty one.
fn of_blocks(text: &str) -> Vec<Caption> {
    let mut captions = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((start_secs, end_secs)) = line.split_once("-->").and_then(times) else {
            continue;
        };
        let mut words = Vec::new();
        while let Some(line) =
            lines.next_if(|line| !line.trim().is_empty() && !line.contains("-->"))
        {
            words.push(line);
        }
        // Where the empty line is missing, the number of the next caption stands last.
        if lines.peek().is_some_and(|line| line.contains("-->"))
            && words
                .last()
                .is_some_and(|word| word.trim().parse::<u32>().is_ok())
        {
            words.pop();
        }
        captions.extend(caption(start_secs, end_secs, &words.join("\n")));
    }
    captions
}

/// SubStation Alpha: a line says the order of the fields, of which the last is the text.
fn of_events(text: &str) -> Vec<Caption> {
    let mut fields: Vec<String> = Vec::new();
    let mut captions = Vec::new();
    for line in text.lines() {
        if let Some(format) = line.strip_prefix("Format:") {
            fields = format
                .split(',')
                .map(|name| name.trim().to_lowercase())
                .collect();
            continue;
        }
        let Some(values) = line.strip_prefix("Dialogue:") else {
            continue;
        };
        let values: Vec<_> = values.splitn(fields.len().max(1), ',').collect();
        let value = |name: &str| {
            let at = fields.iter().position(|field| field == name)?;
            values.get(at).map(|value| value.trim())
        };
        let known = || {
            let start_secs = time(value("start")?)?;
            caption(
                start_secs,
                time(value("end")?)?,
                &text_of_event(value("text")?),
            )
        };
        captions.extend(known());
    }
    captions
}

/// The text of an event without its codes: `{\i1}words\Nmore` is `words more`.
pub fn text_of_event(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let Some(end) = rest[start..].find('}') else {
            break;
        };
        plain.push_str(&rest[..start]);
        rest = &rest[start + end + 1..];
    }
    plain.push_str(rest);
    plain
        .replace("\\N", " ")
        .replace("\\n", " ")
        .replace("\\h", " ")
}

/// A caption of a text with tags; `None` where nothing is said or the times make no sense.
pub fn caption(start_secs: f64, end_secs: f64, marked: &str) -> Option<Caption> {
    let text = without_tags(marked);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty() && start_secs >= 0.0 && end_secs > start_secs).then_some(Caption {
        start_secs,
        end_secs,
        text,
    })
}

/// Without `<i>` and `{\an8}`, with what entities stand for.
fn without_tags(marked: &str) -> String {
    let mut text = String::with_capacity(marked.len());
    let mut rest = marked;
    while let Some(at) = rest.find(['<', '{']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let mut chars = from.chars();
        let (open, next) = (chars.next(), chars.next());
        let is_tag = match open {
            Some('<') => next.is_some_and(|c| c == '/' || c.is_ascii_alphanumeric()),
            _ => next == Some('\\'),
        };
        let close = if open == Some('<') { '>' } else { '}' };
        match from.find(close).filter(|_| is_tag) {
            Some(end) => rest = &from[end + 1..],
            None => {
                text.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    text.push_str(rest);
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    text
}

/// The times around an arrow; behind them WebVTT may say where the words stand.
fn times((start, end): (&str, &str)) -> Option<(f64, f64)> {
    let end = end.split_whitespace().next()?;
    Some((time(start.trim())?, time(end)?))
}

/// `1:02:03,5`, `02:03.500` or `0:00:01.25`.
fn time(text: &str) -> Option<f64> {
    let mut secs = 0.0;
    let mut parts = text.split(':').peekable();
    while let Some(part) = parts.next() {
        let number = match parts.peek() {
            Some(_) => f64::from(part.trim().parse::<u32>().ok()?),
            None => part.trim().replace(',', ".").parse::<f64>().ok()?,
        };
        secs = 60.0 * secs + number;
    }
    (secs.is_finite() && secs >= 0.0).then_some(secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, extension: &str) -> Vec<(f64, f64, String)> {
        let captions = captions_of(text.as_bytes(), extension).into_iter();
        captions
            .map(|it| (it.start_secs, it.end_secs, it.text))
            .collect()
    }

    fn row(start_secs: f64, end_secs: f64, text: &str) -> (f64, f64, String) {
        (start_secs, end_secs, text.to_owned())
    }

    #[test]
    fn subrip_is_read_as_players_read_it() {
        let text = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i>,\r\n{\\an8}a < b &amp; c\r\n\r\n\
                    2\n00:01:02,5 --> 00:01:03,000 X1:0\nno empty line follows\n3\n01:00:00,000 --> 01:00:01,000\n\
                    the third\n\n4\n00:00:09,000 --> 00:00:08,000\nends before it begins\n\nno times\n";
        assert_eq!(
            read(text, "srt"),
            [
                row(1.0, 2.5, "Hello, a < b & c"),
                row(62.5, 63.0, "no empty line follows"),
                row(3600.0, 3601.0, "the third"),
            ]
        );
    }

    #[test]
    fn webvtt_has_times_without_hours_and_notes() {
        let text = "WEBVTT\n\nNOTE a remark\n\nSTYLE\n::cue { color: red }\n\nfirst\n\
                    00:01.000 --> 00:02.000 align:start line:0%\n<v Mary><c.loud>안녕하세요</c>\n";
        assert_eq!(read(text, "VTT"), [row(1.0, 2.0, "안녕하세요")]);
    }

    #[test]
    fn substation_alpha_names_its_fields() {
        let text = "[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n[Events]\n\
                    Format: Layer, Start, End, Style, Text\n\
                    Comment: 0,0:00:00.00,0:00:01.00,Default,not shown\n\
                    Dialogue: 0,0:00:01.25,0:00:02.00,Default,{\\i1}one,{\\i0} two\\Nthree\n";
        assert_eq!(read(text, "ass"), [row(1.25, 2.0, "one, two three")]);
    }

    #[test]
    fn old_encodings_are_read() {
        let text = "1\n00:00:01,000 --> 00:00:02,000\nÉté\n";
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        let wide = |bytes: fn(u16) -> [u8; 2]| {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(bytes).collect::<Vec<u8>>()
        };
        for bytes in [latin, wide(u16::to_le_bytes), wide(u16::to_be_bytes)] {
            assert_eq!(captions_of(&bytes, "srt")[0].text, "Été");
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[0-9:,.<>{}\\\\ \n a-z->]{0,200}") {
            for extension in CAPTION_EXTENSIONS {
                captions_of(&bytes, extension);
                for caption in captions_of(text.as_bytes(), extension) {
                    prop_assert!(caption.end_secs > caption.start_secs && !caption.text.is_empty());
                }
            }
        }
    }
}
