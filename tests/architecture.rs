//! Holds the code to the dependency rules of the crate docs: who may name whom.
//!
//! The checker reads tokens, not types: comments and literals are skipped, then every path that
//! starts at the crate root (`crate::x`, `crate::{x, y}`, enough `super::`) and every path that
//! starts with a restricted crate is compared with the tables below.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Each module with the modules that its code may name. What is absent here is forbidden.
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
    ("worker", UP_TO_ENGINE),
    ("app", UP_TO_WORKER),
    ("cli", UP_TO_ENGINE),
];

const UP_TO_LEARN: &[&str] = &[
    "domain", "video", "model", "store", "eval", "export", "find", "learn",
];
const UP_TO_ENGINE: &[&str] = &[
    "domain", "video", "model", "store", "eval", "export", "find", "learn", "engine",
];
const UP_TO_WORKER: &[&str] = &[
    "domain", "video", "model", "store", "eval", "export", "find", "learn", "engine", "worker",
];

/// Crates that only some modules may name; a trailing `*` stands for any rest of the name.
const RESTRICTED_CRATES: &[(&str, &[&str])] = &[
    ("gstreamer*", &["video"]),
    ("gst*", &["video"]),
    ("egui*", &["app"]),
    ("eframe", &["app"]),
    ("rfd", &["app"]),
    ("burn*", &["model", "learn", "engine"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
];

#[test]
fn modules_name_only_what_they_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut violations = Vec::new();
    let mut n_files = 0;
    for entry in walkdir::WalkDir::new(&src) {
        let entry = entry.expect("src is readable");
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let relative = path.strip_prefix(&src).expect("below src");
        let text = fs::read_to_string(path).expect("sources are UTF-8");
        violations.extend(check(&module_path(relative), &text));
        n_files += 1;
    }
    assert!(
        n_files > 8,
        "only {n_files} files seen: is the checker looking at src?"
    );
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

#[test]
fn every_module_has_its_rule() {
    let lib = include_str!("../src/lib.rs");
    let declared: BTreeSet<_> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let ruled: BTreeSet<_> = MAY_USE.iter().map(|(module, _)| *module).collect();
    let unruled: Vec<_> = declared.difference(&ruled).collect();
    assert!(!declared.is_empty());
    assert!(unruled.is_empty(), "no dependency rule for {unruled:?}");
}

/// An error whose sentence tells its cause has no `source`: with both, the cause is printed twice.
#[test]
fn errors_tell_their_cause_once() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in walkdir::WalkDir::new(&src) {
        let entry = entry.expect("src is readable");
        if entry.path().extension().is_none_or(|x| x != "rs") {
            continue;
        }
        let text = fs::read_to_string(entry.path()).expect("sources are UTF-8");
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for (i, line) in lines.iter().enumerate() {
            let has_source = line.contains("#[from]") || line.contains("#[source]");
            let is_transparent = i > 0 && lines[i - 1] == "#[error(transparent)]";
            let place = format!("{}:{}", entry.path().display(), i + 1);
            assert!(!has_source || is_transparent, "{place}: {line}");
            assert!(!line.contains("{source}"), "{place}: {line}");
        }
    }
}

#[test]
fn the_checker_sees_violations() {
    for (file, text, offender) in [
        ("domain/time.rs", "use crate::video::Sampler;", "video"),
        (
            "domain/time.rs",
            "use crate::{domain::Query, store};",
            "store",
        ),
        (
            "video/probe.rs",
            "use crate::{\n domain::{Query},\n model::{self, Encoder}, };",
            "model",
        ),
        (
            "video/probe.rs",
            "fn f() { crate::engine::run() }",
            "engine",
        ),
        ("store/cache.rs", "use super::super::model;", "model"),
        (
            "store/cache.rs",
            "mod tests { use super::super::super::eval::map; }",
            "eval",
        ),
        ("engine/search.rs", "use crate::worker::Event;", "worker"),
        ("cli/search.rs", "use crate::app;", "app"),
        ("engine/search.rs", "use gstreamer as gst;", "gstreamer"),
        (
            "engine/search.rs",
            "fn f() { gstreamer_app::AppSink::builder(); }",
            "gstreamer_app",
        ),
        ("cli/plot.rs", "fn f(ui: &mut egui::Ui) {}", "egui"),
        ("worker/mod.rs", "use burn::tensor::Tensor;", "burn"),
        ("main.rs", "use vcl::store::Paths;", "store"),
    ] {
        let found = check(&module_path(Path::new(file)), text);
        assert_eq!(found.len(), 1, "{text:?} in {file}: {found:?}");
        assert!(found[0].contains(&format!("`{offender}`")), "{found:?}");
    }
}

#[test]
fn the_checker_lets_good_code_pass() {
    for (file, text) in [
        (
            "domain/time.rs",
            "//! like crate::video, see `egui::Ui`\n/* crate::store */ use super::Query;",
        ),
        (
            "domain/time.rs",
            "mod tests { use super::*; use super::super::Query; }",
        ),
        (
            "store/cache.rs",
            r##"fn f<'a>(x: &'a str) { g("crate::model", r#"use burn::x"#, '"'); } // egui::"##,
        ),
        (
            "video/player.rs",
            "use gstreamer as gst; use crate::domain::ClipIndex; gst::init();",
        ),
        (
            "engine/search.rs",
            "use crate::{domain, model::Encoder, store::{Paths}}; let burn = 1;",
        ),
        (
            "main.rs",
            "fn main() -> std::process::ExitCode { vcl::cli::run() }",
        ),
    ] {
        assert_eq!(
            check(&module_path(Path::new(file)), text),
            Vec::<String>::new(),
            "{file}"
        );
    }
}

/// `video/player.rs` is `["video", "player"]`, `video/mod.rs` is `["video"]`, `lib.rs` is `[]`.
fn module_path(relative: &Path) -> Vec<String> {
    let mut names: Vec<_> = relative
        .with_extension("")
        .iter()
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    if names
        .last()
        .is_some_and(|name| name == "mod" || name == "lib")
    {
        names.pop();
    }
    names
}

/// One line per name that `text`, the source of `module`, must not use.
fn check(module: &[String], text: &str) -> Vec<String> {
    let Some(top) = module.first() else {
        return Vec::new(); // lib.rs declares the modules
    };
    let allowed: &[&str] = match MAY_USE.iter().find(|(name, _)| name == top) {
        Some((_, allowed)) => allowed,
        None => &["cli", "app"], // main.rs
    };
    let tokens = tokens(text);
    let mut violations = Vec::new();
    for name in names_from_root(module, &tokens) {
        let is_module = MAY_USE.iter().any(|(other, _)| *other == name);
        if is_module && name != top && !allowed.contains(&name) {
            violations.push(format!("{} names `{name}`", module.join("::")));
        }
    }
    for (i, token) in tokens.iter().enumerate() {
        let starts_path = i == 0 || tokens[i - 1] != "::";
        let is_path = tokens.get(i + 1).is_some_and(|next| *next == "::")
            || (i > 0 && tokens[i - 1] == "use");
        if !(starts_path && is_path) {
            continue;
        }
        let forbidden = RESTRICTED_CRATES.iter().any(|(pattern, owners)| {
            let matches = match pattern.strip_suffix('*') {
                Some(prefix) => *token == prefix || token.starts_with(&format!("{prefix}_")),
                None => token == pattern,
            };
            matches && !owners.contains(&top.as_str())
        });
        if forbidden {
            violations.push(format!("{} names `{token}`", module.join("::")));
        }
    }
    violations
}

/// The first names of all paths that start at the crate root.
fn names_from_root<'a>(module: &[String], tokens: &[&'a str]) -> Vec<&'a str> {
    let mut names = Vec::new();
    let mut inline_modules = Vec::new(); // for each open brace, whether it opened a module
    let mut i = 0;
    while i < tokens.len() {
        let rest = &tokens[i..];
        match rest {
            ["mod", _, "{", ..] => {
                inline_modules.push(true);
                i += 3;
                continue;
            }
            ["{", ..] => inline_modules.push(false),
            ["}", ..] => drop(inline_modules.pop()),
            ["crate" | "vcl", "::", after @ ..] => names.extend(first_names(after)),
            ["super", "::", ..] => {
                let n_supers = rest
                    .chunks(2)
                    .take_while(|pair| *pair == ["super", "::"])
                    .count();
                let depth = module.len() + inline_modules.iter().filter(|x| **x).count();
                if n_supers >= depth {
                    names.extend(first_names(&rest[2 * n_supers..]));
                }
                i += 2 * n_supers;
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    names
}

/// `a::b` gives `a`; `{a::b, c::{d}}` gives `a` and `c`.
fn first_names<'a>(tokens: &[&'a str]) -> Vec<&'a str> {
    if tokens.first() != Some(&"{") {
        return tokens.first().copied().into_iter().collect();
    }
    let mut names = Vec::new();
    let mut depth = 0;
    for pair in tokens.windows(2) {
        match pair[0] {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(pair[0], "{" | ",") && pair[1] != "}" {
            names.push(pair[1]);
        }
    }
    names
}

/// Identifiers, `::` and single punctuation; comments, literals and lifetimes are left out.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment_length(rest)
        } else if let Some(length) = string_length(rest) {
            length
        } else if c == '\'' {
            quote_length(rest)
        } else if is_word(c) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push(&rest[..length]);
            length
        } else if rest.starts_with("::") {
            tokens.push("::");
            2
        } else {
            if !c.is_whitespace() {
                tokens.push(&rest[..c.len_utf8()]);
            }
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

fn block_comment_length(text: &str) -> usize {
    let mut depth = 0;
    for (i, _) in text.char_indices() {
        if text[i..].starts_with("/*") {
            depth += 1;
        } else if text[i..].starts_with("*/") {
            depth -= 1;
            if depth == 0 {
                return i + 2;
            }
        }
    }
    text.len()
}

/// The length of a string literal at the start: `"…"`, `r#"…"#`, `b"…"`, `br"…"`, `c"…"`.
fn string_length(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""]
        .into_iter()
        .find(|prefix| text.starts_with(prefix))?;
    let body = &text[prefix.len()..];
    let n_hashes = body.len() - body.trim_start_matches('#').len();
    if !body[n_hashes..].starts_with('"') || (n_hashes > 0 && !prefix.ends_with('r')) {
        return None;
    }
    let content = prefix.len() + n_hashes + 1;
    if prefix.ends_with('r') {
        let close = format!("\"{}", "#".repeat(n_hashes));
        let end = text[content..].find(&close)?;
        return Some(content + end + close.len());
    }
    let mut escaped = false;
    for (i, c) in text[content..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(content + i + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// The length of a character literal or of a lifetime, both of which start with a quote.
fn quote_length(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => text[2..].find('\'').map_or(text.len(), |end| {
            // `'\''` closes at the second quote.
            if end == 0 { 4 } else { end + 3 }
        }),
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1,
    }
}
