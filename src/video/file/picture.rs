//! From a decoder's frame to the picture people see: RGB, square pixels, not interlaced, upright.

use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use image::RgbImage;
use image::imageops::{self, FilterType};

use crate::video::file::hdr::make_ordinary;
use crate::video::file::orientation::{Orientation, square_size};
use crate::video::file::transfer::Transfer;

/// Converts frames; keeps the conversion tables while the format stays the same.
#[derive(Default)]
pub(in crate::video) struct PictureMaker {
    converter: Option<(
        gst_video::VideoInfo,
        gst_video::VideoInfo,
        gst_video::VideoConverter,
    )>,
}

impl PictureMaker {
    pub fn picture(
        &mut self,
        buffer: &gst::BufferRef,
        info: &gst_video::VideoInfo,
        orientation: Orientation,
    ) -> Result<RgbImage, gst::glib::BoolError> {
        let source = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, info)?;
        let (out_info, converter) = self.converter(info)?;
        let mut converted = gst::Buffer::with_size(out_info.size())?;
        {
            let converted = converted.make_mut();
            let mut target =
                gst_video::VideoFrameRef::from_buffer_ref_writable(converted, out_info)?;
            converter.frame_ref(&source, &mut target);
        }
        let target = gst_video::VideoFrameRef::from_buffer_ref_readable(&converted, out_info)?;
        let (width, height) = (out_info.width(), out_info.height());
        let stride = target.plane_stride()[0] as usize;
        let row_bytes = width as usize * 3;
        let mut pixels = Vec::with_capacity(row_bytes * height as usize);
        for row in target.plane_data(0)?.chunks(stride).take(height as usize) {
            pixels.extend_from_slice(&row[..row_bytes]);
        }
        let mut image = RgbImage::from_raw(width, height, pixels)
            .ok_or_else(|| gst::glib::bool_error!("the converted frame is too small"))?;
        make_ordinary(&mut image, Transfer::of(info));
        if is_interlaced(buffer, info) {
            keep_first_field(&mut image, top_comes_first(buffer, info));
        }
        let (width, height) = square_size(width, height, out_info.par());
        if (width, height) != image.dimensions() {
            image = imageops::resize(&image, width, height, FilterType::CatmullRom);
        }
        Ok(upright(image, orientation))
    }

    fn converter(
        &mut self,
        info: &gst_video::VideoInfo,
    ) -> Result<(&gst_video::VideoInfo, &gst_video::VideoConverter), gst::glib::BoolError> {
        let is_ready = self.converter.as_ref().is_some_and(|(of, ..)| of == info);
        if !is_ready {
            // The converter mixes up the colours of the two fields when it scales them
            // (GStreamer 1.22), so interlaced frames are scaled after the second field is gone.
            let is_progressive =
                info.interlace_mode() == gst_video::VideoInterlaceMode::Progressive;
            let (width, height, par) = if is_progressive {
                let (width, height) = square_size(info.width(), info.height(), info.par());
                (width, height, gst::Fraction::new(1, 1))
            } else {
                (info.width(), info.height(), info.par())
            };
            let out_info =
                gst_video::VideoInfo::builder(gst_video::VideoFormat::Rgb, width, height)
                    .fps(info.fps())
                    .par(par)
                    .interlace_mode(info.interlace_mode())
                    .build()?;
            let converter = gst_video::VideoConverter::new(info, &out_info, None)?;
            self.converter = Some((info.clone(), out_info, converter));
        }
        match &self.converter {
            Some((_, out_info, converter)) => Ok((out_info, converter)),
            None => Err(gst::glib::bool_error!("no converter")),
        }
    }
}

/// The picture turned upright.
fn upright(mut image: RgbImage, orientation: Orientation) -> RgbImage {
    if orientation.mirrored {
        imageops::flip_horizontal_in_place(&mut image);
    }
    match orientation.quarter_turns {
        1 => imageops::rotate90(&image),
        2 => imageops::rotate180(&image),
        3 => imageops::rotate270(&image),
        _ => image,
    }
}

/// Whether the lines of the frame were taken at two moments.
fn is_interlaced(buffer: &gst::BufferRef, info: &gst_video::VideoInfo) -> bool {
    match info.interlace_mode() {
        gst_video::VideoInterlaceMode::Interleaved => true,
        gst_video::VideoInterlaceMode::Mixed => {
            let flags = buffer.video_flags();
            flags.contains(gst_video::VideoBufferFlags::INTERLACED)
        }
        _ => false,
    }
}

fn top_comes_first(buffer: &gst::BufferRef, info: &gst_video::VideoInfo) -> bool {
    match info.field_order() {
        gst_video::VideoFieldOrder::TopFieldFirst => true,
        gst_video::VideoFieldOrder::BottomFieldFirst => false,
        _ => {
            let flags = buffer.video_flags();
            flags.contains(gst_video::VideoBufferFlags::TFF)
        }
    }
}

/// Keeps the moment of the field that is shown first: each line of the other field becomes, byte by
/// byte, the median of itself and its two neighbours. Where nothing moves, that keeps the full
/// height; where something moves, it removes the comb of two moments, which no encoder has been
/// trained on.
fn keep_first_field(image: &mut RgbImage, is_top: bool) {
    let (row_bytes, n_rows) = (image.width() as usize * 3, image.height() as usize);
    if n_rows < 2 {
        return;
    }
    let pixels: &mut [u8] = image;
    for row in (usize::from(is_top)..n_rows).step_by(2) {
        let above = if row == 0 { 1 } else { row - 1 };
        let below = if row + 1 == n_rows { row - 1 } else { row + 1 };
        for x in 0..row_bytes {
            let (a, b) = (pixels[above * row_bytes + x], pixels[below * row_bytes + x]);
            let woven = &mut pixels[row * row_bytes + x];
            *woven = (*woven).clamp(a.min(b), a.max(b));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray_rows(rows: &[u8]) -> RgbImage {
        RgbImage::from_fn(2, rows.len() as u32, |_, y| {
            image::Rgb([rows[y as usize]; 3])
        })
    }

    #[test]
    fn combs_go_and_what_stands_still_stays() {
        let field = |rows: &[u8], is_top| {
            let mut image = gray_rows(rows);
            keep_first_field(&mut image, is_top);
            image
        };
        let comb = [200, 40, 200, 40, 200];
        assert_eq!(field(&comb, true), gray_rows(&[200; 5]));
        assert_eq!(field(&comb, false), gray_rows(&[40; 5]));
        let still = [10, 20, 30, 40, 50, 50];
        assert_eq!(field(&still, true), gray_rows(&still));
        assert_eq!(field(&[7], true), gray_rows(&[7]));
    }

    #[test]
    fn orientation_tags_turn_the_picture_upright() {
        // A red corner at the top left.
        let mut image = RgbImage::new(3, 2);
        image.put_pixel(0, 0, image::Rgb([255, 0, 0]));
        let corner = |mirrored, quarter_turns| {
            let orientation = Orientation {
                mirrored,
                quarter_turns,
            };
            let turned = upright(image.clone(), orientation);
            let found = turned
                .enumerate_pixels()
                .find(|(_, _, pixel)| pixel[0] == 255);
            let (x, y, _) = found.unwrap();
            (x, y, turned.width(), turned.height())
        };
        assert_eq!(corner(false, 0), (0, 0, 3, 2));
        assert_eq!(corner(false, 1), (1, 0, 2, 3));
        assert_eq!(corner(false, 2), (2, 1, 3, 2));
        assert_eq!(corner(false, 3), (0, 2, 2, 3));
        assert_eq!(corner(true, 0), (2, 0, 3, 2));
    }
}
