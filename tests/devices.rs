//! GPUs with little memory and GPUs that go away, on wgpu's software adapter: what the program does
//! about them does not depend on the driver.

mod support;

#[path = "support/gpu.rs"]
mod gpu;

use burn::tensor::wgpu::WgpuSetup;
use support::{Place, tiny_model};
use vcl::domain::{ClipIndex, Embeddings, Grade, Labels, Query};
use vcl::engine::{
    Engine, EngineConfig, FrameChoice, IndexJob, ModelChoice, TuneJob, VideoIndex, labelled_query,
};
use vcl::learn::{Phase, TrainerConfig, TrainingSet};
use vcl::model::{ComputeDevice, DeviceChoice, Pixels};
use vcl::video::Source;

/// A device of its own for each test, for these do not survive; `None` where there is no driver.
fn software_gpu(max_buffer_bytes: Option<u64>) -> Option<WgpuSetup> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(descriptor);
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    let adapter = adapters
        .into_iter()
        .find(|adapter| adapter.get_info().device_type == wgpu::DeviceType::Cpu);
    let Some(adapter) = adapter else {
        gpu::skip_without_adapter();
        return None;
    };
    let mut limits = adapter.limits();
    if let Some(max) = max_buffer_bytes {
        limits.max_buffer_size = max;
        limits.max_storage_buffer_binding_size = max;
    }
    let features = adapter.features() - wgpu::Features::MAPPABLE_PRIMARY_BUFFERS;
    let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
        required_features: features - wgpu::Features::all_experimental_mask(),
        required_limits: limits,
        ..Default::default()
    }))
    .expect("the software adapter gives a device");
    let backend = adapter.get_info().backend;
    Some(WgpuSetup {
        instance,
        adapter,
        device,
        queue,
        backend,
    })
}

fn config(place: &Place) -> EngineConfig {
    EngineConfig {
        model: ModelChoice::Named(tiny_model()),
        device: DeviceChoice::Cpu,
        frame_choice: FrameChoice::default(),
        paths: place.paths(),
    }
}

/// Frames that are all different.
fn frames(n: usize) -> Vec<Pixels> {
    let size = 64;
    let value = |frame: usize, i: usize| ((frame + 3) * i % 97) as f32 / 48.5 - 1.0;
    (0..n)
        .map(|frame| Pixels {
            size,
            values: (0..3 * size * size).map(|i| value(frame, i)).collect(),
        })
        .collect()
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 1e-3, "{a} is not {b}");
    }
}

#[test]
fn a_gpu_with_little_memory_gets_smaller_batches() {
    const N_FRAMES: usize = 256;
    // Memory is taken in pages of 8 MiB; a frame needs 49,152 bytes, all frames together 12 MiB.
    let Some(setup) = software_gpu(Some(9 << 20)) else {
        return;
    };
    let place = Place::new();
    let frames = frames(N_FRAMES);
    let mut on_cpu = Engine::open(&config(&place)).unwrap();
    let expected = on_cpu.encode_images(&frames).unwrap();

    let device = ComputeDevice::on_wgpu(setup).unwrap();
    let mut engine = Engine::open_on(&config(&place), &device).unwrap();
    assert!(
        engine.encoder().encode_images(&frames).is_err(),
        "all at once do not fit"
    );
    assert_close(&engine.encode_images(&frames).unwrap(), &expected);
    assert!(
        !engine.encoder().device().is_cpu(),
        "it went on with the GPU"
    );
    assert!(engine.take_notices().is_empty());
}

#[test]
fn a_gpu_that_goes_away_leaves_the_index_to_the_cpu() {
    let Some(setup) = software_gpu(None) else {
        return;
    };
    let place = Place::new();
    let scenes: Vec<_> = (0..20)
        .map(|i| (0xff00_0000 | (i * 0x000c_1205), 2))
        .collect();
    let video = place.video("long.mp4", &scenes);
    let gpu = setup.device.clone();
    let device = ComputeDevice::on_wgpu(setup).unwrap();
    let mut engine = Engine::open_on(&config(&place), &device).unwrap();
    engine.prepare().unwrap();
    let mut job = IndexJob::start(&engine, &Source::open(&video).unwrap(), false).unwrap();
    while job.index().map_or(0, VideoIndex::n_clips_done) == 0 {
        job.step(&mut engine).unwrap();
    }
    let n_on_gpu = job.index().map_or(0, VideoIndex::n_clips_done);
    assert!(engine.take_notices().is_empty());

    gpu.destroy();
    let index = job.run(&mut engine, |_| {}).unwrap();
    assert!(index.is_complete() && index.n_clips() == 20 && n_on_gpu < 20);
    assert!(engine.encoder().device().is_cpu());
    let notices = engine.take_notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    let notice = notices[0].to_string();
    println!("{notice}");
    assert!(notice.contains("going on with the CPU") && !notice.contains('\n'));
    assert!(!notice.contains("backtrace"));

    let other_place = Place::new();
    let mut on_cpu = Engine::open(&config(&other_place)).unwrap();
    let job = IndexJob::start(&on_cpu, &Source::open(&video).unwrap(), false).unwrap();
    let expected = job.run(&mut on_cpu, |_| {}).unwrap();
    assert_close(index.features(), expected.features());
}

#[test]
fn a_gpu_that_goes_away_leaves_the_training_to_the_cpu() {
    let Some(setup) = software_gpu(None) else {
        return;
    };
    let place = Place::new();
    let gpu = setup.device.clone();
    let device = ComputeDevice::on_wgpu(setup).unwrap();
    let mut engine = Engine::open_on(&config(&place), &device).unwrap();
    let set = labelled_frames(&mut engine);
    let training = || TrainerConfig {
        n_steps: Some(12),
        ..TrainerConfig::default()
    };

    let mut job = TuneJob::start(&engine, set.clone(), training()).unwrap();
    loop {
        let progress = job.step(&mut engine).unwrap();
        if progress.phase == Phase::Context && progress.step == 10 {
            break;
        }
    }
    gpu.destroy();
    let progress = job.step(&mut engine).unwrap();
    assert!(
        progress.phase == Phase::Context && progress.step > 1,
        "it went on"
    );
    while !job.is_done() {
        job.step(&mut engine).unwrap();
    }
    let found = job.finish(&mut engine).unwrap();
    assert!(engine.encoder().device().is_cpu());
    assert_eq!(engine.take_notices().len(), 1);

    let mut on_cpu = Engine::open(&config(&place)).unwrap();
    let mut job = TuneJob::start(&on_cpu, set, training()).unwrap();
    while !job.is_done() {
        job.step(&mut on_cpu).unwrap();
    }
    let expected = job.finish(&mut on_cpu).unwrap();
    assert_eq!(found.verdict, expected.verdict);
    assert_close(&found.prompt.context, &expected.prompt.context);
}

#[test]
fn a_search_on_a_gpu_finds_what_the_cpu_finds() {
    if software_gpu(None).is_none() {
        return;
    }
    let place = Place::new();
    let scenes = [(0xffc0_2020, 4), (0xff20_20c0, 2), (0xff20_c020, 6)];
    let video = place.video("scenes.mp4", &scenes);
    let saliency = |device: &str| {
        let mut command = place.command_on(device);
        command.env("VCL_CACHE_DIR", place.path(device));
        command.arg("--model").arg(tiny_model());
        command.arg("search").arg(&video);
        let output = command.args(["red", "--format", "json"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let curve = report["queries"][0]["saliency"].as_array().unwrap().clone();
        let values = curve.iter().map(|value| value.as_f64().unwrap() as f32);
        values.collect::<Vec<_>>()
    };
    assert_close(&saliency("software-gpu"), &saliency("cpu"));
}

/// One query on as many frames as there are labels.
fn labelled_frames(engine: &mut Engine) -> TrainingSet {
    const N_FRAMES: usize = 20;
    let features = engine.encode_images(&frames(N_FRAMES)).unwrap();
    let embeddings = Embeddings::from_features(engine.encoder().dim(), features).unwrap();
    let mut labels = Labels::default();
    for clip in 0..N_FRAMES {
        let grade = if clip % 3 == 0 { 4 } else { 0 };
        labels.set(ClipIndex(clip), Grade::from_value(grade));
    }
    let query = Query::new("every third").unwrap();
    labelled_query(&query, vec![(embeddings, labels)])
}
