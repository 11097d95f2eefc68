//! Sharper edges: a few exact frames near each end of a moment, and where the picture changes there.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::domain::{Embeddings, Moment, SaliencyCurve, TimeSpan, UnitVector};
use crate::engine::{Engine, EngineError};
use crate::find::edges;
use crate::video::{LookOptions, Source, look};

/// The first and the last frame between two centres may be new as well.
const FRAME_SECS: f64 = 0.06;

/// Far more than any encoder sees.
const MAX_HEIGHT: u32 = 512;

impl Engine {
    /// Moves the ends of moments to where what is seen begins and ends, or to a change of the picture within a
    /// second of that. `cosines` are those of the clips with `text`. An end that cannot be looked at stays
    /// where it is, and is told in the log. Moments do not come to overlap.
    ///
    /// # Errors
    /// Cancelling, and those of [`Engine::encode_images`].
    pub fn refine(
        &mut self,
        source: &Source,
        text: &UnitVector,
        cosines: &SaliencyCurve,
        moments: &mut [Moment],
        cancel: &Arc<AtomicBool>,
    ) -> Result<(), EngineError> {
        for edge in edges(moments, cosines) {
            let options = LookOptions {
                times_secs: edge.times_secs(),
                max_height: MAX_HEIGHT,
                changes_in: Some(around(edge.span())),
                cancel: Arc::clone(cancel),
            };
            let seen = match look(source, &options) {
                Ok(seen) if seen.frames.len() == options.times_secs.len() => seen,
                Ok(_) => continue,
                Err(crate::video::VideoError::Cancelled) => {
                    return Err(crate::video::VideoError::Cancelled.into());
                }
                Err(error) => {
                    log::warn!("an edge stays as it was found: {error}");
                    continue;
                }
            };
            let secs = edge.find(&seen.changes_secs, |index| {
                let (_, image) = &seen.frames[index];
                let pixels = self
                    .encoder()
                    .preprocessor()
                    .framed(self.framing())
                    .apply(image);
                let features = self.encode_images(&[pixels])?;
                let frame = Embeddings::from_features(text.dim(), features)?;
                let cosine = frame.cosines(text).values().first().copied();
                Ok::<_, EngineError>(cosine.unwrap_or_default())
            })?;
            edge.set(moments, secs);
        }
        Ok(())
    }
}

fn around(span: TimeSpan) -> TimeSpan {
    TimeSpan::new(span.start_secs - FRAME_SECS, span.end_secs + FRAME_SECS)
}
