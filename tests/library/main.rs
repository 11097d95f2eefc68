//! The library on the real program: many drawn films whose contents are known, odd files, files that
//! move, processes that meet, and kills.

mod catalogue;
mod films;
mod finding;
mod frames;
mod processes;
#[cfg(target_os = "linux")]
mod server;
#[cfg(target_os = "linux")]
mod shared;
mod spoken;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/tiny_detector.rs"]
mod tiny_detector;
mod watching;
#[allow(unused_imports, reason = "other users of the world need them")]
#[path = "../../examples/world/world/mod.rs"]
mod world;

use serde_json::Value;

use support::Outcome;

/// What a command printed as JSON; it must have succeeded.
#[track_caller]
pub fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(outcome.stdout()).expect("JSON")
}

/// Of the rows of a list, what is under this key.
pub fn column<'a>(rows: &'a Value, key: &str) -> Vec<&'a Value> {
    rows.as_array()
        .expect("rows")
        .iter()
        .map(|row| &row[key])
        .collect()
}
