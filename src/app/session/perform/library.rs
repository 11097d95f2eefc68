//! All videos together: adding them, finding something in all of them, going to it and back.

use std::path::Path;

use crate::app::action::Library;
use crate::app::effect::{Effect, Field};
use crate::app::session::shelf::Arrival;
use crate::app::session::wall::Wall;
use crate::app::session::{Pick, Session};
use crate::app::wish::Wish;
use crate::domain::{Grade, Labels, file_name, format_timestamp};
use crate::worker::{Command, LabelsToSave, LibraryCommand, PlacedSpan, QueryId};

impl Session {
    pub(super) fn perform_library(&mut self, action: Library, effects: &mut Vec<Effect>) {
        match action {
            Library::AddFolder => effects.push(self.ask(Wish::LibraryFolder)),
            Library::Add(paths) => effects.push(Effect::of_library(LibraryCommand::Add(paths))),
            Library::Remove(path) => effects.push(Effect::of_library(LibraryCommand::Remove(path))),
            Library::Pause => effects.push(Effect::of_library(LibraryCommand::Pause)),
            Library::GoOn => effects.push(Effect::of_library(LibraryCommand::GoOn)),
            Library::TryAgain => {
                let held = self.shelf.holdings();
                let places = held.iter().flat_map(|held| &held.places);
                let places = places.map(|place| place.path.clone()).collect();
                effects.push(Effect::of_library(LibraryCommand::Add(places)));
            }
            Library::Filter(filter) => {
                self.shelf.filter = filter;
                self.shelf.choose();
                self.ask_everywhere_again(effects);
            }
            Library::Order(order) => {
                self.shelf.order = order;
                self.shelf.choose();
            }
            Library::FindEverywhere(id) => self.leave_for_all(id, effects),
            Library::FindSelected => {
                if let Some(id) = self.selected.filter(|_| !self.shelf.is_empty()) {
                    self.leave_for_all(id, effects);
                }
            }
            Library::FindAgain => self.ask_everywhere_again(effects),
            Library::Open(path) => self.open_from_library(&path, 0.0, effects),
            Library::OpenSpan(span) => self.open_span(&span, effects),
            Library::OpenResult(at) => {
                let wall = self.shelf.wall.as_mut();
                let span = wall.and_then(|wall| {
                    wall.set_current(Some(at));
                    wall.moments().get(at).cloned()
                });
                if let Some(span) = span {
                    self.open_span(&span, effects);
                }
            }
            Library::Pick(at, how) => self.pick(at, how),
            Library::PickCurrent => {
                let current = self.shelf.wall.as_ref().and_then(Wall::current);
                if let Some(at) = current {
                    self.pick(at, Pick::Toggle);
                }
            }
            Library::PickAll => {
                if let Some(wall) = self.shown_wall_mut() {
                    wall.pick_all();
                }
            }
            Library::PickNone => {
                if let Some(wall) = &mut self.shelf.wall {
                    wall.pick_none();
                }
            }
            Library::GoneTo(at) => {
                if let Some(wall) = &mut self.shelf.wall {
                    wall.set_current(Some(at));
                }
            }
            Library::Grade(span, grade) => self.grade_on_wall(&span, grade, effects),
            Library::Back => self.go_back(effects),
        }
    }

    /// From the open video to what all of them answer.
    fn leave_for_all(&mut self, id: QueryId, effects: &mut Vec<Effect>) {
        if self.video.is_some() {
            self.close_video(effects);
        }
        self.find_everywhere(id, effects);
    }

    /// Answers a query from all videos and shows that.
    pub(in crate::app::session) fn find_everywhere(
        &mut self,
        id: QueryId,
        effects: &mut Vec<Effect>,
    ) {
        self.selected = Some(id);
        if let Some(wall) = self.shelf.wall_of(id) {
            wall.ask_again();
        } else {
            self.shelf.wall = Some(Wall::new(id));
        }
        let wanted = self.shelf.filter.wanted();
        effects.push(Effect::of_library(LibraryCommand::Find { id, wanted }));
    }

    fn ask_everywhere_again(&mut self, effects: &mut Vec<Effect>) {
        if let Some(id) = self.shelf.wall.as_ref().map(|wall| wall.query) {
            self.find_everywhere(id, effects);
        }
    }

    pub(super) fn leave_wall(&mut self, effects: &mut Vec<Effect>) {
        if self.shelf.wall.take().is_some() {
            effects.push(Effect::of_library(LibraryCommand::StopFinding));
        }
    }

    /// The wall shows another query where its own is gone.
    pub(super) fn follow_selected(&mut self, effects: &mut Vec<Effect>) {
        let Some(wall) = &self.shelf.wall else { return };
        if self.lane(wall.query).is_some() {
            return;
        }
        match self.selected.filter(|_| self.shows_library()) {
            Some(id) => self.find_everywhere(id, effects),
            None => self.leave_wall(effects),
        }
    }

    fn open_span(&mut self, span: &PlacedSpan, effects: &mut Vec<Effect>) {
        if span.is_missing {
            let name = file_name(&span.path);
            let text = format!("{name} is not there now: plug in its drive, or look for it");
            return self.notices.error(text);
        }
        self.open_from_library(&span.path, span.span.start_secs, effects);
    }

    fn open_from_library(&mut self, path: &Path, time_secs: f64, effects: &mut Vec<Effect>) {
        self.note_place();
        self.shelf.arrival = Some(Arrival {
            path: path.to_owned(),
            time_secs,
            is_origin: true,
        });
        self.shelf.last_opened = Some(path.to_owned());
        self.opening = Some(path.to_owned());
        effects.push(Effect::OpenVideo(path.to_owned()));
    }

    fn shown_wall_mut(&mut self) -> Option<&mut Wall> {
        if self.video.is_some() {
            return None;
        }
        self.shelf.wall.as_mut()
    }

    fn pick(&mut self, at: usize, how: Pick) {
        if let Some(wall) = self.shown_wall_mut() {
            wall.pick(at, how);
        }
    }

    /// From the video to all of them; from what was found in all to the videos themselves.
    pub(super) fn go_back(&mut self, effects: &mut Vec<Effect>) {
        if self.video.is_some() {
            self.close_video(effects);
            effects.push(Effect::Focus(Field::Results));
        } else if self.shows_library() {
            self.leave_wall(effects);
        }
    }

    pub(super) fn close_video(&mut self, effects: &mut Vec<Effect>) {
        self.set_fullscreen(false, effects); // There is nothing to fill it with.
        self.note_place();
        self.video = None;
        self.opening = None;
        self.selection = None;
        self.graded = None;
        self.playback.position_secs = 0.0;
        self.playback.is_playing = false;
        self.playback.looped = None;
        self.view.shows_go_to = false;
        self.view.draws_part = false;
        for lane in &mut self.lanes {
            lane.forget_answer();
        }
        effects.push(Effect::CloseVideo);
        effects.push(Effect::Worker(Command::Close));
        effects.push(Effect::Title("vcl".to_owned()));
    }

    /// Grades what is selected on the wall, or else the result that was gone to last.
    pub(super) fn grade_results(&mut self, grade: Option<Grade>, effects: &mut Vec<Effect>) {
        let Some(wall) = &self.shelf.wall else { return };
        let spans: Vec<PlacedSpan> = match (wall.n_picked(), wall.current()) {
            (0, Some(at)) => wall.moments().get(at).cloned().into_iter().collect(),
            (0, None) => Vec::new(),
            _ => wall.chosen().cloned().collect(),
        };
        for span in spans {
            self.grade_on_wall(&span, grade, effects);
        }
    }

    fn grade_on_wall(
        &mut self,
        span: &PlacedSpan,
        grade: Option<Grade>,
        effects: &mut Vec<Effect>,
    ) {
        let labels = self.shelf.wall.as_mut();
        let labels = labels.and_then(|wall| wall.grade(span, grade));
        self.save_from_wall(labels.map(|labels| (span.clone(), labels)), effects);
    }

    /// Takes back what was said on the wall last.
    pub(super) fn undo_on_wall(&mut self, effects: &mut Vec<Effect>) {
        let undone = self.shelf.wall.as_mut().and_then(Wall::undo);
        self.say_what_happened("Undone", undone.as_ref());
        self.save_from_wall(undone, effects);
    }

    pub(super) fn redo_on_wall(&mut self, effects: &mut Vec<Effect>) {
        let redone = self.shelf.wall.as_mut().and_then(Wall::redo);
        self.say_what_happened("Redone", redone.as_ref());
        self.save_from_wall(redone, effects);
    }

    fn say_what_happened(&mut self, verb: &str, changed: Option<&(PlacedSpan, Labels)>) {
        let Some((span, _)) = changed else { return };
        let name = file_name(&span.path);
        let at = format_timestamp(span.span.start_secs);
        self.notices
            .info(format!("{verb}: the grade of {name} at {at}"));
    }

    fn save_from_wall(&mut self, changed: Option<(PlacedSpan, Labels)>, effects: &mut Vec<Effect>) {
        let Some((span, labels)) = changed else {
            return;
        };
        let Some(wall) = &self.shelf.wall else { return };
        let Some(lane) = self.lane(wall.query) else {
            return;
        };
        let stem = span.path.file_stem().unwrap_or_default();
        let labels = LabelsToSave {
            video: span.video,
            video_name: stem.to_string_lossy().into_owned(),
            duration_secs: span.duration_secs,
            query: lane.query.clone(),
            labels,
        };
        effects.push(Effect::Worker(Command::SaveLabels(Box::new(labels))));
    }
}
