//! The licences of the crates that are linked, as `cargo metadata` and the packages themselves tell them.
//!
//! What Linux needs is listed, which is what is handed on, and not what only builds or tests the program.
//! Of a crate that offers the Apache licence among others, that is the one taken, so that its long text
//! stands here once and not beside three hundred copies of another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// One crate.
struct Crate {
    name: String,
    version: String,
    licence: String,
    /// Numbers of its texts, counted from 1.
    texts: BTreeSet<usize>,
}

/// The text of `assets/licences.txt`.
pub fn licences() -> anyhow::Result<String> {
    let tree = cargo(&[
        "tree",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
    ])?;
    let linked = linked(&tree);
    let metadata = cargo(&["metadata", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_slice(metadata.as_bytes())?;
    list(&linked, &metadata).context("cargo metadata says something else than expected")
}

/// What cargo says.
fn cargo(arguments: &[&str]) -> anyhow::Result<String> {
    let target = match arguments[0] {
        "tree" => "--target",
        _ => "--filter-platform",
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .args(["--locked", target, "x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    let problem = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo {}: {problem}", arguments[0]);
    Ok(String::from_utf8(output.stdout)?)
}

/// Names and versions in what `cargo tree` says, without our own.
fn linked(tree: &str) -> BTreeSet<(&str, &str)> {
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?.trim_start_matches('v')))
    });
    crates.filter(|(name, _)| *name != "vcl").collect()
}

fn list(linked: &BTreeSet<(&str, &str)>, metadata: &Value) -> Option<String> {
    let mut texts = Texts::default();
    let mut crates = Vec::new();
    for package in metadata["packages"].as_array()? {
        let named = (package["name"].as_str()?, package["version"].as_str()?);
        if !linked.contains(&named) {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or("see its text");
        let folder = Path::new(package["manifest_path"].as_str()?).parent()?;
        crates.push(Crate {
            name: named.0.to_owned(),
            version: named.1.to_owned(),
            // As SPDX writes it today.
            licence: words(&licence.replace('/', " OR ")),
            texts: texts.of_folder(folder, licence),
        });
    }
    crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    let mut out = String::new();
    for it in &crates {
        let numbers: Vec<_> = it.texts.iter().map(ToString::to_string).collect();
        let numbers = numbers.join(",");
        let (name, version, licence) = (&it.name, &it.version, &it.licence);
        writeln!(out, "{name}\t{version}\t{licence}\t{numbers}").ok()?;
    }
    for (i, text) in texts.list.iter().enumerate() {
        write!(out, "\n\u{c}{}\n{text}\n", i + 1).ok()?;
    }
    Some(out)
}

/// Each text once, however it is broken into lines.
#[derive(Default)]
struct Texts {
    list: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

impl Texts {
    fn of_folder(&mut self, folder: &Path, licence: &str) -> BTreeSet<usize> {
        let names = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<_> = names
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| is_licence_file(name))
            .collect();
        names.sort();
        let apache = names
            .iter()
            .find(|name| name.to_uppercase().contains("APACHE"));
        if let Some(apache) = apache.filter(|_| licence.contains("OR") || licence.contains('/')) {
            // A notice belongs to it.
            let is_notice = |name: &String| name.to_uppercase().starts_with("NOTICE");
            names = [
                vec![apache.clone()],
                names
                    .iter()
                    .filter(|name| is_notice(name))
                    .cloned()
                    .collect(),
            ]
            .concat();
        }
        let texts = names
            .iter()
            .filter_map(|name| fs::read_to_string(folder.join(name)).ok());
        texts.filter_map(|text| self.number(&text)).collect()
    }

    fn number(&mut self, text: &str) -> Option<usize> {
        // Behind it comes only how to apply the licence to one's own work.
        let terms = text.split_once("END OF TERMS AND CONDITIONS");
        let words = words(terms.map_or(text, |(terms, _)| terms)).to_lowercase();
        if words.is_empty() {
            return None;
        }
        let next = self.list.len() + 1;
        let number = *self.numbers.entry(words).or_insert(next);
        if number == next {
            let lines = text.trim_matches('\n').lines().map(str::trim_end);
            self.list
                .push(lines.collect::<Vec<_>>().join("\n").replace('\u{c}', ""));
        }
        Some(number)
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_licence_file(name: &str) -> bool {
    let name = name.to_uppercase();
    let starts = [
        "LICENSE",
        "LICENCE",
        "COPYING",
        "NOTICE",
        "UNLICENSE",
        "COPYRIGHT",
    ];
    let is_code = name.ends_with(".RS") || name.ends_with(".HTML") || name.ends_with(".TOML");
    starts.iter().any(|start| name.starts_with(start)) && !is_code
}
