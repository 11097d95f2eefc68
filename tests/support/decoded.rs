//! What comes out of a video file when players decode it.

use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

pub struct Sample {
    pub time_secs: f64,
    pub bytes: Vec<u8>,
    pub size: (u32, u32),
}

/// Everything of one kind (`video` or `audio`) that comes out of `filesrc ! bin`, with the times
/// at which it is shown.
pub fn samples(path: &Path, bin: &str, kind: &str, after: &str, caps: &str) -> Vec<Sample> {
    gst::init().unwrap();
    let description = format!(
        "filesrc location=\"{}\" ! {bin} name=b {after} ! appsink name=s sync=false caps={caps}",
        path.display()
    );
    let pipeline = gst::parse::launch(&description).unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    let extension = path.extension().unwrap();
    let is_matroska = extension == "mkv" || extension == "webm";
    let first = pipeline.by_name("first").unwrap();
    let sink = pipeline.by_name("s").unwrap();
    let sink = sink.downcast::<gst_app::AppSink>().unwrap();
    let kind = format!("{kind}/");
    pipeline
        .by_name("b")
        .unwrap()
        .connect_pad_added(move |_, pad| {
            let found = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
            let is_wanted = found.structure(0).unwrap().name().starts_with(&kind);
            let target = first.static_pad("sink").unwrap();
            if is_wanted && !target.is_linked() {
                pad.link(&target).unwrap();
            }
        });
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut samples = Vec::new();
    loop {
        let sample = sink.try_pull_sample(gst::ClockTime::from_seconds(20));
        let Some(sample) = sample else {
            assert!(sink.is_eos(), "{}: stuck", path.display());
            break;
        };
        let buffer = sample.buffer().unwrap();
        let segment = sample.segment().unwrap();
        let segment = segment.downcast_ref::<gst::ClockTime>().unwrap();
        let structure = sample.caps().unwrap().structure(0).unwrap();
        let side = |name| structure.get::<i32>(name).map_or(0, |x| x as u32);
        // Matroska's times are as they are; the segments of a file without index say otherwise.
        let pts = buffer.pts().unwrap();
        let time = if is_matroska {
            pts
        } else {
            segment.to_stream_time(pts).unwrap()
        };
        samples.push(Sample {
            time_secs: time.nseconds() as f64 / 1e9,
            bytes: buffer.map_readable().unwrap().to_vec(),
            size: (side("width"), side("height")),
        });
    }
    pipeline.set_state(gst::State::Null).unwrap();
    samples
}

/// The time and the number of every picture (see `fixtures/videos/frames.py`).
pub fn pictures(path: &Path) -> Vec<(f64, u32)> {
    let frames = samples(
        path,
        "decodebin",
        "video",
        "videoconvert name=first",
        "video/x-raw,format=RGB",
    );
    let number = |frame: &Sample| {
        let (width, height) = frame.size;
        let stride = frame.bytes.len() / height as usize;
        (0..12).fold(0, |number, bit| {
            let x = (2 * (bit % 4) + 1) * width / 8;
            let y = (2 * (bit / 4) + 1) * height / 6;
            let red = frame.bytes[y as usize * stride + 3 * x as usize];
            number | u32::from(red > 130) << bit
        })
    };
    let times = frames.iter().map(|frame| (frame.time_secs, number(frame)));
    times.collect()
}

pub fn sound_packets(path: &Path) -> Vec<Sample> {
    samples(path, "parsebin", "audio", "identity name=first", "ANY")
}
