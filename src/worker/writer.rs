//! A thread that writes small files one after the other, so that nothing else waits for a slow disk.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use crate::worker::background::{Background, Report, Reporter};
use crate::worker::guard::without_panic;

/// Does jobs in the order in which they came. Dropping it waits until all of them are done.
pub struct Writer<T> {
    jobs: Option<Sender<Job<T>>>,
    thread: Background<T>,
    n_waiting: Arc<AtomicUsize>,
}

struct Job<T> {
    work: Box<dyn FnOnce() -> T + Send>,
    /// Not needed where a later job of this sort is waiting: that one writes the same file again.
    is_replaceable: bool,
}

impl<T: Send + 'static> Writer<T> {
    /// Starts the thread; `wake` is called after each job.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (jobs, inbox) = mpsc::channel();
        let n_waiting = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&n_waiting);
        let thread = Background::start("writer", wake, move |reporter| {
            run(&inbox, &counter, reporter);
        })?;
        Ok(Self {
            jobs: Some(jobs),
            thread,
            n_waiting,
        })
    }

    /// Does `work` behind what waits already; what it returns is reported.
    pub fn write(&self, work: impl FnOnce() -> T + Send + 'static) {
        self.send(Job {
            work: Box::new(work),
            is_replaceable: false,
        });
    }

    /// As [`Writer::write`]; of several such jobs that wait, only the last is done.
    pub fn write_latest(&self, work: impl FnOnce() -> T + Send + 'static) {
        self.send(Job {
            work: Box::new(work),
            is_replaceable: true,
        });
    }

    fn send(&self, job: Job<T>) {
        if let Some(jobs) = &self.jobs {
            self.n_waiting.fetch_add(1, Ordering::Relaxed);
            // The thread ends only when `jobs` is dropped: a panic of a job does not end it.
            let _ = jobs.send(job);
        }
    }

    /// What jobs returned since the last call, or how they crashed.
    pub fn reports(&self) -> Vec<Report<T>> {
        self.thread.reports()
    }

    /// Whether all jobs are done.
    pub fn is_idle(&self) -> bool {
        self.n_waiting.load(Ordering::Relaxed) == 0
    }
}

impl<T> Writer<T> {
    /// Waits until all jobs are done; none is taken any more.
    pub fn finish(&mut self) {
        self.jobs.take();
        if let Some(thread) = self.thread.take_thread() {
            // A panic was caught in the thread.
            let _ = thread.join();
        }
    }
}

impl<T> Drop for Writer<T> {
    fn drop(&mut self) {
        self.finish();
    }
}

fn run<T>(inbox: &Receiver<Job<T>>, n_waiting: &AtomicUsize, reporter: &Reporter<T>) {
    let mut waiting = VecDeque::new();
    loop {
        let job = match waiting.pop_front() {
            Some(job) => job,
            None => match inbox.recv() {
                Ok(job) => job,
                Err(_) => return,
            },
        };
        waiting.extend(inbox.try_iter());
        let is_outdated = job.is_replaceable && waiting.iter().any(|later| later.is_replaceable);
        if !is_outdated {
            match without_panic(job.work) {
                Ok(outcome) => reporter.say(outcome),
                Err(message) => reporter.say_crashed(message),
            }
        }
        n_waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn jobs_are_done_in_order_and_dropping_waits_for_all() {
        let done = Arc::<Mutex<Vec<u32>>>::default();
        let writer = Writer::start(|| {}).unwrap();
        for n in 0..20 {
            let done = Arc::clone(&done);
            writer.write(move || done.lock().unwrap().push(n));
        }
        drop(writer);
        assert_eq!(*done.lock().unwrap(), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn only_the_last_of_those_that_replace_each_other_is_written() {
        let (release, gate) = mpsc::channel::<()>();
        let mut writer = Writer::start(|| {}).unwrap();
        writer.write(move || {
            // Everything below waits by then.
            let _ = gate.recv();
            0
        });
        writer.write_latest(|| 1);
        writer.write(|| 2);
        writer.write_latest(|| 3);
        assert!(!writer.is_idle());
        drop(release);
        writer.finish();
        assert_eq!(writer.reports(), [0, 2, 3].map(Report::Said));
        assert!(writer.is_idle());
    }

    #[test]
    fn a_job_that_panics_does_not_take_the_others_with_it() {
        let mut writer = Writer::start(|| {}).unwrap();
        writer.write(|| panic!("no {}", "disk"));
        writer.write(|| 2);
        writer.finish();
        let reports = writer.reports();
        let [Report::Crashed(message), Report::Said(2)] = reports.as_slice() else {
            panic!("{reports:?}");
        };
        assert!(message.ends_with("no disk"), "{message}");
    }
}
