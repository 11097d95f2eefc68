//! The threads behind the window, so that it never waits; first of all the one that owns the engine.
//!
//! ```text
//! window ── Command ─▶ worker: drain commands ─▶ one step of the job ─▶ events ── Event ─▶ window
//!                          ▲                                          │
//!                          └──────────────── until idle ◀─────────────┘
//! ```
//! Only plain data crosses. A query that arrives while a video is being indexed is answered between
//! two steps, from what is known by then, and again as the index grows. Every command that starts
//! something carries an id chosen by the sender, and every event that answers it repeats the id, so
//! the receiver drops what is out of date. A panic while working on one becomes a
//! [`Event::VideoFailed`] or [`Event::QueryFailed`], and the worker continues.
//!
//! Work that needs no engine has threads of its own: [`Background`] is the one helper for them,
//! [`Cutting`], [`Downloading`] and [`Writer`] are made of it. They too only call a `wake` closure
//! and know nothing of a window.

mod background;
mod cutting;
mod downloading;
mod guard;
mod ids;
mod library_message;
mod looking;
mod message;
mod state;
mod writer;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::engine::EngineConfig;

pub use background::{Background, Report, Reporter};
pub use cutting::{CutProgress, CutTarget, Cutting, ToCut};
pub use downloading::{Download, DownloadFailure, Downloading};
pub use ids::{QueryId, VideoId};
pub use library_message::{
    FoundEverywhere, Holdings, LibraryCommand, LibraryNews, LibraryProgress, LibraryWork,
    PlacedSpan,
};
pub use message::{Command, Event, LabelsToSave, Lesson, MomentsToSave, PromptEdit, PromptSource};
pub use writer::Writer;

use state::{Appetite, State};

/// How often the worker looks whether something is due.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Handle of the worker thread. Dropping it stops the thread after the step it is in.
pub struct Worker {
    /// Only this one counts: once it is gone the thread ends.
    calls: Option<Arc<Sender<Call>>>,
    events: Receiver<Event>,
    thread: Option<JoinHandle<()>>,
}

/// What ends the thread's sleep.
enum Call {
    Command(Command),
    /// Another thread has brought something to look after.
    News,
}

impl Worker {
    /// Starts the thread, which first loads the model; `wake` is called after each event.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(config: EngineConfig, wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (calls, inbox) = mpsc::channel();
        let calls = Arc::new(calls);
        let (event_sender, events) = mpsc::channel();
        let emit = move |event| {
            // The receiver is gone only while the worker is being dropped.
            if event_sender.send(event).is_ok() {
                wake();
            }
        };
        let to_itself = Arc::downgrade(&calls);
        let wake_worker = move || {
            if let Some(calls) = to_itself.upgrade() {
                // An error means that it has ended.
                let _ = calls.send(Call::News);
            }
        };
        let thread = thread::Builder::new()
            .name("worker".into())
            .spawn(move || {
                let state = State::new(config, Box::new(emit), Arc::new(wake_worker));
                run(state, &inbox);
            })?;
        Ok(Self {
            calls: Some(calls),
            events,
            thread: Some(thread),
        })
    }

    /// Never blocks. Commands are carried out in order.
    pub fn send(&self, command: Command) {
        if let Some(calls) = &self.calls {
            // The thread ends only when this handle is dropped.
            let _ = calls.send(Call::Command(command));
        }
    }

    /// The next event, if one is waiting.
    pub fn try_event(&self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// The next event, waiting for at most `patience`.
    pub fn wait_event(&self, patience: Duration) -> Result<Event, RecvTimeoutError> {
        self.events.recv_timeout(patience)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.calls.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread changes nothing any more.
            let _ = thread.join();
        }
    }
}

/// The loop: all commands, then one step; blocks when there is nothing to do.
fn run(mut state: State, calls: &Receiver<Call>) {
    state.tell_places();
    state.load_model();
    state.tell_notices();
    loop {
        loop {
            let call = match state.appetite() {
                Appetite::Working => match calls.try_recv() {
                    Ok(call) => call,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                },
                Appetite::Waiting => match calls.recv_timeout(LOOK_EVERY) {
                    Ok(call) => call,
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
                Appetite::Idle => match calls.recv() {
                    Ok(call) => call,
                    Err(_) => return,
                },
            };
            let Call::Command(command) = call else {
                break;
            };
            state.obey(command);
            state.tell_notices();
        }
        state.step();
        state.tell_notices();
    }
}
