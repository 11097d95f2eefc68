//! What a query finds in all videos, which of it is selected, and what was said about it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::app::session::labelling::Selection;
use crate::domain::{Grade, Labels};
use crate::store::ContentId;
use crate::worker::{FoundEverywhere, PlacedSpan, QueryId};

/// How a result is added to the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// This one too, or not this one any more.
    Toggle,
    /// All from the last one to this.
    Range,
}

/// One grade that can be taken back.
#[derive(Clone, Debug)]
struct Edit {
    video: PlacedSpan,
    before: Labels,
    after: Labels,
}

/// The results of one query from all videos.
#[derive(Debug)]
pub struct Wall {
    pub query: QueryId,
    found: Option<Arc<FoundEverywhere>>,
    is_searching: bool,
    picked: BTreeSet<usize>,
    /// The result that was gone to or picked last.
    current: Option<usize>,
    labels: HashMap<ContentId, Labels>,
    done: Vec<Edit>,
    undone: Vec<Edit>,
}

/// How many clips were graded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabelCounts {
    pub n_good: usize,
    pub n_bad: usize,
    pub n_videos: usize,
}

impl LabelCounts {
    pub fn of<'a>(videos: impl IntoIterator<Item = &'a Labels>) -> Self {
        let mut counts = Self::default();
        for labels in videos.into_iter().filter(|labels| !labels.is_empty()) {
            let n_good = labels.grades.values().filter(|it| it.is_relevant()).count();
            counts.n_good += n_good;
            counts.n_bad += labels.n_labels() - n_good;
            counts.n_videos += 1;
        }
        counts
    }

    pub fn n(self) -> usize {
        self.n_good + self.n_bad
    }
}

impl Wall {
    pub(super) fn new(query: QueryId) -> Self {
        Self {
            query,
            found: None,
            is_searching: true,
            picked: BTreeSet::new(),
            current: None,
            labels: HashMap::new(),
            done: Vec::new(),
            undone: Vec::new(),
        }
    }

    /// The last answer, if there is one yet.
    pub fn found(&self) -> Option<&FoundEverywhere> {
        self.found.as_deref()
    }

    /// Whether another answer will come.
    pub fn is_searching(&self) -> bool {
        self.is_searching
    }

    pub fn moments(&self) -> &[PlacedSpan] {
        self.found.as_ref().map_or(&[], |found| &found.moments)
    }

    pub fn is_picked(&self, at: usize) -> bool {
        self.picked.contains(&at)
    }

    pub fn n_picked(&self) -> usize {
        self.picked.len()
    }

    /// The selected results; without any, all.
    pub fn chosen(&self) -> impl Iterator<Item = &PlacedSpan> {
        let moments = self.moments().iter().enumerate();
        let is_chosen = |at: &usize| self.picked.is_empty() || self.picked.contains(at);
        moments
            .filter(move |(at, _)| is_chosen(at))
            .map(|(_, moment)| moment)
    }

    pub fn current(&self) -> Option<usize> {
        self.current
    }

    /// The grade that all clips of a span have, if they have one.
    pub fn common_grade(&self, span: &PlacedSpan) -> Option<Grade> {
        let labels = self.labels.get(&span.video)?;
        let mut clips = clips_of(span).clips();
        let first = labels.grade(clips.next()?)?;
        let is_same = clips.all(|clip| labels.grade(clip) == Some(first));
        is_same.then_some(first)
    }

    pub fn label_counts(&self) -> LabelCounts {
        LabelCounts::of(self.labels.values())
    }

    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// The same is asked again, or with another filter.
    pub(super) fn ask_again(&mut self) {
        self.is_searching = true;
    }

    pub(super) fn take(&mut self, found: Arc<FoundEverywhere>) {
        if self
            .found
            .as_ref()
            .is_none_or(|old| old.moments != found.moments)
        {
            self.picked.clear();
            self.current = None;
        }
        // Grades that were given meanwhile are on their way to the disk: they are newer.
        let edited: HashSet<_> = self.done.iter().map(|edit| &edit.video.video).collect();
        for (video, labels) in &found.labels {
            if !edited.contains(video) {
                self.labels.insert(video.clone(), labels.clone());
            }
        }
        self.found = Some(found);
        self.is_searching = false;
    }

    pub(super) fn stop_searching(&mut self) {
        self.is_searching = false;
    }

    pub(super) fn set_current(&mut self, at: Option<usize>) {
        self.current = at;
    }

    pub(super) fn pick(&mut self, at: usize, how: Pick) {
        match (how, self.current) {
            (Pick::Range, Some(from)) => self.picked.extend(from.min(at)..=from.max(at)),
            (Pick::Toggle, _) if self.picked.remove(&at) => {}
            _ => drop(self.picked.insert(at)),
        }
        self.current = Some(at);
    }

    pub(super) fn pick_all(&mut self) {
        self.picked = (0..self.moments().len()).collect();
    }

    /// Whether anything was selected.
    pub(super) fn pick_none(&mut self) -> bool {
        let was_picked = !self.picked.is_empty();
        self.picked.clear();
        was_picked
    }

    /// Gives the clips of a span a grade, or takes it back; what is to be saved then.
    pub(super) fn grade(&mut self, span: &PlacedSpan, grade: Option<Grade>) -> Option<Labels> {
        let before = self.labels.get(&span.video).cloned().unwrap_or_default();
        let mut after = before.clone();
        for clip in clips_of(span).clips() {
            after.set(clip, grade);
        }
        if after == before {
            return None;
        }
        self.labels.insert(span.video.clone(), after.clone());
        self.undone.clear();
        let video = span.clone();
        self.done.push(Edit {
            video,
            before,
            after: after.clone(),
        });
        Some(after)
    }

    /// Takes the last grades back: of which span, and the labels of its video.
    pub(super) fn undo(&mut self) -> Option<(PlacedSpan, Labels)> {
        let edit = self.done.pop()?;
        let labels = edit.before.clone();
        let video = edit.video.clone();
        self.undone.push(edit);
        self.labels.insert(video.video.clone(), labels.clone());
        Some((video, labels))
    }

    /// Gives again what was undone last.
    pub(super) fn redo(&mut self) -> Option<(PlacedSpan, Labels)> {
        let edit = self.undone.pop()?;
        let labels = edit.after.clone();
        let video = edit.video.clone();
        self.done.push(edit);
        self.labels.insert(video.video.clone(), labels.clone());
        Some((video, labels))
    }

    /// What was said about a video of the wall while it was open.
    pub(super) fn note_labels(&mut self, video: ContentId, labels: Labels) {
        // What was said here about it before cannot be taken back any more.
        self.done.retain(|edit| edit.video.video != video);
        self.undone.retain(|edit| edit.video.video != video);
        self.labels.insert(video, labels);
    }
}

fn clips_of(span: &PlacedSpan) -> Selection {
    Selection::between(span.span.start_secs, span.span.end_secs)
}
