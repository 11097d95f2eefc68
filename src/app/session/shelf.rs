//! The library as the user sees it: which of its videos are shown, and what is being done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::app::session::wall::Wall;
use crate::library::{LibraryVideo, Place, State, Wanted};
use crate::worker::{FoundEverywhere, Holdings, LibraryWork, QueryId};

/// As many as people scroll through; the best come first.
const N_RESULTS: usize = 150;

/// Of each video, so that a long one does not fill the wall.
const N_PER_VIDEO: usize = 3;

const DAY_SECS: i64 = 86_400;

/// How old a video may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Since {
    #[default]
    Ever,
    Day,
    Week,
    Month,
    Year,
}

impl Since {
    pub const ALL: [Self; 5] = [Self::Ever, Self::Day, Self::Week, Self::Month, Self::Year];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ever => "Any date",
            Self::Day => "Last day",
            Self::Week => "Last week",
            Self::Month => "Last month",
            Self::Year => "Last year",
        }
    }

    fn since_secs(self, now_secs: i64) -> Option<i64> {
        let n_days = match self {
            Self::Ever => return None,
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 31,
            Self::Year => 366,
        };
        Some(now_secs - n_days * DAY_SECS)
    }
}

/// How long a video must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Length {
    #[default]
    Any,
    Minute,
    TenMinutes,
    Hour,
}

impl Length {
    pub const ALL: [Self; 4] = [Self::Any, Self::Minute, Self::TenMinutes, Self::Hour];

    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "Any length",
            Self::Minute => "Over 1 minute",
            Self::TenMinutes => "Over 10 minutes",
            Self::Hour => "Over 1 hour",
        }
    }

    fn longer_secs(self) -> Option<f64> {
        match self {
            Self::Any => None,
            Self::Minute => Some(60.0),
            Self::TenMinutes => Some(600.0),
            Self::Hour => Some(3600.0),
        }
    }
}

/// Which videos are shown and searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what lies below this folder.
    pub folder: Option<PathBuf>,
    pub since: Since,
    pub length: Length,
}

impl Filter {
    pub fn is_any(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn wanted(&self) -> Wanted {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_secs = now.map_or(0, |now| now.as_secs() as i64);
        Wanted {
            inside: self.folder.iter().cloned().collect(),
            since_secs: self.since.since_secs(now_secs),
            longer_secs: self.length.longer_secs(),
            n_results: N_RESULTS,
            n_per_video: N_PER_VIDEO,
            threshold: None,
        }
    }
}

/// In which order the videos are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Path,
    Newest,
    Longest,
}

impl Order {
    pub const ALL: [Self; 3] = [Self::Path, Self::Newest, Self::Longest];

    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "By folder and name",
            Self::Newest => "Newest first",
            Self::Longest => "Longest first",
        }
    }
}

/// A video that is being opened from the library, and where in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arrival {
    pub path: PathBuf,
    pub time_secs: f64,
    /// Back leads to the library.
    pub is_origin: bool,
}

/// The library on the screen.
#[derive(Debug, Default)]
pub struct Shelf {
    /// `None` until the worker has told it.
    holdings: Option<Arc<Holdings>>,
    work: LibraryWork,
    pub(super) filter: Filter,
    pub(super) order: Order,
    /// Where the videos that pass the filter are in the holdings, in order.
    members: Vec<usize>,
    pub(super) wall: Option<Wall>,
    pub(super) arrival: Option<Arrival>,
    /// The video that was opened from here last.
    pub(super) last_opened: Option<PathBuf>,
    /// The open video was opened from here.
    pub(super) is_origin: bool,
}

impl Shelf {
    pub fn work(&self) -> &LibraryWork {
        &self.work
    }

    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    pub fn order(&self) -> Order {
        self.order
    }

    /// What was found everywhere, if that is what is shown.
    pub fn wall(&self) -> Option<&Wall> {
        self.wall.as_ref()
    }

    pub fn holdings(&self) -> Option<&Holdings> {
        self.holdings.as_deref()
    }

    /// Whether nothing was ever added.
    pub fn is_empty(&self) -> bool {
        let held = self.holdings.as_ref();
        held.is_none_or(|held| held.places.is_empty() && held.videos.is_empty())
    }

    /// Videos that pass the filter, in order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &LibraryVideo> {
        let videos = self.holdings.as_ref().map_or(&[][..], |held| &held.videos);
        self.members.iter().map(move |&at| &videos[at])
    }

    /// The video at a place among the members.
    pub fn member(&self, at: usize) -> Option<&LibraryVideo> {
        self.holdings.as_ref()?.videos.get(*self.members.get(at)?)
    }

    /// Where the video that was opened last is among the members; else the first.
    pub fn last_opened(&self) -> usize {
        let is_last = |video: &LibraryVideo| Some(&video.path) == self.last_opened.as_ref();
        self.members().position(is_last).unwrap_or(0)
    }

    /// What was added and has this video in it.
    pub fn place_of(&self, video: &LibraryVideo) -> Option<&Place> {
        let mut places = self.holdings.as_ref()?.places.iter();
        places.find(|place| video.path.starts_with(&place.path))
    }

    /// The folders that hold videos, and those that were added.
    pub fn folders(&self) -> Vec<PathBuf> {
        let Some(held) = &self.holdings else {
            return Vec::new();
        };
        let added = held.places.iter().filter(|place| place.is_folder);
        let parents = held.videos.iter().filter_map(|video| video.path.parent());
        let folders = added.map(|place| place.path.as_path()).chain(parents);
        let folders: BTreeSet<&Path> = folders.collect();
        folders.into_iter().map(Path::to_owned).collect()
    }

    /// Where a video is, as short as it can be told: `Videos/2026` in a folder `Videos` that was added.
    pub fn folder_of(&self, video: &LibraryVideo) -> Option<String> {
        let folder = video.path.parent()?;
        let place = self.place_of(video).filter(|place| place.is_folder)?;
        let above = place.path.parent().unwrap_or(&place.path);
        Some(folder.strip_prefix(above).ok()?.display().to_string())
    }

    /// How many videos can be searched now.
    pub fn n_indexed(&self) -> usize {
        let videos = self.holdings.iter().flat_map(|held| &held.videos);
        videos.filter(|video| video.state == State::Indexed).count()
    }

    pub(super) fn set_work(&mut self, work: LibraryWork) {
        self.work = work;
    }

    pub(super) fn hold(&mut self, held: Arc<Holdings>) {
        self.holdings = Some(held);
        self.choose();
    }

    /// Finds out which videos are shown, and in which order.
    pub(super) fn choose(&mut self) {
        let Some(held) = &self.holdings else { return };
        let wanted = self.filter.wanted();
        let passes = |video: &LibraryVideo| {
            let is_old = |since| video.date_secs < since;
            let is_short = |longer| video.duration_secs.is_none_or(|secs| secs <= longer);
            !(wanted.since_secs.is_some_and(is_old) || wanted.longer_secs.is_some_and(is_short))
                && (wanted.inside.is_empty() || video.path_inside(&wanted.inside).is_some())
        };
        let videos = &held.videos;
        let mut members: Vec<_> = (0..videos.len())
            .filter(|&at| passes(&videos[at]))
            .collect();
        match self.order {
            Order::Path => {}
            Order::Newest => members.sort_by_key(|&at| -videos[at].date_secs),
            Order::Longest => members.sort_by(|&a, &b| {
                let secs = |at: usize| videos[at].duration_secs.unwrap_or(-1.0);
                secs(b).total_cmp(&secs(a))
            }),
        }
        self.members = members;
    }

    /// Takes in an answer, if it is still asked for.
    pub(super) fn take_found(&mut self, found: Arc<FoundEverywhere>) {
        if let Some(wall) = self.wall.as_mut().filter(|wall| wall.query == found.query) {
            wall.take(found);
        }
    }

    pub(super) fn wall_of(&mut self, query: QueryId) -> Option<&mut Wall> {
        self.wall.as_mut().filter(|wall| wall.query == query)
    }
}
