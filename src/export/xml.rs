//! XML, and text in it.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::error::ExportError;

/// It escapes texts and values, but it also writes characters that XML 1.0 cannot hold: what comes
/// from outside goes through [`xml_text`] first.
pub(super) type Xml = Writer<Vec<u8>>;

/// A whole document, which says its type if it has one.
pub(super) fn xml_document(
    doctype: Option<&str>,
    write: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> Result<String, ExportError> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    let all = || {
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        if let Some(doctype) = doctype {
            xml.write_event(Event::DocType(BytesText::from_escaped(doctype)))?;
        }
        write(&mut xml)
    };
    all().map_err(ExportError::Xml)?;
    Ok(String::from_utf8_lossy(&xml.into_inner()).into_owned() + "\n")
}

/// An element with attributes, and in it what `inner` writes.
pub(super) fn element(
    xml: &mut Xml,
    name: &str,
    attributes: &[(&str, &str)],
    inner: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<()> {
    let element = xml.create_element(name);
    let element = element.with_attributes(attributes.iter().copied());
    element.write_inner_content(inner)?;
    Ok(())
}

pub(super) fn empty_element(
    xml: &mut Xml,
    name: &str,
    attributes: &[(&str, &str)],
) -> io::Result<()> {
    let element = xml.create_element(name);
    let element = element.with_attributes(attributes.iter().copied());
    element.write_empty()?;
    Ok(())
}

/// An element that holds a text, or a number.
pub(super) fn text_element(
    xml: &mut Xml,
    name: &str,
    text: impl std::fmt::Display,
) -> io::Result<()> {
    let text = xml_text(&text.to_string());
    let element = xml.create_element(name);
    element.write_text_content(BytesText::new(&text))?;
    Ok(())
}

/// The text with U+FFFD for every character that XML 1.0 cannot hold, not escaped yet.
pub(super) fn xml_text(text: &str) -> String {
    let shown = |c: char| match c {
        '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// The same, ready to stand in an element or an attribute.
pub fn xml_escaped(text: &str) -> String {
    quick_xml::escape::escape(xml_text(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_reads_otherwise_is_escaped() {
        assert_eq!(
            xml_escaped("a<b>&\"c'\n\u{fffe}é"),
            "a&lt;b&gt;&amp;&quot;c&apos;\u{fffd}\u{fffd}é"
        );
    }
}
