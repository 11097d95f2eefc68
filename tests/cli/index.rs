//! `vcl index`.

use std::fs;

use crate::json;
use crate::support::{Place, play};

#[test]
fn an_indexed_video_is_not_looked_at_again_even_under_another_name() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let index = |path: &std::path::Path| place.vcl(["index", path.to_str().unwrap()]);
    let first = index(&video);
    assert!(
        first.stdout().ends_with("4 clips, 0:08.0\n"),
        "{}",
        first.stdout
    );
    let moved = place.path("moved.mp4");
    fs::rename(&video, &moved).unwrap();
    let second = index(&moved);
    assert!(
        second.stdout().ends_with(", indexed before\n"),
        "{}",
        second.stdout
    );

    // A damaged cache costs time and nothing else.
    for entry in walkdir::WalkDir::new(place.paths().cache_dir) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            fs::write(entry.path(), "not tensors").unwrap();
        }
    }
    let third = index(&moved);
    assert!(
        third.stdout().ends_with("4 clips, 0:08.0\n"),
        "{}",
        third.stdout
    );
}

#[test]
fn folders_are_indexed_and_one_bad_file_does_not_stop_the_others() {
    let place = Place::new();
    fs::create_dir_all(place.path("films/old")).unwrap();
    place.short_video("films/a.mp4");
    fs::write(place.path("films/b.mp4"), "text ".repeat(100)).unwrap();
    place.video("films/old/c.mp4", &[(0xff808080, 2)]);
    fs::write(place.path("films/notes.txt"), "no video").unwrap();
    let outcome = place.vcl(["index", place.path("films").to_str().unwrap()]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stdout.contains("a.mp4: 4 clips") && outcome.stdout.contains("c.mp4: 1 clip,"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stderr.contains("b.mp4")
            && outcome
                .stderr
                .ends_with("error: 1 of 3 videos could not be indexed\n"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_unwritable_cache_costs_time_only() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let cache_dir = place.paths().cache_dir;
    fs::write(&cache_dir, "a file where the folder should be").unwrap();
    let outcome = place.vcl(["search", video.to_str().unwrap(), "x", "--format", "json"]);
    assert_eq!(json(outcome.stdout())["n_clips"], 4);
    assert!(
        outcome.stderr.starts_with("warning: "),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_index_that_cannot_be_kept_or_has_no_video_is_an_error() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let empty = place.path("empty");
    fs::create_dir(&empty).unwrap();
    fs::write(empty.join("notes.txt"), "no video").unwrap();
    let outcome = place.vcl(["index", empty.to_str().unwrap()]);
    let says = format!("there is no video in {}", empty.display());
    assert_eq!(outcome.error(), says);
    let both = ["index", empty.to_str().unwrap(), video.to_str().unwrap()];
    let outcome = place.vcl(both);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("4 clips"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains(&says), "{}", outcome.stderr);

    let cache_dir = place.paths().cache_dir;
    fs::remove_dir_all(&cache_dir).unwrap();
    fs::write(&cache_dir, "a file where the folder should be").unwrap();
    let outcome = place.vcl(["index", video.to_str().unwrap()]);
    let error = outcome.error();
    assert!(error.contains(cache_dir.to_str().unwrap()), "{error}");
    assert!(error.contains("VCL_CACHE_DIR"), "{error}");
}

#[test]
fn an_index_that_cannot_be_kept_is_one_error_and_a_search_without_it_one_warning() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let index = || place.vcl(["index", video.to_str().unwrap()]);
    let search = || place.vcl(["search", video.to_str().unwrap(), "x", "--format", "json"]);
    let embeddings = place.paths().cache_dir.join("embeddings");
    let check = || {
        let outcome = index();
        let error = outcome.error();
        assert!(error.contains("VCL_CACHE_DIR"), "{error}");
        let outcome = search();
        assert_eq!(json(outcome.stdout())["n_clips"], 4);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        assert!(
            outcome.stderr.starts_with("warning: "),
            "{}",
            outcome.stderr
        );
    };
    // It shows before the work where the folder is none.
    fs::create_dir_all(place.paths().cache_dir).unwrap();
    fs::write(&embeddings, "a file where the folder should be").unwrap();
    check();
    // It shows after the work where only the file cannot be written, as on a full disk.
    fs::remove_file(&embeddings).unwrap();
    index().stdout();
    let entries: Vec<_> = fs::read_dir(&embeddings).unwrap().flatten().collect();
    assert_eq!(entries.len(), 1);
    fs::remove_file(entries[0].path()).unwrap();
    fs::create_dir(entries[0].path()).unwrap();
    check();
}

#[test]
fn containers_are_tried_under_every_name_and_what_is_skipped_is_counted() {
    let place = Place::new();
    let dir = place.path("films");
    fs::create_dir(&dir).unwrap();
    let video = place.short_video("scenes.mp4");
    fs::copy(&video, dir.join("camera.insv")).unwrap();
    fs::copy(&video, dir.join("no extension")).unwrap();
    fs::write(dir.join("notes.txt"), "no video").unwrap();
    // Begins like a film, and is none.
    play(&format!(
        "audiotestsrc num-buffers=20 ! audioconvert ! vorbisenc ! matroskamux ! filesink location=\"{}\"",
        dir.join("sound.xyz").display()
    ));
    let outcome = place.vcl(["index", dir.to_str().unwrap()]);
    let told = outcome.stdout();
    for name in ["camera.insv: 4 clips", "no extension: 4 clips"] {
        assert!(told.contains(name), "{told}");
    }
    assert_eq!(
        outcome.stderr,
        "warning: 2 files in the folders are no video and were skipped\n"
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_searched_is_named_and_ends_with_code_1() {
    let place = Place::new();
    let dir = place.path("films");
    fs::create_dir(&dir).unwrap();
    fs::rename(place.short_video("scenes.mp4"), dir.join("a.mp4")).unwrap();
    // No one can enter a link to itself; permissions do not stop root, which may run this.
    std::os::unix::fs::symlink("locked", dir.join("locked")).unwrap();
    let outcome = place.vcl(["index", dir.to_str().unwrap()]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stdout.contains("a.mp4: 4 clips"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome.stderr.contains("cannot look into")
            && outcome.stderr.contains("films/locked: ")
            && outcome
                .stderr
                .ends_with("error: 1 folder could not be searched\n"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_big_file_is_known_after_touch_copy_and_rename() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    // A box that players skip makes it too big to be hashed whole; sparse, so it costs no disk.
    let mut file = fs::File::options().append(true).open(&video).unwrap();
    let n_free: u32 = 70 << 20;
    std::io::Write::write_all(&mut file, &n_free.to_be_bytes()).unwrap();
    std::io::Write::write_all(&mut file, b"free").unwrap();
    let len = file.metadata().unwrap().len();
    file.set_len(len - 8 + u64::from(n_free)).unwrap();
    let index = |path: &std::path::Path| {
        let outcome = place.vcl(["index", path.to_str().unwrap()]);
        outcome.stdout().ends_with(", indexed before\n")
    };
    assert!(!index(&video));
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    assert!(index(&video), "touched");
    let copy = place.path("copy.mp4");
    fs::copy(&video, &copy).unwrap();
    assert!(index(&copy), "copied");
    let renamed = place.path("renamed.mp4");
    fs::rename(&video, &renamed).unwrap();
    assert!(index(&renamed), "renamed");
}

#[test]
fn still_pictures_are_encoded_once_on_request() {
    let place = Place::new();
    // Scenes of three clips and of one.
    let video = place.video("still.mp4", &[(0xffc0_2020, 6), (0xff20_20c0, 2)]);
    let video = video.to_str().unwrap();
    let outcome = place.vcl(["index", "--skip-near-duplicates", video]);
    let told = outcome.stdout();
    assert!(
        told.contains("4 clips") && told.contains("2 of them as the one before"),
        "{told}"
    );
    // Whoever did not ask for it gets frames of their own.
    let outcome = place.vcl(["index", video]);
    let told = outcome.stdout();
    assert!(
        told.contains("4 clips") && !told.contains("before"),
        "{told}"
    );
}

#[test]
fn a_file_that_grew_is_gone_on_with_and_not_begun_anew() {
    let (place, other) = (Place::new(), Place::new());
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo.mp4");
    for (name, muxer) in [
        ("film.ts", "mpegtsmux"),
        ("film.mkv", "matroskamux streamable=true"),
    ] {
        let path = place.path(name);
        play(&format!(
            "filesrc location=\"{}\" ! qtdemux ! h264parse ! {muxer} ! filesink location=\"{}\"",
            demo.display(),
            path.display()
        ));
        let path = path.to_str().unwrap();
        let whole = fs::read(path).unwrap();
        fs::write(path, &whole[..whole.len() / 2]).unwrap();
        let first = place.vcl(["index", path]);
        let words: Vec<_> = first.stdout().split_whitespace().collect();
        let n_first: usize = words[1].parse().unwrap();
        assert!((10..40).contains(&n_first), "{}", first.stdout);

        fs::write(path, &whole).unwrap();
        let second = place.vcl(["index", path]);
        let says = format!(
            ": 48 clips, 1:36.0, {} of them indexed before\n",
            n_first - 2
        );
        assert!(second.stdout().ends_with(&says), "{}", second.stdout);
        let search = |place: &Place| {
            let outcome = place.vcl(["search", path, "night", "--format", "json"]);
            outcome.stdout().to_owned()
        };
        assert_eq!(search(&place), search(&other), "as if it had come whole");
    }
}
