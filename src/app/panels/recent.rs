//! A video that was open before: its picture, name, folder and length.

use std::path::Path;

use egui::{Align2, Color32, Rect, Response, Role, Sense, TextStyle, Ui, Vec2, WidgetInfo, vec2};

use crate::app::icons::{self, Icon};
use crate::app::pictures::{Pictures, Poster};
use crate::app::theme::{CORNER, Palette};
use crate::app::video_view::letterboxed;
use crate::app::widgets::{elided, focus_ring};
use crate::domain::{file_name, format_duration};

const ROW_HEIGHT: f32 = 46.0;

/// Of a card, which has its words below the picture.
pub const CARD: Vec2 = vec2(172.0, 138.0);
const CARD_PICTURE_HEIGHT: f32 = 97.0;

/// `~/Videos`, where the path lies in the home directory.
fn folder(path: &Path) -> String {
    let folder = path.parent().unwrap_or(path);
    let home = std::env::home_dir();
    match home.and_then(|home| folder.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => format!("~/{}", rest.display()),
        None => folder.display().to_string(),
    }
}

fn control(ui: &mut Ui, size: Vec2, path: &Path) -> (Rect, Response) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let name = file_name(path);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    (rect, response)
}

/// In a menu.
pub fn row(ui: &mut Ui, path: &Path, pictures: &mut Pictures) -> Response {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), ROW_HEIGHT);
    let (rect, response) = control(ui, size, path);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, CORNER, palette.raised_hover);
    }
    let picture = Rect::from_min_size(rect.min + vec2(4.0, 4.0), vec2(66.0, 38.0));
    let words = rect
        .with_min_x(picture.right() + 10.0)
        .shrink2(vec2(4.0, 5.0));
    paint(ui, path, None, (picture, words), pictures);
    focus_ring(ui, &response);
    response.on_hover_text(path.display().to_string())
}

/// On the first screen.
pub fn card(ui: &mut Ui, path: &Path, pictures: &mut Pictures) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = control(ui, CARD, path);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, CORNER, palette.raised);
    }
    let picture = rect.with_max_y(rect.top() + CARD_PICTURE_HEIGHT);
    let words = rect
        .with_min_y(picture.bottom() + 3.0)
        .shrink2(vec2(3.0, 0.0));
    paint(ui, path, None, (picture, words), pictures);
    focus_ring(ui, &response);
    response.on_hover_text(path.display().to_string())
}

/// What is to be known of a video, in which ink, in place of its folder; a film in place of a picture
/// that cannot be had.
pub type Note<'a> = Option<(&'a str, Color32)>;

/// The picture of a video with its length, and its name and folder in the place for words.
pub fn paint(
    ui: &Ui,
    path: &Path,
    note: Note<'_>,
    (picture, words): (Rect, Rect),
    pictures: &mut Pictures,
) {
    let palette = Palette::of(ui);
    let painter = ui.painter();
    painter.rect_filled(picture, CORNER, palette.raised);
    let mut folder = folder(path);
    match pictures.poster(path) {
        Some(Poster::Ready {
            texture,
            duration_secs,
        }) => {
            if let Some(texture) = texture {
                let size = texture.size_vec2();
                let inner = letterboxed(picture, size.x, size.y);
                painter.rect_filled(picture, CORNER, palette.video_background);
                egui::Image::from_texture((texture.id(), inner.size()))
                    .corner_radius(CORNER)
                    .paint_at(ui, inner);
            }
            let font = TextStyle::Small.resolve(ui.style());
            let length =
                painter.layout_no_wrap(format_duration(*duration_secs), font, Color32::WHITE);
            let corner = picture.right_bottom() - vec2(5.0, 4.0);
            let place = Align2::RIGHT_BOTTOM.anchor_size(corner, length.size());
            let ground = Color32::from_black_alpha(170);
            painter.rect_filled(place.expand2(vec2(3.0, 1.0)), 3.0, ground);
            painter.galley(place.min, length, Color32::WHITE);
        }
        Some(Poster::Gone) if note.is_none() => {
            icons::paint(painter, picture, Icon::Close, 16.0, palette.weak_text);
            folder = "not there any more".to_owned();
        }
        Some(Poster::Gone) | None => {
            icons::paint(painter, picture, Icon::Film, 20.0, palette.weak_text);
        }
    }
    let (folder, ink) = note.unwrap_or((&folder, palette.weak_text));
    let name = file_name(path);
    let name = elided(ui, &name, &TextStyle::Body, palette.text, words.width());
    let below = words.top() + name.size().y + 1.0;
    painter.galley(words.min, name, palette.text);
    let folder = elided(ui, folder, &TextStyle::Small, ink, words.width());
    painter.galley(egui::pos2(words.left(), below), folder, ink);
}
