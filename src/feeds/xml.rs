//! Writes XML into memory.

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

/// A document in the making.
pub(super) struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// A document that has only its declaration.
    pub(super) fn new() -> Self {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
        let declaration = Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None));
        writer.write_event(declaration).expect(IN_MEMORY);
        Self(writer)
    }

    /// An element with text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        let text = printable(text);
        self.0
            .create_element(name)
            .write_text_content(BytesText::new(&text))
            .expect(IN_MEMORY);
    }

    /// An element with attributes and nothing in it.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let attributes: Vec<(&str, String)> = attributes
            .iter()
            .map(|(name, value)| (*name, printable(value)))
            .collect();
        self.0
            .create_element(name)
            .with_attributes(
                attributes
                    .iter()
                    .map(|(name, value)| (*name, value.as_str())),
            )
            .write_empty()
            .expect(IN_MEMORY);
    }

    /// An element with others in it.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Self),
    ) {
        use quick_xml::events::{BytesEnd, BytesStart};
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.0.write_event(Event::Start(start)).expect(IN_MEMORY);
        content(self);
        let end = Event::End(BytesEnd::new(name));
        self.0.write_event(end).expect(IN_MEMORY);
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.0.get_ref().len()
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        let mut bytes = self.0.into_inner();
        bytes.push(b'\n');
        String::from_utf8(bytes).expect("only text was written")
    }
}

const IN_MEMORY: &str = "writing into memory does not fail";

/// A text without what XML 1.0 cannot hold, escaped or not.
fn printable(text: &str) -> String {
    let is_allowed = |c: &char| {
        matches!(c, '\t' | '\n' | '\r') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
    };
    text.chars().filter(is_allowed).collect()
}
