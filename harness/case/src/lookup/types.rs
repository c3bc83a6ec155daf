//! Whether a value that is expected at a place is one that can be there. A text is never equal to a number, so `none` and `$ne` with
//! it hold whatever happens; so do they with a text that is none of those that are possible.

use serde_json::Value;

use super::schema::{is_of, is_open};
use crate::json::{JsonError, Kind, Node, nearest};

/// The words whose operands are compared as they are.
const EQUAL: [&str; 3] = ["$eq", "$ne", "$in"];

/// The types of JSON Schema, with what they are called in messages.
const TYPES: [(&str, &str); 7] = [
    ("integer", "a number"),
    ("number", "a number"),
    ("string", "a text"),
    ("boolean", "`true` or `false`"),
    ("array", "a list"),
    ("object", "an object"),
    ("null", "null"),
];

/// Every value in what is expected at a place that is of none of the types that its schemas name.
pub(super) fn check(schemas: &[&Value], place: &str, expected: &Node) -> Vec<JsonError> {
    // Of a schema that names no type, nothing is known but what its values are.
    if schemas.is_empty() || schemas.iter().any(|schema| is_open(schema) || schema.get("type").is_none()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    each_value(expected, &mut |value| found.extend(wrong(schemas, place, value)));
    found
}

/// The values that are compared as they are: the expected one itself, or those in words.
fn each_value(expected: &Node, visit: &mut impl FnMut(&Node)) {
    let words = expected.members();
    if words.is_empty() {
        return visit(expected);
    }
    for word in words.iter().filter(|word| EQUAL.contains(&word.key.as_str())) {
        match word.key.as_str() {
            "$in" => word.value.items().iter().for_each(|item| each_value(item, visit)),
            _ => each_value(&word.value, visit),
        }
    }
}

fn wrong(schemas: &[&Value], place: &str, value: &Node) -> Option<JsonError> {
    wrong_type(schemas, place, value).or_else(|| unknown_text(schemas, place, value))
}

/// A text where only some are possible, and this one is not.
fn unknown_text(schemas: &[&Value], place: &str, value: &Node) -> Option<JsonError> {
    let Kind::String(text) = &value.kind else { return None };
    if text.contains('{') {
        return None;
    }
    let mut known: Vec<&str> = Vec::new();
    for schema in schemas.iter().filter(|schema| is_of(schema, "string")) {
        let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        let before = known.len();
        known.extend(listed.chain(schema.get("const")).filter_map(Value::as_str));
        // Any text is possible.
        if known.len() == before {
            return None;
        }
    }
    if known.is_empty() || known.contains(&text.as_str()) {
        return None;
    }
    known.sort_unstable();
    known.dedup();
    let error = JsonError::at(value.span.clone(), format!("{place} is never `{text}`"));
    Some(match nearest(text, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("known here: {}", known.join(", "))),
    })
}

fn wrong_type(schemas: &[&Value], place: &str, value: &Node) -> Option<JsonError> {
    let types: &[&str] = match &value.kind {
        // What a run fills may become anything.
        Kind::String(text) if text.contains('{') => return None,
        Kind::String(_) => &["string"],
        Kind::Number(_) => &["integer", "number"],
        Kind::Bool(_) => &["boolean"],
        Kind::Null | Kind::Array(_) | Kind::Object(_) => return None,
    };
    if types.iter().any(|name| schemas.iter().any(|schema| is_of(schema, name))) {
        return None;
    }
    let named = |(name, _): &&(&str, &str)| *name != "null" && schemas.iter().any(|schema| is_of(schema, name));
    let mut there: Vec<&str> = TYPES.iter().filter(named).map(|(_, said)| *said).collect();
    there.dedup();
    let (written, is) = (value.to_value(), called(value));
    let error = JsonError::at(value.span.clone(), format!("{place} is {}, and {written} is {is}", there.join(" or ")));
    let bare = matches!(&value.kind, Kind::String(text) if serde_json::from_str::<Value>(text).is_ok());
    Some(match there.as_slice() {
        ["a text"] => error.help("put it in double quotes"),
        ["a number" | "`true` or `false`"] if bare => error.help("leave off the quotes"),
        _ => error,
    })
}

fn called(value: &Node) -> &'static str {
    match value.kind {
        Kind::String(_) => "a text",
        _ => value.describe(),
    }
}
