//! The real program on a real (virtual) screen, by the script that does what hands would.

use std::process::Command;

use crate::drive::root;

#[test]
fn the_program_opens_types_and_closes() {
    let dirs = tempfile::tempdir().unwrap();
    let mut command = Command::new("bash");
    command
        .arg(root().join("tests/window_smoke.sh"))
        .arg(env!("CARGO_BIN_EXE_vcl"))
        .arg(root().join("assets/demo.mp4"))
        .env("VCL_CACHE_DIR", dirs.path().join("cache"))
        .env("VCL_DATA_DIR", dirs.path().join("data"))
        .env("SCREENSHOT", dirs.path().join("screen.png"));
    let output = command.output().expect("bash runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");

    let screen = image::open(dirs.path().join("screen.png"))
        .unwrap()
        .to_rgb8();
    let colours: std::collections::HashSet<_> = screen.pixels().map(|pixel| pixel.0).collect();
    assert!(
        colours.len() > 500,
        "a window with a picture has more than {} colours",
        colours.len()
    );
    let settings = std::fs::read_to_string(dirs.path().join("data/settings.json")).unwrap();
    assert!(
        settings.contains("a red circle"),
        "the typed query is remembered: {settings}"
    );
    assert!(settings.contains("demo.mp4"), "{settings}");
}
