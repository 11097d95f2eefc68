//! Manners towards the desktop: the screen stays lit while a video plays, the keys for media and the
//! desktop's own controls reach it, and files are asked for with the desktop's dialogs.
//!
//! ```text
//! App ── NowPlaying ─▶ thread "desktop" ─┬─▶ MPRIS: properties, signals
//!  ▲                                     └─▶ ScreenSaver, or the portal
//!  └── Action ◀── MPRIS: methods
//! ```
//! On Linux all of it goes over the message bus of the session; where there is none, or nobody on it
//! answers, the window works without. Elsewhere only the dialogs are the system's.

pub mod dialogs;
pub mod file_manager;
mod now;
mod request;

#[cfg(all(unix, not(target_os = "macos")))]
mod file_chooser;
#[cfg(all(unix, not(target_os = "macos")))]
mod inhibit;
#[cfg(all(unix, not(target_os = "macos")))]
mod link;
#[cfg(all(unix, not(target_os = "macos")))]
mod mpris;
#[cfg(all(unix, not(target_os = "macos")))]
mod told;

pub use now::NowPlaying;

#[cfg(all(unix, not(target_os = "macos")))]
pub use link::Link;

/// No desktop here speaks to programs over a message bus.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub struct Link;

#[cfg(not(all(unix, not(target_os = "macos"))))]
impl Link {
    /// # Errors
    /// None.
    pub fn join(
        _bus: Option<&str>,
        _wake: impl Fn() + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        Ok(Self)
    }

    pub fn tell(&mut self, _now: NowPlaying, _position_secs: f64) {}

    pub fn wishes(&self) -> Vec<crate::app::action::Action> {
        Vec::new()
    }
}
