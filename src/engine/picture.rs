//! Pictures as queries: from a file to pixels, and from pixels to directions.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits, RgbImage};

use crate::domain::{Picture, Query, UnitVector, file_name, foreign};
use crate::engine::{Engine, EngineError};
use crate::find::PictureTarget;

/// A larger file is no picture that somebody looks for.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// Of a file: what is read of it takes three bytes each.
const MAX_FILE_PIXELS: u64 = 100_000_000;

/// Of a query: an encoder sees some hundred pixels square, and the pixels are kept.
const MAX_QUERY_PIXELS: f64 = 1_000_000.0;

/// Of the files that [`read_picture`] reads.
pub const PICTURE_EXTENSIONS: [&str; 3] = ["jpg", "jpeg", "png"];

/// Along each edge, of a picture in disorder.
const N_BLOCKS: usize = 7;

/// Why a file is not the picture that is looked for.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{} is not a picture that can be read: give a JPEG or PNG file", .0.display())]
    NotAPicture(PathBuf),
    #[error("{} is not usable: {reason}; give a picture that is whole", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error(
        "{} has {width}×{height} pixels: more than {} million are not read, so shrink it first",
        path.display(), MAX_FILE_PIXELS / 1_000_000
    )]
    TooManyPixels {
        path: PathBuf,
        width: u32,
        height: u32,
    },
    #[error("{} is too large for a picture: shrink it first", .0.display())]
    TooLarge(PathBuf),
    #[error("this picture is not kept here any more: search for it again from its file or video")]
    Forgotten,
}

/// Whether the name of a file is that of a picture.
pub fn is_picture_name(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let mut known = PICTURE_EXTENSIONS.iter();
    known.any(|name| extension.eq_ignore_ascii_case(name))
}

/// The picture in a JPEG or PNG file, upright and in colour, of full size. What is transparent has the
/// colour that is stored below, as Pillow converts to RGB.
///
/// # Errors
/// [`PictureError`] names the file and what is wrong with it.
pub fn read_picture(path: &Path) -> Result<RgbImage, PictureError> {
    let read = |cause| PictureError::Read {
        path: path.to_owned(),
        cause,
    };
    if std::fs::metadata(path).map_err(read)?.len() > MAX_FILE_BYTES {
        return Err(PictureError::TooLarge(path.to_owned()));
    }
    let bytes = std::fs::read(path).map_err(read)?;
    decode_picture(&bytes, path)
}

fn decode_picture(bytes: &[u8], path: &Path) -> Result<RgbImage, PictureError> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.ok().filter(|reader| reader.format().is_some());
    let not_a_picture = || PictureError::NotAPicture(path.to_owned());
    let mut reader = reader.ok_or_else(not_a_picture)?;
    if !reader
        .format()
        .is_some_and(|format| format.reading_enabled())
    {
        return Err(not_a_picture());
    }
    let damaged = |reason: String| PictureError::Damaged {
        path: path.to_owned(),
        reason,
    };
    if is_cut_off(bytes) {
        return Err(damaged("its end is missing".to_owned()));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(8 * MAX_FILE_PIXELS);
    reader.limits(limits);
    let decoder = foreign(|| {
        let mut decoder = reader.into_decoder()?;
        let orientation = decoder.orientation()?;
        Ok::<_, image::ImageError>((decoder, orientation))
    });
    let (decoder, orientation) = decoder.map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_FILE_PIXELS {
        return Err(PictureError::TooManyPixels {
            path: path.to_owned(),
            width,
            height,
        });
    }
    let mut image = foreign(|| DynamicImage::from_decoder(decoder)).map_err(damaged)?;
    image.apply_orientation(orientation);
    Ok(image.to_rgb8())
}

/// A JPEG whose last scan has no end: its decoder would paint the rest grey.
fn is_cut_off(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    let is_jpeg = bytes.starts_with(&[0xff, 0xd8]);
    is_jpeg && last(0xda).is_some_and(|scan| last(0xd9).is_none_or(|end| end < scan))
}

/// Pixels as a query has them: shrunk where there are more than a million. `None` without a pixel.
pub fn query_picture(image: &RgbImage) -> Option<Picture> {
    let (width, height) = image.dimensions();
    let n_pixels = f64::from(width) * f64::from(height);
    if n_pixels <= MAX_QUERY_PIXELS {
        return Picture::new(width, height, image.as_raw().clone());
    }
    let scale = (MAX_QUERY_PIXELS / n_pixels).sqrt();
    let side = |n: u32| (f64::from(n) * scale).round().max(1.0) as u32;
    let small = imageops::resize(image, side(width), side(height), FilterType::CatmullRom);
    Picture::new(small.width(), small.height(), small.into_raw())
}

/// A file as a query, by the name of the file.
///
/// # Errors
/// As [`read_picture`].
pub fn picture_query(path: &Path) -> Result<Query, PictureError> {
    let picture = query_picture(&read_picture(path)?);
    let picture = picture.ok_or_else(|| PictureError::NotAPicture(path.to_owned()))?;
    Ok(Query::of_picture(picture, &file_name(path)))
}

/// The pixels of a query's picture as a PNG file, to keep them.
///
/// # Errors
/// What the encoder says.
pub fn picture_png(picture: &Picture) -> Result<Vec<u8>, String> {
    let mut bytes = Cursor::new(Vec::new());
    let (rgb, kind) = (picture.rgb(), image::ExtendedColorType::Rgb8);
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    image::ImageEncoder::write_image(encoder, rgb, picture.width(), picture.height(), kind)
        .map_err(|error| error.to_string())?;
    Ok(bytes.into_inner())
}

/// What [`picture_png`] gave, if the file is sound and is this picture.
pub fn known_picture(png: &[u8], key: &str) -> Option<Picture> {
    let image = decode_picture(png, Path::new(key)).ok()?;
    let picture = Picture::new(image.width(), image.height(), image.into_raw())?;
    (picture.key().as_ref() == key).then_some(picture)
}

impl Engine {
    /// A picture as clips are compared with it, and what it has in common with anything.
    pub(super) fn embed_picture(
        &mut self,
        picture: &Picture,
    ) -> Result<PictureTarget, EngineError> {
        let pixels = picture.rgb().to_vec();
        let image = RgbImage::from_raw(picture.width(), picture.height(), pixels);
        let image = image.unwrap_or_default();
        let images = [
            image.clone(),
            in_disorder(&image, 3),
            in_disorder(&image, 5),
        ];
        // Of several squares the middle one, which is the model's own.
        let preprocess = self.encoder.preprocessor().framed(self.framing());
        let pixels: Vec<_> = images.iter().map(|it| preprocess.apply(it)).collect();
        let features = self.encode_images(&pixels)?;
        let mut directions = UnitVector::of_rows(&features, self.encoder.dim()).into_iter();
        Ok(PictureTarget {
            direction: directions
                .next()
                .unwrap_or_else(|| UnitVector::normalised(Vec::new())),
            disorder: directions.collect(),
            calibration: self.encoder.calibration(),
        })
    }
}

/// The blocks of the picture in another order: columns become rows, and these are `step` apart.
fn in_disorder(image: &RgbImage, step: usize) -> RgbImage {
    let (width, height) = image.dimensions();
    let (block_width, block_height) = (width / N_BLOCKS as u32, height / N_BLOCKS as u32);
    if block_width == 0 || block_height == 0 {
        return image.clone();
    }
    let mut mixed = image.clone();
    for block in 0..N_BLOCKS * N_BLOCKS {
        let (column, row) = (block % N_BLOCKS, block / N_BLOCKS);
        let (x, y) = (
            row as u32 * block_width,
            (column * step % N_BLOCKS) as u32 * block_height,
        );
        let part = imageops::crop_imm(image, x, y, block_width, block_height).to_image();
        let (x, y) = (column as u32 * block_width, row as u32 * block_height);
        imageops::replace(&mut mixed, &part, i64::from(x), i64::from(y));
    }
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(image: &RgbImage, format: image::ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn gradient(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([x as u8, y as u8, (x ^ y) as u8])
        })
    }

    #[test]
    fn what_is_cut_off_damaged_or_no_picture_is_told_apart() {
        let path = Path::new("a.jpg");
        let image = gradient(64, 48);
        for format in [image::ImageFormat::Png, image::ImageFormat::Jpeg] {
            let bytes = encoded(&image, format);
            let read = decode_picture(&bytes, path).unwrap();
            assert_eq!(read.dimensions(), (64, 48));
            for n in [bytes.len() / 2, bytes.len() - 20, 40, 12] {
                let error = decode_picture(&bytes[..n], path).unwrap_err();
                assert!(
                    matches!(error, PictureError::Damaged { .. }),
                    "{n}: {error}"
                );
            }
        }
        for bytes in [&b""[..], b"a beach", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 "] {
            let error = decode_picture(bytes, path).unwrap_err();
            assert!(matches!(error, PictureError::NotAPicture(_)), "{error}");
        }
    }

    #[test]
    fn a_header_that_promises_too_much_is_not_believed() {
        let mut bytes = encoded(&gradient(4, 4), image::ImageFormat::Png);
        bytes[16..20].copy_from_slice(&40_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&40_000_u32.to_be_bytes());
        let crc = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        let error = decode_picture(&bytes, Path::new("a.png")).unwrap_err();
        let PictureError::TooManyPixels { width, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(width, 40_000);
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let step = |crc: u32, byte: &u8| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
            })
        };
        !bytes.iter().fold(!0, step)
    }

    #[test]
    fn large_pictures_are_shrunk_to_a_million_pixels_in_the_same_shape() {
        let small = query_picture(&gradient(30, 20)).unwrap();
        assert_eq!((small.width(), small.height()), (30, 20));
        let large = query_picture(&gradient(4000, 1000)).unwrap();
        assert_eq!((large.width(), large.height()), (2000, 500));
        assert!(query_picture(&RgbImage::new(0, 5)).is_none());
    }

    #[test]
    fn disorder_keeps_every_block_and_moves_nearly_all() {
        let image = RgbImage::from_fn(14, 14, |x, y| image::Rgb([(x / 2) as u8, (y / 2) as u8, 0]));
        for step in [3, 5] {
            let mixed = in_disorder(&image, step);
            let sorted = |image: &RgbImage| {
                let mut pixels: Vec<_> = image.pixels().map(|pixel| pixel.0).collect();
                pixels.sort_unstable();
                pixels
            };
            assert_eq!(sorted(&mixed), sorted(&image));
            let kept = mixed.pixels().zip(image.pixels()).filter(|(a, b)| a == b);
            assert!(kept.count() <= 4 * 7, "{step}");
        }
    }
}
