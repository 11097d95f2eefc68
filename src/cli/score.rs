//! `vcl score`: the official evaluator on two files.

use crate::cli::args::{ScoreArgs, ScoreFormat};
use crate::cli::output;
use crate::eval::{Tolerance, read_annotations_with, read_predictions, score};

pub fn run(args: &ScoreArgs) -> anyhow::Result<()> {
    // A line that is left out would leave its prediction without a truth.
    let tolerance = if args.strict {
        Tolerance::Strict
    } else {
        Tolerance::MendWindows
    };
    let truth = output::told(read_annotations_with(&args.truth, tolerance)?);
    let predictions = read_predictions(&args.predictions)?;
    let metrics = score(&truth, &predictions)?;
    output::print(&match args.format {
        ScoreFormat::Table => format!("{metrics}\n"),
        ScoreFormat::Json => metrics.to_json_with_further()? + "\n",
    })
}
