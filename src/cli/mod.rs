//! The headless commands over the engine.
//!
//! Results go to stdout and nothing else does; progress goes to stderr when that is a terminal;
//! errors are one line on stderr. The exit code is 0 when everything was done, 1 when it was not,
//! 2 when the arguments make no sense.

mod args;
mod cli_engine;
mod detector;
mod edges;
mod embed;
mod evaluate;
mod export;
mod find;
mod find_export;
mod index;
mod library;
mod library_summary;
mod library_update;
mod library_watch;
mod model;
mod output;
mod package_files;
mod paper;
mod plot;
mod progress;
mod score;
mod search;
mod search_words;
mod train;
mod train_detector;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::ensure;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _};

use crate::domain::{beginning, licences, one_line};
use crate::engine::{
    Engine, EngineConfig, FrameChoice, Frames, LaunchOptions, NamedDetector, read_prompt_file,
};
use crate::find::Way;
use crate::model::quiet_gpu_panics;
use crate::store::{self, Hub, Paths, TargetError};
use crate::video::{Source, VideoError, thumbnail, try_videos_with};

use args::{Args, CommandLine, CommandsOnly, DetectorChoice, GlobalArgs};
use cli_engine::CliEngine;

/// Does what the arguments of this process say; without a command that is `open_window`.
pub fn run(open_window: impl FnOnce(LaunchOptions) -> anyhow::Result<()>) -> ExitCode {
    let args = parse();
    start_log(args.global.verbose);
    quiet_gpu_panics();
    match dispatch(args, open_window) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", one_line(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

/// Ends the process with code 2 where the arguments make no sense.
fn parse() -> Args {
    let parsed = Args::try_parse().and_then(|args| match args.check() {
        Ok(()) => Ok(args),
        Err(problem) => Err(Args::command().error(ErrorKind::ArgumentConflict, problem)),
    });
    let is_clear = parsed
        .as_ref()
        .is_ok_and(|args| args.videos.first().is_none_or(|video| video.exists()));
    if !is_clear && let Some(error) = mistyped_command() {
        error.exit();
    }
    parsed.unwrap_or_else(|error| with_short_value(error).exit())
}

/// A value of ten thousand characters would bury what is wrong with it.
fn with_short_value(mut error: clap::Error) -> clap::Error {
    const SHOWN_CHARS: usize = 60;
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg] {
        if let Some(ContextValue::String(value)) = error.get(kind) {
            let short = beginning(&one_line(value), SHOWN_CHARS);
            error.insert(kind, ContextValue::String(short));
        }
    }
    error
}

/// What `clap` says about a first word that is not a file and nearly a command.
fn mistyped_command() -> Option<clap::Error> {
    let error = CommandsOnly::try_parse().err()?;
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let is_name_of_file = word.contains(['.', '/', '\\']) || Path::new(word).exists();
    let is_nearly = error.get(ContextKind::SuggestedSubcommand).is_some();
    (is_nearly && !is_name_of_file).then_some(error)
}

fn dispatch(
    args: Args,
    open_window: impl FnOnce(LaunchOptions) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let global = &args.global;
    match args.command {
        Some(CommandLine::Search(search)) => search::run(global, &search),
        Some(CommandLine::Find(find)) => find::run(global, &find),
        Some(CommandLine::Library(library)) => library::run(global, &library),
        Some(CommandLine::Export(export)) => export::run(global, &export),
        Some(CommandLine::Index(index)) => index::run(global, &index),
        Some(CommandLine::Embed(embed)) => embed::run(global, &embed.what),
        Some(CommandLine::Train(train)) => match train.detector.detector {
            Some(kind) => train_detector::run(global, &train, kind.into()),
            None => train::run(global, &train),
        },
        Some(CommandLine::Evaluate(evaluate)) => evaluate::run(global, &evaluate),
        Some(CommandLine::Score(score)) => score::run(&score),
        Some(CommandLine::Model(model)) => model::run(global, &model.what),
        Some(CommandLine::Detector(detector)) => detector::run(&detector.what),
        Some(CommandLine::TryVideo { video }) => {
            try_video(&video);
            Ok(())
        }
        Some(CommandLine::Licences) => output::print(&licences()),
        Some(CommandLine::PackageFiles { dir }) => package_files::run(&dir),
        None => {
            try_videos_in_another_process();
            open_window(launch_options(args)?)
        }
    }
}

/// Reads as much of a video as opening it in a window does. Whether that is any good does not matter
/// here, only whether this process lives on.
fn try_video(path: &Path) {
    const HEIGHT: u32 = 36;
    let Ok(source) = Source::open(path) else {
        return;
    };
    let Ok(info) = source.info() else {
        return;
    };
    for at_secs in [0.0, info.duration_secs / 2.0] {
        if thumbnail(&source, at_secs, HEIGHT, Arc::default()).is_err() {
            return;
        }
    }
}

fn try_videos_in_another_process() {
    match std::env::current_exe() {
        Ok(program) => try_videos_with(vec![program.into(), "try-video".into(), "--".into()]),
        Err(error) => log::info!("videos are not tried first: {error}"),
    }
}

/// Without a query, a prompt that was taught on one brings it along.
fn launch_options(args: Args) -> anyhow::Result<LaunchOptions> {
    for video in &args.videos {
        ensure!(video.exists(), VideoError::Missing(video.clone()));
    }
    let mut queries: Vec<_> = args.queries.iter().map(ToString::to_string).collect();
    if let Some(path) = &args.global.prompt {
        let prompt = read_prompt_file(path)?;
        if queries.is_empty() {
            queries.extend(prompt.metadata.query);
        }
    }
    let frame_choice = args.global.frame_choice();
    Ok(LaunchOptions {
        videos: args.videos,
        queries,
        prompt: args.global.prompt,
        model: args.global.model,
        device: args.global.device.map(Into::into),
        frame_choice,
        paths: Paths::from_env()?,
        hub: Hub::from_env(),
    })
}

impl GlobalArgs {
    fn frame_choice(&self) -> FrameChoice {
        FrameChoice {
            frames: self.frames.map_or(Frames::Usual, Into::into),
            skips_near_duplicates: self.skip_near_duplicates,
            framing: self.framing.map(Into::into),
        }
    }

    fn engine_config(&self) -> anyhow::Result<EngineConfig> {
        Ok(EngineConfig {
            model: self.model.clone().unwrap_or_default(),
            device: self.device.map(Into::into).unwrap_or_default(),
            frame_choice: self.frame_choice(),
            paths: Paths::from_env()?,
        })
    }

    /// For what others must be able to repeat.
    fn open_engine_for_research(&self) -> anyhow::Result<CliEngine> {
        let config = self.engine_config()?;
        Ok(CliEngine::new(Engine::open(&EngineConfig {
            frame_choice: config.frame_choice.settled(),
            ..config
        })?))
    }

    fn open_engine(&self) -> anyhow::Result<CliEngine> {
        Ok(CliEngine::new(Engine::open(&self.engine_config()?)?))
    }

    /// Whether a result can be written to `path`, which must not be among what is read.
    fn check_target(&self, path: &Path, inputs: &[&Path]) -> Result<(), TargetError> {
        let mut inputs = inputs.to_vec();
        inputs.extend(self.prompt.as_deref());
        store::check_target(path, &inputs)
    }

    /// The prompt of `--prompt` with its name, made for this engine's model.
    fn taught_way(&self, engine: &CliEngine) -> anyhow::Result<Option<(String, Way)>> {
        let Some(path) = &self.prompt else {
            return Ok(None);
        };
        let (name, prompt) = engine.get().prompt_file(path)?;
        Ok(Some((name, prompt.into())))
    }

    /// The detector that a command was told of, made for this engine's model.
    fn detector(
        &self,
        engine: &CliEngine,
        choice: &DetectorChoice,
    ) -> anyhow::Result<Option<NamedDetector>> {
        let Some(name) = &choice.detector else {
            return Ok(None);
        };
        let folder = detector::folder()?;
        Ok(Some(engine.get().detector(&folder, name)?))
    }

    /// By the prompt of `--prompt`, or by the plain words.
    fn way(&self, engine: &CliEngine) -> anyhow::Result<Way> {
        let taught = self.taught_way(engine)?;
        Ok(taught.map(|(_, way)| way).unwrap_or_default())
    }
}

/// Without `-v` only warnings of this program are shown; with it more, also from its libraries.
fn start_log(verbose: u8) {
    use log::LevelFilter::{Debug, Error, Info, Trace, Warn};
    let (ours, others) = match verbose {
        0 => (Warn, Error),
        1 => (Info, Warn),
        2 => (Debug, Info),
        _ => (Trace, Debug),
    };
    let started = env_logger::Builder::new()
        .filter_level(others)
        .filter_module("vcl", ours)
        .format(|out, record| {
            use std::io::Write as _;
            let level = match record.level() {
                log::Level::Warn => "warning".to_owned(),
                level => level.to_string().to_lowercase(),
            };
            writeln!(out, "{level}: {}", one_line(&record.args().to_string()))
        })
        .try_init();
    // This fails only if a logger is set already, and then there is a log.
    drop(started);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_not_printed_back_whole() {
        let long = "카 ".repeat(5000);
        for words in [
            &["vcl", "search", "a.mp4", &long][..],
            &["vcl", "a.mp4", "-q", &long],
            &["vcl", "search", "a.mp4", "x", "--format", &long],
        ] {
            let error = Args::try_parse_from(words).unwrap_err();
            let text = with_short_value(error).to_string();
            assert!(text.chars().count() < 700, "{text}");
            assert!(text.contains("카 카"), "{text}");
        }
    }
}
