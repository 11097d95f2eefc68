//! `vcl index`: embed videos ahead of time.

use std::fmt::Write as _;

use anyhow::bail;

use crate::cli::args::{GlobalArgs, IndexArgs};
use crate::cli::{output, progress};
use crate::domain::{count, format_timestamp, one_line};
use crate::engine::{EngineError, VideoIndex};
use crate::library::folder::{self, Found};
use crate::store::{EmbeddingCache, Paths};

pub fn run(global: &GlobalArgs, args: &IndexArgs) -> anyhow::Result<()> {
    let mut videos = Vec::new();
    let mut n_empty = 0;
    let mut n_locked = 0;
    let mut n_skipped = 0;
    for path in &args.paths {
        if path.is_dir() {
            let found = folder::search(path);
            for problem in &found.problems {
                log::error!("{problem}");
            }
            n_locked += found.problems.len();
            n_skipped += found.n_skipped;
            if found.videos.is_empty() && found.problems.is_empty() {
                let problem = format!("there is no video in {}", path.display());
                if args.paths.len() == 1 {
                    bail!(problem);
                }
                n_empty += 1;
                log::error!("{problem}");
            }
            videos.extend(found.videos);
        } else {
            videos.push(Found::named(path.clone()));
        }
    }
    if let Some(shard) = args.shard {
        videos.retain(|video| shard.holds(&video.path));
    }
    // A search can do without a cache; here the cache is the only result.
    let cache_dir = Paths::from_env()?.cache_dir;
    let not_kept = |reason: &str| {
        let cache_dir = cache_dir.display();
        format!(
            "no index can be kept in {cache_dir}: {reason}; make room there, or set VCL_CACHE_DIR \
             to another folder"
        )
    };
    if let Err(error) = EmbeddingCache::new(&cache_dir).check() {
        bail!(not_kept(&error.to_string()));
    }
    let mut engine = global.open_engine()?;
    let mut n_failed = 0;
    let mut only_error = None;
    for Found { path, is_named } in &videos {
        match engine.work(|engine| progress::keep_with_bar(engine, path)) {
            Ok(index) => {
                if let Some(reason) = &index.not_kept {
                    bail!(not_kept(reason));
                }
                output::print(&line(&index))?;
            }
            // It looked like a video, but nobody said that it was one: a sound file, for instance.
            Err(EngineError::Video(error)) if !is_named && folder::is_no_video(&error) => {
                n_skipped += 1;
            }
            Err(error) => {
                n_failed += 1;
                if videos.len() == 1 && n_locked == 0 {
                    only_error = Some(error);
                } else {
                    log::error!("{}", one_line(&error.to_string()));
                }
            }
        }
    }
    if n_skipped > 0 {
        let files = count(n_skipped, "file");
        let (are, they) = if n_skipped == 1 {
            ("is", "was")
        } else {
            ("are", "were")
        };
        log::warn!("{files} in the folders {are} no video and {they} skipped");
    }
    if let Some(error) = only_error {
        return Err(error.into());
    }
    let mut problems = Vec::new();
    if n_failed > 0 {
        let of = count(videos.len(), "video");
        problems.push(format!("{n_failed} of {of} could not be indexed"));
    }
    if n_empty > 0 {
        problems.push(format!("there is no video in {}", count(n_empty, "folder")));
    }
    if n_locked > 0 {
        problems.push(format!(
            "{} could not be searched",
            count(n_locked, "folder")
        ));
    }
    if !problems.is_empty() {
        bail!(problems.join(", "));
    }
    Ok(())
}

fn line(index: &VideoIndex) -> String {
    let mut line = format!(
        "{}: {}, {}",
        index.path.display(),
        count(index.n_clips(), "clip"),
        format_timestamp(index.duration_secs())
    );
    match index.n_clips_cached() {
        0 => {}
        n if n == index.n_clips() => line.push_str(", indexed before"),
        n => drop(write!(line, ", {n} of them indexed before")),
    }
    match index.n_clips_repeated() {
        0 => {}
        n => drop(write!(line, ", {n} of them as the one before")),
    }
    line + "\n"
}
