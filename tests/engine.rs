//! The engine on real videos with a tiny model of random weights: indexing, resuming, searching.

mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use support::{PATIENCE, Place, tiny_model};
use vcl::domain::{ClipIndex, Query, UnitVector};
use vcl::engine::{
    Dataset, DatasetSource, Engine, EngineConfig, FrameChoice, IndexJob, IndexStep, ModelChoice,
    Notice, VideoIndex,
};
use vcl::find::Way;
use vcl::model::DeviceChoice;
use vcl::store::{CacheKey, ContentId, FloatType, NpzArray, write_npz};
use vcl::video::{Sampler, SamplerOptions, Source};

fn engine(place: &Place) -> Engine {
    engine_with(place, FrameChoice::default())
}

fn engine_with(place: &Place, frame_choice: FrameChoice) -> Engine {
    Engine::open(&EngineConfig {
        model: ModelChoice::Named(tiny_model()),
        device: DeviceChoice::Cpu,
        frame_choice,
        paths: place.paths(),
    })
    .expect("the tiny model loads")
}

fn index(engine: &mut Engine, video: &Path) -> VideoIndex {
    let job = IndexJob::start(engine, &Source::open(video).unwrap(), false).unwrap();
    job.run(engine, |_| {}).unwrap()
}

#[test]
fn the_index_is_what_the_encoder_says_of_each_sampled_frame() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let mut engine = engine(&place);
    let index = index(&mut engine, &video);
    assert!(index.is_complete());
    assert_eq!((index.n_clips(), index.dim()), (4, 48));
    let sampler = Sampler::open(&video, SamplerOptions::default()).unwrap();
    for (i, frame) in sampler.enumerate() {
        let frame = frame.unwrap();
        assert_eq!(frame.clip, ClipIndex(i));
        let pixels = engine.encoder().preprocess(&frame.image);
        let expected = engine.encode_images(&[pixels]).unwrap();
        let row = &index.features()[48 * i..48 * (i + 1)];
        for (a, b) in row.iter().zip(&expected) {
            assert!(
                (a - b).abs() < 1e-4,
                "features are kept unnormalised: {a} {b}"
            );
        }
        let expected = UnitVector::normalised(expected);
        let embeddings = index.embeddings();
        let unit = embeddings.rows().nth(i).unwrap();
        assert!(
            unit.iter()
                .zip(expected.as_slice())
                .all(|(a, b)| (a - b).abs() < 1e-4)
        );
    }
}

#[test]
fn interrupted_indexing_goes_on_where_it_stopped() {
    let place = Place::new();
    let scenes: Vec<_> = (0..30)
        .map(|i| (0xff00_0000 | (i * 0x0008_1205), 2))
        .collect();
    let video = place.video("long.mp4", &scenes);
    let mut engine = engine(&place);
    let mut job = IndexJob::start(&engine, &Source::open(&video).unwrap(), false).unwrap();
    let n_before = loop {
        let step = job.step(&mut engine).unwrap();
        let n_done = job.index().map_or(0, VideoIndex::n_clips_done);
        assert_ne!(step, IndexStep::Finished, "too quick to be interrupted");
        if n_done >= 3 {
            break n_done;
        }
    };
    drop(job);

    let resumed = index(&mut engine, &video);
    assert_eq!(resumed.n_clips_cached(), n_before);
    assert_eq!(resumed.n_clips(), 30);

    let fresh_place = Place::new();
    let mut fresh_engine = self::engine(&fresh_place);
    let whole = index(&mut fresh_engine, &video);
    assert_eq!(whole.n_clips_cached(), 0);
    for (a, b) in resumed.features().iter().zip(whole.features()) {
        assert!((a - b).abs() < 1e-4);
    }
}

/// What is known of a video belongs to the image tower: whatever text tower describes it, no frame is
/// encoded again.
#[test]
fn another_text_tower_keeps_the_index() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    for model in ["clip-tiny", "clip-ko-tiny", "distil-tiny"] {
        place.install(model);
    }
    let query = Query::new("두 개의 빨간 하트").unwrap();
    let mut curves: Vec<Vec<f32>> = Vec::new();
    for (i, model) in ["clip-tiny", "clip-ko-tiny", "clip-tiny+distil-tiny"]
        .into_iter()
        .enumerate()
    {
        let mut engine = Engine::open(&EngineConfig {
            model: model.parse().unwrap(),
            device: DeviceChoice::Cpu,
            frame_choice: FrameChoice::default(),
            paths: place.paths(),
        })
        .unwrap();
        let index = index(&mut engine, &video);
        let n_encoded = index.n_clips() - index.n_clips_cached();
        assert_eq!(n_encoded, if i == 0 { 4 } else { 0 }, "{model}");
        assert_eq!(engine.encoder().id().name, model);
        let known = index.snapshot();
        let answer = engine.answer(&known, &query, &Way::default()).unwrap();
        curves.push(answer.cosines.values().to_vec());
    }
    assert!(
        curves[0] != curves[1] && curves[1] != curves[2],
        "each tower answers"
    );
}

/// Earlier versions kept features under the hash of the whole model.
#[test]
fn what_an_earlier_version_indexed_is_found() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let mut engine = engine(&place);
    let features = index(&mut engine, &video).features().to_vec();
    let content = ContentId::of_file(&video).unwrap();
    let known = engine.cached(&content, FrameChoice::default()).unwrap();

    for is_kept in [false, true] {
        let old_place = Place::new();
        let mut engine = self::engine(&old_place);
        if is_kept {
            engine.cache().keep(&content).unwrap();
        }
        let former = CacheKey {
            video: content.clone(),
            model_hash: engine.encoder().id().hash.clone(),
            sampling: FrameChoice::default().sampling(),
        };
        assert_ne!(former.model_hash, engine.encoder().image_id());
        engine.cache().store(&former, &known).unwrap();
        let found = index(&mut engine, &video);
        assert_eq!(found.n_clips_cached(), 4, "kept {is_kept}");
        assert_eq!(found.features(), features);
        assert!(
            engine.cache().load(&former).is_none(),
            "it has another name now"
        );
    }
}

/// As when the program is killed: nothing is tidied up.
#[test]
fn indexing_that_is_killed_early_leaves_what_it_found() {
    let place = Place::new();
    let scenes: Vec<_> = (0..30).map(|_| (0xff20_c020, 2)).collect();
    let video = place.video("long.mp4", &scenes);
    let mut engine = engine(&place);
    let mut job = IndexJob::start(&engine, &Source::open(&video).unwrap(), false).unwrap();
    while job.index().map_or(0, VideoIndex::n_clips_done) == 0 {
        job.step(&mut engine).unwrap();
    }
    let n_done = job.index().map_or(0, VideoIndex::n_clips_done);
    std::mem::forget(job);
    assert_eq!(index(&mut engine, &video).n_clips_cached(), n_done);
}

#[test]
fn a_second_look_finds_everything_in_the_cache() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let mut engine = engine(&place);
    let first = index(&mut engine, &video);
    let mut job = IndexJob::start(&engine, &Source::open(&video).unwrap(), true).unwrap();
    let began = Instant::now();
    let mut n_steps = 0;
    while job.step(&mut engine).unwrap() != IndexStep::Finished {
        n_steps += 1;
        assert!(began.elapsed() < PATIENCE);
    }
    let second = job.into_index().unwrap();
    assert_eq!(second.n_clips_cached(), 4, "after {n_steps} waiting steps");
    assert_eq!(second.features(), first.features());
    assert_eq!(second.duration_secs(), first.duration_secs());
}

#[test]
fn near_duplicates_are_encoded_only_on_request() {
    let place = Place::new();
    // Scenes of 4, 1 and 3 clips.
    let video = place.video(
        "still.mp4",
        &[(0xffc0_2020, 8), (0xff20_20c0, 2), (0xff20_c020, 6)],
    );
    let mut sparing = engine_with(
        &place,
        FrameChoice {
            skips_near_duplicates: true,
            ..FrameChoice::default()
        },
    );
    let rough = index(&mut sparing, &video);
    assert_eq!((rough.n_clips(), rough.n_clips_repeated()), (8, 3 + 2));

    // What was spared is nobody else's index.
    let mut thorough = engine(&place);
    let exact = index(&mut thorough, &video);
    assert_eq!((exact.n_clips_cached(), exact.n_clips_repeated()), (0, 0));
    let last_of_scene = [0, 0, 0, 0, 4, 5, 5, 5];
    for (clip, encoded) in last_of_scene.into_iter().enumerate() {
        let row = |index: &VideoIndex, clip: usize| {
            index.features()[clip * index.dim()..][..index.dim()].to_vec()
        };
        assert_eq!(row(&rough, clip), row(&rough, encoded), "clip {clip}");
        for (a, b) in row(&rough, clip).iter().zip(row(&exact, clip)) {
            assert!((a - b).abs() < 0.05, "clip {clip}: {a} is not {b}");
        }
    }

    // The better index serves both.
    let again = index(&mut sparing, &video);
    assert_eq!(again.n_clips_cached(), 8);
    assert_eq!(again.features(), exact.features());
}

#[test]
fn steps_are_short_and_the_index_grows() {
    let place = Place::new();
    let scenes: Vec<_> = (0..30)
        .map(|i| (0xff00_0000 | (i * 0x0008_1205), 2))
        .collect();
    let video = place.video("long.mp4", &scenes);
    let mut engine = engine(&place);
    let query = Query::new("anything").unwrap();
    let mut job = IndexJob::start(&engine, &Source::open(&video).unwrap(), true).unwrap();
    let mut lengths = Vec::new();
    let mut n_early_answers = 0;
    loop {
        let step = job.step(&mut engine).unwrap();
        let Some(index) = job.index() else { continue };
        // One batch at most between two chances to answer a query.
        let n_before = lengths.last().copied().unwrap_or(0);
        let n_done = index.n_clips_done();
        assert!((n_before..=n_before + 16).contains(&n_done), "{lengths:?}");
        lengths.push(n_done);
        if step == IndexStep::Finished {
            break;
        }
        assert_eq!(index.n_known(), index.embeddings().n_clips());
        if index.n_known() > 0 {
            let found = engine.answer(&index.snapshot(), &query, &Way::default());
            assert_eq!(found.unwrap().saliency.n_clips(), index.n_known());
            n_early_answers += 1;
        }
    }
    assert_eq!(lengths.last(), Some(&30));
    assert!(n_early_answers > 0, "searchable before the end");
}

#[test]
fn a_search_is_the_cosine_with_the_query() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let mut engine = engine(&place);
    let index = index(&mut engine, &video);
    let query = Query::new("a red thing").unwrap();
    let text = engine.encode_texts(&[query.key()]).unwrap();
    let text = UnitVector::normalised(text);
    let known = index.snapshot();
    let found = engine.answer(&known, &query, &Way::default()).unwrap();
    assert_eq!(found.cosines, index.embeddings().cosines(&text));
    let (low, high) = found.detection.curve().range();
    assert!(low >= 0.0 && high <= 1.0, "{low} to {high}");
    let best = found.cosines.highlight().unwrap().clip;
    assert_eq!(found.highlight.clip, best, "calibration keeps the argmax");
    assert!((0.0..=1.0).contains(&found.present));
    assert!(
        found.found(None).moments[0]
            .span
            .contains(best.centre_secs())
    );
    let again = engine.answer_all(&index, &[query.clone(), query], &Way::default(), None);
    assert_eq!(again.unwrap(), [found.clone(), found]);
}

/// A diverged training or a bad conversion leaves such weights.
#[test]
fn a_model_that_gives_no_numbers_is_an_error() {
    let place = Place::new();
    let bytes = fs::read(tiny_model().join("model.safetensors")).unwrap();
    let weights = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    for damaged in ["visual_projection.weight", "text_projection.weight"] {
        let dir = place.path(damaged);
        fs::create_dir(&dir).unwrap();
        for file in ["config.json", "preprocessor_config.json", "tokenizer.json"] {
            fs::copy(tiny_model().join(file), dir.join(file)).unwrap();
        }
        // Values lie one after the other, so a tensor can be overwritten in place.
        let start = weights.tensor(damaged).unwrap().data().as_ptr() as usize;
        let at = start - bytes.as_ptr() as usize;
        let mut with_nan = bytes.clone();
        with_nan[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        fs::write(dir.join("model.safetensors"), with_nan).unwrap();
        let mut engine = Engine::open(&EngineConfig {
            model: ModelChoice::Named(dir),
            device: DeviceChoice::Cpu,
            frame_choice: FrameChoice::default(),
            paths: place.paths(),
        })
        .unwrap();
        let error = if damaged.starts_with("visual") {
            let pixels = engine.encoder().preprocess(&image::RgbImage::new(64, 64));
            engine.encode_images(&[pixels]).unwrap_err()
        } else {
            {
                let query = Query::new("x").unwrap();
                engine.embed_query(&query, &Way::default()).unwrap_err()
            }
        };
        assert!(error.to_string().contains("are not numbers"), "{error}");
    }
}

#[test]
fn one_notice_tells_of_all_features_of_another_length_than_the_labels_say() {
    let place = Place::new();
    let mut engine = engine(&place);
    let dir = place.path("features");
    fs::create_dir(&dir).unwrap();
    for (vid, n_rows) in [("a", 1), ("b", 48), ("c", 74), ("d", 75), ("e", 110)] {
        let array = NpzArray {
            shape: vec![n_rows, 48],
            values: vec![1.0; n_rows * 48],
        };
        let path = dir.join(format!("{vid}.npz"));
        write_npz(&path, &[("features", &array)], FloatType::F32).unwrap();
    }
    let mut notices = |vids: &[&str]| {
        let annotation = |vid: &&str| {
            let line = json!({"qid": 1, "query": "q", "vid": vid, "duration": 150});
            serde_json::from_value(line).unwrap()
        };
        let annotations = vids.iter().map(annotation).collect();
        let source = DatasetSource::Features {
            dir: dir.clone(),
            rows_per_clip: 1,
        };
        let dataset = Dataset::load(&mut engine, annotations, &source, |engine, path| {
            Ok(index(engine, path))
        });
        let dataset = dataset.unwrap();
        assert_eq!(dataset.n_videos(), vids.len());
        let [set, copy] = [0, 1].map(|_| dataset.training_set());
        assert!(Arc::ptr_eq(&set.videos[0], &copy.videos[0]), "gigabytes");
        engine.take_notices()
    };
    assert!(notices(&["c", "d"]).is_empty());
    let told = notices(&["c", "b", "a", "d", "e"]);
    let expected = Notice::OtherLengths {
        n_misfits: 3,
        n_videos: 5,
        example: "b".to_owned(),
        n_found: 48,
        n_expected: 75,
    };
    assert_eq!(told, [expected]);
    assert_eq!(
        told[0].to_string(),
        "3 of 5 videos have another length than their labels say, \"b\" for one: 48 clips of 2 s, \
         the labels speak of 75; check that both belong together"
    );
}

#[test]
fn a_file_that_is_no_video_fails_in_a_step() {
    let place = Place::new();
    let path = place.path("text.mp4");
    fs::write(&path, "no video ".repeat(1000)).unwrap();
    let mut engine = engine(&place);
    let job = IndexJob::start(&engine, &Source::open(&path).unwrap(), false).unwrap();
    let error = job.run(&mut engine, |_| {}).unwrap_err().to_string();
    assert!(error.contains("text.mp4"), "{error}");
}

#[test]
fn a_run_that_stopped_before_the_very_end_is_completed_once() {
    let place = Place::new();
    let video = place.short_video("scenes.mp4");
    let mut engine = engine(&place);
    index(&mut engine, &video);
    // As if it had stopped behind the last clip, before the file was read to its end.
    let entries = fs::read_dir(place.paths().cache_dir.join("embeddings")).unwrap();
    let [entry] = entries
        .map(Result::unwrap)
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let bytes = fs::read(entry.path()).unwrap();
    let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header = std::str::from_utf8(header).unwrap().trim_end();
    let mut header = header.replace(r#""complete":"true""#, r#""complete":"false""#);
    header += &" ".repeat(header.len().next_multiple_of(8) - header.len());
    let length = (header.len() as u64).to_le_bytes();
    fs::write(entry.path(), [&length, header.as_bytes(), data].concat()).unwrap();

    let news = |engine: &mut Engine| {
        let mut job = IndexJob::start(engine, &Source::open(&video).unwrap(), false).unwrap();
        loop {
            match job.step(engine).unwrap() {
                IndexStep::Waiting => {}
                news => break (news, job),
            }
        }
    };
    let (first, job) = news(&mut engine);
    assert_eq!(first, IndexStep::Grown, "what is known is there at once");
    let index = job.run(&mut engine, |_| {}).unwrap();
    assert_eq!((index.n_clips_cached(), index.is_complete()), (4, true));
    assert_eq!(
        news(&mut engine).0,
        IndexStep::Finished,
        "nothing is read any more"
    );
}
