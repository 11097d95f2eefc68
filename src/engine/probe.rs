//! From a query to what clips are compared with.

use std::num::NonZeroUsize;

use lru::LruCache;

use crate::domain::{Query, QueryKind};
use crate::engine::{Engine, EngineError, PictureError};
use crate::find::{PictureTarget, Probe, Target, Way};

/// How many pictures are remembered.
const MAX_KEPT: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// The directions of the pictures asked last, by their keys.
pub(super) struct PictureEmbeddings(LruCache<Query, PictureTarget>);

impl Default for PictureEmbeddings {
    fn default() -> Self {
        Self(LruCache::new(MAX_KEPT))
    }
}

impl Engine {
    /// Makes a query ready. The way is that of its words, or of the words of each of its parts; a
    /// picture has none.
    ///
    /// # Errors
    /// Those of [`Engine::embed_query`]; [`EngineError::Picture`] where the pixels of a picture are not
    /// known.
    pub fn probe(&mut self, query: &Query, way: &Way) -> Result<Probe, EngineError> {
        self.probe_by(query, &mut |_| way.clone())
    }

    /// As [`Engine::probe`], with a way for each part of the query.
    ///
    /// # Errors
    /// As there.
    pub fn probe_by(
        &mut self,
        query: &Query,
        way_of: &mut dyn FnMut(&Query) -> Way,
    ) -> Result<Probe, EngineError> {
        Ok(match query.kind() {
            QueryKind::Words(_) => {
                let way = way_of(query);
                let direction = self.embed_query(query, &way)?;
                Probe::One(Target::Words { direction, way })
            }
            QueryKind::Picture(_) => Probe::One(Target::Picture(self.picture_target(query)?)),
            QueryKind::Joined(joined) => {
                let (first, join, second) = &**joined;
                let first = self.probe_by(first, way_of)?;
                let second = self.probe_by(second, way_of)?;
                Probe::Joined(Box::new(first), *join, Box::new(second))
            }
        })
    }

    fn picture_target(&mut self, query: &Query) -> Result<PictureTarget, EngineError> {
        if let Some(known) = self.pictures.0.get(query) {
            return Ok(known.clone());
        }
        let picture = query.picture().ok_or(PictureError::Forgotten)?;
        let target = self.embed_picture(picture)?;
        self.pictures.0.put(query.clone(), target.clone());
        Ok(target)
    }
}
