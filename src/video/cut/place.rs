//! Where in the new file the packets of a part come.

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The key frame of the source that is shown at `at_ns` of the new file.
    pub key_ns: i64,
    pub at_ns: i64,
    /// Something is in the file already: its tracks stay what they are.
    pub follows: bool,
    /// Something may come after it, so no track ends.
    pub goes_on: bool,
}

impl Place {
    pub fn alone(key_ns: i64) -> Self {
        Self {
            key_ns,
            at_ns: 0,
            follows: false,
            goes_on: false,
        }
    }
}
