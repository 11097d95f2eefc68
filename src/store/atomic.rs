//! Files that are either whole or not there.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes `bytes` to `path`: beside it first, flushed to disk, then renamed over it.
///
/// A reader, a crash or a full disk never leaves half a file. Missing parent directories are made,
/// a symbolic link is followed, and a path that is not a regular file (a pipe, `/dev/stdout`) is
/// written directly. What killed programs left unfinished in the folder is removed.
///
/// # Errors
/// Those of the file system; an old file at `path` is then untouched.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        Ok(metadata) if !metadata.is_file() => {
            return fs::OpenOptions::new()
                .write(true)
                .open(path)?
                .write_all(bytes);
        }
        Ok(_) => fs::canonicalize(path)?,
        Err(_) => path.to_path_buf(),
    };
    let dir = parent_dir(&target);
    fs::create_dir_all(&dir).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            no_folder(&dir, "there is a file of that name")
        }
        _ => no_folder(&dir, &error.to_string()),
    })?;
    let mut file = unfinished_file_in(&dir)?;
    file.as_file_mut().write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    remove_abandoned(&dir);
    Ok(())
}

/// How the names of unfinished files begin, those of cuts included.
pub(super) const TEMPORARY_PREFIX: &str = ".vcl-unfinished-";

/// A file that nothing was written to for so long was left by a program that was killed.
const ABANDONED_AFTER: Duration = Duration::from_hours(1);

/// Removes the unfinished files of a folder that no running program will finish: those that are old
/// and, where their writer locks them, not locked.
pub(super) fn remove_abandoned(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_old = |modified: std::time::SystemTime| {
            let age = modified.elapsed();
            age.is_ok_and(|age| age > ABANDONED_AFTER)
        };
        let is_abandoned = name.to_string_lossy().starts_with(TEMPORARY_PREFIX)
            && entry
                .metadata()
                .is_ok_and(|metadata| metadata.is_file() && metadata.modified().is_ok_and(is_old))
            && !is_locked(&entry.path());
        if is_abandoned && let Err(error) = fs::remove_file(entry.path()) {
            log::info!("{} stays: {error}", entry.path().display());
        }
    }
}

fn is_locked(path: &Path) -> bool {
    let file = fs::File::options().write(true).open(path);
    file.is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

/// A file that no other program looks at yet, with the permissions of an ordinary one.
pub(super) fn unfinished_file_in(dir: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What the user's umask gives, rather than the private mode of temporary files.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder
        .tempfile_in(dir)
        .map_err(|error| without_path(&error))?;
    // Shows other processes that somebody is at work. Where there are no locks, the age must do.
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// The name of an unfinished file means nothing to the user.
fn without_path(error: &io::Error) -> io::Error {
    let cause = error.get_ref().and_then(|inner| inner.source());
    let code = cause
        .and_then(|cause| cause.downcast_ref::<io::Error>())
        .and_then(io::Error::raw_os_error);
    code.map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

pub(super) fn no_folder(dir: &Path, reason: &str) -> io::Error {
    io::Error::other(format!(
        "the folder {} cannot be made ({reason})",
        dir.display()
    ))
}

pub(super) fn parent_dir(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_whole_and_directories_are_made() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/c.txt");
        write(&path, b"one, and longer").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let n_files = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(n_files, 1, "nothing unfinished is left");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_devices_are_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        write(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn errors_name_the_folder_and_no_unfinished_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        let error = write(&file.join("x"), b"x").unwrap_err().to_string();
        assert!(error.contains("file cannot be made"), "{error}");
        let error = unfinished_file_in(&dir.path().join("none")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(!error.to_string().contains("unfinished"), "{error}");
    }

    #[test]
    fn unfinished_files_are_removed_when_they_are_old_and_nobody_writes_them() {
        let dir = tempfile::tempdir().unwrap();
        let age = |file: &fs::File, age| {
            file.set_modified(std::time::SystemTime::now() - age)
                .unwrap();
        };
        let old = Duration::from_hours(2);
        let path = |name: &str| dir.path().join(name);
        for (name, made) in [
            (".vcl-unfinished-left", old),
            (".vcl-unfinished-new", Duration::from_secs(60)),
            ("film.mp4", old),
        ] {
            age(&fs::File::create(path(name)).unwrap(), made);
        }
        let in_use = unfinished_file_in(dir.path()).unwrap();
        age(in_use.as_file(), old);
        fs::create_dir(path(".vcl-unfinished-folder")).unwrap();

        write(&path("result.txt"), b"new").unwrap();
        assert!(!path(".vcl-unfinished-left").exists());
        assert!(path(".vcl-unfinished-new").exists());
        assert!(path("film.mp4").exists());
        assert!(in_use.path().exists());
        assert!(path(".vcl-unfinished-folder").exists());
        remove_abandoned(&path("no folder"));
    }

    #[test]
    fn a_directory_is_no_target() {
        let dir = tempfile::tempdir().unwrap();
        assert!(write(dir.path(), b"x").is_err());
    }
}
