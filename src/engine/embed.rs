//! From a query to the unit vector that clips are compared with.

use std::num::NonZeroUsize;

use lru::LruCache;

use crate::domain::{Query, QueryKind, l2_normalise};
use crate::engine::{Engine, EngineError, Notice};
use crate::find::Way;
use crate::model::Prompt;

/// How many query embeddings are kept: a long evening of queries.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// So much of a long query is repeated in a notice.
const QUOTED_CHARS: usize = 24;

/// Unit embeddings of the queries used last. A prompt is told apart by its context vectors: nothing
/// else of it changes the embedding.
pub(super) struct QueryEmbeddings(LruCache<(Option<blake3::Hash>, Query), Vec<f32>>);

impl Default for QueryEmbeddings {
    fn default() -> Self {
        Self(LruCache::new(MAX_KEPT))
    }
}

impl Engine {
    /// Unit embedding `[dim]` of a query, with the context of a prompt if it is answered by one;
    /// remembered.
    ///
    /// # Errors
    /// [`EngineError::Prompt`] for a prompt of another model; [`EngineError::Model`] when the query
    /// cannot be encoded.
    pub fn embed_query(&mut self, query: &Query, way: &Way) -> Result<Vec<f32>, EngineError> {
        if let Some(prompt) = way.prompt() {
            prompt.check_model(self.encoder.id())?;
        }
        let key = (way.prompt().map(context_hash), query.clone());
        if let Some(known) = self.texts.0.get(&key) {
            return Ok(known.clone());
        }
        let embedding = match query.kind() {
            QueryKind::Words(words) => self.embed_words(words, way)?,
        };
        self.texts.0.put(key, embedding.clone());
        Ok(embedding)
    }

    fn embed_words(&mut self, words: &str, way: &Way) -> Result<Vec<f32>, EngineError> {
        // Text under a prompt is laid out by the prompt itself, not by the tokenizer's own rule.
        if way.prompt().is_none() {
            self.notice_long_words(words)?;
        }
        Ok(self.embed_texts(&[words], way)?.concat())
    }

    fn notice_long_words(&mut self, words: &str) -> Result<(), EngineError> {
        let n_read = self.encoder.clip().text_model().n_positions();
        let n_tokens = self.encoder.tokenizer().n_tokens(words)?;
        if n_tokens > n_read {
            // Both ends of a text are tokens too.
            self.notices.push(Notice::QueryCut {
                beginning: words.chars().take(QUOTED_CHARS).collect(),
                n_read: n_read - 2,
                n_pieces: n_tokens - 2,
            });
        }
        Ok(())
    }

    /// Unit embeddings, each `[dim]`, of texts in one call of the text tower; not remembered.
    ///
    /// # Errors
    /// As [`Engine::embed_query`].
    pub(super) fn embed_texts(
        &mut self,
        texts: &[&str],
        way: &Way,
    ) -> Result<Vec<Vec<f32>>, EngineError> {
        let dim = self.encoder.dim();
        let rows = match way {
            Way::Plain(_) => {
                let mut rows = self.encode_texts(texts)?;
                rows.chunks_exact_mut(dim).for_each(l2_normalise);
                rows
            }
            Way::Taught(prompt) => {
                prompt.check_model(self.encoder.id())?;
                self.on_any_device(|encoder| Ok(prompt.text_embeddings(encoder, texts)?.concat()))?
            }
        };
        Ok(rows.chunks_exact(dim).map(<[f32]>::to_vec).collect())
    }
}

fn context_hash(prompt: &Prompt) -> blake3::Hash {
    blake3::hash(bytemuck::cast_slice(&prompt.context))
}
