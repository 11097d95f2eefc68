//! One frame per clip, exactly the one a player would show at the clip's centre.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use image::RgbImage;
use image::imageops::{self, FilterType};

use crate::domain::ClipIndex;
use crate::video::file::error::VideoError;
use crate::video::file::source::Source;
use crate::video::file::timing::secs;
use crate::video::sample::frame::{SampledFrame, SamplerOptions, Strategy};
use crate::video::sample::packet_pass::PacketPass;
use crate::video::sample::packet_source::PassEnd;
use crate::video::sample::sequential_pass::SequentialPass;

enum Pass {
    Packets(Box<PacketPass>),
    Sequential(Box<SequentialPass>),
    Done,
}

/// Delivers the frames of all clips in order, one at a time: memory does not grow with the video.
///
/// It stops at an error. Damage after the first frame is not an error: the readable part is
/// delivered, and [`Sampler::warning`] says so.
///
/// ```no_run
/// # use vcl::video::{Sampler, SamplerOptions, VideoError};
/// let mut sampler = Sampler::open("holiday.mp4".as_ref(), SamplerOptions::default())?;
/// for frame in &mut sampler {
///     let frame = frame?;
///     println!("{frame:?}");
/// }
/// println!("{:?} s", sampler.finished_duration_secs());
/// # Ok::<(), VideoError>(())
/// ```
pub struct Sampler {
    source: Source,
    options: SamplerOptions,
    pass: Pass,
    finished_secs: Option<f64>,
    warning: Option<String>,
}

impl Sampler {
    /// Opens a file and prepares its first frame.
    ///
    /// # Errors
    /// As for [`Source::open`] and [`Self::new`].
    pub fn open(path: &Path, options: SamplerOptions) -> Result<Self, VideoError> {
        Self::new(&Source::open(path)?, options)
    }

    /// Prepares the first frame of an opened file.
    ///
    /// # Errors
    /// Everything that makes the file unusable from the start; see [`VideoError`].
    pub fn new(source: &Source, options: SamplerOptions) -> Result<Self, VideoError> {
        // Several parts are decoded in order: what lies before each of them is needed, but not shown.
        let has_parts = !source.edits().is_empty() && options.strategy == Strategy::Auto;
        let pass = if options.strategy == Strategy::Sequential || has_parts {
            sequential(source, &options, options.first_clip)?
        } else {
            match PacketPass::open(source, &options) {
                Ok(pass) => Pass::Packets(Box::new(pass)),
                Err(PassEnd::Video(error)) => return Err(error),
                Err(PassEnd::Doubt(reason)) => {
                    fall_back(source, &options, options.first_clip, &reason)?
                }
            }
        };
        Ok(Self {
            source: source.clone(),
            options,
            pass,
            finished_secs: None,
            warning: None,
        })
    }

    /// What the user should know of the file, once the last frame was delivered: that only a part of it
    /// could be used, which of several tracks it was, that the file is still growing. One line.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// The true length, known once the last frame was delivered.
    pub fn finished_duration_secs(&self) -> Option<f64> {
        self.finished_secs
    }

    fn finish(&mut self, duration_ns: i64, problem: Option<&VideoError>) {
        let duration_secs = secs(duration_ns);
        self.finished_secs = Some(duration_secs);
        self.pass = Pass::Done;
        let path = self.source.path();
        if let Some(problem) = problem {
            log::debug!("{}: ended by {problem}", path.display());
        }
        let is_truncated = self.source.is_truncated();
        let partial = VideoError::partial_warning(problem, is_truncated, path, duration_secs);
        let notes: Vec<_> = partial.into_iter().chain(self.source.notes()).collect();
        self.warning = Some(notes.join("; ")).filter(|notes| !notes.is_empty());
    }

    fn step(&mut self) -> Result<Option<SampledFrame>, VideoError> {
        loop {
            let (first, reason) = match &mut self.pass {
                Pass::Done => return Ok(None),
                Pass::Packets(pass) => match pass.next() {
                    Ok(Some(frame)) => return Ok(Some(frame)),
                    Ok(None) => {
                        let problem = pass.problem().cloned();
                        let duration_ns = pass.duration_ns();
                        self.finish(duration_ns, problem.as_ref());
                        return Ok(None);
                    }
                    Err(PassEnd::Video(error)) => return Err(error),
                    Err(PassEnd::Doubt(reason)) => (pass.next_clip(), reason),
                },
                Pass::Sequential(pass) => match pass.next()? {
                    Some(frame) => return Ok(Some(frame)),
                    None => {
                        let problem = pass.problem().cloned();
                        let duration_ns = pass.duration_ns();
                        self.finish(duration_ns, problem.as_ref());
                        return Ok(None);
                    }
                },
            };
            self.pass = Pass::Done;
            self.pass = fall_back(&self.source, &self.options, first, &reason)?;
        }
    }
}

impl Iterator for Sampler {
    type Item = Result<SampledFrame, VideoError>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.step();
        if result.is_err() {
            self.pass = Pass::Done;
        }
        result.transpose()
    }
}

fn sequential(
    source: &Source,
    options: &SamplerOptions,
    first: ClipIndex,
) -> Result<Pass, VideoError> {
    SequentialPass::open(source, options, first).map(|pass| Pass::Sequential(Box::new(pass)))
}

/// Continues by decoding every frame, unless the options forbid it.
fn fall_back(
    source: &Source,
    options: &SamplerOptions,
    first: ClipIndex,
    reason: &str,
) -> Result<Pass, VideoError> {
    if options.strategy == Strategy::PacketsOnly {
        return Err(VideoError::Decode {
            path: source.path().to_path_buf(),
            reason: reason.to_owned(),
        });
    }
    log::info!(
        "{}: decoding every frame from clip {} on: {reason}",
        source.path().display(),
        first.0
    );
    sequential(source, options, first)
}

/// The frame of the clip at `time_secs`, scaled to `height`; `None` after the end. If the file can
/// be searched, only the frames around it are read.
///
/// # Errors
/// As [`Sampler::new`]; [`VideoError::Cancelled`] once `cancel` is set.
pub fn thumbnail(
    source: &Source,
    time_secs: f64,
    height: u32,
    cancel: Arc<AtomicBool>,
) -> Result<Option<RgbImage>, VideoError> {
    let frame = frame_of_clip(source, ClipIndex::at(time_secs), cancel)?;
    Ok(frame.map(|image| scaled(&image, height)))
}

/// The frame of a clip in full size; `None` after the end. If the file can be searched, only the
/// frames around it are read.
///
/// # Errors
/// As [`thumbnail`].
pub fn frame_of_clip(
    source: &Source,
    clip: ClipIndex,
    cancel: Arc<AtomicBool>,
) -> Result<Option<RgbImage>, VideoError> {
    let options = SamplerOptions {
        first_clip: clip,
        jumps: true,
        cancel,
        ..SamplerOptions::default()
    };
    let frame = Sampler::new(source, options)?.next().transpose()?;
    Ok(frame.map(|frame| frame.image))
}

/// The picture at this height, in the same shape.
pub(super) fn scaled(image: &RgbImage, height: u32) -> RgbImage {
    let (width, full_height) = image.dimensions();
    let ratio = f64::from(height) / f64::from(full_height.max(1));
    let width = (f64::from(width) * ratio).round().max(1.0) as u32;
    imageops::resize(image, width, height.max(1), FilterType::Triangle)
}
