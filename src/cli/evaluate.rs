//! `vcl evaluate`: the paper's table on a data set, and official prediction files.

use std::fmt::Write as _;

use serde_json::json;

use crate::cli::args::{EvaluateArgs, GlobalArgs, ScoreFormat};
use crate::cli::{output, train};
use crate::eval::{Metrics, Prediction, predictions_jsonl, score};
use crate::find::Way;

pub fn run(global: &GlobalArgs, args: &EvaluateArgs) -> anyhow::Result<()> {
    if let Some(path) = &args.predictions {
        args.data.check_target(global, path)?;
    }
    let mut engine = global.open_engine_for_research()?;
    let taught = global.taught_way(&engine)?;
    let dataset = train::load(&mut engine, &args.data)?;
    let mut ways = vec![("zero-shot".to_owned(), Way::default())];
    ways.extend(taught);
    let mut rows: Vec<Row> = Vec::new();
    // The file holds the predictions of the last way.
    let mut written: Vec<Prediction> = Vec::new();
    for (name, way) in ways {
        written = engine.work(|engine| dataset.predict(engine, &way, args.main_moments_only))?;
        rows.push(Row {
            name,
            rule: way.detector().rule_of_windows(),
            metrics: score(&dataset.annotations, &written)?,
        });
    }
    if let Some(path) = &args.predictions {
        output::write(path, predictions_jsonl(&written)?.as_bytes())?;
    }
    output::print(&match args.format {
        ScoreFormat::Table => table(&rows),
        ScoreFormat::Json => {
            let rows = rows.iter().map(
                |row| json!({"name": row.name, "moment_rule": row.rule, "metrics": row.metrics}),
            );
            serde_json::to_string_pretty(&rows.collect::<Vec<_>>())? + "\n"
        }
    })
}

/// One way to answer, and how good it is.
struct Row {
    name: String,
    /// What made the moments: that of the protocol, not that of the window.
    rule: &'static str,
    metrics: Metrics,
}

/// The columns of the paper; highlights at Very Good.
fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut out = String::new();
    let titles = [
        "HIT@1", "HL mAP", "R1@0.5", "R1@0.7", "mAP@0.5", "mAP@0.75", "mAP avg",
    ];
    let _ = write!(out, "{:width$}", "");
    for title in titles {
        let _ = write!(out, "  {title:>8}");
    }
    out.push('\n');
    for Row { name, metrics, .. } in rows {
        let highlights = metrics.highlights.as_ref().map(|h| h.very_good);
        let moments = metrics.moments.as_ref().and_then(|m| m.full);
        let values = [
            highlights.map(|h| h.hit1),
            highlights.map(|h| h.map),
            moments.map(|m| m.r1_at_50()),
            moments.map(|m| m.r1_at_70()),
            moments.map(|m| m.map_at_50()),
            moments.map(|m| m.map_at_75()),
            moments.map(|m| m.map_average),
        ];
        let _ = write!(out, "{name:width$}");
        for value in values {
            let _ = match value {
                Some(value) => write!(out, "  {value:>8.2}"),
                None => write!(out, "  {:>8}", "-"),
            };
        }
        out.push('\n');
    }
    for Row { name, rule, .. } in rows {
        let _ = writeln!(
            out,
            "{name}: moments by {rule}, as published; searches show others"
        );
    }
    out
}
