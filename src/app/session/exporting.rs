//! What an export has: which moments of which queries, or what the user has selected by hand.

use std::path::PathBuf;

use crate::app::session::{Lane, Session};
use crate::domain::{Moment, MomentOrder, Query, Shaping, TimeSpan, Verdict};
use crate::engine::{FoundMoments, VideoMoment, export_document, shaped};
use crate::export::{CutOptions, ExportDocument, ExportQuery, NameTemplate};
use crate::find::Found;

/// Whose moments are exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Of all queries that the video shows.
    #[default]
    All,
    Selected,
    /// What is selected by hand, whatever was found there.
    Range,
}

/// What the user has chosen for all exports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportChoice {
    pub scope: Scope,
    /// At most so many moments of each query.
    pub top: Option<usize>,
    pub shaping: Shaping,
    /// How moments follow each other; `None` leaves it to the format.
    pub order: Option<MomentOrder>,
    /// What cuts are called, as it was typed; empty for the usual.
    pub names: String,
    /// Cuts begin and end on the very pictures.
    pub is_exact: bool,
}

impl ExportChoice {
    /// What is wrong with the names of cuts.
    pub fn problem_of_names(&self) -> Option<String> {
        match self.names.trim() {
            "" => None,
            names => names.parse::<NameTemplate>().err().map(|it| it.to_string()),
        }
    }

    /// How moments become files.
    pub fn cut_options(&self) -> CutOptions {
        CutOptions {
            name: self.names.trim().parse().ok(),
            is_exact: self.is_exact,
        }
    }
}

impl Session {
    /// What is exported: without a selection there is no range.
    pub fn export_choice(&self) -> ExportChoice {
        let mut choice = self.export.clone();
        if choice.scope == Scope::Range && self.selection.is_none() {
            choice.scope = Scope::All;
        }
        choice
    }

    /// The queries that an export is about: all that the video shows, or the selected one.
    pub fn exported_lanes(&self) -> impl Iterator<Item = &Lane> {
        let is_shown = |lane: &Lane| lane.is_probably_present() == Some(true);
        let only_selected =
            self.export.scope == Scope::Selected || !self.lanes.iter().any(is_shown);
        self.lanes.iter().filter(move |lane| {
            if only_selected {
                self.selected == Some(lane.id)
            } else {
                is_shown(lane)
            }
        })
    }

    /// The moments of a lane that are exported, best first.
    fn exported_moments(&self, lane: &Lane) -> Vec<Moment> {
        let ticked = lane
            .moments
            .iter()
            .filter(|moment| lane.is_ticked(moment.span));
        let ticked: Vec<_> = ticked.copied().collect();
        let mut shaped = self.export.shaping.apply(&ticked, self.duration_secs());
        shaped.truncate(self.export.top.unwrap_or(usize::MAX));
        shaped
    }

    /// Whether there is anything to export.
    pub fn can_export(&self) -> bool {
        if self.shows_library() {
            return self
                .shown_wall()
                .is_some_and(|wall| !wall.moments().is_empty());
        }
        let is_found = |lane: &Lane| !lane.moments.is_empty();
        self.video.is_some() && (self.selection.is_some() || self.lanes.iter().any(is_found))
    }

    /// How many moments an export has.
    pub fn n_exported(&self) -> usize {
        if let Some(wall) = self.shown_wall() {
            return match self.export.shaping.is_nothing() {
                true => wall.chosen().count(),
                false => self
                    .export_from_all()
                    .map_or(0, |found| found.moments.len()),
            };
        }
        match self.export_choice().scope {
            Scope::Range => 1,
            Scope::All | Scope::Selected => self
                .exported_lanes()
                .map(|lane| self.exported_moments(lane).len())
                .sum(),
        }
    }

    /// What is exported of what was found in all videos: what is selected, or else everything.
    pub(super) fn export_from_all(&self) -> Option<FoundMoments> {
        let wall = self.shown_wall()?;
        let query = self.lane(wall.query)?.query.clone();
        let moments = wall.chosen().map(|span| VideoMoment {
            path: span.path.clone(),
            duration_secs: span.duration_secs,
            query: 0,
            moment: Moment {
                span: span.span,
                score: span.score.unwrap_or_default(),
            },
        });
        Some(FoundMoments {
            query,
            moments: shaped(moments.collect(), self.export.shaping),
            order: self.export.order,
        })
    }

    /// As if what was found in all videos were a video, called by the words, beside the best of them.
    pub(super) fn path_for_found(&self) -> Option<PathBuf> {
        let wall = self.shown_wall()?;
        let folder = wall.chosen().next()?.path.parent()?;
        let words = self.lane(wall.query)?.query.title();
        let is_plain = |c: char| c.is_alphanumeric() || c == ' ' || c == '-';
        let name: String = words.chars().filter(|c| is_plain(*c)).take(40).collect();
        Some(folder.join(format!("{}.mp4", name.trim())))
    }

    /// What an export is made of; `None` without a video.
    pub fn export_document(&self) -> Option<ExportDocument> {
        let video = self.video.as_ref()?;
        let document = |found| ExportDocument {
            order: self.export.order,
            ..export_document(&video.path, &video.info, video.duration_secs, found)
        };
        if let (Scope::Range, Some(selection)) = (self.export_choice().scope, self.selection) {
            let mut document = document(Vec::new());
            document.queries.push(self.range(selection.span())?);
            return Some(document);
        }
        let found = self.exported_lanes().filter_map(|lane| {
            let answer = &*lane.answer.as_ref()?.result;
            let shown = Found {
                verdict: lane.verdict?,
                moments: self.exported_moments(lane),
            };
            Some((&lane.query, answer, shown))
        });
        Some(document(found.collect()))
    }

    /// A span by hand, under the words of the selected query if there is one.
    fn range(&self, span: TimeSpan) -> Option<ExportQuery> {
        let query = match self.selected_lane() {
            Some(lane) => lane.query.clone(),
            None => Query::new("selection").ok()?,
        };
        let moment = Moment {
            span: TimeSpan::new(span.start_secs, span.end_secs.min(self.duration_secs())),
            score: 1.0,
        };
        Some(ExportQuery {
            query,
            present: None,
            highlight: None,
            verdict: Some(Verdict::Moments),
            moments: vec![moment],
        })
    }
}
