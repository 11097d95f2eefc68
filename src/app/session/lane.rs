//! One query: its words, its colour, and what was found for it.

use crate::domain::{
    ClipIndex, Moment, Query, SaliencyCurve, TimeSpan, ZERO_SHOT_THRESHOLD, moments_of,
};
use crate::engine::{PROBABLY_PRESENT, SearchResult};
use crate::worker::{Lesson, QueryId};

/// What the worker last said about a query.
#[derive(Clone, Debug)]
pub struct Answer {
    pub result: Box<SearchResult>,
    /// Clips with exact scores, from the first; later ones are rough.
    pub n_clips_done: usize,
    /// No better answer will come.
    pub is_final: bool,
}

/// A query on the timeline.
#[derive(Clone, Debug)]
pub struct Lane {
    pub id: QueryId,
    pub query: Query,
    /// Index into the palette of query colours.
    pub colour: usize,
    /// On the curve's own scale of 0…1.
    pub threshold: f32,
    /// The threshold before the user moved it.
    pub usual_threshold: f32,
    pub answer: Option<Answer>,
    /// At the threshold of this lane, best first; scores are calibrated saliency.
    pub moments: Vec<Moment>,
    /// Why the query cannot be answered.
    pub error: Option<String>,
    /// The prompt that answers; `None` for the plain words.
    pub prompt: Option<String>,
    /// The prompt that answered before the plain words did again.
    pub last_prompt: Option<String>,
    /// What the plain words answered, to compare with.
    pub plain: Option<SaliencyCurve>,
    /// The curve before another prompt was chosen, and how often that has happened.
    pub change: Option<(u64, SaliencyCurve)>,
    /// What came of the last teaching, or why nothing did.
    pub lesson: Option<Result<Lesson, String>>,
    /// The clips that the model is least sure of.
    pub proposals: Vec<ClipIndex>,
}

impl Lane {
    pub(super) fn new(id: QueryId, query: Query, colour: usize) -> Self {
        Self {
            id,
            query,
            colour,
            threshold: ZERO_SHOT_THRESHOLD,
            usual_threshold: ZERO_SHOT_THRESHOLD,
            answer: None,
            moments: Vec::new(),
            error: None,
            prompt: None,
            last_prompt: None,
            plain: None,
            change: None,
            lesson: None,
            proposals: Vec::new(),
        }
    }

    pub(super) fn forget_answer(&mut self) {
        self.answer = None;
        self.moments.clear();
        self.error = None;
        self.plain = None;
        self.change = None;
        self.lesson = None;
        self.proposals.clear();
    }

    pub(super) fn take_answer(&mut self, answer: Answer, duration_secs: f64) {
        if self.prompt.is_none() {
            self.plain = Some(answer.result.saliency.clone());
        }
        self.answer = Some(answer);
        self.error = None;
        self.form_moments(duration_secs);
    }

    /// Another prompt answers from now on; its curve is on the way.
    pub(super) fn use_prompt(&mut self, prompt: Option<String>, threshold: f32) {
        if let Some(last) = std::mem::replace(&mut self.prompt, prompt) {
            self.last_prompt = Some(last);
        }
        self.threshold = threshold;
        self.usual_threshold = threshold;
        if let Some(answer) = &self.answer {
            let n_changes = self.change.as_ref().map_or(0, |(n, _)| *n);
            self.change = Some((n_changes + 1, answer.result.saliency.clone()));
        }
    }

    /// A prompt is called otherwise from now on.
    pub(super) fn note_new_name(&mut self, name: &str, new_name: &str) {
        let lesson = self.lesson.as_mut().and_then(|lesson| lesson.as_mut().ok());
        let lesson = lesson.map(|lesson| &mut lesson.prompt);
        for known in [lesson, self.last_prompt.as_mut()].into_iter().flatten() {
            if known == name {
                new_name.clone_into(known);
            }
        }
    }

    pub(super) fn set_threshold(&mut self, threshold: f32, duration_secs: f64) {
        self.threshold = threshold.clamp(0.0, 1.0);
        self.form_moments(duration_secs);
    }

    fn form_moments(&mut self, duration_secs: f64) {
        if let Some(Answer { result, .. }) = &self.answer {
            self.moments = moments_of(
                &result.shape,
                &result.saliency,
                self.threshold,
                duration_secs,
            );
        }
    }

    /// Moments that are worth a look, and how many follow that are hardly better than chance.
    pub fn strong_moments(&self) -> (&[Moment], usize) {
        const WEAK_PART: f32 = 0.2;
        if self.threshold < self.usual_threshold {
            return (&self.moments, 0); // They were asked for.
        }
        let best = self.moments.first().map_or(0.0, |moment| moment.score);
        let least = (WEAK_PART * best).max(0.0);
        let n_strong = self
            .moments
            .iter()
            .take_while(|moment| moment.score > least);
        let n_strong = n_strong.count().max(self.moments.len().min(1));
        let (strong, weak) = self.moments.split_at(n_strong);
        (strong, weak.len())
    }

    /// `None` while nothing is known; `Some(false)` when even the best clip is no better than chance.
    pub fn is_probably_present(&self) -> Option<bool> {
        let answer = self.answer.as_ref()?;
        Some(answer.result.present >= PROBABLY_PRESENT)
    }

    /// A trained head's probability of each clip, `[n_clips]`: then the threshold is compared with
    /// it rather than with the saliency.
    pub fn probabilities(&self) -> Option<&SaliencyCurve> {
        let result = &self.answer.as_ref()?.result;
        result.has_head.then_some(&result.shape)
    }

    /// Where the threshold lies on the scale of calibrated saliency and of probabilities.
    pub fn threshold_level(&self) -> Option<f32> {
        let (low, high) = self.shape_range()?;
        Some(low + self.threshold * (high - low))
    }

    /// The inverse of [`Lane::threshold_level`]; `None` for a flat curve.
    pub fn threshold_at(&self, level: f32) -> Option<f32> {
        let (low, high) = self.shape_range()?;
        (high > low).then(|| ((level - low) / (high - low)).clamp(0.0, 1.0))
    }

    /// What 0 and 1 of the shape are on that scale.
    fn shape_range(&self) -> Option<(f32, f32)> {
        match self.probabilities() {
            Some(_) => Some((0.0, 1.0)),
            None => self.saliency_range(),
        }
    }

    /// Least and greatest calibrated saliency.
    pub fn saliency_range(&self) -> Option<(f32, f32)> {
        let values = self.answer.as_ref()?.result.saliency.values();
        let low = values.iter().copied().reduce(f32::min)?;
        let high = values.iter().copied().reduce(f32::max)?;
        Some((low, high))
    }

    /// Calibrated saliency of the clip at a time.
    pub fn saliency_at(&self, time_secs: f64) -> Option<f32> {
        let values = self.answer.as_ref()?.result.saliency.values();
        values.get(ClipIndex::at(time_secs).0).copied()
    }

    /// The clip that answers best.
    pub fn highlight_span(&self) -> Option<TimeSpan> {
        Some(self.answer.as_ref()?.result.highlight.clip.span())
    }
}

/// A calibrated saliency as people read it.
pub fn percent(saliency: f32) -> String {
    format!("{:.0} %", 100.0 * saliency.clamp(0.0, 1.0))
}
