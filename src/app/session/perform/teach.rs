//! Labels, training and prompts.

use crate::app::action::Teach;
use crate::app::effect::{Content, Effect};
use crate::app::session::{Session, Side};
use crate::app::wish::Wish;
use crate::worker::{Command, LabelsToSave, PromptEdit, PromptSource};

impl Session {
    pub(super) fn perform_teach(&mut self, action: Teach, effects: &mut Vec<Effect>) {
        match action {
            Teach::Select(selection) => {
                self.selection = selection;
                if selection.is_some() {
                    self.view.side = Side::Teach;
                }
            }
            Teach::MarkIn => self.mark_in(),
            Teach::MarkOut => self.mark_out(),
            Teach::Grade(None, grade) if self.shows_library() => self.grade_results(grade, effects),
            Teach::Undo if self.shows_library() => self.undo_on_wall(effects),
            Teach::Redo if self.shows_library() => self.redo_on_wall(effects),
            Teach::Grade(target, grade) => save(self.grade(target, grade), effects),
            Teach::Undo => {
                let labels = self.undo(effects);
                save(labels, effects);
            }
            Teach::Redo => {
                let labels = self.redo(effects);
                save(labels, effects);
            }
            Teach::Start => {
                if let Some(id) = self.selected {
                    self.begin_teaching(id);
                    effects.push(Effect::Worker(Command::Teach { id }));
                }
            }
            Teach::Stop => {
                if let Some(run) = &mut self.teaching {
                    run.is_stopping = true;
                    effects.push(Effect::Worker(Command::StopTeaching));
                }
            }
            // The worker says when the prompt answers: only it knows whether it can.
            Teach::UsePrompt(id, name) => effects.push(Effect::Worker(Command::UsePrompt {
                id,
                prompt: name.map(PromptSource::Named),
            })),
            Teach::EditPrompts(edit) => effects.push(match &edit {
                PromptEdit::Export { file, .. } => {
                    let file = file.clone();
                    self.write(file, Content::FromWorker(Command::EditPrompts(edit)))
                }
                _ => Effect::Worker(Command::EditPrompts(edit)),
            }),
            Teach::ExportPrompt(name) => effects.push(self.ask(Wish::ExportPrompt(name))),
            Teach::ImportPrompt => effects.push(self.ask(Wish::ImportPrompt)),
            Teach::ExportLabels => effects.push(self.ask(Wish::ExportLabels)),
            Teach::ExportLabelsTo(file) => {
                let command = Command::ExportLabels { file: file.clone() };
                effects.push(self.write(file, Content::FromWorker(command)));
            }
        }
    }
}

/// At once: what the user said must survive whatever happens next.
fn save(labels: Option<LabelsToSave>, effects: &mut Vec<Effect>) {
    if let Some(labels) = labels {
        effects.push(Effect::Worker(Command::SaveLabels(Box::new(labels))));
    }
}
