//! What a person looks for, in words.

/// Far beyond what any text tower reads, and short enough to show.
pub const MAX_QUERY_CHARS: usize = 500;

/// Words with something in them: trimmed, not empty, of bounded length.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Query(String);

/// Why words are no query, said so that a person knows what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("the query is empty: say in a few words what to look for")]
    Empty,
    #[error("the query has {0} characters: keep it under {MAX_QUERY_CHARS}")]
    TooLong(usize),
}

impl Query {
    /// Trims the text and joins runs of whitespace.
    pub fn new(text: &str) -> Result<Self, QueryError> {
        let words: Vec<_> = text.split_whitespace().collect();
        let text = words.join(" ");
        match text.chars().count() {
            0 => Err(QueryError::Empty),
            n if n > MAX_QUERY_CHARS => Err(QueryError::TooLong(n)),
            _ => Ok(Self(text)),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_trimmed_and_nothing_is_refused_with_a_reason() {
        assert_eq!(
            Query::new("  a red\n kite ").unwrap().as_str(),
            "a red kite"
        );
        assert_eq!(Query::new(" \t"), Err(QueryError::Empty));
        assert_eq!(Query::new(&"é".repeat(501)), Err(QueryError::TooLong(501)));
    }
}
