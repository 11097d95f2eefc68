//! The command `detector`, and how commands are told of one.

use std::path::PathBuf;

use clap::Subcommand;

use super::values;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vcl detector add model_best.ckpt --name qd-detr
  vcl search film.mp4 \"a dog catches a frisbee\" --detector qd-detr")]
pub struct DetectorArgs {
    #[command(subcommand)]
    pub what: DetectorCommand,
}

#[derive(Debug, Subcommand)]
pub enum DetectorCommand {
    /// List the detectors that were added
    List,
    /// Keep a detector: its tensors alone, without the state of its training
    Add {
        /// The .ckpt of a Moment-DETR, QD-DETR or UniVTG, the .pth of a UMT, or a safetensors file
        /// with the same tensors
        #[arg(value_name = "FILE", value_parser = values::path())]
        file: PathBuf,
        /// What to call it; else as the file is called
        #[arg(long)]
        name: Option<String>,
    },
    /// Show kind, sizes and training of a detector
    Info {
        /// A name from `vcl detector list`, or a file
        #[arg(value_name = "NAME|FILE", value_parser = values::path())]
        name: PathBuf,
    },
    /// Forget a detector
    Remove {
        /// A name from `vcl detector list`
        name: String,
    },
}

/// Which detector finds the moments.
#[derive(Debug, clap::Args)]
pub struct DetectorChoice {
    /// Moments by a trained detector: a name from `vcl detector list`, or a file
    #[arg(long, value_name = "NAME|FILE", value_parser = values::path())]
    pub detector: Option<PathBuf>,

    /// Show the detector's own saliency as the curve, from its least (0) to its greatest (1) in this
    /// video, and its best clips as highlights
    #[arg(long, requires = "detector")]
    pub detector_curve: bool,
}
