//! The players behind the picture: the one that is shown, and one that is being opened.
//!
//! A file is opened beside the video that plays and takes its place only when its first frame is
//! there, so a broken file causes a notice and nothing else.

use std::path::{Path, PathBuf};

use crate::app::effect::Order;
use crate::app::settings::PlaybackPrefs;
use crate::app::video_view::Picture;
use crate::video::player::{PlayState, Player, PlayerEvent};
use crate::video::{Source, VideoError, VideoInfo};
use crate::worker::{Background, Report};

/// What has changed since the last [`Playback::poll`].
#[derive(Clone, Debug)]
pub enum Change {
    /// The file that was being opened is shown now.
    Shown(PathBuf, VideoInfo),
    /// It cannot be shown; what was shown before still is.
    CannotOpen(String),
    /// The shown video cannot be played any further.
    Stopped(String),
}

/// Where the shown player is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Now {
    pub position_secs: f64,
    pub is_playing: bool,
    /// The sound device is missing or refuses.
    pub is_silenced: bool,
}

/// Owns the players.
pub struct Playback {
    shown: Option<Shown>,
    opening: Option<Opening>,
    pub picture: Picture,
    ctx: egui::Context,
}

struct Shown {
    source: Source,
    player: Player,
    is_silenced: bool,
}

struct Opening {
    path: PathBuf,
    stage: Stage,
}

enum Stage {
    /// Asking the file system about the file: it may be on a slow disk.
    Looking(Background<Result<(Source, Player), VideoError>>),
    /// Waiting for the first frame.
    Preparing(Shown),
}

impl Playback {
    pub fn new(ctx: &egui::Context) -> Self {
        Self {
            shown: None,
            opening: None,
            picture: Picture::default(),
            ctx: ctx.clone(),
        }
    }

    /// Begins to open a file; a file that was being opened before is given up.
    ///
    /// # Errors
    /// When the system gives no thread, in one sentence.
    pub fn open(&mut self, path: &Path) -> Result<(), String> {
        self.opening = None;
        let target = path.to_owned();
        let (ctx, player_ctx) = (self.ctx.clone(), self.ctx.clone());
        let wake = move || ctx.request_repaint();
        let work = Background::start("opening", wake, move |reporter| {
            reporter.say(Source::open(&target).and_then(|source| {
                let player = Player::new(&source, move || player_ctx.request_repaint())?;
                Ok((source, player))
            }));
        })
        .map_err(|error| format!("{} cannot be opened now: {error}", path.display()))?;
        self.opening = Some(Opening {
            path: path.to_owned(),
            stage: Stage::Looking(work),
        });
        Ok(())
    }

    /// Shows nothing any more, and opens nothing.
    pub fn close(&mut self) {
        self.opening = None;
        self.shown = None;
        self.picture.clear();
    }

    /// Takes in frames and events: where the shown player is, and what has changed. A player that
    /// is shown from now on plays as `prefs` say.
    pub fn poll(&mut self, prefs: PlaybackPrefs) -> (Option<Now>, Vec<Change>) {
        let mut changes = Vec::new();
        if let Some(opening) = self.opening.take() {
            changes.extend(self.poll_opening(opening, prefs));
        }
        let Some(shown) = &mut self.shown else {
            return (None, changes);
        };
        for event in shown.player.poll() {
            match event {
                PlayerEvent::Error(error) => changes.push(Change::Stopped(error.to_string())),
                PlayerEvent::NoSound(reason) => shown.silence(&reason),
                PlayerEvent::Ready(_) => {}
            }
        }
        if let Some(frame) = shown.player.take_frame() {
            self.picture.show(frame);
        }
        let now = Now {
            position_secs: shown.player.position_secs(),
            is_playing: shown.player.state() == PlayState::Playing,
            is_silenced: shown.is_silenced,
        };
        (Some(now), changes)
    }

    fn poll_opening(&mut self, opening: Opening, prefs: PlaybackPrefs) -> Option<Change> {
        let Opening { path, stage } = opening;
        let mut opened = match stage {
            Stage::Looking(work) => match work.reports().pop() {
                None => {
                    let stage = Stage::Looking(work);
                    self.opening = Some(Opening { path, stage });
                    return None;
                }
                Some(Report::Said(Ok((source, player)))) => Shown {
                    source,
                    player,
                    is_silenced: false,
                },
                Some(Report::Said(Err(error))) => {
                    return Some(Change::CannotOpen(error.to_string()));
                }
                Some(Report::Crashed(message)) => return Some(Change::CannotOpen(message)),
            },
            Stage::Preparing(opened) => opened,
        };
        let mut ready = None;
        for event in opened.player.poll() {
            match event {
                PlayerEvent::Ready(info) => ready = Some(info),
                PlayerEvent::NoSound(reason) => opened.silence(&reason),
                PlayerEvent::Error(error) => return Some(Change::CannotOpen(error.to_string())),
            }
        }
        let Some(info) = ready else {
            let stage = Stage::Preparing(opened);
            self.opening = Some(Opening { path, stage });
            return None;
        };
        opened.player.set_volume(prefs.volume);
        opened.player.set_muted(prefs.is_muted);
        if prefs.speed != 1.0 {
            opened.player.set_speed(prefs.speed);
        }
        self.picture.clear();
        self.shown = Some(opened);
        Some(Change::Shown(path, info))
    }

    /// The file that is shown.
    pub fn source(&self) -> Option<&Source> {
        self.shown.as_ref().map(|shown| &shown.source)
    }

    /// Tells the shown player what to do; without one there is nothing to do.
    pub fn obey(&self, order: Order) {
        let Some(Shown { player, .. }) = &self.shown else {
            return;
        };
        match order {
            Order::Toggle => player.toggle(),
            Order::Play => player.play(),
            Order::Pause => player.pause(),
            Order::Seek(time_secs) => player.seek_accurate(time_secs),
            Order::Scrub(time_secs) => player.scrub(time_secs),
            Order::Step(n_frames) => player.step(n_frames),
            Order::Speed(speed) => player.set_speed(speed),
            Order::Volume(volume) => player.set_volume(volume),
            Order::Muted(is_muted) => player.set_muted(is_muted),
            Order::Loop(span) => player.loop_span(span),
        }
    }

    /// Whether another frame or position is expected although the user does nothing.
    pub fn is_moving(&self) -> bool {
        let is_moving =
            |player: &Player| player.state() == PlayState::Playing || player.is_seeking();
        self.shown
            .as_ref()
            .is_some_and(|shown| is_moving(&shown.player))
    }

    /// Whether the frame that was asked for is not there yet.
    pub fn is_seeking(&self) -> bool {
        self.shown
            .as_ref()
            .is_some_and(|shown| shown.player.is_seeking())
    }
}

impl Shown {
    fn silence(&mut self, reason: &str) {
        log::info!("no sound: {reason}");
        self.is_silenced = true;
    }
}
