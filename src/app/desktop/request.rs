//! What a file dialog is asked, and what it says.

use std::ffi::OsString;
use std::path::PathBuf;

/// What a dialog says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Path(PathBuf),
    Closed,
    /// It could not be shown, or has ended by itself.
    #[cfg_attr(
        any(windows, target_os = "macos"),
        allow(dead_code, reason = "these have one")
    )]
    Impossible,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Open,
    Save,
    Folder,
}

/// What to ask.
#[derive(Clone, Debug)]
pub struct Request {
    pub kind: Kind,
    pub title: &'static str,
    /// The window that asks, as the portal names it: `x11:1c00007`; empty where that is not known.
    pub parent: String,
    /// One that exists.
    pub folder: Option<PathBuf>,
    pub name: Option<OsString>,
    /// A name and extensions.
    pub filters: Vec<(&'static str, Vec<&'static str>)>,
}
