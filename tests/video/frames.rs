//! Which frames are seen, against what ffmpeg says of the files (`fixtures/videos/expected.json`,
//! written by `make.sh` beside it).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use vcl::domain::ClipIndex;
use vcl::video::{
    PreviewSampler, SampledFrame, Sampler, SamplerOptions, Source, Strategy, VideoError, probe,
    thumbnail,
};

use crate::{fixture, no_cancel, number, open, options, sample};

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

fn expected() -> BTreeMap<String, Expected> {
    let text = std::fs::read_to_string(fixture("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
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
