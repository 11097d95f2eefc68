//! Pictures whose packets do not say when they are shown.

use std::path::Path;

use vcl::domain::TimeSpan;
use vcl::video::Cutter;

use crate::reading::pictures;
use crate::support;
use crate::{FPS, container, fixture, no_cancel};

/// Cuts a film whose packets do not say when they are shown: no picture may be missing, none may be
/// in another order.
#[track_caller]
fn assert_in_order(source: &Path, span: (f64, f64)) {
    let dir = tempfile::tempdir().unwrap();
    let span = TimeSpan::new(span.0, span.1);
    let cutter = Cutter::open(source, no_cancel()).unwrap();
    let target = dir.path().join("cut.mkv");
    let extent = cutter.cut(span, &target).unwrap();
    let what = format!("{} {span:?}: {extent:?}", source.display());
    assert_eq!(container(&target), "Matroska", "{what}");
    let found = pictures(&target);
    let first = found[0].1;
    for (n, (time, number)) in (0..).zip(&found) {
        assert_eq!(*number, first + n, "{what}: {found:?}");
        let shown_secs = time - found[0].0;
        let off_secs = shown_secs - f64::from(n) / FPS;
        assert!(off_secs.abs() < 0.002, "{what}: {number} at {shown_secs}");
    }
    assert!(
        (extent.start_secs - f64::from(first) / FPS).abs() < 0.002,
        "{what}"
    );
    let end_secs = f64::from(first + found.len() as u32) / FPS;
    assert!((extent.end_secs - end_secs).abs() < 0.002, "{what}");
    assert!(extent.start_secs <= span.start_secs + 0.001, "{what}");
    assert!(extent.end_secs >= span.end_secs - 0.001, "{what}");
    assert!(extent.lead_out_secs(span) < 0.2, "{what}");
}

#[test]
fn pictures_without_display_times_are_cut_in_their_order() {
    for span in [(0.0, 1.0), (1.52, 2.0), (2.6, 3.4)] {
        assert_in_order(&fixture("mpeg4.avi"), span);
    }
    for span in [(0.0, 1.0), (2.0, 4.0), (4.0, 6.0)] {
        assert_in_order(&fixture("interlaced.mpg"), span);
    }
    for name in ["late_pictures.mpg", "late_pictures.vob"] {
        for span in [(0.0, 1.0), (1.4, 2.0)] {
            assert_in_order(&fixture(name), span);
        }
    }
}

#[test]
fn pictures_whose_order_only_their_decoder_knows_are_cut_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let film = dir.path().join("film.avi");
    support::play(&format!(
        "filesrc location=\"{}\" ! qtdemux ! h264parse ! avdec_h264 ! videoconvert ! \
         x264enc bframes=3 b-adapt=false key-int-max=50 ! \
         video/x-h264,stream-format=byte-stream ! avimux ! filesink location=\"{}\"",
        fixture("plain.mp4").display(),
        film.display()
    ));
    for span in [(0.0, 1.0), (2.5, 4.0), (7.0, 9.0)] {
        assert_in_order(&film, span);
    }
}

#[test]
fn streams_without_a_container_are_cut_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    for (name, source, format) in [
        ("film.h264", "plain.mp4", "h264"),
        ("film.264", "open_gop.mp4", "h264"),
        ("film.h265", "hevc10.mp4", "h265"),
    ] {
        let bare = dir.path().join(name);
        support::play(&format!(
            "filesrc location=\"{}\" ! qtdemux ! {format}parse ! \
             video/x-{format},stream-format=byte-stream ! filesink location=\"{}\"",
            fixture(source).display(),
            bare.display()
        ));
        for span in [(0.0, 1.0), (2.0, 4.0), (4.5, 6.0)] {
            assert_in_order(&bare, span);
        }
    }
}

#[test]
fn pictures_that_share_a_packet_are_cut_in_their_order() {
    for name in ["packed1.avi", "packed2.avi"] {
        for span in [(0.0, 1.0), (1.52, 2.0), (2.6, 3.4), (3.0, 4.0)] {
            assert_in_order(&fixture(name), span);
        }
    }
}
