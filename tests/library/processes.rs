//! Several processes on one library, kills at any moment, a disk that is full.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use serde_json::Value;

use crate::support::{Place, play, tiny_model};
use crate::{column, json};

const N_FILMS: u32 = 12;

/// Films that differ in their lengths and colours, in two folders.
fn place() -> (Place, PathBuf) {
    let place = Place::new();
    for folder in ["films/left", "films/right"] {
        fs::create_dir_all(place.path(folder)).unwrap();
    }
    for i in 0..N_FILMS {
        let folder = if i % 2 == 0 { "left" } else { "right" };
        let name = format!("films/{folder}/{i:02}.mp4");
        place.video(
            &name,
            &[(0xff00_0000 | (0x10_1010 * i), 2 + i % 5), (0xffd0_2020, 2)],
        );
    }
    let dir = place.path("films");
    (place, dir)
}

fn start(place: &Place, args: &[&str]) -> Child {
    let mut command = place.command();
    command.arg("--model").arg(tiny_model()).args(args);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// The videos with everything that must be the same however they came to be indexed.
fn state(place: &Place) -> (Value, Value) {
    let list = json(&place.vcl(["library", "list", "--format", "json"]));
    let found = json(&place.vcl([
        "find",
        "x",
        "y",
        "--top",
        "50",
        "--threshold",
        "0.5",
        "--format",
        "json",
    ]));
    (list, found)
}

#[test]
fn two_processes_index_one_folder_and_every_video_once() {
    let (place, dir) = place();
    let dir = dir.to_str().unwrap();
    let children: Vec<_> = (0..3)
        .map(|_| start(&place, &["library", "add", dir]))
        .collect();
    let mut indexed = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(
            !stdout.contains("before"),
            "one was indexed twice: {stdout}"
        );
        let lines = stdout.lines().filter(|line| line.contains(" clips, "));
        indexed.extend(
            lines
                .filter(|line| line.contains(".mp4: "))
                .map(str::to_owned),
        );
    }
    let distinct: BTreeSet<_> = indexed.iter().collect();
    assert_eq!(
        (indexed.len(), distinct.len()),
        (N_FILMS as usize, N_FILMS as usize),
        "{indexed:?}"
    );
    let (list, found) = state(&place);
    assert!(
        column(&list, "state")
            .iter()
            .all(|state| *state == "indexed"),
        "{list}"
    );
    assert_eq!(found["n_videos"], N_FILMS);
}

#[test]
fn parts_of_one_folder_share_a_cache_and_are_all_of_it() {
    let (place, dir) = place();
    let dir = dir.to_str().unwrap();
    let parts = ["1/3", "2/3", "3/3"];
    let children: Vec<_> = parts
        .iter()
        .map(|part| start(&place, &["index", "--shard", part, dir]))
        .collect();
    let mut indexed = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(!stdout.contains("before"), "{stdout}");
        indexed.extend(stdout.lines().map(str::to_owned));
    }
    let distinct: BTreeSet<_> = indexed.iter().collect();
    assert_eq!(indexed.len(), N_FILMS as usize, "{indexed:?}");
    assert_eq!(distinct.len(), N_FILMS as usize);
    let again = place.vcl(["index", dir]);
    let n_known = again.stdout().matches(", indexed before").count();
    assert_eq!(n_known, N_FILMS as usize);

    let mut scheduled = place.command();
    scheduled.arg("--model").arg(tiny_model());
    scheduled.args(["index", "--shard", "auto", dir]);
    scheduled.env("SLURM_ARRAY_TASK_ID", "1");
    assert_eq!(
        scheduled.output().unwrap().status.code(),
        Some(2),
        "of how many?"
    );
    scheduled.env("SLURM_ARRAY_TASK_COUNT", "3");
    // Which part a film belongs to follows from its path, so that one part may have none of a few.
    let mut n_lines = 0;
    for id in ["0", "1", "2"] {
        let output = scheduled.env("SLURM_ARRAY_TASK_ID", id).output().unwrap();
        assert!(output.status.success());
        let stdout = String::from_utf8(output.stdout).unwrap();
        n_lines += stdout.lines().count();
    }
    assert_eq!(n_lines, N_FILMS as usize, "each film is in one part");
}

/// `VCL_N_KILLS=100` makes it the long test.
#[test]
fn kills_at_any_moment_lose_nothing() {
    let n_kills = std::env::var("VCL_N_KILLS").map_or(12, |n| n.parse().expect("a number"));
    let (place, dir) = place();
    let (left, right) = (dir.join("left"), dir.join("right"));
    let (dir, left, right) = (
        dir.to_str().unwrap(),
        left.to_str().unwrap(),
        right.to_str().unwrap(),
    );
    // What is right: an undisturbed library of the same files.
    place.vcl(["library", "add", left, right]).stdout();
    let expected = state(&place);
    for folder in [place.paths().cache_dir, place.paths().data_dir] {
        fs::remove_dir_all(folder).unwrap();
    }

    let mut rng = Pcg64::seed_from_u64(7);
    for i in 0..n_kills {
        let commands: [&[&str]; 5] = [
            &["library", "add", left],
            &["library", "add", right],
            &["library", "update"],
            // Taking much out moves the rest into new files.
            &["library", "remove", left],
            &["find", "x"],
        ];
        let mut child = start(&place, commands[rng.random_range(0..commands.len())]);
        std::thread::sleep(Duration::from_millis(rng.random_range(0..700)));
        child.kill().unwrap();
        child.wait().unwrap();
        if i % 5 == 0 {
            place.vcl(["library", "list"]).stdout();
        }
    }
    place.vcl(["library", "add", left, right]).stdout();
    assert_eq!(state(&place), expected);
    // Nor is anything left that nobody needs: one lock of nobody, no half files.
    let workers = place.paths().data_dir.join("library/workers");
    place.vcl(["library", "update"]).stdout();
    let cache = place.paths().cache_dir.join("library/embeddings");
    assert_eq!(fs::read_dir(cache).unwrap().count(), N_FILMS as usize);
    assert_eq!(
        fs::read_dir(workers).unwrap().count(),
        0,
        "locks of dead workers"
    );
    assert!(fs::exists(dir).unwrap());
}

/// A limit on the size of files is as good as a full disk: writing fails in the middle.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_work_with_one_sentence_and_loses_nothing() {
    let (place, dir) = place();
    let left = dir.join("left");
    place
        .vcl(["library", "add", left.to_str().unwrap()])
        .stdout();
    let before = state(&place);
    // A film whose features are bigger than all before.
    play(&format!(
        "videotestsrc num-buffers=400 ! video/x-raw,format=I420,width=64,height=48,framerate=1/2 ! \
         x264enc speed-preset=ultrafast ! h264parse ! mp4mux ! filesink location=\"{}\"",
        left.join("long.mp4").display()
    ));
    let paths = place.paths();
    for n_blocks in [8, 60, 100] {
        let mut limited = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -f {n_blocks}; exec \"$@\"");
        limited
            .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_vcl")])
            .args(["--device", "cpu", "library", "update"])
            .env("VCL_CACHE_DIR", &paths.cache_dir)
            .env("VCL_DATA_DIR", &paths.data_dir);
        let output = limited.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{n_blocks}: {stderr}");
        let errors: Vec<_> = stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .collect();
        assert_eq!(errors.len(), 1, "{stderr}");
        assert_eq!(stderr.lines().last(), errors.first().copied());
    }
    let (list, found) = state(&place);
    assert_eq!(found, before.1, "what was there is still found");
    assert_eq!(
        list.as_array().unwrap().len(),
        before.0.as_array().unwrap().len() + 1
    );
    let outcome = place.vcl(["library", "update"]);
    assert!(
        outcome.stdout().contains("long.mp4: 400 clips"),
        "{}",
        outcome.stdout
    );
}
