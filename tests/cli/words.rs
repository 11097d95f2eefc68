//! The first word: a command, help, or a video to open.

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
