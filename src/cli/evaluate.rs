//! `vcl evaluate`: the paper's table on a data set, and official prediction files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::cli::args::{EvaluateArgs, GlobalArgs, ScoreFormat};
use crate::cli::paper::{self, Measured};
use crate::cli::{detector, output, train};
use crate::domain::Annotation;
use crate::engine::{FeatureFolders, NamedDetector};
use crate::eval::{Metrics, Prediction, predictions_jsonl, read_annotations_with, score};
use crate::find::Way;
use crate::store::check_target;

pub fn run(global: &GlobalArgs, args: &EvaluateArgs) -> anyhow::Result<()> {
    if let Some(path) = &args.predictions {
        args.data.check_target(global, path)?;
        let detectors: Vec<&Path> = args.detector.iter().map(PathBuf::as_path).collect();
        check_target(path, &detectors)?;
    }
    let mut table = Table::default();
    match &args.text_features {
        Some(text) => measure_features(args, text, &mut table)?,
        None => measure_videos(global, args, &mut table)?,
    }
    if let Some(path) = &args.predictions {
        output::write(path, predictions_jsonl(&table.written)?.as_bytes())?;
    }
    let rows = &table.rows;
    output::print(&match args.format {
        ScoreFormat::Table if args.paper_tables => {
            let measured = rows.iter().map(|row| Measured {
                method: &row.method,
                name: &row.name,
                metrics: &row.metrics,
            });
            paper::tables(&measured.collect::<Vec<_>>()) + &rules(rows)
        }
        ScoreFormat::Table => to_text(rows) + &rules(rows),
        ScoreFormat::Json => {
            let rows = rows.iter().map(|row| {
                let metrics = row.metrics.to_json_with_further()?;
                let metrics: Value = serde_json::from_str(&metrics)?;
                Ok(json!({"name": row.name, "moment_rule": row.rule, "metrics": metrics}))
            });
            let rows = rows.collect::<serde_json::Result<Vec<_>>>()?;
            serde_json::to_string_pretty(&rows)? + "\n"
        }
    })
}

/// The model's own features: zero-shot, a prompt, and detectors that were trained on such.
fn measure_videos(
    global: &GlobalArgs,
    args: &EvaluateArgs,
    table: &mut Table,
) -> anyhow::Result<()> {
    let mut engine = global.open_engine_for_research()?;
    let taught = global.taught_way(&engine)?;
    let folder = detector::folder()?;
    let detectors = args.detector.iter();
    let detectors = detectors.map(|name| engine.get().detector(&folder, name));
    let detectors: Vec<_> = detectors.collect::<Result<_, _>>()?;
    let dataset = train::load(&mut engine, &args.data)?;
    let mut ways = vec![("zero-shot".to_owned(), Way::default())];
    ways.extend(taught);
    for path in &args.with_prompt {
        let (name, prompt) = engine.get().prompt_file(path)?;
        ways.push((name, prompt.into()));
    }
    for (name, way) in ways {
        let predictions =
            engine.work(|engine| dataset.predict(engine, &way, args.main_moments_only))?;
        let rule = format!("{}, as published", way.detector().rule_of_windows());
        let method = match way.prompt() {
            None => "CLIP".to_owned(),
            Some(prompt) => format!("VCL, {} shots", prompt.metadata.training.n_queries),
        };
        table.add(method, name, rule, &dataset.annotations, predictions)?;
    }
    for named in &detectors {
        let predictions = engine.work(|engine| dataset.predict_with(engine, &named.detector))?;
        table.add_detector(named, &dataset.annotations, predictions)?;
    }
    Ok(())
}

/// Features of any networks in files, for detectors alone.
fn measure_features(args: &EvaluateArgs, text: &Path, table: &mut Table) -> anyhow::Result<()> {
    let folder = detector::folder()?;
    let detectors = args.detector.iter();
    let detectors = detectors.map(|name| NamedDetector::load(&folder, name));
    let detectors: Vec<_> = detectors.collect::<Result<_, _>>()?;
    let read = read_annotations_with(&args.data.data, args.data.tolerance())?;
    let annotations = output::told(read);
    let features = FeatureFolders {
        video: args.data.videos.features.clone(),
        text: text.to_owned(),
        rows_per_clip: args.data.rows_per_clip(),
    };
    for named in &detectors {
        let bar = ProgressBar::new(annotations.len() as u64);
        let predictions = features.predict(&annotations, &named.detector, |n| {
            bar.set_position(n as u64);
        });
        bar.finish_and_clear();
        table.add_detector(named, &annotations, predictions?)?;
    }
    Ok(())
}

/// What was measured.
#[derive(Default)]
struct Table {
    rows: Vec<Row>,
    /// The file holds the predictions of the last row.
    written: Vec<Prediction>,
}

/// One way to answer, and how good it is.
struct Row {
    /// As the paper calls it.
    method: String,
    name: String,
    /// What made the moments: that of the protocol, not that of the window.
    rule: String,
    metrics: Metrics,
}

impl Table {
    fn add(
        &mut self,
        method: String,
        name: String,
        rule: String,
        truth: &[Annotation],
        predictions: Vec<Prediction>,
    ) -> anyhow::Result<()> {
        self.rows.push(Row {
            method,
            name,
            rule,
            metrics: score(truth, &predictions)?,
        });
        self.written = predictions;
        Ok(())
    }

    fn add_detector(
        &mut self,
        named: &NamedDetector,
        truth: &[Annotation],
        predictions: Vec<Prediction>,
    ) -> anyhow::Result<()> {
        let kind = named.detector.info().kind.title();
        let rule = format!("the proposals of {kind}, as its official inference writes them");
        self.add(
            kind.to_owned(),
            named.name.clone(),
            rule,
            truth,
            predictions,
        )
    }
}

/// The columns of the paper; highlights at Very Good.
fn to_text(rows: &[Row]) -> String {
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
    out
}

fn rules(rows: &[Row]) -> String {
    let lines = rows.iter();
    let lines = lines.map(|row| {
        format!(
            "{}: moments by {}; searches show others\n",
            row.name, row.rule
        )
    });
    lines.collect()
}
