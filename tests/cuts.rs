//! Cuts without re-encoding: which frames and which sound are in them, and that the two stay in
//! step. The fixtures carry their frame numbers in the picture.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use support::Place;
use support::decoded::{Sample, pictures, sound_packets};
use vcl::domain::TimeSpan;
use vcl::video::{CutExtent, Cutter, VideoError, probe};

const FPS: f64 = 25.0;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    folder.join(name)
}

fn no_cancel() -> Arc<AtomicBool> {
    Arc::default()
}

/// Cuts a fixture; gives the new file and what the cutter says of it.
fn cut(name: &str, span: TimeSpan, dir: &Path) -> (PathBuf, CutExtent) {
    let cutter = Cutter::open(&fixture(name), no_cancel()).unwrap();
    let target = dir.join(format!("{name}.{}", cutter.extension()));
    let extent = cutter.cut(span, &target).unwrap();
    (target, extent)
}

/// The kind of container, by how its files begin.
fn container(path: &Path) -> &'static str {
    let bytes = fs::read(path).unwrap();
    match bytes[..12] {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "Matroska",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "MP4",
        [0x47, ..] => "transport stream",
        _ => panic!("{} begins with {:?}", path.display(), &bytes[..12]),
    }
}

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
fn mirrored_and_turned_pictures_stay_so_in_every_container() {
    let dir = tempfile::tempdir().unwrap();
    for (name, mirrored) in [
        ("mirrored.mp4", true),
        ("transposed.mp4", true),
        ("turned.mkv", false),
    ] {
        let original = probe(&fixture(name)).unwrap();
        assert_eq!(original.orientation.mirrored, mirrored, "{name}");
        let (path, _) = cut(name, TimeSpan::new(2.0, 4.0), dir.path());
        let found = probe(&path).unwrap();
        assert_eq!(found.orientation, original.orientation, "{name}");
        assert_eq!(
            (found.width, found.height),
            (original.width, original.height)
        );
    }
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

/// When each track was made, in seconds since 1904, and its language, from the headers of an MP4.
fn media_headers(path: &Path) -> Vec<(u32, String)> {
    let bytes = fs::read(path).unwrap();
    let at = bytes.windows(4).enumerate();
    let headers = at.filter(|(_, kind)| kind == b"mdhd");
    let header = |(at, _): (usize, _)| {
        assert_eq!(bytes[at + 4], 0, "short fields");
        let created = u32::from_be_bytes(bytes[at + 8..at + 12].try_into().unwrap());
        let packed = u16::from_be_bytes(bytes[at + 24..at + 26].try_into().unwrap());
        let letter = |shift: u16| char::from((packed >> shift & 31) as u8 + 0x60);
        (created, [letter(10), letter(5), letter(0)].iter().collect())
    };
    headers.map(header).collect()
}

#[test]
fn languages_and_the_date_are_those_of_the_source() {
    let dir = tempfile::tempdir().unwrap();
    let (path, extent) = cut("two_languages.mp4", TimeSpan::new(1.0, 3.0), dir.path());
    assert_eq!(extent.n_audio_tracks, 2);
    // 2020-02-02T02:02:02Z.
    let made = 3_663_453_722;
    let expected = ["und", "deu", "eng"].map(|language| (made, language.to_owned()));
    assert_eq!(media_headers(&path), expected);

    let (path, _) = cut("plain.mp4", TimeSpan::new(1.0, 3.0), dir.path());
    let languages: Vec<_> = media_headers(&path).into_iter().map(|(_, it)| it).collect();
    assert_eq!(languages, ["und", "und"]);
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
    // Without a container nothing says anything of time.
    let bare = dir.path().join("film.h264");
    support::play(&format!(
        "filesrc location=\"{}\" ! qtdemux ! h264parse ! \
         video/x-h264,stream-format=byte-stream ! filesink location=\"{}\"",
        fixture("plain.mp4").display(),
        bare.display()
    ));
    let target = dir.path().join("x.mkv");
    let error = Cutter::open(&bare, no_cancel())
        .and_then(|cutter| cutter.cut(TimeSpan::new(2.0, 4.0), &target))
        .unwrap_err();
    assert!(matches!(error, VideoError::Uncuttable { .. }), "{error}");
    assert!(!target.exists());
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

#[test]
fn timecode_goes_on_from_that_of_the_source() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["timecode.mp4", "drop_frame.mov"] {
        let original = probe(&fixture(name)).unwrap().start_timecode.unwrap();
        for span in [(0.0, 1.0), (2.1, 3.0)] {
            let (path, extent) = cut(name, TimeSpan::new(span.0, span.1), dir.path());
            let found = probe(&path).unwrap().start_timecode.unwrap();
            let (length, per) = original.frame_secs;
            let n_before = extent.start_secs * f64::from(per) / f64::from(length);
            assert_eq!(
                found.n_frames,
                original.n_frames + n_before.round() as u32,
                "{name} {extent:?}"
            );
            assert_eq!(found.is_drop_frame, original.is_drop_frame, "{name}");
            let rate = |(length, per): (u32, u32)| f64::from(per) / f64::from(length);
            let off = rate(found.frame_secs) - rate(original.frame_secs);
            assert!(off.abs() < 1e-6, "{name}: {found:?}");
        }
    }
    // Without timecode there is none.
    let (path, _) = cut("plain.mp4", TimeSpan::new(2.0, 3.0), dir.path());
    assert_eq!(probe(&path).unwrap().start_timecode, None);
}

#[test]
fn what_is_left_out_of_a_cut_is_said_in_one_line() {
    let place = Place::new();
    let folder = place.path("cuts");
    let video = fixture("timecode.mp4");
    let (video, folder) = (video.to_str().unwrap(), folder.to_str().unwrap());
    let outcome = place.vcl_bundled([
        "export", video, "night", "--format", "cuts", "--top", "1", "-o", folder,
    ]);
    let left_out: Vec<_> = outcome
        .stderr
        .lines()
        .filter(|line| line.contains("cuts are written without"))
        .collect();
    assert_eq!(left_out.len(), 1, "{}", outcome.stderr);
    assert!(
        left_out[0].ends_with("without its subtitles, chapters"),
        "{left_out:?}"
    );
}

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

#[test]
fn the_program_writes_every_moment_and_says_what_comes_before_it() {
    let place = Place::new();
    let video = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo.mp4");
    let folder = place.path("cuts");
    let arguments = |more: &[&str]| {
        let mut words: Vec<String> = vec!["export".into(), video.display().to_string()];
        words.push("a red circle".into());
        words.extend(["--format", "cuts", "-o"].map(String::from));
        words.push(folder.display().to_string());
        words.extend(more.iter().map(ToString::to_string));
        words
    };
    let outcome = place.vcl_bundled(arguments(&["--json"]));
    let report: serde_json::Value = serde_json::from_str(outcome.stdout()).unwrap();
    let cuts = report["cuts"].as_array().unwrap();
    assert!(!cuts.is_empty());
    for (index, cut) in cuts.iter().enumerate() {
        let secs = |key: &str| cut[key].as_f64().unwrap();
        let path = Path::new(cut["path"].as_str().unwrap());
        assert_eq!(path.parent(), Some(folder.as_path()));
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(
            name.starts_with(&format!("demo-{:02}-", index + 1)),
            "{name}"
        );
        assert!(name.ends_with("s.mp4"), "{name}");
        let info = probe(path).unwrap();
        assert!(info.n_audio_channels > 0, "{cut}");
        let moment_secs = secs("end_secs") - secs("start_secs");
        let length_secs = secs("lead_in_secs") + moment_secs + secs("lead_out_secs");
        assert!(
            (info.duration_secs - length_secs).abs() < 0.05,
            "{info:?} {cut}"
        );
        assert!(
            (info.duration_secs - secs("duration_secs")).abs() < 0.05,
            "{info:?} {cut}"
        );
        assert!(
            secs("lead_in_secs") <= 5.0 && secs("lead_out_secs") < 0.3,
            "{cut}"
        );
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), cuts.len());

    let outcome = place.vcl_bundled(arguments(&[]));
    let lines: Vec<_> = outcome.stdout().lines().collect();
    assert_eq!(lines.len(), cuts.len());
    for (line, cut) in lines.iter().zip(cuts) {
        let lead_in_secs = cut["lead_in_secs"].as_f64().unwrap();
        assert!(line.starts_with(cut["path"].as_str().unwrap()), "{line}");
        assert!(
            line.contains(&format!("lead-in {lead_in_secs:.2} s")),
            "{line}"
        );
    }
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        cuts.len(),
        "cut anew, not added"
    );
}

#[test]
fn the_program_refuses_a_file_as_folder() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let target = place.path("taken");
    fs::write(&target, "mine").unwrap();
    let (video, target) = (video.to_str().unwrap(), target.to_str().unwrap());
    let outcome = place.vcl(["export", video, "red", "--format", "cuts", "-o", target]);
    assert!(outcome.error().contains("is a file"));
    assert_eq!(fs::read_to_string(target).unwrap(), "mine");
    let outcome = place.vcl([
        "export", video, "red", "--format", "csv", "--json", "-o", "x",
    ]);
    assert_eq!(outcome.code, Some(2));
}
