//! Files that are touched, moved, copied, deleted and made again; what is kept of them.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{Outcome, Place};
use crate::{column, json};

const RED: u32 = 0xffd0_2020;
const BLUE: u32 = 0xff20_20d0;

struct Films {
    place: Place,
}

impl Films {
    fn new() -> Self {
        let place = Place::new();
        fs::create_dir(place.path("films")).unwrap();
        place.video("films/a.mp4", &[(RED, 4)]);
        place.video("films/b.mp4", &[(BLUE, 6)]);
        let films = Self { place };
        let dir = films.path("");
        films.place.vcl(["library", "add", &dir]).stdout();
        films
    }

    fn path(&self, name: &str) -> String {
        self.place
            .path("films")
            .join(name)
            .to_str()
            .unwrap()
            .to_owned()
    }

    /// Looks again; nothing may be indexed that was indexed before, so nothing but the summary is said.
    fn update(&self) -> String {
        let outcome = self.place.vcl(["library", "update"]);
        outcome.stdout().lines().rev().skip(1).collect()
    }

    fn list(&self) -> Value {
        json(&self.place.vcl(["library", "list", "--format", "json"]))
    }

    fn names(&self) -> Vec<(String, usize, bool)> {
        let rows = self.list();
        let row = |row: &Value| {
            let path = row["path"].as_str().unwrap();
            let name = path.rsplit('/').next().unwrap().to_owned();
            let n_copies = row["copies"].as_array().map_or(0, Vec::len);
            assert_eq!(row["state"], "indexed", "{row}");
            (name, n_copies, row["missing"].as_bool().unwrap())
        };
        rows.as_array().unwrap().iter().map(row).collect()
    }

    fn find(&self) -> Value {
        json(&self.place.vcl(["find", "x", "--format", "json"]))
    }
}

fn row(name: &str, n_copies: usize, is_missing: bool) -> (String, usize, bool) {
    (name.to_owned(), n_copies, is_missing)
}

#[test]
fn touched_files_are_what_they_were() {
    let films = Films::new();
    let file = fs::File::options()
        .write(true)
        .open(films.path("a.mp4"))
        .unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(5000))
        .unwrap();
    assert_eq!(films.update(), "");
    assert_eq!(
        films.names(),
        [row("a.mp4", 0, false), row("b.mp4", 0, false)]
    );
}

#[test]
fn moved_and_renamed_files_are_known_by_their_content() {
    let films = Films::new();
    fs::create_dir(films.path("sub")).unwrap();
    fs::rename(films.path("a.mp4"), films.path("sub/z.mp4")).unwrap();
    assert_eq!(films.update(), "");
    assert_eq!(
        films.names(),
        [row("b.mp4", 0, false), row("z.mp4", 0, false)]
    );
}

#[test]
fn copies_are_shown_once_and_stand_in_for_each_other() {
    let films = Films::new();
    fs::copy(films.path("a.mp4"), films.path("a2.mp4")).unwrap();
    assert_eq!(films.update(), "");
    assert_eq!(
        films.names(),
        [row("a.mp4", 1, false), row("b.mp4", 0, false)]
    );
    assert_eq!(films.find()["n_videos"], 2);
    fs::remove_file(films.path("a.mp4")).unwrap();
    assert_eq!(films.update(), "");
    assert_eq!(
        films.names(),
        [row("a2.mp4", 0, false), row("b.mp4", 0, false)]
    );
}

#[test]
fn deleted_files_stay_searchable_and_are_marked_until_they_come_back_or_are_removed() {
    let films = Films::new();
    let bytes = fs::read(films.path("a.mp4")).unwrap();
    fs::remove_file(films.path("a.mp4")).unwrap();
    assert_eq!(films.update(), "");
    let missing = [row("a.mp4", 0, true), row("b.mp4", 0, false)];
    assert_eq!(films.names(), missing);
    assert_eq!(films.find()["n_videos"], 2);
    let status = films.place.vcl(["library", "status"]);
    assert!(status.stdout().contains("; 1 missing"), "{}", status.stdout);

    fs::write(films.path("a.mp4"), &bytes).unwrap();
    assert_eq!(films.update(), "", "it is there again");
    assert_eq!(films.names()[0], row("a.mp4", 0, false));

    // Another film under the same name is another video.
    fs::rename(
        films.place.video("other.mp4", &[(BLUE, 2), (RED, 6)]),
        films.path("a.mp4"),
    )
    .unwrap();
    assert!(films.update().contains("a.mp4: 4 clips"));
    assert_eq!(films.find()["n_videos"], 2);

    fs::remove_file(films.path("b.mp4")).unwrap();
    films.update();
    films
        .place
        .vcl(["library", "remove", &films.path("b.mp4")])
        .stdout();
    assert_eq!(films.names(), [row("a.mp4", 0, false)]);
    assert_eq!(films.find()["n_videos"], 1);
}

#[test]
fn what_is_removed_may_go_and_what_was_not_added_cannot() {
    let films = Films::new();
    let error = |outcome: Outcome| outcome.error().to_owned();
    let inside = error(films.place.vcl(["library", "remove", &films.path("a.mp4")]));
    assert!(
        inside.contains("which is in the library: remove that"),
        "{inside}"
    );
    let other = error(films.place.vcl(["library", "remove", "/nowhere"]));
    assert!(other.contains("is not in the library"), "{other}");
    let none = error(films.place.vcl(["library", "add", "/nowhere"]));
    assert!(none.contains("/nowhere does not exist"), "{none}");
    assert_eq!(films.names().len(), 2);

    films
        .place
        .vcl(["library", "remove", &films.path("")])
        .stdout();
    assert_eq!(films.names(), []);
    assert!(fs::exists(films.path("a.mp4")).unwrap());
    // Added again, nothing has to be looked at again.
    let outcome = films.place.vcl(["library", "add", &films.path("")]);
    assert_eq!(
        outcome.stdout().matches(", indexed before").count(),
        2,
        "{}",
        outcome.stdout
    );
    assert_eq!(films.find()["n_videos"], 2);
}

#[test]
fn features_that_are_gone_are_made_again_and_a_damaged_matrix_too() {
    let films = Films::new();
    let library = films.place.paths().cache_dir.join("library");
    let whole = films.find();
    for path in ["matrix", "embeddings"] {
        fs::remove_dir_all(library.join(path)).unwrap();
        if path == "matrix" {
            assert_eq!(films.find(), whole, "from the features");
        } else {
            fs::remove_dir_all(library.join("matrix")).unwrap();
        }
    }
    let outcome = films.place.vcl(["find", "x", "--format", "json"]);
    assert_eq!(json(&outcome)["n_videos"], 0);
    assert!(
        outcome.stderr.contains("2 videos are not indexed"),
        "{}",
        outcome.stderr
    );
    assert_eq!(films.update().matches("clips").count(), 2);
    assert_eq!(films.find(), whole);

    // Every file of the matrix, spoiled in turn.
    let matrix = fs::read_dir(library.join("matrix"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    for name in ["current", "f16", "log"] {
        let mut files = fs::read_dir(&matrix)
            .unwrap()
            .map(|file| file.unwrap().path());
        let file = files
            .find(|path| path.to_str().unwrap().ends_with(name))
            .unwrap();
        fs::write(&file, "spoiled").unwrap();
        assert_eq!(films.find(), whole, "{name}");
    }
}

#[test]
fn the_status_counts_what_there_is() {
    let films = Films::new();
    fs::copy(films.path("a.mp4"), films.path("copy.mp4")).unwrap();
    fs::write(films.path("bad.mp4"), "no video").unwrap();
    let outcome = films.place.vcl(["library", "update"]);
    assert_eq!(outcome.code, Some(1));
    // It is not tried again until it is added again.
    films.place.vcl(["library", "update"]).stdout();
    let outcome = films.place.vcl(["library", "add", &films.path("bad.mp4")]);
    assert_eq!(outcome.code, Some(1));
    let status = json(&films.place.vcl(["library", "status", "--format", "json"]));
    for (key, expected) in [
        ("n_videos", 3),
        ("n_copies", 1),
        ("n_indexed", 2),
        ("n_failed", 1),
        ("n_waiting", 0),
        ("n_missing", 0),
        ("n_clips", 5),
    ] {
        assert_eq!(status[key], expected, "{key}");
    }
    assert!(status["disk"]["kept_bytes"].as_u64().unwrap() > 0);
    assert!(status["disk"]["matrix_bytes"].as_u64().unwrap() > 0);
    let problems = column(&status["problems"], "reason");
    assert!(
        problems[0]
            .as_str()
            .unwrap()
            .contains("bad.mp4 is not a video"),
        "{problems:?}"
    );
    let csv = films.place.vcl(["library", "list", "--format", "csv"]);
    assert_eq!(csv.stdout().lines().count(), 4, "{}", csv.stdout);
}

#[cfg(unix)]
#[test]
fn odd_names_are_kept_as_they_are_and_locked_folders_are_told() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let films = Films::new();
    let odd = films
        .place
        .path("films")
        .join(OsStr::from_bytes(b"caf\xe9\n'\".mp4"));
    fs::rename(films.path("a.mp4"), &odd).unwrap();
    // No one can enter a link to itself; permissions do not stop root, which may run this.
    std::os::unix::fs::symlink("locked", films.path("locked")).unwrap();
    let outcome = films.place.vcl(["library", "update"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome
            .stderr
            .contains("error: 1 file or folder could not be looked into"),
        "{}",
        outcome.stderr
    );
    let rows = films.list();
    let texts = column(&rows, "path");
    let is_odd = |path: &&&Value| path.as_str().unwrap().ends_with("caf%E9%0A'%22.mp4");
    let address = texts
        .iter()
        .find(is_odd)
        .unwrap_or_else(|| panic!("{texts:?}"));
    let found = json(&films.place.vcl([
        "find",
        "x",
        "--in",
        address.as_str().unwrap(),
        "--format",
        "json",
    ]));
    assert_eq!(found["n_videos"], 1);
    let status = json(&films.place.vcl(["library", "status", "--format", "json"]));
    assert!(
        status["problems"][0]["path"]
            .as_str()
            .unwrap()
            .ends_with("/locked"),
        "{status}"
    );
    fs::remove_file(films.path("locked")).unwrap();
    films.update();
    let status = json(&films.place.vcl(["library", "status", "--format", "json"]));
    assert_eq!(status["problems"], serde_json::json!([]));
}
