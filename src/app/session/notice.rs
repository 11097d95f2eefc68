//! Messages to the user: a short list that never blocks anything.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::store::RepoId;

/// Older ones make room.
const MAX_NOTICES: usize = 4;

/// Of what was done, only the latest is of interest.
const MAX_INFOS: usize = 2;

/// Long enough to be read twice; what went wrong stays until it is dismissed.
const INFO_LASTS: Duration = Duration::from_secs(10);

/// Names a notice for dismissing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticeId(u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something was done, and where.
    Info,
    /// Something is not as expected, but work continues.
    Warning,
    /// Something asked for could not be done.
    Error,
}

/// What can be done about a notice; the notice goes when it is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Offer {
    /// Show what was written.
    ShowInFolder(PathBuf),
    /// Download the model once more.
    TryAgain(RepoId),
    /// Take a model that is on this machine.
    ChooseFolder,
    /// Play from where it was left.
    GoOnFrom(f64),
    /// Look at the open file again.
    Reload,
}

/// One sentence for the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub id: NoticeId,
    pub severity: Severity,
    pub text: String,
    pub offers: Vec<Offer>,
    since: Instant,
}

/// The notices on screen, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    list: Vec<Notice>,
    next: u64,
}

impl Notices {
    pub fn info(&mut self, text: impl Into<String>) {
        self.push(Severity::Info, &text.into(), Vec::new());
    }

    /// What was done, and what can be done with it now.
    pub fn offer(&mut self, severity: Severity, text: &str, offers: Vec<Offer>) {
        self.push(severity, text, offers);
    }

    pub fn warning(&mut self, text: impl Into<String>) {
        self.push(Severity::Warning, &text.into(), Vec::new());
    }

    pub fn error(&mut self, text: impl Into<String>) {
        self.push(Severity::Error, &text.into(), Vec::new());
    }

    /// The same sentence is not shown twice; it moves to the end.
    fn push(&mut self, severity: Severity, text: &str, offers: Vec<Offer>) {
        let text = capitalised(text);
        self.list.retain(|notice| notice.text != text);
        if severity == Severity::Info {
            let is_info = |notice: &Notice| notice.severity == Severity::Info;
            let n_infos = self.list.iter().filter(|notice| is_info(notice)).count();
            if n_infos >= MAX_INFOS
                && let Some(oldest) = self.list.iter().position(is_info)
            {
                self.list.remove(oldest);
            }
        }
        if self.list.len() >= MAX_NOTICES {
            self.list.remove(0);
        }
        self.list.push(Notice {
            id: NoticeId(self.next),
            severity,
            text,
            offers,
            since: Instant::now(),
        });
        self.next += 1;
    }

    pub fn newest(&self) -> Option<NoticeId> {
        self.list.last().map(|notice| notice.id)
    }

    /// Removes what has been read by now; returns when the next one is due.
    pub fn expire(&mut self, now: Instant) -> Option<Duration> {
        let left = |notice: &Notice| {
            let age = now.saturating_duration_since(notice.since);
            (notice.severity == Severity::Info).then(|| INFO_LASTS.saturating_sub(age))
        };
        self.list
            .retain(|notice| left(notice) != Some(Duration::ZERO));
        self.list.iter().filter_map(left).min()
    }

    /// Removes the newest; `false` where there is none.
    pub fn dismiss_newest(&mut self) -> bool {
        self.list.pop().is_some()
    }

    pub fn dismiss(&mut self, id: NoticeId) {
        self.list.retain(|notice| notice.id != id);
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Notice> {
        self.list.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// Errors begin with a small letter because they usually follow a colon; in the window they stand
/// alone. Names of files and models stay as they are.
pub fn capitalised(text: &str) -> String {
    let mut first_word = text.split(' ').next().unwrap_or_default().chars();
    if !first_word.all(char::is_alphabetic) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_goes_by_itself_and_what_went_wrong_stays() {
        let mut notices = Notices::default();
        notices.error("wrong");
        notices.info("done");
        let now = Instant::now();
        assert!(notices.expire(now).is_some_and(|left| left <= INFO_LASTS));
        assert_eq!(notices.iter().len(), 2);
        assert_eq!(notices.expire(now + INFO_LASTS), None);
        let texts: Vec<_> = notices.iter().map(|notice| notice.text.as_str()).collect();
        assert_eq!(texts, ["Wrong"]);
        assert!(notices.dismiss_newest() && !notices.dismiss_newest());
    }

    #[test]
    fn sentences_begin_with_a_capital() {
        assert_eq!(capitalised("the query is empty"), "The query is empty");
        assert_eq!(capitalised("film.mp4 is empty"), "film.mp4 is empty");
        assert_eq!(capitalised(""), "");
    }

    #[test]
    fn of_what_was_done_only_the_latest_stays() {
        let mut notices = Notices::default();
        notices.error("wrong");
        for i in 0..5 {
            notices.info(format!("{i}"));
        }
        let texts: Vec<_> = notices.iter().map(|notice| notice.text.as_str()).collect();
        assert_eq!(texts, ["Wrong", "3", "4"]);
    }

    #[test]
    fn notices_never_pile_up() {
        let mut notices = Notices::default();
        for i in 0..10 {
            notices.error(format!("{i}"));
            notices.error("again");
        }
        assert_eq!(notices.iter().len(), MAX_NOTICES);
        let texts: Vec<_> = notices.iter().map(|notice| notice.text.as_str()).collect();
        assert_eq!(texts, ["7", "8", "9", "Again"]);
        let id = notices.iter().next().unwrap().id;
        notices.dismiss(id);
        assert_eq!(notices.iter().next().unwrap().text, "8");
    }
}
