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
    let text = export::write(args.format, &index.export_document(&results)?)?;
    atomic::write(&args.output, text.as_bytes())
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    let n_moments: usize = results.iter().map(|result| result.moments.len()).sum();
    output::print(&format!("{}: {n_moments} moments\n", args.output.display()))
}
