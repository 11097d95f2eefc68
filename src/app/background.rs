//! Work beside everything else: on a thread of its own, heard of until it ends, however it ends.

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use crate::domain::panic_text;

/// A piece of work that tells `T`s. Dropping it asks the work to end.
pub struct Background<T> {
    news: Receiver<News<T>>,
    cancel: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What was heard of the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News<T> {
    Told(T),
    /// It ended by an error in the program, in a sentence.
    Died(String),
}

/// The work's end of the line.
pub struct Teller<T> {
    sender: Sender<News<T>>,
    cancel: Arc<AtomicBool>,
    ctx: egui::Context,
}

impl<T> Teller<T> {
    /// Nobody listens any more when the window is closed; [`Teller::is_cancelled`] tells then.
    pub fn tell(&self, news: T) {
        self.send(News::Told(news));
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Set when the work should end.
    pub fn cancel(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancel)
    }

    fn send(&self, news: News<T>) {
        let _ = self.sender.send(news);
        self.ctx.request_repaint();
    }
}

impl<T: Send + 'static> Background<T> {
    /// Begins `work`; what it tells makes the window look.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        name: &str,
        ctx: &egui::Context,
        work: impl FnOnce(&Teller<T>) + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, news) = mpsc::channel();
        let cancel = Arc::<AtomicBool>::default();
        let teller = Teller {
            sender,
            cancel: Arc::clone(&cancel),
            ctx: ctx.clone(),
        };
        let run = move || {
            // What the work leaves half-done is its own: it ends with it.
            if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| work(&teller))) {
                teller.send(News::Died(format!(
                    "an error in the program, please report it: {}",
                    panic_text(payload.as_ref())
                )));
            }
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self {
            news,
            cancel,
            thread: Some(thread),
        })
    }

    /// What was heard since the last call.
    pub fn news(&self) -> Vec<News<T>> {
        self.news.try_iter().collect()
    }

    /// The thread, for whoever must wait until it is gone; once.
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

    fn news_of(work: impl FnOnce(&Teller<u32>) + Send + 'static) -> Vec<News<u32>> {
        let mut background = Background::start("test", &egui::Context::default(), work).unwrap();
        background.take_thread().unwrap().join().unwrap();
        background.news()
    }

    #[test]
    fn work_is_heard_of_until_its_end() {
        let told = news_of(|teller| (0..3).for_each(|n| teller.tell(n)));
        assert_eq!(told, [0, 1, 2].map(News::Told));
    }

    #[test]
    fn work_that_dies_says_so() {
        let told = news_of(|teller| {
            teller.tell(7);
            panic!("index {} is odd", 3);
        });
        let words = "an error in the program, please report it: index 3 is odd";
        assert_eq!(told, [News::Told(7), News::Died(words.to_owned())]);
    }

    #[test]
    fn dropping_cancels() {
        let work = |teller: &Teller<u32>| {
            while !teller.is_cancelled() {
                thread::yield_now();
            }
        };
        let mut background = Background::start("test", &egui::Context::default(), work).unwrap();
        let thread = background.take_thread().unwrap();
        drop(background);
        thread.join().unwrap();
    }
}
