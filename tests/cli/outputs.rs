//! What is written never destroys what is read.

use std::fs;

use crate::support::Place;

#[test]
fn no_output_replaces_its_input() {
    let place = Place::new();
    let film = place.path("film.mp4");
    let link = place.path("link");
    fs::write(&film, "what the user made").unwrap();
    std::os::unix::fs::symlink(&film, &link).unwrap();
    let prompt = place.path("prompt");
    fs::write(&prompt, "what the user taught").unwrap();
    let picture = place.path("film.png");
    fs::write(&picture, "what the user drew").unwrap();
    fs::create_dir(place.path("videos")).unwrap();
    let vid = place.path("videos/v.mkv");
    fs::write(&vid, "what the user filmed").unwrap();
    let checkpoint = place.path("out.checkpoint");
    fs::write(&checkpoint, "what the user marked").unwrap();
    let texts: Vec<_> = [&film, &prompt, &picture, &vid, &checkpoint]
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .into();

    let name = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let (film, link, prompt) = (name("film.mp4"), name("./link"), name("prompt"));
    let (picture, videos, vid) = (name("film.png"), name("videos"), name("videos/v.mkv"));
    let (marked, out) = (name("out.checkpoint"), name("out"));
    let export = ["export", &film, "night", "--format", "edl", "-o"];
    let search = ["search", &picture, "night", "--plot", &picture];
    let train = ["train", "--videos", &videos, "--data"];
    let evaluate = ["evaluate", "--videos", &videos, "--data"];
    for words in [
        [&export[..], &[&film]].concat(),
        [&export[..], &[&link]].concat(),
        [&export[..], &[&prompt, "--prompt", &prompt]].concat(),
        vec!["embed", "video", &film, "-o", &link],
        search.to_vec(),
        [&train[..], &[&film, "-o", &link]].concat(),
        [&train[..], &[&film, "-o", &vid]].concat(),
        [&train[..], &[&marked, "-o", &out]].concat(),
        [&evaluate[..], &[&film, "--predictions", &film]].concat(),
        [&evaluate[..], &[&film, "--predictions", &vid]].concat(),
    ] {
        let outcome = place.vcl(&words);
        let error = outcome.error();
        assert!(error.contains("it would be lost"), "{words:?}: {error}");
        for (path, text) in &texts {
            assert_eq!(&fs::read(path).unwrap(), text, "{words:?}");
        }
    }
}

/// Training takes minutes, so the place of its result is looked at first.
#[test]
fn a_place_that_cannot_be_written_to_is_told_before_the_work() {
    let place = Place::new();
    let file = place.path("file");
    fs::write(&file, "x").unwrap();
    let inside = file.join("prompt");
    let (file, inside) = (file.to_str().unwrap(), inside.to_str().unwrap());
    // Neither is a data set: an error about it would come from the work.
    for words in [
        &["train", "--data", file, "--videos", file, "-o", inside][..],
        &[
            "evaluate",
            "--data",
            file,
            "--videos",
            file,
            "--predictions",
            inside,
        ],
        &["export", file, "x", "--format", "edl", "-o", inside],
        &["export", file, "x", "--format", "cuts", "-o", inside],
        &["embed", "video", file, "-o", inside],
    ] {
        let outcome = place.vcl(words);
        let says = format!(
            "the folder {} cannot be made",
            if words.contains(&"cuts") {
                inside
            } else {
                file
            }
        );
        assert!(outcome.error().contains(&says), "{}", outcome.stderr);
    }
}
