//! The sound inputs: what lies in the repository, and what the program makes of it once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use vcl::domain::{Annotation, from_jsonl};
use vcl::engine::{
    Dataset, DatasetError, DatasetSource, Engine, EngineConfig, FrameChoice, TuneJob,
};
use vcl::learn::{Phase, TrainerConfig};
use vcl::model::DeviceChoice;
use vcl::store::Paths;

pub struct Stock {
    /// Where the program is.
    pub vcl: PathBuf,
    /// Where the sound inputs are; nothing changes them.
    pub dir: PathBuf,
    /// Every video, with its file name.
    pub videos: Vec<(String, Vec<u8>)>,
    /// A video that is sound.
    pub video: PathBuf,
    pub model: PathBuf,
    /// A folder with features of the videos that `labels` are about.
    pub features: PathBuf,
    pub labels: PathBuf,
    pub predictions: PathBuf,
    pub prompt: PathBuf,
    pub checkpoint: Vec<u8>,
    /// A cache that knows `video`.
    pub cache: PathBuf,
    /// What a search of `video` prints.
    pub answer: String,
    /// Weights of PyTorch for the model, and the same weights in two files.
    pub pickled: Vec<u8>,
    pub halves: [Vec<u8>; 2],
}

pub const QUERY: &str = "a red circle";

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

impl Stock {
    pub fn make(vcl: &Path, dir: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(dir)?;
        let model = fixtures().join("clip-tiny");
        let mut videos = Vec::new();
        for folder in ["videos", "torture"] {
            for entry in fs::read_dir(fixtures().join(folder))? {
                let path = entry?.path();
                let name = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                if !["sh", "py", "json"]
                    .iter()
                    .any(|other| name.ends_with(other))
                {
                    videos.push((name, fs::read(path)?));
                }
            }
        }
        videos.sort();
        let labels = dir.join("labels.jsonl");
        let video = fixtures().join("videos/plain.mp4");
        let weights = fs::read(model.join("model.safetensors"))?;
        let mut stock = Self {
            vcl: vcl.to_owned(),
            videos,
            video,
            features: dir.join("features"),
            predictions: dir.join("predictions.jsonl"),
            prompt: dir.join("prompt.safetensors"),
            checkpoint: Vec::new(),
            cache: dir.join("places/cache"),
            answer: String::new(),
            pickled: fs::read(fixtures().join("clip-tiny-bin/pytorch_model.bin"))?,
            halves: halves(&weights)?,
            dir: dir.to_owned(),
            model,
            labels,
        };
        stock.fill()?;
        Ok(stock)
    }

    /// The program with all its folders below `places`.
    pub fn command(&self, places: &Path) -> Command {
        let paths = Paths::below(places);
        let mut command = Command::new(&self.vcl);
        command
            .env("VCL_CACHE_DIR", paths.cache_dir)
            .env("VCL_DATA_DIR", paths.data_dir)
            .env("VCL_MODEL_DIR", paths.model_dir)
            .env("HF_HUB_CACHE", paths.hub_dir)
            .args(["--device", "cpu"]);
        command
    }

    fn fill(&mut self) -> anyhow::Result<()> {
        fs::create_dir_all(&self.features)?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        self.write_labels()?;
        for vid in ["a", "b", "c"] {
            let file = self.features.join(format!("{vid}.npz"));
            self.make_one(&["embed", "video", &text(&self.video), "-o", &text(&file)])?;
        }
        let (labels, features) = (text(&self.labels), text(&self.features));
        let data = ["--data", &labels, "--features", &features];
        let prompt = text(&self.prompt);
        self.make_one(&[&["train"], &data[..], &["--steps", "2", "-o", &prompt]].concat())?;
        let predictions = text(&self.predictions);
        self.make_one(&[&["evaluate"], &data[..], &["--predictions", &predictions]].concat())?;
        self.answer = self.make_one(&["search", &text(&self.video), QUERY, "--format", "json"])?;
        self.checkpoint = self.checkpoint()?;
        Ok(())
    }

    /// Twelve queries on three videos of nine seconds.
    fn write_labels(&self) -> anyhow::Result<()> {
        let mut lines = String::new();
        for qid in 0..12 {
            let (clip, vid) = (qid % 4, ["a", "b", "c"][qid % 3]);
            let line = serde_json::json!({
                "qid": qid, "query": format!("a thing of kind {}", qid / 2), "duration": 9.2, "vid": vid,
                "relevant_windows": [[2 * clip, 2 * clip + 2]], "relevant_clip_ids": [clip],
                "saliency_scores": [[4, 3, qid % 5]],
            });
            lines += &format!("{line}\n");
        }
        Ok(fs::write(&self.labels, lines)?)
    }

    fn make_one(&self, args: &[&str]) -> anyhow::Result<String> {
        let mut command = self.command(&self.dir.join("places"));
        let output = command.arg("--model").arg(&self.model).args(args).output();
        let output = output.with_context(|| format!("{} cannot be run", self.vcl.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "vcl {args:?} failed: {said}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// A training in its second step.
    fn checkpoint(&self) -> anyhow::Result<Vec<u8>> {
        let mut engine = Engine::open(&EngineConfig {
            model: self.model.to_string_lossy().parse()?,
            device: DeviceChoice::Cpu,
            frame_choice: FrameChoice::default(),
            paths: Paths::below(&self.dir.join("places")),
        })?;
        let reader = std::io::BufReader::new(fs::File::open(&self.labels)?);
        let annotations: Vec<Annotation> = from_jsonl(reader, Annotation::check)?;
        let source = DatasetSource::Features {
            dir: self.features.clone(),
            rows_per_clip: 1,
        };
        let data = Dataset::load(&mut engine, annotations, &source, |_, path| {
            // Features take the place of videos.
            let (vid, dir) = (String::new(), path.to_owned());
            Err(DatasetError::NoVideo {
                vid,
                dir,
                n_videos: 0,
                n_others: 0,
            }
            .into())
        })?;
        let config = TrainerConfig {
            n_steps: Some(CHECKPOINT_STEPS),
            ..TrainerConfig::default()
        };
        let mut job = TuneJob::start(&engine, data.training_set(), config)?;
        let mut n_steps = 0;
        while n_steps < 2 {
            let progress = job.step(&mut engine)?;
            ensure!(progress.phase != Phase::Done, "the training is too short");
            n_steps += usize::from(progress.phase == Phase::Context);
        }
        Ok(job.checkpoint(&engine)?)
    }
}

/// How long the training is that the checkpoint belongs to.
pub const CHECKPOINT_STEPS: usize = 12;

/// The same tensors in two files.
fn halves(weights: &[u8]) -> anyhow::Result<[Vec<u8>; 2]> {
    let tensors = safetensors::SafeTensors::deserialize(weights)?;
    let mut all = tensors.tensors();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let second = all.split_off(all.len() / 2);
    Ok([
        safetensors::serialize(all, None)?,
        safetensors::serialize(second, None)?,
    ])
}
