//! Drives the real window: real GStreamer, real worker, real model, the demo video.
//!
//! `drive` holds what a person would do with hands and eyes; the other files are what they do.

mod broken;
mod controls;
mod drive;
mod finding;
mod gate;
mod indexing;
mod keyboard;
mod pictures;
mod prompted;
mod smoke;
mod speed;
mod teaching;
