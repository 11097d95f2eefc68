//! Files that are damaged, cut off or no videos, and work that is given up.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use vcl::video::{Sampler, SamplerOptions, Strategy, VideoError, probe};

use crate::{fixture, number, options, sample, within_patience};

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
