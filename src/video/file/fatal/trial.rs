//! Files are read by a process of their own before a window reads them.
//!
//! What [`super::reason`] does not know may still end the process that reads it: GLib does so where an
//! element asks for more memory than there is, and the system where one divides by zero. A command
//! may end with one line; a window must not. So the window starts its own program with each file
//! first, and refuses those that this one does not survive.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The program and its first arguments; the file comes last.
static TRIAL: OnceLock<Vec<OsString>> = OnceLock::new();

/// A file that takes longer to open is not one that ends processes.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(2);

/// A file as it was when it was tried.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Tried {
    path: PathBuf,
    n_bytes: u64,
    modified: Option<SystemTime>,
}

/// From now on every file is given to this command before this process reads it. The command reads its
/// beginning and some of its pictures, and succeeds whether these are any good or not. Only the first call
/// counts.
pub fn try_videos_with(command: Vec<OsString>) {
    // A second window of the same process has the same program.
    let _ = TRIAL.set(command);
}

/// Whether reading the file ends a process. `false` where nothing was said of a trial.
pub(super) fn is_lost(path: &Path) -> bool {
    static KNOWN: Mutex<Option<HashMap<Tried, bool>>> = Mutex::new(None);
    let Some(command) = TRIAL.get() else {
        return false;
    };
    let metadata = fs::metadata(path).ok();
    let tried = Tried {
        path: path.to_path_buf(),
        n_bytes: metadata.as_ref().map_or(0, fs::Metadata::len),
        modified: metadata.and_then(|metadata| metadata.modified().ok()),
    };
    let lock = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = lock().get_or_insert_default().get(&tried).copied();
    known.unwrap_or_else(|| {
        let is_lost = ends(command, path);
        lock().get_or_insert_default().insert(tried, is_lost);
        is_lost
    })
}

/// Whether the command fails. One that cannot be started says nothing.
fn ends(command: &[OsString], path: &Path) -> bool {
    let Some((program, arguments)) = command.split_first() else {
        return false;
    };
    let child = Command::new(program)
        .args(arguments)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            log::info!("{} is not tried first: {error}", path.display());
            return false;
        }
    };
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        match child.try_wait() {
            Ok(Some(status)) => {
                log::debug!(
                    "{}: tried in {:?}, {status}",
                    path.display(),
                    began.elapsed()
                );
                return !status.success();
            }
            Ok(None) => std::thread::sleep(POLL),
            Err(_) => return false,
        }
    }
    // Both fail only if it has ended meanwhile.
    let _ = child.kill();
    let _ = child.wait();
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_a_command_that_fails_speaks_against_a_file() {
        let shell = |script: &str| -> Vec<OsString> {
            ["/bin/sh", "-c", script].map(OsString::from).to_vec()
        };
        let film = Path::new("film.mp4");
        assert!(ends(&shell("kill -SEGV $$"), film));
        assert!(ends(&shell("exit 1"), film));
        assert!(
            ends(&shell("test \"$0\" != film.mp4"), film),
            "told the name"
        );
        assert!(!ends(&shell("exit 0"), film));
        assert!(!ends(&["/no/such/program".into()], film));
        assert!(!ends(&[], film));
    }
}
