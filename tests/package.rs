//! What a package of the program contains, laid out as for a package and looked at as a desktop does.

#![cfg(target_os = "linux")]

#[path = "../examples/licences/list.rs"]
mod list;

use std::path::Path;
use std::process::Command;

#[test]
fn an_installed_program_is_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_vcl");
    for (script, arguments) in [
        ("packaging/stage.sh", &[program.as_ref(), dir.path()][..]),
        ("tests/package.sh", &[dir.path()]),
    ] {
        let output = Command::new("bash")
            .arg(root.join(script))
            .args(arguments)
            .output()
            .expect("bash runs");
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {text}\n{errors}");
    }
}

#[test]
fn the_licences_are_those_of_the_crates_in_use() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = std::fs::read_to_string(root.join("assets/licences.txt")).unwrap();
    assert!(
        listed == list::licences().unwrap(),
        "dependencies have changed: cargo run --example licences"
    );
}

/// Names that stand in several files must be the same in all of them.
#[test]
fn all_files_call_it_by_the_same_name_and_version() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let id = vcl::domain::APP_ID;
    let entry = read(&format!("packaging/{id}.desktop"));
    for line in [format!("Icon={id}"), format!("StartupWMClass={id}")] {
        assert!(entry.lines().any(|it| it == line), "{line}");
    }
    let metainfo = read(&format!("packaging/{id}.metainfo.xml"));
    let version = format!("<release version=\"{}\"", env!("CARGO_PKG_VERSION"));
    for part in [
        &format!("<id>{id}</id>"),
        &format!(">{id}.desktop<"),
        &version,
    ] {
        assert!(metainfo.contains(part.as_str()), "{part}");
    }
    let flatpak = read(&format!("packaging/flatpak/{id}.yml"));
    assert!(flatpak.contains(&format!("id: {id}\n")));
    assert!(read("packaging/install.sh").contains(id));
}
