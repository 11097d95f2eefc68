//! A close look at a short part of a video: frames at any times, and where the picture changes.
//!
//! Every frame of the part is decoded, from the key frame before it on.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use image::RgbImage;

use crate::domain::{ClipIndex, TimeSpan};
use crate::video::file::error::VideoError;
use crate::video::file::gst_util::gst_error;
use crate::video::file::picture::PictureMaker;
use crate::video::file::source::Source;
use crate::video::file::timing::{TOLERANCE_NS, ns, secs};
use crate::video::sample::frame::SamplerOptions;
use crate::video::sample::sampler::scaled;
use crate::video::sample::sequential_pass::SequentialPass;

/// Across and down: two pictures are compared by so many points.
const GRID: (u32, u32) = (48, 27);

/// A change is at least so large, of 255, and so many times the usual difference around it: a pan differs
/// from frame to frame as well.
const LEAST_CHANGE: f32 = 10.0;
const TIMES_USUAL: f32 = 3.0;

/// So many differences before and after say what is usual.
const N_AROUND: usize = 12;

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct LookOptions {
    /// At each of these times, in this order, the frame that is on screen; they must not fall.
    pub times_secs: Vec<f64>,
    /// The frames are not higher than this.
    pub max_height: u32,
    /// In which part changes of the picture are looked for.
    pub changes_in: Option<TimeSpan>,
    /// Setting it stops: [`VideoError::Cancelled`].
    pub cancel: Arc<AtomicBool>,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// For each time its frame and when that begins; times after the end have the last one.
    pub frames: Vec<(f64, RgbImage)>,
    /// When the first frame of each new picture begins.
    pub changes_secs: Vec<f64>,
}

/// Looks at a part of a video.
///
/// # Errors
/// As for [`Sampler::new`](crate::video::Sampler::new).
pub fn look(source: &Source, options: &LookOptions) -> Result<Look, VideoError> {
    let changes_in = options.changes_in;
    let starts = changes_in.iter().map(|span| span.start_secs);
    let ends = changes_in.iter().map(|span| span.end_secs);
    let times = || options.times_secs.iter().copied();
    let first_secs = starts.chain(times()).fold(f64::INFINITY, f64::min);
    let last_secs = ends.chain(times()).fold(f64::NEG_INFINITY, f64::max);
    if first_secs > last_secs {
        return Ok(Look::default());
    }
    // The centre of this clip is not after the first time.
    let clip = ClipIndex::at(first_secs - 1.0);
    let sampler = SamplerOptions {
        first_clip: clip,
        jumps: true,
        cancel: Arc::clone(&options.cancel),
        ..SamplerOptions::default()
    };
    let mut pass = SequentialPass::open(source, &sampler, clip)?;
    let mut maker = PictureMaker::default();
    let mut seen = Look::default();
    let mut wanted = options.times_secs.iter().peekable();
    let mut differences = Vec::new();
    let mut last_grid: Option<Vec<u8>> = None;
    let mut shown = None;
    while let Some((time_ns, frame)) = pass.next_shown()? {
        let before = shown.replace((time_ns, frame));
        // The frame before is on screen until now.
        if let Some((start_ns, frame)) = before {
            let mut picture = None;
            while wanted
                .next_if(|secs| ns(**secs) + TOLERANCE_NS < time_ns)
                .is_some()
            {
                if picture.is_none() {
                    let made = maker
                        .picture(&frame.buffer, &frame.info, pass.orientation())
                        .map_err(gst_error)?;
                    picture = Some(fitted(&made, options.max_height));
                }
                seen.frames
                    .extend(picture.clone().map(|it| (secs(start_ns), it)));
            }
        }
        let is_looked_at =
            |span: TimeSpan| (ns(span.start_secs)..ns(span.end_secs)).contains(&time_ns);
        if let Some((_, frame)) = shown
            .as_ref()
            .filter(|_| changes_in.is_some_and(is_looked_at))
        {
            let image = maker
                .picture(&frame.buffer, &frame.info, pass.orientation())
                .map_err(gst_error)?;
            let grid = grid(&image);
            if let Some(last) = &last_grid {
                differences.push((secs(time_ns), difference(last, &grid)));
            }
            last_grid = Some(grid);
        }
        if secs(time_ns) > last_secs && wanted.peek().is_none() {
            break;
        }
    }
    if let (Some((start_ns, frame)), true) = (&shown, wanted.peek().is_some()) {
        let image = maker
            .picture(&frame.buffer, &frame.info, pass.orientation())
            .map_err(gst_error)?;
        let image = fitted(&image, options.max_height);
        let rest = wanted.map(|_| (secs(*start_ns), image.clone()));
        seen.frames.extend(rest);
    }
    seen.changes_secs = changes(&differences);
    Ok(seen)
}

fn fitted(image: &RgbImage, max_height: u32) -> RgbImage {
    match image.height() > max_height && max_height > 0 {
        true => scaled(image, max_height),
        false => image.clone(),
    }
}

/// A few points of the picture, evenly over it, three numbers each.
fn grid(image: &RgbImage) -> Vec<u8> {
    let (width, height) = image.dimensions();
    let mut points = Vec::with_capacity((GRID.0 * GRID.1 * 3) as usize);
    for row in 0..GRID.1 {
        for column in 0..GRID.0 {
            let x = (2 * column + 1) * width / (2 * GRID.0);
            let y = (2 * row + 1) * height / (2 * GRID.1);
            points.extend(image.get_pixel(x.min(width - 1), y.min(height - 1)).0);
        }
    }
    points
}

/// Mean over all points, 0 to 255.
fn difference(a: &[u8], b: &[u8]) -> f32 {
    let sum: u32 = a
        .iter()
        .zip(b)
        .map(|(a, b)| u32::from(a.abs_diff(*b)))
        .sum();
    sum as f32 / a.len().max(1) as f32
}

/// The times whose difference from the frame before stands out from those around.
fn changes(differences: &[(f64, f32)]) -> Vec<f64> {
    let stands_out = |at: usize| {
        let (_, own) = differences[at];
        let around = at.saturating_sub(N_AROUND)..(at + N_AROUND + 1).min(differences.len());
        let n_others = around.len().saturating_sub(1).max(1);
        let others: f32 = around.filter(|i| *i != at).map(|i| differences[i].1).sum();
        own >= LEAST_CHANGE && own >= TIMES_USUAL * others / n_others as f32
    };
    let indices = (0..differences.len()).filter(|at| stands_out(*at));
    indices.map(|at| differences[at].0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_stands_out_and_a_pan_does_not() {
        let of = |values: &[f32]| {
            let numbered = values.iter().zip(0..);
            let times: Vec<_> = numbered.map(|(value, i)| (f64::from(i), *value)).collect();
            changes(&times)
        };
        let mut still = vec![0.5; 30];
        assert_eq!(of(&still), [0.0; 0]);
        still[12] = 40.0;
        assert_eq!(of(&still), [12.0]);
        let mut pan = vec![15.0; 30];
        assert_eq!(of(&pan), [0.0; 0]);
        pan[20] = 90.0;
        assert_eq!(of(&pan), [20.0]);
        assert_eq!(of(&[]), [0.0; 0]);
    }
}
