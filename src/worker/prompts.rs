//! Which prompt answers which query, and the user's own prompts.

use crate::domain::ZERO_SHOT_THRESHOLD;
use crate::engine::{Engine, EngineError, PromptEntry};
use crate::model::Prompt;
use crate::store::PromptFolder;
use crate::worker::guard::guarded;
use crate::worker::state::State;
use crate::worker::{Event, PromptEdit, PromptSource, QueryId};

/// A prompt that answers a query.
pub(super) struct PromptInUse {
    pub name: String,
    pub prompt: Prompt,
}

impl State {
    /// Tells which prompts there are.
    pub fn tell_prompts(&self) {
        match self.entries() {
            Ok(entries) => (self.emit)(Event::Prompts(entries)),
            Err(message) => (self.emit)(Event::PromptFailed { message }),
        }
    }

    fn entries(&self) -> Result<Vec<PromptEntry>, String> {
        match &self.engine {
            Some(engine) => guarded(|| engine.prompts(&self.prompt_folder)),
            None => Ok(Vec::new()),
        }
    }

    /// After another model was loaded: what was taught on the last one is of no use.
    pub fn choose_usual_prompts(&mut self) {
        let ids: Vec<_> = self.queries.keys().copied().collect();
        for id in ids {
            self.set_prompt(id, None);
            self.choose_usual_prompt(id);
        }
    }

    /// Uses what was taught on the very words of a query, if anything was.
    pub fn choose_usual_prompt(&mut self, id: QueryId) {
        let Some(asked) = self.queries.get(&id) else {
            return;
        };
        // A folder that cannot be read was told about when the model was loaded.
        let entries = self.entries().unwrap_or_default();
        let usual = entries
            .into_iter()
            .find(|entry| entry.speaks_for(&asked.query));
        if let Some(entry) = usual {
            self.load_prompt(id, &PromptSource::Named(entry.name));
        }
    }

    /// Answers a query with a prompt from now on; with none, by its plain words.
    pub fn use_prompt(&mut self, id: QueryId, prompt: Option<PromptSource>) {
        match prompt {
            Some(source) => self.load_prompt(id, &source),
            None => self.set_prompt(id, None),
        }
        self.answer(id);
    }

    fn load_prompt(&mut self, id: QueryId, source: &PromptSource) {
        let Some(engine) = &self.engine else { return };
        match guarded(|| read(engine, &self.prompt_folder, source)) {
            Ok(prompt) => self.set_prompt(id, Some(prompt)),
            Err(message) => (self.emit)(Event::PromptFailed { message }),
        }
    }

    fn set_prompt(&mut self, id: QueryId, prompt: Option<PromptInUse>) {
        let Some(asked) = self.queries.get_mut(&id) else {
            return;
        };
        if asked.prompt.is_none() && prompt.is_none() {
            return;
        }
        asked.prompt = prompt;
        self.tell_prompt(id);
    }

    fn tell_prompt(&self, id: QueryId) {
        let used = self
            .queries
            .get(&id)
            .and_then(|asked| asked.prompt.as_ref());
        (self.emit)(Event::PromptInUse {
            id,
            prompt: used.map(|used| used.name.clone()),
            threshold: used.map_or(ZERO_SHOT_THRESHOLD, |used| used.prompt.threshold()),
        });
    }

    pub fn edit_prompts(&mut self, edit: PromptEdit) {
        let Some(engine) = &self.engine else {
            let message = "no model is loaded: choose a model first".to_owned();
            return (self.emit)(Event::PromptFailed { message });
        };
        let folder = &self.prompt_folder;
        let outcome = guarded(|| {
            match &edit {
                PromptEdit::Rename { name, new_name } => folder.rename(name, new_name)?,
                PromptEdit::Delete { name } => folder.delete(name)?,
                PromptEdit::Export { name, file } => folder.export(name, file)?,
                PromptEdit::Import { file } => drop(engine.import_prompt(folder, file)?),
            }
            Ok(())
        });
        match outcome {
            Ok(()) => {
                if let PromptEdit::Export { name, file } = &edit {
                    let message = format!("{name} is in {}", file.display());
                    (self.emit)(Event::Done { message });
                }
                self.follow(edit);
            }
            Err(message) => (self.emit)(Event::PromptFailed { message }),
        }
        self.tell_prompts();
    }

    /// Queries that use a prompt hear of its new name, or go back to their plain words.
    fn follow(&mut self, edit: PromptEdit) {
        let (name, new_name) = match edit {
            PromptEdit::Rename { name, new_name } => {
                (self.emit)(Event::PromptRenamed {
                    name: name.clone(),
                    new_name: new_name.clone(),
                });
                (name, Some(new_name))
            }
            PromptEdit::Delete { name } => (name, None),
            PromptEdit::Export { .. } | PromptEdit::Import { .. } => return,
        };
        let users: Vec<_> = self
            .queries
            .iter_mut()
            .filter_map(|(id, asked)| Some((*id, asked.prompt.as_mut()?)))
            .filter(|(_, used)| used.name == name)
            .map(|(id, used)| {
                used.name = new_name.clone().unwrap_or_default();
                id
            })
            .collect();
        for id in users {
            if new_name.is_some() {
                self.tell_prompt(id);
            } else {
                self.set_prompt(id, None);
                self.answer(id);
            }
        }
    }
}

fn read(
    engine: &Engine,
    folder: &PromptFolder,
    source: &PromptSource,
) -> Result<PromptInUse, EngineError> {
    match source {
        PromptSource::Named(name) => Ok(PromptInUse {
            name: name.clone(),
            prompt: engine.prompt(folder, name)?,
        }),
        PromptSource::File(path) => {
            let prompt = Prompt::from_bytes(&PromptFolder::read_file(path)?)?;
            prompt.check_model(engine.encoder().id())?;
            let name = path.file_stem().unwrap_or(path.as_os_str());
            Ok(PromptInUse {
                name: name.to_string_lossy().into_owned(),
                prompt,
            })
        }
    }
}
