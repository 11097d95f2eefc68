//! What is done to moments before they are printed or written.

use clap::ValueEnum;

use super::values::{parse_padding, parse_secs};
use crate::domain::{MomentOrder, Shaping};

/// Editing of moments, the same for all that was found.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Editing")]
pub struct ShapingArgs {
    /// So many seconds more before and after each moment; what then overlaps is joined
    #[arg(long, value_name = "BEFORE[,AFTER]", value_parser = parse_padding)]
    pub pad: Option<(f64, f64)>,

    /// Moments are at least so many seconds long: shorter ones grow to both sides
    #[arg(long, value_name = "SECS", value_parser = parse_secs)]
    pub min_length: Option<f64>,

    /// Moments with at most so many seconds between them become one
    #[arg(long, value_name = "SECS", value_parser = parse_secs)]
    pub join_gap: Option<f64>,

    /// Look closer at the edges of moments, with a few frames of each, and put them where the picture
    /// changes if it does; usual for cuts
    #[arg(long, overrides_with = "no_refine")]
    pub refine: bool,

    /// Leave the edges at whole clips of two seconds
    #[arg(long)]
    pub no_refine: bool,

    /// How moments follow each other; else by time in edit lists, and the best first elsewhere
    #[arg(long, value_enum)]
    pub order: Option<OrderArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderArg {
    /// As in the video, video after video
    Time,
    /// The best first
    Score,
}

impl From<OrderArg> for MomentOrder {
    fn from(arg: OrderArg) -> Self {
        match arg {
            OrderArg::Time => Self::Time,
            OrderArg::Score => Self::Score,
        }
    }
}

impl ShapingArgs {
    pub fn shaping(&self) -> Shaping {
        let (before_secs, after_secs) = self.pad.unwrap_or_default();
        Shaping {
            before_secs,
            after_secs,
            least_secs: self.min_length.unwrap_or_default(),
            join_gap_secs: self.join_gap,
        }
    }

    pub fn order(&self) -> Option<MomentOrder> {
        self.order.map(MomentOrder::from)
    }

    /// Whether the edges are looked at, given whether that is usual.
    pub fn refines(&self, is_usual: bool) -> bool {
        self.refine || (is_usual && !self.no_refine)
    }

    pub fn is_given(&self) -> bool {
        self.order.is_some() || self.refine || self.no_refine || !self.shaping().is_nothing()
    }
}
