//! A picture to search for, and where it is taken from.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use egui::{Pos2, Rect, pos2};
use image::RgbImage;
use image::imageops::crop_imm;

use crate::domain::{ClipIndex, Query, file_name, format_timestamp};
use crate::engine::{picture_query, query_picture};
use crate::video::player::VideoFrame;
use crate::video::{Source, frame_of_clip};

/// A smaller part is no picture but a slip of the hand.
const LEAST_PIXELS: f32 = 8.0;

/// What the user points at.
#[derive(Clone, Debug, PartialEq)]
pub enum Shot {
    /// A JPEG or PNG file.
    File(PathBuf),
    /// What is on screen of the open video, or a part of it.
    OnScreen(Option<Part>),
    /// The frame that stands for a clip.
    Clip { video: PathBuf, clip: ClipIndex },
}

/// A part of a picture: `[0, 1]` from left to right and from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Part {
    /// Between two corners on a picture that is shown in `target`.
    pub fn between(target: Rect, from: Pos2, to: Pos2) -> Self {
        let part = Rect::from_two_pos(target.clamp(from), target.clamp(to));
        let (width, height) = (target.width().max(1.0), target.height().max(1.0));
        Self {
            left: (part.left() - target.left()) / width,
            top: (part.top() - target.top()) / height,
            right: (part.right() - target.left()) / width,
            bottom: (part.bottom() - target.top()) / height,
        }
    }

    /// Where it is on a picture that is shown in `target`.
    pub fn on(self, target: Rect) -> Rect {
        let at = |x, y| {
            pos2(
                target.left() + x * target.width(),
                target.top() + y * target.height(),
            )
        };
        Rect::from_min_max(at(self.left, self.top), at(self.right, self.bottom))
    }

    fn of(self, image: &RgbImage) -> Option<RgbImage> {
        let (width, height) = (image.width() as f32, image.height() as f32);
        let (part_width, part_height) = (
            (self.right - self.left) * width,
            (self.bottom - self.top) * height,
        );
        if part_width < LEAST_PIXELS || part_height < LEAST_PIXELS {
            return None;
        }
        let (x, y) = ((self.left * width) as u32, (self.top * height) as u32);
        Some(crop_imm(image, x, y, part_width as u32, part_height as u32).to_image())
    }
}

/// A shot whose picture is at hand, or can be read without the window.
pub enum Taken {
    File(PathBuf),
    Frame {
        frame: Arc<VideoFrame>,
        part: Option<Part>,
        /// Of the video.
        name: String,
    },
    Clip {
        video: PathBuf,
        clip: ClipIndex,
    },
}

impl Taken {
    /// Reads and converts; takes from milliseconds to as long as a slow disk needs.
    ///
    /// # Errors
    /// One sentence for the user.
    pub fn query(self, cancel: Arc<AtomicBool>) -> Result<Query, String> {
        match self {
            Self::File(path) => picture_query(&path).map_err(|error| error.to_string()),
            Self::Frame { frame, part, name } => {
                let time = format_timestamp(frame.time_secs());
                let image = frame.picture();
                let image = image.ok_or("this frame cannot be searched for: go to another one")?;
                match part {
                    None => as_query(&image, &format!("{name} at {time}")),
                    Some(part) => {
                        let image = part.of(&image);
                        let image = image.ok_or("this part is too small: draw a larger one")?;
                        as_query(&image, &format!("part of {name} at {time}"))
                    }
                }
            }
            Self::Clip { video, clip } => {
                let name = file_name(&video);
                let time = format_timestamp(clip.centre_secs());
                let frame = Source::open(&video)
                    .and_then(|source| frame_of_clip(&source, clip, cancel))
                    .map_err(|error| error.to_string())?;
                let image = frame.ok_or_else(|| format!("{name} has no frame at {time}"))?;
                as_query(&image, &format!("{name} at {time}"))
            }
        }
    }
}

fn as_query(image: &RgbImage, title: &str) -> Result<Query, String> {
    let picture = query_picture(image).ok_or("there is nothing to see")?;
    Ok(Query::of_picture(picture, title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_what_lies_between_two_corners_on_the_picture() {
        let target = Rect::from_min_max(pos2(10.0, 20.0), pos2(210.0, 120.0));
        let part = Part::between(target, pos2(160.0, 70.0), pos2(60.0, 900.0));
        let expected = Part {
            left: 0.25,
            top: 0.5,
            right: 0.75,
            bottom: 1.0,
        };
        assert_eq!(part, expected);
        assert_eq!(part.on(target).min, pos2(60.0, 70.0));
        let image = RgbImage::from_fn(40, 20, |x, y| image::Rgb([x as u8, y as u8, 0]));
        let cut = part.of(&image).unwrap();
        assert_eq!(cut.dimensions(), (20, 10));
        assert_eq!(cut.get_pixel(0, 0).0, [10, 10, 0]);
        let slip = Part::between(target, pos2(60.0, 70.0), pos2(62.0, 90.0));
        assert_eq!(slip.of(&image), None);
    }
}
