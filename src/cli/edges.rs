//! Sharper edges of the moments of one query in one video.

use std::path::Path;
use std::sync::Arc;

use crate::cli::cli_engine::CliEngine;
use crate::domain::{Moment, SaliencyCurve};
use crate::find::Probe;
use crate::video::Source;

/// Whose edges they are.
pub struct EdgesOf<'a> {
    pub video: &'a Path,
    pub probe: &'a Probe,
}

impl EdgesOf<'_> {
    /// Moves the ends of the moments, which were found on this curve; those of joined queries stay.
    ///
    /// # Errors
    /// A video that cannot be opened, and those of [`Engine::refine`](crate::engine::Engine::refine).
    pub fn refine(
        &self,
        engine: &mut CliEngine,
        cosines: &SaliencyCurve,
        moments: &mut [Moment],
    ) -> anyhow::Result<()> {
        // Of joined queries no single likeness says where a moment begins.
        let (Probe::One(target), false) = (self.probe, moments.is_empty()) else {
            return Ok(());
        };
        let (source, wanted) = (Source::open(self.video)?, target.direction());
        engine.work(|engine| engine.refine(&source, wanted, cosines, moments, &Arc::default()))?;
        Ok(())
    }
}
