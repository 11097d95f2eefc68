//! `vcl model`: which models there are, what they are made of, and how to get more.

use std::fmt::Write as _;
use std::time::Duration;

use crate::cli::args::{GlobalArgs, ModelCommand};
use crate::cli::{output, progress};
use crate::domain::{CLIP_SECS, format_duration};
use crate::engine::{Engine, KNOWN_MODELS, KnownModel, ModelChoice};
use crate::model::prompt_learner::PromptLearnerConfig;
use crate::model::{BUNDLED, ModelInfo};
use crate::store::{Hub, HubCache, ModelDownload, Paths, Speed, Speeds};

pub fn run(global: &GlobalArgs, command: &ModelCommand) -> anyhow::Result<()> {
    match command {
        ModelCommand::List => list(),
        ModelCommand::Info { name } => info(global, name.as_ref()),
        ModelCommand::Measure { name } => measure(global, name.as_ref()),
        ModelCommand::Download { name, revision } => download(name, revision.as_deref()),
    }
}

/// How long a measurement takes.
const MEASURED_FOR: Duration = Duration::from_secs(10);

fn list() -> anyhow::Result<()> {
    let paths = Paths::from_env()?;
    let speeds = Speeds::new(&paths.cache_dir).all();
    let mut out = String::new();
    let installed = ModelChoice::installed(&paths);
    let mut line = |name: &str, place: &str| {
        let _ = writeln!(out, "{name:<52} {place}");
        for detail in details(name, speeds.get(name)) {
            let _ = writeln!(out, "  {detail}");
        }
    };
    for model in &installed {
        match &model.dir {
            Some(dir) => line(&model.name, &dir.display().to_string()),
            None => line(&model.name, "(in the program)"),
        }
    }
    for known in KNOWN_MODELS {
        if installed.iter().all(|model| model.name != known.name) {
            line(
                known.name,
                &format!("not here; {}", megabytes(known.n_bytes)),
            );
        }
    }
    let _ = writeln!(
        out,
        "\nGet one with `vcl model download NAME`; `vcl model measure NAME` tells how fast it is here.\n\
         A model directory below {} is listed here,\n\
         and so are models from other programs in {}.",
        paths.model_dir.display(),
        paths.hub_dir.display()
    );
    output::print(&out)
}

/// What a person chooses a model by.
fn details(name: &str, speed: Option<&Speed>) -> Vec<String> {
    let about = match KnownModel::of(name) {
        Some(known) => vec![
            format!("{}: {}; {}", known.title, known.about, known.languages),
            format!(
                "{} of memory; {}",
                megabytes(known.memory_bytes),
                known.licence
            ),
        ],
        None if name == BUNDLED => {
            vec!["knows drawn scenes only, to try things out; English".to_owned()]
        }
        None => Vec::new(),
    };
    let speed = speed.map(|speed| {
        let Speed {
            frames_per_sec,
            device,
        } = speed;
        format!("{frames_per_sec:.1} frames per second on {device}")
    });
    about.into_iter().chain(speed).collect()
}

fn megabytes(n_bytes: u64) -> String {
    format!("{} MB", n_bytes / 1_000_000)
}

/// The model that is named, or that of `--model`.
fn open(global: &GlobalArgs, name: Option<&ModelChoice>) -> anyhow::Result<(Engine, String)> {
    let mut config = global.engine_config()?;
    if let Some(name) = name {
        config.model = name.clone();
    }
    let name = config.model.to_string();
    Ok((Engine::open(&config)?, name))
}

fn measure(global: &GlobalArgs, name: Option<&ModelChoice>) -> anyhow::Result<()> {
    let (mut engine, name) = open(global, name)?;
    let frames_per_sec = progress::measure_with_bar(&mut engine, &name, MEASURED_FOR)?;
    let device = engine.encoder().device().to_string();
    let hour_secs = 3600.0 / CLIP_SECS / frames_per_sec;
    let hour = format_duration(hour_secs);
    let text = format!(
        "{name}: {frames_per_sec:.1} frames per second on {device}: {hour} for an hour of video\n"
    );
    let speed = Speed {
        frames_per_sec,
        device,
    };
    // A list without the number is no reason to fail.
    if let Err(error) = Speeds::new(&Paths::from_env()?.cache_dir).keep(&name, speed) {
        log::warn!("the measurement is not kept: {error}");
    }
    output::print(&text)
}

fn download(name: &str, revision: Option<&str>) -> anyhow::Result<()> {
    if name == BUNDLED {
        return output::print("The bundled model is in the program.\n");
    }
    let repo = name.parse()?;
    let cache = HubCache::new(&Paths::from_env()?.hub_dir);
    let also = KnownModel::of(name).and_then(|known| known.describes?.parse().ok());
    let download = ModelDownload::new(Hub::from_env(), cache, repo, revision).and(also);
    let dir = progress::download_with_bar(download, name)?;
    output::print(&format!(
        "{name} is in {}: use it with --model {name}\n",
        dir.display()
    ))
}

fn info(global: &GlobalArgs, name: Option<&ModelChoice>) -> anyhow::Result<()> {
    let (engine, _) = open(global, name)?;
    output::print(&describe(&engine.encoder().info()))
}

fn describe(info: &ModelInfo) -> String {
    let (image, text) = (&info.image, &info.text);
    let rows = [
        ("name", info.name.clone()),
        ("hash", info.hash.clone()),
        ("image_hash", info.image_hash.clone()),
        ("embedding_dim", info.embedding_dim.to_string()),
        ("image_size", image.image_size.to_string()),
        ("patch_size", image.patch_size.to_string()),
        ("vision_width", image.vision_width.to_string()),
        ("vision_layers", image.vision_layers.to_string()),
        ("vision_heads", image.vision_heads.to_string()),
        ("text_width", text.text_width.to_string()),
        ("text_layers", text.text_layers.to_string()),
        ("text_heads", text.text_heads.to_string()),
        ("text_positions", text.text_positions.to_string()),
        ("vocabulary", text.vocabulary.to_string()),
        ("parameters", info.parameters.to_string()),
        (
            "trainable_parameters",
            PromptLearnerConfig::usual(text.text_width)
                .n_parameters()
                .to_string(),
        ),
        ("logit_scale", format!("{:.2}", info.calibration.scale)),
    ];
    let bias = info
        .calibration
        .bias
        .map(|bias| ("logit_bias", format!("{bias:.2}")));
    let device = ("device", info.device.clone());
    let mut out = String::new();
    for (name, value) in rows.into_iter().chain(bias).chain([device]) {
        let _ = writeln!(out, "{name:<22}{value}");
    }
    out
}
