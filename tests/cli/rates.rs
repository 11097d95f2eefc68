//! Features of another rate than one row per clip of two seconds.

use std::fs;

use vcl::store::{FloatType, NpzArray, read_npz, write_npz};

use crate::detectors::{feature_files, fixture};
use crate::support::Place;

/// The same features as if each clip had `n` rows, in a folder of their own.
fn repeat_rows(place: &Place, n: usize) -> String {
    let folder = place.path(&format!("video-{n}"));
    fs::create_dir_all(&folder).unwrap();
    for k in 0..3 {
        let name = format!("tiny_{k}.npz");
        let features = read_npz(&place.path("video/clip_features").join(&name), "features");
        let features = features.unwrap();
        let width = features.shape[1];
        let rows = features.values.chunks(width);
        let repeated = NpzArray {
            shape: vec![n * features.shape[0], width],
            values: rows.flat_map(|row| row.repeat(n)).collect(),
        };
        write_npz(
            &folder.join(name),
            &[("features", &repeated)],
            FloatType::F32,
        )
        .unwrap();
    }
    folder.display().to_string()
}

#[test]
fn features_of_another_rate_are_averaged_for_detectors_and_refused_where_it_is_not_said() {
    let place = Place::new();
    let labels = feature_files(&place).display().to_string();
    let words = place.path("words").display().to_string();
    let detector = fixture("qd_detr").join("model_best.ckpt");
    let detector = detector.to_str().unwrap().to_owned();
    let predictions = place.path("pred.jsonl");
    let whole = place.path("video").display().to_string();
    let evaluate = |features: &str, clip_secs: &str| {
        place.vcl([
            "evaluate",
            "--data",
            &labels,
            "--features",
            features,
            "--text-features",
            &words,
            "--detector",
            &detector,
            "--clip-secs",
            clip_secs,
            "--predictions",
            predictions.to_str().unwrap(),
        ])
    };
    evaluate(&whole, "2").stdout();
    let expected = fs::read_to_string(&predictions).unwrap();
    for (n, clip_secs) in [(2, "1"), (4, "0.5")] {
        let folder = repeat_rows(&place, n);
        evaluate(&folder, clip_secs).stdout();
        assert_eq!(fs::read_to_string(&predictions).unwrap(), expected, "{n}");
        let refused = evaluate(&folder, "2");
        let says = format!("say --clip-secs {clip_secs}");
        assert!(refused.error().contains(&says), "{}", refused.stderr);

        let output = place.path("own.safetensors");
        let train = |clip_secs: &str| {
            place.vcl([
                "train",
                "--detector",
                "moment-detr",
                "--width",
                "16",
                "--epochs",
                "1",
                "--data",
                &labels,
                "--features",
                &folder,
                "--text-features",
                &words,
                "--clip-secs",
                clip_secs,
                "-o",
                output.to_str().unwrap(),
            ])
        };
        train(clip_secs).stdout();
        let refused = train("2");
        assert!(refused.error().contains(&says), "{}", refused.stderr);
    }
}
