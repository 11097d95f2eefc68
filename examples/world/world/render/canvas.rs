//! A picture that is shaded pixel by pixel and painted with antialiased paths.

use image::RgbImage;
use tiny_skia::{
    Color, FillRule, Mask, Paint, Path, Pixmap, PremultipliedColorU8, Stroke, Transform,
};

use super::noise::mix;

/// Display-encoded red, green, blue in `[0, 1]`.
pub type Rgb = [f32; 3];

pub fn blend(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)]
}

pub fn scaled(rgb: Rgb, gain: f32) -> Rgb {
    rgb.map(|x| x * gain)
}

pub fn color(rgb: Rgb, alpha: f32) -> Color {
    let [r, g, b] = rgb.map(|x| x.clamp(0.0, 1.0));
    Color::from_rgba(r, g, b, alpha.clamp(0.0, 1.0)).unwrap_or(Color::BLACK)
}

fn byte(x: f32) -> u8 {
    (x * 255.0 + 0.5) as u8 // saturates
}

pub struct Canvas {
    pixmap: Pixmap,
    width: usize,
    height: usize,
    /// Pixels per unit.
    scale: f32,
}

impl Canvas {
    /// # Panics
    /// When a side is zero.
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            pixmap: Pixmap::new(width, height).expect("a picture has at least one pixel"),
            width: width as usize,
            height: height as usize,
            scale: width.min(height) as f32,
        }
    }

    /// Size of a pixel in units.
    pub fn pixel(&self) -> f32 {
        1.0 / self.scale
    }

    /// How far the picture reaches from the middle to the right, in units (0.5 for a square).
    pub fn half_width(&self) -> f32 {
        0.5 * self.width as f32 / self.scale
    }

    /// How far the picture reaches from the middle to the bottom, in units.
    pub fn half_height(&self) -> f32 {
        0.5 * self.height as f32 / self.scale
    }

    fn pixel_from_unit(&self) -> Transform {
        Transform::from_row(
            self.scale,
            0.0,
            0.0,
            self.scale,
            0.5 * self.width as f32,
            0.5 * self.height as f32,
        )
    }

    /// Sets every pixel from its coordinates.
    pub fn shade(&mut self, mut rgb_at: impl FnMut(f32, f32) -> Rgb) {
        self.shade_rows(|_| (), |u, v, ()| rgb_at(u, v));
    }

    /// Like [`Self::shade`], with something computed once for each row.
    pub fn shade_rows<T>(
        &mut self,
        mut of_row: impl FnMut(f32) -> T,
        mut rgb_at: impl FnMut(f32, f32, &T) -> Rgb,
    ) {
        let (half_width, half_height, step) = (self.half_width(), self.half_height(), self.pixel());
        for (y, row) in self
            .pixmap
            .pixels_mut()
            .chunks_exact_mut(self.width)
            .enumerate()
        {
            let v = (y as f32 + 0.5) * step - half_height;
            let of_this_row = of_row(v);
            for (x, pixel) in row.iter_mut().enumerate() {
                let u = (x as f32 + 0.5) * step - half_width;
                let [r, g, b] = rgb_at(u, v, &of_this_row).map(byte);
                if let Some(value) = PremultipliedColorU8::from_rgba(r, g, b, 255) {
                    *pixel = value;
                }
            }
        }
    }

    /// Lays a colour over every pixel with the coverage given for it.
    pub fn shade_over(&mut self, mut rgba_at: impl FnMut(f32, f32) -> (Rgb, f32)) {
        let (half_width, half_height, step) = (self.half_width(), self.half_height(), self.pixel());
        for (y, row) in self
            .pixmap
            .pixels_mut()
            .chunks_exact_mut(self.width)
            .enumerate()
        {
            let v = (y as f32 + 0.5) * step - half_height;
            for (x, pixel) in row.iter_mut().enumerate() {
                let u = (x as f32 + 0.5) * step - half_width;
                let (rgb, alpha) = rgba_at(u, v);
                if alpha > 0.003 {
                    *pixel = over(*pixel, rgb, alpha);
                }
            }
        }
    }

    /// Lays an upright rectangle over the picture, with exact coverage at its borders.
    pub fn rect(&mut self, left: f32, top: f32, right: f32, bottom: f32, rgb: Rgb, alpha: f32) {
        let to_x = |u: f32| (u + self.half_width()) * self.scale;
        let to_y = |v: f32| (v + self.half_height()) * self.scale;
        let (left, right) = (to_x(left).max(0.0), to_x(right).min(self.width as f32));
        let (top, bottom) = (to_y(top).max(0.0), to_y(bottom).min(self.height as f32));
        if left >= right || top >= bottom {
            return;
        }
        let covered = |from: f32, to: f32, i: usize| {
            (to.min(i as f32 + 1.0) - from.max(i as f32)).clamp(0.0, 1.0)
        };
        let width = self.width;
        let pixels = self.pixmap.pixels_mut();
        for y in top as usize..(bottom.ceil() as usize).min(self.height) {
            let of_row = alpha * covered(top, bottom, y);
            for x in left as usize..(right.ceil() as usize).min(width) {
                let pixel = &mut pixels[y * width + x];
                *pixel = over(*pixel, rgb, of_row * covered(left, right, x));
            }
        }
    }

    /// Fills a path given in units.
    pub fn fill(&mut self, path: &Path, paint: &Paint<'_>, mask: Option<&Mask>) {
        let transform = self.pixel_from_unit();
        self.pixmap
            .fill_path(path, paint, FillRule::EvenOdd, transform, mask);
    }

    /// Fills a path given in units with one colour.
    pub fn fill_rgb(&mut self, path: &Path, rgb: Rgb, alpha: f32) {
        self.fill(path, &plain_paint(rgb, alpha), None);
    }

    /// Draws a line along a path given in units, with round ends.
    pub fn stroke(&mut self, path: &Path, rgb: Rgb, alpha: f32, width: f32) {
        let stroke = Stroke {
            width,
            line_cap: tiny_skia::LineCap::Round,
            line_join: tiny_skia::LineJoin::Round,
            ..Stroke::default()
        };
        let transform = self.pixel_from_unit();
        self.pixmap
            .stroke_path(path, &plain_paint(rgb, alpha), &stroke, transform, None);
    }

    /// The inside of a path given in units.
    pub fn mask(&self, path: &Path) -> Option<Mask> {
        let mut mask = Mask::new(self.width as u32, self.height as u32)?;
        mask.fill_path(path, FillRule::EvenOdd, true, self.pixel_from_unit());
        Some(mask)
    }

    /// Takes the finished picture, each pixel passed through `tone`.
    pub fn into_image(self, tone: impl Fn(Rgb) -> Rgb) -> RgbImage {
        let bytes = self
            .pixmap
            .pixels()
            .iter()
            .flat_map(|p| {
                let rgb = [p.red(), p.green(), p.blue()];
                tone(rgb.map(|x| f32::from(x) / 255.0)).map(byte)
            })
            .collect();
        RgbImage::from_raw(self.width as u32, self.height as u32, bytes)
            .expect("three bytes for each pixel")
    }
}

pub fn plain_paint(rgb: Rgb, alpha: f32) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(color(rgb, alpha));
    paint.anti_alias = true;
    paint
}

fn over(below: PremultipliedColorU8, rgb: Rgb, alpha: f32) -> PremultipliedColorU8 {
    let mixed = |below: u8, above: f32| byte(mix(f32::from(below) / 255.0, above, alpha));
    PremultipliedColorU8::from_rgba(
        mixed(below.red(), rgb[0]),
        mixed(below.green(), rgb[1]),
        mixed(below.blue(), rgb[2]),
        255,
    )
    .unwrap_or(below)
}
