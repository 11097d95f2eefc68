//! Kinds of file that were reported from the field.

use vcl::domain::ClipIndex;
use vcl::video::{Sampler, SamplerOptions, Source, Strategy, probe, thumbnail};

use crate::support;
use crate::{fixture, no_cancel, number, open, options, sample};

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

#[test]
fn a_clock_that_ticks_once_a_second_or_less_does_not_shorten_the_video() {
    // One picture per second in the order of decoding and with reordering; one every two seconds, with
    // sound and with arrival times.
    let of_mp4 = sample(&fixture("one_per_second.mp4"), SamplerOptions::default()).unwrap();
    let of_mp4: Vec<_> = of_mp4.0.iter().map(|frame| number(&frame.image)).collect();
    let every_two: Vec<_> = (0..19).map(|clip| 50 * clip).collect();
    for (name, duration_secs, expected) in [
        ("one_per_second.ts", 41.0, of_mp4),
        ("every_two_seconds.m2ts", 38.0, every_two),
    ] {
        let info = probe(&fixture(name)).unwrap();
        let off_secs = info.duration_secs - duration_secs;
        assert!(off_secs.abs() < 0.05, "{name}: {info:?}");
        for strategy in [Strategy::Auto, Strategy::Sequential] {
            let (frames, sampler) = sample(&fixture(name), options(strategy)).unwrap();
            let numbers: Vec<_> = frames.iter().map(|frame| number(&frame.image)).collect();
            assert_eq!(numbers, expected, "{name} {strategy:?}");
            assert_eq!(sampler.warning(), None, "{name} {strategy:?}");
        }
        // A jump, and going on where it stopped.
        for clip in [3, 12, 18] {
            let at_secs = ClipIndex(clip).centre_secs();
            let image = thumbnail(&open(name), at_secs, 120, no_cancel()).unwrap();
            assert_eq!(number(&image.unwrap()), expected[clip], "{name} {clip}");
            let options = SamplerOptions {
                first_clip: ClipIndex(clip),
                ..SamplerOptions::default()
            };
            let (rest, _) = sample(&fixture(name), options).unwrap();
            let rest: Vec<_> = rest.iter().map(|frame| number(&frame.image)).collect();
            assert_eq!(rest, expected[clip..], "{name} from {clip}");
        }
    }
}
