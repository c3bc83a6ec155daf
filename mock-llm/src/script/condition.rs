//! Conditions: what must hold for an entry to fit a call, each able to say what it wanted and what it got.

use std::borrow::Cow;

use serde_json::Value;

use super::pattern::Pattern;
use crate::call::{Api, Kind, ModelCall, Role, Source, Vendor};

/// How much of a text an explanation shows.
const EXCERPT: usize = 160;

/// One condition.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    Kind(Kind),
    Vendor(Vendor),
    Api(Api),
    Role(Role),
    Stream(bool),
    Text { field: CallField, test: Test },
    Equal { pointer: String, value: Value },
}

/// The part of a call that a condition is about.
#[derive(Debug, Clone)]
pub(crate) enum CallField {
    Model,
    Message(Source),
    Header(String),
    Pointer(String),
}

/// A test on a text.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Exact(String),
    Contains(String),
    Lacks(String),
    Matches(Pattern),
}

impl Condition {
    pub(crate) fn holds(&self, call: &ModelCall) -> bool {
        match self {
            Self::Kind(kind) => *kind == call.kind(),
            Self::Vendor(vendor) => *vendor == call.vendor(),
            Self::Api(api) => *api == call.api,
            Self::Role(role) => call.last_role() == Some(*role),
            Self::Stream(stream) => *stream == call.stream,
            Self::Text { field, test } => field.text(call).is_some_and(|text| test.holds(&text)),
            Self::Equal { pointer, value } => {
                call.body_json().pointer(pointer).is_some_and(|found| equal(found, value))
            }
        }
    }

    /// The model that the condition asks for by its full name.
    pub(super) fn model_name(&self) -> Option<&str> {
        match self {
            Self::Text { field: CallField::Model, test: Test::Exact(name) } => Some(name),
            _ => None,
        }
    }

    /// The regular expression that it looks for, if it does.
    pub(super) fn pattern(&self) -> Option<&Pattern> {
        match self {
            Self::Text { test: Test::Matches(pattern), .. } => Some(pattern),
            _ => None,
        }
    }

    /// The field and the wish: `user contains "north"`.
    pub(crate) fn wish(&self) -> String {
        match self {
            Self::Kind(kind) => format!("kind is {}", kind.name()),
            Self::Vendor(vendor) => format!("vendor is {}", vendor.name()),
            Self::Api(api) => format!("api is {}", api.name()),
            Self::Role(role) => format!("role is {}", role.name()),
            Self::Stream(stream) => format!("stream is {stream}"),
            Self::Text { field, test } => format!("{} {}", field.name(), test.wish()),
            Self::Equal { pointer, value } => format!("{pointer} is {value}"),
        }
    }

    /// The value of that field, shortened.
    pub(crate) fn found(&self, call: &ModelCall) -> String {
        match self {
            Self::Kind(_) => call.kind().name().to_owned(),
            Self::Vendor(_) => call.vendor().name().to_owned(),
            Self::Api(_) => call.api.name().to_owned(),
            Self::Role(_) => call.last_role().map_or("nothing", Role::name).to_owned(),
            Self::Stream(_) => call.stream.to_string(),
            Self::Text { field, .. } => field.text(call).map_or_else(|| "nothing".to_owned(), |text| quote(&text)),
            Self::Equal { pointer, .. } => call
                .body_json()
                .pointer(pointer)
                .map_or_else(|| "nothing".to_owned(), |value| excerpt(&value.to_string())),
        }
    }
}

impl CallField {
    fn text<'a>(&self, call: &'a ModelCall) -> Option<Cow<'a, str>> {
        match self {
            Self::Model => Some(Cow::Borrowed(&call.model)),
            Self::Message(source) => Some(call.text(*source)),
            Self::Header(name) => call.header(name).map(Cow::Borrowed),
            Self::Pointer(pointer) => call.body_json().pointer(pointer).map(|value| match value {
                Value::String(text) => Cow::Owned(text.clone()),
                other => Cow::Owned(other.to_string()),
            }),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Model => "model".to_owned(),
            Self::Message(source) => source.name().to_owned(),
            Self::Header(name) => format!("header {name}"),
            Self::Pointer(pointer) => pointer.clone(),
        }
    }
}

impl Test {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => text == wanted,
            Self::Contains(part) => text.contains(part),
            Self::Lacks(part) => !text.contains(part),
            Self::Matches(pattern) => pattern.is_match(text),
        }
    }

    fn wish(&self) -> String {
        match self {
            Self::Exact(wanted) => format!("is {}", quote(wanted)),
            Self::Contains(part) => format!("contains {}", quote(part)),
            Self::Lacks(part) => format!("lacks {}", quote(part)),
            Self::Matches(pattern) => format!("matches /{}/", pattern.source()),
        }
    }
}

/// JSON knows one kind of number: 1 and 1.0 are the same.
fn equal(found: &Value, wanted: &Value) -> bool {
    match (found.as_f64(), wanted.as_f64()) {
        (Some(found), Some(wanted)) => found.total_cmp(&wanted).is_eq(),
        _ => found == wanted,
    }
}

pub(crate) fn quote(text: &str) -> String {
    format!("{:?}", excerpt(text))
}

/// The text, or its beginning and end if it is long.
fn excerpt(text: &str) -> String {
    let length = text.chars().count();
    if length <= EXCERPT {
        return text.to_owned();
    }
    let start: String = text.chars().take(EXCERPT / 2).collect();
    let end: String = text.chars().skip(length - EXCERPT / 2).collect();
    format!("{start} … {end}")
}
