//! What is heard, measured on the samples that reach the sound device.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::*;

const RATE: usize = 44_100;
const TONE_HZ: f64 = 440.0;
const PATIENCE: Duration = Duration::from_secs(60);

/// Twelve seconds of one tone.
fn tone(dir: &Path) -> PathBuf {
    crate::video::file::gst_util::init().unwrap();
    let path = dir.join("tone.wav");
    let description = format!(
        "audiotestsrc num-buffers=520 samplesperbuffer=1024 freq={TONE_HZ} volume=0.5 \
         ! audio/x-raw,format=S16LE,rate={RATE},channels=1 ! wavenc ! filesink name=file"
    );
    let writer = gst::parse::launch(&description).unwrap();
    let bin = writer.downcast_ref::<gst::Bin>().unwrap();
    let file = bin.by_name("file").unwrap();
    file.set_property("location", path.to_str().unwrap());
    writer.set_state(gst::State::Playing).unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let patience = gst::ClockTime::from_seconds(PATIENCE.as_secs());
    let end = writer.bus().unwrap().timed_pop_filtered(patience, &ends);
    writer.set_state(gst::State::Null).unwrap();
    let is_written = matches!(end.unwrap().view(), gst::MessageView::Eos(_));
    assert!(is_written);
    path
}

/// A second of what the sound device is given.
fn heard(path: &Path, speed: f64, volume: f64, is_muted: bool) -> Vec<f64> {
    let (commands, _inbox) = std::sync::mpsc::channel();
    let link = Link::new(commands, || {});
    let pipeline = Pipeline::new(&Source::open(path).unwrap(), Sound::Nowhere, &link).unwrap();
    pipeline.set_volume(volume, is_muted);

    let samples = Arc::<Mutex<Vec<f64>>>::default();
    let probe_samples = Arc::clone(&samples);
    let pad = pipeline.audio_sink.static_pad("sink").unwrap();
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_FLUSH;
    pad.add_probe(kinds, move |pad, info| {
        let mut samples = probe_samples.lock().unwrap();
        match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => samples.extend(levels(pad, buffer)),
            // What came before a seek does not count.
            _ => samples.clear(),
        }
        gst::PadProbeReturn::Ok
    });
    assert!(pipeline.set_state(gst::State::Paused));
    let patience = gst::ClockTime::from_seconds(PATIENCE.as_secs());
    pipeline.element().state(patience).0.unwrap();
    assert!(pipeline.seek(0, true, speed));
    pipeline.element().state(patience).0.unwrap();
    assert!(pipeline.set_state(gst::State::Playing));
    let began = Instant::now();
    loop {
        let mut samples = samples.lock().unwrap();
        // The first ones may still be faded in.
        if samples.len() >= RATE + RATE / 2 {
            return samples.split_off(RATE / 2);
        }
        let n_samples = samples.len();
        drop(samples);
        assert!(began.elapsed() < PATIENCE, "only {n_samples} samples came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The samples of the first channel, between -1 and 1.
fn levels(pad: &gst::Pad, buffer: &gst::Buffer) -> Vec<f64> {
    let caps = pad.current_caps().unwrap();
    let caps = caps.structure(0).unwrap();
    assert_eq!(caps.get::<i32>("rate").unwrap(), RATE as i32);
    let n_channels = caps.get::<i32>("channels").unwrap() as usize;
    let map = buffer.map_readable().unwrap();
    match caps.get::<&str>("format").unwrap() {
        "S16LE" => map
            .chunks_exact(2 * n_channels)
            .map(|frame| f64::from(i16::from_le_bytes([frame[0], frame[1]])) / 32768.0)
            .collect(),
        "F32LE" => map
            .chunks_exact(4 * n_channels)
            .map(|frame| f32::from_le_bytes([frame[0], frame[1], frame[2], frame[3]]).into())
            .collect(),
        other => panic!("samples in {other}"),
    }
}

/// By how often the sound begins a new wave.
fn pitch_hz(samples: &[f64]) -> f64 {
    let n_waves = samples
        .windows(2)
        .filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0)
        .count();
    n_waves as f64 * RATE as f64 / samples.len() as f64
}

fn loudness(samples: &[f64]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| sample * sample).sum();
    (sum / samples.len() as f64).sqrt()
}

#[test]
fn the_pitch_stays_at_every_speed() {
    let dir = tempfile::tempdir().unwrap();
    let path = tone(dir.path());
    for speed in [1.0, 0.5, 2.0, 4.0] {
        let pitch = pitch_hz(&heard(&path, speed, 1.0, false));
        assert!(
            (pitch / TONE_HZ - 1.0).abs() < 0.06,
            "at speed {speed}, {TONE_HZ} Hz became {pitch} Hz"
        );
    }
}

#[test]
fn the_volume_is_heard_and_mute_is_silent() {
    let dir = tempfile::tempdir().unwrap();
    let path = tone(dir.path());
    let full = loudness(&heard(&path, 1.0, 1.0, false));
    let half = loudness(&heard(&path, 1.0, 0.5, false));
    assert!((full - 0.5 / 2f64.sqrt()).abs() < 0.02, "{full}");
    assert!((half / full - 0.125).abs() < 0.005, "{half} of {full}");
    assert_eq!(loudness(&heard(&path, 1.0, 1.0, true)), 0.0);
}
