//! Messages to the user: a short list that never blocks anything.

/// Older ones make room.
const MAX_NOTICES: usize = 4;

/// Names a notice for dismissing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoticeId(u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something was done, and where.
    Info,
    /// Something is not as expected; work goes on.
    Warning,
    /// Something asked for could not be done.
    Error,
}

/// One sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub id: NoticeId,
    pub severity: Severity,
    pub text: String,
}

/// The notices on screen, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    list: Vec<Notice>,
    next: u64,
}

impl Notices {
    pub fn info(&mut self, text: impl Into<String>) {
        self.push(Severity::Info, text.into());
    }

    pub fn warning(&mut self, text: impl Into<String>) {
        self.push(Severity::Warning, text.into());
    }

    pub fn error(&mut self, text: impl Into<String>) {
        self.push(Severity::Error, text.into());
    }

    /// The same sentence is not shown twice; it moves to the end.
    fn push(&mut self, severity: Severity, text: String) {
        self.list.retain(|notice| notice.text != text);
        if self.list.len() >= MAX_NOTICES {
            self.list.remove(0);
        }
        self.list.push(Notice {
            id: NoticeId(self.next),
            severity,
            text,
        });
        self.next += 1;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_never_pile_up() {
        let mut notices = Notices::default();
        for i in 0..10 {
            notices.error(format!("{i}"));
            notices.error("again");
        }
        assert_eq!(notices.iter().len(), MAX_NOTICES);
        let texts: Vec<_> = notices.iter().map(|notice| notice.text.as_str()).collect();
        assert_eq!(texts, ["7", "8", "9", "again"]);
        let id = notices.iter().next().unwrap().id;
        notices.dismiss(id);
        assert_eq!(notices.iter().next().unwrap().text, "8");
    }
}
