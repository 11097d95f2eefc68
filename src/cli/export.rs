//! `vcl export`: moments as files for editors and spreadsheets.

use std::sync::Arc;

use anyhow::ensure;
use serde::Serialize;

use crate::cli::args::{ExportArgs, ExportFormat, GlobalArgs};
use crate::cli::edges::EdgesOf;
use crate::cli::{output, progress};
use crate::domain::{count, format_timestamp, path_text, plain};
use crate::engine::export_document;
use crate::export::{self, CutOptions, Export, ExportDocument, Joined, WrittenCut, write_joined};
use crate::store;

pub fn run(global: &GlobalArgs, args: &ExportArgs) -> anyhow::Result<()> {
    check_output(global, args)?;
    let queries = args.asked.queries()?;
    let mut engine = global.open_engine()?;
    let way = global.way(&engine)?;
    let detector = global.detector(&engine, &args.detector)?;
    let detector = detector.as_ref().map(|named| &named.detector);
    let index = engine.work(|engine| progress::index_with_bar(engine, &args.video))?;
    let mut answers = engine.work(|engine| engine.answer_all(&index, &queries, &way, detector))?;
    for answer in &mut answers {
        answer.show_own_curve(args.detector.detector_curve);
    }
    let shaping = args.shaping.shaping();
    let n_most = args.top.map_or(usize::MAX, usize::from);
    let refines = args.shaping.refines(args.format == ExportFormat::Cuts);
    let mut found = Vec::new();
    for (query, answer) in queries.iter().zip(&answers) {
        if !answer.is_probable() {
            log::warn!(
                "“{query}” is probably not in this video ({:.0} %): what is written for it is a guess",
                100.0 * answer.present
            );
        }
        let mut shown = answer.found(args.threshold);
        if shaping.is_nothing() {
            shown.moments.truncate(n_most);
        }
        if refines {
            let probe = engine.work(|engine| engine.probe(query, &way))?;
            let edges = EdgesOf {
                video: &index.path,
                probe: &probe,
            };
            edges.refine(&mut engine, &answer.cosines, &mut shown.moments)?;
        }
        shown.moments = shaping.apply(&shown.moments, index.duration_secs());
        shown.moments.truncate(n_most);
        found.push((query, answer, shown));
    }
    let mut document = export_document(&index.path, &index.info, index.duration_secs(), found);
    document.order = args.shaping.order();
    if args.join {
        let joined = write_joined(&[document], &args.output, &Arc::default(), |_| {})?;
        return match args.json {
            true => output::print(&(serde_json::to_string_pretty(&joined)? + "\n")),
            false => output::print(&joined_line(&joined)),
        };
    }
    let Some(format) = args.format.of_file() else {
        return write_cuts(args, &document);
    };
    let mut bytes = format.write(Export::One(&document))?;
    if args.bom && format.name == "csv" {
        bytes.splice(..0, "\u{feff}".bytes());
    }
    if output::is_stdout(&args.output) {
        return output::print_bytes(&bytes);
    }
    output::write(&args.output, &bytes)?;
    let n_moments = document.queries.iter().map(|query| query.moments.len());
    output::print(&format!(
        "{}: {}\n",
        args.output.display(),
        count(n_moments.sum(), "moment")
    ))
}

/// Fails before the work rather than after it.
fn check_output(global: &GlobalArgs, args: &ExportArgs) -> anyhow::Result<()> {
    let output = &args.output;
    if args.format.of_file().is_some() || args.join {
        if !output::is_stdout(output) {
            let pictures = args.asked.pictures();
            global.check_target(output, &[&[&*args.video], &pictures[..]].concat())?;
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
    let options = CutOptions {
        name: args.name.clone(),
        is_exact: args.exact,
    };
    let cuts = export::write_cuts(document, &args.output, &options, Arc::default(), |cut| {
        if !args.json && printed.is_ok() {
            printed = output::print(&line(cut, names_query));
        }
    })?;
    printed?;
    if args.json {
        let report = CutsReport {
            video: path_text(&document.video),
            cuts: &cuts,
        };
        output::print(&(serde_json::to_string_pretty(&report)? + "\n"))?;
    } else if cuts.is_empty() {
        output::print(&format!("{}: 0 moments\n", args.output.display()))?;
    }
    Ok(())
}

/// `best.mp4: 3 moments, 0:14.5`.
pub(super) fn joined_line(joined: &Joined) -> String {
    let moments = count(joined.parts.len(), "moment");
    let length = format_timestamp(joined.duration_secs);
    format!("{}: {moments}, {length}\n", joined.path.display())
}

/// `cuts/film-01-0m12.0s-0m16.0s.mp4: 0:12.0–0:16.0, lead-in 1.52 s, lead-out 0.08 s`, with the
/// query after the name where there are several.
pub(super) fn line(cut: &WrittenCut, names_query: bool) -> String {
    let query = if names_query {
        format!("{}, ", plain(&cut.query))
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
