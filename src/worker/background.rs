//! The one way to do something on a thread of its own: it reports until it ends, however it ends.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use crate::worker::guard::without_panic;

/// A piece of work that reports `T`s. Dropping it asks the work to end.
pub struct Background<T> {
    reports: Receiver<Report<T>>,
    cancel: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What came back from the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report<T> {
    Said(T),
    /// It ended by an error in the program; the text is a sentence.
    Crashed(String),
}

/// What the work reports to.
pub struct Reporter<T> {
    sender: Sender<Report<T>>,
    cancel: Arc<AtomicBool>,
    wake: Box<dyn Fn() + Send>,
}

impl<T> Reporter<T> {
    /// Where the receiver is gone, this does nothing and [`Reporter::is_cancelled`] is true.
    pub fn say(&self, report: T) {
        self.send(Report::Said(report));
    }

    /// One part of the work crashed, and the rest continues.
    pub(super) fn say_crashed(&self, message: String) {
        self.send(Report::Crashed(message));
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Set when the work should end.
    pub fn cancel(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancel)
    }

    fn send(&self, report: Report<T>) {
        // The receiver is dropped when the result is not wanted any more.
        let _ = self.sender.send(report);
        (self.wake)();
    }
}

impl<T: Send + 'static> Background<T> {
    /// Starts `work`; `wake` is called after each report.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        name: &str,
        wake: impl Fn() + Send + 'static,
        work: impl FnOnce(&Reporter<T>) + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, reports) = mpsc::channel();
        let cancel = Arc::<AtomicBool>::default();
        let reporter = Reporter {
            sender,
            cancel: Arc::clone(&cancel),
            wake: Box::new(wake),
        };
        let run = move || {
            // Everything that the work owns is dropped with it.
            if let Err(message) = without_panic(|| work(&reporter)) {
                reporter.send(Report::Crashed(message));
            }
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self {
            reports,
            cancel,
            thread: Some(thread),
        })
    }

    /// What was reported since the last call.
    pub fn reports(&self) -> Vec<Report<T>> {
        self.reports.try_iter().collect()
    }
}

impl<T> Background<T> {
    /// The thread, for a caller that must wait for its end; once.
    pub fn take_thread(&mut self) -> Option<JoinHandle<()>> {
        self.thread.take()
    }
}

impl<T> Drop for Background<T> {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports_of(work: impl FnOnce(&Reporter<u32>) + Send + 'static) -> Vec<Report<u32>> {
        let mut background = Background::start("test", || {}, work).unwrap();
        background.take_thread().unwrap().join().unwrap();
        background.reports()
    }

    #[test]
    fn work_reports_until_its_end() {
        let reports = reports_of(|reporter| (0..3).for_each(|n| reporter.say(n)));
        assert_eq!(reports, [0, 1, 2].map(Report::Said));
    }

    #[test]
    fn work_that_panics_reports_that() {
        let reports = reports_of(|reporter| {
            reporter.say(7);
            panic!("index {} is odd", 3);
        });
        let words = "an error in the program, please report it: index 3 is odd";
        assert_eq!(
            reports,
            [Report::Said(7), Report::Crashed(words.to_owned())]
        );
    }

    #[test]
    fn each_report_wakes() {
        let n_wakes = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&n_wakes);
        let wake = move || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let work = |reporter: &Reporter<u32>| (0..3).for_each(|n| reporter.say(n));
        let mut background = Background::start("test", wake, work).unwrap();
        background.take_thread().unwrap().join().unwrap();
        assert_eq!(n_wakes.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn dropping_cancels() {
        let work = |reporter: &Reporter<u32>| {
            while !reporter.is_cancelled() {
                thread::yield_now();
            }
        };
        let mut background = Background::start("test", || {}, work).unwrap();
        let thread = background.take_thread().unwrap();
        drop(background);
        thread.join().unwrap();
    }
}
