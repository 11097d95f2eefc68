//! The title of a query: small pictures, words, and chips for what must not be there.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Color32, ColorImage, Galley, Id, Painter, Pos2, Rect, TextStyle, TextureHandle};
use egui::{TextureOptions, Ui, Vec2, pos2, vec2};
use image::RgbImage;
use image::imageops::{self, FilterType};

use crate::app::theme::Palette;
use crate::domain::{Picture, Query, minus_ranges};

/// Pixels; enough for two lines of words on a sharp screen.
const HEIGHT: u32 = 80;

/// So many pictures of a joined query are shown.
const MAX_PICTURES: usize = 2;

const GAP: f32 = 5.0;

/// A title that is laid out.
pub struct QueryTitle {
    pictures: Vec<TextureHandle>,
    words: Arc<Galley>,
    height: f32,
}

impl QueryTitle {
    /// As much of it as fits into `width`.
    pub fn new(ui: &Ui, query: &Query, style: &TextStyle, ink: Color32, width: f32) -> Self {
        let parts = query.parts().into_iter().filter_map(Query::picture);
        let pictures: Vec<_> = parts
            .take(MAX_PICTURES)
            .map(|picture| texture(ui.ctx(), picture))
            .collect();
        let height = ui.text_style_height(style);
        let taken: f32 = pictures.iter().map(|it| size_of(it, height).x + GAP).sum();
        let mut job = job(ui, query, style, ink);
        job.wrap = TextWrapping::truncate_at_width((width - taken).max(8.0));
        Self {
            words: ui.painter().layout_job(job),
            pictures,
            height,
        }
    }

    pub fn size(&self) -> Vec2 {
        let pictures = self.pictures.iter();
        let width: f32 = pictures.map(|it| size_of(it, self.height).x + GAP).sum();
        vec2(width + self.words.size().x, self.words.size().y)
    }

    pub fn paint(self, painter: &Painter, at: Pos2, ink: Color32) {
        let mut left = at.x;
        let middle = at.y + 0.5 * self.words.size().y;
        for picture in &self.pictures {
            let size = size_of(picture, self.height);
            let rect = Rect::from_min_size(pos2(left, middle - 0.5 * size.y), size);
            let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(picture.id(), rect, all, Color32::WHITE);
            left += size.x + GAP;
        }
        painter.galley(pos2(left, at.y), self.words, ink);
    }
}

/// Not wider than two squares.
fn size_of(picture: &TextureHandle, height: f32) -> Vec2 {
    let size = picture.size_vec2();
    let width = height * size.x / size.y.max(1.0);
    vec2(width.clamp(0.4 * height, 2.0 * height), height)
}

fn job(ui: &Ui, query: &Query, style: &TextStyle, ink: Color32) -> LayoutJob {
    let (wanted, not) = query.wanted_and_not();
    let font = style.resolve(ui.style());
    let mut job = LayoutJob::default();
    job.append(wanted.title(), 0.0, TextFormat::simple(font.clone(), ink));
    for query in not {
        let text = format!("\u{a0}− {}\u{a0}", query.title());
        job.append(&text, 6.0, chip(ui, TextFormat::simple(font.clone(), ink)));
    }
    job
}

/// As it looks that something must not be there.
fn chip(ui: &Ui, format: TextFormat) -> TextFormat {
    let palette = Palette::of(ui);
    TextFormat {
        color: palette.text,
        background: palette.warning.gamma_multiply(0.28),
        ..format
    }
}

/// What is typed, with chips in it.
pub fn typed(ui: &Ui, text: &str) -> Arc<Galley> {
    let palette = Palette::of(ui);
    let font = TextStyle::Body.resolve(ui.style());
    let plain = TextFormat::simple(font, palette.text);
    let mut job = LayoutJob::default();
    let mut from = 0;
    for Range { start, end } in minus_ranges(text) {
        job.append(&text[from..start], 0.0, plain.clone());
        job.append(&text[start..end], 0.0, chip(ui, plain.clone()));
        from = end;
    }
    job.append(&text[from..], 0.0, plain);
    job.wrap.max_width = f32::INFINITY;
    ui.painter().layout_job(job)
}

/// The small picture, made when it is first shown.
fn texture(ctx: &egui::Context, picture: &Picture) -> TextureHandle {
    let id = Id::unique(("picture of a query", picture.key()));
    if let Some(known) = ctx.data(|data| data.get_temp::<TextureHandle>(id)) {
        return known;
    }
    let image = RgbImage::from_raw(picture.width(), picture.height(), picture.rgb().to_vec());
    let image = image.unwrap_or_else(|| RgbImage::new(1, 1));
    let width = u64::from(HEIGHT) * u64::from(image.width()) / u64::from(image.height());
    let width = width.clamp(1, 4 * u64::from(HEIGHT)) as u32;
    let small = imageops::resize(&image, width, HEIGHT, FilterType::Triangle);
    let size = [small.width() as usize, small.height() as usize];
    let pixels = ColorImage::from_rgb(size, small.as_raw());
    let texture = ctx.load_texture(picture.key().to_string(), pixels, TextureOptions::LINEAR);
    ctx.data_mut(|data| data.insert_temp(id, texture.clone()));
    texture
}
