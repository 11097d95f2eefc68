//! The players behind the picture: the one that is shown, and one that is being opened.
//!
//! A file is opened beside the video that plays and takes its place only when its first frame is
//! there, so a broken file costs nothing but a notice.

use std::path::{Path, PathBuf};

use crate::app::session::PlaybackState;
use crate::app::video_view::Picture;
use crate::domain::TimeSpan;
use crate::video::VideoInfo;
use crate::video::player::{PlayState, Player, PlayerEvent};

/// What [`Playback::poll`] has to tell.
#[derive(Clone, Debug)]
pub enum News {
    /// The file that was being opened is shown now.
    Shown(PathBuf, VideoInfo),
    /// It cannot be; what was shown before still is.
    CannotOpen(String),
    /// The shown video cannot be played any further.
    Stopped(String),
}

/// Owns the players.
pub struct Playback {
    shown: Option<Player>,
    opening: Option<(PathBuf, Player)>,
    pub picture: Picture,
    /// The sound device is missing or refuses; said once in the log.
    pub has_sound: bool,
    ctx: egui::Context,
}

impl Playback {
    pub fn new(ctx: &egui::Context) -> Self {
        Self {
            shown: None,
            opening: None,
            picture: Picture::default(),
            has_sound: true,
            ctx: ctx.clone(),
        }
    }

    /// Begins to open a file; a file that was being opened before is given up.
    ///
    /// # Errors
    /// What is wrong with it at first sight, in one sentence.
    pub fn open(&mut self, path: &Path) -> Result<(), String> {
        self.opening = None;
        let ctx = self.ctx.clone();
        let player =
            Player::open(path, move || ctx.request_repaint()).map_err(|error| error.to_string())?;
        self.opening = Some((path.to_owned(), player));
        Ok(())
    }

    /// Takes in frames and events; `state` then says what the player does.
    pub fn poll(&mut self, state: &mut PlaybackState) -> Vec<News> {
        let mut news = Vec::new();
        self.poll_opening(state, &mut news);
        let Some(player) = &self.shown else {
            return news;
        };
        for event in player.poll() {
            match event {
                PlayerEvent::Error(error) => news.push(News::Stopped(error.to_string())),
                PlayerEvent::NoSound(reason) => {
                    log::info!("no sound: {reason}");
                    self.has_sound = false;
                }
                PlayerEvent::Ready(_) => {}
            }
        }
        if let Some(frame) = player.take_frame() {
            self.picture.show(frame);
        }
        state.is_playing = player.state() == PlayState::Playing;
        state.position_secs = player.position_secs();
        news
    }

    fn poll_opening(&mut self, state: &mut PlaybackState, news: &mut Vec<News>) {
        let Some((path, player)) = self.opening.take() else {
            return;
        };
        for event in player.poll() {
            match event {
                PlayerEvent::Ready(info) => {
                    player.set_volume(state.volume);
                    player.set_muted(state.is_muted);
                    if state.speed != 1.0 {
                        player.set_speed(state.speed);
                    }
                    self.picture.clear();
                    self.has_sound = true;
                    self.shown = Some(player);
                    news.push(News::Shown(path, info));
                    return;
                }
                PlayerEvent::Error(error) => {
                    news.push(News::CannotOpen(error.to_string()));
                    return;
                }
                PlayerEvent::NoSound(_) => {}
            }
        }
        self.opening = Some((path, player));
    }

    /// Whether another frame or position is expected without anybody doing anything.
    pub fn is_moving(&self) -> bool {
        self.shown
            .as_ref()
            .is_some_and(|player| player.state() == PlayState::Playing || player.is_seeking())
    }

    /// Whether the frame that was asked for is not there yet.
    pub fn is_seeking(&self) -> bool {
        self.shown.as_ref().is_some_and(Player::is_seeking)
    }

    pub fn toggle(&self) {
        self.with(Player::toggle);
    }

    pub fn play(&self) {
        self.with(Player::play);
    }

    pub fn seek(&self, time_secs: f64) {
        self.with(|player| player.seek_accurate(time_secs));
    }

    pub fn scrub(&self, time_secs: f64) {
        self.with(|player| player.scrub(time_secs));
    }

    pub fn step(&self, n_frames: i32) {
        self.with(|player| player.step(n_frames));
    }

    pub fn set_speed(&self, speed: f64) {
        self.with(|player| player.set_speed(speed));
    }

    pub fn set_volume(&self, volume: f64) {
        self.with(|player| player.set_volume(volume));
    }

    pub fn set_muted(&self, is_muted: bool) {
        self.with(|player| player.set_muted(is_muted));
    }

    pub fn set_loop(&self, span: Option<TimeSpan>) {
        self.with(|player| player.loop_span(span));
    }

    fn with(&self, act: impl FnOnce(&Player)) {
        if let Some(player) = &self.shown {
            act(player);
        }
    }
}
