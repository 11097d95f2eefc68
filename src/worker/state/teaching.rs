//! Labels as they are given, and teaching as a job that runs beside indexing.

use std::path::Path;

use crate::domain::count;
use crate::engine::TuneJob;
use crate::learn::{TrainerConfig, Verdict};
use crate::store::{ContentId, ExportedLabels, LabelError, LabelStore, LabelledVideo};
use crate::worker::guard::guarded;
use crate::worker::state::State;
use crate::worker::{Event, LabelsToSave, Lesson, PromptSource, QueryId, VideoId};

/// A training that is running.
pub(super) struct Teaching {
    pub id: QueryId,
    job: TuneJob,
}

impl State {
    /// Sends the labels that a video has.
    pub fn tell_labels(&mut self, video: VideoId, content: ContentId) {
        let known = self
            .label_store()
            .and_then(|store| store.all_for_video(content.as_str()));
        match known {
            Ok(labels) => (self.emit)(Event::Labels {
                video,
                content,
                labels,
            }),
            // No labels are sent: the window would save new ones in place of those it could not read.
            Err(error) => (self.emit)(Event::LabelsNotSaved {
                message: error.to_string(),
            }),
        }
    }

    pub fn save_labels(&mut self, new: &LabelsToSave) {
        let video = LabelledVideo {
            id: new.video.as_str(),
            name: &new.video_name,
            duration_secs: new.duration_secs,
        };
        let saved = self
            .label_store()
            .and_then(|store| store.save(video, &new.query, &new.labels));
        if let Err(error) = saved {
            (self.emit)(Event::LabelsNotSaved {
                message: error.to_string(),
            });
        }
    }

    pub fn export_labels(&mut self, file: &Path) {
        let exported = self.label_store().and_then(|store| store.export(file));
        (self.emit)(match exported {
            Ok(ExportedLabels { n_queries, .. }) => Event::Done {
                message: format!(
                    "the labels of {} are in {}",
                    count(n_queries, "query"),
                    file.display()
                ),
            },
            Err(error) => Event::LabelsNotSaved {
                message: error.to_string(),
            },
        });
    }

    pub fn label_store(&mut self) -> Result<&LabelStore, LabelError> {
        let store = match self.labels.take() {
            Some(store) => store,
            None => LabelStore::open(&self.config.paths.data_dir)?,
        };
        Ok(self.labels.insert(store))
    }

    /// Begins to teach a prompt for a query, in place of any other training.
    pub fn teach(&mut self, id: QueryId) {
        match self.start_teaching(id) {
            Ok(job) => self.teaching = Some(Teaching { id, job }),
            Err(message) => (self.emit)(Event::TeachingFailed { id, message }),
        }
    }

    fn start_teaching(&mut self, id: QueryId) -> Result<TuneJob, String> {
        let store = self
            .label_store()
            .map_err(|error| error.to_string())?
            .clone();
        let query = self.queries.get(&id).map(|asked| asked.query.clone());
        let index = self.video.as_ref().and_then(|video| video.work.index());
        let (Some(engine), Some(query)) = (&mut self.engine, query) else {
            return Err("no model is loaded: choose a model first".to_owned());
        };
        if self.video.is_some() && index.is_none() {
            return Err("nothing is indexed yet: wait for the first clips".to_owned());
        }
        guarded(|| {
            let set = engine.labels_of(&store, &query, index)?;
            TuneJob::start(engine, set, TrainerConfig::default())
        })
    }

    pub fn step_teaching(&mut self) {
        let (Some(engine), Some(teaching)) = (&mut self.engine, &mut self.teaching) else {
            return;
        };
        let id = teaching.id;
        match guarded(|| teaching.job.step(engine)) {
            Ok(progress) => {
                let is_done = teaching.job.is_done();
                (self.emit)(Event::Teaching { id, progress });
                if is_done {
                    self.end_teaching();
                }
            }
            Err(message) => {
                self.teaching = None;
                (self.emit)(Event::TeachingFailed { id, message });
            }
        }
    }

    /// Keeps the best prompt so far, and uses it if it is better than the plain words.
    pub fn end_teaching(&mut self) {
        let (Some(engine), Some(Teaching { id, job })) = (&mut self.engine, self.teaching.take())
        else {
            return;
        };
        let kept = guarded(|| {
            let outcome = job.finish(engine)?;
            let name = engine.keep_prompt(&self.prompt_folder, &outcome)?;
            Ok((name, outcome))
        });
        let (name, outcome) = match kept {
            Ok(kept) => kept,
            Err(message) => return (self.emit)(Event::TeachingFailed { id, message }),
        };
        self.tell_prompts();
        let training = &outcome.prompt.metadata.training;
        let lesson = Lesson {
            prompt: name.clone(),
            verdict: outcome.verdict,
            before: outcome.before,
            after: outcome.after,
            n_labels: training.n_labels,
            n_videos: training.n_videos,
        };
        if outcome.verdict == Verdict::Better {
            self.use_prompt(id, Some(PromptSource::Named(name)));
        }
        (self.emit)(Event::Taught { id, lesson });
    }
}
