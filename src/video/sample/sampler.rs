//! One frame per clip, exactly the one a player would show at the clip's centre.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use image::RgbImage;
use image::imageops::{self, FilterType};

use super::packet_pass::PacketPass;
use super::packet_source::PassEnd;
use super::sequential_pass::SequentialPass;
use super::timing::secs;
use super::{VideoError, cut_off};
use crate::domain::ClipIndex;

/// The picture that stands for a clip.
#[derive(Clone)]
pub struct SampledFrame {
    pub clip: ClipIndex,
    /// When the frame is shown; zero is the first frame of the video.
    pub time_secs: f64,
    /// Upright, with square pixels, full size.
    pub image: RgbImage,
}

impl std::fmt::Debug for SampledFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (width, height) = self.image.dimensions();
        write!(
            f,
            "clip {} at {:.3} s, {width}×{height}",
            self.clip.0, self.time_secs
        )
    }
}

/// How the frames are got; the result is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Decode only what is needed, and everything where that is in doubt.
    #[default]
    Auto,
    /// Decode everything.
    Sequential,
    /// As `Auto`, but an error where it would decode everything; for tests and measurements.
    PacketsOnly,
}

#[derive(Clone, Debug)]
pub struct SamplerOptions {
    /// Where to go on after an interruption; earlier clips are not delivered.
    pub first_clip: ClipIndex,
    /// Jump to the first clip rather than read all that comes before it. Takes as long for every
    /// clip, but relies on the container's index, so it is for looking at one clip.
    pub jumps: bool,
    /// Set by anyone: the next item is [`VideoError::Cancelled`], then nothing.
    pub cancel: Arc<AtomicBool>,
    pub strategy: Strategy,
}

impl Default for SamplerOptions {
    fn default() -> Self {
        Self {
            first_clip: ClipIndex(0),
            jumps: false,
            cancel: Arc::default(),
            strategy: Strategy::Auto,
        }
    }
}

enum Pass {
    Packets(Box<PacketPass>),
    Sequential(Box<SequentialPass>),
    Done,
}

/// Delivers the frames of all clips in order, one at a time: memory does not grow with the video.
///
/// An error ends it. Damage after the first frame is no error: the readable part is delivered and
/// [`Sampler::warning`] tells about it.
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
    path: PathBuf,
    options: SamplerOptions,
    pass: Pass,
    finished_secs: Option<f64>,
    warning: Option<String>,
}

impl Sampler {
    /// # Errors
    /// Everything that makes the file unusable from the start; see [`VideoError`].
    pub fn open(path: &Path, options: SamplerOptions) -> Result<Self, VideoError> {
        VideoError::check_file(path)?;
        let pass = if options.strategy == Strategy::Sequential {
            sequential(path, &options, options.first_clip)?
        } else {
            match PacketPass::open(path, &options) {
                Ok(pass) => Pass::Packets(Box::new(pass)),
                Err(PassEnd::Video(error)) => return Err(error),
                Err(PassEnd::Doubt(reason)) => {
                    go_sequential(path, &options, options.first_clip, &reason)?
                }
            }
        };
        Ok(Self {
            path: path.to_path_buf(),
            options,
            pass,
            finished_secs: None,
            warning: None,
        })
    }

    /// Set when only a part of the file could be used: one sentence for the user.
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
        let is_cut_off = cut_off::is_cut_off(&self.path);
        if let Some(problem) = problem {
            log::debug!("{}: ended by {problem}", self.path.display());
        }
        self.warning = VideoError::told_of_part(problem, is_cut_off, &self.path, duration_secs);
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
            self.pass = go_sequential(&self.path, &self.options, first, &reason)?;
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

fn sequential(path: &Path, options: &SamplerOptions, first: ClipIndex) -> Result<Pass, VideoError> {
    SequentialPass::open(path, options, first).map(|pass| Pass::Sequential(Box::new(pass)))
}

fn go_sequential(
    path: &Path,
    options: &SamplerOptions,
    first: ClipIndex,
    reason: &str,
) -> Result<Pass, VideoError> {
    if options.strategy == Strategy::PacketsOnly {
        return Err(VideoError::Decode {
            path: path.to_path_buf(),
            reason: reason.to_owned(),
        });
    }
    log::info!(
        "{}: decoding every frame from clip {} on: {reason}",
        path.display(),
        first.0
    );
    sequential(path, options, first)
}

/// The frame of the clip at `time_secs`, scaled to `height`; `None` behind the end. Only the group
/// around it is read where the file can be searched.
///
/// # Errors
/// As [`Sampler::open`]; [`VideoError::Cancelled`] once `cancel` is set.
pub fn thumbnail(
    path: &Path,
    time_secs: f64,
    height: u32,
    cancel: Arc<AtomicBool>,
) -> Result<Option<RgbImage>, VideoError> {
    let options = SamplerOptions {
        first_clip: ClipIndex::at(time_secs),
        jumps: true,
        cancel,
        strategy: Strategy::Auto,
    };
    let frame = Sampler::open(path, options)?.next().transpose()?;
    Ok(frame.map(|frame| scaled(&frame.image, height)))
}

/// A picture of this height, its shape kept.
pub(super) fn scaled(image: &RgbImage, height: u32) -> RgbImage {
    let (width, full_height) = image.dimensions();
    let ratio = f64::from(height) / f64::from(full_height.max(1));
    let width = (f64::from(width) * ratio).round().max(1.0) as u32;
    imageops::resize(image, width, height.max(1), FilterType::Triangle)
}
