//! What the user says about clips: grades, a selection to give them to, undo and redo.

use crate::app::session::{Session, capitalised};
use crate::domain::{
    ClipIndex, Grade, Labels, Query, TimeSpan, count, format_timestamp, n_clips, verb,
};
use crate::store::ContentId;
use crate::worker::LabelsToSave;

/// The clips `first..=last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    pub first: ClipIndex,
    pub last: ClipIndex,
}

impl Selection {
    pub fn one(clip: ClipIndex) -> Self {
        Self {
            first: clip,
            last: clip,
        }
    }

    /// Every clip that lies at least partly between two times.
    pub fn between(a_secs: f64, b_secs: f64) -> Self {
        let [first, last] = [a_secs.min(b_secs), a_secs.max(b_secs)].map(ClipIndex::at);
        // A span that ends where a clip begins does not touch it.
        let is_bare = last > first && last.start_secs() >= a_secs.max(b_secs);
        Self {
            first,
            last: ClipIndex(last.0 - usize::from(is_bare)),
        }
    }

    pub fn span(self) -> TimeSpan {
        TimeSpan::of_clips(self.first, self.last)
    }

    pub fn clips(self) -> impl Iterator<Item = ClipIndex> {
        (self.first.0..=self.last.0).map(ClipIndex)
    }

    pub fn n_clips(self) -> usize {
        self.last.0 + 1 - self.first.0
    }
}

/// What a grade answers to "does it happen here?".
pub fn grade_word(grade: Grade) -> &'static str {
    match grade {
        Grade::VeryBad => "no",
        Grade::Bad => "hardly",
        Grade::Fair => "partly",
        Grade::Good => "yes",
        Grade::VeryGood => "exactly",
    }
}

/// Clips that were just graded, or whose grades were just taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Graded {
    /// Counts them: the same clips may be graded twice.
    pub n: u64,
    pub query: Query,
    pub clips: Vec<ClipIndex>,
}

/// Everything that was said about one video, and what is needed to undo it.
#[derive(Clone, Debug, Default)]
pub struct LabelBook {
    /// `None` until the worker has sent the labels from earlier.
    content: Option<ContentId>,
    pages: Vec<(Query, Labels)>,
    done: Vec<Edit>,
    undone: Vec<Edit>,
}

#[derive(Clone, Debug, PartialEq)]
struct Edit {
    query: Query,
    before: Labels,
    after: Labels,
}

impl Edit {
    /// The clips whose grade is another.
    fn clips(&self) -> Vec<ClipIndex> {
        let both = self.before.grades.keys().chain(self.after.grades.keys());
        let mut clips: Vec<_> = both
            .copied()
            .filter(|clip| self.before.grade(*clip) != self.after.grade(*clip))
            .collect();
        clips.sort_unstable();
        clips.dedup();
        clips
    }

    /// `2 clips of “a kite” at 0:04.0 – 0:08.0 are “no” again`, where `now` are its labels.
    fn in_words(&self, now: &Labels) -> String {
        let clips = self.clips();
        let (Some(&first), Some(&last)) = (clips.first(), clips.last()) else {
            return format!("nothing of “{}”", self.query);
        };
        let span = TimeSpan::of_clips(first, last);
        let grade = now.grade(first);
        let state = match grade {
            _ if clips.iter().any(|clip| now.grade(*clip) != grade) => "as before".to_owned(),
            Some(grade) => format!("“{}” again", grade_word(grade)),
            None => "without a grade".to_owned(),
        };
        let (are, at) = (verb(clips.len(), "is", "are"), span.start_secs);
        format!(
            "{} of “{}” at {} – {} {are} {state}",
            count(clips.len(), "clip"),
            self.query,
            format_timestamp(at),
            format_timestamp(span.end_secs),
        )
    }
}

impl LabelBook {
    pub(super) fn open(&mut self, content: ContentId, pages: Vec<(Query, Labels)>) {
        // After a change of model the labels of the same video come again, and they are here already.
        if self.content.as_ref() != Some(&content) {
            *self = Self {
                content: Some(content),
                pages,
                ..Self::default()
            };
        }
    }

    /// Which video this is about, once that is known.
    pub fn content(&self) -> Option<&ContentId> {
        self.content.as_ref()
    }

    /// Whether labels can be added.
    pub fn is_open(&self) -> bool {
        self.content.is_some()
    }

    pub fn of(&self, query: &Query) -> Option<&Labels> {
        let page = self.pages.iter().find(|(known, _)| known == query);
        page.map(|(_, labels)| labels)
            .filter(|labels| !labels.is_empty())
    }

    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    fn set(&mut self, query: &Query, labels: Labels) {
        match self.pages.iter_mut().find(|(known, _)| known == query) {
            Some((_, page)) => *page = labels,
            None => self.pages.push((query.clone(), labels)),
        }
    }

    /// Whether anything changed.
    fn grade(
        &mut self,
        query: &Query,
        clips: impl Iterator<Item = ClipIndex>,
        grade: Option<Grade>,
    ) -> bool {
        let before = self.of(query).cloned().unwrap_or_default();
        let mut after = before.clone();
        for clip in clips {
            after.set(clip, grade);
        }
        if after == before {
            return false;
        }
        self.set(query, after.clone());
        self.undone.clear();
        self.done.push(Edit {
            query: query.clone(),
            before,
            after,
        });
        true
    }

    fn undo(&mut self) -> Option<Edit> {
        let edit = self.done.pop()?;
        self.set(&edit.query, edit.before.clone());
        self.undone.push(edit.clone());
        Some(edit)
    }

    fn redo(&mut self) -> Option<Edit> {
        let edit = self.undone.pop()?;
        self.set(&edit.query, edit.after.clone());
        self.done.push(edit.clone());
        Some(edit)
    }
}

impl Session {
    /// The labels of the selected query on the open video.
    pub fn selected_labels(&self) -> Option<&Labels> {
        self.video.as_ref()?.labels.of(&self.selected_lane()?.query)
    }

    /// The grade that the selected query has on all these clips, if they have one.
    pub fn common_grade(&self, target: Selection) -> Option<Grade> {
        let labels = self.selected_labels()?;
        let first = labels.grade(target.first)?;
        let is_same = target.clips().all(|clip| labels.grade(clip) == Some(first));
        is_same.then_some(first)
    }

    /// The clips that a grade is for if none are named: the selection, else the clip under the playhead.
    pub fn grading_target(&self) -> Option<Selection> {
        let n_clips = n_clips(self.video.as_ref()?.duration_secs);
        let here = Selection::one(ClipIndex::at(self.playback.position_secs));
        let wanted = self.selection.unwrap_or(here);
        let last = ClipIndex(n_clips - 1);
        Some(Selection {
            first: wanted.first.min(last),
            last: wanted.last.min(last),
        })
    }

    /// Grades clips for the selected query; `None` takes grades back. The result is to be saved.
    pub fn grade(
        &mut self,
        target: Option<Selection>,
        grade: Option<Grade>,
    ) -> Option<LabelsToSave> {
        let is_selected = target.is_none();
        let target = target.or_else(|| self.grading_target())?;
        let query = self.selected_lane()?.query.clone();
        let book = &mut self.video.as_mut()?.labels;
        if !book.is_open() {
            return None;
        }
        let is_new = book.grade(&query, target.clips(), grade);
        if let Some(open) = self.video.as_mut().filter(|_| is_new) {
            open.moments.note_labels();
        }
        if is_selected {
            // Or the next grade, given somewhere else, would change these clips unseen.
            self.selection = None;
        }
        self.outline(&query, target.clips().collect());
        is_new.then(|| self.labels_changed(&query)).flatten()
    }

    /// Takes the last grades back. The result is to be saved.
    pub fn undo_label(&mut self) -> Option<LabelsToSave> {
        let edit = self.video.as_mut()?.labels.undo()?;
        self.say_what_changed("undone", &edit, &edit.before);
        self.labels_changed(&edit.query)
    }

    /// Gives the grades again that were undone last. The result is to be saved.
    pub fn redo_label(&mut self) -> Option<LabelsToSave> {
        let edit = self.video.as_mut()?.labels.redo()?;
        self.say_what_changed("redone", &edit, &edit.after);
        self.labels_changed(&edit.query)
    }

    fn say_what_changed(&mut self, verb: &str, edit: &Edit, now: &Labels) {
        self.outline(&edit.query, edit.clips());
        if let Some(last) = self.undone.take() {
            self.notices.dismiss(last);
        }
        self.notices
            .info(format!("{}: {}", capitalised(verb), edit.in_words(now)));
        self.undone = self.notices.newest();
    }

    fn outline(&mut self, query: &Query, clips: Vec<ClipIndex>) {
        let n = self.graded.as_ref().map_or(0, |graded| graded.n + 1);
        let query = query.clone();
        self.graded = Some(Graded { n, query, clips });
    }

    fn labels_changed(&mut self, query: &Query) -> Option<LabelsToSave> {
        if let Some(lane) = self.lanes.iter().find(|lane| lane.query == *query) {
            // So that an undo for another query can be seen.
            let id = lane.id;
            self.selected = Some(id);
            self.propose(id);
        }
        let video = self.video.as_ref()?;
        let wall = self.shelf.wall.as_mut();
        let is_about = |id| {
            self.lanes
                .iter()
                .any(|lane| lane.id == id && lane.query == *query)
        };
        if let (Some(wall), Some(content)) = (
            wall.filter(|wall| is_about(wall.query)),
            video.labels.content(),
        ) {
            let labels = video.labels.of(query).cloned().unwrap_or_default();
            wall.note_labels(content.clone(), labels);
        }
        let stem = video.path.file_stem().unwrap_or_default();
        Some(LabelsToSave {
            video: video.labels.content.clone()?,
            video_name: stem.to_string_lossy().into_owned(),
            duration_secs: video.duration_secs,
            query: query.clone(),
            labels: video.labels.of(query).cloned().unwrap_or_default(),
        })
    }

    /// The selection begins with the clip under the playhead.
    pub fn mark_in(&mut self) {
        let clip = ClipIndex::at(self.playback.position_secs);
        let last = self.selection.map_or(clip, |selection| selection.last);
        self.selection = Some(Selection {
            first: clip,
            last: last.max(clip),
        });
    }

    /// The selection ends with the clip under the playhead.
    pub fn mark_out(&mut self) {
        let clip = ClipIndex::at(self.playback.position_secs);
        let first = self.selection.map_or(clip, |selection| selection.first);
        self.selection = Some(Selection {
            first: first.min(clip),
            last: clip,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::new(text).unwrap()
    }

    fn book() -> LabelBook {
        let mut book = LabelBook::default();
        let content = ContentId::parse("0123456789abcdef0123456789abcdef").unwrap();
        book.open(content, Vec::new());
        book
    }

    #[test]
    fn a_span_selects_the_clips_that_it_touches() {
        let clips = |a, b| {
            let selection = Selection::between(a, b);
            (selection.first.0, selection.last.0)
        };
        assert_eq!(clips(3.0, 9.0), (1, 4));
        assert_eq!(clips(9.0, 3.0), (1, 4));
        assert_eq!(clips(2.0, 8.0), (1, 3));
        assert_eq!(clips(5.0, 5.0), (2, 2));
        assert_eq!(clips(4.0, 4.0), (2, 2));
    }

    #[test]
    fn every_grade_can_be_taken_back_and_given_again() {
        let mut book = book();
        let (kite, dog) = (query("kite"), query("dog"));
        let clips = |range: std::ops::Range<usize>| range.map(ClipIndex);
        assert!(book.grade(&kite, clips(1..3), Some(Grade::Good)));
        assert!(
            !book.grade(&kite, clips(1..3), Some(Grade::Good)),
            "nothing new"
        );
        assert!(book.grade(&dog, clips(0..1), Some(Grade::Bad)));
        assert!(book.grade(&kite, clips(2..3), None));
        assert_eq!(book.of(&kite).unwrap().n_labels(), 1);
        let edit = book.undo().unwrap();
        assert_eq!(
            edit.in_words(&edit.before),
            "1 clip of “kite” at 0:04.0 – 0:06.0 is “yes” again"
        );
        assert_eq!(book.of(&kite).unwrap().n_labels(), 2);
        let edit = book.undo().unwrap();
        assert_eq!(
            edit.in_words(&edit.before),
            "1 clip of “dog” at 0:00.0 – 0:02.0 is without a grade"
        );
        assert!(book.of(&dog).is_none());
        assert_eq!(book.redo().map(|edit| edit.query), Some(dog.clone()));
        assert_eq!(book.of(&dog).unwrap().grade(ClipIndex(0)), Some(Grade::Bad));
        // A new grade ends what could be redone.
        assert!(book.grade(&dog, clips(5..6), Some(Grade::Fair)));
        assert!(!book.can_redo());
        while book.undo().is_some() {}
        assert!(book.of(&kite).is_none() && book.of(&dog).is_none());
    }
}
