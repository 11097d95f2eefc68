use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;
use crate::domain::{ClipIndex, Highlight, Moment, Query, TimeSpan};
use crate::video::StartTimecode;

pub(super) fn written(name: &str, document: &ExportDocument) -> Result<String, ExportError> {
    text_of(FileFormat::named(name).unwrap(), Export::One(document))
}

pub(super) fn text_of(format: FileFormat, export: Export<'_>) -> Result<String, ExportError> {
    Ok(String::from_utf8(format.write(export)?).unwrap())
}

pub(super) fn texts() -> impl Iterator<Item = FileFormat> {
    FORMATS.iter().copied().filter(|format| format.is_text())
}

/// A file beside the script that checks it.
pub(super) fn fixture(stem: &str, format: FileFormat) -> PathBuf {
    let FileFormat {
        name, extension, ..
    } = format;
    fixtures().join(match name == extension {
        true => format!("{stem}.{extension}"),
        false => format!("{stem}.{name}.{extension}"),
    })
}

pub(super) fn moment(start_secs: f64, end_secs: f64, score: f32) -> Moment {
    Moment {
        span: TimeSpan::new(start_secs, end_secs),
        score,
    }
}

/// An hour at 29.97 with moments around a minute, around ten minutes, and past the end.
pub(super) fn hour() -> ExportDocument {
    ExportDocument {
        video: "/films/Été & <Eis> 100%.mp4".into(),
        duration_secs: 3600.5969,
        frame_rate: FrameRate::new(2997, 100).unwrap(),
        is_rate_assumed: false,
        width: 1920,
        height: 1080,
        stored_size: (1920, 1080),
        pixel_aspect: (1, 1),
        n_audio_channels: 2,
        numbering: Numbering::from_zero(FrameRate::new(2997, 100).unwrap()),
        video_start_secs: 0.0,
        order: None,
        queries: vec![
            ExportQuery {
                query: Query::new("a \"red\" kite, <high> & far").unwrap(),
                present: Some(0.875),
                verdict: None,
                highlight: Some(Highlight {
                    clip: ClipIndex(301),
                    score: 0.9375,
                }),
                moments: vec![
                    moment(600.0, 604.0, 0.9375),
                    moment(58.0, 62.0, 0.5),
                    moment(3596.0, 3602.0, 0.25),
                ],
            },
            ExportQuery {
                query: Query::new("nowhere").unwrap(),
                present: None,
                verdict: None,
                highlight: None,
                moments: vec![],
            },
            ExportQuery {
                query: Query::new("snow").unwrap(),
                present: None,
                verdict: None,
                highlight: None,
                moments: vec![moment(0.0, 2.0, 1.0), moment(2.0, 4.0, 0.75)],
            },
        ],
    }
}

/// Half a minute at 25 frames per second, without sound.
pub(super) fn half_minute() -> ExportDocument {
    let mut document = hour();
    document.video = "/films/kite.mov".into();
    document.duration_secs = 30.0;
    document.frame_rate = FrameRate::new(25, 1).unwrap();
    document.numbering = Numbering::from_zero(document.frame_rate);
    document.n_audio_channels = 0;
    document.queries.truncate(1);
    document.queries[0].moments = vec![moment(10.0, 14.0, 0.9), moment(2.0, 6.0, 0.8)];
    document
}

pub(super) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/export")
}

/// The files were checked with the readers that `tests/fixtures/export/check.py` names.
#[test]
fn files_are_as_checked_with_real_readers() {
    for format in texts() {
        for (name, document) in [("hour", hour()), ("half_minute", half_minute())] {
            let text = text_of(format, Export::One(&document)).unwrap();
            let path = fixture(name, format);
            if std::env::var_os("VCL_UPDATE_FIXTURES").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            let expected = std::fs::read_to_string(&path).unwrap();
            assert_eq!(text, expected, "{}", path.display());
        }
    }
}

#[test]
fn the_table_and_the_checked_files_are_of_the_same_formats() {
    let checked: BTreeSet<_> = std::fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("hour."))
        })
        .collect();
    let in_table: BTreeSet<_> = texts().map(|format| fixture("hour", format)).collect();
    assert_eq!(in_table, checked);
    let names: BTreeSet<_> = FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(names.len(), FORMATS.len(), "a name stands twice");
}

#[test]
fn moments_share_no_frame_and_leave_none_out() {
    let document = hour();
    let spans = frame_span::ranked(&document, &document.queries[2]);
    assert_eq!(spans[0].first_frame, 0);
    assert_eq!(spans[0].end_frame, spans[1].first_frame);
    // 2 s is 59.94 frames: frame 60 is the first one at or after it.
    assert_eq!(spans[0].end_frame, 60);
}

#[test]
fn moments_are_cut_at_the_ends_of_the_video() {
    let mut document = half_minute();
    document.queries[0].moments = vec![
        moment(28.0, 32.0, 0.9),
        moment(-4.0, 2.0, 0.8),
        moment(30.0, 32.0, 0.7),
        moment(5.0, 5.0, 0.6),
        moment(5.0, 5.01, 0.5),
    ];
    let spans = frame_span::ranked(&document, &document.queries[0]);
    let frames: Vec<_> = spans
        .iter()
        .map(|span| (span.rank, span.first_frame, span.end_frame))
        .collect();
    assert_eq!(frames, [(1, 700, 750), (2, 0, 50), (5, 125, 126)]);
}

#[test]
fn film_rate_counts_to_24() {
    let mut document = half_minute();
    document.frame_rate = FrameRate::new(24000, 1001).unwrap();
    document.numbering = Numbering::from_zero(document.frame_rate);
    document.queries[0].moments = vec![moment(10.0, 14.0, 0.9)];
    let edl = written("edl", &document).unwrap();
    // 10 s is frame 239.76, 14 s is frame 335.66.
    assert!(edl.contains("FCM: NON-DROP FRAME\n"), "{edl}");
    let event = "001  AX       V     C        00:00:10:00 00:00:14:00 01:00:00:00 01:00:04:00\n";
    assert!(edl.contains(event), "{edl}");
    let fcpxml = written("fcpxml", &document).unwrap();
    assert!(
        fcpxml.contains(r#"frameDuration="1001/24000s""#),
        "{fcpxml}"
    );
    assert!(fcpxml.contains(r#"start="240240/24000s""#), "{fcpxml}");
    assert!(fcpxml.contains(r#"duration="96096/24000s""#), "{fcpxml}");
}

#[test]
fn an_edl_cannot_count_slow_motion() {
    let mut document = half_minute();
    document.frame_rate = FrameRate::new(240, 1).unwrap();
    document.numbering = Numbering::from_zero(document.frame_rate);
    let error = written("edl", &document).unwrap_err().to_string();
    assert!(error.contains("240 frames per second"), "{error}");
    assert!(written("otio", &document).is_ok());
}

#[test]
fn nothing_found_is_a_file_without_moments() {
    let mut document = half_minute();
    document.queries[0].moments.clear();
    for format in texts() {
        let text = text_of(format, Export::One(&document)).unwrap();
        assert!(!text.contains("score 0"), "{text}");
    }
    assert_eq!(written("srt", &document).unwrap(), "");
    document.queries.clear();
    assert_eq!(written("csv", &document).unwrap().lines().count(), 1);
}

#[test]
fn control_characters_do_not_break_a_format() {
    let mut document = half_minute();
    document.video = "/films/a\nb\u{1}.mov".into();
    let edl = written("edl", &document).unwrap();
    assert!(edl.starts_with("TITLE: a b\u{fffd}.mov\n"), "{edl}");
    let fcpxml = written("fcpxml", &document).unwrap();
    assert!(
        fcpxml.contains("name=\"a\u{fffd}b\u{fffd}.mov\""),
        "{fcpxml}"
    );
    assert!(fcpxml.contains("/films/a%0Ab%01.mov"), "{fcpxml}");
}

#[test]
fn a_video_shorter_than_half_a_clip_peaks_in_its_middle() {
    let mut document = half_minute();
    document.duration_secs = 0.5;
    document.queries[0].highlight = Some(Highlight {
        clip: ClipIndex(0),
        score: 0.5,
    });
    let json = written("json", &document).unwrap();
    assert!(json.contains("\"peak_secs\": 0.25,"), "{json}");
}

#[test]
fn sources_are_named_by_their_own_timecode() {
    let mut document = half_minute();
    document.numbering = Numbering::from_file(
        document.frame_rate,
        StartTimecode {
            n_frames: 36_000 * 25,
            frame_secs: (1, 25),
            is_drop_frame: false,
        },
    );
    let text = |extension: &str| written(extension, &document).unwrap();
    let edl = text("edl");
    let event = "001  AX       V     C        10:00:02:00 10:00:06:00 01:00:00:00 01:00:04:00\n";
    assert!(edl.contains(event), "{edl}");
    let fcpxml = text("fcpxml");
    for part in [
        r#"start="36000s" duration="30s" hasVideo"#,
        r#"start="36002s" duration="4s""#,
    ] {
        assert!(fcpxml.contains(part), "{fcpxml}");
    }
    let otio: serde_json::Value = serde_json::from_str(&text("otio")).unwrap();
    let clip = &otio["tracks"]["children"][0]["children"][0];
    assert_eq!(clip["source_range"]["start_time"]["value"], 900_050.0);
    let available = &clip["media_references"]["DEFAULT_MEDIA"]["available_range"];
    assert_eq!(available["start_time"]["value"], 900_000.0);
    assert_eq!(available["duration"]["value"], 750.0);
    let csv = text("csv");
    let line = csv.lines().nth(1).unwrap();
    assert!(
        line.contains(",10.0,14.0,"),
        "seconds count from the first picture: {line}"
    );
    assert!(line.ends_with(",10:00:10:00,10:00:14:00"), "{line}");
    assert!(text("json").contains(r#""start_timecode": "10:00:00:00""#));
    assert!(text("srt").starts_with("1\n00:00:02,000 --> 00:00:06,000\n"));
}

#[test]
fn other_programs_count_from_the_beginning_of_the_file() {
    let mut document = half_minute();
    document.video_start_secs = 3.0;
    let text = |extension: &str| written(extension, &document).unwrap();
    assert!(text("srt").starts_with("1\n00:00:05,000 --> 00:00:09,000\n"));
    assert!(text("edl").contains(" 00:00:05:00 00:00:09:00 01:00:00:00 "));
    let fcpxml = text("fcpxml");
    for part in [
        r#"start="0s" duration="33s" hasVideo"#,
        r#"start="5s" duration="4s""#,
    ] {
        assert!(fcpxml.contains(part), "{fcpxml}");
    }
    let otio = text("otio");
    assert!(otio.contains(r#""value": 825.0"#), "33 s are there: {otio}");
    assert!(otio.contains(r#""value": 125.0"#), "5 s: {otio}");
    let json = text("json");
    assert!(json.contains(r#""video_start_secs": 3.0"#), "{json}");
    assert!(json.contains(r#""start_secs": 2.0"#), "{json}");
    let csv = text("csv");
    let lines: Vec<_> = csv.lines().collect();
    assert!(
        lines[0].ends_with(",end_timecode,video_start_secs"),
        "{csv}"
    );
    assert!(lines[1].contains(",10.0,14.0,"), "{csv}");
    assert!(lines[1].ends_with(",00:00:13:00,00:00:17:00,3.0"), "{csv}");
}

#[test]
fn pixels_and_channels_are_given_as_they_are_stored() {
    let mut document = half_minute();
    (document.stored_size, document.pixel_aspect) = ((320, 240), (16, 11));
    document.n_audio_channels = 1;
    let fcpxml = written("fcpxml", &document).unwrap();
    let format = r#"width="320" height="240" paspH="16" paspV="11"/>"#;
    assert!(fcpxml.contains(format), "{fcpxml}");
    assert!(fcpxml.contains(r#"audioChannels="1""#), "{fcpxml}");
}

#[test]
fn an_edl_refuses_more_events_than_it_can_number() {
    let mut document = half_minute();
    let many = |n: u32| (0..n).map(|at| moment(f64::from(at % 29), f64::from(at % 29 + 1), 0.5));
    document.queries[0].moments = many(999).collect();
    assert!(written("edl", &document).unwrap().contains("\n999  AX"));
    document.queries.push(document.queries[0].clone());
    document.queries[1].moments = many(1).collect();
    let error = written("edl", &document).unwrap_err().to_string();
    assert!(error.contains("999") && error.contains("1000"), "{error}");
    assert!(written("otio", &document).is_ok());
}

#[test]
fn a_sequence_has_a_rate_that_final_cut_has() {
    for ((num, den), sequence, duration) in [
        ((15, 1), "1/30s", "4s"),
        ((240, 1), "1/60s", "4s"),
        ((25, 2), "1/25s", "4s"),
        ((120_000, 1001), "1001/60000s", "240240/60000s"),
        ((89, 3), "1001/30000s", "3999/1001s"),
    ] {
        let mut document = half_minute();
        document.frame_rate = FrameRate::new(num, den).unwrap();
        document.numbering = Numbering::from_zero(document.frame_rate);
        document.queries[0].moments = vec![moment(10.0, 14.0, 0.9)];
        let fcpxml = written("fcpxml", &document).unwrap();
        let own = format!(
            r#"<format id="r1" frameDuration="{}/{}s""#,
            document.frame_rate.den(),
            document.frame_rate.num()
        );
        assert!(fcpxml.contains(&own), "{fcpxml}");
        let other = format!(r#"<format id="r3" frameDuration="{sequence}""#);
        assert!(fcpxml.contains(&other), "{fcpxml}");
        assert!(fcpxml.contains(r#"<sequence format="r3""#), "{fcpxml}");
        if num != 89 {
            let length = format!(r#"duration="{duration}" tcStart"#);
            assert!(fcpxml.contains(&length), "{fcpxml}");
        }
    }
    let fcpxml = written("fcpxml", &hour()).unwrap();
    assert!(!fcpxml.contains("r3"), "{fcpxml}");
}

#[test]
fn queries_are_shown_as_they_were_typed() {
    let mut document = half_minute();
    for (typed, csv_cell) in [
        ("=1+1", "'=1+1"),
        ("+49 on a sign", "'+49 on a sign"),
        ("@home", "'@home"),
        ("-5 degrees", "'-5 degrees"),
        ("a <i>red</i> {\\an8} kite", "a <i>red</i> {\\an8} kite"),
    ] {
        document.queries[0].query = Query::new(typed).unwrap();
        let csv = written("csv", &document).unwrap();
        let line = csv.lines().nth(1).unwrap();
        assert!(line.starts_with(&format!("{csv_cell},1,")), "{line}");
        let srt = written("srt", &document).unwrap();
        for code in ["<i", "</", "{\\", "\\a"] {
            assert!(!srt.contains(code), "{srt}");
        }
        assert!(srt.replace('\u{2060}', "").contains(typed), "{srt}");
    }
}
