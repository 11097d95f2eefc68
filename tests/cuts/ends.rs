//! How cutting ends where it cannot go on.

use std::fs;
use std::sync::Arc;

use vcl::domain::TimeSpan;
use vcl::video::{Cutter, VideoError, probe};

use crate::reading::pictures;
use crate::{cut, fixture, no_cancel};

#[test]
fn what_cannot_be_cut_is_one_error_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let span = TimeSpan::new(1.0, 3.0);
    for name in [
        "audio_only.m4a",
        "animation.gif",
        "unknown_codec.mp4",
        "make.sh",
        "none.mp4",
    ] {
        let outcome = Cutter::open(&fixture(name), no_cancel())
            .and_then(|cutter| cutter.cut(span, &dir.path().join("cut")));
        let error = outcome.expect_err(name);
        assert!(!matches!(error, VideoError::Timeout { .. }), "{error}");
        let error = error.to_string();
        assert!(
            error.contains(name) && error.contains(';') && !error.contains('\n'),
            "{error}"
        );
    }
    let cutter = Cutter::open(&fixture("plain.mp4"), no_cancel()).unwrap();
    let blocked = dir.path().join("file");
    fs::write(&blocked, "here").unwrap();
    let error = cutter.cut(span, &blocked.join("x.mp4")).unwrap_err();
    assert!(matches!(error, VideoError::Unwritable { .. }), "{error}");
    fs::remove_file(&blocked).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn the_source_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("film.mp4");
    fs::copy(fixture("plain.mp4"), &source).unwrap();
    let cutter = Cutter::open(&source, no_cancel()).unwrap();
    let span = TimeSpan::new(2.0, 4.0);
    let hard_link = dir.path().join("another name.mp4");
    fs::hard_link(&source, &hard_link).unwrap();
    for target in [
        source.clone(),
        dir.path().join("../").join(dir.path()).join("film.mp4"),
        hard_link,
    ] {
        let error = cutter.cut(span, &target).unwrap_err();
        assert!(
            error.to_string().contains("the video that is cut"),
            "{error}"
        );
    }
    let old = dir.path().join("old.mp4");
    fs::write(&old, "an older cut").unwrap();
    cutter.cut(span, &old).unwrap();
    assert!(probe(&old).is_ok());
    assert_eq!(
        fs::read(&source).unwrap(),
        fs::read(fixture("plain.mp4")).unwrap()
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
}

#[test]
fn a_cancelled_cut_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let cancel = no_cancel();
    let cutter = Cutter::open(&fixture("plain.mp4"), Arc::clone(&cancel)).unwrap();
    cancel.store(true, std::sync::atomic::Ordering::Relaxed);
    let error = cutter.cut(TimeSpan::new(2.0, 4.0), &dir.path().join("x.mp4"));
    assert!(matches!(error, Err(VideoError::Cancelled)));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_damaged_end_gives_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (path, extent) = cut("truncated.mkv", TimeSpan::new(2.0, 4.0), dir.path());
    assert!(extent.end_secs > 3.9, "{extent:?}");
    assert!(pictures(&path).len() >= 50);
}
