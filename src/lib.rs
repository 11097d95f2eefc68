//! # vcl: find the moment in a video
//!
//! A user opens a video, says in words what they look for, and sees where it happens. This is the
//! Visual Context Learner: a frozen CLIP scores one frame per 2-second clip against the words; where
//! the scores are wrong, a few learned context vectors and a tiny moment head are taught from labels.
//!
//! ```text
//! video file ─▶ sampler ─▶ SampledFrame (one per clip) ─▶ preprocess [batch, 3, size, size]
//!    ─▶ image encoder [batch, dim] ─▶ Embeddings [n_clips, dim]  (L2-normalised, cached on disk)
//! query (or tuned prompt) ─▶ text encoder ─▶ UnitVector [dim] ─┐
//!                              Embeddings · UnitVector ────────┴▶ Answer: SaliencyCurve [n_clips] ─▶ highlight = argmax
//!                                                                      └▶ Detector ─▶ Moments ─▶ timeline
//! labels + Embeddings ─▶ training ─▶ Prompt (context vectors, calibration, moment head)
//! ```
//!
//! Data flows one way. The modules below stand in dependency order; what matters is what is absent:
//! [`domain`] knows no file, thread or tensor; [`video`], [`model`], [`store`], [`eval`] and
//! [`export`] never name each other, with one exception: [`export`] has [`video`] cut films.
//! [`find`], how a query becomes a curve and moments, is arithmetic over [`domain`] and [`model`].
//! [`library`], all videos of a user found together, sits on [`engine`] and asks it for everything
//! that a single video needs. GStreamer is named only in [`video`], egui only in [`app`], burn only in
//! [`model`], [`learn`] and [`engine`], SQLite only in [`library`]; [`worker`] and [`cli`] sit on these
//! and do not know of each other; the window, [`app`], sits on [`worker`]. `tests/architecture/` checks all of this, and `docs/DESIGN.md` has the
//! reasons and how many files a new thing takes.

pub mod domain;

pub mod eval;
pub mod export;
pub mod model;
pub mod store;
pub mod video;

pub mod find;

pub mod learn;

pub mod engine;

pub mod library;

pub mod worker;

pub mod app;
pub mod cli;
