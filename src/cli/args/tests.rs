use super::*;
use crate::engine::DatasetSource;
use crate::export::FORMATS;
use clap::CommandFactory as _;

#[test]
fn the_definition_is_sound() {
    Args::command().debug_assert();
}

#[test]
fn global_arguments_stand_before_or_after_the_command() {
    for words in [
        ["vcl", "--device", "cpu", "search", "a.mp4", "x"],
        ["vcl", "search", "a.mp4", "x", "--device", "cpu"],
    ] {
        let args = Args::try_parse_from(words).unwrap();
        args.check().unwrap();
        assert!(matches!(args.global.device, Some(DeviceArg::Cpu)));
    }
}

#[test]
fn a_data_set_has_features_or_videos() {
    let features = |rows_per_clip| DatasetSource::Features {
        dir: "d".into(),
        rows_per_clip,
    };
    for (source, expected) in [
        (&["--features", "d"][..], features(1)),
        (&["--features", "d", "--clip-secs", "1"], features(2)),
        (&["--features", "d", "--clip-secs", "0.5"], features(4)),
        (&["--videos", "d"], DatasetSource::Videos("d".into())),
    ] {
        let words = ["vcl", "evaluate", "--data", "a.jsonl"];
        let words = words.iter().chain(source);
        let args = Args::try_parse_from(words).unwrap();
        let Some(CommandLine::Evaluate(evaluate)) = args.command else {
            panic!("another command");
        };
        assert_eq!(evaluate.data.source(), expected);
    }
}

#[test]
fn a_video_alone_is_opened() {
    let args = Args::try_parse_from(["vcl", "a.mp4", "-q", "x", "-q", "y"]).unwrap();
    args.check().unwrap();
    assert_eq!(args.videos, [PathBuf::from("a.mp4")]);
    let queries: Vec<_> = args.queries.iter().map(Query::key).collect();
    assert_eq!(queries, ["x", "y"]);
}

#[test]
fn what_a_file_manager_hands_over_is_opened() {
    let args = Args::try_parse_from(["vcl", "file:///a%20b.mp4", "c.mkv"]).unwrap();
    args.check().unwrap();
    assert_eq!(args.videos, [PathBuf::from("/a b.mp4"), "c.mkv".into()]);
}

#[test]
fn nonsense_is_refused() {
    for words in [
        &["vcl", "search", "a.mp4"][..],
        &["vcl", "search", "a.mp4", "x", "--threshold", "1.5"],
        &["vcl", "search", "a.mp4", "x", "--threshold", "nan"],
        &["vcl", "search", "a.mp4", "x", "--top", "0"],
        &["vcl", "search", "a.mp4", " "],
        &["vcl", "search", "a.mp4", "x", "--within", "5"],
        &[
            "vcl", "search", "a.mp4", "x", "--then", "y", "--within", "0",
        ],
        &["vcl", "find", "--and", "x"],
        &["vcl", "embed", "image", "-o", "x.npz"],
        &["vcl", "search", "a.mp4", "x", "--plot", "x.jpg"],
        &["vcl", "a.mp4", "-q", ""],
        &["vcl", "embed", "text", "x", "-o", "-"],
        &[
            "vcl",
            "evaluate",
            "--data",
            "a",
            "--features",
            "d",
            "--clip-secs",
            "1.5",
        ],
        &[
            "vcl",
            "evaluate",
            "--data",
            "a",
            "--videos",
            "d",
            "--clip-secs",
            "1",
        ],
        &["vcl", "index"],
        &["vcl", "embed", "text", "-o", "x.npz"],
        &["vcl", "model"],
        &["vcl", "train", "--data", "a.jsonl", "-o", "x"],
        &[
            "vcl",
            "evaluate",
            "--data",
            "a.jsonl",
            "--features",
            "f",
            "--videos",
            "v",
        ],
        &["vcl", "score", "--truth", "a.jsonl"],
    ] {
        assert!(Args::try_parse_from(words).is_err(), "{words:?}");
    }
    for words in [
        &["vcl", "-q", "x"][..],
        &["vcl", "-q", "x", "model", "list"],
        &["vcl", "embed", "text", "x", "-o", "y", "--prompt", "p"],
        &["vcl", "--prompt", "p", "index", "x"],
        &["vcl", "search", "a.mp4", "x", "y", "--and", "z"],
        &["vcl", "find", "x", "--image", "a.png", "--then", "z"],
        &["vcl", "model", "list", "--skip-near-duplicates"],
        &["vcl", "export", "a.mp4", "x", "--format", "cuts", "-o", "-"],
    ] {
        let args = Args::try_parse_from(words).unwrap();
        assert!(args.check().is_err(), "{words:?}");
    }
}

#[test]
fn every_format_of_a_file_can_be_exported_under_its_name_in_any_case() {
    let files = FORMATS.iter().copied().map(ExportFormat::File);
    let names = FORMATS.iter().map(|format| format.name);
    let names = names.chain(["cuts"]).map(str::to_uppercase);
    for (name, expected) in names.zip(files.chain([ExportFormat::Cuts])) {
        let words = ["vcl", "export", "a.mp4", "x", "-o", "b", "--format", &name];
        let Some(CommandLine::Export(export)) = Args::try_parse_from(words).unwrap().command else {
            panic!("another command");
        };
        assert_eq!(export.format, expected);
    }
}

#[test]
fn help_describes_every_argument_and_value() {
    let mut commands = vec![Args::command()];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        for argument in command.get_arguments() {
            let id = argument.get_id();
            assert!(argument.get_help().is_some(), "{} {id}", command.get_name());
            for value in argument.get_possible_values() {
                let is_told = value.get_help().is_some() || value.is_hide_set();
                let is_flag = !argument.get_action().takes_values();
                assert!(is_told || is_flag, "{id} {}", value.get_name());
            }
        }
    }
}
