//! What the window has to do with the desktop around it.

use std::io;

use wgpu::rwh::{HasWindowHandle as _, RawWindowHandle};

use crate::app::desktop::{Link, NowPlaying};
use crate::app::file_watch::FileWatch;
use crate::app::window::App;

/// How the desktop's dialogs name the window that they belong to; empty where that is not known.
pub fn parent_of_dialogs(creation: &eframe::CreationContext<'_>) -> String {
    match creation.window_handle().map(|handle| handle.as_raw()) {
        Ok(RawWindowHandle::Xlib(window)) => format!("x11:{:x}", window.window),
        Ok(RawWindowHandle::Xcb(window)) => format!("x11:{:x}", window.window),
        _ => String::new(),
    }
}

/// winit does not take files that are dropped on a window of Wayland.
pub fn brings_no_drops(creation: &eframe::CreationContext<'_>) -> bool {
    let handle = creation.window_handle().map(|handle| handle.as_raw());
    matches!(handle, Ok(RawWindowHandle::Wayland(_)))
}

impl App {
    /// Speaks to the desktop from now on: over the bus of the session, or over the one at this address.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn join_desktop(&mut self, ctx: &egui::Context, bus: Option<&str>) -> io::Result<()> {
        self.dialogs.use_bus(bus);
        let ctx = ctx.clone();
        self.desktop = Some(Link::join(bus, move || ctx.request_repaint())?);
        Ok(())
    }

    /// Does what was asked for over the bus, and tells how things are now.
    pub(super) fn take_wishes(&mut self, ctx: &egui::Context) {
        let wishes = self.desktop.as_ref().map(Link::wishes);
        for action in wishes.into_iter().flatten() {
            self.perform(ctx, action);
        }
        if let Some(desktop) = &mut self.desktop {
            let position_secs = self.session.playback().position_secs;
            desktop.tell(NowPlaying::of(&self.session), position_secs);
        }
    }

    /// Notices from now on if the file that is shown grows.
    pub(super) fn watch_file(&mut self, ctx: &egui::Context) {
        let path = self.session.video().map(|video| video.path.clone());
        self.file_watch = path.and_then(|path| FileWatch::start(ctx, path).ok());
    }

    pub(super) fn look_at_file(&mut self) {
        if self.file_watch.as_ref().is_some_and(FileWatch::has_grown) {
            self.file_watch = None;
            self.session.note_grown();
        }
    }
}
