//! The letters that are compiled into the program, for machines that lack them.

/// Latin, Hangul, kana and common CJK punctuation (Noto Sans CJK KR, OFL), an OpenType font.
///
/// The window and the plots use it after the fonts of the system, so that Korean can always be read.
/// `scripts/make-hangul-font.sh` makes it.
pub static HANGUL_FONT: &[u8] = include_bytes!("../../assets/fonts/NotoSansKR-Hangul.otf");
