//! Playback for the window: pictures as planes for the GPU, sound through the system.
//!
//! ```text
//! UI thread   Player ── Command ──▶ thread "player" ──▶ playbin ─┬─ appsink ──▶ latest frame, wake()
//!                ▲                        ▲                      └─ scaletempo ! autoaudiosink
//!                └── shared state, events ┴─ bus messages ◀──────────┘
//! ```
//!
//! No method of `Player` waits: commands go to the thread that owns the pipeline, and what comes
//! back (the newest frame, the position, events) is in shared state. Times are as the sampler's:
//! zero is the first frame of the video.

mod control;
pub(super) mod frame;
mod motion;
mod pipeline;
pub(super) mod player;
mod playhead;
mod seek;
pub(super) mod shared;
mod sound;
mod stepping;
