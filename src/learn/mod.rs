//! Teaching: losses, matching, training.
