//! What can be wrong between us and a server.

use std::io;

#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{message}")]
    Server {
        /// Five letters of the standard: what kind of complaint it is.
        code: String,
        message: String,
    },
    #[error("{0}")]
    Refused(String),
    #[error("the server does not speak as PostgreSQL does")]
    Nonsense,
}
