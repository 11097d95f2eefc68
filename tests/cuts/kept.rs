//! What a cut keeps besides pictures and sound, and what is said where it cannot.

use std::fs;
use std::path::Path;

use vcl::domain::TimeSpan;
use vcl::video::probe;

use crate::reading::{chapters, line_ends, lines, pictures};
use crate::support::Place;
use crate::{cut, fixture};

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

/// Where each chapter of an MP4 begins, in seconds, from its list.
fn listed_chapters(path: &Path) -> Vec<(f64, String)> {
    let bytes = fs::read(path).unwrap();
    let Some(at) = bytes.windows(4).position(|kind| kind == b"chpl") else {
        return Vec::new();
    };
    let mut rest = &bytes[at + 4 + 9..];
    let mut chapters = Vec::new();
    for _ in 0..bytes[at + 4 + 8] {
        let start = u64::from_be_bytes(rest[..8].try_into().unwrap());
        let end = 9 + usize::from(rest[8]);
        let title = String::from_utf8(rest[9..end].to_vec()).unwrap();
        chapters.push((start as f64 / 1e7, title));
        rest = &rest[end..];
    }
    chapters
}

fn assert_near(found: &[(f64, String)], expected: &[(f64, &str)], what: &str) {
    let words = |found: &[(f64, String)]| -> Vec<String> {
        found.iter().map(|(_, text)| text.clone()).collect()
    };
    let expected_words: Vec<_> = expected.iter().map(|(_, text)| *text).collect();
    assert_eq!(words(found), expected_words, "{what}: {found:?}");
    for ((secs, _), (expected_secs, _)) in found.iter().zip(expected) {
        assert!((secs - expected_secs).abs() < 0.003, "{what}: {found:?}");
    }
}

#[test]
fn subtitles_are_shown_at_the_times_of_the_cut() {
    let dir = tempfile::tempdir().unwrap();
    for (name, first, second) in [
        ("rich.mkv", "<i>hello</i> & welcome", "Tom & Jerry"),
        ("rich.mov", "hello & welcome", "Tom & Jerry"),
    ] {
        for span in [(0.0, 2.0), (3.0, 7.0), (5.0, 6.0)] {
            let (path, extent) = cut(name, TimeSpan::new(span.0, span.1), dir.path());
            let what = format!("{name} {span:?} {extent:?}");
            // Each from its start, or from that of the cut.
            let lines = [(1.0, 4.0, first), (4.5, 6.0, second)];
            let shown = lines
                .into_iter()
                .filter(|(start, end, _)| *end > extent.start_secs && *start < span.1);
            let expected: Vec<_> = shown
                .map(|(start, _, text)| ((start - extent.start_secs).max(0.0), text))
                .collect();
            // MP4 fills the time between two lines with empty ones.
            let mut found = lines_of(&path, "text");
            found.retain(|(_, text)| !text.trim().is_empty());
            assert_near(&found, &expected, &what);
            if name == "rich.mkv" {
                let styled = lines_of(&path, "application");
                assert_eq!(styled.len(), expected.len(), "{what}: {styled:?}");
                assert!(
                    styled.iter().all(|(_, text)| text.contains(",Default,")),
                    "{what}: {styled:?}"
                );
            }
            let ends = line_ends(&path);
            let last = lines.iter().rfind(|(start, ..)| *start < span.1).unwrap();
            let end_secs = last.1.min(span.1) - extent.start_secs;
            let off_secs = ends.last().unwrap() - pictures(&path)[0].0 - end_secs;
            assert!(off_secs.abs() < 0.003, "{what}: {ends:?}");
            let info = probe(&path).unwrap();
            let length_secs = extent.end_secs - extent.start_secs;
            assert!((info.duration_secs - length_secs).abs() < 0.005, "{what}");
        }
        // Where nothing is said, there is no track for it.
        let (path, _) = cut(name, TimeSpan::new(7.5, 8.0), dir.path());
        let bytes = fs::read(path).unwrap();
        for kind in [&b"S_TEXT"[..], b"tx3g"] {
            assert!(
                !bytes.windows(kind.len()).any(|part| part == kind),
                "{name}"
            );
        }
    }
}

fn lines_of(path: &Path, kind: &str) -> Vec<(f64, String)> {
    let zero_secs = pictures(path)[0].0;
    let lines = lines(path, kind).into_iter();
    lines.map(|(secs, text)| (secs - zero_secs, text)).collect()
}

#[test]
fn chapters_are_those_of_the_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (path, extent) = cut("rich.mkv", TimeSpan::new(2.8, 7.0), dir.path());
    // The file counts from its sound, which begins a little earlier.
    let zero_secs = pictures(&fixture("rich.mkv"))[0].0;
    let start_secs = zero_secs + extent.start_secs;
    assert!(start_secs < 3.0, "{extent:?}");
    let found = chapters(&path);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].0, found[0].2.as_str()), (0.0, "one"));
    assert!((found[0].1 - (3.0 - start_secs)).abs() < 0.002, "{found:?}");
    assert!((found[1].0 - (3.0 - start_secs)).abs() < 0.002, "{found:?}");
    let end_secs = 7.0 + zero_secs - start_secs;
    assert!((found[1].1 - end_secs).abs() < 0.002, "{found:?}");
    assert_eq!(found[1].2, "zwei");

    // A list of chapters in the one, a track of them in the other.
    for (name, span, expected) in [
        ("timecode.mp4", (2.0, 2.8), &["one"][..]),
        ("rich.mov", (2.8, 7.0), &["one", "zwei"][..]),
        ("rich.mov", (7.0, 8.0), &["zwei"][..]),
    ] {
        let (path, extent) = cut(name, TimeSpan::new(span.0, span.1), dir.path());
        let starts = [0.0, 3.0 - extent.start_secs];
        let expected: Vec<_> = starts.into_iter().zip(expected.iter().copied()).collect();
        assert_near(
            &listed_chapters(&path),
            &expected,
            &format!("{name} {span:?}"),
        );
    }
    let (path, _) = cut("plain.mp4", TimeSpan::new(2.0, 3.0), dir.path());
    assert!(listed_chapters(&path).is_empty());
}

/// The bodies of all Matroska elements with this id of two or three bytes, each at most 127 bytes.
fn elements(path: &Path, id: &[u8]) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    let at = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(id));
    let body = |at: usize| {
        let length = usize::from(bytes[at + id.len()] & 0x7f);
        let start = at + id.len() + 1;
        bytes[start..start + length].to_vec()
    };
    at.map(body).collect()
}

#[test]
fn languages_and_the_date_of_a_matroska_file_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (path, extent) = cut("rich.mkv", TimeSpan::new(1.0, 3.0), dir.path());
    assert_eq!(extent.n_audio_tracks, 2);
    // In nanoseconds since 2001; 2020-02-02T02:02:02Z.
    let dates = elements(&path, &[0x44, 0x61]);
    assert_eq!(dates[0], (602_301_722_000_000_000_i64).to_be_bytes());
    let languages = elements(&path, &[0x22, 0xb5, 0x9c]);
    let languages: Vec<_> = languages
        .iter()
        .map(|language| String::from_utf8_lossy(language))
        .collect();
    let languages: Vec<_> = languages
        .iter()
        .map(|it| it.trim_end_matches('\0'))
        .collect();
    assert_eq!(languages, ["ger", "eng", "fre", "kor"]);
}

/// What `vcl export` says that it leaves out.
fn said_to_be_left_out(place: &Place, video: &Path) -> Vec<String> {
    let folder = place.path("cuts");
    let (video, folder) = (video.to_str().unwrap(), folder.to_str().unwrap());
    let outcome = place.vcl_bundled([
        "export", video, "night", "--format", "cuts", "--top", "1", "-o", folder,
    ]);
    outcome.stdout();
    let lines = outcome.stderr.lines();
    let lines = lines.filter_map(|line| line.split_once("cuts are written without its "));
    lines.map(|(_, what)| what.to_owned()).collect()
}

#[test]
fn what_is_left_out_of_a_cut_is_said_in_one_line() {
    let place = Place::new();
    for name in ["timecode.mp4", "rich.mkv", "rich.mov"] {
        assert_eq!(
            said_to_be_left_out(&place, &fixture(name)),
            [""; 0],
            "{name}"
        );
    }
    // Subtitles that are pictures, which GStreamer cannot write.
    let whole = fs::read(fixture("rich.mkv")).unwrap();
    let replaced = |bytes: &[u8], from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|part| part == from);
        let mut bytes = bytes.to_vec();
        bytes[at.unwrap()..][..to.len()].copy_from_slice(to);
        bytes
    };
    let one = replaced(&whole, b"S_TEXT/ASS", b"S_HDMV/PGS");
    let both = replaced(&one, b"S_TEXT/UTF8", b"S_HDMV/PGS\0");
    for (bytes, expected) in [(one, "1 of 2 subtitle tracks"), (both, "subtitles")] {
        let video = place.path("pictures.mkv");
        fs::write(&video, bytes).unwrap();
        assert_eq!(said_to_be_left_out(&place, &video), [expected]);
    }
}
