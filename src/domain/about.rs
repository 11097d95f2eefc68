//! What the program is called, which one this is, and what it is made of.

use crate::domain::date::format_date;

/// The name of the program among all programs: of its windows, of its desktop entry, of its icon.
pub const APP_ID: &str = "app.vcl.Vcl";

pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Licences of the crates; `cargo run --example licences` writes it.
static LICENCES: &str = include_str!("../../assets/licences.txt");

/// What stands before the number of each text.
const MARK: char = '\u{c}';

/// The day of the build, such as `2026-11-25`. Only builds that are handed on have one
/// (`SOURCE_DATE_EPOCH`): with the time of the clock no two builds of the same source would be the same.
pub fn build_date() -> Option<String> {
    let seconds = option_env!("SOURCE_DATE_EPOCH")?.parse().ok()?;
    Some(format_date(seconds))
}

/// A part of the program that others have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub name: &'static str,
    pub version: &'static str,
    /// An SPDX expression.
    pub licence: &'static str,
    texts: &'static str,
}

impl Part {
    /// The texts that came with it. Of some crates none does: the expression names a well-known one.
    pub fn texts(self) -> impl Iterator<Item = &'static str> {
        let numbers = self.texts.split(',').filter(|number| !number.is_empty());
        numbers.filter_map(text)
    }
}

/// All parts in the order of their names.
pub fn parts() -> impl Iterator<Item = Part> {
    let list = LICENCES.split(MARK).next().unwrap_or_default();
    list.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        Some(Part {
            name: fields.next()?,
            version: fields.next()?,
            licence: fields.next()?,
            texts: fields.next()?,
        })
    })
}

fn text(number: &str) -> Option<&'static str> {
    let mut texts = LICENCES.split(MARK).skip(1);
    texts.find_map(|text| text.strip_prefix(number)?.strip_prefix('\n'))
}

/// All of it, for a file beside the program.
pub fn licences() -> String {
    let mut out = String::from(
        "vcl is under the MIT licence or the Apache licence 2.0, as you like.\n\
         It contains these crates; the numbers are those of the texts below.\n\n",
    );
    out += &LICENCES.replace(MARK, &format!("{}\nText ", "-".repeat(72)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_licences_and_nearly_all_of_them_texts() {
        let parts: Vec<_> = parts().collect();
        assert!(parts.len() > 300, "{}", parts.len());
        assert!(parts.is_sorted_by_key(|part| part.name));
        let egui = parts.iter().find(|part| part.name == "egui").unwrap();
        assert_eq!(egui.licence, "MIT OR Apache-2.0");
        let with_text = parts.iter().filter(|part| part.texts().count() > 0);
        assert!(with_text.count() * 10 > parts.len() * 8);
        assert!(licences().contains("Apache License"));
    }
}
