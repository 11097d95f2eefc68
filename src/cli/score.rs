//! `vcl score`: the official evaluator on two files.

use crate::cli::args::{ScoreArgs, ScoreFormat};
use crate::cli::output;
use crate::eval::{read_annotations, read_predictions, score};

pub fn run(args: &ScoreArgs) -> anyhow::Result<()> {
    let truth = read_annotations(&args.truth)?;
    let predictions = read_predictions(&args.predictions)?;
    let metrics = score(&truth, &predictions)?;
    output::print(&match args.format {
        ScoreFormat::Table => format!("{metrics}\n"),
        ScoreFormat::Json => metrics.to_json()? + "\n",
    })
}
