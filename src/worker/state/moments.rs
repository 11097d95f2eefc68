//! What the user changes of moments.

use crate::store::{ContentId, MomentEditStore};
use crate::worker::state::State;
use crate::worker::{Event, MomentsToSave, VideoId};

impl State {
    /// Sends what was changed in a video.
    pub fn tell_moment_edits(&mut self, video: VideoId, content: &ContentId) {
        match self.moment_edits().all_for_video(content) {
            Ok(edits) => (self.emit)(Event::MomentEdits { video, edits }),
            Err(error) => (self.emit)(Event::LabelsNotSaved {
                message: error.to_string(),
            }),
        }
    }

    pub fn save_moments(&mut self, new: &MomentsToSave) {
        let saved = self.moment_edits().save(&new.video, &new.query, &new.edits);
        if let Err(error) = saved {
            (self.emit)(Event::LabelsNotSaved {
                message: error.to_string(),
            });
        }
    }

    fn moment_edits(&self) -> MomentEditStore {
        MomentEditStore::new(&self.config.paths.data_dir)
    }
}
