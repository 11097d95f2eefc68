//! What a model does not see that looks at the middle of a frame.

use egui::{Color32, Rect, Ui};

/// Of the dimmed sides; what is there can still be made out.
const DIM: u8 = 84;

/// The parts of a picture in `target` outside of its central square.
fn sides(target: Rect) -> [Rect; 2] {
    let side = target.size().min_elem();
    let seen = Rect::from_center_size(target.center(), egui::Vec2::splat(side));
    if target.width() > target.height() {
        [
            target.with_max_x(seen.left()),
            target.with_min_x(seen.right()),
        ]
    } else {
        [
            target.with_max_y(seen.top()),
            target.with_min_y(seen.bottom()),
        ]
    }
}

pub fn paint(ui: &Ui, target: Rect) {
    for side in sides(target).into_iter().filter(Rect::is_positive) {
        ui.painter()
            .rect_filled(side, 0.0, Color32::from_black_alpha(DIM));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{pos2, vec2};

    #[test]
    fn the_central_square_stays_as_it_is() {
        let at = |size| Rect::from_min_size(pos2(10.0, 20.0), size);
        let [left, right] = sides(at(vec2(160.0, 90.0)));
        assert_eq!((left.width(), right.width()), (35.0, 35.0));
        assert_eq!((left.left(), right.right()), (10.0, 170.0));
        let [top, bottom] = sides(at(vec2(90.0, 100.0)));
        assert_eq!((top.height(), bottom.height()), (5.0, 5.0));
        assert!(
            sides(at(vec2(50.0, 50.0)))
                .iter()
                .all(|side| !side.is_positive())
        );
    }
}
