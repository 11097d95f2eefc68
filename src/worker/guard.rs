//! What went wrong in a piece of work, as one sentence, even where it was a panic.

use crate::domain::catch_panic;
use crate::engine::EngineError;

/// Runs `work`; an error or a panic becomes a sentence.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, String> {
    without_panic(work)?.map_err(|error| error.to_string())
}

/// Runs `work`; a panic becomes a sentence.
///
/// Whatever a panic may leave half-done must be dropped by the caller.
pub(super) fn without_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_panic(work).map_err(|text| format!("an error in the program, please report it: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_sentence_and_work_continues() {
        let outcome: Result<(), String> = guarded(|| panic!("index {} is odd", 3));
        let words = "an error in the program, please report it: index 3 is odd";
        assert_eq!(outcome.unwrap_err(), words);
        assert_eq!(guarded(|| Ok(1)), Ok(1));
    }
}
