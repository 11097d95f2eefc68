//! The sign of the program.

use resvg::{tiny_skia, usvg};

/// The drawing from which every size is made.
pub static ICON_SVG: &str = include_str!("../../assets/icons/vcl.svg");

/// The sizes that desktops look for, in pixels.
pub const ICON_SIZES: [u32; 9] = [16, 22, 24, 32, 48, 64, 128, 256, 512];

/// `[size, size]` pixels; `None` where the drawing cannot be read, which a test rules out.
pub fn icon(size: u32) -> Option<tiny_skia::Pixmap> {
    let tree = usvg::Tree::from_str(ICON_SVG, &usvg::Options::default()).ok()?;
    let scale = size as f32 / tree.size().width();
    let mut pixmap = tiny_skia::Pixmap::new(size, size)?;
    let transform = tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixmap.as_mut());
    Some(pixmap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_drawn_and_clear_at_its_corners() {
        for size in ICON_SIZES {
            let icon = icon(size).unwrap();
            let alpha = |x, y| icon.pixel(x, y).unwrap().alpha();
            assert_eq!(icon.width(), size);
            assert_eq!(alpha(0, 0), 0, "{size}");
            assert_eq!(alpha(size / 2, size / 2), 255, "{size}");
        }
    }
}
