//! What a person looks for.
//!
//! # A picture as a query
//! Words are the only kind so far. A picture needs four things: its kind in [`QueryKind`] (with the
//! picture's hash as [`key`](Query::key) and its file name as [`title`](Query::title)), its arm in
//! `engine/embed.rs`, a way into the window's query field, and a value on the command line. Labels,
//! prompts, the history and exports go by the key, so they need nothing. Whoever needs the words
//! asks the kind, so the compiler lists the places that must say what a picture means there.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::domain::clean_pasted;

/// Far beyond what any text tower reads, and short enough to show.
pub const MAX_QUERY_CHARS: usize = 500;

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
}

/// Why words cannot be a query, said so that a person knows what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("the query is empty: say in a few words what to look for")]
    Empty,
    #[error("the query has {0} characters: keep it under {MAX_QUERY_CHARS}")]
    TooLong(usize),
}

impl Query {
    /// A query of words: cleans what was pasted; spaces are trimmed and joined.
    pub fn new(text: &str) -> Result<Self, QueryError> {
        let text = clean_pasted(text);
        match text.chars().count() {
            0 => Err(QueryError::Empty),
            n if n > MAX_QUERY_CHARS => Err(QueryError::TooLong(n)),
            _ => {
                let words = Arc::<str>::from(text);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_trimmed_and_nothing_is_refused_with_a_reason() {
        let query = Query::new("  a red\n kite ").unwrap();
        assert_eq!((query.key(), query.title()), ("a red kite", "a red kite"));
        let QueryKind::Words(words) = query.kind();
        assert_eq!(&**words, "a red kite");
        assert_eq!(Query::new("a  red kite"), Ok(query.clone()));
        assert_eq!(Query::new("a&nbsp;ｒｅｄ kite"), Ok(query));
        assert_eq!(Query::new("&nbsp;"), Err(QueryError::Empty));
        assert_eq!(Query::new(" \t"), Err(QueryError::Empty));
        assert_eq!(Query::new(&"é".repeat(501)), Err(QueryError::TooLong(501)));
    }
}
