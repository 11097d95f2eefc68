//! Pictures and samples into an MP4 file.
//!
//! ```text
//! appsrc (RGB) ! videoconvert ! x264enc ! h264parse ─┐
//!                                                   mp4mux faststart ! filesink
//! appsrc (f32) ! audioconvert ! AAC ! aacparse ──────┘
//! ```
//! `x264enc` runs twice, so that the small size goes where it is seen.

use std::path::Path;

use anyhow::{Context as _, bail};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;
use image::RgbImage;

use super::music::SAMPLES_PER_SECOND;

/// What is to be encoded.
#[derive(Clone, Copy)]
pub struct Film<'a> {
    /// Width and height in pixels.
    pub size: (u32, u32),
    pub frames_per_second: u32,
    pub n_frames: u64,
    /// The picture at a time in seconds.
    pub frame: &'a dyn Fn(f64) -> RgbImage,
    /// Stereo samples.
    pub audio: &'a [[f32; 2]],
}

const VIDEO_KBIT_PER_SECOND: u32 = 180;
const AUDIO_BIT_PER_SECOND: i32 = 56_000;

/// Encodes the film.
///
/// # Errors
/// When an encoder is not installed or fails; the message says which.
pub fn encode(path: &Path, film: Film<'_>) -> anyhow::Result<()> {
    gst::init()?;
    let statistics = std::env::temp_dir().join(format!("vcl-demo-{}.log", std::process::id()));
    let statistics_text = statistics.to_string_lossy();
    let location = path.to_string_lossy();
    let video = |pass: &str| {
        format!(
            "appsrc name=video format=time block=true max-bytes=20000000 ! queue ! videoconvert \
             ! video/x-raw,format=I420 \
             ! x264enc pass={pass} multipass-cache-file=\"{statistics_text}\" \
               bitrate={VIDEO_KBIT_PER_SECOND} vbv-buf-capacity=10000 speed-preset=slow psy-tune=animation \
               key-int-max=100 bframes=3 option-string=\"qcomp=0.75\" \
             ! video/x-h264,profile=high"
        )
    };
    eprintln!("first pass");
    run(&format!("{} ! fakesink", video("pass1")), film, false)?;
    eprintln!("second pass");
    let aac = first_installed(&["avenc_aac", "fdkaacenc", "voaacenc"])?;
    let description = format!(
        "{} ! h264parse ! queue ! mux. \
         appsrc name=audio format=time ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 \
         ! audioconvert ! {aac} bitrate={AUDIO_BIT_PER_SECOND} ! aacparse ! queue ! mux. \
         mp4mux name=mux faststart=true ! filesink location=\"{location}\"",
        video("pass2")
    );
    let result = run(&description, film, true);
    for ending in ["", ".mbtree", ".temp", ".mbtree.temp"] {
        let _ = std::fs::remove_file(format!("{statistics_text}{ending}"));
    }
    result
}

fn first_installed(names: &[&'static str]) -> anyhow::Result<&'static str> {
    names
        .iter()
        .copied()
        .find(|name| gst::ElementFactory::find(name).is_some())
        .with_context(|| format!("none of these is installed: {}", names.join(", ")))
}

fn run(description: &str, film: Film<'_>, with_audio: bool) -> anyhow::Result<()> {
    let pipeline = gst::parse::launch(description)?
        .downcast::<gst::Pipeline>()
        .map_err(|_| anyhow::anyhow!("the encoder is no pipeline"))?;
    let source = |name: &str| {
        pipeline
            .by_name(name)
            .and_then(|element| element.downcast::<AppSrc>().ok())
            .with_context(|| format!("the pipeline has no source named {name}"))
    };
    let video = source("video")?;
    video.set_caps(Some(
        &gst::Caps::builder("video/x-raw")
            .field("format", "RGB")
            .field("width", film.size.0 as i32)
            .field("height", film.size.1 as i32)
            .field(
                "framerate",
                gst::Fraction::new(film.frames_per_second as i32, 1),
            )
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
            .build(),
    ));
    let audio = if with_audio {
        let audio = source("audio")?;
        audio.set_caps(Some(
            &gst::Caps::builder("audio/x-raw")
                .field("format", "F32LE")
                .field("rate", SAMPLES_PER_SECOND as i32)
                .field("channels", 2)
                .field("layout", "interleaved")
                .build(),
        ));
        Some(audio)
    } else {
        None
    };
    pipeline.set_state(gst::State::Playing)?;
    let pushed = push(&video, audio.as_ref(), film);
    let bus = pipeline.bus().context("the pipeline has no bus")?;
    // Without all the pictures there is no end of stream to wait for.
    let patience = pushed.is_ok().then(|| gst::ClockTime::from_seconds(300));
    let message = bus.timed_pop_filtered(
        patience.unwrap_or(gst::ClockTime::from_seconds(1)),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    pipeline.set_state(gst::State::Null)?;
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Error(error)) => bail!("encoding failed: {}", error.error()),
        Some(_) => pushed,
        None => pushed.and_then(|()| bail!("the encoder did not finish")),
    }
}

fn push(video: &AppSrc, audio: Option<&AppSrc>, film: Film<'_>) -> anyhow::Result<()> {
    let second = gst::ClockTime::SECOND.nseconds();
    let rate = u64::from(film.frames_per_second);
    let samples_per_frame = SAMPLES_PER_SECOND / film.frames_per_second as usize;
    for i in 0..film.n_frames {
        let picture = (film.frame)(i as f64 / rate as f64);
        let mut buffer = gst::Buffer::from_slice(picture.into_raw());
        stamp(&mut buffer, i * second / rate, (i + 1) * second / rate);
        video.push_buffer(buffer)?;
        if let Some(audio) = audio {
            let first = i as usize * samples_per_frame;
            let samples = film.audio.iter().skip(first).take(samples_per_frame);
            let bytes: Vec<u8> = samples.flatten().flat_map(|x| x.to_le_bytes()).collect();
            let mut buffer = gst::Buffer::from_slice(bytes);
            stamp(&mut buffer, i * second / rate, (i + 1) * second / rate);
            audio.push_buffer(buffer)?;
        }
        if i % 100 == 0 {
            eprint!("\r{i} of {} pictures", film.n_frames);
        }
    }
    eprintln!("\r{0} of {0} pictures", film.n_frames);
    video.end_of_stream()?;
    if let Some(audio) = audio {
        audio.end_of_stream()?;
    }
    Ok(())
}

fn stamp(buffer: &mut gst::Buffer, from: u64, to: u64) {
    // A buffer that was just made has no other owner.
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(gst::ClockTime::from_nseconds(from));
        buffer.set_duration(gst::ClockTime::from_nseconds(to - from));
    }
}
