//! The engine as the commands use it: what it wants the user to know is printed after every call.

use indicatif::ProgressBar;

use crate::engine::Engine;

/// An engine that cannot be used without its notices being printed.
pub struct CliEngine(Engine);

impl CliEngine {
    pub fn new(engine: Engine) -> Self {
        Self(engine)
    }

    /// To ask it something that does no work.
    pub fn get(&self) -> &Engine {
        &self.0
    }

    pub fn work<T>(&mut self, work: impl FnOnce(&mut Engine) -> T) -> T {
        self.work_below(&ProgressBar::hidden(), work)
    }

    /// With a progress bar on the screen, which makes room for the notices.
    pub fn work_below<T>(&mut self, bar: &ProgressBar, work: impl FnOnce(&mut Engine) -> T) -> T {
        let outcome = work(&mut self.0);
        print_notices(&mut self.0, bar);
        outcome
    }
}

/// For work that is handed the bare engine and may take hours.
pub fn print_notices(engine: &mut Engine, bar: &ProgressBar) {
    let notices = engine.take_notices();
    if !notices.is_empty() {
        bar.suspend(|| notices.iter().for_each(|notice| log::warn!("{notice}")));
    }
}
