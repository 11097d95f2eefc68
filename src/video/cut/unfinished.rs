//! Files that have no name of their own yet.

use std::path::Path;

use tempfile::NamedTempFile;

/// The beginning of the names of unfinished files.
const TEMPORARY_PREFIX: &str = ".vcl-unfinished-";

/// In the folder of the target, so that renaming it is enough.
///
/// # Errors
/// A folder that cannot be made or written into.
pub(super) fn temporary_beside(target: &Path) -> std::io::Result<NamedTempFile> {
    let dir = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(dir)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The permissions of other new files, instead of the private ones of temporary files.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(dir)
}
