use super::*;
use std::time::Duration;

fn key(dir: &Path, content: &str) -> CacheKey {
    let path = dir.join("video");
    fs::write(&path, content).unwrap();
    CacheKey {
        video: ContentId::of_file(&path).unwrap(),
        model_hash: "0123456789abcdef0123456789abcdef".to_owned(),
        sampling: "1",
    }
}

fn entry(n_clips: usize) -> CachedFeatures {
    CachedFeatures {
        dim: 3,
        features: (0..3 * n_clips).map(|i| i as f32 * 0.25 - 1.0).collect(),
        offsets_secs: Vec::new(),
        complete: false,
        duration_secs: 2.0 * n_clips as f64 + 0.1,
        warning: None,
    }
}

#[test]
fn what_was_stored_is_found_under_its_own_key_only() {
    let dir = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(dir.path());
    let key = key(dir.path(), "a");
    assert_eq!(cache.load(&key), None);
    cache.store(&key, &entry(5)).unwrap();
    assert_eq!(cache.load(&key), Some(entry(5)));

    let grown = CachedFeatures {
        offsets_secs: Vec::new(),
        complete: true,
        warning: Some("the end is missing".to_owned()),
        ..entry(9)
    };
    cache.store(&key, &grown).unwrap();
    assert_eq!(cache.load(&key), Some(grown));

    // Two models whose hashes begin alike share a file name, but not an entry.
    let mut other = key.clone();
    other.model_hash.replace_range(31.., "e");
    assert_eq!(cache.load(&other), None);
    let other = CacheKey {
        sampling: "2",
        ..key
    };
    assert_eq!(cache.load(&other), None);
}

#[test]
fn what_is_known_under_a_former_id_is_found_under_the_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(dir.path());
    let [former, new] = ["former", "new"].map(|content| key(dir.path(), content));
    cache.adopt(&former, &new);
    assert_eq!(cache.load(&new), None, "nothing is known");

    cache.store(&former, &entry(5)).unwrap();
    cache.adopt(&former, &new);
    assert_eq!(cache.load(&new), Some(entry(5)));
    assert!(!cache.path(&former).exists());

    cache.store(&former, &entry(2)).unwrap();
    cache.adopt(&former, &new);
    assert_eq!(cache.load(&new), Some(entry(5)), "what is known stays");
}

#[test]
fn every_damage_is_a_miss() {
    let dir = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(dir.path());
    let key = key(dir.path(), "a");
    cache.store(&key, &entry(4)).unwrap();
    let path = cache.path(&key);
    let sound = fs::read(&path).unwrap();
    for length in 0..sound.len() {
        fs::write(&path, &sound[..length]).unwrap();
        assert_eq!(cache.load(&key), None, "cut to {length} bytes");
    }
    for i in sound.len() - 48..sound.len() {
        let mut damaged = sound.clone();
        damaged[i] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        assert_eq!(cache.load(&key), None, "byte {i} flipped");
    }
    let mut lying = sound.clone();
    lying[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    fs::write(&path, &lying).unwrap();
    assert_eq!(cache.load(&key), None, "a header of 2^64 bytes");
    fs::write(&path, &sound).unwrap();
    assert!(cache.load(&key).is_some());
}

#[test]
fn the_longest_unused_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(dir.path());
    let keys = ["a", "b", "c"].map(|content| key(dir.path(), content));
    let now = SystemTime::now();
    for (i, key) in keys.iter().enumerate() {
        cache.store(key, &entry(100)).unwrap();
        let file = File::options().write(true).open(cache.path(key)).unwrap();
        let age = Duration::from_secs(1000 - 100 * i as u64);
        file.set_modified(now - age).unwrap();
    }
    assert!(cache.load(&keys[0]).is_some(), "now the last used");
    let entry_bytes = fs::metadata(cache.path(&keys[0])).unwrap().len();
    let cache = EmbeddingCache {
        max_bytes: 3 * entry_bytes,
        ..cache
    };
    cache.store(&key(dir.path(), "d"), &entry(100)).unwrap();
    assert!(cache.load(&keys[1]).is_none());
    assert!(cache.load(&keys[0]).is_some());
    assert!(cache.load(&keys[2]).is_some());
}

#[test]
fn a_bound_of_nothing_keeps_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache {
        max_bytes: 0,
        ..EmbeddingCache::new(dir.path())
    };
    let (a, b) = (key(dir.path(), "a"), key(dir.path(), "b"));
    cache.store(&a, &entry(2)).unwrap();
    cache.store(&b, &entry(2)).unwrap();
    assert_eq!((cache.load(&a), cache.load(&b)), (None, Some(entry(2))));
}

#[test]
fn what_is_kept_outlives_the_bound_until_it_is_released() {
    let dir = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache {
        max_bytes: 0,
        ..EmbeddingCache::new(dir.path())
    };
    let keys = ["a", "b", "c", "d"].map(|content| key(dir.path(), content));
    let [a, b, c, d] = &keys;
    cache.store(a, &entry(3)).unwrap();
    cache.keep(&a.video).unwrap(); // what is there already
    cache.keep(&b.video).unwrap(); // what is to come
    cache.store(b, &entry(4)).unwrap();
    cache.store(c, &entry(5)).unwrap();
    cache.store(d, &entry(6)).unwrap();
    assert_eq!(cache.load(a), Some(entry(3)));
    assert_eq!(cache.load(b), Some(entry(4)));
    assert_eq!((cache.load(c), cache.load(d)), (None, Some(entry(6))));
    assert!(cache.is_kept(&a.video) && !cache.is_kept(&c.video));
    let mut kept = cache.kept();
    kept.sort_by(|x, y| x.as_str().cmp(y.as_str()));
    let mut expected = vec![a.video.clone(), b.video.clone()];
    expected.sort_by(|x, y| x.as_str().cmp(y.as_str()));
    assert_eq!(kept, expected);
    let used = cache.disk_use();
    assert!(used.kept_bytes > 0 && used.other_bytes > 0);

    cache.release(&a.video).unwrap();
    assert_eq!(cache.load(a), Some(entry(3)), "nothing was lost yet");
    cache.store(d, &entry(6)).unwrap();
    assert_eq!(cache.load(a), None);
    cache.release(&a.video).unwrap(); // again
}

#[test]
fn the_entry_that_knows_more_counts_wherever_it_lies() {
    let dir = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(dir.path());
    let key = key(dir.path(), "a");
    cache.keep(&key.video).unwrap();
    cache.store(&key, &entry(2)).unwrap();
    // Another program began before the video was kept.
    let bytes = encode(&key, &entry(7)).unwrap();
    atomic::write(&cache.path(&key), &bytes).unwrap();
    assert_eq!(cache.load(&key), Some(entry(7)));
    cache.keep(&key.video).unwrap();
    assert!(!cache.path(&key).exists());
    assert_eq!(cache.load(&key), Some(entry(7)));
}
