//! Whether a sound track without packets has ended or is only silent for a while.

/// Sound that is this far behind the pictures has ended.
pub(super) const AUDIO_LAG_NS: i64 = 3_000_000_000;

/// How far a sound track was read.
pub(super) struct Sound {
    pub heard_ns: i64,
    /// It has ended, or passed the end of the cut.
    pub is_done: bool,
    /// It was already asked whether the sound continues after this silence.
    is_awaited: bool,
}

impl Sound {
    pub fn new(key_ns: i64) -> Self {
        Self {
            heard_ns: key_ns,
            is_done: false,
            is_awaited: false,
        }
    }

    pub fn heard(&mut self, time_ns: i64) {
        self.heard_ns = self.heard_ns.max(time_ns);
        self.is_awaited = false;
    }

    /// `true` only once per silence, because finding out more means reading the file.
    pub fn is_late(&mut self, picture_ns: i64) -> bool {
        picture_ns - self.heard_ns > AUDIO_LAG_NS && !std::mem::replace(&mut self.is_awaited, true)
    }
}
