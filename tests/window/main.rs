//! Drives the real window: real GStreamer, real worker, real model, the demo video.
//!
//! `drive` holds what a person would do with hands and eyes; the other files are what they do.

mod broken;
mod closing;
mod controls;
#[cfg(target_os = "linux")]
mod desktop;
mod detectors;
mod drive;
#[allow(dead_code, reason = "the library's own tests need the rest")]
#[path = "../library/films.rs"]
mod films;
mod finding;
mod footage;
mod gate;
#[path = "../support/gpu.rs"]
mod gpu;
#[path = "../support/hub_server.rs"]
mod hub_server;
mod indexing;
mod keyboard;
mod kinds;
mod library;
mod library_pictures;
mod models;
mod moments;
mod pictures;
mod prompted;
mod room;
mod smoke;
mod speed;
mod taught;
mod teaching;
#[path = "../support/tiny_detector.rs"]
mod tiny_detector;
mod typing;
#[allow(unused_imports, reason = "other users of the world need them")]
#[path = "../../examples/world/world/mod.rs"]
mod world;
