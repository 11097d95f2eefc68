//! Which prompt answers: the plain words, what was taught, or another of the user's.

use egui::{Align, Key, Layout, Popup, RichText, TextEdit, Ui, vec2};

use crate::app::action::{Action, Actions, Find, Teach};
use crate::app::icons::Icon;
use crate::app::panels::teach::State;
use crate::app::session::{Lane, Session};
use crate::app::theme::Palette;
use crate::app::widgets::{self, IconButton, Look, select_all};
use crate::worker::PromptEdit;

pub fn ui(ui: &mut Ui, session: &Session, lane: &Lane, state: &mut State, actions: &mut Actions) {
    if state.rename.is_some() {
        rename(ui, state, actions);
        return;
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let look = |is_on| if is_on { Look::On } else { Look::Raised };
        let words = IconButton::words("Plain words").look(look(lane.prompt.is_none()));
        if words.size(28.0).show(ui).clicked() {
            actions.push(Teach::UsePrompt(lane.id, None));
        }
        let taught = session.taught_prompt(lane);
        let button = IconButton::words("Taught")
            .look(look(lane.prompt.is_some()))
            .size(28.0)
            .enabled(taught.is_some())
            .show(ui);
        if let Some(name) = taught {
            if button.clicked() && lane.prompt.as_ref() != Some(&name) {
                actions.push(Teach::UsePrompt(lane.id, Some(name.clone())));
            }
            button.on_hover_text(name);
        }
        let more = IconButton::new(Icon::More, "Prompts").size(28.0).show(ui);
        let closed = !Popup::is_id_open(ui.ctx(), Popup::default_response_id(&more));
        if closed {
            state.delete = None;
        }
        let id = Popup::default_response_id(&more);
        widgets::menu(&more, id, |ui| menu(ui, session, lane, state, actions));
    });
}

fn menu(ui: &mut Ui, session: &Session, lane: &Lane, state: &mut State, actions: &mut Actions) {
    let palette = Palette::of(ui);
    ui.set_min_width(240.0);
    let heading = |ui: &mut Ui, text: &str| {
        ui.label(RichText::new(text).small().color(palette.weak_text));
    };
    heading(ui, "Answer by");
    if ui.radio(lane.prompt.is_none(), "The plain words").clicked() {
        actions.push(Teach::UsePrompt(lane.id, None));
    }
    for entry in session.prompts() {
        let is_used = lane.prompt.as_ref() == Some(&entry.name);
        let radio = egui::RadioButton::new(is_used, &entry.name);
        let response = ui.add_enabled(entry.is_usable(), radio);
        if response.clicked() {
            let prompt = entry.name.clone();
            actions.push(match entry.query() {
                Some(query) if query != lane.query.key() => Action::from(Find::AskWith {
                    query: query.to_owned(),
                    prompt,
                }),
                _ => Teach::UsePrompt(lane.id, Some(prompt)).into(),
            });
        }
        match (&entry.problem, entry.query()) {
            (Some(problem), _) => drop(response.on_disabled_hover_text(problem)),
            (None, Some(query)) => drop(response.on_hover_text(format!("taught on “{query}”"))),
            (None, None) => drop(response.on_hover_text("taught on several queries")),
        }
    }
    ui.separator();
    if let Some(name) = &lane.prompt {
        heading(ui, name);
        if ui.button("Rename…").clicked() {
            state.rename = Some((name.clone(), name.clone()));
            ui.close();
        }
        if ui.button("Export…").clicked() {
            actions.push(Teach::ExportPrompt(name.clone()));
            ui.close();
        }
        if state.delete.as_ref() == Some(name) {
            let text = RichText::new("Delete for good").color(palette.error);
            if ui.button(text).clicked() {
                let name = name.clone();
                actions.push(Teach::EditPrompts(PromptEdit::Delete { name }));
                state.delete = None;
                ui.close();
            }
        } else if ui.button("Delete").clicked() {
            state.delete = Some(name.clone());
        }
        ui.separator();
    }
    if ui.button("Import a prompt…").clicked() {
        actions.push(Teach::ImportPrompt);
        ui.close();
    }
    if ui.button("Export all labels…").clicked() {
        actions.push(Teach::ExportLabels);
        ui.close();
    }
}

fn rename(ui: &mut Ui, state: &mut State, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let Some((name, new_name)) = &mut state.rename else {
        return;
    };
    let (mut is_over, mut is_kept) = (false, false);
    let row = vec2(ui.available_width(), ui.spacing().interact_size.y);
    let layout = Layout::right_to_left(Align::Center);
    ui.allocate_ui_with_layout(row, layout, |ui| {
        let text = RichText::new("Rename").color(palette.text);
        is_kept = ui.button(text).clicked();
        let field = TextEdit::singleline(new_name).desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name("New name of the prompt");
        if !response.has_focus() && !response.lost_focus() {
            response.request_focus();
            select_all(ui.ctx(), response.id, new_name);
        }
        let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
        is_kept |= is_entered;
        // Esc takes the keyboard away, as a click beside the field does.
        is_over = response.lost_focus() && !is_entered;
    });
    if is_kept {
        actions.push(Teach::EditPrompts(PromptEdit::Rename {
            name: name.clone(),
            new_name: new_name.trim().to_owned(),
        }));
    }
    if is_kept || is_over {
        state.rename = None;
    }
}
