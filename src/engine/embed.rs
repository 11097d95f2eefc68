//! From a query to the unit vector that clips are compared with.

use std::num::NonZeroUsize;

use lru::LruCache;

use crate::domain::{Query, UnitVector, beginning};
use crate::engine::language::{Languages, is_hardly_read};
use crate::engine::{Engine, EngineError, Notice};
use crate::find::Way;
use crate::model::Prompt;

/// How many query embeddings are kept: a long evening of queries.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// So much of a long query is repeated in a notice.
const QUOTED_CHARS: usize = 24;

/// The directions of the queries used last. A prompt is told apart by its context vectors: nothing
/// else of it changes the embedding.
pub(super) struct QueryEmbeddings(LruCache<(Option<blake3::Hash>, Query), UnitVector>);

impl Default for QueryEmbeddings {
    fn default() -> Self {
        Self(LruCache::new(MAX_KEPT))
    }
}

impl Engine {
    /// The direction of a query of words, with the context of a prompt if it is answered by one;
    /// remembered.
    ///
    /// # Errors
    /// [`EngineError::Prompt`] for a prompt of another model; [`EngineError::Model`] when the query
    /// cannot be encoded; [`EngineError::OnlyWordsAreTaught`] for a query that is not one of words.
    pub fn embed_query(&mut self, query: &Query, way: &Way) -> Result<UnitVector, EngineError> {
        if let Some(prompt) = way.prompt() {
            prompt.check_model(self.encoder.id())?;
        }
        let key = (way.prompt().map(context_hash), query.clone());
        if let Some(known) = self.texts.0.get(&key) {
            return Ok(known.clone());
        }
        let words = query.words().ok_or(EngineError::OnlyWordsAreTaught)?;
        let embedding = self.embed_words(words, way)?;
        self.texts.0.put(key, embedding.clone());
        Ok(embedding)
    }

    fn embed_words(&mut self, words: &str, way: &Way) -> Result<UnitVector, EngineError> {
        // Text under a prompt is laid out by the prompt itself, not by the tokenizer's own rule, and
        // its context was learned on these very words.
        if way.prompt().is_none() {
            self.notice_odd_words(words)?;
        }
        Ok(self.embed_texts(&[words], way)?.swap_remove(0))
    }

    /// Notes where the model reads only the beginning of a text, or hardly reads its language.
    pub(super) fn notice_odd_words(&mut self, words: &str) -> Result<(), EngineError> {
        let pieces = self.encoder.tokenize(words, 0)?.word_pieces();
        if pieces.n_in_all > pieces.n_read {
            self.notices.push(Notice::QueryCut {
                beginning: words.chars().take(QUOTED_CHARS).collect(),
                n_read: pieces.n_read,
                n_pieces: pieces.n_in_all,
            });
        }
        let languages = self.languages()?;
        if is_hardly_read(words, pieces.n_in_all, languages) {
            self.notices.push(Notice::OtherLanguage {
                beginning: beginning(words, QUOTED_CHARS),
                read: languages.name(),
            });
        }
        Ok(())
    }

    /// What the model's tokenizer has words for.
    pub(super) fn languages(&mut self) -> Result<Languages, EngineError> {
        let known = match self.languages {
            Some(known) => known,
            None => Languages::of(|text| {
                Ok::<_, EngineError>(self.encoder.tokenize(text, 0)?.word_pieces().n_in_all)
            })?,
        };
        Ok(*self.languages.insert(known))
    }

    /// One direction for each of the texts, in one call of the text tower; not remembered.
    ///
    /// # Errors
    /// As [`Engine::embed_query`].
    pub(super) fn embed_texts(
        &mut self,
        texts: &[&str],
        way: &Way,
    ) -> Result<Vec<UnitVector>, EngineError> {
        match way {
            Way::Plain(_) => self.on_any_device(|encoder| encoder.embed_texts(texts)),
            Way::Taught(prompt) => {
                prompt.check_model(self.encoder.id())?;
                self.on_any_device(|encoder| prompt.embed_texts(encoder, texts))
            }
        }
    }
}

fn context_hash(prompt: &Prompt) -> blake3::Hash {
    blake3::hash(bytemuck::cast_slice(&prompt.context))
}
