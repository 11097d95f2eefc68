//! What is looked for: words, pictures, and how they are joined.

use std::path::{Path, PathBuf};

use super::values::{self, parse_query};
use crate::domain::{Join, Query, USUAL_WITHIN_SECS};
use crate::engine::{PictureError, picture_query};

#[derive(Debug, clap::Args)]
pub struct AskedArgs {
    /// What to look for; what comes after a minus must not be there: "a beach -people"
    #[arg(required_unless_present = "images", value_name = "QUERY", value_parser = parse_query)]
    queries: Vec<Query>,

    /// Look for what this JPEG or PNG file shows; can be given several times
    #[arg(long = "image", value_name = "FILE", value_parser = values::path())]
    images: Vec<PathBuf>,

    /// Together with this in one moment; can be given several times
    #[arg(long, value_name = "QUERY", value_parser = parse_query)]
    and: Vec<Query>,

    /// And this after it; can be given several times, in the order in which it happens
    #[arg(long, value_name = "QUERY", value_parser = parse_query)]
    then: Vec<Query>,

    /// How many seconds after it at most; else 30
    #[arg(long, value_name = "SECS", requires = "then", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    within: Option<u32>,
}

impl AskedArgs {
    /// What the parser cannot check.
    pub fn check(&self) -> Result<(), String> {
        let is_joined = !(self.and.is_empty() && self.then.is_empty());
        if is_joined && self.queries.len() + self.images.len() != 1 {
            return Err(
                "--and and --then go with one QUERY, or with one --image: which of several would \
                 they be joined to?"
                    .to_owned(),
            );
        }
        match self.joined_to(Query::new("x").map_err(|error| error.to_string())?) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// In order, words before pictures; what is joined is one.
    ///
    /// # Errors
    /// Where a picture cannot be read.
    pub fn queries(&self) -> anyhow::Result<Vec<Query>> {
        let pictures = self.images.iter().map(|path| picture_query(path));
        let pictures = pictures.collect::<Result<Vec<_>, PictureError>>()?;
        let asked = self.queries.iter().cloned().chain(pictures);
        asked.map(|query| Ok(self.joined_to(query)?)).collect()
    }

    /// The files that are read.
    pub fn pictures(&self) -> Vec<&Path> {
        self.images.iter().map(PathBuf::as_path).collect()
    }

    fn joined_to(&self, query: Query) -> Result<Query, crate::domain::QueryError> {
        let then = Join::Then {
            within_secs: self.within.unwrap_or(USUAL_WITHIN_SECS),
        };
        let and = self.and.iter().map(|other| (Join::And, other));
        let then = self.then.iter().map(|other| (then, other));
        and.chain(then).try_fold(query, |query, (join, other)| {
            Query::joined(query, join, other.clone())
        })
    }
}
