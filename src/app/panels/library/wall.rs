//! What was found in all videos, best first: pictures that skim, with video, time and score.

use egui::{Align2, Color32, Modifiers, Popup, Rect, Response, Role, Sense, TextStyle, Ui};
use egui::{WidgetInfo, pos2, vec2};

use crate::app::action::{Action, Actions, File, Find, Library};
use crate::app::colours::{grade_colour, lane_colour};
use crate::app::icons::Icon;
use crate::app::panels::library::State;
use crate::app::panels::library::cards::{CardSize, grid};
use crate::app::panels::on_picture::{PictureButton, Skim};
use crate::app::pictures::Pictures;
use crate::app::session::{Pick, Session, Wall, percent};
use crate::app::shot::Shot;
use crate::app::theme::{CORNER, Palette};
use crate::app::widgets::{elided, focus_ring};
use crate::domain::{ClipIndex, Grade, file_name, format_timestamp};
use crate::worker::PlacedSpan;

const SIZE: CardSize = CardSize {
    least_width: 176.0,
    words_height: 44.0,
};

/// Beside the wall there is less room.
const SMALL: CardSize = CardSize {
    least_width: 118.0,
    words_height: 40.0,
};

const BUTTON: egui::Vec2 = vec2(24.0, 22.0);

pub fn ui(
    ui: &mut Ui,
    session: &Session,
    wall: &Wall,
    state: &mut State,
    pictures: &mut Pictures,
    actions: &mut Actions,
) {
    let moments = wall.moments();
    let wants_focus = !moments.is_empty() && std::mem::take(&mut state.wants_focus);
    let current = wall.current().unwrap_or(0).min(moments.len().max(1) - 1);
    let shown_first = wants_focus.then_some(current);
    let salt = ("wall", wall.query);
    grid(
        ui,
        salt,
        moments.len(),
        SIZE,
        shown_first,
        |ui, at, rect| {
            let card = SpanOnWall {
                title: format!("Result {}", at + 1),
                span: &moments[at],
                at: Some(at),
                size: SIZE,
            };
            let response = card.ui(ui, rect, session, wall, pictures, actions);
            if wants_focus && at == current {
                response.request_focus();
            }
            if response.gained_focus() {
                ui.scroll_to_rect(rect, None);
                actions.push(Library::GoneTo(at));
            }
        },
    );
}

/// The clips of which the answer is least sure: what to label next.
pub fn unsure(
    ui: &mut Ui,
    session: &Session,
    wall: &Wall,
    pictures: &mut Pictures,
    actions: &mut Actions,
) {
    let unsure = wall.found().map_or(&[][..], |found| &found.unsure);
    let salt = ("unsure", wall.query);
    grid(ui, salt, unsure.len(), SMALL, None, |ui, at, rect| {
        let card = SpanOnWall {
            title: format!("Unsure clip {}", at + 1),
            span: &unsure[at],
            at: None,
            size: SMALL,
        };
        card.ui(ui, rect, session, wall, pictures, actions);
    });
}

/// A span of some video.
struct SpanOnWall<'a> {
    title: String,
    span: &'a PlacedSpan,
    /// Its place among the results, if it is one.
    at: Option<usize>,
    size: CardSize,
}

impl SpanOnWall<'_> {
    fn times(&self) -> String {
        let span = self.span.span;
        [span.start_secs, span.end_secs]
            .map(format_timestamp)
            .join(" – ")
    }

    fn ui(
        &self,
        ui: &mut Ui,
        rect: Rect,
        session: &Session,
        wall: &Wall,
        pictures: &mut Pictures,
        actions: &mut Actions,
    ) -> Response {
        let palette = Palette::of(ui);
        let id = ui.scope_id().with(("span on wall", &self.title));
        let response = ui.interact(rect, id, Sense::click());
        let is_picked = self.at.is_some_and(|at| wall.is_picked(at));
        let name = file_name(&self.span.path);
        response.widget_info(|| {
            let mut text = format!("{}, {name}, {}", self.title, self.times());
            if let Some(score) = self.span.score {
                text += &format!(", {}", percent(score));
            }
            if let Some(said) = &self.span.said {
                text += &format!(", words: {said}");
            }
            WidgetInfo::selected(Role::Button, true, is_picked, text)
        });
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let picture = rect.with_max_y(rect.bottom() - self.size.words_height);
        let lane = session.lane(wall.query);
        let colour = lane.map_or(palette.accent, |lane| {
            lane_colour(lane.colour, palette.is_dark)
        });
        let skim = Skim {
            rect: picture,
            response: &response,
            span: self.span.span,
            end_secs: self.span.duration_secs,
            clip: ClipIndex::at(self.span.peak_secs),
            colour,
            strength: if self.span.is_missing { 0.4 } else { 1.0 },
        };
        skim.paint(ui, |clip| pictures.clip(&self.span.path, clip));
        let is_warm = response.contains_pointer() || response.has_focus();
        if is_picked || is_warm {
            let stroke = egui::Stroke::new(if is_picked { 2.5 } else { 1.5 }, palette.accent);
            let inside = egui::StrokeKind::Inside;
            ui.painter().rect_stroke(picture, CORNER, stroke, inside);
        }
        self.words(ui, rect.with_min_y(picture.bottom()), &name, colour);
        focus_ring(ui, &response);
        self.buttons(ui, picture, &response, wall, actions);
        if response.clicked() {
            actions.push(self.clicked(ui));
        }
        self.menu(&response, actions);
        let mut text = self.span.path.display().to_string();
        if self.span.is_missing {
            text += "\nNot there now";
        }
        if let Some(said) = &self.span.said {
            text += &format!("\nWords: “{said}”");
        }
        response
            .on_hover_cursor(egui::CursorIcon::PointingHand)
            .on_hover_text(text)
    }

    /// As in a file manager: Ctrl adds one, Shift all up to it.
    fn clicked(&self, ui: &Ui) -> Action {
        let modifiers = ui.input(|input| input.modifiers);
        let action = match self.at {
            Some(at) if modifiers.contains(Modifiers::SHIFT) => Library::Pick(at, Pick::Range),
            Some(at) if modifiers.command => Library::Pick(at, Pick::Toggle),
            Some(at) => Library::OpenResult(at),
            None => Library::OpenSpan(Box::new(self.span.clone())),
        };
        action.into()
    }

    fn words(&self, ui: &Ui, rect: Rect, name: &str, colour: Color32) {
        let palette = Palette::of(ui);
        let painter = ui.painter_at(rect);
        // Clear of the ring around the card that has the keyboard.
        let (left, right) = (rect.left() + 5.0, rect.right() - 5.0);
        let font = TextStyle::Small.resolve(ui.style());
        let mut name_right = right;
        if let Some(score) = self.span.score {
            let score_text = painter.layout_no_wrap(percent(score), font, palette.weak_text);
            let place = pos2(right - score_text.size().x, rect.top() + 4.0);
            name_right = place.x - 6.0;
            painter.galley(place, score_text, palette.weak_text);
            let track = rect
                .with_min_y(rect.bottom() - 5.0)
                .with_max_y(rect.bottom() - 2.0);
            painter.rect_filled(track, 1.5, palette.line);
            let part = score.clamp(0.0, 1.0);
            let filled = track.with_max_x(track.left() + part * track.width());
            painter.rect_filled(filled, 1.5, colour);
        }
        let ink = if self.span.is_missing {
            palette.warning
        } else {
            palette.text
        };
        let name = elided(ui, name, &TextStyle::Small, ink, name_right - left);
        painter.galley(pos2(left, rect.top() + 4.0), name, ink);
        let weak = palette.weak_text;
        let times = match &self.span.said {
            Some(said) => format!("{}  “{said}”", self.times()),
            None => self.times(),
        };
        let times = elided(ui, &times, &TextStyle::Small, weak, right - left);
        painter.galley(pos2(left, rect.top() + 20.0), times, weak);
    }

    /// On the picture: what it is worth at the left, whether it is selected at the right.
    fn buttons(&self, ui: &Ui, picture: Rect, card: &Response, wall: &Wall, actions: &mut Actions) {
        let given = wall.common_grade(self.span);
        let is_warm = card.contains_pointer() || card.has_focus();
        let top = picture.top() + 3.0;
        for (i, (icon, verb, grade)) in [
            (Icon::ThumbUp, "This is right:", Grade::VeryGood),
            (Icon::ThumbDown, "This is wrong:", Grade::VeryBad),
        ]
        .into_iter()
        .enumerate()
        {
            let left = picture.left() + 3.0 + i as f32 * BUTTON.x;
            let name = format!("{verb} {}", self.title);
            let button = PictureButton {
                place: Rect::from_min_size(pos2(left, top), BUTTON),
                id: card.id.with(("thumb", i)),
                icon,
                name: &name,
                // What is proposed for a grade keeps its thumbs while the pointer is elsewhere.
                is_shown: is_warm || self.at.is_none(),
                on: (given == Some(grade)).then(|| grade_colour(grade, true)),
            };
            if button.show(ui).clicked() {
                let grade = (given != Some(grade)).then_some(grade);
                actions.push(Library::Grade(Box::new(self.span.clone()), grade));
            }
        }
        let Some(at) = self.at else { return };
        let is_picked = wall.is_picked(at);
        let name = format!(
            "{} {}",
            if is_picked { "Do not select" } else { "Select" },
            self.title
        );
        let corner = pos2(picture.right() - 3.0, top);
        let button = PictureButton {
            place: Align2::RIGHT_TOP.anchor_size(corner, BUTTON),
            id: card.id.with("pick"),
            icon: if is_picked { Icon::Tick } else { Icon::Box },
            name: &name,
            is_shown: is_warm || wall.n_picked() > 0,
            on: is_picked.then(|| Palette::new(true).accent),
        };
        if button.show(ui).clicked() {
            actions.push(Library::Pick(at, Pick::Toggle));
        }
    }

    /// By the right button.
    fn menu(&self, response: &Response, actions: &mut Actions) {
        let span = self.span;
        Popup::context_menu(response).show(|ui| {
            let open = Library::OpenSpan(Box::new(span.clone())).into();
            let like_this = Find::Shot(Shot::Clip {
                video: span.path.clone(),
                clip: ClipIndex::at(span.peak_secs),
            });
            let mut items: Vec<(&str, Action)> = vec![("Open here", open)];
            if !span.is_missing {
                items.push(("More like this", like_this.into()));
            }
            if let Some(at) = self.at {
                items.push(("Select", Library::Pick(at, Pick::Toggle).into()));
                items.push(("Select all", Library::PickAll.into()));
            }
            let time = Find::CopyTimestamp(span.span.start_secs);
            items.push(("Copy the time", time.into()));
            let show = File::ShowInFolder(span.path.clone());
            items.push(("Show in folder", show.into()));
            for (name, action) in items {
                if ui.button(name).clicked() {
                    actions.push(action);
                    ui.close();
                }
            }
        });
    }
}
