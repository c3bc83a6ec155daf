//! JSON that knows its place in its file, so that an error can point at the very key that is wrong.
//!
//! Comments are allowed. What the tree means is for the types that are read from it with [`from_node`].

mod all;
mod de;
mod read;
mod write;

pub use read::parse;
pub(crate) use {all::all_from_node, de::from_node, write::Written};

use std::ops::Range;

use serde_json::{Map, Number, Value};

/// A place in a text, in bytes.
pub type Span = Range<usize>;

/// What is wrong with a JSON text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where; `None` only while the error is on its way to the node that knows.
    pub span: Option<Span>,
}

impl JsonError {
    /// An error at a place.
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, span: Some(span) }
    }

    /// The same error with a hint.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A JSON value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// From the value's first byte to the one after its last.
    pub span: Span,
    /// The value.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as exactly as JSON can say it.
    Number(Number),
    /// A string, with its escapes resolved.
    String(String),
    /// A list.
    Array(Vec<Node>),
    /// An object, in the order of the file.
    Object(Vec<Member>),
}

impl From<&Value> for Node {
    /// A value without a place.
    fn from(value: &Value) -> Self {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(*value),
            Value::Number(value) => Kind::Number(value.clone()),
            Value::String(value) => Kind::String(value.clone()),
            Value::Array(items) => Kind::Array(items.iter().map(Self::from).collect()),
            Value::Object(members) => Kind::Object(
                members
                    .iter()
                    .map(|(key, value)| Member { key: key.clone(), key_span: 0..0, value: value.into() })
                    .collect(),
            ),
        };
        Self { span: 0..0, kind }
    }
}

/// A key of an object with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key.
    pub key: String,
    /// The place of the key, quotes included.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Takes a member out of an object.
    pub(crate) fn take(&mut self, key: &str) -> Option<Self> {
        let Kind::Object(members) = &mut self.kind else { return None };
        let at = members.iter().position(|member| member.key == key)?;
        Some(members.remove(at).value)
    }

    /// The member of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|member| member.key == key).map(|member| &member.value)
    }

    /// The members of an object; none if this is something else.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; none if this is something else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::Array(items) => items,
            _ => &[],
        }
    }

    /// The same value without places.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(value) => Value::Number(value.clone()),
            Kind::String(value) => Value::String(value.clone()),
            Kind::Array(items) => items.iter().map(Self::to_value).collect(),
            Kind::Object(members) => Value::Object(
                members.iter().map(|member| (member.key.clone(), member.value.to_value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// What the value is, for a message.
    #[must_use]
    pub const fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Array(_) => "a list",
            Kind::Object(_) => "an object",
        }
    }
}

/// The name nearest to what was written, if it is near enough to be a slip.
#[must_use]
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The comparison takes time and memory with the length of both, and no name is so long.
    const LONGEST: usize = 200;
    if written.len() > LONGEST {
        return None;
    }
    names
        .into_iter()
        .filter(|name| !name.is_empty())
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= (name.len().max(written.len()) / 3).max(1))
        .min_by_key(|(distance, name)| (*distance, !is_part(written, name)))
        .map(|(_, name)| name)
}

/// Whether a name is what was written with letters put in: of two names that are equally near, one with letters left out is
/// more likely meant than one with a wrong letter.
fn is_part(written: &str, name: &str) -> bool {
    let mut letters = name.chars();
    written.chars().all(|wanted| letters.any(|letter| letter == wanted))
}

/// The lines of a text: where each begins, looked up once.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Those of this text.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(newlines).collect() }
    }

    /// The line of a byte, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The line and the column of a byte, both from 1.
    pub(crate) fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let before = self.text.get(self.starts[line - 1]..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}
