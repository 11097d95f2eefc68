//! Synchronous orchestration: index a video, search it. Each long job is a struct with `step()`.
