//! The sampler on files that carry their frame numbers in the picture, against what ffmpeg says
//! of them (`fixtures/videos/expected.json`, written by `make.sh` beside it).

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use image::RgbImage;
use serde::Deserialize;
use vcl::domain::ClipIndex;
use vcl::video::{
    PreviewSampler, SampledFrame, Sampler, SamplerOptions, Source, Strategy, VideoError, probe,
    thumbnail,
};

#[derive(Deserialize)]
struct Expected {
    width: u32,
    height: u32,
    duration_secs: f64,
    clips: Vec<ExpectedClip>,
}

#[derive(Deserialize)]
struct ExpectedClip {
    frame: u32,
    time_secs: f64,
}

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/videos");
    folder.join(name)
}

fn open(name: &str) -> Source {
    Source::open(&fixture(name)).unwrap()
}

fn expected() -> BTreeMap<String, Expected> {
    let text = std::fs::read_to_string(fixture("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The number that the picture shows (see `fixtures/videos/frames.py`).
fn number(image: &RgbImage) -> u32 {
    let (width, height) = image.dimensions();
    let (columns, rows) = if height > width { (3, 4) } else { (4, 3) };
    (0..12).fold(0, |number, bit| {
        let x = (2 * (bit % columns) + 1) * width / (2 * columns);
        let y = (2 * (bit / columns) + 1) * height / (2 * rows);
        number | u32::from(image.get_pixel(x, y)[0] > 130) << bit
    })
}

fn no_cancel() -> Arc<AtomicBool> {
    Arc::default()
}

fn options(strategy: Strategy) -> SamplerOptions {
    SamplerOptions {
        strategy,
        ..SamplerOptions::default()
    }
}

fn sample(
    path: &Path,
    options: SamplerOptions,
) -> Result<(Vec<SampledFrame>, Sampler), VideoError> {
    let mut sampler = Sampler::open(path, options)?;
    let frames = sampler.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok((frames, sampler))
}

/// Fails instead of hanging; longer than anything here takes on the slowest machine.
fn within_patience<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    const PATIENCE: Duration = Duration::from_secs(120);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver
        .recv_timeout(PATIENCE)
        .unwrap_or_else(|_| panic!("{what} took longer than {PATIENCE:?}"))
}

fn assert_as_expected(name: &str, frames: &[SampledFrame], sampler: &Sampler, expected: &Expected) {
    // AVI stores no display times; where B-frames are, GStreamer's guess is one frame off.
    let n_off = u32::from(name == "mpeg4.avi");
    assert_eq!(frames.len(), expected.clips.len(), "{name}: {frames:?}");
    for (index, (frame, clip)) in frames.iter().zip(&expected.clips).enumerate() {
        assert_eq!(frame.clip, ClipIndex(index), "{name}");
        let found = number(&frame.image);
        assert!(
            found.abs_diff(clip.frame) <= n_off,
            "{name}: {frame:?} is frame {found}, ffmpeg says {}",
            clip.frame
        );
        let error = (frame.time_secs - clip.time_secs).abs();
        assert!(
            error < 0.0021,
            "{name}: {frame:?}, ffmpeg says {}",
            clip.time_secs
        );
        let size = frame.image.dimensions();
        assert_eq!(size, (expected.width, expected.height), "{name}");
    }
    let duration_secs = sampler.finished_duration_secs().unwrap();
    let error = (duration_secs - expected.duration_secs).abs();
    assert!(
        error < 0.003 + 0.04 * f64::from(n_off),
        "{name}: {duration_secs} s, ffmpeg says {}",
        expected.duration_secs
    );
    assert_eq!(sampler.warning(), None, "{name}");
}

#[test]
fn both_strategies_give_exactly_the_frames_that_ffmpeg_names() {
    for (name, expected) in expected() {
        let path = fixture(&name);
        let (frames, sampler) = sample(&path, options(Strategy::Auto)).unwrap();
        assert_as_expected(&name, &frames, &sampler, &expected);
        let (plain, sampler) = sample(&path, options(Strategy::Sequential)).unwrap();
        assert_as_expected(&name, &plain, &sampler, &expected);
        for (frame, plain) in frames.iter().zip(&plain) {
            assert!(
                frame.image == plain.image,
                "{name}: pictures of clip {} differ",
                frame.clip.0
            );
        }
    }
}

#[test]
fn the_fast_way_is_taken_where_it_is_safe() {
    let plain_decoding = [
        "mpeg4.avi",
        "interlaced.mpg",
        "animation.gif",
        "two_parts.mp4",
    ];
    for name in expected().keys() {
        let result = sample(&fixture(name), options(Strategy::PacketsOnly));
        let is_fast = result.is_ok();
        assert_eq!(
            is_fast,
            !plain_decoding.contains(&name.as_str()),
            "{name}: {:?}",
            result.err()
        );
    }
}

#[test]
fn colours_are_those_that_were_drawn() {
    for name in [
        "plain.mp4",
        "hevc10.mp4",
        "vp9.webm",
        "odd_size.mp4",
        "animation.gif",
    ] {
        let (frames, _) = sample(&fixture(name), SamplerOptions::default()).unwrap();
        let image = &frames[0].image;
        let (width, height) = image.dimensions();
        // Bits 0 and 2 of frame 10 or 25: 10 = 0b1010, 25 = 0b11001.
        let (on, off) = if number(image) == 10 { (1, 2) } else { (0, 1) };
        for (bit, colour) in [(on, [240, 160, 60]), (off, [20, 40, 110])] {
            let pixel = image.get_pixel((2 * bit + 1) * width / 8, height / 6);
            for (found, drawn) in pixel.0.iter().zip(colour) {
                let error = i32::from(*found) - drawn;
                assert!(error.abs() <= 12, "{name}: {pixel:?} instead of {colour:?}");
            }
        }
    }
}

#[test]
fn of_two_fields_the_first_is_shown() {
    for name in ["top_first.mp4", "bottom_first.mpg"] {
        for strategy in [Strategy::Auto, Strategy::Sequential] {
            let (frames, _) = sample(&fixture(name), options(strategy)).unwrap();
            assert_eq!(frames.len(), 1, "{name}");
            let dark = frames[0].image.pixels().find(|pixel| pixel[1] < 180);
            assert_eq!(dark, None, "{name}: {strategy:?}");
        }
    }
}

#[test]
fn probing_tells_the_shape_and_the_length() {
    for (name, expected) in expected() {
        let info = probe(&fixture(&name)).unwrap();
        assert_eq!(
            (info.width, info.height),
            (expected.width, expected.height),
            "{name}"
        );
        let error = (info.duration_secs - expected.duration_secs).abs();
        assert!(
            error < 0.05,
            "{name}: {info:?}, ffmpeg says {}",
            expected.duration_secs
        );
    }
    let plain = probe(&fixture("plain.mp4")).unwrap();
    assert_eq!(plain.frame_rate, Some((25, 1)));
    assert!(
        plain.n_audio_channels > 0 && plain.codec.contains("H.264"),
        "{plain:?}"
    );
    assert_eq!(probe(&fixture("vp9.webm")).unwrap().n_audio_channels, 0);
}

#[test]
fn one_opened_source_serves_everything_that_reads_it() {
    for name in ["plain.mp4", "animation.gif"] {
        let source = Source::open(&fixture(name)).unwrap();
        assert_eq!(source.info().unwrap(), &probe(&fixture(name)).unwrap());
        let options = SamplerOptions::default();
        let preview = PreviewSampler::new(&source, 4, &options).unwrap();
        assert_eq!(preview.is_some(), name == "plain.mp4");
        let frames: Result<Vec<_>, _> = Sampler::new(&source, options.clone()).unwrap().collect();
        let (expected, _) = sample(&fixture(name), options).unwrap();
        for (frame, expected) in frames.unwrap().iter().zip(&expected) {
            assert_eq!(frame.clip, expected.clip, "{name}");
            assert!(frame.image == expected.image, "{name}: {frame:?}");
            let at_secs = frame.clip.centre_secs();
            let small = thumbnail(&source, at_secs, frame.image.height(), no_cancel());
            let small = small.unwrap().unwrap();
            assert_eq!(number(&small), number(&frame.image), "{name}: {frame:?}");
        }
    }
}

/// A key frame inside the clip where there is one, with the picture of the time that it says.
#[test]
fn key_frames_stand_for_their_clips_at_their_own_time() {
    let mut n_keys = 0;
    for name in [
        "plain.mp4",
        "open_gop.mp4",
        "first100.ts",
        "fragmented.mp4",
        "late_start.mkv",
        "no_cues.mkv",
        "hevc10.mp4",
        "vp9.webm",
        "av1.mp4",
        "edit_list.mp4",
        "mpeg4.avi",
        "intra_refresh.mp4",
    ] {
        let clips = &expected()[name].clips;
        let [first, .., last] = &clips[..] else {
            panic!("{name} is too short");
        };
        let rate = f64::from(last.frame - first.frame) / (last.time_secs - first.time_secs);
        let options = SamplerOptions {
            takes_keys: true,
            ..SamplerOptions::default()
        };
        let (frames, sampler) = sample(&fixture(name), options).unwrap();
        assert_eq!(frames.len(), clips.len(), "{name}");
        for (frame, exact) in frames.iter().zip(clips) {
            let start_secs = frame.clip.start_secs() - 0.002;
            let is_exact = (frame.time_secs - exact.time_secs).abs() < 0.0021;
            let is_inside = (start_secs..start_secs + 2.0).contains(&frame.time_secs);
            assert!(is_inside || is_exact, "{name}: {frame:?}");
            n_keys += usize::from(!is_exact);
            let number = f64::from(number(&frame.image));
            let expected = f64::from(first.frame) + rate * (frame.time_secs - first.time_secs);
            let n_off = if name == "mpeg4.avi" { 1.1 } else { 0.1 };
            assert!(
                (number - expected).abs() < n_off,
                "{name}: {frame:?} is {number}"
            );
        }
        let error = sampler.finished_duration_secs().unwrap() - expected()[name].duration_secs;
        assert!(error.abs() < 0.05, "{name}: {error}");
    }
    assert!(n_keys > 20, "only {n_keys} key frames were taken");
}

#[test]
fn sampling_continues_where_it_stopped() {
    for name in [
        "plain.mp4",
        "open_gop.mp4",
        "mpeg4.avi",
        "first100.ts",
        "edit_list.mp4",
    ] {
        let path = fixture(name);
        let (all, _) = sample(&path, SamplerOptions::default()).unwrap();
        for first in 0..=all.len() {
            let options = SamplerOptions {
                first_clip: ClipIndex(first),
                ..SamplerOptions::default()
            };
            let (rest, sampler) = sample(&path, options).unwrap();
            assert_eq!(rest.len(), all.len() - first, "{name} from clip {first}");
            for (frame, again) in all[first..].iter().zip(&rest) {
                assert_eq!(frame.clip, again.clip, "{name}");
                assert!(frame.image == again.image, "{name} clip {}", frame.clip.0);
            }
            assert!(sampler.finished_duration_secs().is_some());
        }
    }
}

#[test]
fn a_truncated_file_is_used_as_far_as_it_goes_and_says_so() {
    let (whole, _) = sample(&fixture("plain.mp4"), SamplerOptions::default()).unwrap();
    for name in ["truncated.mp4", "truncated.mkv"] {
        for strategy in [Strategy::Auto, Strategy::Sequential] {
            let (frames, sampler) = sample(&fixture(name), options(strategy)).unwrap();
            assert!(
                (2..5).contains(&frames.len()),
                "{name}: {} clips",
                frames.len()
            );
            for (frame, of_whole) in frames.iter().zip(&whole) {
                assert_eq!(number(&frame.image), number(&of_whole.image), "{name}");
            }
            let warning = sampler.warning().unwrap();
            assert!(warning.contains("cut off"), "{name}: {warning}");
            assert!(!warning.contains('\n'));
        }
    }
}

/// Two gray pictures of 1.5 s each.
fn short_gif() -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\x80\x80\x80\xff\xff\xff".to_vec();
    for _ in 0..2 {
        bytes.extend(b"\x21\xf9\x04\0\x96\0\0\0");
        bytes.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    bytes.push(0x3b);
    bytes
}

#[test]
fn a_gif_without_its_tail_ends_after_its_last_whole_picture() {
    let (whole, _) = sample(&fixture("animation.gif"), SamplerOptions::default()).unwrap();
    let bytes = std::fs::read(fixture("animation.gif")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.gif");
    for n_missing in [1, bytes.len() / 3] {
        std::fs::write(&path, &bytes[..bytes.len() - n_missing]).unwrap();
        let at = path.clone();
        let (frames, warning) = within_patience("the cut GIF", move || {
            assert!(probe(&at).unwrap().duration_secs > 2.0);
            let (frames, sampler) = sample(&at, SamplerOptions::default()).unwrap();
            (frames, sampler.warning().unwrap_or_default().to_owned())
        });
        assert!(warning.contains("cut off"), "{warning}");
        assert_eq!(frames.len() == whole.len(), n_missing == 1, "{frames:?}");
        for (frame, of_whole) in frames.iter().zip(&whole) {
            assert_eq!(frame.time_secs, of_whole.time_secs);
            assert!(frame.image == of_whole.image);
        }
    }
    // A short one that is whole has no end that GStreamer would tell.
    std::fs::write(&path, short_gif()).unwrap();
    let at = path.clone();
    let (n_clips, duration_secs, warning) = within_patience("the short GIF", move || {
        assert_eq!(probe(&at).unwrap().duration_secs, 3.0);
        let (frames, sampler) = sample(&at, SamplerOptions::default()).unwrap();
        let warning = sampler.warning().map(str::to_owned);
        (frames.len(), sampler.finished_duration_secs(), warning)
    });
    assert_eq!((n_clips, duration_secs, warning), (1, Some(3.0), None));
    // Not one picture is whole.
    std::fs::write(&path, &bytes[..60]).unwrap();
    let error = within_patience("the stump", move || {
        sample(&path, SamplerOptions::default())
            .map(|(frames, _)| frames.len())
            .err()
    });
    assert!(
        matches!(error, Some(VideoError::Damaged { .. })),
        "{error:?}"
    );
}

#[test]
fn bad_files_are_named_in_one_line_without_waiting_for_data() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let noise: Vec<u8> = (0..200_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let plain = std::fs::read(fixture("plain.mp4")).unwrap();
    type Check = fn(&VideoError) -> bool;
    let cases: Vec<(PathBuf, Check)> = vec![
        (folder.path().join("nowhere.mp4"), |e| {
            matches!(e, VideoError::Missing(_))
        }),
        (folder.path().to_path_buf(), |e| {
            matches!(e, VideoError::NotAFile(_))
        }),
        (write("empty.mp4", b""), |e| {
            matches!(e, VideoError::Empty(_))
        }),
        (write("text.mp4", &b"this is no video\n".repeat(200)), |e| {
            matches!(e, VideoError::NotAVideo(_))
        }),
        (write("noise.mp4", &noise), |_| true),
        (write("short.mp4", &plain[..20]), |_| true),
        (write("no_data.mp4", &plain[..4000]), |_| true),
        (fixture("audio_only.m4a"), |e| {
            matches!(e, VideoError::AudioOnly(_))
        }),
        (fixture("audio_cover.m4a"), |e| {
            matches!(e, VideoError::AudioOnly(_))
        }),
        (
            fixture("unknown_codec.mp4"),
            |e| matches!(e, VideoError::MissingCodec { codec, .. } if codec.contains("zzz1")),
        ),
    ];
    for (path, is_right) in cases {
        let name = path.display().to_string();
        let error = within_patience(&name, move || {
            sample(&path, SamplerOptions::default())
                .map(|(frames, _)| frames.len())
                .err()
        });
        let error = error.unwrap_or_else(|| panic!("{name} gave frames"));
        assert!(is_right(&error), "{name}: {error:?}");
        assert!(!matches!(error, VideoError::Timeout { .. }), "{error}");
        let text = error.to_string();
        assert!(
            !text.contains('\n') && text.contains("; "),
            "{name}: {text}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_instead_of_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe.mp4");
    let made = std::process::Command::new("mkfifo")
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let error = within_patience("the pipe", move || {
        Sampler::open(&path, SamplerOptions::default()).err()
    });
    assert!(matches!(error, Some(VideoError::NotAFile(_))), "{error:?}");
}

#[test]
fn cancelling_ends_at_once() {
    for strategy in [Strategy::Auto, Strategy::Sequential] {
        let options = options(strategy);
        let cancel = options.cancel.clone();
        let mut sampler = Sampler::open(&fixture("plain.mp4"), options).unwrap();
        assert!(sampler.next().unwrap().is_ok());
        cancel.store(true, Ordering::Relaxed);
        // A frame that was ready already may still come.
        let rest: Vec<_> = sampler.by_ref().collect();
        assert!(rest.len() <= 2, "{rest:?}");
        assert!(
            matches!(rest.last(), Some(Err(VideoError::Cancelled))),
            "{strategy:?}"
        );
    }
}

#[test]
fn dropping_an_unfinished_sampler_does_not_hang() {
    for strategy in [Strategy::Auto, Strategy::Sequential] {
        within_patience("dropping", move || {
            for name in ["plain.mp4", "first100.ts", "no_cues.mkv", "av1.mp4"] {
                let mut sampler = Sampler::open(&fixture(name), options(strategy)).unwrap();
                assert!(sampler.next().unwrap().is_ok());
            }
        });
    }
}

#[test]
fn the_preview_looks_at_key_frames_all_over_the_video() {
    let options = SamplerOptions::default();
    for (name, n_least) in [
        ("plain.mp4", 4),
        ("first100.ts", 2),
        ("hevc10.mp4", 2),
        ("av1.mp4", 2),
    ] {
        let preview = PreviewSampler::open(&fixture(name), 8, &options)
            .unwrap()
            .unwrap();
        let frames: Vec<_> = preview.map(|frame| frame.unwrap()).collect();
        assert!(frames.len() >= n_least, "{name}: {frames:?}");
        for frame in &frames {
            let at = (frame.time_secs * 25.0).round() as u32;
            assert_eq!(number(&frame.image), at, "{name}: {frame:?}");
            assert_eq!(ClipIndex::at(frame.time_secs), frame.clip, "{name}");
        }
    }
    // No video, no preview; and nothing to search in is no error.
    assert!(PreviewSampler::open(&fixture("audio_only.m4a"), 8, &options).is_err());
    assert!(
        PreviewSampler::open(&fixture("animation.gif"), 8, &options)
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_thumbnail_is_the_frame_of_its_clip() {
    for (name, expected) in expected() {
        // Neither stores all display times; behind a jump GStreamer guesses them anew.
        let n_off = u32::from(["mpeg4.avi", "interlaced.mpg"].contains(&name.as_str()));
        for (index, clip) in expected.clips.iter().enumerate() {
            let at_secs = ClipIndex(index).centre_secs();
            let image = thumbnail(&open(&name), at_secs, expected.height, no_cancel());
            let image = image.unwrap().unwrap();
            assert_eq!(image.dimensions(), (expected.width, expected.height));
            let found = number(&image);
            assert!(
                found.abs_diff(clip.frame) <= n_off,
                "{name}: {found} instead of {} for clip {index}",
                clip.frame
            );
        }
        let behind = thumbnail(&open(&name), 100.0, 60, no_cancel()).unwrap();
        assert!(behind.is_none(), "{name}");
    }
    let image = thumbnail(&open("plain.mp4"), 4.5, 60, no_cancel());
    assert_eq!(image.unwrap().unwrap().dimensions(), (80, 60));
    let cancelled = thumbnail(&open("plain.mp4"), 4.5, 60, Arc::new(true.into()));
    assert!(matches!(cancelled, Err(VideoError::Cancelled)));
}

#[test]
fn damaged_files_end_by_themselves_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let names = [
        "plain.mp4",
        "first100.ts",
        "no_cues.mkv",
        "hevc10.mp4",
        "vp9.webm",
        "mpeg4.avi",
    ];
    for round in 0..36 {
        let name = names[round % names.len()];
        let mut bytes = std::fs::read(fixture(name)).unwrap();
        match round / names.len() % 3 {
            0 => bytes.truncate(1 + random(bytes.len())),
            1 => {
                for _ in 0..40 {
                    let at = random(bytes.len());
                    bytes[at] = random(256) as u8;
                }
            }
            _ => {
                let at = random(bytes.len() - 2000);
                bytes.drain(at..at + 2000);
            }
        }
        let path = folder.path().join(format!("{round}_{name}"));
        std::fs::write(&path, bytes).unwrap();
        let what = path.display().to_string();
        let outcome = within_patience(&what, move || {
            sample(&path, SamplerOptions::default()).map(|(frames, _)| {
                let clips = frames.iter().map(|frame| frame.clip.0);
                clips.collect::<Vec<_>>()
            })
        });
        assert!(
            !matches!(outcome, Err(VideoError::Timeout { .. })),
            "{what}: {outcome:?}"
        );
        // Many are unreadable; what is read starts at the first clip and leaves none out.
        if let Ok(clips) = outcome {
            assert_eq!(clips, (0..clips.len()).collect::<Vec<_>>(), "{what}");
        }
    }
}

#[test]
fn pictures_that_come_later_than_the_sound_are_as_late_in_every_container() {
    for (extension, late_secs) in [
        ("mp4", 3.0),
        ("mkv", 3.0),
        ("ts", 3.0),
        ("mpg", 3.0),
        ("vob", 3.0),
        ("m2ts", 1.48),
    ] {
        let path = fixture(&format!("late_pictures.{extension}"));
        let info = probe(&path).unwrap();
        assert_eq!(info.video_start_secs, late_secs, "{extension}");
        assert!(info.n_audio_channels > 0, "{extension}");
        let mut sampler = Sampler::open(&path, options(Strategy::Auto)).unwrap();
        let numbers: Vec<_> = (&mut sampler)
            .map(|frame| number(&frame.unwrap().image))
            .collect();
        assert_eq!(numbers[0], 25, "{extension}");
        assert_eq!(sampler.warning(), None, "{extension}");
        let duration_secs = sampler.finished_duration_secs().unwrap();
        let off_secs = duration_secs - info.duration_secs;
        assert!(off_secs.abs() < 0.05, "{extension}: {info:?}");
        assert!((2.9..4.7).contains(&duration_secs), "{extension}: {info:?}");
        let image = thumbnail(&Source::open(&path).unwrap(), 1.0, 120, no_cancel());
        // Behind a jump, GStreamer guesses the times of program streams anew.
        let found = number(&image.unwrap().unwrap());
        assert!(found.abs_diff(25) <= 1, "{extension}: {found}");
    }
    for name in ["plain.mp4", "no_cues.mkv", "first100.ts", "late_start.mkv"] {
        assert_eq!(
            probe(&fixture(name)).unwrap().video_start_secs,
            0.0,
            "{name}"
        );
    }
}

#[test]
fn all_parts_of_an_edit_list_are_seen_in_their_order() {
    for (name, duration_secs, expected) in [
        ("two_parts.mp4", 6.0, [25, 125, 175]),
        ("three_parts.mp4", 6.4, [150, 25, 190]),
    ] {
        let info = probe(&fixture(name)).unwrap();
        assert!(
            (info.duration_secs - duration_secs).abs() < 1e-6,
            "{info:?}"
        );
        let (frames, sampler) = sample(&fixture(name), SamplerOptions::default()).unwrap();
        let numbers: Vec<_> = frames.iter().map(|frame| number(&frame.image)).collect();
        assert_eq!(numbers, expected, "{name}");
        let found_secs = sampler.finished_duration_secs().unwrap();
        assert!(
            (found_secs - duration_secs).abs() < 0.041,
            "{name}: {found_secs}"
        );
        assert_eq!(sampler.warning(), None, "{name}");
        for (clip, expected) in expected.into_iter().enumerate() {
            let at_secs = ClipIndex(clip).centre_secs();
            let image = thumbnail(&open(name), at_secs, 120, no_cancel()).unwrap();
            assert_eq!(number(&image.unwrap()), expected, "{name} at {at_secs}");
        }
        let options = SamplerOptions {
            first_clip: ClipIndex(1),
            ..SamplerOptions::default()
        };
        let (rest, _) = sample(&fixture(name), options).unwrap();
        assert!(rest[0].image == frames[1].image, "{name} goes on");
    }
}

#[test]
fn a_recording_that_does_not_say_its_rate_is_measured() {
    let dir = tempfile::tempdir().unwrap();
    for (rate, expected) in [("25/1", (25, 1)), ("30000/1001", (30_000, 1001))] {
        let path = dir.path().join("recording.webm");
        support::play(&format!(
            "videotestsrc num-buffers=90 ! video/x-raw,width=64,height=48,framerate={rate} ! \
             vp8enc deadline=1 keyframe-max-dist=999 ! \
             capssetter caps=\"video/x-vp8,framerate=0/1\" ! webmmux streamable=true ! \
             filesink location=\"{}\"",
            path.display()
        ));
        let info = probe(&path).unwrap();
        assert_eq!(info.frame_rate, Some(expected), "{rate}");
        assert!(!info.is_rate_average, "{rate}");
    }
    // Pictures are missing; most distances are those of 25 frames per second.
    let info = probe(&fixture("variable_rate.mp4")).unwrap();
    assert_eq!(
        (info.frame_rate, info.is_rate_average),
        (Some((25, 1)), false)
    );
}

#[test]
fn sound_that_changes_its_layout_does_not_end_the_pictures() {
    let path = fixture("surround_then_stereo.ts");
    for strategy in [Strategy::Auto, Strategy::Sequential] {
        let mut sampler = Sampler::open(&path, options(strategy)).unwrap();
        let numbers: Vec<_> = (&mut sampler)
            .map(|frame| number(&frame.unwrap().image))
            .collect();
        // The second part shows the same numbers again, from 2.32 s on.
        assert_eq!(numbers, [25, 17], "{strategy:?}");
        assert_eq!(sampler.warning(), None, "{strategy:?}");
    }
}

#[test]
fn of_several_tracks_the_one_that_is_meant_is_read() {
    // Transport streams say nothing of the kind; there it is the one with the most data.
    for name in ["second_track.mkv", "second_track.mp4", "second_track.ts"] {
        let path = fixture(name);
        let info = probe(&path).unwrap();
        assert_eq!((info.width, info.height), (160, 120), "{name}");
        // Threads of the other track must not end this one, whichever of them comes first.
        for strategy in [Strategy::Auto]
            .into_iter()
            .chain([Strategy::Sequential; 30])
        {
            let mut sampler = Sampler::open(&path, options(strategy)).unwrap();
            let numbers: Vec<_> = (&mut sampler)
                .map(|frame| number(&frame.unwrap().image))
                .collect();
            assert_eq!(numbers, [25, 75, 125], "{name} {strategy:?}");
            let warning = sampler.warning().unwrap();
            assert!(
                warning.ends_with("has 2 video tracks; number 2 of them is used"),
                "{name} {strategy:?}: {warning}"
            );
        }
    }
}

#[test]
fn a_file_that_grows_while_it_is_read_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["first100.ts", "no_cues.mkv"] {
        let path = dir.path().join(name);
        let whole = std::fs::read(fixture(name)).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let mut sampler = Sampler::open(&path, SamplerOptions::default()).unwrap();
        let first = sampler.next().unwrap().unwrap();
        assert_eq!(number(&first.image), 25, "{name}");
        std::fs::write(&path, &whole).unwrap();
        sampler.by_ref().for_each(drop);
        let warning = sampler.warning().unwrap();
        assert!(warning.contains("is still being written"), "{warning}");
        assert!(!warning.contains('\n'), "{warning}");
    }
}

#[test]
fn pictures_that_only_the_header_calls_turned_or_mirrored_are_upright() {
    let upright = |name: &str, strategy| {
        let mut frames = Sampler::open(&fixture(name), options(strategy)).unwrap();
        frames.next().unwrap().unwrap().image
    };
    for strategy in [Strategy::Auto, Strategy::Sequential] {
        let stored = upright("plain.mp4", strategy);
        assert_eq!(number(&stored), 25);
        let mirrored = image::imageops::flip_horizontal(&stored);
        assert!(
            upright("mirrored.mp4", strategy) == mirrored,
            "{strategy:?}"
        );
        let transposed = image::imageops::rotate270(&mirrored);
        assert!(
            upright("transposed.mp4", strategy) == transposed,
            "{strategy:?}"
        );
        let turned = image::imageops::rotate270(&upright("no_cues.mkv", strategy));
        assert!(upright("turned.mkv", strategy) == turned, "{strategy:?}");
    }
    let info = probe(&fixture("turned.mkv")).unwrap();
    assert_eq!((info.width, info.height), (120, 160));
}
