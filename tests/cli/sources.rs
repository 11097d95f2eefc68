//! What exports say of the video itself, so that other programs find the same frames in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::json;
use crate::support::{Place, play};

fn export(place: &Place, video: &Path, format: &str) -> String {
    let video = video.to_str().unwrap();
    let words = ["export", video, "x", "--threshold", "0"];
    let to = ["--format", format, "-o", "-"];
    place.vcl([&words[..], &to].concat()).stdout().to_owned()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/videos")
        .join(name)
}

fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = 8 + body.len() as u32;
    [&length.to_be_bytes()[..], kind, &body].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// The boxes one after the other.
fn boxes(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut boxes = Vec::new();
    while let Some((length, _)) = bytes.split_first_chunk() {
        let (found, rest) = bytes.split_at(u32::from_be_bytes(*length) as usize);
        boxes.push(found);
        bytes = rest;
    }
    boxes
}

/// Rewrites the header of an MP4 file that ends with it; more data may come before the header.
fn change_header(path: &Path, change: impl Fn(&[u8], usize) -> (Vec<u8>, Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.windows(4).rposition(|kind| kind == b"moov").unwrap() - 4;
    let movie = bytes.split_off(at);
    assert_eq!(boxes(&movie).len(), 1, "the last box");
    let (data, header) = change(&movie[8..], bytes.len());
    bytes.extend(data);
    bytes.extend(boxed(b"moov", &[&header]));
    fs::write(path, bytes).unwrap();
}

/// Adds a timecode track, as QuickTime's file format has it.
fn add_timecode(path: &Path, n_frames: u32, per_sec: u32) {
    change_header(path, |movie, at| {
        let entry = [&words(&[0, 1, 0])[..], &words(&[0, per_sec, 1]), &[30, 0]];
        let table = [
            boxed(b"stsd", &[&words(&[0, 1]), &boxed(b"tmcd", &entry)]),
            boxed(b"stts", &[&words(&[0, 1, 1, 8 * per_sec])]),
            boxed(b"stsc", &[&words(&[0, 1, 1, 1, 1])]),
            boxed(b"stsz", &[&words(&[0, 4, 1])]),
            boxed(b"stco", &[&words(&[0, 1, at as u32 + 8])]),
        ];
        let header = boxed(b"mdhd", &[&words(&[0, 0, 0, per_sec, 8 * per_sec, 0])]);
        let handler = boxed(b"hdlr", &[&words(&[0, 0]), b"tmcd", &words(&[0; 4])]);
        let information = boxed(b"minf", &[&boxed(b"stbl", &[&table.concat()])]);
        let media = boxed(b"mdia", &[&header, &handler, &information]);
        let mut track_header = words(&[0, 0, 0, 9, 0, 8000]);
        track_header.resize(84, 0);
        let track = boxed(b"trak", &[&boxed(b"tkhd", &[&track_header]), &media]);
        let data = boxed(b"mdat", &[&words(&[n_frames])]);
        (data, [movie, &track].concat())
    });
}

/// Lets the pictures come so much later than the sound.
fn delay_pictures(path: &Path, secs: u32) {
    change_header(path, |movie, _| {
        let parts = boxes(movie);
        let mvhd = parts.iter().find(|part| &part[4..8] == b"mvhd").unwrap();
        let timescale = u32::from_be_bytes(mvhd[20..24].try_into().unwrap());
        let length = 6 * timescale;
        let entries = [secs * timescale, u32::MAX, 1 << 16, length, 0, 1 << 16];
        let list = boxed(b"elst", &[&words(&[0, 2]), &words(&entries)]);
        let parts = parts.into_iter().map(|part| {
            if &part[4..8] != b"trak" || !part.windows(4).any(|kind| kind == b"vide") {
                return part.to_vec();
            }
            let kept = boxes(&part[8..]).into_iter();
            let kept = kept.filter(|inner| &inner[4..8] != b"edts");
            let kept = kept.collect::<Vec<_>>().concat();
            boxed(b"trak", &[&kept, &boxed(b"edts", &[&list])])
        });
        (Vec::new(), parts.collect::<Vec<_>>().concat())
    });
}

#[test]
fn the_timecode_of_the_file_is_kept() {
    let place = Place::new();
    let video = place.short_video("camera.mp4");
    let plain = export(&place, &video, "edl");
    assert!(plain.contains(" C        00:00:00:00 "), "{plain}");
    add_timecode(&video, 10 * 36_000, 10);
    let edl = export(&place, &video, "edl");
    assert!(edl.contains(" C        10:00:00:00 10:00:08:00 "), "{edl}");
    let fcpxml = export(&place, &video, "fcpxml");
    assert_eq!(fcpxml.matches(r#" start="36000s" "#).count(), 2, "{fcpxml}");
    let report = json(&export(&place, &video, "json"));
    assert_eq!(report["start_timecode"], "10:00:00:00");
    assert_eq!(report["queries"][0]["moments"][0]["start_secs"], 0.0);
}

#[test]
fn pictures_that_come_later_than_the_sound_are_found_by_other_programs() {
    let place = Place::new();
    let video = place.path("late.mp4");
    play(&format!(
        "videotestsrc num-buffers=60 ! video/x-raw,format=I420,width=160,height=120,framerate=10/1 ! \
         x264enc speed-preset=ultrafast bframes=0 ! h264parse ! m. \
         audiotestsrc num-buffers=400 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=1 ! \
         audioconvert ! opusenc ! m. mp4mux name=m ! filesink location=\"{}\"",
        video.display()
    ));
    delay_pictures(&video, 3);
    let report = json(&export(&place, &video, "json"));
    let start_secs = report["video_start_secs"].as_f64().unwrap();
    assert!((start_secs - 3.0).abs() < 0.1, "{start_secs}");
    let moment = &report["queries"][0]["moments"][0];
    assert_eq!(moment["start_secs"], 0.0, "counted from the first picture");
    let srt = export(&place, &video, "srt");
    let begins = srt.starts_with("1\n00:00:03,0") || srt.starts_with("1\n00:00:02,9");
    assert!(begins, "{srt}");
    let fcpxml = export(&place, &video, "fcpxml");
    assert!(fcpxml.contains(r#"audioChannels="1""#), "{fcpxml}");
}

#[test]
fn pixels_and_rates_are_those_of_the_file() {
    let place = Place::new();
    let fcpxml = export(&place, &fixture("wide_pixels.mp4"), "fcpxml");
    let format = r#"width="160" height="120" paspH="16" paspV="11"/>"#;
    assert!(fcpxml.contains(format), "{fcpxml}");

    // The sequence header says 25, its extension · (2 + 1) / (4 + 1).
    let mut bytes = fs::read(fixture("interlaced.mpg")).unwrap();
    let mut n_changed = 0;
    for at in 0..bytes.len() - 10 {
        if bytes[at..].starts_with(&[0, 0, 1, 0xb5]) && bytes[at + 4] >> 4 == 1 {
            bytes[at + 9] = bytes[at + 9] & 0x80 | 2 << 5 | 4;
            n_changed += 1;
        }
    }
    assert!(n_changed > 0);
    let video = place.path("slow.mpg");
    fs::write(&video, bytes).unwrap();
    let rate =
        |video: &Path| -> Value { json(&export(&place, video, "json"))["frame_rate"].clone() };
    assert_eq!(rate(&fixture("interlaced.mpg")), "25/1");
    assert_eq!(rate(&video), "15/1");
}

#[test]
fn a_rate_that_is_only_assumed_is_said() {
    let place = Place::new();
    // Pictures at distances of one and two frames by turns, in files that state no rate.
    let source = fixture("irregular.mp4");
    for (name, muxer) in [
        ("irregular.webm", "webmmux"),
        ("irregular.mkv", "matroskamux"),
    ] {
        let video = place.path(name);
        play(&format!(
            "filesrc location=\"{}\" ! qtdemux ! h264parse ! avdec_h264 ! vp8enc deadline=1 ! \
             capssetter caps=\"video/x-vp8,framerate=0/1\" ! {muxer} ! filesink location=\"{}\"",
            source.display(),
            video.display()
        ));
        let words = ["export", video.to_str().unwrap(), "red", "--format", "edl"];
        let outcome = place.vcl(words.into_iter().chain(["-o", "-"]));
        outcome.stdout();
        let says = "has no fixed frame rate; 30 frames per second are assumed";
        let n_said = outcome.stderr.matches(says).count();
        assert_eq!(n_said, 1, "{}", outcome.stderr);
    }
    let plain = fixture("plain.mp4");
    let words = ["export", plain.to_str().unwrap(), "red", "--format", "edl"];
    let outcome = place.vcl(words.into_iter().chain(["-o", "-"]));
    assert!(!outcome.stderr.contains("frame rate"), "{}", outcome.stderr);
}
