//! How fast the model is on this machine.

use std::time::{Duration, Instant};

use crate::engine::{Engine, EngineError};
use crate::model::Pixels;

/// As many frames as indexing encodes at once at most.
const BATCH: usize = 16;

impl Engine {
    /// Frames per second of the image tower on its device, measured for about so long; reading video
    /// is not part of it. `watch` is told how much of the time has passed, 0 to 1.
    ///
    /// # Errors
    /// [`EngineError::Model`] when the model fails.
    pub fn measure(
        &mut self,
        duration: Duration,
        mut watch: impl FnMut(f64),
    ) -> Result<f64, EngineError> {
        let size = self.encoder().image_size();
        let frame = |seed: usize| {
            let value = |i: usize| ((seed + 3) * i % 97) as f32 / 48.5 - 1.0;
            let values = (0..3 * size * size).map(value);
            Pixels {
                size,
                values: values.collect(),
            }
        };
        let frames: Vec<_> = (0..BATCH).map(frame).collect();
        // The first pays for warming up.
        self.encode_images(&frames)?;
        let start = Instant::now();
        let mut n_encoded = 0;
        loop {
            self.encode_images(&frames)?;
            n_encoded += BATCH;
            let elapsed = start.elapsed();
            watch((elapsed.as_secs_f64() / duration.as_secs_f64()).min(1.0));
            if elapsed >= duration {
                return Ok(n_encoded as f64 / elapsed.as_secs_f64());
            }
        }
    }
}
