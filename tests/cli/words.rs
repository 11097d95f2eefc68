//! The first word: a command, help, or a video to open; and the words of a query.

use crate::support::{Outcome, Place};

fn without_display(place: &Place, words: &[&str]) -> Outcome {
    let mut command = place.command();
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(name);
    }
    let output = command.args(words).output().unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn help_is_given_in_every_way_it_is_asked_for() {
    let place = Place::new();
    let long = without_display(&place, &["help"]);
    assert_eq!(long.stdout(), without_display(&place, &["--help"]).stdout());
    for says in [
        "Examples:",
        "VCL_CACHE_DIR",
        "Exit codes:",
        "A video to open in the window",
        "vcl [OPTIONS] <COMMAND>",
    ] {
        assert!(long.stdout.contains(says), "{says}: {}", long.stdout);
    }
    let search = without_display(&place, &["help", "search"]);
    assert!(search.stdout().contains("--plot"), "{}", search.stdout);
}

#[test]
fn a_mistyped_command_is_told_from_a_missing_video() {
    let place = Place::new();
    for words in [
        &["serch", "film.mp4"][..],
        &["serch"],
        &["serch", "film.mp4", "x", "--top", "3"],
    ] {
        let outcome = without_display(&place, words);
        assert_eq!(outcome.code, Some(2), "{words:?} {}", outcome.stderr);
        assert!(outcome.stderr.contains("'search'"), "{}", outcome.stderr);
    }
    for name in ["nofile.mp4", "train.mp4", "film"] {
        let outcome = without_display(&place, &[name]);
        let says = format!("{name} does not exist; check the path");
        assert_eq!(outcome.error(), says);
    }
}

#[test]
fn without_a_display_the_way_without_a_window_is_named() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    for words in [&[video.to_str().unwrap()][..], &[]] {
        let outcome = without_display(&place, words);
        let error = outcome.error();
        assert!(error.starts_with("there is no display"), "{error}");
        assert!(error.contains("vcl search VIDEO QUERY"), "{error}");
    }
}

/// Once for each query, however often it is answered.
#[test]
fn words_that_the_model_hardly_reads_are_told_about() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let search = |queries: &[&str]| {
        let outcome = place.vcl([&["search", video.to_str().unwrap()][..], queries].concat());
        outcome.stdout();
        let warnings = outcome.stderr.lines().map(str::to_owned);
        warnings.collect::<Vec<_>>()
    };
    let told = search(&[
        "개가 달린다",
        "собака бежит",
        "un perro en la playa",
        "a red room",
    ]);
    assert_eq!(told.len(), 3, "{told:?}");
    for (line, words) in told.iter().zip(["개가", "собака", "un perro"]) {
        assert!(
            line.starts_with("warning: this model reads English"),
            "{line}"
        );
        assert!(line.contains(words), "{line}");
    }
    let told = search(&["a café in the crème brûlée", "jalapeño"]);
    assert!(told.is_empty(), "{told:?}");
}

/// As CLIP's own tokenizer reads them.
#[test]
fn pasted_typography_makes_no_other_query() {
    let place = Place::new();
    let file = place.path("texts.npz");
    let pairs = [
        ("fish &amp; chips", "fish & chips"),
        ("&amp;lt;b", "<b"),
        ("ａ ｒｅｄ ｄｏｇ！", "a red dog!"),
        ("it’s “red”", "it's \"red\""),
        ("caf&eacute;", "café"),
    ];
    let texts: Vec<&str> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
    let target = file.to_str().unwrap();
    place
        .vcl([&["embed", "text"][..], &texts, &["-o", target]].concat())
        .stdout();
    let features = vcl::store::read_npz(&file, "pooler_output").unwrap().values;
    let rows: Vec<_> = features.chunks(48).collect();
    for (i, pair) in pairs.iter().enumerate() {
        assert_eq!(rows[2 * i], rows[2 * i + 1], "{pair:?}");
    }
    assert_ne!(rows[0], rows[2]);
}

#[test]
fn a_query_that_is_too_long_is_not_printed_back_whole() {
    let place = Place::new();
    let long = "a long story ".repeat(800);
    for words in [
        &["search", "film.mp4", &long][..],
        &["film.mp4", "-q", &long],
    ] {
        let outcome = without_display(&place, words);
        assert_eq!(outcome.code, Some(2));
        assert!(outcome.stderr.len() < 600, "{}", outcome.stderr);
        for says in ["a long story", "keep it under 500"] {
            assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
        }
    }
}
