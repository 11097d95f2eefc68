//! A span in a grid: a large picture that skims through it under the pointer, its time, its score, and
//! buttons to judge, repeat, copy and leave it out.

use egui::{Align2, Color32, Popup, Rect, Response, Role, Sense, TextStyle, Ui};
use egui::{WidgetInfo, pos2, vec2};

use crate::app::action::{Action, Actions, Find, Play, Teach};
use crate::app::colours::grade_colour;
use crate::app::icons::Icon;
use crate::app::panels::on_picture::{PictureButton, Skim};
use crate::app::session::{Selection, Session, percent};
use crate::app::shot::Shot;
use crate::app::theme::{CORNER, GAP, Palette};
use crate::app::thumbnails::Thumbnails;
use crate::app::widgets::focus_ring;
use crate::domain::{ClipIndex, Grade, TimeSpan, format_timestamp};
use crate::worker::QueryId;

/// Of the words below a picture.
const WORDS_HEIGHT: f32 = 24.0;

/// Narrower ones show too little; two columns where they fit.
const LEAST_WIDTH: f32 = 118.0;

/// Of the buttons on the picture.
const BUTTON: egui::Vec2 = vec2(24.0, 22.0);

/// A span that can be gone to.
pub struct SpanCard {
    pub title: String,
    pub span: TimeSpan,
    /// Whose picture stands for it.
    pub clip: ClipIndex,
    /// `None` where the score says nothing.
    pub saliency: Option<f32>,
    pub colour: Color32,
    pub is_looped: bool,
    /// Thumbs stay even while the pointer is elsewhere.
    pub shows_thumbs: bool,
    /// The moment that can be left out of exports, and whether it is in them.
    pub tick: Option<(QueryId, bool)>,
    /// It was added by hand: it is taken away rather than left out.
    pub is_added: bool,
}

/// The cards from left to right and top to bottom, as many in a row as there is room for.
pub fn grid(
    ui: &mut Ui,
    cards: &[SpanCard],
    session: &Session,
    thumbnails: &mut Thumbnails,
    actions: &mut Actions,
) {
    let width = ui.available_width();
    let n_columns = ((width + GAP) / (LEAST_WIDTH + GAP))
        .floor()
        .clamp(1.0, 4.0);
    let card_width = (width - (n_columns - 1.0) * GAP) / n_columns;
    let size = vec2(card_width, card_width * 9.0 / 16.0 + WORDS_HEIGHT);
    for row in cards.chunks(n_columns as usize) {
        let (area, _) = ui.allocate_exact_size(vec2(width, size.y), Sense::hover());
        for (i, card) in row.iter().enumerate() {
            let left = area.left() + i as f32 * (card_width + GAP);
            let rect = Rect::from_min_size(pos2(left, area.top()), size);
            card.ui(ui, rect, session, thumbnails, actions);
        }
    }
}

impl SpanCard {
    fn ui(
        &self,
        ui: &Ui,
        rect: Rect,
        session: &Session,
        thumbnails: &mut Thumbnails,
        actions: &mut Actions,
    ) {
        let palette = Palette::of(ui);
        let id = ui.scope_id().with(("span", &self.title));
        let response = ui.interact(rect, id, Sense::click());
        let times = [self.span.start_secs, self.span.end_secs].map(format_timestamp);
        let times = times.join(" – ");
        let mut name = format!("{}, {times}", self.title);
        if let Some(saliency) = self.saliency {
            name += &format!(", {}", percent(saliency));
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if !ui.is_rect_visible(rect) {
            return;
        }
        let picture = rect.with_max_y(rect.bottom() - WORDS_HEIGHT);
        let is_warm = response.contains_pointer() || response.has_focus();
        let is_left_out = self.tick.is_some_and(|(_, is_ticked)| !is_ticked);
        let skim = Skim {
            rect: picture,
            response: &response,
            span: self.span,
            end_secs: session.duration_secs(),
            clip: self.clip,
            colour: self.colour,
            strength: if is_left_out { 0.35 } else { 1.0 },
        };
        skim.paint(ui, |clip| thumbnails.get(clip).cloned());
        let is_current = self.span.contains(session.playback().position_secs);
        if is_current || is_warm {
            let ink = if is_warm { palette.accent } else { self.colour };
            let stroke = egui::Stroke::new(1.5, ink);
            let inside = egui::StrokeKind::Inside;
            ui.painter().rect_stroke(picture, CORNER, stroke, inside);
        }
        self.words(ui, rect.with_min_y(picture.bottom()), &times, is_left_out);
        focus_ring(ui, &response);
        self.buttons(ui, picture, &response, session, actions);
        if response.double_clicked() {
            actions.push(Play::From(self.span.start_secs));
        } else if response.clicked() {
            actions.push(Play::Seek(self.span.start_secs));
        }
        self.menu(&response, session, actions);
        response.on_hover_cursor(egui::CursorIcon::PointingHand);
    }

    /// By the right button.
    fn menu(&self, response: &Response, session: &Session, actions: &mut Actions) {
        let Some(video) = session.video() else { return };
        Popup::context_menu(response).show(|ui| {
            let like_this = Find::Shot(Shot::Clip {
                video: video.path.clone(),
                clip: self.clip,
            });
            let items: [(&str, Action); 3] = [
                ("More like this", like_this.into()),
                ("Play", Play::From(self.span.start_secs).into()),
                (
                    "Copy the time",
                    Find::CopyTimestamp(self.span.start_secs).into(),
                ),
            ];
            for (name, action) in items {
                if ui.button(name).clicked() {
                    actions.push(action);
                    ui.close();
                }
            }
        });
    }

    fn words(&self, ui: &Ui, rect: Rect, times: &str, is_left_out: bool) {
        let palette = Palette::of(ui);
        let painter = ui.painter_at(rect);
        let font = TextStyle::Small.resolve(ui.style());
        let ink = if is_left_out {
            palette.weak_text
        } else {
            palette.text
        };
        let middle = rect.center().y - 2.0;
        let left = pos2(rect.left() + 2.0, middle);
        let times = painter.text(left, Align2::LEFT_CENTER, times, font.clone(), ink);
        let Some(saliency) = self.saliency else {
            return;
        };
        let right = pos2(rect.right() - 2.0, middle);
        let score = painter.layout_no_wrap(percent(saliency), font, palette.weak_text);
        let place = Align2::RIGHT_CENTER.anchor_size(right, score.size());
        if place.left() > times.right() + 4.0 {
            painter.galley(place.min, score, palette.weak_text);
        }
        let track = rect
            .with_min_y(rect.bottom() - 5.0)
            .with_max_y(rect.bottom() - 2.0);
        painter.rect_filled(track, 1.5, palette.line);
        let part = saliency.clamp(0.0, 1.0);
        let filled = track.with_max_x(track.left() + part * track.width());
        painter.rect_filled(filled, 1.5, self.colour);
    }

    /// On the picture: what it is worth at the left, what to do with it at the right.
    fn buttons(
        &self,
        ui: &Ui,
        picture: Rect,
        card: &Response,
        session: &Session,
        actions: &mut Actions,
    ) {
        let clips = Selection::between(self.span.start_secs, self.span.end_secs);
        let given = session.common_grade(clips);
        let repeat = if self.is_looped {
            "Stop repeating"
        } else {
            "Repeat"
        };
        let thumb = |grade| {
            let grade = (given != Some(grade)).then_some(grade);
            Action::from(Teach::Grade(Some(clips), grade))
        };
        let is_given = |grade| given == Some(grade);
        let (good, bad) = (Grade::VeryGood, Grade::VeryBad);
        let looped = Play::Loop((!self.is_looped).then_some(self.span)).into();
        let copied = Find::CopyTimestamp(self.span.start_secs).into();
        let mut buttons = vec![
            (Icon::ThumbUp, "This is right:", thumb(good), is_given(good)),
            (Icon::ThumbDown, "This is wrong:", thumb(bad), is_given(bad)),
        ];
        if let Some((query, _)) = self.tick.filter(|_| self.is_added) {
            let action = Find::RemoveMoment(query, self.span).into();
            buttons.push((Icon::Close, "Take away", action, false));
        } else if let Some((query, is_ticked)) = self.tick {
            let verb = if is_ticked {
                "Leave out of exports"
            } else {
                "Export again"
            };
            let action = Find::Tick(query, self.span, !is_ticked).into();
            buttons.push((Icon::Close, verb, action, !is_ticked));
        }
        buttons.push((Icon::Copy, "Copy the time of", copied, false));
        buttons.push((Icon::Loop, repeat, looped, self.is_looped));
        let n_right = buttons.len() - 2;
        let is_warm = card.contains_pointer() || card.has_focus();
        for (i, (icon, verb, action, is_on)) in buttons.into_iter().enumerate() {
            let is_thumb = i < 2;
            let left = if is_thumb {
                picture.left() + 3.0 + i as f32 * BUTTON.x
            } else {
                picture.right() - 3.0 - (n_right - (i - 2)) as f32 * BUTTON.x
            };
            // One above the other where a narrow picture has no room for a row.
            let top = if picture.width() < 5.0 * BUTTON.x + 6.0 && is_thumb {
                picture.bottom() - 6.0 - BUTTON.y
            } else {
                picture.top() + 3.0
            };
            let place = Rect::from_min_size(pos2(left, top), BUTTON);
            let name = format!("{verb} {}", self.title);
            let button = PictureButton {
                place,
                id: card.id.with(("side", i)),
                icon,
                name: &name,
                is_shown: is_warm || (self.shows_thumbs && is_thumb),
                on: is_on.then(|| match icon {
                    Icon::ThumbUp => grade_colour(good, true),
                    Icon::ThumbDown => grade_colour(bad, true),
                    _ => Palette::new(true).accent,
                }),
            };
            let response = button.show(ui);
            if response.clicked() {
                actions.push(action);
            }
        }
    }
}
