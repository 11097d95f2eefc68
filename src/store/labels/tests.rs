use super::*;
use crate::domain::{ClipIndex, Grade};

fn labels(grades: &[(usize, Grade)]) -> Labels {
    Labels {
        grades: grades.iter().map(|&(i, g)| (ClipIndex(i), g)).collect(),
    }
}

fn query(text: &str) -> Query {
    Query::new(text).unwrap()
}

fn video(id: &'static str) -> LabelledVideo<'static> {
    LabelledVideo {
        id,
        name: "holiday",
        duration_secs: 61.5,
    }
}

#[test]
fn labels_are_kept_per_video_and_query() {
    let dir = tempfile::tempdir().unwrap();
    let store = LabelStore::open(dir.path()).unwrap();
    let kite = labels(&[(0, Grade::VeryBad), (30, Grade::VeryGood)]);
    let dog = labels(&[(2, Grade::Fair)]);
    store.save(video("a"), &query("kite"), &dog).unwrap();
    store.save(video("a"), &query("dog"), &dog).unwrap();
    store.save(video("a"), &query("kite"), &kite).unwrap();
    store.save(video("B/../c"), &query("kite"), &dog).unwrap();
    let store = LabelStore::open(dir.path()).unwrap();
    let all = store.all_for_video("a").unwrap();
    assert_eq!(all, [(query("kite"), kite), (query("dog"), dog.clone())]);
    assert_eq!(store.load("B/../c", &query("kite")).unwrap(), dog);
    assert!(store.load("a", &query("cat")).unwrap().is_empty());
    assert_eq!(store.all().unwrap().len(), 3);
}

#[test]
fn taking_all_labels_back_removes_the_query() {
    let dir = tempfile::tempdir().unwrap();
    let store = LabelStore::open(dir.path()).unwrap();
    let dog = labels(&[(2, Grade::Fair)]);
    store
        .save(video("a"), &query("kite"), &Labels::default())
        .unwrap();
    assert!(!store.path_of("a").exists());
    store.save(video("a"), &query("kite"), &dog).unwrap();
    store.save(video("a"), &query("dog"), &dog).unwrap();
    store
        .save(video("a"), &query("kite"), &Labels::default())
        .unwrap();
    assert_eq!(store.all_for_video("a").unwrap(), [(query("dog"), dog)]);
}

#[test]
fn exported_labels_are_what_official_tools_can_use() {
    let dir = tempfile::tempdir().unwrap();
    let store = LabelStore::open(dir.path()).unwrap();
    let bad = labels(&[(2, Grade::Bad)]);
    let good = labels(&[(30, Grade::Good), (0, Grade::VeryBad)]);
    store.save(video("a"), &query("kite"), &bad).unwrap();
    store.save(video("a"), &query("dog"), &good).unwrap();
    store.save(video("b"), &query("dog"), &good).unwrap();
    let path = dir.path().join("out.jsonl");
    let exported = store.export(&path).unwrap();
    let expected = ExportedLabels {
        n_queries: 2,
        n_left_out: 1,
    };
    assert_eq!(exported, expected);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        text.lines().next().unwrap(),
        r#"{"qid":1,"query":"dog","duration":62,"vid":"holiday_a","relevant_clip_ids":[0,30],"saliency_scores":[[0,0,0],[3,3,3]],"relevant_windows":[[60,62]]}"#
    );
}

#[test]
fn a_renamed_video_is_exported_under_its_new_name_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = LabelStore::open(dir.path()).unwrap();
    let good = labels(&[(30, Grade::Good)]);
    store.save(video("a"), &query("kite"), &good).unwrap();
    let renamed = LabelledVideo {
        name: "summer",
        ..video("a")
    };
    store.save(renamed, &query("dog"), &good).unwrap();
    let path = dir.path().join("out.jsonl");
    store.export(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(r#""vid":"summer""#).count(), 2, "{text}");
}

#[test]
fn a_damaged_file_is_named_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let store = LabelStore::open(dir.path()).unwrap();
    let dog = labels(&[(2, Grade::Fair)]);
    store.save(video("a"), &query("dog"), &dog).unwrap();
    let path = store.path_of("a");
    let damaged = fs::read_to_string(&path).unwrap() + "{\n";
    fs::write(&path, &damaged).unwrap();
    let error = store.save(video("a"), &query("cat"), &dog).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("a.jsonl, line 2: EOF"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
    assert!(store.load("a", &query("dog")).is_err());
    assert!(store.load("b", &query("dog")).is_ok());
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let store = LabelStore::open(dir.path()).unwrap();
    let dog = labels(&[(2, Grade::Fair)]);
    let error = store.save(video(""), &query("dog"), &dog).unwrap_err();
    assert!(error.to_string().ends_with("`vid` is empty"), "{error}");
    let unknown = LabelledVideo {
        duration_secs: f64::INFINITY,
        ..video("a")
    };
    store.save(unknown, &query("dog"), &dog).unwrap();
    assert_eq!(store.load("a", &query("dog")).unwrap(), dog);
}

#[test]
fn several_savers_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let dog = labels(&[(2, Grade::Fair)]);
    std::thread::scope(|scope| {
        for saver in 0..4 {
            let (dir, dog) = (dir.path(), &dog);
            scope.spawn(move || {
                let store = LabelStore::open(dir).unwrap();
                for n in 0..10 {
                    let query = query(&format!("{saver} {n}"));
                    store.save(video("a"), &query, dog).unwrap();
                }
            });
        }
    });
    let store = LabelStore::open(dir.path()).unwrap();
    assert_eq!(store.all_for_video("a").unwrap().len(), 40);
}

#[test]
fn labels_under_a_former_id_are_found_and_never_lost() {
    let dir = tempfile::tempdir().unwrap();
    LabelStore::adopt(dir.path(), "old", "new").unwrap();
    assert!(!dir.path().join("labels").exists());

    let store = LabelStore::open(dir.path()).unwrap();
    let [kite, dog] = [query("kite"), query("dog")];
    let old = labels(&[(2, Grade::Fair), (9, Grade::Good)]);
    store.save(video("old"), &kite, &old).unwrap();
    store.save(video("old"), &dog, &old).unwrap();
    // Labelled again before the former labels were found.
    let again = labels(&[(9, Grade::VeryBad), (30, Grade::VeryGood)]);
    store.save(video("new"), &kite, &again).unwrap();

    for _ in 0..2 {
        LabelStore::adopt(dir.path(), "old", "new").unwrap();
        let both = labels(&[(2, Grade::Fair), (9, Grade::VeryBad), (30, Grade::VeryGood)]);
        assert_eq!(store.load("new", &kite).unwrap(), both);
        assert_eq!(store.load("new", &dog).unwrap(), old);
        assert!(store.load("old", &kite).unwrap().is_empty());
        let all = store.all().unwrap();
        assert!(all.iter().all(|annotation| annotation.vid == "new"));
        assert_eq!(all.len(), 2);
    }
    // What is said from now on is kept beside them.
    store.save(video("new"), &dog, &again).unwrap();
    assert_eq!(store.load("new", &dog).unwrap(), again);
    assert_eq!(store.all_for_video("new").unwrap().len(), 2);
}

#[test]
fn former_labels_that_are_damaged_stay_where_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let store = LabelStore::open(dir.path()).unwrap();
    let path = store.path_of("old");
    fs::write(&path, "{").unwrap();
    let error = LabelStore::adopt(dir.path(), "old", "new").unwrap_err();
    assert!(error.to_string().contains("old.jsonl, line 1"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "{");
    assert!(!store.path_of("new").exists());
}

#[test]
fn words_that_were_kept_as_they_were_pasted_are_found_as_they_are_read_now() {
    let dir = tempfile::tempdir().unwrap();
    let store = LabelStore::open(dir.path()).unwrap();
    let dog = labels(&[(2, Grade::Fair)]);
    store.save(video("a"), &query("cats & dogs"), &dog).unwrap();
    let path = store.path_of("a");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("cats & dogs", "cats &amp; dogs")).unwrap();
    assert_eq!(store.load("a", &query("cats &amp; dogs")).unwrap(), dog);
}
