//! Labels survive a kill at any moment.
//!
//! The test starts itself as a child that saves labels in a loop and says each number after it was
//! saved. The child is killed at a random moment; every number that was said must be on disk.

use std::collections::HashMap;
use std::env;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use vcl::domain::{ClipIndex, Grade, Labels, Query};
use vcl::store::{LabelStore, LabelledVideo};

const DIR: &str = "VCL_LABEL_KILLS_DIR";
const FIRST: &str = "VCL_LABEL_KILLS_FIRST";
const N_KILLS: usize = 100;
const N_DIGITS: u32 = 12;

/// The number in base five, one digit per clip.
fn labels_of(number: u64) -> Labels {
    let digit = |i: u32| (number / 5_u64.pow(i) % 5) as u8;
    let grades = (0..N_DIGITS).filter_map(|i| Some((i, Grade::from_value(digit(i))?)));
    Labels {
        grades: grades.map(|(i, g)| (ClipIndex(i as usize), g)).collect(),
    }
}

fn number_of(labels: &Labels) -> u64 {
    assert_eq!(labels.n_labels(), N_DIGITS as usize, "a label is missing");
    let digits = labels.grades.iter();
    digits
        .map(|(clip, grade)| u64::from(grade.value()) * 5_u64.pow(clip.0 as u32))
        .sum()
}

/// Numbers go in turn to two videos and two queries of each.
fn slot(number: u64) -> (String, Query) {
    let query = if (number / 2).is_multiple_of(2) {
        "a kite"
    } else {
        "a dog"
    };
    (format!("video_{}", number % 2), Query::new(query).unwrap())
}

#[test]
#[ignore = "the child of killed_savers_lose_no_label"]
fn saves_until_killed() {
    let (Ok(dir), Ok(first)) = (env::var(DIR), env::var(FIRST)) else {
        return;
    };
    let store = LabelStore::open(Path::new(&dir)).unwrap();
    for number in first.parse::<u64>().unwrap().. {
        let (id, query) = slot(number);
        let video = LabelledVideo {
            id: &id,
            name: "holiday",
            duration_secs: 150.0,
        };
        store.save(video, &query, &labels_of(number)).unwrap();
        println!("\nsaved {number}");
    }
}

#[test]
fn killed_savers_lose_no_label() {
    let dir = tempfile::tempdir().unwrap();
    let mut rng = rand_pcg::Pcg64::seed_from_u64(7);
    let mut last_said = HashMap::new();
    let mut first = 0;
    for _ in 0..N_KILLS {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "saves_until_killed", "--nocapture"])
            .env(DIR, dir.path())
            .env(FIRST, first.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut hear = |line: String| {
            if let Some(number) = line.strip_prefix("saved ") {
                let number: u64 = number.parse().unwrap();
                last_said.insert(slot(number), number);
                first = number + 1;
            }
        };
        // Wait until it has begun, so that no kill only hits the start of the process.
        for line in said.by_ref().map_while(Result::ok) {
            let has_begun = line.starts_with("saved ");
            hear(line);
            if has_begun {
                break;
            }
        }
        std::thread::sleep(Duration::from_micros(rng.random_range(0..20_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        said.map_while(Result::ok).for_each(hear);

        let store = LabelStore::open(dir.path()).unwrap();
        for ((id, query), &number) in &last_said {
            let on_disk = number_of(&store.load(id, query).unwrap());
            assert_eq!(slot(on_disk), (id.clone(), query.clone()));
            // The last save may have reached the disk without being said.
            assert!(number <= on_disk && on_disk <= first, "{number} {on_disk}");
        }
    }
    assert!(first > N_KILLS as u64, "only {first} saves in all");
    let n_files = std::fs::read_dir(dir.path().join("labels"))
        .unwrap()
        .count();
    assert_eq!(n_files, 3, "two videos, one lock, nothing unfinished");
}
