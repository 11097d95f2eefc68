//! `vcl export`: moments as files for editors and spreadsheets.

use std::sync::Arc;

use anyhow::ensure;
use serde::Serialize;

use crate::cli::args::{ExportArgs, GlobalArgs};
use crate::cli::{output, progress, search};
use crate::domain::{count, format_timestamp};
use crate::engine::{PROBABLY_PRESENT, SearchOptions};
use crate::export::{self, ExportDocument, WrittenCut};
use crate::store;

pub fn run(global: &GlobalArgs, args: &ExportArgs) -> anyhow::Result<()> {
    check_output(global, args)?;
    let mut engine = global.open_engine()?;
    let prompt = global.load_prompt(&engine)?.map(|(_, prompt)| prompt);
    let index = progress::index_with_bar(&mut engine, &args.video)?;
    let mut results = search::search_all(
        &mut engine,
        &index,
        &args.queries,
        prompt.as_ref(),
        args.threshold,
        SearchOptions::default().n_highlights,
    )?;
    for result in &mut results {
        if let Some(top) = args.top {
            result.moments.truncate(usize::from(top));
        }
        if result.present < PROBABLY_PRESENT {
            log::warn!(
                "“{}” is probably not in this video ({:.0} %): what is written for it is a guess",
                result.query,
                100.0 * result.present
            );
        }
    }
    let document = index.export_document(&results);
    let Some(format) = args.format.of_file() else {
        return write_cuts(args, &document);
    };
    let text = (format.write)(&document)?;
    if output::is_stdout(&args.output) {
        return output::print(&text);
    }
    output::write(&args.output, text.as_bytes())?;
    let n_moments = results.iter().map(|result| result.moments.len()).sum();
    output::print(&format!(
        "{}: {}\n",
        args.output.display(),
        count(n_moments, "moment")
    ))
}

/// Fails before the work rather than after it.
fn check_output(global: &GlobalArgs, args: &ExportArgs) -> anyhow::Result<()> {
    let output = &args.output;
    if args.format.of_file().is_some() {
        if !output::is_stdout(output) {
            global.check_target(output, &[&args.video])?;
        }
        return Ok(());
    }
    let is_free = !output.exists() || output.is_dir();
    ensure!(
        is_free,
        "{} is a file; give a folder for the cuts",
        output.display()
    );
    Ok(store::check_folder(output)?)
}

/// The JSON that `--json` prints.
#[derive(Serialize)]
struct CutsReport<'a> {
    video: String,
    cuts: &'a [WrittenCut],
}

fn write_cuts(args: &ExportArgs, document: &ExportDocument) -> anyhow::Result<()> {
    let mut printed = Ok(());
    let names_query = document.queries.len() > 1;
    let cuts = export::write_cuts(document, &args.output, Arc::default(), |cut| {
        if !args.json && printed.is_ok() {
            printed = output::print(&line(cut, names_query));
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

/// `cuts/film-01-0m12.0s-0m16.0s.mp4: 0:12.0–0:16.0, lead-in 1.52 s, lead-out 0.08 s`, with the
/// query after the name where there are several.
fn line(cut: &WrittenCut, names_query: bool) -> String {
    let query = if names_query {
        format!("{}, ", output::plain(&cut.query))
    } else {
        String::new()
    };
    let mut line = format!(
        "{}: {query}{}–{}, lead-in {:.2} s",
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
