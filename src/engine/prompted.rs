//! Searching with a taught prompt instead of the plain words.

use std::collections::HashMap;

use crate::domain::{Embeddings, Highlight, Query, UnitVector, moments_of};
use crate::engine::search::distinct_highlights;
use crate::engine::{Engine, EngineError, SearchOptions, SearchResult, VideoIndex};
use crate::model::Prompt;

/// As many as there can be queries on one timeline.
const MAX_KEPT_PROMPTS: usize = 8;

/// Unit embeddings of queries under the prompts used last, the latest at the end.
#[derive(Default)]
pub(super) struct PromptedTexts(Vec<(Prompt, HashMap<Query, UnitVector>)>);

impl PromptedTexts {
    fn of(&mut self, prompt: &Prompt) -> &mut HashMap<Query, UnitVector> {
        let known = self.0.iter().position(|(kept, _)| kept == prompt);
        let latest = match known {
            Some(at) => self.0.remove(at),
            None => (prompt.clone(), HashMap::new()),
        };
        if self.0.len() >= MAX_KEPT_PROMPTS {
            self.0.remove(0);
        }
        &mut self.0.push_mut(latest).1
    }
}

impl Engine {
    /// The direction of a query with the prompt's context; remembered.
    ///
    /// # Errors
    /// [`EngineError::Prompt`] for a prompt of another model; [`EngineError::Model`] as for
    /// [`Engine::embed_query`].
    fn embed_query_with(
        &mut self,
        prompt: &Prompt,
        query: &Query,
    ) -> Result<UnitVector, EngineError> {
        if let Some(known) = self.prompted.of(prompt).get(query) {
            return Ok(known.clone());
        }
        prompt.check_model(self.encoder.id())?;
        let embedding =
            self.on_any_device(|encoder| prompt.embed_texts(encoder, &[query.as_str()]))?;
        let kept = self.prompted.of(prompt);
        kept.insert(query.clone(), embedding[0].clone());
        Ok(embedding[0].clone())
    }

    /// As [`Engine::search`], with a prompt's context, calibration and moment head.
    ///
    /// The threshold of `options` is compared with the head's probabilities where the prompt has a
    /// head: [`SearchOptions::for_prompt`] gives the one it was trained for.
    ///
    /// # Errors
    /// [`EngineError::Prompt`] for a prompt of another model, and those of [`Engine::search`].
    pub fn search_with(
        &mut self,
        index: &VideoIndex,
        query: &Query,
        prompt: &Prompt,
        options: SearchOptions,
    ) -> Result<SearchResult, EngineError> {
        let text = self.embed_query_with(prompt, query)?;
        result_of(
            &index.embeddings(),
            &text,
            query,
            prompt,
            options,
            index.duration_secs(),
        )
    }
}

fn result_of(
    embeddings: &Embeddings,
    text: &UnitVector,
    query: &Query,
    prompt: &Prompt,
    options: SearchOptions,
    end_secs: f64,
) -> Result<SearchResult, EngineError> {
    let cosines = embeddings.cosines(text);
    let saliency = prompt.calibrate(&cosines);
    let highlights = distinct_highlights(&saliency, options.n_highlights.max(1));
    let highlight: Highlight = *highlights.first().ok_or(EngineError::NotIndexed)?;
    let (shape, _) = prompt.probabilities(&cosines);
    Ok(SearchResult {
        query: query.clone(),
        // Labels taught what 0 and 1 mean.
        present: highlight.score.clamp(0.0, 1.0),
        moments: moments_of(&shape, &saliency, options.threshold, end_secs),
        has_head: prompt.head.is_some(),
        cosines,
        saliency,
        shape,
        highlight,
        highlights,
    })
}

impl SearchOptions {
    /// With the threshold that this prompt's moments are meant for.
    #[must_use]
    pub fn for_prompt(self, prompt: &Prompt) -> Self {
        Self {
            threshold: prompt.threshold(),
            ..self
        }
    }
}
