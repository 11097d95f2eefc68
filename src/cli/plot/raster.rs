//! SVG to PNG.

use std::sync::Arc;

use resvg::{tiny_skia, usvg};

use super::PlotError;
use crate::domain::HANGUL_FONT;

const PNG_SCALE: f32 = 2.0;

/// The bytes of a PNG, twice as large as the drawing says.
pub(super) fn rasterise(svg: &str) -> Result<Vec<u8>, PlotError> {
    let raster = |error: &dyn std::fmt::Display| PlotError::Raster(error.to_string());
    let mut options = usvg::Options::default();
    let fonts = options.fontdb_mut();
    let bundled = usvg::fontdb::Source::Binary(Arc::new(epaint_default_fonts::UBUNTU_LIGHT));
    fonts.load_font_source(bundled);
    // Ubuntu has Latin, Greek and Cyrillic; looking through the system's fonts takes a while.
    if svg.chars().any(|c| c > '\u{52f}') {
        fonts.load_system_fonts();
        fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(HANGUL_FONT)));
    }
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| raster(&error))?;
    let size = tree.size().to_int_size().scale_by(PNG_SCALE);
    let size = size.ok_or_else(|| raster(&"it is empty"))?;
    let mut pixmap = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| raster(&"it is too large"))?;
    let transform = tiny_skia::Transform::from_scale(PNG_SCALE, PNG_SCALE);
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| raster(&error))
}
