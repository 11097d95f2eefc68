//! The cache that all Hugging Face programs share: a model that one of them fetched is there for all.
//!
//! ```text
//! models--OWNER--NAME/
//!   blobs/ETAG                 the bytes, under the name that the server gives them; ETAG.incomplete while they arrive
//!   snapshots/COMMIT/FILE      links into blobs
//!   refs/REVISION              the commit that a branch or a proposed change meant when it was fetched
//! ```

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::store::atomic;

/// `owner/name` of a model on the hub.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoId {
    owner: String,
    name: String,
}

/// The hub cannot have a model of this name, so it does not name a directory of the cache either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a model on the hub is called owner/name, like openai/clip-vit-base-patch32")]
pub struct RepoIdError;

impl FromStr for RepoId {
    type Err = RepoIdError;

    fn from_str(text: &str) -> Result<Self, RepoIdError> {
        let is_part = |part: &str| {
            let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
            part.len() <= 96
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
                && !part.contains("--")
                && !part.contains("..")
                && is_end(part.chars().next())
                && is_end(part.chars().last())
        };
        match text.split_once('/') {
            Some((owner, name)) if is_part(owner) && is_part(name) => Ok(Self {
                owner: owner.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(RepoIdError),
        }
    }
}

impl fmt::Display for RepoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl RepoId {
    /// The revision that has the model in the form that loads fastest.
    pub fn default_revision(&self) -> &'static str {
        match (self.owner.as_str(), self.name.as_str()) {
            // Its main branch has the weights as pickle only; the proposed change 15 adds safetensors.
            ("openai", "clip-vit-base-patch32") => "refs/pr/15",
            _ => "main",
        }
    }

    fn dir_name(&self) -> String {
        format!("models--{}--{}", self.owner, self.name)
    }
}

/// The cache directory; it need not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubCache {
    dir: PathBuf,
}

impl HubCache {
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// All models that have at least a folder here, by name.
    pub fn repos(&self) -> Vec<RepoId> {
        let mut repos: Vec<RepoId> = file_names(&self.dir)
            .iter()
            .filter_map(|dir| {
                let (owner, name) = dir.strip_prefix("models--")?.split_once("--")?;
                format!("{owner}/{name}").parse().ok()
            })
            .collect();
        repos.sort();
        repos
    }

    /// The snapshots of a model, best first: what its usual revision means, then `main`, then the
    /// others. A snapshot may lack files.
    pub fn snapshots(&self, repo: &RepoId) -> Vec<PathBuf> {
        let dir = self.snapshots_dir(repo);
        let mut commits: Vec<String> = [repo.default_revision(), "main"]
            .into_iter()
            .filter_map(|revision| self.commit(repo, revision))
            .collect();
        let mut others = file_names(&dir);
        others.sort();
        for commit in others {
            if !commits.contains(&commit) {
                commits.push(commit);
            }
        }
        let dirs = commits.into_iter().map(|commit| dir.join(commit));
        dirs.filter(|dir| dir.is_dir()).collect()
    }

    fn commit(&self, repo: &RepoId, revision: &str) -> Option<String> {
        let text = fs::read_to_string(self.ref_file(repo, revision)).ok()?;
        let commit = text.trim();
        is_commit(commit).then(|| commit.to_owned())
    }

    fn repo_dir(&self, repo: &RepoId) -> PathBuf {
        self.dir.join(repo.dir_name())
    }

    fn snapshots_dir(&self, repo: &RepoId) -> PathBuf {
        self.repo_dir(repo).join("snapshots")
    }

    fn ref_file(&self, repo: &RepoId, revision: &str) -> PathBuf {
        self.repo_dir(repo).join("refs").join(revision)
    }

    /// Where the bytes called `etag` lie.
    pub(super) fn blob(&self, repo: &RepoId, etag: &str) -> PathBuf {
        self.repo_dir(repo).join("blobs").join(etag)
    }

    /// Makes a snapshot of the blobs, `(file, etag)` each, and lets `revision` point to it.
    pub(super) fn link(
        &self,
        repo: &RepoId,
        revision: &str,
        commit: &str,
        files: &[(&str, &str)],
    ) -> io::Result<PathBuf> {
        let snapshot = self.snapshots_dir(repo).join(commit);
        fs::create_dir_all(&snapshot)?;
        for (file, etag) in files {
            let link = snapshot.join(file);
            let depth = file.matches('/').count();
            if let Some(folder) = link.parent() {
                fs::create_dir_all(folder)?;
            }
            let target = Path::new(&"../".repeat(2 + depth)).join("blobs").join(etag);
            if fs::read_link(&link).is_ok_and(|old| old == target) {
                continue;
            }
            match fs::remove_file(&link) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            link_file(&target, &self.blob(repo, etag), &link)?;
        }
        atomic::write(&self.ref_file(repo, revision), commit.as_bytes())?;
        Ok(snapshot)
    }
}

#[cfg(unix)]
fn link_file(target: &Path, _: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn link_file(_: &Path, blob: &Path, link: &Path) -> io::Result<()> {
    fs::hard_link(blob, link).or_else(|_| fs::copy(blob, link).map(drop))
}

/// Whether this is what git calls a commit, and so a safe name for a directory.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn file_names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_the_hub_gives_out_are_names() {
        for name in [
            "openai/clip-vit-base-patch32",
            "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
            "a_b/c.d",
        ] {
            assert_eq!(name.parse::<RepoId>().unwrap().to_string(), name);
        }
        for name in [
            "", "bundled", "/x", "x/", "../x", "x/..", "a/b/c", "a--b/c", "a/.b", "a/b c", "a/b?",
            "./a", "-a/b",
        ] {
            assert!(name.parse::<RepoId>().is_err(), "{name}");
        }
    }

    #[test]
    fn what_another_program_fetched_is_found() {
        let root = tempfile::tempdir().unwrap();
        let cache = HubCache::new(root.path());
        let repo: RepoId = "openai/clip-vit-base-patch32".parse().unwrap();
        assert!(cache.repos().is_empty() && cache.snapshots(&repo).is_empty());
        let dir = root.path().join("models--openai--clip-vit-base-patch32");
        let [of_main, of_change, other] = ['f', 'e', 'a'].map(|c| c.to_string().repeat(40));
        for commit in [&of_main, &of_change, &other] {
            fs::create_dir_all(dir.join("snapshots").join(commit)).unwrap();
        }
        fs::create_dir_all(dir.join("refs/refs/pr")).unwrap();
        fs::write(dir.join("refs/main"), &of_main).unwrap();
        fs::write(dir.join("refs/refs/pr/15"), &of_change).unwrap();
        fs::create_dir_all(root.path().join("datasets--a--b")).unwrap();

        assert_eq!(cache.repos(), std::slice::from_ref(&repo));
        let snapshots = cache.snapshots(&repo);
        let expected = [of_change, of_main, other].map(|commit| dir.join("snapshots").join(commit));
        assert_eq!(snapshots, expected);
    }
}
