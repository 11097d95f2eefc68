//! Notices: cards over the picture that say what happened and go away when told to.

use egui::{Align2, Area, Frame, Id, Margin, Order, RichText, Stroke, Ui, vec2};

use crate::app::action::{Action, Actions, File, Model, Play, View};
use crate::app::icons::Icon;
use crate::app::session::{Offer, Session, Severity};
use crate::app::theme::Palette;
use crate::app::widgets::IconButton;

const WIDTH: f32 = 380.0;

/// At the right end of `area`, newest at the bottom.
pub fn ui(ui: &Ui, area: egui::Rect, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    if session.notices().is_empty() {
        return;
    }
    Area::new(Id::unique("notices"))
        .order(Order::Foreground)
        .pivot(Align2::RIGHT_TOP)
        .fixed_pos(area.right_top() + vec2(-12.0, 12.0))
        .accessible_name("Notices")
        .show(ui.ctx(), |ui| {
            let width = WIDTH.min(area.width() - 24.0);
            ui.set_width(width);
            for notice in session.notices().iter() {
                let colour = match notice.severity {
                    Severity::Info => palette.accent,
                    Severity::Warning => palette.warning,
                    Severity::Error => palette.error,
                };
                let card = Frame::new()
                    .fill(palette.raised)
                    .stroke(Stroke::new(1.0, palette.line))
                    .corner_radius(8.0)
                    .inner_margin(Margin {
                        left: 16,
                        right: 6,
                        top: 8,
                        bottom: 8,
                    })
                    .show(ui, |ui| {
                        ui.horizontal_top(|ui| {
                            let text_width = width - 22.0 - 34.0;
                            ui.vertical(|ui| {
                                ui.set_width(text_width);
                                ui.add_space(3.0);
                                let text = RichText::new(&notice.text).color(palette.text);
                                ui.add(egui::Label::new(text).wrap());
                                if notice.offers.is_empty() {
                                    return;
                                }
                                ui.horizontal_wrapped(|ui| {
                                    for offer in &notice.offers {
                                        let (words, action) = done_by(offer);
                                        let button = IconButton::words(words).size(26.0);
                                        if button.show(ui).clicked() {
                                            actions.push(action);
                                            actions.push(View::Dismiss(notice.id));
                                        }
                                    }
                                });
                            });
                            let dismiss = IconButton::new(Icon::Close, "Dismiss").size(26.0);
                            if dismiss.show(ui).clicked() {
                                actions.push(View::Dismiss(notice.id));
                            }
                        });
                    });
                let card = card.response.rect;
                let bar = card.with_max_x(card.left() + 5.0);
                let corners = egui::CornerRadius {
                    nw: 8,
                    sw: 8,
                    ne: 0,
                    se: 0,
                };
                ui.painter().rect_filled(bar, corners, colour);
            }
        });
}

/// The words on its button, and what the button does.
fn done_by(offer: &Offer) -> (&'static str, Action) {
    match offer {
        Offer::ShowInFolder(path) => ("Show in folder", File::ShowInFolder(path.clone()).into()),
        Offer::TryAgain(repo) => ("Try again", Model::Download(repo.clone()).into()),
        Offer::ChooseFolder => ("Choose folder…", Model::ChooseFolder.into()),
        Offer::GoOnFrom(time_secs) => ("Go on from there", Play::From(*time_secs).into()),
        Offer::Reload => ("Reload", File::Reload.into()),
    }
}
