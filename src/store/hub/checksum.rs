//! Whether a file arrived as it was sent.

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use super::protocol::RemoteFile;

/// The checksum that a file's etag promises: SHA-256 of large files, git's SHA-1 of small ones.
pub(super) struct Check {
    context: Option<Context>,
    expected: String,
}

impl Check {
    pub(super) fn new(remote: &RemoteFile) -> Self {
        let expected = remote.etag.to_ascii_lowercase();
        let is_hex = expected.bytes().all(|byte| byte.is_ascii_hexdigit());
        let context = match expected.len() {
            64 if is_hex => Some(Context::new(&SHA256)),
            40 if is_hex => {
                let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
                context.update(format!("blob {}\0", remote.size).as_bytes());
                Some(context)
            }
            _ => {
                log::warn!("{}: the server names no checksum", remote.name);
                None
            }
        };
        Self { context, expected }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        if let Some(context) = &mut self.context {
            context.update(bytes);
        }
    }

    pub(super) fn matches(self) -> bool {
        use std::fmt::Write as _;
        let Some(context) = self.context else {
            return true; // Only the size could be compared, and it was.
        };
        let mut hex = String::new();
        for byte in context.finish().as_ref() {
            let _ = write!(hex, "{byte:02x}");
        }
        hex == self.expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_git_and_sha256() {
        let is_right = |etag: &str| {
            let mut check = Check::new(&RemoteFile {
                name: "x".into(),
                url: String::new(),
                size: 6,
                etag: etag.into(),
                commit: String::new(),
            });
            check.update(b"hel");
            check.update(b"lo\n");
            check.matches()
        };
        // `printf 'hello\n' | git hash-object --stdin` and `| sha256sum`
        assert!(is_right("ce013625030ba8dba906f756967f9e9ca394464a"));
        assert!(is_right(
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        ));
        assert!(!is_right("ce013625030ba8dba906f756967f9e9ca394464b"));
        assert!(!is_right(&"0".repeat(64)));
    }
}
