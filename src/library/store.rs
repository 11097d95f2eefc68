//! Where a library keeps its catalogue: in a file of this machine, or on a server that several share.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::catalogue::{
    Catalogue, Claim, KnownFile, LibraryVideo, ModelRow, Outcome, Place, SeenFile, Unread,
};
use super::error::LibraryError;
use super::folder::Problem;
use super::postgres::SharedCatalogue;
use super::spoken_query::SpokenQuery;
use crate::domain::Caption;
use crate::store::ContentId;

type Told<T> = Result<T, LibraryError>;

/// Both kinds of catalogue; what a method does is said in [`Catalogue`].
pub enum Store {
    Own(Box<Catalogue>),
    Shared(Box<SharedCatalogue>),
}

/// The same call, whichever it is.
macro_rules! either {
    ($it:ident => $call:expr, $self:expr) => {
        match $self {
            Store::Own($it) => $call,
            Store::Shared($it) => $call,
        }
    };
}

impl Store {
    pub fn places(&self) -> Told<Vec<Place>> {
        either!(it => it.places(), self)
    }

    pub fn add_places(&mut self, places: &[Place]) -> Told<()> {
        either!(it => it.add_places(places), self)
    }

    pub fn files(&self) -> Told<HashMap<PathBuf, KnownFile>> {
        either!(it => it.files(), self)
    }

    pub fn record(&mut self, files: &[SeenFile]) -> Told<()> {
        either!(it => it.record(files), self)
    }

    pub fn mark(&mut self, missing: &[PathBuf], present: &[PathBuf]) -> Told<()> {
        either!(it => it.mark(missing, present), self)
    }

    pub fn set_problems(&mut self, places: &[Place], problems: &[Problem]) -> Told<()> {
        either!(it => it.set_problems(places, problems), self)
    }

    pub fn problems(&self) -> Told<Vec<Problem>> {
        either!(it => it.problems(), self)
    }

    pub fn contents(&self) -> Told<Vec<ContentId>> {
        either!(it => it.contents(), self)
    }

    pub fn finish(
        &mut self,
        model: ModelRow,
        claim: &Claim,
        seen: Option<&SeenFile>,
        outcome: &Outcome,
    ) -> Told<()> {
        either!(it => it.finish(model, claim, seen, outcome), self)
    }

    pub fn set_waiting(&mut self, model: ModelRow, videos: &[ContentId]) -> Told<()> {
        either!(it => it.set_waiting(model, videos), self)
    }

    pub fn retry(&mut self, paths: &[PathBuf]) -> Told<()> {
        either!(it => it.retry(paths), self)
    }

    pub fn videos(&self, model: ModelRow) -> Told<Vec<LibraryVideo>> {
        either!(it => it.videos(model), self)
    }

    pub fn next_unread(&self, model: ModelRow) -> Told<Option<Unread>> {
        either!(it => it.next_unread(model), self)
    }

    pub fn set_captions(&mut self, unread: &Unread, captions: &[Caption]) -> Told<()> {
        either!(it => it.set_captions(unread, captions), self)
    }

    pub fn set_subtitles(&mut self, files: &[(PathBuf, String)]) -> Told<()> {
        either!(it => it.set_subtitles(files), self)
    }

    pub fn said(&self, query: &SpokenQuery) -> Told<Vec<(ContentId, Caption)>> {
        either!(it => it.said(query), self)
    }

    /// Takes the next video that waits. `machine` names this one among those that share a library.
    pub fn claim(
        &mut self,
        model: ModelRow,
        (machine, worker): (&str, &str),
        is_alive: impl Fn(&str) -> bool,
    ) -> Told<Option<Claim>> {
        match self {
            Self::Own(it) => it.claim(model, worker, is_alive),
            Self::Shared(it) => {
                let is_dead = |name: &str| {
                    let own = name
                        .strip_prefix(machine)
                        .and_then(|rest| rest.strip_prefix(':'));
                    own.is_some_and(|worker| !is_alive(worker))
                };
                it.claim(model, &format!("{machine}:{worker}"), is_dead)
            }
        }
    }

    /// Says to the others that a worker is alive; on this machine its lock does.
    pub fn beat(&self, machine: &str, worker: &str) -> Told<()> {
        match self {
            Self::Own(_) => Ok(()),
            Self::Shared(it) => it.beat(&format!("{machine}:{worker}")),
        }
    }

    /// The place of a file that is in the library only together with it.
    pub fn place_above(&self, path: &Path) -> Told<Option<PathBuf>> {
        if let Self::Own(it) = self {
            return it.place_above(path);
        }
        let mut places = self.places()?.into_iter();
        let above = places.find(|place| place.is_folder && path.starts_with(&place.path));
        Ok(above.map(|place| place.path))
    }

    /// Whether a path is a place, or a file that was found and is not there.
    pub fn can_remove(&self, path: &Path) -> Told<bool> {
        if let Self::Own(it) = self {
            return it.can_remove(path);
        }
        let is_place = self.places()?.iter().any(|place| place.path == path);
        Ok(is_place
            || self
                .files()?
                .get(path)
                .is_some_and(|known| known.is_missing))
    }

    /// Takes out places and files; what lies below a place that stays is kept with it.
    pub fn remove(&mut self, paths: &[PathBuf]) -> Told<()> {
        let it = match self {
            Self::Own(it) => return it.remove(paths),
            Self::Shared(it) => it,
        };
        let kept: Vec<_> = it.places()?.into_iter().map(|place| place.path).collect();
        let stays = |path: &Path| {
            let mut kept = kept.iter().filter(|place| !paths.contains(place));
            kept.any(|place| path.starts_with(place))
        };
        let goes = |path: &Path| paths.iter().any(|gone| path.starts_with(gone));
        let named = |path: &Path| paths.iter().any(|gone| gone == path);
        let files = it.files()?.into_iter();
        let files: Vec<_> = files
            .filter(|(path, known)| goes(path) && (!stays(path) || known.is_missing && named(path)))
            .map(|(path, _)| path)
            .collect();
        let problems = it.problems()?.into_iter().map(|problem| problem.path);
        let problems: Vec<_> = problems.filter(|path| goes(path) && !stays(path)).collect();
        it.remove(paths, &files, &problems)
    }
}
