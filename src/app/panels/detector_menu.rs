//! What finds the moments: the curve, what was taught, or a trained detector.

use egui::{Id, RichText, Ui};

use crate::app::action::{Actions, Model, Teach};
use crate::app::session::{Lane, Session};
use crate::app::theme::Palette;
use crate::app::widgets::{IconButton, menu};

/// Names the menu.
fn popup_id() -> Id {
    Id::unique("moments by")
}

/// “Moments by: curve ▾” over the results of a query, where there is something to choose.
pub fn line(ui: &mut Ui, session: &Session, lane: &Lane, actions: &mut Actions) {
    if session.detectors().is_empty() {
        return;
    }
    let now = match (session.detector(), &lane.prompt) {
        (Some(name), _) => name.to_owned(),
        (None, Some(_)) => "taught prompt".to_owned(),
        (None, None) => "curve".to_owned(),
    };
    let text = format!("Moments by: {now} ▾");
    let button = IconButton::words(&text).size(26.0).show(ui);
    menu(&button, popup_id(), |ui| {
        ui.set_min_width(220.0);
        let is_curve = session.detector().is_none() && lane.prompt.is_none();
        if ui.radio(is_curve, "Curve").clicked() {
            actions.push(Model::UseDetector(None));
            if lane.prompt.is_some() {
                actions.push(Teach::UsePrompt(lane.id, None));
            }
            ui.close();
        }
        if let Some(name) = session.taught_prompt(lane) {
            let is_taught = session.detector().is_none() && lane.prompt.is_some();
            let taught = ui.radio(is_taught, "Taught prompt").on_hover_text(&name);
            if taught.clicked() {
                actions.push(Model::UseDetector(None));
                actions.push(Teach::UsePrompt(lane.id, Some(name)));
                ui.close();
            }
        }
        detectors(ui, session, actions);
        own_curve(ui, session, actions);
    });
}

/// The same for all queries, and how more detectors come here.
pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("Moments by").small().color(palette.weak_text));
    if !session.detectors().is_empty() {
        let curve = "Curve or taught prompt";
        if ui.radio(session.detector().is_none(), curve).clicked() {
            actions.push(Model::UseDetector(None));
        }
        detectors(ui, session, actions);
        own_curve(ui, session, actions);
    }
    let add = IconButton::words("Add a detector…").size(26.0).show(ui);
    let add =
        add.on_hover_text("A trained Moment-DETR, QD-DETR or UniVTG: .ckpt, .pth or .safetensors");
    if add.clicked() {
        actions.push(Model::ChooseDetector);
    }
}

fn detectors(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    for entry in session.detectors() {
        let is_used = session.detector() == Some(&*entry.name);
        let radio = egui::RadioButton::new(is_used, &entry.name);
        let response = ui.add_enabled(entry.problem.is_none(), radio);
        if response.clicked() {
            actions.push(Model::UseDetector(Some(entry.name.clone())));
            ui.close();
        }
        match (&entry.problem, &entry.info) {
            (Some(problem), _) => drop(response.on_disabled_hover_text(problem)),
            (None, Some(info)) => drop(response.on_hover_text(info.kind.title())),
            (None, None) => {}
        }
    }
}

/// What is drawn while a detector finds the moments.
fn own_curve(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let mut is_own = session.settings().shows_detector_curve;
    let checkbox = egui::Checkbox::new(&mut is_own, "Show its own curve");
    let response = ui
        .add_enabled(session.detector().is_some(), checkbox)
        .on_hover_text(
            "What the detector finds good, from its least to its greatest in this video, in place of \
             how alike clips and words are",
        );
    if response.clicked() {
        actions.push(Model::ShowDetectorCurve(is_own));
    }
}
