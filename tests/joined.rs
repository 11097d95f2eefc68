//! Several parts as one file: which pictures are in it, that times go on, and what cannot follow.

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use support::decoded::{pictures, sound_packets};
use vcl::domain::TimeSpan;
use vcl::video::{Cutter, Joiner};

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    folder.join(name)
}

fn cutter(name: &str) -> Cutter {
    Cutter::open(&fixture(name), Arc::default()).unwrap()
}

#[test]
fn parts_follow_each_other_without_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    // Groups of two seconds or so, at 25 frames per second.
    for (name, has_sound) in [
        ("plain.mp4", true),
        ("vp9.webm", false),
        ("first100.ts", false),
    ] {
        let cutter = cutter(name);
        let target = dir.path().join(format!("joined.{}", cutter.extension()));
        let mut joiner = Joiner::create(&cutter, &target).unwrap();
        let mut expected = Vec::new();
        for (start, end) in [(4.5, 5.5), (0.5, 1.5), (4.5, 5.5)] {
            let span = TimeSpan::new(start, end);
            let alone = dir.path().join(format!("alone.{}", cutter.extension()));
            cutter.cut(span, &alone).unwrap();
            let own = pictures(&alone);
            let (extent, at_secs) = joiner.add(&cutter, span).unwrap();
            assert!(
                (at_secs - expected.len() as f64 / 25.0).abs() < 0.002,
                "{name}: {at_secs}"
            );
            let n_frames = ((extent.end_secs - extent.start_secs) * 25.0).round() as usize;
            assert_eq!(own.len(), n_frames, "{name}");
            expected.extend(own.iter().map(|(_, number)| *number));
        }
        let length_secs = joiner.finish().unwrap();
        let joined = pictures(&target);
        let numbers: Vec<_> = joined.iter().map(|(_, number)| *number).collect();
        assert_eq!(numbers, expected, "{name}");
        for (at, (time_secs, _)) in joined.iter().enumerate() {
            let own_secs = time_secs - joined[0].0;
            assert!(
                (own_secs - at as f64 / 25.0).abs() < 0.003,
                "{name}: {at} at {own_secs}"
            );
        }
        assert!(
            (length_secs - expected.len() as f64 / 25.0).abs() < 0.002,
            "{name}"
        );
        if has_sound {
            let sound = sound_packets(&target);
            assert!(
                sound.is_sorted_by(|a, b| a.time_secs <= b.time_secs),
                "{name}"
            );
            let last = sound.last().unwrap().time_secs;
            assert!(
                (last - length_secs).abs() < 0.1,
                "{name}: {last} of {length_secs}"
            );
        }
    }
}

#[test]
fn the_same_film_under_another_name_can_follow_and_another_cannot() {
    let dir = tempfile::tempdir().unwrap();
    let twin = dir.path().join("twin.mp4");
    std::fs::copy(fixture("plain.mp4"), &twin).unwrap();
    let target = dir.path().join("joined.mp4");
    let first = cutter("plain.mp4");
    let mut joiner = Joiner::create(&first, &target).unwrap();
    let span = TimeSpan::new(0.0, 1.0);
    joiner.add(&first, span).unwrap();
    joiner
        .add(&Cutter::open(&twin, Arc::default()).unwrap(), span)
        .unwrap();
    for (name, says) in [
        ("rotated.mp4", "plain.mp4"),
        ("vp9.webm", ".webm files, not .mp4"),
        ("tall_pixels.mp4", "cannot follow"),
    ] {
        let error = joiner.add(&cutter(name), span).unwrap_err().to_string();
        assert!(
            error.contains(says) && error.lines().count() == 1,
            "{error}"
        );
        assert!(error.contains("without being encoded anew"), "{error}");
    }
    joiner.finish().unwrap();
    assert_eq!(pictures(&target).len() % 2, 0);
}

#[test]
fn nothing_is_left_of_a_file_that_is_not_finished() {
    let dir = tempfile::tempdir().unwrap();
    let first = cutter("plain.mp4");
    let mut joiner = Joiner::create(&first, &dir.path().join("joined.mp4")).unwrap();
    joiner.add(&first, TimeSpan::new(0.0, 1.0)).unwrap();
    drop(joiner);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let itself = fixture("plain.mp4");
    let error = Joiner::create(&first, &itself).err().unwrap().to_string();
    assert!(error.contains("the video that is cut"), "{error}");
}
