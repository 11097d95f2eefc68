//! What only the window writes, in a process of its own: labels and settings.

use std::path::Path;

use vcl::app::Settings;
use vcl::domain::{ClipIndex, Grade, Labels, Query};
use vcl::store::{LabelStore, LabelledVideo, Paths};

/// Set for a process of this program that is to write: what, where, and whether only once.
pub const WHAT: &str = "VCL_KILLS_WHAT";
pub const ROOT: &str = "VCL_KILLS_ROOT";
pub const ONCE: &str = "VCL_KILLS_ONCE";

pub const LABELS: &str = "labels";
pub const SETTINGS: &str = "settings";

/// All clips have the same grade.
pub const N_CLIPS: usize = 40;
pub const VIDEO_ID: &str = "film";

/// Writes, again and again, if this process was started to do so. `false` if it was not.
pub fn write_if_asked() -> bool {
    let (Ok(what), Ok(root)) = (std::env::var(WHAT), std::env::var(ROOT)) else {
        return false;
    };
    let paths = Paths::below(Path::new(&root));
    let is_once = std::env::var_os(ONCE).is_some();
    for nth in 1_u64.. {
        let written = match what.as_str() {
            LABELS => write_labels(&paths, nth),
            _ => write_settings(&paths, nth),
        };
        if let Err(error) = written {
            eprintln!("error: {error:#}");
            std::process::exit(1);
        }
        if is_once {
            break;
        }
    }
    true
}

/// A query that is long enough to be written for a while.
pub fn query(nth: u64) -> String {
    format!("{nth} {}", "boats on the sea ".repeat(12).trim_end())
}

fn write_labels(paths: &Paths, nth: u64) -> anyhow::Result<()> {
    let store = LabelStore::open(&paths.data_dir)?;
    let grade = Grade::from_value((1 + nth % 4) as u8);
    let grades = (0..N_CLIPS).filter_map(|clip| Some((ClipIndex(clip), grade?)));
    let labels = Labels {
        grades: grades.collect(),
    };
    let video = LabelledVideo {
        id: VIDEO_ID,
        name: "film",
        duration_secs: 2.0 * N_CLIPS as f64,
    };
    store.save(video, &Query::new("a boat")?, &labels)?;
    Ok(())
}

fn write_settings(paths: &Paths, nth: u64) -> anyhow::Result<()> {
    let mut settings = Settings::load(paths);
    settings.remember_query(&query(nth));
    settings.save(paths)?;
    Ok(())
}
