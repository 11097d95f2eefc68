//! Shows files in the desktop's file manager.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// Shows a file in its folder, selected where the desktop can do that, or shows a folder. Waits for
/// the desktop.
///
/// # Errors
/// When there is no file manager, in one sentence.
pub fn show(path: &Path) -> Result<(), String> {
    #[cfg(all(unix, not(target_os = "macos")))]
    if !path.is_dir() {
        match zbus::block_on(select(path)) {
            Ok(()) => return Ok(()),
            Err(error) => log::debug!("no file manager selects files: {error}"),
        }
    }
    if run(&command(path)) {
        return Ok(());
    }
    Err(format!(
        "no file manager could be started; it is at {}",
        path.display()
    ))
}

/// Asks the file manager itself, by the interface that those of Linux desktops share.
#[cfg(all(unix, not(target_os = "macos")))]
async fn select(path: &Path) -> zbus::Result<()> {
    const NAME: &str = "org.freedesktop.FileManager1";
    let address = url::Url::from_file_path(path);
    let address = address.map_err(|()| zbus::Error::Failure("not a whole path".to_owned()))?;
    let items = (vec![address.as_str()], "");
    let connection = super::link::connect(None).await?;
    let place = "/org/freedesktop/FileManager1";
    let (to, interface) = (Some(NAME), Some(NAME));
    connection
        .call_method(to, place, interface, "ShowItems", &items)
        .await?;
    Ok(())
}

/// The command that shows it without the file manager's own interface.
fn command(path: &Path) -> Vec<OsString> {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    let (program, arguments, what) = if cfg!(target_os = "macos") {
        ("open", Some("-R"), path)
    } else if cfg!(windows) {
        ("explorer", None, folder)
    } else {
        ("xdg-open", None, folder)
    };
    let mut command: Vec<OsString> = vec![program.into()];
    command.extend(arguments.map(OsString::from));
    command.push(what.into());
    command
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
    fn without_a_file_manager_on_the_bus_the_folder_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a b.csv");
        std::fs::write(&file, "").unwrap();
        let open = ["xdg-open".into(), dir.path().as_os_str().to_owned()];
        assert_eq!(command(&file), open);
        assert_eq!(command(dir.path()), open);
    }

    #[test]
    fn a_program_that_is_not_there_is_no_success() {
        assert!(!run(&["no such program".into()]));
        assert!(run(&["true".into()]));
        assert!(!run(&["false".into()]));
    }
}
