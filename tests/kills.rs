//! A few kills of every kind of write; `examples/kills` does a hundred of each.

#[path = "../examples/kills/rounds/mod.rs"]
mod rounds;

use std::env;

#[test]
#[ignore = "the child of killed_programs_leave_the_old_file_or_the_new_one"]
fn writes_until_killed() {
    rounds::write_if_asked();
}

#[test]
fn killed_programs_leave_the_old_file_or_the_new_one() {
    let writer = ["--ignored", "--exact", "writes_until_killed", "--nocapture"];
    let report = rounds::run(&rounds::Options {
        n_kills: 3,
        seed: 7,
        vcl: env!("CARGO_BIN_EXE_vcl").into(),
        writer: [env::current_exe().unwrap().into()]
            .into_iter()
            .chain(writer.map(Into::into))
            .collect(),
        only: String::new(),
    })
    .unwrap();
    assert!(report.is_fine(), "{report}");
    assert_eq!(report.rows.len(), 9);
}
