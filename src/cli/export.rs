//! `vcl export`: moments as files for editors and spreadsheets.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde::Serialize;

use crate::cli::args::{ExportArgs, ExportFormat, GlobalArgs};
use crate::cli::{output, progress, search};
use crate::domain::format_timestamp;
use crate::engine::SearchOptions;
use crate::export::{self, ExportDocument, WrittenCut};
use crate::store::atomic;

pub fn run(global: &GlobalArgs, args: &ExportArgs) -> anyhow::Result<()> {
    let queries = search::parse_queries(&args.queries)?;
    if args.format == ExportFormat::Cuts {
        // Told before the work rather than after it.
        let is_free = !args.output.exists() || args.output.is_dir();
        ensure!(
            is_free,
            "{} is a file; give a folder for the cuts",
            args.output.display()
        );
    }
    let mut engine = global.open_engine()?;
    let prompt = global.load_prompt(&engine)?.map(|(_, prompt)| prompt);
    let index = progress::index_with_bar(&mut engine, &args.video)?;
    let results = search::search_all(
        &mut engine,
        &index,
        &queries,
        prompt.as_ref(),
        args.threshold,
        SearchOptions::default().n_highlights,
    )?;
    let document = index.export_document(&results)?;
    let format = match args.format {
        ExportFormat::File(format) => format,
        ExportFormat::Cuts => return write_cuts(args, &document),
    };
    let text = export::write(format, &document)?;
    atomic::write(&args.output, text.as_bytes())
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    let n_moments: usize = results.iter().map(|result| result.moments.len()).sum();
    output::print(&format!("{}: {n_moments} moments\n", args.output.display()))
}

/// The JSON that `--json` prints.
#[derive(Serialize)]
struct CutsReport<'a> {
    video: String,
    cuts: &'a [WrittenCut],
}

fn write_cuts(args: &ExportArgs, document: &ExportDocument) -> anyhow::Result<()> {
    let mut printed = Ok(());
    let cuts = export::write_cuts(document, &args.output, Arc::default(), |cut| {
        if !args.json && printed.is_ok() {
            printed = output::print(&line(cut));
        }
    })?;
    printed?;
    if args.json {
        let report = CutsReport {
            video: document.video.display().to_string(),
            cuts: &cuts,
        };
        output::print(&(serde_json::to_string_pretty(&report)? + "\n"))?;
    } else if cuts.is_empty() {
        output::print(&format!("{}: 0 moments\n", args.output.display()))?;
    }
    Ok(())
}

/// `cuts/film-01-0m12.0s-0m16.0s.mp4: 0:12.0–0:16.0, lead-in 1.52 s, lead-out 0.08 s`
fn line(cut: &WrittenCut) -> String {
    let mut line = format!(
        "{}: {}–{}, lead-in {:.2} s",
        cut.path.display(),
        format_timestamp(cut.start_secs),
        format_timestamp(cut.end_secs),
        cut.lead_in_secs
    );
    if cut.lead_out_secs >= 0.005 {
        line.push_str(&format!(", lead-out {:.2} s", cut.lead_out_secs));
    }
    line + "\n"
}
