//! What the files of cuts are called.

use std::collections::HashSet;
use std::str::FromStr;

/// File systems take no longer name.
const MAX_BYTES_OF_NAME: usize = 255;

const MAX_CHARS_OF_WORDS: usize = 30;

/// What some file system, or a shell, would read otherwise.
const FORBIDDEN: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];

/// A name with places to fill: `{video}-{query}-{n}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTemplate {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Video,
    Query,
    N,
    Rank,
    Start,
    End,
    Score,
}

const FIELDS: [(&str, Field); 7] = [
    ("video", Field::Video),
    ("query", Field::Query),
    ("n", Field::N),
    ("rank", Field::Rank),
    ("start", Field::Start),
    ("end", Field::End),
    ("score", Field::Score),
];

/// Why a name cannot be made so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameTemplateError {
    #[error(
        "{{{0}}} is no part of a name; there are {{video}} {{query}} {{n}} {{rank}} {{start}} {{end}} and {{score}}"
    )]
    UnknownField(String),
    #[error("a brace of the name is not closed: give names such as {{video}}-{{n}}")]
    OpenBrace,
    #[error("names cannot hold {0:?}: give a name without folders")]
    Forbidden(char),
    #[error("a name is empty: give one such as {{video}}-{{n}}")]
    Empty,
}

impl FromStr for NameTemplate {
    type Err = NameTemplateError;

    fn from_str(text: &str) -> Result<Self, NameTemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            if at > 0 {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            let inside = rest[at..]
                .strip_prefix('{')
                .and_then(|it| it.split_once('}'));
            let (name, after) = inside.ok_or(NameTemplateError::OpenBrace)?;
            let field = FIELDS.iter().find(|(known, _)| *known == name);
            let (_, field) =
                field.ok_or_else(|| NameTemplateError::UnknownField(name.to_owned()))?;
            parts.push(Part::Field(*field));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        for part in &parts {
            if let Part::Text(text) = part
                && let Some(c) = text
                    .chars()
                    .find(|c| FORBIDDEN.contains(c) || c.is_control())
            {
                return Err(NameTemplateError::Forbidden(c));
            }
        }
        match text.trim().is_empty() || text.trim().starts_with('.') {
            true => Err(NameTemplateError::Empty),
            false => Ok(Self { parts }),
        }
    }
}

impl NameTemplate {
    /// `film-01-0m12.0s-0m16.0s`, with the words of the query where there are several.
    pub(super) fn usual(n_queries: usize) -> Self {
        let dash = || Part::Text("-".to_owned());
        let mut fields = vec![Field::Video, Field::N];
        if n_queries > 1 {
            fields.push(Field::Query);
        }
        fields.extend([Field::Start, Field::End]);
        let mut parts: Vec<_> = fields
            .into_iter()
            .flat_map(|field| [Part::Field(field), dash()])
            .collect();
        parts.pop();
        Self { parts }
    }

    fn filled(&self, named: &Named<'_>, video: &str) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(Field::Video) => video.to_owned(),
            Part::Field(Field::Query) => words_in_name(named.query),
            Part::Field(Field::N) => format!("{:02}", named.n),
            Part::Field(Field::Rank) => format!("{:02}", named.rank),
            Part::Field(Field::Start) => time_in_name(named.start_secs),
            Part::Field(Field::End) => time_in_name(named.end_secs),
            Part::Field(Field::Score) => format!("{:.2}", named.score),
        };
        self.parts.iter().map(text).collect()
    }
}

/// A moment that gets a name.
pub(super) struct Named<'a> {
    /// The name of its video without the extension.
    pub video: &'a str,
    pub query: &'a str,
    /// From 1 on, over all that is written.
    pub n: usize,
    pub rank: usize,
    pub start_secs: f64,
    pub end_secs: f64,
    pub score: f32,
}

/// Gives names; none twice.
#[derive(Default)]
pub(super) struct Names {
    /// Some file systems take names for one that differ only in their capitals.
    taken: HashSet<String>,
}

impl Names {
    /// With a number behind where the name is taken. A long name of a video is shortened at a character.
    pub fn name(&mut self, template: &NameTemplate, named: &Named<'_>, extension: &str) -> String {
        let numbers = std::iter::once(String::new()).chain((2..).map(|n| format!("-{n}")));
        let mut names = numbers.map(|number| {
            let ending = format!("{number}.{extension}");
            let most = MAX_BYTES_OF_NAME - ending.len();
            let mut name = template.filled(named, named.video);
            if name.len() > most {
                let n_kept = named.video.len().saturating_sub(name.len() - most);
                let kept = named.video.floor_char_boundary(n_kept);
                name = template.filled(named, &named.video[..kept]);
                name.truncate(name.floor_char_boundary(most));
            }
            name + &ending
        });
        let name = names.find(|name| self.taken.insert(name.to_lowercase()));
        name.unwrap_or_default()
    }
}

/// `1h02m03.5s` or `2m03.5s`: colons are not allowed in names everywhere.
fn time_in_name(secs: f64) -> String {
    let tenths = (secs.max(0.0) * 10.0).round() as u64;
    let (secs, tenth) = (tenths / 10, tenths % 10);
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}h{minutes:02}m{secs:02}.{tenth}s")
    } else {
        format!("{minutes}m{secs:02}.{tenth}s")
    }
}

/// `a-red-circle`: letters and digits of any script, and not too many of them.
fn words_in_name(query: &str) -> String {
    let lower = query.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let mut name = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if name.chars().count() + word.chars().count() >= MAX_CHARS_OF_WORDS && !name.is_empty() {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.extend(word.chars().take(MAX_CHARS_OF_WORDS));
    }
    match name.is_empty() {
        true => "moment".to_owned(),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(video: &str) -> Named<'_> {
        Named {
            video,
            query: "A red/blue circle?",
            n: 3,
            rank: 12,
            start_secs: 83.96,
            end_secs: 3723.5,
            score: 0.876,
        }
    }

    #[test]
    fn words_fit_into_names() {
        assert_eq!(words_in_name("A red/blue circle?"), "a-red-blue-circle");
        assert_eq!(words_in_name("…"), "moment");
        assert_eq!(words_in_name("빨간 원"), "빨간-원");
        let long = words_in_name(&"word ".repeat(40));
        assert_eq!(long, "word-word-word-word-word-word");
        assert_eq!(words_in_name(&"x".repeat(99)).len(), 30);
    }

    #[test]
    fn every_place_is_filled() {
        let name = |template: &str| {
            let template: NameTemplate = template.parse().unwrap();
            Names::default().name(&template, &named("film"), "mp4")
        };
        assert_eq!(name("{video}-{query}-{n}"), "film-a-red-blue-circle-03.mp4");
        assert_eq!(
            name("{rank} {start} {end} {score}"),
            "12 1m24.0s 1h02m03.5s 0.88.mp4"
        );
        assert_eq!(name("take"), "take.mp4");
        let usual = NameTemplate::usual(1);
        assert_eq!(usual, "{video}-{n}-{start}-{end}".parse().unwrap());
        let usual = NameTemplate::usual(2);
        assert_eq!(usual, "{video}-{n}-{query}-{start}-{end}".parse().unwrap());
    }

    #[test]
    fn what_makes_no_name_is_refused() {
        for (template, says) in [
            (
                "{clip}",
                "{clip} is no part of a name; there are {video} {query}",
            ),
            ("{video", "not closed"),
            ("video}", "not closed"),
            ("a/{n}", "'/'"),
            ("..\\{n}", "'\\\\'"),
            (" ", "empty"),
            (".{n}", "empty"),
        ] {
            let error = template.parse::<NameTemplate>().unwrap_err().to_string();
            assert!(error.contains(says), "{template}: {error}");
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let template: NameTemplate = "{video}".parse().unwrap();
        let mut names = Names::default();
        let mut name = |video| names.name(&template, &named(video), "mkv");
        assert_eq!(name("Film"), "Film.mkv");
        assert_eq!(name("film"), "film-2.mkv");
        assert_eq!(name("Film"), "Film-3.mkv");
    }

    #[test]
    fn long_names_are_shortened_at_a_character() {
        for stem in ["x".repeat(245), "영".repeat(80), "🎬".repeat(70)] {
            let mut names = Names::default();
            for _ in 0..3 {
                let name = names.name(&NameTemplate::usual(2), &named(&stem), "mkv");
                assert!((250..=255).contains(&name.len()), "{name}");
                assert!(
                    name.contains("-03-a-red-blue-circle-1m24.0s-1h02m03.5s"),
                    "{name}"
                );
            }
        }
        let long: NameTemplate = "x".repeat(400).parse().unwrap();
        assert_eq!(
            Names::default().name(&long, &named("film"), "mp4").len(),
            255
        );
    }
}
