//! Panics as values: the one way in which this program survives code that panics.
//!
//! Libraries that read files (a tokenizer, a reader of pickles, an archive) panic on some damaged
//! ones. [`foreign`] turns that into one sentence and keeps the backtrace off the terminal.

use std::any::Any;
use std::cell::Cell;
use std::fmt::Display;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::domain::words::one_line;

/// What is said of a file on which its library panicked; what the panic says would help nobody.
pub const SENSELESS: &str = "it is damaged: its contents make no sense";

thread_local! {
    /// Whether a panic of this thread is expected, so that it is not printed.
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; the error is what a panic said. The panic is printed as usual.
///
/// Whatever a panic may leave half-done must be dropped by the caller.
///
/// # Errors
/// Where `work` panicked.
pub fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| panic_text(&*payload).to_owned())
}

/// Runs code of a library on data from anywhere: `None` where it panicked, and nothing is printed.
///
/// Whatever a panic may leave half-done must be dropped by the caller.
pub fn survive<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if IS_EXPECTED.get() {
                log::debug!("{info}");
            } else {
                usual(info);
            }
        }));
    });
    let before = IS_EXPECTED.replace(true);
    let outcome = catch_panic(work);
    IS_EXPECTED.set(before);
    outcome.ok()
}

/// As [`survive`], with what the library itself complains of in one line.
///
/// # Errors
/// One line that continues "FILE is not usable: …".
pub fn foreign<T, E: Display>(work: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match survive(work) {
        Some(outcome) => outcome.map_err(|error| one_line(&error.to_string())),
        None => Err(SENSELESS.to_owned()),
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_and_work_continues() {
        let told: Result<(), String> = catch_panic(|| panic!("index {} is odd", 3));
        assert_eq!(told.unwrap_err(), "index 3 is odd");
        assert_eq!(catch_panic(|| 1), Ok(1));
    }

    #[test]
    fn a_library_that_panics_or_complains_gives_one_line() {
        let panicked = foreign(|| -> Result<(), String> { panic!("called `unwrap()`") });
        assert_eq!(panicked.unwrap_err(), SENSELESS);
        let complained: Result<(), String> = foreign(|| Err("no\n  key"));
        assert_eq!(complained.unwrap_err(), "no key");
        assert_eq!(foreign(|| Ok::<_, String>(1)), Ok(1));
        assert!(!IS_EXPECTED.get(), "a later panic is printed again");
    }
}
