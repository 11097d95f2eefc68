//! Moments of several videos on one timeline.

use super::tests::{fixture, half_minute, hour, moment, text_of, texts};
use super::*;
use crate::video::StartTimecode;

fn written(name: &str, documents: &[ExportDocument]) -> Result<String, ExportError> {
    text_of(FileFormat::named(name).unwrap(), Export::Several(documents))
}

/// Two at 25 frames per second, of which one has sound and timecode from ten o'clock on, and one at
/// 29.97 that begins alike.
fn three() -> [ExportDocument; 3] {
    let silent = half_minute();
    let mut sounding = half_minute();
    sounding.video = "/films/more/kite.mov".into();
    sounding.n_audio_channels = 2;
    sounding.numbering = Numbering::from_file(
        sounding.frame_rate,
        StartTimecode {
            n_frames: 36_000 * 25,
            frame_secs: (1, 25),
            is_drop_frame: false,
        },
    );
    sounding.queries[0].moments = vec![moment(6.0, 8.0, 0.85)];
    let mut american = hour();
    american.video = "/films/kite.mp4".into();
    american.queries.truncate(1);
    american.queries[0].moments = vec![moment(60.0, 62.0, 0.95)];
    [silent, sounding, american]
}

/// The files were checked with the readers that `tests/fixtures/export/check.py` names.
#[test]
fn files_of_several_videos_are_as_checked_with_real_readers() {
    for format in texts().filter(|format| format.takes_several) {
        let text = written(format.name, &three()).unwrap();
        let path = fixture("several", format);
        if std::env::var_os("VCL_UPDATE_FIXTURES").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, expected, "{}", path.display());
    }
}

#[test]
fn each_clip_has_its_own_source_rate_and_timecode() {
    let edl = written("edl", &three()).unwrap();
    for event in [
        "001  KITE     V     C        00:00:02:00 00:00:06:00 01:00:00:00 01:00:04:00\n",
        "002  KITE     V     C        00:00:10:00 00:00:14:00 01:00:04:00 01:00:08:00\n",
        "003  KITE2    AA/V  C        10:00:06:00 10:00:08:00 01:00:08:00 01:00:10:00\n",
        // 60 s is frame 1798.2 of 29.97, so 1799 is the first; that is 60.03 s, frame 1501 of 25.
        "004  KITE3    AA/V  C        00:01:00:01 00:01:02:01 01:00:10:00 01:00:12:00\n",
    ] {
        assert!(edl.contains(event), "{edl}");
    }
    assert!(
        edl.contains("* SOURCE FILE: /films/more/kite.mov\n"),
        "{edl}"
    );
    let otio: serde_json::Value =
        serde_json::from_str(&written("otio", &three()).unwrap()).unwrap();
    let tracks = otio["tracks"]["children"].as_array().unwrap();
    let clips = tracks[0]["children"].as_array().unwrap();
    let rates: Vec<_> = clips
        .iter()
        .map(|clip| clip["source_range"]["start_time"]["rate"].as_f64().unwrap())
        .collect();
    assert_eq!(rates[..3], [25.0; 3]);
    assert!((rates[3] - 29.97).abs() < 0.001, "{rates:?}");
    let heard = tracks[1]["children"].as_array().unwrap();
    let kinds: Vec<_> = heard
        .iter()
        .map(|it| it["OTIO_SCHEMA"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Gap.1", "Gap.1", "Clip.2", "Clip.2"]);
    let fcpxml = written("fcpxml", &three()).unwrap();
    for part in [
        r#"<asset id="r4" name="kite.mov" start="36000s""#,
        r#"<asset id="r6" name="kite.mp4" start="0s""#,
        r#"<sequence format="r1" duration="12s""#,
        r#"<asset-clip ref="r4" offset="8s" name="kite.mov" start="36006s" duration="2s" tcFormat="NDF">"#,
        r#"<asset-clip ref="r6" offset="10s" name="kite.mp4" start="1800799/30000s" duration="2s" tcFormat="DF">"#,
    ] {
        assert!(fcpxml.contains(part), "{fcpxml}");
    }
}

#[test]
fn tables_rank_over_all_videos() {
    let csv = written("csv", &three()).unwrap();
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[0].starts_with("video,query,rank,"), "{csv}");
    let names = [
        "/films/kite.mp4",
        "/films/kite.mov",
        "/films/more/kite.mov",
        "/films/kite.mov",
    ];
    for (line, (name, rank)) in lines[1..].iter().zip(names.into_iter().zip(1..)) {
        assert!(
            line.starts_with(name) && line.contains(&format!(",{rank},")),
            "{csv}"
        );
    }
    // The form does not depend on how many videos something was found in.
    let one = written("json", &three()[..1]).unwrap();
    let one: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert_eq!(one["videos"].as_array().unwrap().len(), 1);
}

#[test]
fn what_belongs_to_one_video_is_refused_and_nothing_found_is_an_empty_file() {
    for format in texts() {
        match text_of(format, Export::Several(&[])) {
            Ok(text) => assert!(format.takes_several && !text.contains("score 0"), "{text}"),
            Err(error) => {
                let error = error.to_string();
                assert!(!format.takes_several, "{error}");
                assert!(error.contains("belongs to one video"), "{error}");
                assert!(
                    error.contains(&format!("--format {}`", format.name)),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn every_reel_is_named_for_itself() {
    let mut documents: Vec<_> = (0..12).map(|_| half_minute()).collect();
    for (document, name) in
        documents
            .iter_mut()
            .zip(["ax", "Ünï.mov", "영화.mov", "a very long name.mov"])
    {
        document.video = format!("/films/{name}").into();
    }
    let edl = written("edl", &documents).unwrap();
    let mut reels: Vec<_> = edl
        .lines()
        .filter(|line| line.starts_with(['0']))
        .map(|line| line[5..13].trim_end())
        .collect();
    reels.dedup();
    assert_eq!(
        reels,
        [
            "REEL", "N", "REEL2", "AVERYLON", "KITE", "KITE2", "KITE3", "KITE4", "KITE5", "KITE6",
            "KITE7", "KITE8"
        ]
    );
}
