//! What a person looks for: words, a picture, or two queries joined.
//!
//! A query has a *key*, which names it in files (labels, prompts, the history), and a *title*, which
//! people read. [`Query::new`] makes the same query of its key again, whatever kind it is; of a picture
//! the key has only the hash, and its pixels have to be found elsewhere.

mod parse;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::domain::Picture;

pub use parse::minus_ranges;

/// Far beyond what any text tower reads, and short enough to show.
pub const MAX_QUERY_CHARS: usize = 500;

/// More queries than this are not joined to one: nobody could say what it means.
const MAX_JOINED: usize = 8;

/// How long after the first the second may come, if nobody says.
pub const USUAL_WITHIN_SECS: u32 = 30;

/// What is looked for; two queries are equal when their keys are.
#[derive(Clone, Debug)]
pub struct Query {
    key: Arc<str>,
    title: Arc<str>,
    kind: QueryKind,
}

/// What a query consists of.
#[derive(Clone, Debug)]
pub enum QueryKind {
    /// Trimmed, not empty, of bounded length; key and title are the same text.
    Words(Arc<str>),
    /// `None` where only the key is known.
    Picture(Option<Picture>),
    /// Both of two queries, in some way.
    Joined(Arc<(Query, Join, Query)>),
}

/// How two queries are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Both in one moment.
    And,
    /// The second at most so many seconds after the first.
    Then { within_secs: u32 },
    /// The first where the second is not.
    Without,
}

/// Why something cannot be a query, said so that a person knows what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("the query is empty: say in a few words what to look for")]
    Empty,
    #[error("the query has {0} characters: keep it under {MAX_QUERY_CHARS}")]
    TooLong(usize),
    #[error(
        "this says only what not to look for: say first what to look for, as in: a beach -people"
    )]
    OnlyMinus,
    #[error("more than {MAX_JOINED} queries cannot be joined to one: leave some out")]
    TooMany,
}

impl Query {
    /// A query of words, or what [`Query::key`] gave.
    ///
    /// Cleans what was pasted; spaces are trimmed and joined. A word with a minus before it, or several
    /// in quotes, is what must not be there: `a beach -people -"palm trees"`. A hyphen inside a word, the sign of a number and
    /// a minus that stands alone are text, and so is what stands in quotes.
    pub fn new(text: &str) -> Result<Self, QueryError> {
        parse::query(text)
    }

    /// A picture; the title is what people read of it, such as the name of its file.
    pub fn of_picture(picture: Picture, title: &str) -> Self {
        Self {
            key: Arc::clone(picture.key()),
            title: title.into(),
            kind: QueryKind::Picture(Some(picture)),
        }
    }

    /// # Errors
    /// [`QueryError::TooMany`].
    pub fn joined(first: Self, join: Join, second: Self) -> Result<Self, QueryError> {
        if first.n_parts() + second.n_parts() > MAX_JOINED {
            return Err(QueryError::TooMany);
        }
        Ok(Self {
            key: parse::key(&first, join, &second).into(),
            title: parse::title(&first, join, &second).into(),
            kind: QueryKind::Joined(Arc::new((first, join, second))),
        })
    }

    fn of_words(words: &str) -> Result<Self, QueryError> {
        match words.chars().count() {
            0 => Err(QueryError::Empty),
            n if n > MAX_QUERY_CHARS => Err(QueryError::TooLong(n)),
            _ => {
                let words = Arc::<str>::from(words);
                Ok(Self {
                    key: Arc::clone(&words),
                    title: Arc::clone(&words),
                    kind: QueryKind::Words(words),
                })
            }
        }
    }

    /// Names the query in files: labels, prompts, the history. The same from run to run.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What people read.
    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn kind(&self) -> &QueryKind {
        &self.kind
    }

    /// The words, of a query that is nothing else.
    pub fn words(&self) -> Option<&str> {
        match &self.kind {
            QueryKind::Words(words) => Some(words),
            QueryKind::Picture(_) | QueryKind::Joined(_) => None,
        }
    }

    /// The picture, of a query that is nothing else.
    pub fn picture(&self) -> Option<&Picture> {
        match &self.kind {
            QueryKind::Picture(picture) => picture.as_ref(),
            QueryKind::Words(_) | QueryKind::Joined(_) => None,
        }
    }

    pub fn is_joined(&self) -> bool {
        matches!(self.kind, QueryKind::Joined(_))
    }

    /// What must be there, and each thing that must not.
    pub fn wanted_and_not(&self) -> (&Self, Vec<&Self>) {
        match &self.kind {
            QueryKind::Joined(joined) if joined.1 == Join::Without => {
                let (wanted, mut not) = joined.0.wanted_and_not();
                not.push(&joined.2);
                (wanted, not)
            }
            _ => (self, Vec::new()),
        }
    }

    /// The queries that it is joined of, in the order in which they are read; itself if it is not.
    pub fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            QueryKind::Joined(joined) => [joined.0.parts(), joined.2.parts()].concat(),
            QueryKind::Words(_) | QueryKind::Picture(_) => vec![self],
        }
    }

    /// The same, with the pixels of those pictures of which `known` knows them.
    #[must_use]
    pub fn with_pictures(&self, known: &mut impl FnMut(&str) -> Option<(Picture, String)>) -> Self {
        match &self.kind {
            QueryKind::Picture(None) => match known(&self.key) {
                Some((picture, title)) => Self::of_picture(picture, &title),
                None => self.clone(),
            },
            QueryKind::Joined(joined) => {
                let (first, join, second) = &**joined;
                let parts = (first.with_pictures(known), second.with_pictures(known));
                Self::joined(parts.0, *join, parts.1).unwrap_or_else(|_| self.clone())
            }
            QueryKind::Words(_) | QueryKind::Picture(Some(_)) => self.clone(),
        }
    }

    fn n_parts(&self) -> usize {
        self.parts().len()
    }
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Query {}

impl Hash for Query {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title)
    }
}
