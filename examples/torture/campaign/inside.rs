//! What the window does with files that no command reads, in a process of its own.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use vcl::app::Settings;
use vcl::domain::{ClipIndex, Grade, Labels, Query};
use vcl::store::{LabelStore, LabelledVideo, Paths};

/// Reads `what` in `dir` as the window does; prints a line, or fails with one.
pub fn read(what: &str, dir: &Path) -> anyhow::Result<()> {
    let paths = Paths::below(dir);
    match what {
        "settings" => settings(&paths)?,
        "labels" => labels(&paths)?,
        _ => bail!("nothing is known of {what:?}"),
    }
    println!("{what}: read, changed, kept and read again");
    Ok(())
}

/// The window always opens, and what is changed in it is kept.
fn settings(paths: &Paths) -> anyhow::Result<()> {
    let mut settings = Settings::load(paths);
    settings.remember_query("a boat");
    settings.remember_video(Path::new("/films/new.mp4"));
    settings
        .save(paths)
        .context("the settings cannot be saved")?;
    let again = Settings::load(paths);
    if again.history.first() != settings.history.first()
        || again.recent.first() != settings.recent.first()
    {
        panic!("a setting is lost: {again:?}");
    }
    Ok(())
}

/// Labels of a video whose file makes sense can be changed; a file that does not is left as it is.
fn labels(paths: &Paths) -> anyhow::Result<()> {
    let store = LabelStore::open(&paths.data_dir)?;
    let query = Query::new("a new query")?;
    let mut failed = None;
    for id in ["first", "second"] {
        let video = LabelledVideo {
            id,
            name: "holiday",
            duration_secs: 150.0,
        };
        let file = paths.data_dir.join(format!("labels/{id}.jsonl"));
        let before = fs::read(&file)?;
        let known = store.all_for_video(id);
        let mut labels = Labels::default();
        labels
            .grades
            .extend(Grade::from_value(3).map(|grade| (ClipIndex(2), grade)));
        let saved = store.save(video, &query, &labels);
        match (known, saved) {
            (Ok(known), Ok(())) => {
                assert_eq!(store.load(id, &query)?, labels);
                let kept = store.all_for_video(id)?;
                let is_kept = |known: &(Query, Labels)| known.0 == query || kept.contains(known);
                assert!(known.iter().all(is_kept), "a label is lost");
            }
            (known, saved) => {
                assert_eq!(
                    fs::read(&file)?,
                    before,
                    "a file that was not understood was changed"
                );
                failed = known.err().or(saved.err());
                assert!(id == "first", "the sound labels cannot be used: {failed:?}");
            }
        }
    }
    // Exported is what can be; the file that cannot is an error that names it.
    store.all().map(drop)?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}
