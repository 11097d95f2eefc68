//! Pictures that are searched for: kept, and found again by the keys that the history has.

use crate::domain::Query;
use crate::engine::{known_picture, picture_png};
use crate::worker::state::State;
use crate::worker::{Event, QueryId};

impl State {
    /// The query with the pixels of pictures that were searched for before; new ones are kept.
    pub fn complete_query(&self, id: QueryId, query: &Query) -> Query {
        let mut is_completed = false;
        let complete = query.with_pictures(&mut |key| {
            let picture = known_picture(&self.picture_folder.load(key)?, key)?;
            is_completed = true;
            Some((picture, "a picture".to_owned()))
        });
        if is_completed {
            let query = complete.clone();
            (self.emit)(Event::PictureKnown { id, query });
        }
        for picture in complete.parts().into_iter().filter_map(Query::picture) {
            if self.picture_folder.has(picture.key()) {
                continue;
            }
            let kept = picture_png(picture).and_then(|png| {
                let saved = self.picture_folder.save(picture.key(), &png);
                saved.map_err(|error| error.to_string())
            });
            if let Err(error) = kept {
                // It is answered all the same; only the history cannot ask it again.
                log::warn!("a picture that was searched for is not kept: {error}");
            }
        }
        complete
    }
}
