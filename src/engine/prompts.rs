//! The user's prompts: which there are, which fit this model, and how a new one is kept.

use std::path::Path;

use crate::domain::Query;
use crate::engine::{Engine, EngineError};
use crate::learn::{Outcome, Verdict};
use crate::model::{HeldOutScores, Prompt, PromptError, PromptMetadata};
use crate::store::{PromptFileError, PromptFolder};

/// Ends the name of a prompt that was not found better than the plain words, so that a list shows it.
const KEPT_ASIDE: &str = ", kept aside";

/// Short enough for one line.
const MAX_NAME_CHARS: usize = 48;

/// One prompt of the user, without its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptEntry {
    pub name: String,
    /// `None` for a file that cannot be read.
    pub metadata: Option<PromptMetadata>,
    /// Why it cannot be used now, in a sentence.
    pub problem: Option<String>,
}

impl PromptEntry {
    /// The one query that it was taught on.
    pub fn query(&self) -> Option<&str> {
        self.metadata.as_ref()?.query.as_deref()
    }

    pub fn is_usable(&self) -> bool {
        self.problem.is_none()
    }

    /// Whether it should be used whenever `query` is asked: it was taught on this very query and found
    /// better on labels that it did not see.
    pub fn speaks_for(&self, query: &Query) -> bool {
        let is_better = |metadata: &PromptMetadata| match metadata.verdict {
            Some(verdict) => verdict == Verdict::Better,
            None => self.was_better(metadata),
        };
        self.is_usable()
            && self.query() == Some(query.key())
            && self.metadata.as_ref().is_some_and(is_better)
    }

    /// The same for a file that was written without a verdict.
    fn was_better(&self, metadata: &PromptMetadata) -> bool {
        let mean_ap = |scores: Option<HeldOutScores>| scores.map(|scores| scores.mean_ap);
        !self.name.contains(KEPT_ASIDE)
            && mean_ap(metadata.before)
                .zip(mean_ap(metadata.after))
                .is_some_and(|(before, after)| after >= before)
    }
}

impl Engine {
    /// All prompts in alphabetical order; what is wrong with one is in its entry.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn prompts(&self, folder: &PromptFolder) -> Result<Vec<PromptEntry>, EngineError> {
        let entry = |name: String| match decode(folder, &name) {
            Ok(prompt) => PromptEntry {
                name,
                problem: prompt
                    .check_model(self.encoder().id())
                    .err()
                    .map(|error| error.to_string()),
                metadata: Some(prompt.metadata),
            },
            Err(error) => PromptEntry {
                name,
                metadata: None,
                problem: Some(error.to_string()),
            },
        };
        Ok(folder.names()?.into_iter().map(entry).collect())
    }

    /// A prompt by name, made for this model.
    ///
    /// # Errors
    /// When there is no prompt of this name, it cannot be read, or it was made on another model.
    pub fn prompt(&self, folder: &PromptFolder, name: &str) -> Result<Prompt, EngineError> {
        let prompt = decode(folder, name)?;
        prompt.check_model(self.encoder().id())?;
        Ok(prompt)
    }

    /// A prompt in a file of its own, made for this model, with the name that the file gives it.
    ///
    /// # Errors
    /// When the file cannot be read, is not a prompt, or was made on another model.
    pub fn prompt_file(&self, path: &Path) -> Result<(String, Prompt), EngineError> {
        let prompt = read_prompt_file(path)?;
        prompt
            .check_model(self.encoder().id())
            .map_err(|cause| at(path, cause))?;
        let name = path.file_stem().unwrap_or(path.as_os_str());
        Ok((name.to_string_lossy().into_owned(), prompt))
    }

    /// Takes a copy of a prompt file into the folder and returns its name there.
    ///
    /// # Errors
    /// When the file cannot be read, is not a prompt, or was made on another model.
    pub fn import_prompt(&self, folder: &PromptFolder, file: &Path) -> Result<String, EngineError> {
        self.prompt_file(file)?;
        Ok(folder.import(file)?)
    }

    /// Keeps what training gave under a name made of its query, and returns the name.
    ///
    /// A prompt that was taught on the same query before is replaced. A prompt that was not found better
    /// than the plain words is put beside it under another name.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn keep_prompt(
        &self,
        folder: &PromptFolder,
        outcome: &Outcome,
    ) -> Result<String, EngineError> {
        let query = outcome.prompt.metadata.query.as_deref();
        // The whole query is in the file; its name is for a list.
        let wish: String = query
            .unwrap_or("many queries")
            .chars()
            .take(MAX_NAME_CHARS)
            .collect();
        let wish = match outcome.verdict {
            Verdict::Better => wish,
            Verdict::NotBetter | Verdict::Unchecked => format!("{wish}{KEPT_ASIDE}"),
        };
        let usual = PromptFolder::name_like(&wish);
        let is_same =
            decode(folder, &usual).is_ok_and(|known| known.metadata.query.as_deref() == query);
        let name = if is_same {
            usual
        } else {
            folder.free_name(&wish)?
        };
        folder.save(&name, &outcome.prompt.to_bytes()?)?;
        Ok(name)
    }
}

/// A prompt file, whatever model it is for.
///
/// # Errors
/// When the file cannot be read or is not a prompt.
pub fn read_prompt_file(path: &Path) -> Result<Prompt, EngineError> {
    Prompt::from_bytes(&PromptFolder::read_file(path)?).map_err(|cause| at(path, cause))
}

fn at(path: &Path, cause: PromptError) -> EngineError {
    EngineError::PromptAt {
        path: path.to_owned(),
        cause,
    }
}

fn decode(folder: &PromptFolder, name: &str) -> Result<Prompt, EngineError> {
    Ok(Prompt::from_bytes(&folder.read(name)?)?)
}

impl From<PromptFileError> for EngineError {
    fn from(error: PromptFileError) -> Self {
        Self::PromptFile(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::moment_head::HeadKind;
    use crate::model::{BaseModel, ModelId};

    fn entry(name: &str, verdict: Option<Verdict>) -> PromptEntry {
        let id = ModelId {
            name: "m".into(),
            hash: "0".into(),
        };
        let scores = HeldOutScores {
            hit1: 0.0,
            mean_ap: 50.0,
            shown: None,
        };
        let metadata = PromptMetadata {
            query: Some("a kite".into()),
            before: Some(scores),
            after: Some(scores),
            verdict,
            ..PromptMetadata::new(BaseModel::new(&id, 64), 4, HeadKind::Window)
        };
        PromptEntry {
            name: name.into(),
            metadata: Some(metadata),
            problem: None,
        }
    }

    #[test]
    fn a_prompt_kept_aside_stays_so_under_any_name() {
        let query = Query::new("a kite").unwrap();
        for (name, verdict, speaks) in [
            ("a kite", Some(Verdict::Better), true),
            ("renamed, kept aside", Some(Verdict::Better), true),
            ("a kite", Some(Verdict::NotBetter), false),
            ("a kite", Some(Verdict::Unchecked), false),
            ("a kite", None, true),
            ("a kite, kept aside", None, false),
        ] {
            let entry = entry(name, verdict);
            assert_eq!(entry.speaks_for(&query), speaks, "{name} {verdict:?}");
        }
        let other = Query::new("a dog").unwrap();
        assert!(!entry("a kite", Some(Verdict::Better)).speaks_for(&other));
    }
}
