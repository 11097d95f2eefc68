//! `vcl index`: embed videos ahead of time.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::bail;
use walkdir::WalkDir;

use crate::cli::args::{GlobalArgs, IndexArgs};
use crate::cli::{output, progress};
use crate::domain::{count, format_timestamp, one_line};
use crate::store::{self, Paths};
use crate::video::is_video_name;

pub fn run(global: &GlobalArgs, args: &IndexArgs) -> anyhow::Result<()> {
    let mut videos = Vec::new();
    let mut n_empty = 0;
    for path in &args.paths {
        if path.is_dir() {
            let found = videos_below(path);
            if found.is_empty() {
                let problem = format!("there is no video in {}", path.display());
                if args.paths.len() == 1 {
                    bail!(problem);
                }
                n_empty += 1;
                log::error!("{problem}");
            }
            videos.extend(found);
        } else {
            videos.push(path.clone());
        }
    }
    // A search can do without a cache; here the cache is the only result.
    let cache_dir = Paths::from_env()?.cache_dir;
    if let Err(error) = store::check_folder(&cache_dir) {
        bail!(
            "no index can be kept in {}: {error}; set VCL_CACHE_DIR to another folder",
            cache_dir.display()
        );
    }
    let mut engine = global.open_engine()?;
    let mut n_failed = 0;
    let mut only_error = None;
    for video in &videos {
        match engine.work(|engine| progress::index_with_bar(engine, video)) {
            Ok(index) => {
                let mut line = format!(
                    "{}: {}, {}",
                    video.display(),
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
                output::print(&(line + "\n"))?;
            }
            Err(error) => {
                n_failed += 1;
                if videos.len() == 1 {
                    only_error = Some(error);
                } else {
                    log::error!("{}", one_line(&error.to_string()));
                }
            }
        }
    }
    match (only_error, n_failed) {
        (Some(error), _) => Err(error.into()),
        (None, 0) if n_empty == 0 => Ok(()),
        (None, 0) => bail!("there is no video in {}", count(n_empty, "folder")),
        (None, n) => bail!(
            "{n} of {} could not be indexed",
            count(videos.len(), "video")
        ),
    }
}

/// All videos below a folder by name, in order of their paths.
fn videos_below(dir: &Path) -> Vec<PathBuf> {
    WalkDir::new(dir)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        // A folder that cannot be opened has no video that could be read.
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file() && is_video_name(entry.path()))
        .map(walkdir::DirEntry::into_path)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn folders_are_searched_for_videos() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        for name in ["b.MP4", "a.txt", "sub/c.webm", "sub/mp4"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let found = videos_below(dir.path());
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(dir.path()).unwrap())
            .collect();
        assert_eq!(names, [Path::new("b.MP4"), Path::new("sub/c.webm")]);
    }
}
