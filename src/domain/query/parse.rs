//! From a text to a query, and from a query that is joined to its key and its title.
//!
//! ```text
//! a beach -people -"palm trees"              the first without the others
//! ⟨a beach⟩ and ⟨night⟩                        keys of what is joined otherwise; people do not type them
//! ⟨a beach⟩ then ⟨night⟩ within 30 s
//! ⟨picture:…⟩ without ⟨people⟩
//! ```

use std::ops::Range;

use super::{Join, MAX_JOINED, MAX_QUERY_CHARS, Query, QueryError, QueryKind};
use crate::domain::{Picture, clean_pasted};

/// Around the parts of a joined query.
const OPEN: char = '⟨';
const CLOSE: char = '⟩';

pub fn query(text: &str) -> Result<Query, QueryError> {
    let text = clean_pasted(text);
    if text.starts_with(OPEN)
        && let Some(joined) = joined(&text, MAX_JOINED)
    {
        return joined;
    }
    if Picture::is_key(&text) {
        return Ok(picture(&text));
    }
    let n_chars = text.chars().count();
    if n_chars > MAX_QUERY_CHARS {
        return Err(QueryError::TooLong(n_chars));
    }
    let (wanted, not) = split(&text);
    if !not.is_empty() {
        if wanted.is_empty() {
            return Err(QueryError::OnlyMinus);
        }
        let first = Query::of_words(&wanted)?;
        return not.iter().try_fold(first, |query, not| {
            Query::joined(query, Join::Without, Query::of_words(not)?)
        });
    }
    Query::of_words(&text)
}

fn picture(key: &str) -> Query {
    Query {
        key: key.into(),
        title: "a picture".into(),
        kind: QueryKind::Picture(None),
    }
}

/// Where in a text it is said what must not be there, as far as that is a query.
pub fn minus_ranges(text: &str) -> Vec<Range<usize>> {
    let begins = |token: &str| token.as_ptr() as usize - text.as_ptr() as usize;
    let not = tokens(text)
        .into_iter()
        .filter(|token| unwanted(token).is_some());
    not.map(|token| begins(token)..begins(token) + token.len())
        .collect()
}

/// What a token with a minus before it names; before a digit it is the sign of a number.
fn unwanted(token: &str) -> Option<&str> {
    let rest = token
        .strip_prefix('-')
        .filter(|rest| !rest.starts_with(|c: char| c == '-' || c.is_ascii_digit()))?;
    let phrase = rest.trim_matches('"').trim();
    (!phrase.is_empty()).then_some(phrase)
}

/// What is wanted, and each thing that is not; without the latter the text stays as it is.
fn split(text: &str) -> (String, Vec<String>) {
    let (mut wanted, mut not) = (Vec::new(), Vec::new());
    for token in tokens(text) {
        match unwanted(token) {
            Some(phrase) => not.push(phrase.to_owned()),
            None => wanted.push(token),
        }
    }
    (wanted.join(" "), not)
}

/// Words between spaces; spaces inside quotes do not count where a quote begins a word, or follows a
/// minus that does.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let inside = rest.strip_prefix('-').unwrap_or(rest);
        let end_of_quote = inside.strip_prefix('"').and_then(|quoted| {
            let end = quoted.find('"')?;
            Some(rest.len() - quoted.len() + end + 1)
        });
        let from = end_of_quote.unwrap_or(0);
        let end = rest[from..]
            .find(' ')
            .map_or(rest.len(), |space| from + space);
        tokens.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(' ');
    }
    tokens
}

/// What [`key`] gave; `None` for any other text.
fn joined(text: &str, depth: usize) -> Option<Result<Query, QueryError>> {
    let depth = depth.checked_sub(1)?;
    let (first, rest) = part(text)?;
    let (verb, rest) = rest.split_once(OPEN)?;
    let at = text.len() - rest.len() - OPEN.len_utf8();
    let (second, rest) = part(&text[at..])?;
    let join = match (verb, rest) {
        (" and ", "") => Join::And,
        (" without ", "") => Join::Without,
        (" then ", rest) => {
            let secs = rest.strip_prefix(" within ")?.strip_suffix(" s")?;
            Join::Then {
                within_secs: secs.parse().ok()?,
            }
        }
        _ => return None,
    };
    let part = |text: &str| match text.starts_with(OPEN) {
        true => joined(text, depth),
        false => Some(query(text)),
    };
    let (first, second) = (part(first)?, part(second)?);
    Some(first.and_then(|first| Query::joined(first, join, second?)))
}

/// What stands in the brackets with which a text begins, and what comes after them.
fn part(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            OPEN => depth += 1,
            CLOSE => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            let inside = text.get(OPEN.len_utf8()..at)?;
            return Some((inside, &text[at + c.len_utf8()..]));
        }
    }
    None
}

pub fn key(first: &Query, join: Join, second: &Query) -> String {
    if let Some(text) = with_minus(first, join, second) {
        return text;
    }
    let (first, second) = (first.key(), second.key());
    let verb = match join {
        Join::And => "and",
        Join::Then { .. } => "then",
        Join::Without => "without",
    };
    let end = match join {
        Join::Then { within_secs } => format!(" within {within_secs} s"),
        Join::And | Join::Without => String::new(),
    };
    format!("{OPEN}{first}{CLOSE} {verb} {OPEN}{second}{CLOSE}{end}")
}

pub fn title(first: &Query, join: Join, second: &Query) -> String {
    if let Some(text) = with_minus(first, join, second) {
        return text;
    }
    // What is joined and not by a minus needs brackets inside of another.
    let part = |query: &Query| match query.wanted_and_not().0.is_joined() {
        true => format!("({query})"),
        false => query.to_string(),
    };
    let (first, second) = (part(first), part(second));
    match join {
        Join::And => format!("{first} and {second}"),
        Join::Then { within_secs } => format!("{first}, then {second} within {within_secs} s"),
        Join::Without => format!("{first} -{}", in_quotes(&second)),
    }
}

/// As people write it, where both are words.
fn with_minus(first: &Query, join: Join, second: &Query) -> Option<String> {
    let words = second.words()?;
    let is_words = first.wanted_and_not().0.words().is_some();
    let is_typed = join == Join::Without && is_words && !words.contains('"');
    is_typed.then(|| format!("{} -{}", first.key(), in_quotes(words)))
}

fn in_quotes(words: &str) -> String {
    match words.contains(' ') {
        true => format!("\"{words}\""),
        false => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_trimmed_and_nothing_is_refused_with_a_reason() {
        let query = Query::new("  a red\n kite ").unwrap();
        assert_eq!((query.key(), query.title()), ("a red kite", "a red kite"));
        assert_eq!(query.words(), Some("a red kite"));
        assert_eq!(Query::new("a  red kite"), Ok(query.clone()));
        assert_eq!(Query::new("a&nbsp;ｒｅｄ kite"), Ok(query));
        assert_eq!(Query::new("&nbsp;"), Err(QueryError::Empty));
        assert_eq!(Query::new(" \t"), Err(QueryError::Empty));
        assert_eq!(Query::new(&"é".repeat(501)), Err(QueryError::TooLong(501)));
    }

    /// What is wanted and what is not, as they are told apart.
    fn told_apart(text: &str) -> (String, Vec<String>) {
        let query = Query::new(text).unwrap();
        let (wanted, not) = query.wanted_and_not();
        let not = not.into_iter().map(|query| query.key().to_owned());
        (wanted.words().unwrap().to_owned(), not.collect())
    }

    #[test]
    fn a_minus_before_a_word_says_what_must_not_be_there() {
        for (text, wanted, not) in [
            ("a beach -people", "a beach", &["people"][..]),
            ("a beach  -people -dogs", "a beach", &["people", "dogs"]),
            ("-people a beach", "a beach", &["people"]),
            ("a -\"palm tree\" beach", "a beach", &["palm tree"]),
            ("a beach -\"people\"", "a beach", &["people"]),
            // Text.
            ("a black-and-white film", "a black-and-white film", &[]),
            ("a beach - people", "a beach - people", &[]),
            ("a beach -- people", "a beach -- people", &[]),
            ("run --fast", "run --fast", &[]),
            ("a sign \"-5 degrees\"", "a sign \"-5 degrees\"", &[]),
            ("red, or \"blue\"", "red, or \"blue\"", &[]),
            ("a beach -\"\"", "a beach -\"\"", &[]),
            ("it is 5\" -wide", "it is 5\"", &["wide"]),
            ("- a list", "- a list", &[]),
            ("-5 degrees", "-5 degrees", &[]),
        ] {
            let expected = (
                wanted.to_owned(),
                not.iter().map(|t| (*t).to_owned()).collect(),
            );
            assert_eq!(told_apart(text), expected, "{text}");
            let query = Query::new(text).unwrap();
            assert_eq!(told_apart(query.key()), expected, "{}", query.key());
        }
        let text = "a  beach -people -\"palm trees\" x";
        let chips: Vec<_> = minus_ranges(text).into_iter().map(|at| &text[at]).collect();
        assert_eq!(chips, ["-people", "-\"palm trees\""]);
        assert_eq!(Query::new("-people"), Err(QueryError::OnlyMinus));
        assert_eq!(Query::new("-a -b -c"), Err(QueryError::OnlyMinus));
        assert_eq!(
            Query::new("x -a -b -c -d -e -f -g -h"),
            Err(QueryError::TooMany)
        );
    }

    #[test]
    fn every_key_makes_the_query_again() {
        let words = |text| Query::new(text).unwrap();
        let picture = Picture::new(1, 1, vec![1, 2, 3]).unwrap();
        let picture = Query::of_picture(picture, "a.png");
        let join = |a: &Query, join, b: &Query| Query::joined(a.clone(), join, b.clone()).unwrap();
        let then = Join::Then { within_secs: 12 };
        let (beach, night) = (words("a beach -people"), words("night"));
        let both = join(&beach, Join::And, &night);
        assert_eq!(both.title(), "a beach -people and night");
        assert_eq!(both.key(), "⟨a beach -people⟩ and ⟨night⟩");
        let later = join(&both, then, &picture);
        assert_eq!(
            later.title(),
            "(a beach -people and night), then a.png within 12 s"
        );
        for query in [
            &both,
            &later,
            &join(&picture, Join::Without, &night),
            &join(&join(&picture, Join::Without, &night), then, &later),
            &join(&night, Join::Without, &words("\"5 o'clock")),
        ] {
            let again = Query::new(query.key()).unwrap();
            assert_eq!(again, *query);
            let kinds = |query: &Query| -> Vec<bool> {
                query
                    .parts()
                    .iter()
                    .map(|part| part.words().is_some())
                    .collect()
            };
            assert_eq!(kinds(&again), kinds(query), "{}", query.key());
        }
        let mut known = |key: &str| {
            let picture = picture.picture().unwrap();
            (key == picture.key().as_ref()).then(|| (picture.clone(), "b.png".to_owned()))
        };
        let again = Query::new(later.key()).unwrap().with_pictures(&mut known);
        assert!(again.parts()[3].picture().is_some());
    }

    #[test]
    fn brackets_that_say_nothing_are_words() {
        for text in [
            "⟨a⟩",
            "⟨a⟩ or ⟨b⟩",
            "⟨a and ⟨b⟩",
            "⟨a⟩ then ⟨b⟩ within x s",
            "⟩a⟨",
        ] {
            assert_eq!(Query::new(text).unwrap().words(), Some(text), "{text}");
        }
        let deep = "⟨".repeat(400);
        assert!(Query::new(&deep).unwrap().words().is_some());
        let deep = format!("{}a{} and ⟨b⟩", "⟨".repeat(80), "⟩".repeat(80));
        assert!(Query::new(&deep).is_ok());
    }
}
