//! Which prompt answers which query, and the user's own prompts.

use crate::domain::Query;
use crate::engine::PromptEntry;
use crate::find::Way;
use crate::worker::guard::guarded;
use crate::worker::state::State;
use crate::worker::{Event, PromptEdit, PromptSource, QueryId};

impl State {
    /// Tells the window which prompts there are.
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

    /// After another model was loaded: what was taught on the last one does not fit it.
    pub fn choose_usual_prompts(&mut self) {
        let ids: Vec<_> = self.queries.keys().copied().collect();
        for id in ids {
            self.use_plain_query(id);
            self.choose_usual_prompt(id);
        }
    }

    /// Uses what was taught on this very query, if anything was.
    pub fn choose_usual_prompt(&mut self, id: QueryId) {
        let Some(asked) = self.queries.get(&id) else {
            return;
        };
        // That a folder cannot be read was reported when the model was loaded.
        let entries = self.entries().unwrap_or_default();
        if asked.query.is_joined() {
            let parts = self.taught_parts(&asked.query, &entries);
            if let Some(asked) = self.queries.get_mut(&id) {
                asked.parts = parts;
            }
            return;
        }
        let usual = entries
            .into_iter()
            .find(|entry| entry.speaks_for(&asked.query));
        if let Some(entry) = usual {
            self.load_prompt(id, &PromptSource::Named(entry.name));
        }
    }

    /// For each part of a joined query what was taught on it, if anything was.
    fn taught_parts(&self, query: &Query, entries: &[PromptEntry]) -> Vec<(Query, Way)> {
        let Some(engine) = &self.engine else {
            return Vec::new();
        };
        let taught = query.parts().into_iter().filter_map(|part| {
            let entry = entries.iter().find(|entry| entry.speaks_for(part))?;
            let prompt = guarded(|| engine.prompt(&self.prompt_folder, &entry.name)).ok()?;
            Some((part.clone(), prompt.into()))
        });
        taught.collect()
    }

    /// Answers a query with a prompt from now on; with none, by its plain words.
    pub fn use_prompt(&mut self, id: QueryId, prompt: Option<PromptSource>) {
        match prompt {
            Some(source) => self.load_prompt(id, &source),
            None => self.use_plain_query(id),
        }
        self.answer(id);
        self.answer_everywhere(Some(id));
    }

    fn load_prompt(&mut self, id: QueryId, source: &PromptSource) {
        let Some(engine) = &self.engine else { return };
        let read = guarded(|| match source {
            PromptSource::Named(name) => {
                Ok((name.clone(), engine.prompt(&self.prompt_folder, name)?))
            }
            PromptSource::File(path) => engine.prompt_file(path),
        });
        match read {
            Ok((name, prompt)) => self.set_way(id, prompt.into(), Some(name)),
            Err(message) => (self.emit)(Event::PromptFailed { message }),
        }
    }

    fn use_plain_query(&mut self, id: QueryId) {
        let asked = self.queries.get(&id);
        if asked.is_some_and(|asked| asked.prompt_name.is_some()) {
            self.set_way(id, Way::default(), None);
        }
    }

    fn set_way(&mut self, id: QueryId, way: Way, prompt_name: Option<String>) {
        if let Some(asked) = self.queries.get_mut(&id) {
            asked.way = way;
            asked.prompt_name = prompt_name;
            self.tell_prompt(id);
        }
    }

    fn tell_prompt(&self, id: QueryId) {
        if let Some(asked) = self.queries.get(&id) {
            (self.emit)(Event::PromptInUse {
                id,
                prompt: asked.prompt_name.clone(),
            });
        }
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

    /// Queries that use the prompt take its new name, or go back to their plain words.
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
            .filter_map(|(id, asked)| {
                asked.prompt_name.as_ref().filter(|used| **used == name)?;
                if new_name.is_some() {
                    asked.prompt_name.clone_from(&new_name);
                }
                Some(*id)
            })
            .collect();
        for id in users {
            if new_name.is_some() {
                self.tell_prompt(id);
            } else {
                self.use_plain_query(id);
                self.answer(id);
                self.answer_everywhere(Some(id));
            }
        }
    }
}
