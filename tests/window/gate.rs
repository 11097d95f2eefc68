//! Holds the worker, so that what is seen while it works does not depend on how fast it is.

use std::sync::{Arc, Condvar, Mutex};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// The worker stops at its next event.
    Closed,
    /// The worker has told something and waits.
    Waiting,
    /// It may go on to its next event.
    Released,
}

/// Between two events of the worker. Dropping it lets the worker go.
pub struct Gate(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

impl Gate {
    pub fn new(is_closed: bool) -> Self {
        let state = if is_closed {
            State::Closed
        } else {
            State::Open
        };
        Self(Arc::new(Inner {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }))
    }

    /// What the worker calls after each event.
    pub fn hook(&self) -> impl Fn() + Send + 'static {
        let inner = Arc::clone(&self.0);
        move || {
            let mut state = inner.state.lock().unwrap();
            if *state == State::Closed {
                *state = State::Waiting;
            }
            while *state == State::Waiting {
                state = inner.changed.wait(state).unwrap();
            }
            if *state == State::Released {
                *state = State::Closed;
            }
        }
    }

    /// Lets a waiting worker go on to its next event.
    pub fn release(&self) {
        let mut state = self.0.state.lock().unwrap();
        if *state == State::Waiting {
            *state = State::Released;
            self.0.changed.notify_all();
        }
    }

    /// From now on the worker goes on by itself.
    pub fn open(&self) {
        *self.0.state.lock().unwrap() = State::Open;
        self.0.changed.notify_all();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}
