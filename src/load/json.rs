//! One line of JSON Lines to a [`Node`].
//!
//! Not `serde_json`, whose numbers have been through `f64` when one sees them.

use crate::load::{
    report::Origin,
    yaml::{DEPTH_LIMIT, Entry, Node, Scalar, Value},
};

/// Why and where a line is not JSON.
pub(super) struct Malformed {
    pub at: usize,
    pub message: &'static str,
}

/// Parses a text that holds one value.
pub(super) fn parse(text: &str, origin: Origin) -> Result<Node, Malformed> {
    let mut parser = Parser {
        text,
        at: 0,
        origin,
    };
    let node = parser.value(0)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.malformed("something follows the value"));
    }
    Ok(node)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    origin: Origin,
}

impl Parser<'_> {
    fn malformed(&self, message: &'static str) -> Malformed {
        Malformed {
            at: self.at,
            message,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Malformed> {
        if depth > DEPTH_LIMIT {
            return Err(self.malformed("it is nested too deep"));
        }
        self.skip_space();
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Scalar(Scalar {
                text: self.string()?,
                is_plain: false,
            }),
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => self.plain()?,
            _ => return Err(self.malformed("a value should stand here")),
        };
        Ok(Node {
            span: self.origin.span(start..self.at),
            value,
        })
    }

    fn plain(&mut self) -> Result<Value, Malformed> {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c))
            .unwrap_or(rest.len());
        let text = &rest[..length];
        let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        if !is_number && !matches!(text, "true" | "false" | "null") {
            return Err(self.malformed("a value should stand here"));
        }
        self.at += length;
        Ok(Value::Scalar(Scalar {
            text: text.to_owned(),
            is_plain: true,
        }))
    }

    fn list(&mut self, depth: usize) -> Result<Value, Malformed> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        while self.peek() != Some(b']') {
            if !items.is_empty() {
                self.expect(b',', "a comma or `]` should stand here")?;
            }
            items.push(self.value(depth + 1)?);
            self.skip_space();
        }
        self.at += 1;
        Ok(Value::List(items))
    }

    fn map(&mut self, depth: usize) -> Result<Value, Malformed> {
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        self.skip_space();
        while self.peek() != Some(b'}') {
            if !entries.is_empty() {
                self.expect(b',', "a comma or `}` should stand here")?;
                self.skip_space();
            }
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.malformed("a key in quotes should stand here"));
            }
            let key = self.string()?;
            let key_span = self.origin.span(start..self.at);
            self.skip_space();
            self.expect(b':', "a colon should stand here")?;
            let value = self.value(depth + 1)?;
            self.skip_space();
            if entries.iter().any(|entry| entry.key == key) {
                return Err(self.malformed("a key occurs twice"));
            }
            entries.push(Entry {
                key,
                key_span,
                value,
            });
        }
        self.at += 1;
        Ok(Value::Map(entries))
    }

    fn expect(&mut self, byte: u8, message: &'static str) -> Result<(), Malformed> {
        if self.peek() != Some(byte) {
            return Err(self.malformed(message));
        }
        self.at += 1;
        Ok(())
    }

    /// A text in quotes: `serde_json` knows its escapes.
    fn string(&mut self) -> Result<String, Malformed> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut end = start + 1;
        while let Some(byte) = bytes.get(end) {
            match byte {
                b'"' => {
                    let text = serde_json::from_str(&self.text[start..=end])
                        .map_err(|_| self.malformed("the text in quotes is malformed"))?;
                    self.at = end + 1;
                    return Ok(text);
                }
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        Err(self.malformed("the text in quotes is not closed"))
    }
}
