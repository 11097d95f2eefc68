//! `vcl export --format cuts`.

use std::fs;
use std::path::Path;

use vcl::video::probe;

use crate::support::Place;

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
