//! `vcl library watch`: indexes what comes into the folders, until it is stopped.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use anyhow::bail;

use crate::cli::args::GlobalArgs;
use crate::cli::library_update::{index, look_through};
use crate::cli::progress::LibraryBar;
use crate::domain::{count, plain};
use crate::library::{Library, ScanJob, Watch, WatchEvent, WatchTimes};

/// So often it is asked whether folders were added or removed.
const ASK_EVERY: Duration = Duration::from_secs(5);

pub fn run(global: &GlobalArgs, library: &mut Library, quiet_secs: f64) -> anyhow::Result<()> {
    let mut places = library.places()?;
    if places.is_empty() {
        bail!("the library is empty; `vcl library add PATH` adds folders and videos");
    }
    let mut engine = global.open_engine()?;
    let times = WatchTimes {
        quiet: Duration::from_secs_f64(quiet_secs),
        ..WatchTimes::default()
    };
    // What happens from here on is told, and all that happened before is found by looking.
    let (watch, events) = Watch::start(places.clone(), times, || {})?;
    eprintln!("watching {}; Ctrl+C ends it", count(places.len(), "place"));
    let mut changed: Vec<_> = places.iter().map(|place| place.path.clone()).collect();
    loop {
        let bar = LibraryBar::new();
        while !changed.is_empty() {
            let scan = ScanJob::below(library, &changed, times.quiet)?;
            for path in look_through(scan, library, &bar)?.unsettled {
                watch.again(path);
            }
            changed.clear();
            index(library, &mut engine, &bar, || {
                changed.extend(waiting(&events)?);
                Ok(match changed.is_empty() {
                    true => ControlFlow::Continue(()),
                    // What is begun goes on where it stops.
                    false => ControlFlow::Break(()),
                })
            })?;
        }
        bar.clear();
        match events.recv_timeout(ASK_EVERY) {
            Ok(event) => changed.extend(told(event)),
            Err(RecvTimeoutError::Timeout) => {
                let now = library.places()?;
                if now != places {
                    let new = now.iter().filter(|place| !places.contains(place));
                    changed.extend(new.map(|place| place.path.clone()));
                    watch.set_places(now.clone());
                    places = now;
                }
            }
            Err(RecvTimeoutError::Disconnected) => bail!("the folders cannot be watched any more"),
        }
    }
}

/// All that was told until now.
fn waiting(events: &Receiver<WatchEvent>) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut changed = Vec::new();
    loop {
        match events.try_recv() {
            Ok(event) => changed.extend(told(event)),
            Err(TryRecvError::Empty) => return Ok(changed),
            Err(TryRecvError::Disconnected) => bail!("the folders cannot be watched any more"),
        }
    }
}

fn told(event: WatchEvent) -> Vec<std::path::PathBuf> {
    match event {
        WatchEvent::Changed(paths) => paths,
        WatchEvent::Unseen { place, reason } => {
            log::warn!(
                "changes in {} are only seen every ten minutes: {}",
                plain(&place.display().to_string()),
                plain(&reason)
            );
            Vec::new()
        }
    }
}
