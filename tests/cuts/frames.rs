//! Which frames are in a cut, and which sound.

use std::fs;
use std::path::{Path, PathBuf};

use vcl::domain::TimeSpan;
use vcl::video::{CutExtent, Cutter, probe};

use crate::reading::{Sample, pictures, sound_packets};
use crate::support;
use crate::{FPS, container, cut, fixture, no_cancel};

/// Cuts the fixture and compares every picture with what was promised.
#[track_caller]
fn assert_cut(name: &str, span: (f64, f64), key_frame: u32, max_lead_out: u32) -> PathBuf {
    let dir = tempfile::tempdir().unwrap();
    let span = TimeSpan::new(span.0, span.1);
    let (path, extent) = cut(name, span, dir.path());
    let what = format!("{name} {span:?}: {extent:?}");
    let source = pictures(&fixture(name));
    let zero_secs = source[0].0;
    let first_time = source.iter().find(|(_, number)| *number == key_frame);
    let first_secs = first_time.unwrap().0 - zero_secs;
    assert!(
        (extent.start_secs - first_secs).abs() < 0.002,
        "{what}: not {first_secs}"
    );
    let lead_in_secs = span.start_secs - first_secs;
    assert!(
        (extent.lead_in_secs(span) - lead_in_secs).abs() < 0.002,
        "{what}"
    );

    let wanted: Vec<_> = source
        .iter()
        .map(|(time, number)| (time - zero_secs, *number))
        .filter(|(time, _)| *time > first_secs - 0.002 && *time < extent.end_secs - 0.002)
        .collect();
    let found = pictures(&path);
    let numbers = |of: &[(f64, u32)]| of.iter().map(|(_, number)| *number).collect::<Vec<_>>();
    assert_eq!(numbers(&found), numbers(&wanted), "{what}");
    for ((time, number), (source_time, _)) in found.iter().zip(&wanted) {
        let shifted = source_time - first_secs;
        let shown = time - found[0].0;
        assert!(
            (shown - shifted).abs() < 0.003,
            "{what}: {number} at {shown}, not {shifted}"
        );
    }
    let n_after = wanted
        .iter()
        .filter(|(time, _)| *time > span.end_secs - 0.002);
    let n_after = n_after.count() as u32;
    assert!(
        n_after <= max_lead_out,
        "{what}: {n_after} frames after the end"
    );
    let stated = f64::from(n_after) / FPS;
    assert!(
        (extent.lead_out_secs(span) - stated).abs() < 0.041,
        "{what}"
    );

    let info = probe(&path).unwrap();
    let length_secs = extent.end_secs - extent.start_secs;
    assert!(
        (info.duration_secs - length_secs).abs() < 0.005,
        "{what} {info:?}"
    );
    let original = probe(&fixture(name)).unwrap();
    assert_eq!(container(&path), container(&fixture(name)), "{what}");
    assert_eq!(info.codec, original.codec, "{what}");
    assert_eq!((info.width, info.height), (original.width, original.height));
    assert_eq!(info.orientation, original.orientation, "{what}");
    assert_eq!(info.n_audio_channels, original.n_audio_channels, "{what}");
    let has_sound = info.n_audio_channels > 0;
    assert_eq!(has_sound, extent.n_audio_tracks == 1, "{what}");
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing unfinished is left");
    if has_sound {
        assert_sound_in_step(&fixture(name), &path, &extent);
    }
    path
}

/// Every packet of sound in the cut is one of the source, at the same distance from the pictures.
#[track_caller]
fn assert_sound_in_step(source: &Path, cut: &Path, extent: &CutExtent) {
    let (source_zero, cut_zero) = (pictures(source)[0].0, pictures(cut)[0].0);
    let source = sound_packets(source);
    let found = sound_packets(cut);
    let begin_secs = extent.start_secs;
    let source_secs = source[source.len() - 1].time_secs - source[0].time_secs;
    let packet_secs = source_secs / (source.len() - 1) as f64;
    let mut next = None;
    for packet in &found {
        let time = packet.time_secs - cut_zero + begin_secs;
        let near = |at: &Sample| (at.time_secs - source_zero - time).abs() < 0.003;
        let index = source
            .iter()
            .position(|at| near(at) && at.bytes == packet.bytes);
        assert!(
            index.is_some(),
            "no sound of the source belongs at {time}: {cut:?}"
        );
        assert!(
            next.is_none() || index == next,
            "sound is missing before {time}"
        );
        next = index.map(|index| index + 1);
    }
    let heard_secs = found.len() as f64 * packet_secs;
    let shown_secs = extent.end_secs - begin_secs;
    assert!(
        (heard_secs - shown_secs).abs() < 0.2,
        "{heard_secs} of {shown_secs} s"
    );
}

#[test]
fn mp4_with_b_frames_keeps_every_frame_and_the_sound_in_step() {
    assert_cut("plain.mp4", (2.0, 4.0), 40, 4);
}

#[test]
fn a_cut_from_the_beginning_has_no_lead_in_and_one_to_the_end_no_lead_out() {
    assert_cut("plain.mp4", (0.0, 2.0), 0, 4);
    assert_cut("plain.mp4", (8.0, 9.2), 200, 0);
    assert_cut("plain.mp4", (8.0, 20.0), 200, 0);
}

#[test]
fn every_family_of_containers_is_cut_in_kind() {
    assert_cut("vp9.webm", (4.0, 6.0), 60, 0);
    assert_cut("no_cues.mkv", (2.5, 4.5), 60, 4);
    assert_cut("late_start.mkv", (2.5, 4.5), 60, 4);
    assert_cut("first100.ts", (4.0, 6.0), 96, 4);
    assert_cut("fragmented.mp4", (4.0, 6.0), 96, 4);
}

#[test]
fn other_codecs_and_structures_are_cut_too() {
    assert_cut("hevc10.mp4", (2.0, 4.0), 40, 4);
    assert_cut("open_gop.mp4", (4.0, 6.0), 96, 4);
    assert_cut("av1.mp4", (3.0, 5.0), 60, 17);
    assert_cut("high10.mkv", (2.0, 4.0), 44, 4);
}

#[test]
fn what_is_hidden_or_turned_stays_right() {
    // The file begins in the middle of a group: what is hidden before its zero becomes lead-in.
    let dir = tempfile::tempdir().unwrap();
    let span = TimeSpan::new(0.0, 2.0);
    let (path, extent) = cut("edit_list.mp4", span, dir.path());
    assert!(
        extent.start_secs < 0.0 && extent.lead_in_secs(span) > 0.1,
        "{extent:?}"
    );
    let length_secs = extent.end_secs - extent.start_secs;
    assert_eq!(pictures(&path).len() as f64, (length_secs * FPS).round());

    let (path, _) = cut("rotated.mp4", TimeSpan::new(1.0, 2.0), dir.path());
    let (found, original) = (
        probe(&path).unwrap(),
        probe(&fixture("rotated.mp4")).unwrap(),
    );
    assert_eq!(found.orientation, original.orientation);
    assert_eq!(
        (found.width, found.height),
        (original.width, original.height)
    );
}

#[test]
fn a_cut_inside_one_layout_of_the_sound_or_of_late_pictures_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    for (span, first) in [((0.0, 2.0), 0), ((2.4, 4.4), 0)] {
        let span = TimeSpan::new(span.0, span.1);
        let (path, extent) = cut("surround_then_stereo.ts", span, dir.path());
        assert_eq!(extent.n_audio_tracks, 1, "{span:?}");
        let found = pictures(&path);
        assert!(found.len() >= 50, "{span:?}: {}", found.len());
        assert_eq!(found[0].1, first, "{span:?}");
        assert!(sound_packets(&path).len() > 30, "{span:?}");
    }
    for extension in ["mp4", "mkv", "ts", "m2ts", "mpg", "vob"] {
        let name = &format!("late_pictures.{extension}");
        let (path, extent) = cut(name, TimeSpan::new(1.0, 2.0), dir.path());
        assert_eq!(extent.n_audio_tracks, 1, "{name}");
        assert!(pictures(&path).len() >= 25, "{name}");
    }
}

#[test]
fn other_containers_become_matroska() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("film.flv");
    support::play(&format!(
        "flvmux name=m ! filesink location=\"{}\" \
         videotestsrc num-buffers=200 ! video/x-raw,framerate=25/1,width=64,height=48 ! \
         x264enc key-int-max=30 ! h264parse ! m. \
         audiotestsrc num-buffers=300 ! audio/x-raw,rate=44100 ! avenc_aac ! aacparse ! m.",
        source.display()
    ));
    let cutter = Cutter::open(&source, no_cancel()).unwrap();
    assert_eq!(cutter.extension(), "mkv");
    let target = dir.path().join("cut.mkv");
    let extent = cutter.cut(TimeSpan::new(4.0, 6.0), &target).unwrap();
    let info = probe(&target).unwrap();
    assert_eq!(container(&target), "Matroska");
    assert!(
        info.n_audio_channels > 0 && extent.start_secs <= 4.0 && extent.start_secs > 2.5,
        "{extent:?}"
    );
    let length_secs = extent.end_secs - extent.start_secs;
    assert!(
        (info.duration_secs - length_secs).abs() < 0.045,
        "{info:?} {extent:?}"
    );
    let n_frames = pictures(&target).len() as f64;
    assert!(
        (n_frames - length_secs * FPS).abs() <= 1.0,
        "{n_frames} {extent:?}"
    );
}

#[test]
fn a_cut_inside_a_part_of_an_edit_list_is_that_part() {
    let dir = tempfile::tempdir().unwrap();
    for (name, span, wanted) in [
        ("two_parts.mp4", (0.4, 1.4), 10..35),
        ("two_parts.mp4", (2.0, 3.0), 50..75),
        ("two_parts.mp4", (3.0, 4.0), 125..150),
        ("two_parts.mp4", (5.0, 6.0), 175..200),
        ("three_parts.mp4", (0.2, 1.0), 130..150),
        ("three_parts.mp4", (2.0, 4.4), 0..60),
        ("three_parts.mp4", (4.8, 6.0), 185..215),
    ] {
        let span = TimeSpan::new(span.0, span.1);
        let (path, extent) = cut(name, span, dir.path());
        let numbers: Vec<_> = pictures(&path).iter().map(|(_, number)| *number).collect();
        let what = format!("{name} {span:?}: {extent:?}, {numbers:?}");
        let first = (wanted.start as f64 - extent.lead_in_secs(span) * FPS).round() as u32;
        let end = (wanted.end as f64 + extent.lead_out_secs(span) * FPS).round() as u32;
        assert_eq!(numbers, (first..end).collect::<Vec<_>>(), "{what}");
        assert!(
            extent.lead_in_secs(span) < 1.3 && extent.lead_out_secs(span) < 0.2,
            "{what}"
        );
        assert_eq!(extent.n_audio_tracks, 1, "{what}");
    }
    let cutter = Cutter::open(&fixture("two_parts.mp4"), no_cancel()).unwrap();
    let target = dir.path().join("over.mp4");
    let error = cutter.cut(TimeSpan::new(2.0, 4.0), &target).unwrap_err();
    assert!(
        error.to_string().contains("joins two parts at 0:03.0"),
        "{error}"
    );
    assert!(!target.exists());
}
