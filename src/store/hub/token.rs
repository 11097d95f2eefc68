//! The token that Hugging Face programs share.

use std::fs;
use std::path::PathBuf;

use directories::BaseDirs;

/// What `HF_TOKEN` says, else what stands in the first file that exists: `HF_TOKEN_PATH`, `token` in
/// `HF_HOME`, or the place where a login stores it. `None` where that is empty.
pub(super) fn stored_token(lookup: impl Fn(&str) -> Option<PathBuf>) -> Option<String> {
    let lookup = |name| lookup(name).filter(|value| !value.as_os_str().is_empty());
    if let Some(token) = lookup("HF_TOKEN") {
        return usable(token.to_str()?);
    }
    let usual = || Some(BaseDirs::new()?.cache_dir().join("huggingface"));
    let file = lookup("HF_TOKEN_PATH").or_else(|| {
        let home =
            lookup("HF_HOME").or_else(|| Some(lookup("XDG_CACHE_HOME")?.join("huggingface")));
        Some(home.or_else(usual)?.join("token"))
    })?;
    usable(&fs::read_to_string(file).ok()?)
}

/// Without the line end that editors add; a header can hold nothing but visible ASCII.
fn usable(text: &str) -> Option<String> {
    let token = text.trim();
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        log::warn!("the stored Hugging Face token is not used: it is more than one word");
        return None;
    }
    (!token.is_empty()).then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_where_other_programs_look_and_in_their_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir_all(path("xdg/huggingface")).unwrap();
        fs::create_dir(path("home")).unwrap();
        fs::write(path("file"), "of-path\r\n").unwrap();
        fs::write(path("home/token"), "of-home\n").unwrap();
        fs::write(path("xdg/huggingface/token"), "of-xdg").unwrap();
        let all = [
            ("HF_TOKEN", PathBuf::from("of-env")),
            ("HF_TOKEN_PATH", path("file")),
            ("HF_HOME", path("home")),
            ("XDG_CACHE_HOME", path("xdg")),
        ];
        for (first, expected) in [(0, "of-env"), (1, "of-path"), (2, "of-home"), (3, "of-xdg")] {
            let set = &all[first..];
            let lookup = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.clone())
            };
            assert_eq!(stored_token(lookup).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_token_is_not_sent() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        let token = || stored_token(|name| (name == "HF_TOKEN_PATH").then(|| file.clone()));
        assert_eq!(token(), None, "no file");
        for text in ["", "\n", "two words", "a\nb", "caf\u{e9}"] {
            fs::write(&file, text).unwrap();
            assert_eq!(token(), None, "{text:?}");
        }
        fs::write(&file, b"\xff").unwrap();
        assert_eq!(token(), None);
    }
}
