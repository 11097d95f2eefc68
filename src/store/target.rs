//! Whether a result can be written to a place: the user learns it before the work, not after it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::atomic;

/// Why a result is not written.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    #[error("cannot write {}: this file is read, and it would be lost; name another", .0.display())]
    IsInput(PathBuf),
    #[error("cannot write {}: it is a folder; name a file in it", .0.display())]
    IsFolder(PathBuf),
    #[error("cannot write {}: {reason}; choose another place", path.display())]
    Unwritable { path: PathBuf, reason: String },
}

/// Whether [`atomic::write`] to `path` can succeed without destroying one of `inputs`. A link to an
/// input is that input.
///
/// # Errors
/// [`TargetError`] says what is in the way.
pub fn check_target(path: &Path, inputs: &[&Path]) -> Result<(), TargetError> {
    if inputs.iter().any(|input| is_same_regular_file(path, input)) {
        return Err(TargetError::IsInput(path.to_owned()));
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(TargetError::IsFolder(path.to_owned())),
        // A pipe or a device is written directly.
        Ok(metadata) if !metadata.is_file() => Ok(()),
        _ => check_folder(&atomic::parent_dir(path)).map_err(|error| TargetError::Unwritable {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// Whether files can be written to a folder, which need not exist yet. Nothing is left behind; what
/// killed programs left unfinished in the folder is removed.
///
/// # Errors
/// Names the folder that is in the way.
pub fn check_folder(dir: &Path) -> io::Result<()> {
    let existing = dir.ancestors().find(|ancestor| ancestor.exists());
    let existing = match existing {
        Some(existing) => existing,
        None => Path::new("."),
    };
    if !existing.is_dir() {
        return Err(atomic::no_folder(dir, "there is a file of that name"));
    }
    atomic::remove_abandoned(dir);
    match atomic::unfinished_file_in(existing) {
        Ok(file) => file.close(),
        Err(error) => Err(io::Error::new(
            error.kind(),
            format!("nothing can be written to {} ({error})", existing.display()),
        )),
    }
}

/// Whether both paths lead to one regular file, through whatever links.
fn is_same_regular_file(a: &Path, b: &Path) -> bool {
    // A device may be read and written at once, and to open a pipe could wait for ever.
    a.is_file() && b.is_file() && same_file::is_same_file(a, b).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_not_a_target_under_any_name() {
        let dir = tempfile::tempdir().unwrap();
        let film = dir.path().join("film.mp4");
        fs::write(&film, "pictures").unwrap();
        let mut names = vec![film.clone(), dir.path().join("./film.mp4")];
        #[cfg(unix)]
        {
            let (soft, hard) = (dir.path().join("soft"), dir.path().join("hard"));
            std::os::unix::fs::symlink(&film, &soft).unwrap();
            fs::hard_link(&film, &hard).unwrap();
            names.extend([soft, hard]);
        }
        for name in names {
            let error = check_target(&name, &[Path::new("none"), &film]).unwrap_err();
            assert!(matches!(error, TargetError::IsInput(_)), "{error}");
        }
        let other = dir.path().join("other");
        check_target(&other, &[&film]).unwrap();
        fs::write(&other, "old").unwrap();
        check_target(&other, &[&film]).unwrap();
    }

    #[test]
    fn what_is_in_the_way_is_named_and_nothing_is_left_behind() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        let error = check_target(&file.join("sub/x"), &[]).unwrap_err();
        let says = format!("the folder {} cannot be made", file.join("sub").display());
        assert!(error.to_string().contains(&says), "{error}");
        assert!(!error.to_string().contains("os error"), "{error}");
        let error = check_target(dir.path(), &[]).unwrap_err();
        assert!(matches!(error, TargetError::IsFolder(_)), "{error}");
        check_target(&dir.path().join("new/sub/x"), &[]).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_killed_programs_left_in_a_folder_goes_before_the_next_result_comes() {
        let dir = tempfile::tempdir().unwrap();
        let left = dir.path().join(".vcl-unfinished-Ab12Cd");
        let file = fs::File::create(&left).unwrap();
        let age = std::time::Duration::from_hours(30);
        file.set_modified(std::time::SystemTime::now() - age)
            .unwrap();
        drop(file);
        check_target(&dir.path().join("moments.edl"), &[]).unwrap();
        assert!(!left.exists());
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_directly() {
        check_target(Path::new("/dev/null"), &[Path::new("/dev/null")]).unwrap();
    }
}
