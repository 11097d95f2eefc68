use super::*;
use crate::library::folder::Problem;

fn content(i: u8) -> ContentId {
    ContentId::parse(&format!("{i:032x}")).unwrap()
}

fn seen(path: &str, video: u8) -> SeenFile {
    SeenFile {
        path: path.into(),
        content: content(video),
        n_bytes: u64::from(video),
        modified_nanos: 1_000_000_000 * i64::from(video) + 5,
        is_named: true,
        subtitles: String::new(),
    }
}

struct Opened {
    dir: tempfile::TempDir,
    catalogue: Catalogue,
    model: ModelRow,
}

fn opened() -> Opened {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = Catalogue::open(dir.path()).unwrap();
    let model = catalogue.model("hash", "2", "tiny").unwrap();
    Opened {
        dir,
        catalogue,
        model,
    }
}

impl Opened {
    fn claim(&mut self, worker: &str) -> Option<Claim> {
        self.catalogue
            .claim(self.model, worker, |name| name != "dead")
            .unwrap()
    }

    fn videos(&self) -> Vec<LibraryVideo> {
        self.catalogue.videos(self.model).unwrap()
    }

    fn paths(&self) -> Vec<(String, usize, bool)> {
        let row = |video: LibraryVideo| {
            let path = video.path.to_str().unwrap().to_owned();
            (path, video.copies.len(), video.is_missing)
        };
        self.videos().into_iter().map(row).collect()
    }
}

fn row(path: &str, n_copies: usize, is_missing: bool) -> (String, usize, bool) {
    (path.to_owned(), n_copies, is_missing)
}

#[test]
fn copies_are_one_video_and_a_moved_file_leaves_no_trace() {
    let mut it = opened();
    it.catalogue
        .record(&[
            seen("/a/x.mp4", 1),
            seen("/a/y.mp4", 1),
            seen("/a/z.mp4", 2),
        ])
        .unwrap();
    assert_eq!(
        it.paths(),
        [row("/a/x.mp4", 1, false), row("/a/z.mp4", 0, false)]
    );
    // x is gone, and z was moved.
    it.catalogue.record(&[seen("/b/z.mp4", 2)]).unwrap();
    it.catalogue
        .mark(
            &["/a/x.mp4".into(), "/a/z.mp4".into()],
            &["/a/y.mp4".into()],
        )
        .unwrap();
    assert_eq!(
        it.paths(),
        [row("/a/y.mp4", 0, false), row("/b/z.mp4", 0, false)]
    );
    // The drive is unplugged, and comes back.
    it.catalogue.mark(&["/b/z.mp4".into()], &[]).unwrap();
    assert_eq!(it.paths()[1], row("/b/z.mp4", 0, true));
    it.catalogue.mark(&[], &["/b/z.mp4".into()]).unwrap();
    assert_eq!(it.paths()[1], row("/b/z.mp4", 0, false));
    // Another video under the name of one that no file holds any more.
    it.catalogue.record(&[seen("/b/z.mp4", 3)]).unwrap();
    assert_eq!(it.catalogue.contents().unwrap(), [content(1), content(3)]);
}

#[test]
fn the_oldest_file_says_when_a_video_was_made() {
    let mut it = opened();
    let touched = SeenFile {
        modified_nanos: 90_000_000_000,
        ..seen("/a/x.mp4", 7)
    };
    it.catalogue
        .record(&[touched, seen("/a/copy.mp4", 7)])
        .unwrap();
    assert_eq!(it.videos()[0].date_secs, 7);
}

#[test]
fn each_video_goes_to_one_worker_and_that_of_a_dead_one_to_the_next() {
    let mut it = opened();
    let files = [seen("/a", 1), seen("/b", 2), seen("/b2", 2), seen("/c", 3)];
    it.catalogue.record(&files).unwrap();
    let first = it.claim("dead").unwrap();
    assert_eq!(
        (first.path.as_path(), &first.content),
        (Path::new("/a"), &content(1))
    );
    assert_eq!(it.videos()[0].state, State::Working);
    let again = it.claim("me").unwrap();
    assert_eq!(again.content, content(1), "its worker died");
    let second = it.claim("other").unwrap();
    assert_eq!(second.content, content(2));
    let third = it.claim("me").unwrap();
    assert_eq!(third.content, content(3));
    assert!(it.claim("me").is_none());

    let done = Outcome::Indexed {
        n_clips: 4,
        duration_secs: 8.5,
    };
    it.catalogue.finish(it.model, &again, None, &done).unwrap();
    it.catalogue
        .finish(it.model, &second, None, &Outcome::Failed("bad".into()))
        .unwrap();
    it.catalogue
        .finish(it.model, &third, None, &Outcome::GivenBack)
        .unwrap();
    let states: Vec<_> = it.videos().into_iter().map(|video| video.state).collect();
    assert_eq!(
        states,
        [State::Indexed, State::Failed("bad".into()), State::Waiting]
    );
    assert_eq!(
        (it.videos()[0].n_clips, it.videos()[0].duration_secs),
        (4, Some(8.5))
    );

    // Another model has everything before it.
    let model = it.catalogue.model("another", "2", "big").unwrap();
    assert!(
        it.catalogue
            .videos(model)
            .unwrap()
            .iter()
            .all(|video| video.state == State::Waiting)
    );
    assert_eq!(it.catalogue.model("another", "2", "big").unwrap(), model);

    it.catalogue.retry(&["/somewhere".into()]).unwrap();
    assert_eq!(it.claim("me").unwrap().content, content(3));
    it.catalogue.retry(&["/b2".into()]).unwrap();
    assert_eq!(
        it.claim("me").unwrap().content,
        content(2),
        "it is tried again"
    );
    it.catalogue.set_waiting(it.model, &[content(1)]).unwrap();
    assert_eq!(
        it.claim("me").unwrap().content,
        content(1),
        "its features are gone"
    );
}

#[test]
fn a_file_that_changed_meanwhile_is_taken_for_what_it_holds_now() {
    let mut it = opened();
    it.catalogue.record(&[seen("/a", 1)]).unwrap();
    let claim = it.claim("me").unwrap();
    let done = Outcome::Indexed {
        n_clips: 4,
        duration_secs: 8.0,
    };
    it.catalogue
        .finish(it.model, &claim, Some(&seen("/a", 9)), &done)
        .unwrap();
    let videos = it.videos();
    assert_eq!(
        (videos.len(), &videos[0].content, &videos[0].state),
        (1, &content(9), &State::Indexed)
    );
    // What was removed in the meantime stays removed.
    it.catalogue.record(&[seen("/b", 2)]).unwrap();
    let claim = it.claim("me").unwrap();
    it.catalogue.record(&[seen("/b", 3)]).unwrap();
    it.catalogue.finish(it.model, &claim, None, &done).unwrap();
    let mut left = it.catalogue.contents().unwrap();
    left.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    assert_eq!(left, [content(3), content(9)]);
}

#[test]
fn removing_a_place_keeps_what_another_one_holds() {
    let mut it = opened();
    let place = |path: &str, is_folder| Place {
        path: path.into(),
        is_folder,
    };
    let places = [
        place("/a", true),
        place("/a/b", true),
        place("/c.mp4", false),
    ];
    it.catalogue.add_places(&places).unwrap();
    it.catalogue.add_places(&places).unwrap();
    let files = [
        seen("/a/x", 1),
        seen("/a/b/y", 2),
        seen("/c.mp4", 3),
        seen("/a/b/gone", 4),
    ];
    it.catalogue.record(&files).unwrap();
    it.catalogue.mark(&["/a/b/gone".into()], &[]).unwrap();
    let locked = Problem {
        path: "/a/locked".into(),
        reason: "no".into(),
    };
    it.catalogue.set_problems(&places, &[locked]).unwrap();
    assert!(!it.catalogue.can_remove(Path::new("/a/x")).unwrap());
    assert_eq!(
        it.catalogue.place_above(Path::new("/a/x")).unwrap(),
        Some("/a".into())
    );
    assert!(it.catalogue.can_remove(Path::new("/a/b/gone")).unwrap());
    it.catalogue.remove(&["/a/b/gone".into()]).unwrap();
    it.catalogue.remove(&["/a".into()]).unwrap();
    assert_eq!(
        it.paths(),
        [row("/a/b/y", 0, false), row("/c.mp4", 0, false)]
    );
    assert_eq!(it.catalogue.problems().unwrap(), []);
    assert_eq!(it.catalogue.places().unwrap().len(), 2);
}

#[test]
fn problems_are_those_of_the_last_look() {
    let mut it = opened();
    let place = Place {
        path: "/a".into(),
        is_folder: true,
    };
    let problem = |path: &str| Problem {
        path: path.into(),
        reason: "no".into(),
    };
    it.catalogue
        .set_problems(&[], &[problem("/a/1"), problem("/b/2")])
        .unwrap();
    it.catalogue
        .set_problems(&[place], &[problem("/a/3")])
        .unwrap();
    assert_eq!(
        it.catalogue.problems().unwrap(),
        [problem("/a/3"), problem("/b/2")]
    );
}

#[test]
fn several_processes_open_and_write_one_catalogue() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4_u8 {
            let dir = dir.path();
            scope.spawn(move || {
                let mut catalogue = Catalogue::open(dir).unwrap();
                let model = catalogue.model("hash", "2", "tiny").unwrap();
                for n in 0..20 {
                    let i = 20 * writer + n;
                    catalogue.record(&[seen(&format!("/{i:03}"), i)]).unwrap();
                    let name = format!("worker {writer}");
                    if let Some(claim) = catalogue.claim(model, &name, |_| true).unwrap() {
                        let failed = Outcome::Failed(name);
                        catalogue.finish(model, &claim, None, &failed).unwrap();
                    }
                }
            });
        }
    });
    let mut catalogue = Catalogue::open(dir.path()).unwrap();
    let model = catalogue.model("hash", "2", "tiny").unwrap();
    let videos = catalogue.videos(model).unwrap();
    assert_eq!(videos.len(), 80);
    assert!(
        videos
            .iter()
            .all(|video| matches!(video.state, State::Failed(_)))
    );
}

#[test]
fn a_catalogue_that_cannot_be_used_is_named() {
    let Opened { dir, catalogue, .. } = opened();
    let path = catalogue.path.clone();
    catalogue
        .connection
        .pragma_update(None, "user_version", 99)
        .unwrap();
    drop(catalogue);
    let error = |dir: &Path| Catalogue::open(dir).err().unwrap().to_string();
    assert!(
        error(dir.path()).contains("newer version"),
        "{}",
        error(dir.path())
    );
    for extension in ["sqlite-wal", "sqlite-shm"] {
        let _ = fs::remove_file(path.with_extension(extension));
    }
    fs::write(
        &path,
        "no database at all, but long enough to be one ".repeat(40),
    )
    .unwrap();
    let told = error(dir.path());
    assert!(
        told.contains("catalogue.sqlite is damaged: move it away"),
        "{told}"
    );
    fs::write(dir.path().join("file"), "x").unwrap();
    let told = error(&dir.path().join("file/library"));
    assert!(told.contains("set VCL_DATA_DIR"), "{told}");
}

#[test]
fn what_was_indexed_under_a_former_hash_counts_under_the_new_one() {
    let Opened {
        mut catalogue,
        model,
        dir: _dir,
    } = opened();
    catalogue.adopt_model("unknown", "images", "2").unwrap();
    assert!(catalogue.model("images", "3", "tiny").unwrap() != model);
    catalogue.adopt_model("hash", "images", "2").unwrap();
    assert!(catalogue.model("images", "2", "tiny").unwrap() == model);
    // Another model with the same images has an index already.
    let other = catalogue.model("other", "2", "korean").unwrap();
    catalogue.adopt_model("other", "images", "2").unwrap();
    assert!(catalogue.model("images", "2", "korean").unwrap() == model);
    assert!(catalogue.model("other", "2", "korean").unwrap() == other);
}
