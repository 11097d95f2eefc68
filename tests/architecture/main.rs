//! Holds the code to its plan: who may name whom, no circles, no reference to a section of the
//! design that is not there.
//!
//! The tables below are the plan, `house` reads the sources, `rules` compares the two.

mod examples;
mod house;
mod rules;
mod sections;

use std::fs;
use std::path::Path;

use house::House;
use rules::{RULES, circles};
use sections::missing_sections;

/// Each room with the rooms that its code may name. What is absent here is forbidden.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("video", &["domain"]),
    ("model", &["domain"]),
    ("store", &["domain"]),
    ("eval", &["domain"]),
    // Lossless cuts need a demuxer, and only `video` has one.
    ("export", &["domain", "video"]),
    ("find", &["domain", "model"]),
    ("learn", &["domain", "model", "eval", "find"]),
    ("engine", UP_TO_LEARN),
    ("library", UP_TO_ENGINE),
    ("worker", UP_TO_LIBRARY),
    ("app", UP_TO_WORKER),
    ("cli", UP_TO_LIBRARY),
    ("main", &["app", "cli"]),
];

const UP_TO_LEARN: &[&str] = &[
    "domain", "video", "model", "store", "eval", "export", "find", "learn",
];
const UP_TO_ENGINE: &[&str] = &[
    "domain", "video", "model", "store", "eval", "export", "find", "learn", "engine",
];
const UP_TO_LIBRARY: &[&str] = &[
    "domain", "video", "model", "store", "eval", "export", "find", "learn", "engine", "library",
];
const UP_TO_WORKER: &[&str] = &[
    "domain", "video", "model", "store", "eval", "export", "find", "learn", "engine", "library",
    "worker",
];

/// The same for the rooms inside `video`.
const MAY_USE_IN_VIDEO: &[(&str, &[&str])] = &[
    ("file", &[]),
    ("sample", &["file"]),
    ("play", &["file"]),
    // A cut counts time from the same first frame, and begins at the same key frames, as the samples.
    ("cut", &["file", "sample"]),
];

/// Crates that only some rooms may name; a trailing `*` stands for any rest of the name.
const RESTRICTED_CRATES: &[(&str, &[&str])] = &[
    ("gstreamer*", &["video"]),
    ("gst*", &["video"]),
    ("egui*", &["app"]),
    ("eframe", &["app"]),
    ("rfd", &["app"]),
    ("zbus", &["app"]),
    ("burn*", &["model", "learn", "engine"]),
    ("clap", &["cli"]),
    ("rusqlite", &["library"]),
    ("memmap2", &["library"]),
    ("notify", &["library"]),
    ("rustls", &["library"]),
    ("indicatif", &["cli"]),
];

/// Where the sections of the design are cited.
const CITING_FOLDERS: [&str; 5] = ["src", "tests", "benches", "examples", "shaders"];

/// The files of a folder of this repository with their texts, named from that folder on.
fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = walkdir::WalkDir::new(&folder).sort_by_file_name();
    let entries = entries
        .into_iter()
        .map(|entry| entry.expect("it is readable"));
    let is_text = |path: &Path| path.extension().is_some_and(|x| x == "rs" || x == "wgsl");
    entries
        .filter(|entry| is_text(entry.path()))
        .map(|entry| {
            let name = entry.path().strip_prefix(&folder).expect("below it");
            let name = name.iter().map(|part| part.to_string_lossy());
            let text = fs::read_to_string(entry.path()).expect("sources are UTF-8");
            (name.collect::<Vec<_>>().join("/"), text)
        })
        .collect()
}

fn our_house() -> House {
    let files = files("src");
    assert!(
        files.len() > 100,
        "only {} files: is this src?",
        files.len()
    );
    let names = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    House::of(names)
}

#[test]
fn only_what_may_be_named_is_named() {
    let house = our_house();
    for rule in RULES {
        let wrong = Vec::from_iter(rule(&house));
        assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    }
}

#[test]
fn files_do_not_need_each_other_in_circles() {
    let house = our_house();
    let circles = circles(&house);
    assert!(
        circles.is_empty(),
        "give what both sides need a file of its own: {circles:#?}"
    );
}

#[test]
fn cited_sections_of_the_design_exist() {
    let design = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/DESIGN.md");
    let design = fs::read_to_string(design).expect("docs/DESIGN.md is there");
    let mut missing = Vec::new();
    for folder in CITING_FOLDERS {
        for (name, text) in files(folder) {
            let sections = missing_sections(&design, &text).into_iter();
            missing.extend(sections.map(|section| format!("{folder}/{name} cites {section}")));
        }
    }
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
}
