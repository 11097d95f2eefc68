//! Queries of other kinds than words: pictures, and two queries joined.

use std::fs;
use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use vcl::domain::ClipIndex;
use vcl::store::read_npz;
use vcl::video::{Source, frame_of_clip};

use crate::support::Place;
use crate::{json, numbers};

fn gradient() -> RgbImage {
    RgbImage::from_fn(90, 60, |x, y| image::Rgb([2 * x as u8, 4 * y as u8, 90]))
}

#[test]
fn features_of_a_picture_are_those_of_the_same_frame() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let mut pictures = Vec::new();
    for clip in 0..2 {
        let source = Source::open(&video).unwrap();
        let frame = frame_of_clip(&source, ClipIndex(clip), Default::default());
        let path = place.path(&format!("{clip}.png"));
        frame.unwrap().unwrap().save(&path).unwrap();
        pictures.push(path.to_str().unwrap().to_owned());
    }
    let (of_video, of_pictures) = (place.path("video.npz"), place.path("pictures.npz"));
    let embedded = |words: &[&str]| place.vcl(words).stdout().to_owned();
    let told = embedded(&[
        "embed",
        "image",
        &pictures[0],
        &pictures[1],
        "-o",
        of_pictures.to_str().unwrap(),
    ]);
    assert!(told.ends_with("pictures.npz: features [2, 48]\n"), "{told}");
    embedded(&[
        "embed",
        "video",
        video.to_str().unwrap(),
        "-o",
        of_video.to_str().unwrap(),
    ]);
    let (pictures, video) = (
        read_npz(&of_pictures, "features").unwrap(),
        read_npz(&of_video, "features").unwrap(),
    );
    assert_eq!(pictures.shape, [2, 48]);
    for (a, b) in pictures.values.iter().zip(&video.values) {
        assert!((a - b).abs() < 1e-4, "{a} {b}");
    }
}

#[test]
fn a_file_that_is_no_picture_is_one_line() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = place.path(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mut png = Cursor::new(Vec::new());
    gradient().write_to(&mut png, ImageFormat::Png).unwrap();
    let png = png.into_inner();
    let nowhere = place.path("nowhere.png");
    for (path, says) in [
        (write("words.png", b"a beach"), "is not a picture"),
        (write("empty.jpg", b""), "is not a picture"),
        (write("cut.png", &png[..png.len() / 2]), "is not usable"),
        (nowhere.to_str().unwrap().to_owned(), "cannot read"),
        (place.path("").to_str().unwrap().to_owned(), "cannot read"),
        (video.to_owned(), "is not a picture"),
    ] {
        let output = place.path("x.npz");
        let output = output.to_str().unwrap();
        for words in [
            &["search", video, "--image", &path][..],
            &["embed", "image", &path, "-o", output],
        ] {
            let outcome = place.vcl(words);
            assert!(outcome.error().contains(says), "{}", outcome.stderr);
        }
    }
    let sound = write("fine.png", &png);
    let over = place.vcl(["embed", "image", &sound, "-o", &sound]);
    assert!(over.error().contains("would be lost"), "{}", over.stderr);
    assert_eq!(fs::read(&sound).unwrap(), png);
}

#[test]
fn pictures_and_words_are_asked_together_and_exported() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    let picture = place.path("a, b.png");
    gradient().save(&picture).unwrap();
    let picture = picture.to_str().unwrap();
    let words = [
        "search", video, "red", "--image", picture, "--format", "json",
    ];
    let report = json(place.vcl(words).stdout());
    let queries = report["queries"].as_array().unwrap();
    assert_eq!(queries.len(), 2);
    assert_eq!(queries[0]["query"], "red");
    assert!(queries[0].get("title").is_none());
    assert_eq!(queries[1]["title"], "a, b.png");
    assert_eq!(numbers(&queries[1]["saliency"]).len(), 4);

    let joined = [
        "export",
        video,
        "--image",
        picture,
        "--and",
        "red",
        "--then",
        "blue -green",
        "--format",
        "csv",
        "-o",
        "-",
    ];
    let csv = place.vcl(joined);
    let mut reader = csv::Reader::from_reader(csv.stdout().as_bytes());
    let first = reader.records().next().unwrap().unwrap();
    let title = "(a, b.png and red), then blue -green within 30 s";
    assert!(first.iter().any(|field| field == title), "{first:?}");
    let table = place.vcl(["search", video, "--image", picture]);
    assert!(table.stdout().contains("\na, b.png  ("), "{}", table.stdout);
    let detector = ["search", video, "red", "--and", "blue", "--detector", "x"];
    assert_eq!(place.vcl(detector).code, Some(1));
}

#[test]
fn tiles_have_the_usual_features_in_the_middle_and_are_kept_apart() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let video = video.to_str().unwrap();
    let features = |framing: &[&str], shape: &[usize]| {
        let path = place.path("features.npz");
        let words = ["embed", "video", video, "-o", path.to_str().unwrap()];
        place.vcl([&words[..], framing].concat()).stdout();
        let array = read_npz(&path, "features").unwrap();
        assert_eq!(array.shape, shape);
        array.values
    };
    let usual = features(&[], &[4, 48]);
    let tiles = features(&["--framing", "tiles"], &[4, 3, 48]);
    assert_eq!(features(&["--framing", "centre"], &[4, 48]), usual);
    let whole = features(&["--framing", "whole"], &[4, 48]);
    // Of one colour, so that every part of a frame is like every other.
    for (clip, row) in usual.chunks(48).enumerate() {
        let middle = &tiles[(3 * clip + 1) * 48..][..48];
        let pairs = row.iter().zip(middle);
        assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-5));
    }
    assert_eq!(whole.len(), usual.len());
    let search = [
        "search",
        video,
        "red",
        "--framing",
        "tiles",
        "--format",
        "json",
    ];
    let report = json(place.vcl(search).stdout());
    assert_eq!(numbers(&report["queries"][0]["saliency"]).len(), 4);
    let text = ["embed", "text", "x", "-o", "y.npz", "--framing", "tiles"];
    assert_eq!(place.vcl(text).code, Some(2), "no frame is looked at");
}
