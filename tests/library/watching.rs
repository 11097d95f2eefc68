//! `vcl library watch` on real folders: what comes, changes, moves and goes, and kills while it does.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use serde_json::Value;

use crate::json;
use crate::support::{PATIENCE, Place, tiny_model};

const RED: u32 = 0xffd0_2020;
const BLUE: u32 = 0xff20_20d0;

/// The program at its watch; killed when it is dropped.
struct Watching(Child);

impl Watching {
    fn start(place: &Place) -> Self {
        let mut command = place.command();
        command.arg("--model").arg(tiny_model());
        command.args(["library", "watch", "--quiet", "0.3"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut lines = stderr.lines();
        let first = lines.next().unwrap().unwrap();
        assert!(first.starts_with("watching 1 place"), "{first}");
        // Somebody must read on, or the program waits for it.
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Name, state and whether it is missing, of all videos.
fn listed(place: &Place) -> Vec<(String, String, bool)> {
    let rows = json(&place.vcl(["library", "list", "--format", "json"]));
    let row = |row: &Value| {
        let path = row["path"].as_str().unwrap();
        let name = path.rsplit('/').next().unwrap().to_owned();
        (
            name,
            row["state"].as_str().unwrap().to_owned(),
            row["missing"] == true,
        )
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

#[track_caller]
fn wait_for(place: &Place, expected: &[(&str, bool)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, is_missing)| ((*name).to_owned(), "indexed".to_owned(), *is_missing))
        .collect();
    let start = Instant::now();
    loop {
        let found = listed(place);
        if found == expected {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{found:?} and not {expected:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn place() -> (Place, PathBuf) {
    let place = Place::new();
    let dir = place.path("films");
    fs::create_dir(&dir).unwrap();
    place.video("films/a.mp4", &[(RED, 4)]);
    place
        .vcl(["library", "add", dir.to_str().unwrap()])
        .stdout();
    (place, dir)
}

#[test]
fn what_happens_in_a_watched_folder_is_seen_without_asking() {
    let (place, dir) = place();
    let _watching = Watching::start(&place);
    // A file that takes its time counts as it is in the end.
    let made = place.video("b.mp4", &[(BLUE, 4), (RED, 2)]);
    let bytes = fs::read(&made).unwrap();
    let mut file = fs::File::create(dir.join("b.mp4")).unwrap();
    for part in bytes.chunks(bytes.len().div_ceil(15)) {
        file.write_all(part).unwrap();
        std::thread::sleep(Duration::from_millis(60));
    }
    drop(file);
    wait_for(&place, &[("a.mp4", false), ("b.mp4", false)]);
    fs::create_dir(dir.join("sub")).unwrap();
    fs::rename(dir.join("a.mp4"), dir.join("sub/z.mp4")).unwrap();
    wait_for(&place, &[("b.mp4", false), ("z.mp4", false)]);
    fs::remove_file(dir.join("b.mp4")).unwrap();
    wait_for(&place, &[("b.mp4", true), ("z.mp4", false)]);
    // Another film under a name that is known, in a folder that is new.
    let other = place.video("other.mp4", &[(BLUE, 8)]);
    fs::rename(other, dir.join("sub/z.mp4")).unwrap();
    wait_for(&place, &[("b.mp4", true), ("z.mp4", false)]);
    let start = Instant::now();
    loop {
        let rows = json(&place.vcl(["library", "list", "--format", "json"]));
        if rows[1]["n_clips"] == 4 {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{rows}");
    }
    fs::write(
        dir.join("sub/z.srt"),
        "1\n00:00:01,000 --> 00:00:02,000\nsnow\n",
    )
    .unwrap();
    let start = Instant::now();
    loop {
        let found = json(&place.vcl(["find", "snow", "--match", "words", "--format", "json"]));
        if found["queries"][0]["results"].as_array().unwrap().len() == 1 {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{found}");
    }
}

/// `VCL_N_KILLS=100` makes it the long test.
#[test]
fn kills_while_watching_lose_nothing() {
    let n_kills = std::env::var("VCL_N_KILLS").map_or(6, |n| n.parse().expect("a number"));
    let (place, dir) = place();
    let spare: Vec<_> = (0..6_u32)
        .map(|i| {
            place.video(
                &format!("{i}.mp4"),
                &[(0xff00_0000 | (0x10_2030 * i), 2 + i % 3)],
            )
        })
        .collect();
    let mut rng = Pcg64::seed_from_u64(11);
    for _ in 0..n_kills {
        let watching = Watching::start(&place);
        for _ in 0..rng.random_range(1..5) {
            meddle(&dir, &spare, &mut rng);
            std::thread::sleep(Duration::from_millis(rng.random_range(0..400)));
        }
        drop(watching);
    }
    place.vcl(["library", "update"]).stdout();
    // What is right: an undisturbed library of the same files.
    let fresh = Place::new();
    fresh
        .vcl(["library", "add", dir.to_str().unwrap()])
        .stdout();
    let there = |place: &Place| {
        let mut rows = listed(place);
        rows.retain(|(_, _, is_missing)| !is_missing);
        rows
    };
    assert_eq!(there(&place), there(&fresh));
    let find = |place: &Place| {
        let path = dir.to_str().unwrap();
        let args = [
            "find",
            "x",
            "--in",
            path,
            "--threshold",
            "0.5",
            "--format",
            "json",
        ];
        json(&place.vcl(args))["queries"][0]["results"].clone()
    };
    let (found, expected) = (find(&place), find(&fresh));
    for row in expected.as_array().unwrap() {
        assert!(
            found
                .as_array()
                .unwrap()
                .iter()
                .any(|it| it["video"] == row["video"]),
            "{found} {row}"
        );
    }
}

/// Copies, moves or removes a file.
fn meddle(dir: &Path, spare: &[PathBuf], rng: &mut Pcg64) {
    let i = rng.random_range(0..spare.len());
    let (there, moved) = (
        dir.join(format!("{i}.mp4")),
        dir.join(format!("moved-{i}.mp4")),
    );
    match rng.random_range(0..3) {
        0 => drop(fs::copy(&spare[i], &there).unwrap()),
        1 if there.exists() => fs::rename(&there, &moved).unwrap(),
        2 if moved.exists() => fs::remove_file(&moved).unwrap(),
        _ => drop(fs::copy(&spare[i], &there).unwrap()),
    }
}
