//! The window. The only place that names egui.
//!
//! ```text
//! worker events, player, jobs ─▶ Session ─▶ panels(&Session) ─▶ Actions ─▶ Session::perform ─▶ Effects
//! ```
//! [`session::Session`] is what the user sees, as plain data. Panels are functions of it and of
//! their own view state; what the user does comes back as [`action::Action`]s. The session does
//! them and says with [`effect::Effect`]s what must happen elsewhere; [`App`] carries these out.
//!
//! Nothing here waits: models and videos are the business of the worker's thread, pictures are
//! decoded by the player's, and files are read and written on threads of their own.

pub mod action;
mod colours;
mod demo;
pub mod desktop;
pub mod effect;
mod file_watch;
mod fonts;
mod frame_times;
mod icons;
mod jobs;
mod keys;
mod layout;
mod panels;
mod pictures;
mod playback;
mod query_title;

pub mod session;
mod settings;
mod shot;
mod theme;
mod thumbnails;
mod timeline;
mod video_view;
mod widgets;
mod window;
mod wish;

use anyhow::{anyhow, bail};
use resvg::tiny_skia;

use crate::domain::{APP_ID, icon};
use crate::engine::LaunchOptions;

pub use action::Action;
pub use frame_times::Summary as FrameTimeSummary;
pub use settings::{PlaybackPrefs, Settings, Theme};
pub use window::App;

use settings::MIN_WINDOW;

/// Set to anything, it prints how long drawing took when the window is closed.
const FRAME_TIMES_VARIABLE: &str = "VCL_FRAME_TIMES";

/// Opens the window and returns when it is closed.
///
/// # Errors
/// When there is no display, no way to draw on it, or no thread for the worker.
pub fn run(options: LaunchOptions) -> anyhow::Result<()> {
    if !has_display() {
        bail!("{NO_DISPLAY}");
    }
    let settings = Settings::load(&options.paths);
    let native_options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_app_id(APP_ID)
            .with_icon(window_icon())
            .with_title("vcl")
            .with_inner_size(settings.window_size)
            .with_min_inner_size(MIN_WINDOW)
            .with_drag_and_drop(true),
        // The window brings its own.
        system_font_fallback: false,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "vcl",
        native_options,
        Box::new(|creation| {
            let mut app = App::new(creation, options)?;
            if let Err(error) = app.join_desktop(&creation.egui_ctx, None) {
                log::warn!("no thread to speak to the desktop: {error}");
            }
            app.prints_frame_times = std::env::var_os(FRAME_TIMES_VARIABLE).is_some();
            Ok(Box::new(app))
        }),
    )
    .map_err(|error| match error {
        // Their text names source files of the machine that this was built on.
        eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => {
            log::debug!("{error}");
            anyhow!("{NO_DISPLAY}")
        }
        error => anyhow!("the window cannot be opened ({error}); `vcl search` works without one"),
    })
}

/// What task bars show that find no desktop entry.
fn window_icon() -> egui::IconData {
    const SIZE: u32 = 128;
    let rgba = icon(SIZE).map(tiny_skia::Pixmap::take_demultiplied);
    egui::IconData {
        width: SIZE,
        height: SIZE,
        rgba: rgba.unwrap_or_else(|| vec![0; (4 * SIZE * SIZE) as usize]),
    }
}

const NO_DISPLAY: &str =
    "there is no display to open a window on: use `vcl search VIDEO QUERY` without one";

fn has_display() -> bool {
    let names = ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"];
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || names.into_iter().any(is_set)
}
