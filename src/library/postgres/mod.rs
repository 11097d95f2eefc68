//! A library in PostgreSQL, for several machines: the same tables as in SQLite, and the embeddings beside
//! them instead of a matrix of its own on each machine.
//!
//! ```text
//! address ─▶ Client (the wire, TLS, password) ─▶ Dialect (tables, vectors) ─▶ SharedCatalogue, SharedRows
//! ```
//! Paths are those that all machines know. Which machine takes which video is decided by a lock on its row
//! (`FOR UPDATE SKIP LOCKED`); what a machine was at that has not been heard of for a minute waits again.

mod address;
mod catalogue;
mod channel;
mod client;
mod dialect;
mod error;
mod rows;
mod scram;
mod tls;
mod words;
mod work;

pub use address::Address;
pub use catalogue::SharedCatalogue;
pub use error::PostgresError;
pub use rows::SharedRows;
