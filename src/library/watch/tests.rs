use super::*;
use std::fs;
use std::io::Write as _;

/// Longer than anything takes on a slow machine; reaching it means that nothing comes.
const PATIENCE: Duration = Duration::from_secs(60);

fn watched(quiet: Duration) -> (tempfile::TempDir, Watch, Receiver<WatchEvent>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap();
    let places = vec![Place {
        path,
        is_folder: true,
    }];
    let times = WatchTimes {
        quiet,
        ..WatchTimes::default()
    };
    let (watch, events) = Watch::start(places, times, || {}).unwrap();
    fs::write(dir.path().join("first"), "x").unwrap();
    events.recv_timeout(PATIENCE).unwrap();
    (dir, watch, events)
}

fn names(event: WatchEvent) -> Vec<String> {
    let WatchEvent::Changed(paths) = event else {
        panic!("{event:?}");
    };
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(name).collect()
}

#[test]
fn a_file_that_is_still_being_copied_waits_until_it_is_whole() {
    let (dir, _watch, events) = watched(Duration::from_millis(1500));
    let mut file = fs::File::create(dir.path().join("film.mp4")).unwrap();
    for _ in 0..20 {
        file.write_all(&[7; 1000]).unwrap();
        thread::sleep(Duration::from_millis(50));
        // "first" may be told again; the film must not.
        while let Ok(event) = events.try_recv() {
            assert_eq!(names(event), ["first"]);
        }
    }
    drop(file);
    loop {
        let event = events.recv_timeout(PATIENCE).unwrap();
        if names(event) == ["film.mp4"] {
            break;
        }
    }
    assert_eq!(
        fs::metadata(dir.path().join("film.mp4")).unwrap().len(),
        20_000
    );
}

#[test]
fn moves_name_both_ends_and_new_folders_are_watched_too() {
    let (dir, _watch, events) = watched(Duration::from_millis(100));
    fs::create_dir(dir.path().join("sub")).unwrap();
    fs::rename(dir.path().join("first"), dir.path().join("sub/second")).unwrap();
    let mut told = Vec::new();
    while !(told.contains(&"first".to_owned())
        && (told.contains(&"second".to_owned()) || told.contains(&"sub".to_owned())))
    {
        told.extend(names(events.recv_timeout(PATIENCE).unwrap()));
    }
    fs::write(dir.path().join("sub/third"), "x").unwrap();
    while !told.contains(&"third".to_owned()) {
        told.extend(names(events.recv_timeout(PATIENCE).unwrap()));
    }
}

#[test]
fn what_was_missed_and_what_cannot_be_watched_is_found_by_looking_through_everything() {
    let dir = tempfile::tempdir().unwrap();
    let gone = dir.path().canonicalize().unwrap().join("drive");
    let places = vec![Place {
        path: gone.clone(),
        is_folder: true,
    }];
    let times = WatchTimes {
        quiet: Duration::from_millis(50),
        whole: Duration::from_millis(200),
    };
    let (watch, events) = Watch::start(places, times, || {}).unwrap();
    let first = events.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(first, WatchEvent::Unseen { place, .. } if place == gone));
    assert_eq!(
        events.recv_timeout(PATIENCE).unwrap(),
        WatchEvent::Changed(vec![gone.clone()])
    );
    watch.again(gone.join("film.mp4"));
    loop {
        match events.recv_timeout(PATIENCE).unwrap() {
            WatchEvent::Changed(paths) if paths == [gone.join("film.mp4")] => break,
            WatchEvent::Changed(_) => {}
            other => panic!("said again: {other:?}"),
        }
    }
    drop(watch);
    while events.recv_timeout(PATIENCE).is_ok() {}
}

#[test]
fn what_lies_below_something_else_is_not_told_apart() {
    let paths = ["/a/b", "/a", "/ab", "/a/c/d"].map(PathBuf::from);
    assert_eq!(
        outermost(paths.to_vec()),
        [PathBuf::from("/a"), "/ab".into()]
    );
}
