//! Sound that ends before the pictures, or pauses.

use std::path::PathBuf;

use super::*;
use gst::prelude::*;

use crate::video::cut::muxer::MAX_QUEUED_BYTES;

/// Twelve seconds of noise, more than a megabyte per picture, with sound where `is_heard`.
fn film(dir: &Path, name: &str, muxer: &str, is_heard: fn(u64) -> bool) -> PathBuf {
    crate::video::file::gst_util::init().unwrap();
    let path = dir.join(name);
    let writer = gst::parse::launch(&format!(
        "{muxer} name=m ! filesink location=\"{}\" \
         videotestsrc pattern=snow num-buffers=60 ! \
         video/x-raw,format=I420,width=1280,height=720,framerate=5/1 ! \
         jpegenc quality=100 ! m. \
         audiotestsrc num-buffers=120 samplesperbuffer=4410 ! \
         audio/x-raw,format=S16LE,rate=44100,channels=1 ! identity name=sound ! m.",
        path.display()
    ));
    let writer = writer.unwrap().downcast::<gst::Bin>().unwrap();
    let sound = writer.by_name("sound").unwrap();
    let sound = sound.static_pad("src").unwrap();
    sound.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let time = info.buffer().and_then(|buffer| buffer.pts()).unwrap();
        if is_heard(time.mseconds()) {
            gst::PadProbeReturn::Ok
        } else {
            gst::PadProbeReturn::Drop
        }
    });
    writer.set_state(gst::State::Playing).unwrap();
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let patience = gst::ClockTime::from_seconds(120);
    let end = writer.bus().unwrap().timed_pop_filtered(patience, &ends);
    writer.set_state(gst::State::Null).unwrap();
    assert!(matches!(end.unwrap().view(), gst::MessageView::Eos(_)));
    path
}

fn sound_times(path: &Path) -> Vec<i64> {
    let source = Source::open(path).unwrap();
    let mut feed = Feed::open(&source, Delivery::Tracks, Arc::default()).unwrap();
    let mut times = Vec::new();
    while let Some((track, packet)) = feed.next().unwrap() {
        times.extend((track != VIDEO_TRACK).then_some(packet.time_ns));
    }
    times
}

/// A film of one part.
fn whole() -> Part {
    Part::of(&[], 0, (0, ns(12.0))).unwrap()
}

#[test]
fn sound_that_ends_early_does_not_hold_the_pictures_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    for (name, muxer) in [("film.mkv", "matroskamux"), ("film.mov", "qtmux")] {
        let film = film(dir.path(), name, muxer, |at_ms| at_ms < 1_000);
        let cutter = Cutter::open(&film, Arc::default()).unwrap();
        let span_ns = (0, ns(12.0));
        let target = dir.path().join("cut");
        let mut muxer = cutter.muxer(&target, &cutter.format, span_ns).unwrap();
        let feed = cutter.feed_from(Delivery::Tracks, None).unwrap().unwrap();
        let end_ns = cutter
            .fill(&mut muxer, feed, whole(), span_ns, Place::alone(0))
            .unwrap();
        assert_eq!(end_ns, Some(ns(12.0)), "{name}");
        let n_bytes = muxer.queued_bytes();
        assert!(n_bytes < 2 * MAX_QUEUED_BYTES, "{name}: {n_bytes} bytes");
        muxer.finish().unwrap();
    }
}

#[test]
fn sound_after_a_long_silence_is_cut_too() {
    let dir = tempfile::tempdir().unwrap();
    let is_heard = |at_ms| !(1_000..9_000).contains(&at_ms);
    let film = film(dir.path(), "film.mkv", "matroskamux", is_heard);
    let cut = dir.path().join("cut.mkv");
    let cutter = Cutter::open(&film, Arc::default()).unwrap();
    cutter.cut(TimeSpan::new(0.0, 12.0), &cut).unwrap();
    let times = sound_times(&cut);
    assert_eq!(times.len(), sound_times(&film).len());
    assert!(times.iter().any(|time_ns| *time_ns > ns(11.0)), "{times:?}");
}
