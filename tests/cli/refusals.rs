//! What cannot be done, each told in one clear line.

use std::fs;
use std::path::Path;

use crate::support::{Place, tiny_model};

#[test]
fn bad_videos_give_one_clear_line() {
    let place = Place::new();
    fs::write(place.path("empty.mp4"), "").unwrap();
    fs::write(place.path("text.mp4"), "this is not a video\n".repeat(200)).unwrap();
    fs::create_dir(place.path("folder.mp4")).unwrap();
    place.sound_only("sound.ogg");
    for (name, says) in [
        ("missing.mp4", "does not exist"),
        ("empty.mp4", "empty"),
        ("text.mp4", "not a video"),
        ("folder.mp4", "not a regular file"),
        ("sound.ogg", "sound"),
    ] {
        let path = place.path(name);
        for command in [
            vec!["search", path.to_str().unwrap(), "x"],
            vec!["index", path.to_str().unwrap()],
        ] {
            let says = match (command[0], name) {
                ("index", "folder.mp4") => "no video in",
                _ => says,
            };
            let outcome = place.vcl(&command);
            let error = outcome.error();
            assert!(
                error.contains(says) && error.contains(name),
                "{command:?}: {error}"
            );
        }
    }
}

#[test]
fn bad_words_and_models_give_one_clear_line() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    let error = |model: &str| {
        place
            .vcl_bundled(["search", video, "x", "--model", model])
            .error()
            .to_owned()
    };
    assert!(error("no-such-model").contains("vcl model list"));
    let broken = place.path("models/broken");
    fs::create_dir_all(&broken).unwrap();
    for file in ["config.json", "tokenizer.json", "preprocessor_config.json"] {
        fs::copy(tiny_model().join(file), broken.join(file)).unwrap();
    }
    assert!(error("broken").contains("model.safetensors"));
    fs::write(broken.join("model.safetensors"), "short").unwrap();
    assert!(error("broken").contains("weights"));
    fs::write(broken.join("config.json"), "{\"text_config\": 3").unwrap();
    assert!(error("broken").contains("config.json"));
}

/// On some of these the library that reads the file panics.
#[test]
fn a_damaged_tokenizer_gives_one_clear_line() {
    let place = Place::new();
    let model = place.path("models/broken");
    fs::create_dir_all(&model).unwrap();
    for file in [
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
    ] {
        fs::copy(tiny_model().join(file), model.join(file)).unwrap();
    }
    let whole = fs::read_to_string(tiny_model().join("tokenizer.json")).unwrap();
    let decoder = whole.find("\"decoder\"").unwrap();
    let after_decoder = |from: &str, to: &str| {
        let (before, after) = whole.split_at(decoder);
        let damaged = before.to_owned() + &after.replacen(from, to, 1);
        assert_ne!(damaged, whole, "{from}");
        damaged
    };
    for damaged in [
        after_decoder("\"ByteLevel\",", "\"ByteLevel\""),
        after_decoder("\"add_prefix_space\":", "\"add_prefix_space\""),
        after_decoder("\"trim_offsets\": true,", "\"trim_offsets\": true,,"),
        after_decoder("true", "treu"),
        after_decoder("\"ByteLevel\"", "\"Nothing\""),
        after_decoder("{", "["),
        whole[..decoder + 30].to_owned(),
        whole[..whole.len() - 2].to_owned(),
        whole.replacen("      998\n    ]", "      99999\n    ]", 1),
        whole.replacen("\"merges\"", "\"no_merges\"", 1),
        String::new(),
    ] {
        assert_ne!(damaged, whole);
        fs::write(model.join("tokenizer.json"), &damaged).unwrap();
        let target = place.path("t.npz");
        let target = target.to_str().unwrap();
        let outcome =
            place.vcl_bundled(["--model", "broken", "embed", "text", "hello", "-o", target]);
        let error = outcome.error();
        assert!(error.contains("tokenizer.json"), "{error}");
        assert!(!place.path("t.npz").exists());
    }
}

#[test]
fn models_of_another_kind_give_one_clear_line() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    for (name, file, contents, says) in [
        (
            "naflex",
            "config.json",
            r#"{"model_type": "siglip2"}"#,
            "NaFlex",
        ),
        (
            "timm",
            "open_clip_config.json",
            r#"{"model_cfg": {"vision_cfg": {"timm_model_name": "vit_base_siglip"}}}"#,
            "timm's image tower vit_base_siglip",
        ),
        (
            "resnet",
            "open_clip_config.json",
            r#"{"model_cfg": {"vision_cfg": {"layers": [3, 4, 6, 3]}}}"#,
            "ResNet",
        ),
    ] {
        let dir = place.path("models").join(name);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(file), contents).unwrap();
        for model in [name, dir.to_str().unwrap()] {
            let outcome =
                place.vcl_bundled(["--model", model, "search", video.to_str().unwrap(), "x"]);
            let error = outcome.error();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("download the whole"), "{error}");
        }
    }
}

/// What is wrong with it would be lost behind ten thousand characters.
#[test]
fn a_refused_long_query_is_not_printed_whole() {
    let place = Place::new();
    for long in ["kite ".repeat(2000), "연".repeat(3000)] {
        for args in [["search", "a.mp4", &long], ["a.mp4", "-q", &long]] {
            let outcome = place.vcl(args);
            assert_eq!(outcome.code, Some(2));
            let told = &outcome.stderr;
            assert!(told.contains("keep it under 500"), "{told}");
            assert!(told.chars().count() < 500 && told.contains('…'), "{told}");
        }
    }
}

#[test]
fn senseless_arguments_end_with_code_2() {
    let place = Place::new();
    for args in [
        &["search", "a.mp4"][..],
        &["search", "a.mp4", "x", "--format", "xml"],
        &["--no-such-flag"],
        &["-q", "x"],
        &["index"],
    ] {
        let outcome = place.vcl(args);
        assert_eq!(outcome.code, Some(2), "{args:?}");
        assert!(
            outcome.stderr.contains("Usage") || outcome.stderr.contains("error:"),
            "{args:?}"
        );
    }
    let long = "word ".repeat(200);
    let train = ["train", "--data", "l.jsonl", "--videos", "v", "-o", "p"];
    let no_shots = [&train[..], &["--shots", "0"]].concat();
    let from_0_to_1 = "give a number from 0 to 1";
    for (args, says) in [
        (
            &["search", "a.mp4", "x", "--threshold", "2"][..],
            from_0_to_1,
        ),
        (&["search", "a.mp4", "x", "--threshold", "-1"], from_0_to_1),
        (&["export", "a.mp4", "x", "--threshold", "-1"], from_0_to_1),
        (&["search", "a.mp4", "x", "--plot", "x.jpg"], ".png or .svg"),
        (&["search", "a.mp4", "  "], "the query is empty"),
        (&["a.mp4", "-q", ""], "the query is empty"),
        (&["search", "a.mp4", &long], "keep it under 500"),
        (&no_shots, "0 is not in 1.."),
        (
            &["embed", "text", "x", "-o", "y.npz", "--prompt", "none"],
            "--prompt means nothing for `vcl embed text`",
        ),
        (
            &["model", "list", "--skip-near-duplicates"],
            "--skip-near-duplicates means nothing",
        ),
    ] {
        let outcome = place.vcl(args);
        assert_eq!(outcome.code, Some(2), "{args:?}");
        assert!(
            outcome.stderr.contains(says),
            "{args:?}: {}",
            outcome.stderr
        );
    }
    assert_eq!(place.vcl(["--help"]).code, Some(0));
    assert!(place.vcl(["--version"]).stdout().starts_with("vcl "));
}

/// No part of an error stands in it twice, as it did where an error and its cause both told the cause.
#[test]
fn errors_tell_their_cause_once() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    let path = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let model = place.path("models/odd");
    fs::create_dir_all(model.join("config.json")).unwrap();
    fs::write(model.join("model.safetensors"), "weights").unwrap();
    let good = r#"{"qid":1,"query":"q","duration":8,"vid":"v"}"#;
    fs::write(path("bad.jsonl"), "{\"qid\":1}\n").unwrap();
    fs::write(path("array.jsonl"), format!("[{good}]\n")).unwrap();
    fs::write(path("good.jsonl"), format!("{good}\n")).unwrap();
    fs::create_dir(path("features")).unwrap();
    fs::create_dir(path("features/v.npz")).unwrap();
    let (none, features) = (path("none"), path("features"));
    let (bad, array, good) = (path("bad.jsonl"), path("array.jsonl"), path("good.jsonl"));
    let odd = path("models/odd");
    let inside = path("good.jsonl/x.npz");
    for (args, says) in [
        (
            &["search", video, "x", "--prompt", &none][..],
            "No such file",
        ),
        (&["search", video, "x", "--model", &odd], "config.json"),
        (
            &["search", video, "x", "--model", &good],
            "is not a directory",
        ),
        (
            &["score", "--truth", &none, "--predictions", &good],
            "No such file",
        ),
        (
            &["score", "--truth", &bad, "--predictions", &good],
            "missing field",
        ),
        (
            &["score", "--truth", &array, "--predictions", &good],
            "line 1: no JSON object: the file must have one on each line",
        ),
        (
            &["evaluate", "--data", &good, "--features", &features],
            "v.npz",
        ),
        (
            &["evaluate", "--data", &good, "--videos", &none],
            "No such file",
        ),
        (&["embed", "text", "x", "-o", &inside], "cannot be made"),
    ] {
        let outcome = place.vcl_bundled(args);
        let error = outcome.error();
        assert!(error.contains(says), "{error}");
        let parts: Vec<_> = error.split(": ").collect();
        for (i, part) in parts.iter().enumerate() {
            assert!(!parts[i + 1..].contains(part), "{part:?} twice: {error}");
        }
        assert!(!error.contains(".vcl-unfinished"), "{error}");
    }
}

/// Elements of GStreamer that were never made complain to GLib on top of the error.
#[test]
fn what_libraries_complain_of_lands_on_no_terminal() {
    let place = Place::new();
    let videos = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    let sound = fs::read(videos.join("truncated.mkv")).unwrap();
    // The version of Matroska that a reader must know.
    assert_eq!(sound[36..39], *b"\x42\x85\x81");
    for version in [3, 161] {
        let mut damaged = sound.clone();
        damaged[39] = version;
        let path = place.path("damaged.mkv");
        fs::write(&path, damaged).unwrap();
        let outcome = place.vcl(["search", path.to_str().unwrap(), "x"]);
        assert!(outcome.error().contains("damaged.mkv"));
    }
}

/// GStreamer ends the whole process on these: there is not as much memory as the index asks for, and it divides
/// by the bytes of a frame of sound.
#[test]
fn headers_that_would_end_the_process_are_told() {
    let place = Place::new();
    let sound = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/torture");
        fs::read(folder.join(name)).unwrap()
    };
    let after = |bytes: &[u8], id: &[u8], offset: usize| {
        bytes.windows(id.len()).rposition(|w| w == id).unwrap() + offset
    };
    let (wmv, mov) = (sound("film.wmv"), sound("timecode.mov"));
    let n_entries = after(&wmv, &[0x90, 8, 0, 0x33, 0xb1, 0xe5, 0xcf, 0x11], 52);
    let n_channels = after(&mov, b"sowt", 20);
    for (name, whole, at, damage, says) in [
        (
            "most.wmv",
            &wmv,
            n_entries,
            &[0xff; 4][..],
            "index claims more",
        ),
        (
            "many.asf",
            &wmv,
            n_entries,
            &[0xff, 0xff, 0xff, 0],
            "index claims more",
        ),
        ("mute.mov", &mov, n_channels, &[0, 0], "without a channel"),
        (
            "blank.mp4",
            &mov,
            n_channels - 16,
            &[0; 28],
            "without a channel",
        ),
    ] {
        let mut damaged = whole.clone();
        damaged[at..at + damage.len()].copy_from_slice(damage);
        let path = place.path(name);
        fs::write(&path, damaged).unwrap();
        let path = path.to_str().unwrap();
        let to = place.path("cuts");
        for command in [
            vec!["index", path],
            vec!["search", path, "x"],
            vec![
                "export",
                path,
                "x",
                "--format",
                "cuts",
                "-o",
                to.to_str().unwrap(),
            ],
        ] {
            let outcome = place.vcl(&command);
            let error = outcome.error();
            assert!(error.contains(says), "{command:?}: {error}");
        }
        let path = place.path(&format!("whole-{name}"));
        fs::write(&path, whole).unwrap();
        place.vcl(["index", path.to_str().unwrap()]).stdout();
    }
}

#[test]
fn a_video_is_tried_without_a_word_whatever_becomes_of_it() {
    let place = Place::new();
    let videos = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    fs::write(place.path("text.mp4"), "this is not a video\n".repeat(200)).unwrap();
    for video in [
        videos.join("plain.mp4"),
        videos.join("truncated.mkv"),
        videos.join("audio_only.m4a"),
        place.path("text.mp4"),
        place.path("missing.mp4"),
    ] {
        let outcome = place.vcl_bundled([Path::new("try-video"), Path::new("--"), &video]);
        assert_eq!(outcome.stdout(), "", "{}", video.display());
    }
    let help = place.vcl_bundled(["--help"]);
    assert!(!help.stdout().contains("try-video"));
}
