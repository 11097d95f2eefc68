//! What a typed path could become: names in its folder, read on a thread.

use std::ffi::OsString;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::app::wish::Wish;
use crate::domain::{path_of_text, path_text};
use crate::engine::is_picture_name;
use crate::video::is_video_name;
use crate::worker::{Background, Report};

/// As many as fit below the field.
const MAX_SHOWN: usize = 6;

/// Nobody looks through more; a folder may have millions.
const MAX_READ: usize = 5000;

/// The names in the folder of what is typed.
#[derive(Default)]
pub struct Completion {
    folder: PathBuf,
    reading: Option<Background<Vec<Name>>>,
    names: Vec<Name>,
}

/// One of a folder.
#[derive(Clone, Debug)]
struct Name {
    name: OsString,
    is_folder: bool,
}

impl std::fmt::Debug for Completion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Completion")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The folder of a typed path, and the beginning of a name behind it.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.rfind(std::path::is_separator)?;
    Some(text.split_at(at + 1))
}

impl Completion {
    /// Looks into the folder of `text`, if it is another than before.
    pub fn follow(&mut self, ctx: &egui::Context, wish: &Wish, text: &str, path: &Path) {
        let folder = match split(text) {
            Some((_, "")) => Some(path),
            Some(_) => path.parent(),
            None => None,
        };
        let Some(folder) = folder else { return };
        if folder != self.folder {
            folder.clone_into(&mut self.folder);
            self.names.clear();
            let (folder, wish, ctx) = (folder.to_owned(), wish.clone(), ctx.clone());
            let wake = move || ctx.request_repaint();
            let reading = Background::start("completion", wake, move |reporter| {
                reporter.say(names_in(&folder, &wish));
            });
            // Without a thread there are no proposals.
            self.reading = reading.ok();
        }
        let reports = self.reading.as_ref().map(Background::reports);
        if let Some(Report::Said(names)) = reports.and_then(|mut reports| reports.pop()) {
            self.names = names;
            self.reading = None;
        }
    }

    /// Whole paths that begin as `text` does, as they would stand in the field.
    pub fn proposals(&self, text: &str) -> Vec<String> {
        let Some((folder, beginning)) = split(text) else {
            return Vec::new();
        };
        let lower = beginning.to_lowercase();
        let is_meant = |name: &&Name| {
            let name = name.name.to_string_lossy();
            let is_hidden = name.starts_with('.') && !beginning.starts_with('.');
            !is_hidden && name.to_lowercase().starts_with(&lower) && *name != *beginning
        };
        let names = self.names.iter().filter(is_meant).take(MAX_SHOWN);
        names.map(|name| self.whole(folder, name)).collect()
    }

    /// A path that is not text stands in the field as an address.
    fn whole(&self, folder: &str, name: &Name) -> String {
        let is_address = path_of_text(folder) != Path::new(folder);
        let path = match name.name.to_str() {
            Some(name) if !is_address => format!("{folder}{name}"),
            _ => path_text(&self.folder.join(&name.name)),
        };
        match name.is_folder {
            true => format!("{path}{MAIN_SEPARATOR}"),
            false => path,
        }
    }
}

fn names_in(folder: &Path, wish: &Wish) -> Vec<Name> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .take(MAX_READ)
        .filter_map(|entry| {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                let is_folder = true;
                return Some(Name { name, is_folder });
            }
            let is_meant = match wish {
                Wish::Video => is_video_name(&path),
                Wish::Picture => is_picture_name(&path),
                Wish::ImportPrompt => path.extension().is_some_and(|it| it == "safetensors"),
                Wish::Detector => path
                    .extension()
                    .is_some_and(|it| it == "ckpt" || it == "pth" || it == "safetensors"),
                Wish::CutInto | Wish::Model | Wish::LibraryFolder => false,
                Wish::ExportTo(_) | Wish::JoinInto | Wish::ExportPrompt(_) | Wish::ExportLabels => {
                    true
                }
            };
            let is_folder = false;
            is_meant.then_some(Name { name, is_folder })
        })
        .collect();
    names.sort_by_key(|name| name.name.to_string_lossy().to_lowercase());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_proposed() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["Film.mp4", "fireworks.mkv", "notes.txt", ".hidden.mp4"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        std::fs::create_dir(dir.path().join("first year")).unwrap();
        let mut completion = Completion {
            names: names_in(dir.path(), &Wish::Video),
            ..Completion::default()
        };
        let last_parts = |completion: &Completion, typed: &str| -> Vec<String> {
            let text = format!("{}/{typed}", dir.path().display());
            let proposals = completion.proposals(&text).into_iter();
            let prefix = format!("{}/", dir.path().display());
            proposals
                .map(|path| path.strip_prefix(&prefix).unwrap().to_owned())
                .collect()
        };
        assert_eq!(
            last_parts(&completion, "fi"),
            ["Film.mp4", "fireworks.mkv", "first year/"]
        );
        assert_eq!(last_parts(&completion, ".h"), [".hidden.mp4"]);
        assert!(last_parts(&completion, "notes").is_empty());
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt as _;
            let name = std::ffi::OsStr::from_bytes(b"caf\xe9.mp4");
            std::fs::write(dir.path().join(name), "").unwrap();
            dir.path().clone_into(&mut completion.folder);
            completion.names = names_in(dir.path(), &Wish::Video);
            let text = format!("{}/ca", dir.path().display());
            let proposals = completion.proposals(&text);
            assert_eq!(proposals.len(), 1);
            assert_eq!(path_of_text(&proposals[0]), dir.path().join(name));
        }
        completion.names = names_in(dir.path(), &Wish::Model);
        assert_eq!(last_parts(&completion, ""), ["first year/"]);
        assert!(completion.proposals("no folder").is_empty());
    }
}
