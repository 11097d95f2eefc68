//! Sharper edges of the moments of one query in one video.

use std::path::Path;
use std::sync::Arc;

use crate::cli::cli_engine::CliEngine;
use crate::domain::{Moment, Query, SaliencyCurve};
use crate::find::Way;
use crate::video::Source;

/// Whose edges they are.
pub struct EdgesOf<'a> {
    pub video: &'a Path,
    pub query: &'a Query,
    pub way: &'a Way,
}

impl EdgesOf<'_> {
    /// Moves the ends of the moments, which were found on this curve.
    ///
    /// # Errors
    /// A video that cannot be opened, and those of [`Engine::refine`](crate::engine::Engine::refine).
    pub fn refine(
        &self,
        engine: &mut CliEngine,
        cosines: &SaliencyCurve,
        moments: &mut [Moment],
    ) -> anyhow::Result<()> {
        if moments.is_empty() {
            return Ok(());
        }
        let source = Source::open(self.video)?;
        let text = engine.work(|engine| engine.embed_query(self.query, self.way))?;
        engine.work(|engine| engine.refine(&source, &text, cosines, moments, &Arc::default()))?;
        Ok(())
    }
}
