//! `vcl model`: which models there are and what they are made of.

use std::fmt::Write as _;

use crate::cli::args::{GlobalArgs, ModelCommand};
use crate::cli::output;
use crate::engine::{Engine, ModelChoice};
use crate::model::ModelInfo;
use crate::model::moment_head::{HeadKind, MomentHeadConfig};
use crate::model::prompt_learner::DEFAULT_N_CTX;
use crate::store::Paths;

pub fn run(global: &GlobalArgs, command: &ModelCommand) -> anyhow::Result<()> {
    match command {
        ModelCommand::List => list(),
        ModelCommand::Info { name } => info(global, name.as_ref()),
    }
}

fn list() -> anyhow::Result<()> {
    let paths = Paths::from_env()?;
    let mut out = String::new();
    for model in ModelChoice::installed(&paths) {
        let place = match &model.dir {
            Some(dir) => dir.display().to_string(),
            None => "(in the program)".to_owned(),
        };
        let _ = writeln!(out, "{:<32} {place}", model.name);
    }
    let _ = writeln!(
        out,
        "\nA directory in Hugging Face CLIP layout below {} is listed here.",
        paths.model_dir.display()
    );
    output::print(&out)
}

fn info(global: &GlobalArgs, name: Option<&ModelChoice>) -> anyhow::Result<()> {
    let mut config = global.engine_config()?;
    if let Some(name) = name {
        config.model = name.clone();
    }
    let info = Engine::open(&config)?.encoder().info()?;
    output::print(&describe(&info))
}

fn describe(info: &ModelInfo) -> String {
    let rows = [
        ("name", info.name.clone()),
        ("hash", info.hash.clone()),
        ("embedding_dim", info.embedding_dim.to_string()),
        ("image_size", info.image_size.to_string()),
        ("patch_size", info.patch_size.to_string()),
        ("vision_width", info.vision_width.to_string()),
        ("vision_layers", info.vision_layers.to_string()),
        ("vision_heads", info.vision_heads.to_string()),
        ("text_width", info.text_width.to_string()),
        ("text_layers", info.text_layers.to_string()),
        ("text_heads", info.text_heads.to_string()),
        ("text_positions", info.text_positions.to_string()),
        ("vocabulary", info.vocabulary.to_string()),
        ("parameters", info.parameters.to_string()),
        (
            "trainable_parameters",
            n_trainable(info.text_width).to_string(),
        ),
        ("logit_scale", format!("{:.2}", info.logit_scale)),
        ("device", info.device.clone()),
    ];
    let mut out = String::new();
    for (name, value) in rows {
        let _ = writeln!(out, "{name:<22}{value}");
    }
    out
}

/// What a prompt of the usual size teaches: context vectors, scale and bias, the moment head.
fn n_trainable(text_width: usize) -> usize {
    let MomentHeadConfig { k, h } = HeadKind::Window.config();
    DEFAULT_N_CTX * text_width + 2 + (k * h + h + h + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vit_b_32_has_2141_trainable_parameters() {
        assert_eq!(n_trainable(512), 2141);
    }
}
