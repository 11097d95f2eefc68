//! A contact sheet: one picture for each moment with its times, query after query.

use std::io::Cursor;
use std::path::PathBuf;

use image::{ImageFormat, RgbImage, imageops};

use crate::domain::{beginning, format_timestamp, one_line};
use crate::export::document::Export;
use crate::export::error::ExportError;
use crate::export::frame_span::{Event, leading, on_timeline};
use crate::export::raster::rasterise;
use crate::export::xml::xml_escaped;
use crate::video::{LookOptions, Source, look};

const COLUMNS: usize = 4;
const CELL_WIDTH: u32 = 320;
const GAP: u32 = 16;
const WORDS_HEIGHT: u32 = 28;
const HEADING_HEIGHT: u32 = 44;

/// Taller sheets are opened by few programs.
const MAX_HEIGHT: u32 = 30_000;

const MAX_CHARS_OF_HEADING: usize = 90;
const MAX_CHARS_OF_NAME: usize = 18;

/// The frame in the middle of each moment; the shape of all cells is that of the leading video.
///
/// # Errors
/// The first video that cannot be opened or read, and more moments than a picture can show.
pub fn contact_sheet(export: Export<'_>) -> Result<Vec<u8>, ExportError> {
    let shape = leading(export).map_or((16, 9), |it| (it.width.max(1), it.height.max(1)));
    // A phone's upright film would make cells higher than a screen.
    let cell_height = (CELL_WIDTH * shape.1 / shape.0).clamp(60, CELL_WIDTH);
    let queries = on_timeline(export);
    let layout = Layout::of(&queries, cell_height)?;
    let mut sheet = RgbImage::from_pixel(layout.width, layout.height, image::Rgb([255; 3]));
    draw_words(&mut sheet, export, &queries, &layout)?;
    let mut opened: Option<(PathBuf, Source)> = None;
    for (event, (left, top)) in queries.iter().flatten().zip(&layout.cells) {
        let path = &event.document.video;
        let source = match &opened {
            Some((known, source)) if known == path => source,
            _ => {
                let source = Source::open(path)?;
                &opened.insert((path.clone(), source)).1
            }
        };
        let middle_secs = (event.span.start_secs + event.span.end_secs) / 2.0;
        let options = LookOptions {
            times_secs: vec![middle_secs],
            // A wide picture fills the width and is lower.
            max_height: cell_height,
            ..LookOptions::default()
        };
        for (_, picture) in look(source, &options)?.frames {
            let width = CELL_WIDTH.min(picture.width());
            let height = (picture.height() * width / picture.width().max(1)).clamp(1, cell_height);
            let picture = imageops::thumbnail(&picture, width.max(1), height);
            let x = i64::from(left + (CELL_WIDTH - picture.width()) / 2);
            let y = i64::from(top + (cell_height - picture.height()) / 2);
            imageops::replace(&mut sheet, &picture, x, y);
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    let written = sheet.write_to(&mut bytes, ImageFormat::Png);
    written.map_err(|error| ExportError::Picture(error.to_string()))?;
    Ok(bytes.into_inner())
}

/// Where everything is, in pixels.
struct Layout {
    width: u32,
    height: u32,
    cell_height: u32,
    /// The base line of each heading; `None` for a query without moments.
    headings: Vec<Option<u32>>,
    /// Left and top of each picture.
    cells: Vec<(u32, u32)>,
}

impl Layout {
    fn of(queries: &[Vec<Event<'_>>], cell_height: u32) -> Result<Self, ExportError> {
        let mut layout = Self {
            width: GAP + COLUMNS as u32 * (CELL_WIDTH + GAP),
            height: GAP,
            cell_height,
            headings: Vec::new(),
            cells: Vec::new(),
        };
        let n_pictures = queries.iter().map(Vec::len).sum();
        for events in queries {
            let heading = layout.height + 26;
            layout
                .headings
                .push((!events.is_empty()).then_some(heading));
            if events.is_empty() {
                continue;
            }
            layout.height += HEADING_HEIGHT;
            for row in events.chunks(COLUMNS) {
                for column in 0..row.len() as u32 {
                    layout
                        .cells
                        .push((GAP + column * (CELL_WIDTH + GAP), layout.height));
                }
                layout.height += cell_height + WORDS_HEIGHT + GAP;
                if layout.height > MAX_HEIGHT {
                    return Err(ExportError::TooManyForSheet(n_pictures));
                }
            }
        }
        layout.height = layout.height.max(HEADING_HEIGHT);
        Ok(layout)
    }
}

fn draw_words(
    sheet: &mut RgbImage,
    export: Export<'_>,
    queries: &[Vec<Event<'_>>],
    layout: &Layout,
) -> Result<(), ExportError> {
    let (width, height) = (layout.width, layout.height);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="Ubuntu"><rect width="100%" height="100%" fill="#ffffff"/>"##
    );
    let mut text = |x: u32, y: u32, size: u32, anchor: &str, words: &str| {
        svg += &format!(
            r##"<text x="{x}" y="{y}" font-size="{size}" fill="#1b1f24" text-anchor="{anchor}">{}</text>"##,
            xml_escaped(words)
        );
    };
    let is_several = matches!(export, Export::Several(_));
    for (events, y) in queries.iter().zip(&layout.headings) {
        if let (Some(event), Some(y)) = (events.first(), y) {
            let title = one_line(event.query.query.title());
            let title = match is_several {
                true => title,
                false => format!("{title}  ·  {}", one_line(&event.document.video_name())),
            };
            text(
                GAP,
                *y,
                20,
                "start",
                &beginning(&title, MAX_CHARS_OF_HEADING),
            );
        }
    }
    for (event, (left, top)) in queries.iter().flatten().zip(&layout.cells) {
        let times = [event.span.start_secs, event.span.end_secs].map(format_timestamp);
        let y = top + layout.cell_height + 19;
        text(*left, y, 15, "start", &times.join(" – "));
        let right = match is_several {
            true => beginning(&one_line(&event.document.video_name()), MAX_CHARS_OF_NAME),
            false => format!("{:.2}", event.span.score),
        };
        text(left + CELL_WIDTH, y, 15, "end", &right);
    }
    svg += "</svg>";
    let drawn = rasterise(&svg, 1.0).map_err(ExportError::Picture)?;
    // It is opaque, so nothing has to be divided by alpha.
    let pixels = drawn.data().chunks_exact(4);
    for (target, pixel) in sheet.pixels_mut().zip(pixels) {
        target.0 = [pixel[0], pixel[1], pixel[2]];
    }
    Ok(())
}
