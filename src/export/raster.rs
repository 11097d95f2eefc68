//! SVG to pixels.

use std::sync::Arc;

use resvg::{tiny_skia, usvg};

use crate::domain::HANGUL_FONT;

/// The drawing, `scale` times as large as it says.
///
/// # Errors
/// Why not, in words.
pub fn rasterise(svg: &str, scale: f32) -> Result<tiny_skia::Pixmap, String> {
    let mut options = usvg::Options::default();
    let fonts = options.fontdb_mut();
    let bundled = usvg::fontdb::Source::Binary(Arc::new(epaint_default_fonts::UBUNTU_LIGHT));
    fonts.load_font_source(bundled);
    // Ubuntu has Latin, Greek and Cyrillic; looking through the system's fonts takes a while.
    if svg.chars().any(|c| c > '\u{52f}') {
        fonts.load_system_fonts();
        fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(HANGUL_FONT)));
    }
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| error.to_string())?;
    let size = tree.size().to_int_size().scale_by(scale);
    let size = size.ok_or("it is empty")?;
    let mut pixmap =
        tiny_skia::Pixmap::new(size.width(), size.height()).ok_or("it is too large")?;
    let transform = tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    Ok(pixmap)
}
