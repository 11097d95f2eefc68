//! `vcl find --export`: moments of several videos as one file for editors, or as cuts.

use std::path::Path;
use std::sync::Arc;

use anyhow::{bail, ensure};

use crate::cli::args::{ExportFormat, FindArgs, GlobalArgs};
use crate::cli::export::{joined_line, line};
use crate::cli::output;
use crate::domain::{Query, count, one_line};
use crate::engine::{VideoMoment, export_documents, shaped};
use crate::export::{CutOptions, Export, write_cuts_of_several, write_joined};
use crate::store;

/// Fails before the work rather than after it.
pub fn check(global: &GlobalArgs, args: &FindArgs, inputs: &[&Path]) -> anyhow::Result<()> {
    let Some((path, format)) = target(args)? else {
        return Ok(());
    };
    match format {
        ExportFormat::File(_) => Ok(global.check_target(path, inputs)?),
        ExportFormat::Cuts if args.join => Ok(global.check_target(path, inputs)?),
        ExportFormat::Cuts => {
            let is_free = !path.exists() || path.is_dir();
            ensure!(
                is_free,
                "{} is a file; give a folder for the cuts",
                path.display()
            );
            Ok(store::check_folder(path)?)
        }
    }
}

fn target(args: &FindArgs) -> anyhow::Result<Option<(&Path, ExportFormat)>> {
    let format = args.written_as().map_err(anyhow::Error::msg)?;
    let path = args.export.as_ref().map(|target| target.path.as_path());
    Ok(path.zip(format))
}

/// Writes what can be opened; videos that cannot be are told, and are an error in the end.
pub fn write(args: &FindArgs, queries: &[Query], found: Vec<VideoMoment>) -> anyhow::Result<()> {
    let Some((path, format)) = target(args)? else {
        return Ok(());
    };
    let found = shaped(found, args.shaping.shaping());
    let (mut documents, problems) = export_documents(queries, &found);
    for document in &mut documents {
        document.order = args.shaping.order();
    }
    for problem in &problems {
        log::error!("{}", one_line(&problem.to_string()));
    }
    match format {
        ExportFormat::File(format) => {
            let bytes = format.write(Export::Several(&documents))?;
            output::write(path, &bytes)?;
            let queries = documents.iter().flat_map(|document| &document.queries);
            let n_moments = queries.map(|query| query.moments.len()).sum();
            eprint_line(&format!(
                "{}: {} of {}",
                path.display(),
                count(n_moments, "moment"),
                count(documents.len(), "video")
            ));
        }
        ExportFormat::Cuts if args.join => {
            let joined = write_joined(&documents, path, &Arc::default(), |_| {})?;
            eprint_line(joined_line(&joined).trim_end());
        }
        ExportFormat::Cuts => {
            let names_query = queries.len() > 1;
            let options = CutOptions {
                name: args.name.clone(),
                is_exact: args.exact,
            };
            write_cuts_of_several(&documents, path, &options, &Arc::default(), |_, cut| {
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
