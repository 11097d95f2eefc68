//! Small houses that break each rule, and one that breaks none: a rule that sees nothing is worthless.

use std::collections::BTreeSet;

use super::house::House;
use super::rules::*;

/// A file, its text, and what the rule says of it; the files of [`FURNITURE`] are there too.
type Breach = (&'static str, &'static str, &'static str);

const FURNITURE: &[(&str, &str)] = &[
    ("engine/mod.rs", "pub fn run() {}"),
    ("video/mod.rs", "mod file; pub use file::Source;"),
    ("video/file.rs", "pub struct Source;"),
    ("video/play/mod.rs", "pub struct Player;"),
    ("video/cut/mod.rs", "pub struct Cutter;"),
    ("model/encoder/mod.rs", "pub(crate) mod clip;"),
    ("model/encoder/clip/mod.rs", "pub mod text;"),
    ("model/encoder/clip/text.rs", "pub struct Text;"),
];

fn assert_each_is_seen(rule: Rule, breaches: &[Breach]) {
    for (file, text, says) in breaches {
        let others = FURNITURE.iter().filter(|(name, _)| name != file);
        let house = House::of(others.copied().chain([(*file, *text)]));
        let wrong = Vec::from_iter(rule(&house));
        assert_eq!(wrong.len(), 1, "{text:?} in {file}: {wrong:?}");
        assert!(wrong[0].contains(says), "{wrong:?}");
    }
}

#[test]
#[rustfmt::skip]
fn rooms_that_are_named_are_seen() {
    assert_each_is_seen(rooms_that_may_not_be_named, &[
        ("domain/time.rs", "use crate::video::Sampler;", "`video`"),
        ("domain/time.rs", "use crate::{domain::Query, store};", "`store`"),
        ("domain/time.rs", "#[test] fn f() { assert!(crate::eval::is_on()); }", "`eval`"),
        ("domain/time.rs", "pub use crate::model::*;", "`model`"),
        ("video/probe.rs", "use crate::{domain::{Query}, model::{self, Encoder}};", "`model`"),
        ("video/probe.rs", "fn f() { crate::engine::run() }", "`engine`"),
        ("store/cache.rs", "use super::super::model;", "`model`"),
        ("store/cache.rs", "mod tests { use super::super::super::eval::map; }", "`eval`"),
        ("engine/search.rs", "use crate::worker::Event;", "`worker`"),
        ("find/way.rs", "use crate::engine::Engine;", "`engine`"),
        ("cli/search.rs", "use crate::app;", "`app`"),
        ("main.rs", "use vcl::store::Paths;", "`store`"),
    ]);
    assert_each_is_seen(rooms_without_a_rule, &[("garage/mod.rs", "", "`garage`")]);
}

#[test]
#[rustfmt::skip]
fn crates_that_are_named_are_seen() {
    assert_each_is_seen(crates_that_may_not_be_named, &[
        ("engine/search.rs", "use gstreamer as gst;", "`gstreamer`"),
        ("engine/search.rs", "fn f() { gstreamer_app::AppSink::builder(); }", "`gstreamer_app`"),
        ("cli/plot.rs", "fn f(ui: &mut egui::Ui) {}", "`egui`"),
        ("cli/plot.rs", "fn f() { println!(\"{}\", rfd::VERSION) }", "`rfd`"),
        ("worker/mod.rs", "use burn::tensor::Tensor;", "`burn`"),
        ("app/mod.rs", "#[derive(clap::Args)] struct Args;", "`clap`"),
        ("app/mod.rs", "use clap;", "`clap`"),
    ]);
}

#[test]
#[rustfmt::skip]
fn walls_inside_rooms_are_seen() {
    assert_each_is_seen(rooms_of_video_that_may_not_be_named, &[
        ("video/play/player.rs", "use crate::video::cut::Cutter;", "video/cut"),
        ("video/file.rs", "use super::play::Player;", "video/play"),
    ]);
    assert_each_is_seen(encoders_named_from_outside, &[
        ("learn/mod.rs", "use crate::model::encoder::clip::text::Text;", "clip::text"),
        ("model/mod.rs", "pub mod encoder; pub use encoder::clip;", "encoder::clip"),
    ]);
}

#[test]
fn good_code_breaks_no_rule() {
    let house = House::of([
        (
            "lib.rs",
            "pub mod domain; pub mod video; pub use video::Sampler;",
        ),
        ("domain/mod.rs", "mod query; pub use query::Query;"),
        ("domain/query.rs", "pub struct Query;"),
        (
            "domain/time.rs",
            "//! like crate::video, see `egui::Ui`\n/* crate::store */ use super::Query;\n\
             mod tests { use super::*; use super::super::Query; }",
        ),
        (
            "store/cache.rs",
            r##"fn f<'a>(x: &'a str) { g("crate::model", r#"use burn::x"#, '"'); } // egui::"##,
        ),
        ("video/file/mod.rs", "pub struct Source;"),
        (
            "video/play/player.rs",
            "use gstreamer as gst; use crate::domain::ClipIndex; use crate::video::file::Source;\n\
             fn f() { gst::init(); }",
        ),
        (
            "engine/search.rs",
            "use crate::{domain, find, model::Encoder, store::{Paths}}; const burn: u8 = 1;",
        ),
        (
            "model/encoder/mod.rs",
            "mod clip; pub use clip::text::Text;",
        ),
        ("model/encoder/clip/mod.rs", "pub mod text;"),
        (
            "model/encoder/clip/text.rs",
            "use crate::model::encoder; pub struct Text;",
        ),
        ("learn/mod.rs", "use crate::model::encoder::Text;"),
        (
            "main.rs",
            "fn main() -> std::process::ExitCode { vcl::cli::run() }",
        ),
    ]);
    for rule in RULES {
        assert_eq!(rule(&house), BTreeSet::new());
    }
    assert_eq!(circles(&house), BTreeSet::new());
}

#[test]
#[rustfmt::skip]
fn circles_are_seen_through_re_exports() {
    let parent = "mod a; mod b; pub use a::A; pub use b::{B as Other, make};";
    for (a, b, is_circle) in [
        ("use super::Other; pub struct A;", "use crate::x::A; pub struct B;", true),
        ("pub struct A; fn f() { super::make() }", "use super::A; pub fn make() {}", true),
        ("use crate::x; fn f() { x::make() } pub struct A;", "use crate::x; fn f(a: x::A) {}", true),
        ("use super::Other; pub struct A;", "pub struct B;", false),
        ("use super::Other; pub struct A;", "#[cfg(test)] mod tests { use crate::x::A; }", false),
        ("pub struct A;", "use crate::x; pub struct B; fn f(a: x::A) {}", false),
    ] {
        let house = House::of([("x/mod.rs", parent), ("x/a.rs", a), ("x/b.rs", b)]);
        let expected = is_circle.then(|| vec!["x/a.rs", "x/b.rs"]);
        assert_eq!(circles(&house), BTreeSet::from_iter(expected), "{a} {b}");
    }
}
