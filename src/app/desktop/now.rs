//! What the desktop is told of the window.

use std::path::PathBuf;

use crate::app::session::Session;

/// All but the position, which changes all the time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NowPlaying {
    pub track: Option<Track>,
    pub is_playing: bool,
    /// 1 is normal.
    pub speed: f64,
    /// 0…1; 0 where it is muted.
    pub volume: f64,
    pub is_fullscreen: bool,
    /// Whether a moment lies behind or before the playhead.
    pub has_next: bool,
    pub has_previous: bool,
}

/// The open video.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Another one for each video that is opened.
    pub id: u64,
    pub path: PathBuf,
    pub title: String,
    pub duration_secs: f64,
}

impl NowPlaying {
    pub fn of(session: &Session) -> Self {
        let prefs = session.prefs();
        let playback = session.playback();
        let now_secs = playback.position_secs;
        Self {
            track: session.video().map(|video| Track {
                id: video.id.0,
                path: std::path::absolute(&video.path).unwrap_or_else(|_| video.path.clone()),
                title: video.name(),
                duration_secs: video.duration_secs,
            }),
            is_playing: playback.is_playing && session.video().is_some(),
            speed: prefs.speed,
            volume: if prefs.is_muted { 0.0 } else { prefs.volume },
            is_fullscreen: session.view().is_fullscreen,
            has_next: session.moment_after(now_secs).is_some(),
            has_previous: session.moment_before(now_secs).is_some(),
        }
    }
}
