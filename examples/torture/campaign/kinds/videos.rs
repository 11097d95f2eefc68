//! Videos, with every command that reads them.

use std::ffi::OsString;
use std::path::Path;

use rand::RngExt as _;

use super::put;
use crate::campaign::case::{Case, Wants};
use crate::campaign::damage::{Rng, containers, n_damages};
use crate::campaign::stock::{QUERY, Stock};

pub fn video(stock: &Stock, dir: &Path, rng: &mut Rng) -> anyhow::Result<Case> {
    let any = |rng: &mut Rng| &stock.videos[rng.random_range(0..stock.videos.len())];
    let (name, sound) = any(rng);
    let mut bytes = sound.clone();
    let mut told = vec![format!("of {name}")];
    if rng.random_bool(0.03) {
        told.push(containers::splice(&mut bytes, &any(rng).1, rng));
    }
    told.extend((0..n_damages(rng)).map(|_| containers::damage(&mut bytes, rng)));
    let video = put(dir, name, &bytes)?;
    let mut args: Vec<OsString> = vec!["--model".into(), stock.model.clone().into()];
    let formats = ["json", "csv", "srt", "edl", "fcpxml", "otio"];
    let wants = match rng.random_range(0..20) {
        0..10 => {
            args.extend(["search".into(), video.into(), QUERY.into()]);
            args.extend(["--format".into(), "json".into()]);
            Wants::Json
        }
        10 => {
            args.extend(["search".into(), video.into(), QUERY.into()]);
            args.push("--skip-near-duplicates".into());
            Wants::Text
        }
        11 | 12 => {
            args.extend(["index".into(), video.into()]);
            Wants::Text
        }
        13 => {
            let file = dir.join("features.npz");
            args.extend(["embed".into(), "video".into(), video.into()]);
            args.extend(["-o".into(), file.clone().into()]);
            Wants::Written(file)
        }
        14..16 => {
            let format = formats[rng.random_range(0..formats.len())];
            let file = dir.join(format!("moments.{format}"));
            args.extend(["export".into(), video.into(), QUERY.into()]);
            args.extend([
                "--format".into(),
                format.into(),
                "-o".into(),
                file.clone().into(),
            ]);
            Wants::Written(file)
        }
        _ => {
            let cuts = dir.join("cuts");
            args.extend(["export".into(), video.into(), QUERY.into()]);
            args.extend([
                "--format".into(),
                "cuts".into(),
                "-o".into(),
                cuts.clone().into(),
            ]);
            Wants::Written(cuts)
        }
    };
    Ok(Case::vcl(args, told, wants))
}
