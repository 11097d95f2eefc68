//! What the user changes of moments: their ends, which are exported, which were added; kept for each video and
//! query, and undone in one row with labels.

use crate::app::effect::Effect;
use crate::app::session::{Lane, Selection, Session};
use crate::domain::{ClipIndex, MomentEdits, Query, TimeSpan, format_timestamp};
use crate::worker::{Command, LabelsToSave, MomentsToSave, QueryId, VideoId};

/// Changes of the picture are looked for so far around.
const AROUND_SECS: f64 = 3.0;

/// All changes of one video, and what is needed to undo them.
#[derive(Clone, Debug, Default)]
pub struct MomentBook {
    pages: Vec<(Query, MomentEdits)>,
    done: Vec<Change>,
    undone: Vec<Change>,
    /// While an end is dragged: the query, and how its moments were before.
    dragged: Option<(Query, MomentEdits)>,
    /// Where the picture changes, and where that was looked for.
    changes_secs: Vec<f64>,
    looked_at: Vec<TimeSpan>,
    /// In which order labels and moments were changed.
    order: Vec<Changed>,
    undone_order: Vec<Changed>,
}

#[derive(Clone, Debug, PartialEq)]
struct Change {
    query: Query,
    before: MomentEdits,
    after: MomentEdits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changed {
    Labels,
    Moments,
}

impl MomentBook {
    pub fn of(&self, query: &Query) -> MomentEdits {
        let page = self.pages.iter().find(|(known, _)| known == query);
        page.map(|(_, edits)| edits.clone()).unwrap_or_default()
    }

    /// Where the picture changes, as far as that was looked for.
    pub fn changes_secs(&self) -> &[f64] {
        &self.changes_secs
    }

    fn set(&mut self, query: &Query, edits: MomentEdits) {
        match self.pages.iter_mut().find(|(known, _)| known == query) {
            Some((_, page)) => *page = edits,
            None => self.pages.push((query.clone(), edits)),
        }
    }

    /// Labels were changed.
    pub(super) fn note_labels(&mut self) {
        self.order.push(Changed::Labels);
        self.undone_order.clear();
    }

    fn note(&mut self, change: Change) {
        self.set(&change.query, change.after.clone());
        self.done.push(change);
        self.undone.clear();
        self.order.push(Changed::Moments);
        self.undone_order.clear();
    }
}

impl Session {
    /// What was changed in this video earlier.
    pub(super) fn take_moment_edits(&mut self, video: VideoId, pages: Vec<(Query, MomentEdits)>) {
        let Some(open) = self.current(video) else {
            return;
        };
        // After a change of model they come again, and they are here already.
        if open.moments.pages.is_empty() {
            open.moments.pages = pages;
        }
        let book = open.moments.clone();
        for lane in &mut self.lanes {
            lane.use_edits(book.of(&lane.query));
        }
    }

    /// Changes the moments of a query, and keeps that.
    pub(super) fn edit_moments(
        &mut self,
        id: QueryId,
        change: impl FnOnce(&mut MomentEdits, &Lane),
        effects: &mut Vec<Effect>,
    ) {
        let Some(lane) = self.lane_mut(id) else {
            return;
        };
        let before = lane.edits().clone();
        let mut after = before.clone();
        change(&mut after, lane);
        if after != before {
            lane.use_edits(after);
            self.keep_moments(id, before, effects);
        }
    }

    /// The end of a moment is dragged; [`Session::keep_ends`] follows.
    pub(super) fn drag_end(&mut self, id: QueryId, span: TimeSpan, ends: TimeSpan) {
        let Some(lane) = self.lane_mut(id) else {
            return;
        };
        let (query, before) = (lane.query.clone(), lane.edits().clone());
        let mut after = before.clone();
        after.set_ends(span, ends, lane.end_secs());
        lane.use_edits(after);
        if let Some(open) = &mut self.video {
            open.moments.dragged.get_or_insert((query, before));
        }
    }

    pub(super) fn keep_ends(&mut self, id: QueryId, effects: &mut Vec<Effect>) {
        let dragged = self
            .video
            .as_mut()
            .and_then(|open| open.moments.dragged.take());
        let lane = self.lane(id);
        if let (Some((query, before)), Some(lane)) = (dragged, lane)
            && lane.query == query
            && *lane.edits() != before
        {
            self.keep_moments(id, before, effects);
        }
    }

    fn keep_moments(&mut self, id: QueryId, before: MomentEdits, effects: &mut Vec<Effect>) {
        let Some(lane) = self.lane(id) else { return };
        let change = Change {
            query: lane.query.clone(),
            before,
            after: lane.edits().clone(),
        };
        let (query, after) = (change.query.clone(), change.after.clone());
        if let Some(open) = &mut self.video {
            open.moments.note(change);
        }
        self.save_moments(&query, after, effects);
    }

    fn save_moments(&self, query: &Query, edits: MomentEdits, effects: &mut Vec<Effect>) {
        let content = self.video.as_ref().and_then(|open| open.labels.content());
        if let Some(content) = content {
            let moments = MomentsToSave {
                video: content.clone(),
                query: query.clone(),
                edits,
            };
            effects.push(Effect::Worker(Command::SaveMoments(Box::new(moments))));
        }
    }

    /// Adds what is selected, or the clip under the playhead, as a moment of the selected query.
    pub(super) fn add_moment(&mut self, effects: &mut Vec<Effect>) {
        let (Some(id), Some(_)) = (self.selected, &self.video) else {
            return;
        };
        let here = Selection::one(ClipIndex::at(self.playback.position_secs));
        let span = self.selection.unwrap_or(here).span();
        let is_answered = self.lane(id).is_some_and(|lane| lane.answer.is_some());
        if !is_answered {
            return;
        }
        self.selection = None;
        self.edit_moments(id, |edits, lane| edits.add(span, lane.end_secs()), effects);
        let [start, end] = [span.start_secs, span.end_secs].map(format_timestamp);
        self.notices.info(format!(
            "A moment was added: {start} – {end}; its ends can be dragged"
        ));
    }

    /// Takes back what was changed last, a label or a moment.
    pub(super) fn undo(&mut self, effects: &mut Vec<Effect>) -> Option<LabelsToSave> {
        let book = &mut self.video.as_mut()?.moments;
        let changed = book.order.pop();
        book.undone_order.extend(changed);
        if changed != Some(Changed::Moments) {
            return self.undo_label();
        }
        let change = book.done.pop()?;
        book.set(&change.query, change.before.clone());
        book.undone.push(change.clone());
        self.show_moments("Undone", &change.query, change.before, effects);
        None
    }

    /// Does again what was undone last.
    pub(super) fn redo(&mut self, effects: &mut Vec<Effect>) -> Option<LabelsToSave> {
        let book = &mut self.video.as_mut()?.moments;
        let changed = book.undone_order.pop()?;
        book.order.push(changed);
        if changed == Changed::Labels {
            return self.redo_label();
        }
        let change = book.undone.pop()?;
        book.set(&change.query, change.after.clone());
        book.done.push(change.clone());
        self.show_moments("Redone", &change.query, change.after, effects);
        None
    }

    fn show_moments(
        &mut self,
        verb: &str,
        query: &Query,
        edits: MomentEdits,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.query == *query) {
            lane.use_edits(edits.clone());
            self.selected = Some(lane.id);
        }
        self.save_moments(query, edits, effects);
        if let Some(last) = self.undone.take() {
            self.notices.dismiss(last);
        }
        self.notices.info(format!(
            "{verb}: the last change of the moments of “{query}”"
        ));
        self.undone = self.notices.newest();
    }

    /// Looks for changes of the picture around a time, unless that was done.
    pub(super) fn look_for_changes(&mut self, secs: f64, effects: &mut Vec<Effect>) {
        let Some(open) = &mut self.video else { return };
        let end_secs = open.duration_secs;
        let from_secs = (secs - AROUND_SECS).max(0.0);
        let span = TimeSpan::new(from_secs, (secs + AROUND_SECS).min(end_secs));
        let is_known = |known: &TimeSpan| {
            known.start_secs <= (secs - 1.0).max(0.0)
                && known.end_secs >= (secs + 1.0).min(end_secs)
        };
        if !open.moments.looked_at.iter().any(is_known) {
            open.moments.looked_at.push(span);
            effects.push(Effect::LookForChanges(open.id, open.path.clone(), span));
        }
    }

    /// Where the picture changes in a part of the open video.
    pub fn note_changes(&mut self, video: VideoId, changes_secs: Vec<f64>) {
        if let Some(open) = self.current(video) {
            open.moments.changes_secs.extend(changes_secs);
        }
    }
}
