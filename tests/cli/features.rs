//! `vcl model` and `vcl embed`.

use std::fs;

use vcl::store::read_npz;

use crate::support::{Place, tiny_model};

#[test]
fn models_are_listed_and_described() {
    let place = Place::new();
    let installed = place.path("models/tiny");
    fs::create_dir_all(&installed).unwrap();
    for file in [
        "config.json",
        "tokenizer.json",
        "preprocessor_config.json",
        "model.safetensors",
    ] {
        fs::copy(tiny_model().join(file), installed.join(file)).unwrap();
    }
    let list = place.vcl_bundled(["model", "list"]);
    assert!(list.stdout().starts_with("bundled "), "{}", list.stdout);
    assert!(list.stdout().contains("\ntiny "), "{}", list.stdout);

    let info = place.vcl_bundled(["model", "info", "tiny"]);
    let value = |name: &str| {
        let line = info
            .stdout()
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        line.expect(name)
            .split_whitespace()
            .last()
            .unwrap()
            .to_owned()
    };
    assert_eq!(value("embedding_dim"), "48");
    assert_eq!(value("vision_layers"), "3");
    assert_eq!(value("text_width"), "64");
    // Four context vectors, scale and bias, and the moment head.
    assert_eq!(value("trainable_parameters"), (4 * 64 + 2 + 91).to_string());
}

#[test]
fn the_list_says_what_each_model_is_good_for_and_how_fast_it_was() {
    let place = Place::new();
    let list = place.vcl_bundled(["model", "list"]);
    for part in [
        "google/siglip2-base-patch32-256",
        "not here; 1507 MB",
        "36 languages",
        "Apache-2.0",
        "Korean",
    ] {
        assert!(list.stdout().contains(part), "{part}: {}", list.stdout);
    }
    assert!(
        !list.stdout().contains("frames per second"),
        "{}",
        list.stdout
    );
    let measured = place.vcl_bundled(["model", "measure"]);
    assert!(
        measured.stdout().starts_with("bundled: "),
        "{}",
        measured.stdout
    );
    assert!(
        measured.stdout().contains("for an hour of video"),
        "{}",
        measured.stdout
    );
    let list = place.vcl_bundled(["model", "list"]);
    assert_eq!(list.stdout().matches("frames per second on CPU").count(), 1);
}

#[test]
fn features_are_written_for_numpy() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let (frames, texts) = (place.path("out/frames.npz"), place.path("texts.npz"));
    let outcome = place.vcl([
        "embed",
        "video",
        video.to_str().unwrap(),
        "-o",
        frames.to_str().unwrap(),
    ]);
    assert!(
        outcome.stdout().ends_with("features [4, 48]\n"),
        "{}",
        outcome.stdout
    );
    place
        .vcl([
            "embed",
            "text",
            "a dog",
            "a cat",
            "a dog",
            "-o",
            texts.to_str().unwrap(),
        ])
        .stdout();

    let frames = read_npz(&frames, "features").unwrap();
    assert_eq!(frames.shape, [4, 48]);
    let texts = read_npz(&texts, "pooler_output").unwrap();
    assert_eq!(texts.shape, [3, 48]);
    assert_eq!(texts.values[..48], texts.values[96..]);
    assert_ne!(texts.values[..48], texts.values[48..96]);
    let norm = texts.values[..48].iter().map(|x| x * x).sum::<f32>().sqrt();
    assert!((norm - 1.0).abs() > 1e-3, "not normalised");

    // Longer than any model reads, and longer than a query may be.
    let long_texts = place.path("long.npz");
    let (long, longer) = ("red ".repeat(200), "red ".repeat(300));
    let outcome = place.vcl([
        "embed",
        "text",
        &long,
        &longer,
        "-o",
        long_texts.to_str().unwrap(),
    ]);
    outcome.stdout();
    assert_eq!(outcome.stderr.lines().count(), 2, "{}", outcome.stderr);
    for line in outcome.stderr.lines() {
        assert!(line.starts_with("warning: “red red"), "{line}");
        assert!(line.contains("is long: the model reads "), "{line}");
    }
    let cut = read_npz(&long_texts, "pooler_output").unwrap();
    assert_eq!(cut.values[..48], cut.values[48..]);
    let empty = place.vcl(["embed", "text", " ", "-o", long_texts.to_str().unwrap()]);
    assert_eq!(empty.code, Some(2));

    let nowhere = place.vcl([
        "embed",
        "text",
        "a dog",
        "-o",
        place.path("").to_str().unwrap(),
    ]);
    assert!(nowhere.error().contains("cannot write"));
}
