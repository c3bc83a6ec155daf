//! From a [`Node`] to text, with the place from which each part of the text comes: for another reader of it, whose errors name
//! an offset.

use serde_json::Value;

use super::{Kind, Node, Span};

/// A text, and where its parts come from.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The text: JSON without comments.
    pub(crate) text: String,
    /// Where each value and each key begins in the text, with its place in the file.
    parts: Vec<(usize, Span)>,
}

impl Written {
    /// A value as text.
    pub(crate) fn of(node: &Node) -> Self {
        let mut written = Self::default();
        written.value(node);
        written
    }

    /// The place in the file of what is at an offset of the text.
    pub(crate) fn place(&self, offset: usize) -> Span {
        let part = self.parts.partition_point(|(start, _)| *start <= offset).checked_sub(1);
        let Some((start, span)) = part.and_then(|part| self.parts.get(part)) else { return 0..0 };
        // Inside a text without escapes the same character is as far from its beginning.
        let at = (span.start + (offset - start)).min(span.end.saturating_sub(1)).max(span.start);
        at..span.end.min(at + 1)
    }

    fn value(&mut self, node: &Node) {
        self.parts.push((self.text.len(), node.span.clone()));
        match &node.kind {
            Kind::Array(items) => {
                self.text.push('[');
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        self.text.push(',');
                    }
                    self.value(item);
                }
                self.text.push(']');
            }
            Kind::Object(members) => {
                self.text.push('{');
                for (n, member) in members.iter().enumerate() {
                    if n > 0 {
                        self.text.push(',');
                    }
                    self.parts.push((self.text.len(), member.key_span.clone()));
                    self.text.push_str(&Value::from(member.key.as_str()).to_string());
                    self.text.push(':');
                    self.value(&member.value);
                }
                self.text.push('}');
            }
            _ => self.text.push_str(&node.to_value().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn what_is_written_knows_where_it_stood() {
        let text = r#"{ /* x */ "a" : [ 1, "two" ],  "b": {"c": null} }"#;
        let written = Written::of(&parse(text).unwrap());
        assert_eq!(written.text, r#"{"a":[1,"two"],"b":{"c":null}}"#);
        for part in ["\"a\"", "two", "\"b\"", "null"] {
            let place = written.place(written.text.find(part).unwrap());
            assert_eq!(place.start, text.find(part).unwrap(), "{part}");
        }
        assert!(written.place(10_000).end <= text.len());
    }
}
