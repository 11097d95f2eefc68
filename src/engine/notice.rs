//! What the user should know although everything asked for was done.

use std::fmt;

/// Each is one sentence when printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The GPU failed; the model runs on the CPU from now on.
    LeftGpu { gpu: String, reason: String },
    /// The model reads only the beginning of a query.
    QueryCut {
        /// The first characters of the query.
        beginning: String,
        n_read: usize,
        n_pieces: usize,
    },
    /// The query is in a language that the model hardly reads.
    OtherLanguage {
        /// The query, or its first characters.
        beginning: String,
        /// What it reads.
        read: &'static str,
    },
    /// Videos of a data set do not have the length that their labels say.
    OtherLengths {
        n_misfits: usize,
        n_videos: usize,
        /// The first of them, with its clips and those that the labels speak of.
        example: String,
        n_found: usize,
        n_expected: usize,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeftGpu { gpu, reason } => write!(
                f,
                "{gpu} failed ({reason}): going on with the CPU, nothing is lost"
            ),
            Self::QueryCut {
                beginning,
                n_read,
                n_pieces,
            } => write!(
                f,
                "“{beginning}…” is long: the model reads {n_read} of its {n_pieces} word pieces, \
                 so say it in fewer words"
            ),
            Self::OtherLanguage { beginning, read } => write!(
                f,
                "this model reads {read}: what it finds for “{beginning}” is little more than a \
                 guess, so say it in {}",
                if read.contains(' ') { "another" } else { read }
            ),
            Self::OtherLengths {
                n_misfits,
                n_videos,
                example,
                n_found,
                n_expected,
            } => write!(
                f,
                "{n_misfits} of {n_videos} videos have another length than their labels say, \
                 {example:?} for one: {n_found} clips of 2 s, the labels speak of {n_expected}; \
                 check that both belong together"
            ),
        }
    }
}
