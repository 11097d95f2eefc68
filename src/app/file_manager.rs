//! Shows files in the desktop's file manager.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use url::Url;

/// Shows a file in its folder, selected where the desktop can do that, or shows a folder. Waits for
/// the desktop.
///
/// # Errors
/// When there is no file manager, in one sentence.
pub fn show(path: &Path) -> Result<(), String> {
    let attempts = attempts(path);
    if attempts.into_iter().any(|attempt| run(&attempt)) {
        return Ok(());
    }
    Err(format!(
        "no file manager could be started; it is at {}",
        path.display()
    ))
}

/// Commands that do it, the best first. On Linux desktops the first asks the file manager itself, by
/// the interface that they share (org.freedesktop.FileManager1); the second only opens the folder.
fn attempts(path: &Path) -> Vec<Vec<OsString>> {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    if cfg!(target_os = "macos") {
        let mut reveal = words(&["open", "-R"]);
        reveal.push(path.into());
        return vec![reveal];
    }
    if cfg!(windows) {
        let mut open = words(&["explorer"]);
        open.push(folder.into());
        return vec![open];
    }
    let mut attempts = Vec::new();
    if let (false, Ok(url)) = (path.is_dir(), Url::from_file_path(path)) {
        let items = format!("array:string:{url}");
        attempts.push(words(&[
            "dbus-send",
            "--session",
            "--print-reply",
            "--reply-timeout=2000",
            "--dest=org.freedesktop.FileManager1",
            "/org/freedesktop/FileManager1",
            "org.freedesktop.FileManager1.ShowItems",
            &items,
            "string:",
        ]));
    }
    let mut open = words(&["xdg-open"]);
    open.push(folder.into());
    attempts.push(open);
    attempts
}

/// Whether it could be done.
fn run(command: &[OsString]) -> bool {
    let Some((program, arguments)) = command.split_first() else {
        return false;
    };
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_shown_in_its_folder_and_a_folder_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a b.csv");
        std::fs::write(&file, "").unwrap();
        let of_file = attempts(&file);
        assert_eq!(of_file[0][0], "dbus-send");
        let items = of_file[0][7].to_str().unwrap();
        assert!(items.starts_with("array:string:file:///") && items.ends_with("/a%20b.csv"));
        let open = ["xdg-open".into(), dir.path().as_os_str().to_owned()];
        assert_eq!(of_file[1], open);
        assert_eq!(attempts(dir.path()), [open]);
    }

    #[test]
    fn a_program_that_is_not_there_is_no_success() {
        assert!(!run(&["no such program".into()]));
        assert!(run(&["true".into()]));
        assert!(!run(&["false".into()]));
    }
}
