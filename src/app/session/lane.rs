//! One query on the screen: its colour, its threshold, and what was found for it.

use crate::domain::{ClipIndex, Moment, MomentEdits, Query, SaliencyCurve, TimeSpan, Verdict};
use crate::find::Answer;
use crate::library::SpokenMoment;
use crate::worker::{Lesson, QueryId};

/// The latest answer to a query.
#[derive(Clone, Debug)]
pub struct LatestAnswer {
    pub result: Box<Answer>,
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
    /// On the curve's own scale of 0…1; `None` while the user leaves it to the curve.
    pub chosen_threshold: Option<f32>,
    pub answer: Option<LatestAnswer>,
    /// What the moments are.
    pub verdict: Option<Verdict>,
    /// At the threshold of this lane, best first; scores are calibrated saliency.
    pub moments: Vec<Moment>,
    /// Where it is said, best first.
    pub said: Vec<SpokenMoment>,
    /// What the user has changed of the moments.
    edits: MomentEdits,
    /// Why the query cannot be answered.
    pub error: Option<String>,
    /// The prompt that answers; `None` for the plain words.
    pub prompt: Option<String>,
    /// The prompt that answered before the plain words did again.
    pub last_prompt: Option<String>,
    /// The curve of the plain words, to compare with.
    pub plain: Option<SaliencyCurve>,
    /// The curve before another prompt was chosen, and how often that has happened.
    pub change: Option<(u64, SaliencyCurve)>,
    /// The result of the last teaching, or why there is none.
    pub lesson: Option<Result<Lesson, String>>,
    /// The clips of which the model is least sure.
    pub proposals: Vec<ClipIndex>,
}

impl Lane {
    pub(super) fn new(id: QueryId, query: Query, colour: usize) -> Self {
        Self {
            id,
            query,
            colour,
            chosen_threshold: None,
            verdict: None,
            answer: None,
            moments: Vec::new(),
            said: Vec::new(),
            edits: MomentEdits::default(),
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
        self.verdict = None;
        self.moments.clear();
        self.said.clear();
        self.edits = MomentEdits::default();
        self.error = None;
        self.plain = None;
        self.change = None;
        self.lesson = None;
        self.proposals.clear();
    }

    /// `is_own`: the curve of a detector is its own saliency.
    pub(super) fn take_answer(&mut self, mut answer: LatestAnswer, is_own: bool) {
        if self.prompt.is_none() {
            self.plain = Some(answer.result.saliency.clone());
        }
        answer.result.show_own_curve(is_own);
        self.answer = Some(answer);
        self.error = None;
        self.form_moments();
    }

    /// Another prompt answers from now on; its curve will follow.
    pub(super) fn use_prompt(&mut self, prompt: Option<String>) {
        if let Some(last) = std::mem::replace(&mut self.prompt, prompt) {
            self.last_prompt = Some(last);
        }
        self.chosen_threshold = None;
        self.note_change();
    }

    /// Shows a detector's own saliency as the curve, or the likeness of clips and words again.
    pub(super) fn show_own_curve(&mut self, is_own: bool) {
        self.note_change();
        if let Some(answer) = &mut self.answer {
            answer.result.show_own_curve(is_own);
        }
    }

    /// The curve will be another one.
    fn note_change(&mut self) {
        if let Some(answer) = &self.answer {
            let n_changes = self.change.as_ref().map_or(0, |(n, _)| *n);
            self.change = Some((n_changes + 1, answer.result.saliency.clone()));
        }
    }

    /// A prompt has another name from now on.
    pub(super) fn note_new_name(&mut self, name: &str, new_name: &str) {
        let lesson = self.lesson.as_mut().and_then(|lesson| lesson.as_mut().ok());
        let lesson = lesson.map(|lesson| &mut lesson.prompt);
        for known in [lesson, self.last_prompt.as_mut()].into_iter().flatten() {
            if known == name {
                new_name.clone_into(known);
            }
        }
    }

    pub(super) fn set_threshold(&mut self, threshold: Option<f32>) {
        self.chosen_threshold = threshold.map(|threshold| threshold.clamp(0.0, 1.0));
        self.form_moments();
    }

    fn form_moments(&mut self) {
        if let Some(answer) = &self.answer {
            let found = answer.result.found(self.chosen_threshold);
            self.verdict = Some(found.verdict);
            let score = |span: TimeSpan| greatest_inside(&answer.result.saliency, span);
            self.moments = self.edits.apply(found.moments, score);
        }
    }

    /// Whether exports have this moment.
    pub fn is_ticked(&self, span: TimeSpan) -> bool {
        self.edits.is_ticked(span)
    }

    /// Whether it was added by hand.
    pub fn is_added(&self, span: TimeSpan) -> bool {
        self.edits.is_added(span)
    }

    pub(super) fn edits(&self) -> &MomentEdits {
        &self.edits
    }

    pub(super) fn use_edits(&mut self, edits: MomentEdits) {
        self.edits = edits;
        self.form_moments();
    }

    /// Where the video ends, as far as that was known when it was answered.
    pub(super) fn end_secs(&self) -> f64 {
        self.answer
            .as_ref()
            .map_or(0.0, |answer| answer.result.end_secs)
    }

    /// On the curve's own scale of 0…1.
    pub fn threshold(&self) -> Option<f32> {
        let usual = || Some(self.answer.as_ref()?.result.usual_threshold());
        self.chosen_threshold.or_else(usual)
    }

    /// `None` while nothing is known; `Some(false)` when even the best clip is no better than chance.
    pub fn is_probably_present(&self) -> Option<bool> {
        Some(self.answer.as_ref()?.result.is_probable())
    }

    /// Where the threshold lies on the scale of calibrated saliency and of probabilities.
    pub fn threshold_level(&self) -> Option<f32> {
        Some(self.answer.as_ref()?.result.level_of(self.threshold()?))
    }

    /// The inverse of [`Lane::threshold_level`]; `None` for a flat curve.
    pub fn threshold_at(&self, level: f32) -> Option<f32> {
        self.answer.as_ref()?.result.threshold_at(level)
    }

    /// Calibrated saliency of the clip at a time.
    pub fn saliency_at(&self, time_secs: f64) -> Option<f32> {
        self.answer.as_ref()?.result.saliency_at(time_secs)
    }

    /// The clip that answers best.
    pub fn highlight_span(&self) -> Option<TimeSpan> {
        Some(self.answer.as_ref()?.result.highlight.clip.span())
    }
}

/// Of the clips that a span touches.
fn greatest_inside(saliency: &SaliencyCurve, span: TimeSpan) -> f32 {
    let values = saliency.values();
    let first = ClipIndex::at(span.start_secs).0.min(values.len());
    let end = (ClipIndex::at((span.end_secs - 1e-6).max(span.start_secs)).0 + 1).min(values.len());
    values[first..end].iter().copied().fold(0.0, f32::max)
}

/// A calibrated saliency as people read it.
pub fn percent(saliency: f32) -> String {
    format!("{:.0} %", 100.0 * saliency.clamp(0.0, 1.0))
}
