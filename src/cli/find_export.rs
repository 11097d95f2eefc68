//! `vcl find --export`: moments of several videos as one file for editors, or as cuts.

use std::path::Path;
use std::sync::Arc;

use anyhow::{bail, ensure};

use crate::cli::args::{ExportFormat, ExportTarget, GlobalArgs};
use crate::cli::export::line;
use crate::cli::output;
use crate::domain::{Query, count, one_line};
use crate::engine::{VideoMoment, export_documents};
use crate::export::{Export, write_cuts_of_several};
use crate::store;

/// Fails before the work rather than after it.
pub fn check(global: &GlobalArgs, target: &ExportTarget, inputs: &[&Path]) -> anyhow::Result<()> {
    match target.format {
        ExportFormat::File(_) => Ok(global.check_target(&target.path, inputs)?),
        ExportFormat::Cuts => {
            let is_free = !target.path.exists() || target.path.is_dir();
            ensure!(
                is_free,
                "{} is a file; give a folder for the cuts",
                target.path.display()
            );
            Ok(store::check_folder(&target.path)?)
        }
    }
}

/// Writes what can be opened; videos that cannot be are told, and are an error in the end.
pub fn write(
    target: &ExportTarget,
    queries: &[Query],
    found: &[VideoMoment],
) -> anyhow::Result<()> {
    let (documents, problems) = export_documents(queries, found);
    for problem in &problems {
        log::error!("{}", one_line(&problem.to_string()));
    }
    match target.format {
        ExportFormat::File(format) => {
            let text = (format.write)(Export::Several(&documents))?;
            output::write(&target.path, text.as_bytes())?;
            let queries = documents.iter().flat_map(|document| &document.queries);
            let n_moments = queries.map(|query| query.moments.len()).sum();
            eprint_line(&format!(
                "{}: {} of {}",
                target.path.display(),
                count(n_moments, "moment"),
                count(documents.len(), "video")
            ));
        }
        ExportFormat::Cuts => {
            let names_query = queries.len() > 1;
            write_cuts_of_several(&documents, &target.path, &Arc::default(), |_, cut| {
                eprint_line(line(cut, names_query).trim_end());
            })?;
        }
    }
    if !problems.is_empty() {
        bail!(
            "{} could not be opened and {} not in what was written",
            count(problems.len(), "video"),
            if problems.len() == 1 { "is" } else { "are" }
        );
    }
    Ok(())
}

/// Standard output has what was found, in a format that programs may read.
fn eprint_line(line: &str) {
    eprintln!("{line}");
}
