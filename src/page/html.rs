//! HTML that cannot be broken by what is put into it: names of elements and attributes are written in this program, and every
//! text and value is escaped.

use std::fmt::{self, Display, Write as _};

/// A piece of HTML.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// An element and what is in it.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &dyn Display)],
        content: impl FnOnce(&mut Self),
    ) {
        self.open(name, attributes);
        content(self);
        let _ = write!(self.0, "</{name}>");
    }

    /// An element with a text.
    pub(super) fn text_element(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &dyn Display)],
        text: impl Display,
    ) {
        self.element(name, attributes, |html| html.text(text));
    }

    /// The beginning of an element; all of one that has no content.
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&'static str, &dyn Display)]) {
        let _ = write!(self.0, "<{name}");
        for (name, value) in attributes {
            let _ = write!(self.0, " {name}=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// A text, or the value of an attribute.
    pub(super) fn text(&mut self, text: impl Display) {
        let _ = write!(Escaping(&mut self.0), "{text}");
    }

    /// A style sheet of this program.
    pub(super) fn style(&mut self, css: &'static str) {
        let _ = write!(self.0, "<style>{css}</style>");
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// Writes text so that it is neither markup nor the end of an attribute.
struct Escaping<'a>(&'a mut String);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                _ => self.0.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a browser makes of a text without markup.
    fn unescaped(text: &str) -> String {
        let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        named.iter().fold(text.to_owned(), |text, (escaped, c)| text.replace(escaped, c))
    }

    proptest! {
        #[test]
        fn a_text_stays_a_text(text in "\\PC*|[<>&\"'/a-z;#0-9= ]{0,40}") {
            let mut html = Html::default();
            html.element("p", &[("title", &text)], |html| html.text(&text));
            let html = html.into_string();
            let (start, rest) = html.strip_prefix("<p title=\"").unwrap().split_once("\">").unwrap();
            let content = rest.strip_suffix("</p>").unwrap();
            for part in [start, content] {
                prop_assert!(!part.contains(['<', '>', '"', '\'']), "{part}");
                prop_assert_eq!(unescaped(part), text.as_str());
            }
        }
    }
}
