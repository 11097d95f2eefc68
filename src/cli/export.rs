//! `vcl export`: moments as files for editors and spreadsheets.

use anyhow::Context as _;

use crate::cli::args::{ExportArgs, GlobalArgs};
use crate::cli::{output, progress, search};
use crate::engine::SearchOptions;
use crate::export;
use crate::store::atomic;

pub fn run(global: &GlobalArgs, args: &ExportArgs) -> anyhow::Result<()> {
    let queries = search::parse_queries(&args.queries)?;
    let mut engine = global.open_engine()?;
    let index = progress::index_with_bar(&mut engine, &args.video)?;
    let options = SearchOptions {
        threshold: args.threshold,
        ..SearchOptions::default()
    };
    let results = queries
        .iter()
        .map(|query| engine.search(&index, query, options))
        .collect::<Result<Vec<_>, _>>()?;
    let text = export::write(args.format, &index.export_document(&results)?)?;
    atomic::write(&args.output, text.as_bytes())
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    let n_moments: usize = results.iter().map(|result| result.moments.len()).sum();
    output::print(&format!("{}: {n_moments} moments\n", args.output.display()))
}
