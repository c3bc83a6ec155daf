//! Looks up what a case names outside itself: scenarios, characters, scenes and places of the content, and settings of the
//! engine. What is missing there would otherwise show only when the case is run, or never, as an expectation that cannot hold.

mod content;
mod engine;
mod schema;
mod shape;
mod types;

use crate::json::{JsonError, Node, Span, nearest};

pub(super) use content::{Libraries, check as check_content, json_files, read as read_content};
pub(super) use engine::check as check_engine;
pub(super) use shape::check as check_places;

/// Something that is not there, with the name that was probably meant.
fn unknown<'a>(span: Span, what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> JsonError {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let error = JsonError::at(span, format!("there is no {what} `{name}`"));
    match nearest(name, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => error,
        None => error.help(format!("known here: {}", known.join(", "))),
    }
}

/// The member of an object that is a text, if a run does not fill it.
fn fixed_text<'a>(node: &'a Node, key: &str) -> Option<(&'a str, Span)> {
    let value = node.get(key)?;
    match &value.kind {
        crate::json::Kind::String(text) if !text.contains('{') => Some((text, value.span.clone())),
        _ => None,
    }
}
