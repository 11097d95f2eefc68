//! A short campaign: two hundred damaged inputs, the same ones every time.

#[path = "../examples/torture/campaign/mod.rs"]
mod campaign;

use std::env;
use std::time::Duration;

#[test]
#[ignore = "the child of damaged_inputs_give_answers_or_one_line"]
fn reads_as_the_window_does() {
    if campaign::inside_if_asked() == Some(false) {
        std::process::exit(1);
    }
}

#[test]
fn damaged_inputs_give_answers_or_one_line() {
    let inside = [
        "--ignored",
        "--exact",
        "reads_as_the_window_does",
        "--nocapture",
    ];
    let keep = tempfile::tempdir().unwrap();
    let report = campaign::run(&campaign::Options {
        n_inputs: 200,
        seed: 7,
        time_limit: Duration::from_secs(60),
        max_memory_bytes: 1_000_000_000,
        n_jobs: 2,
        patience: Duration::from_secs(180),
        keep: keep.path().to_owned(),
        vcl: env!("CARGO_BIN_EXE_vcl").into(),
        inside: [env::current_exe().unwrap().into()]
            .into_iter()
            .chain(inside.map(Into::into))
            .collect(),
        only: String::new(),
    })
    .unwrap();
    let offences: Vec<_> = report.offences.iter().map(ToString::to_string).collect();
    assert!(offences.is_empty(), "{report}\n{}", offences.join("\n"));
    assert!(report.n_inputs() > 0);
}
