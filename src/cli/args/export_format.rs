//! In which form moments are exported.

use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::export::{FORMATS, FileFormat};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One file with all moments.
    File(FileFormat),
    /// Every moment as a video file of its own.
    Cuts,
}

impl ExportFormat {
    /// `None` for cuts, which are many files.
    pub fn of_file(self) -> Option<FileFormat> {
        match self {
            Self::File(format) => Some(format),
            Self::Cuts => None,
        }
    }
}

/// Every format of a file, then cuts.
static EXPORT_FORMATS: LazyLock<Vec<ExportFormat>> = LazyLock::new(|| {
    let files = FORMATS.iter().copied().map(ExportFormat::File);
    files.chain([ExportFormat::Cuts]).collect()
});

impl ValueEnum for ExportFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &EXPORT_FORMATS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::File(format) => PossibleValue::new(format.name).help(format.about),
            Self::Cuts => PossibleValue::new("cuts").help(
                "Every moment as a video file of its own, not re-encoded, so it begins with the \
                 key frame before the moment",
            ),
        })
    }
}
