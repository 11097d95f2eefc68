//! The folders that a program writes in, and what was in them before.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use vcl::store::Paths;

use super::writer;

/// What killed programs leave is removed when it is older than an hour.
const LONG_AGO: Duration = Duration::from_hours(2);

/// What stands in files that are not written yet.
pub const OLD: &[u8] = b"what was here before\n";

pub struct Place {
    dir: TempDir,
    vcl: PathBuf,
    writer: Vec<OsString>,
}

impl Place {
    /// A film that is indexed, a library of one film, labels, features, and old files wherever new ones will
    /// be.
    pub fn make(vcl: &Path, writer: &[OsString]) -> anyhow::Result<Self> {
        let place = Self {
            dir: tempfile::tempdir()?,
            vcl: vcl.to_path_buf(),
            writer: writer.to_vec(),
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["films", "more", "alone", "features", "out/cuts"] {
            fs::create_dir_all(place.path(folder))?;
        }
        let videos = root.join("tests/fixtures/videos");
        fs::copy(videos.join("plain.mp4"), place.path("films/film.mp4"))?;
        fs::copy(videos.join("open_gop.mp4"), place.path("more/new.mp4"))?;
        fs::copy(videos.join("vp9.webm"), place.path("alone/film.webm"))?;
        let demo = place.path("demo.mp4");
        fs::copy(root.join("assets/demo.mp4"), &demo)?;
        place.run(
            place
                .vcl()
                .args(["library", "add"])
                .arg(place.path("films")),
        )?;
        let mut embed = place.vcl();
        embed
            .args(["embed", "video"])
            .arg(place.path("films/film.mp4"));
        place.run(embed.arg("-o").arg(place.path("features/film.npz")))?;
        // What answers later is known now, so that cutting is most of what an export does.
        place.run(place.vcl().arg("search").arg(&demo).arg("a red circle"))?;
        fs::write(
            place.path("labels.jsonl"),
            "{\"qid\":1,\"query\":\"a red circle\",\"duration\":9.2,\"vid\":\"film\",\
             \"relevant_windows\":[[2,6]],\"relevant_clip_ids\":[1,2],\
             \"saliency_scores\":[[4,4,4],[3,3,3]]}\n",
        )?;
        for file in [
            "prompt.safetensors",
            "moments.edl",
            "features.npz",
            "predictions.jsonl",
        ] {
            fs::write(place.path("out").join(file), OLD)?;
        }
        for what in [writer::LABELS, writer::SETTINGS] {
            place.run(&mut place.writer(what, true))?;
        }
        copy_all(&place.path(""), &place.template())?;
        Ok(place)
    }

    /// Something in the folder of this round.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("work").join(name)
    }

    fn template(&self) -> PathBuf {
        self.dir.path().join("before")
    }

    pub fn paths(&self) -> Paths {
        Paths::below(&self.path(""))
    }

    /// The program with folders of its own.
    pub fn vcl(&self) -> Command {
        let paths = self.paths();
        let mut command = Command::new(&self.vcl);
        command
            .env("VCL_CACHE_DIR", paths.cache_dir)
            .env("VCL_DATA_DIR", paths.data_dir)
            .env("VCL_MODEL_DIR", paths.model_dir)
            .env("HF_HUB_CACHE", paths.hub_dir)
            .args(["--device", "cpu"]);
        command
    }

    /// This program as a writer, once or for ever.
    pub fn writer(&self, what: &str, is_once: bool) -> Command {
        let mut command = Command::new(&self.writer[0]);
        command
            .args(&self.writer[1..])
            .env(writer::WHAT, what)
            .env(writer::ROOT, self.path(""));
        if is_once {
            command.env(writer::ONCE, "1");
        }
        command
    }

    /// Everything is again as before.
    pub fn reset(&self) -> anyhow::Result<()> {
        fs::remove_dir_all(self.path(""))?;
        copy_all(&self.template(), &self.path(""))
    }

    pub fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    }

    /// Runs to the end, which must be a good one; nothing may be said about anything damaged.
    pub fn run(&self, command: &mut Command) -> anyhow::Result<String> {
        let output = command.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {said}", output.status);
        ensure!(!said.contains("damaged"), "{said}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Every file, by its path in the folder of the round.
    pub fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let root = self.path("");
        let mut files = Vec::new();
        for entry in walkdir::WalkDir::new(&root) {
            // Another process may delete at the same time.
            let Ok(entry) = entry else { continue };
            if entry.file_type().is_file() {
                files.push(entry.path().strip_prefix(&root)?.to_path_buf());
            }
        }
        files.sort();
        Ok(files)
    }

    pub fn unfinished(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = self.files()?;
        files.retain(|file| is_unfinished(file));
        Ok(files)
    }

    /// Whether a file in the folder of the round is what it was before.
    pub fn is_as_before(&self, file: &Path) -> anyhow::Result<bool> {
        let before = self.template().join(file.strip_prefix(self.path(""))?);
        Ok(fs::read(before)? == fs::read(file)?)
    }

    pub fn was_there(&self, file: &Path) -> bool {
        self.template().join(file).exists()
    }

    /// As if the kill had been long ago.
    pub fn age_unfinished(&self) -> anyhow::Result<()> {
        for file in self.unfinished()? {
            let file = File::options().write(true).open(self.path("").join(file))?;
            file.set_modified(SystemTime::now() - LONG_AGO)?;
        }
        Ok(())
    }
}

/// Whether a file belongs to a database that is in use, or was when its program was killed, or says who
/// works on it: the next who does removes those of the dead.
pub fn is_of_database(file: &Path) -> bool {
    if file.parent().is_some_and(|dir| dir.ends_with("workers")) {
        return true;
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    ["-wal", "-shm", "-journal"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Whether a file is called so that everybody knows it is not finished.
pub fn is_unfinished(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(".vcl-unfinished-")
}

fn copy_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).with_context(|| target.display().to_string())?;
        } else {
            fs::copy(entry.path(), &target)?;
            // The catalogue knows films by their time too.
            let modified = entry.metadata()?.modified()?;
            File::options()
                .write(true)
                .open(&target)?
                .set_modified(modified)?;
        }
    }
    Ok(())
}
