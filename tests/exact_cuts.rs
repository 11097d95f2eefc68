//! Cuts that begin and end on the very pictures: compared with the source picture by picture.

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use support::Place;
use support::decoded::{Sample, samples, sound_packets};
use support::play;
use vcl::domain::TimeSpan;
use vcl::video::{Cutter, VideoError};

const FRAME_SECS: f64 = 1001.0 / 30_000.0;
const N_FRAMES: usize = 120;

/// A ball that is somewhere else in every picture, at 29.97 frames per second.
fn film(place: &Place, name: &str, encoder: &str, muxer: &str) -> PathBuf {
    let path = place.path(name);
    play(&format!(
        "videotestsrc pattern=ball animation-mode=frames num-buffers={N_FRAMES} ! \
         video/x-raw,format=I420,width=160,height=120,framerate=30000/1001 ! {encoder} ! \
         {muxer} ! filesink location=\"{}\"",
        path.display()
    ));
    path
}

fn decoded(path: &Path) -> Vec<Sample> {
    let after = "videoconvert name=first";
    samples(path, "decodebin", "video", after, "video/x-raw,format=RGB")
}

fn difference(a: &Sample, b: &Sample) -> f64 {
    let pairs = a.bytes.iter().zip(&b.bytes).step_by(7);
    let n_pairs = pairs.len();
    let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / n_pairs as f64
}

/// Cuts frames `[first, end)` and compares each with its own in the source; returns how many are the same
/// bit for bit, which copied ones are.
#[track_caller]
fn assert_exact(source: &Path, frames: &[Sample], (first, end): (usize, usize)) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let cutter = Cutter::open(source, Arc::default()).unwrap();
    let target = dir.path().join(format!("cut.{}", cutter.extension()));
    // Between pictures, so that rounding decides nothing.
    let secs = |frame: usize| (frame as f64 - 0.3) * FRAME_SECS;
    let extent = cutter.cut_exactly(TimeSpan::new(secs(first), secs(end)), &target);
    let extent = extent.unwrap();
    let cut = decoded(&target);
    let name = source.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(cut.len(), end - first, "{name}: {first}..{end}");
    let mut n_same = 0;
    for (at, frame) in cut.iter().enumerate() {
        let own = first + at;
        let time = frame.time_secs - cut[0].time_secs;
        let expected = frames[own].time_secs - frames[first].time_secs;
        assert!(
            (time - expected).abs() < 0.0021,
            "{name}: {own} at {time}, not {expected}"
        );
        let near = own.saturating_sub(2)..(own + 3).min(frames.len());
        let nearest = near.min_by(|a, b| {
            let [a, b] = [a, b].map(|it| difference(&frames[*it], frame));
            a.total_cmp(&b)
        });
        assert_eq!(nearest, Some(own), "{name}: {first}..{end}");
        let off = difference(&frames[own], frame);
        assert!(off < 3.0, "{name}: {own} differs by {off}");
        n_same += usize::from(off == 0.0);
    }
    let lengths = [extent.start_secs, extent.end_secs].map(|secs| secs / FRAME_SECS);
    assert!(
        (lengths[0] - first as f64).abs() < 0.1,
        "{name}: {lengths:?}"
    );
    assert!((lengths[1] - end as f64).abs() < 0.1, "{name}: {lengths:?}");
    n_same
}

#[track_caller]
fn assert_all_cuts(name: &str, encoder: &str, muxer: &str, least_copied: usize) {
    let place = Place::new();
    assert_all_cuts_of(&film(&place, name, encoder, muxer), least_copied);
}

/// `least_copied`: of the 70 pictures from 13 on so many are copied at least.
#[track_caller]
fn assert_all_cuts_of(source: &Path, least_copied: usize) {
    let frames = decoded(source);
    let name = source.display();
    assert_eq!(frames.len(), N_FRAMES, "{name}");
    let n_same = assert_exact(source, &frames, (13, 83));
    assert!(n_same >= least_copied, "{name}: {n_same} are copied");
    for span in [
        (0, 31),
        (30, 60),
        (35, 36),
        (37, 52),
        (29, 32),
        (58, 91),
        (61, N_FRAMES),
    ] {
        assert_exact(source, &frames, span);
    }
}

#[test]
fn h264_with_pictures_from_both_sides() {
    let encoder = "x264enc speed-preset=veryfast bframes=3 b-adapt=false key-int-max=30 \
                   option-string=\"open-gop=0:scenecut=0\" ! h264parse";
    assert_all_cuts("closed.mp4", encoder, "mp4mux", 45);
    assert_all_cuts("closed.mkv", encoder, "matroskamux", 45);
    assert_all_cuts("closed.ts", encoder, "mpegtsmux", 45);
}

#[test]
fn h264_with_open_groups() {
    let encoder = "x264enc speed-preset=veryfast bframes=3 b-adapt=false key-int-max=30 \
                   option-string=\"open-gop=1:scenecut=0\" ! h264parse";
    // Copying can only begin with an IDR picture, of which there is one.
    assert_all_cuts("open.mp4", encoder, "mp4mux", 0);
}

#[test]
fn h265_with_open_groups() {
    let encoder = "x265enc speed-preset=veryfast key-int-max=30 \
                   option-string=\"bframes=3:b-adapt=0:open-gop=1:scenecut=0:log-level=none\" ! h265parse";
    assert_all_cuts("open_265.mp4", encoder, "mp4mux", 40);
    assert_all_cuts("open_265.mkv", encoder, "matroskamux", 40);
}

#[test]
fn vp9() {
    let encoder = "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=30 target-bitrate=2000000";
    assert_all_cuts("film.webm", encoder, "webmmux", 45);
}

#[test]
fn mpeg2_with_pictures_from_both_sides() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cuts");
    assert_all_cuts_of(&folder.join("mpeg2.mkv"), 50);
    assert_all_cuts_of(&folder.join("mpeg2.ts"), 50);
}

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    folder.join(name)
}

#[test]
fn sound_is_copied_with_the_same_shift() {
    let dir = tempfile::tempdir().unwrap();
    let cutter = Cutter::open(&fixture("plain.mp4"), Arc::default()).unwrap();
    let target = dir.path().join("cut.mp4");
    let extent = cutter
        .cut_exactly(TimeSpan::new(3.1, 6.3), &target)
        .unwrap();
    assert_eq!(extent.n_audio_tracks, 1);
    assert!((extent.start_secs - 3.12).abs() < 0.001, "{extent:?}");
    let all = sound_packets(&fixture("plain.mp4"));
    let own = sound_packets(&target);
    let first = all.iter().position(|it| it.bytes == own[0].bytes).unwrap();
    let shift_secs = all[first].time_secs - own[0].time_secs;
    assert!((shift_secs - 3.12).abs() < 0.03, "{shift_secs}");
    for (a, b) in all[first..].iter().zip(&own) {
        assert_eq!(a.bytes, b.bytes);
    }
    let length_secs = own.last().unwrap().time_secs - own[0].time_secs;
    assert!((length_secs - 3.2).abs() < 0.1, "{length_secs}");
}

#[test]
fn what_cannot_be_encoded_is_refused_in_one_line_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["interlaced.mp4", "av1.mp4"] {
        let cutter = Cutter::open(&fixture(name), Arc::default()).unwrap();
        let target = dir.path().join("cut.mp4");
        let error = cutter
            .cut_exactly(TimeSpan::new(0.5, 1.0), &target)
            .unwrap_err();
        assert!(matches!(error, VideoError::Uncuttable { .. }), "{error}");
        let error = error.to_string();
        assert!(
            error.contains("without exact edges") && error.lines().count() == 1,
            "{error}"
        );
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
