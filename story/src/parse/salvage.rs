//! Finding a JSON object in a text, and closing one that was cut off. What the object means is the caller's business.

use serde_json::{Deserializer, Map, Value};

use super::{DeltaParseError, relaxed};

/// Objects in objects and strings in strings are looked into so deep.
const DEEPEST: usize = 3;

/// Where a model that answers as if it called a tool, or wraps its answer, puts the object.
const WRAPPERS: [&str; 10] =
    ["arguments", "parameters", "input", "delta", "result", "response", "answer", "output", "function", PROPERTIES];

/// Small models fill in the schema that they are given; others only repeat it.
const PROPERTIES: &str = "properties";

/// An object that was found.
pub(super) struct Salvaged {
    pub(super) object: Map<String, Value>,
    /// Whether it had to be closed.
    pub(super) repaired: bool,
}

/// What a text holds.
#[derive(Default)]
struct Seen {
    /// The last whole object that is wanted: what comes before is a draft.
    wanted: Option<Map<String, Value>>,
    /// An empty object, which everybody wants who gets nothing better.
    empty: Option<Map<String, Value>>,
    /// The first object that was cut off and could be closed.
    closed: Option<Map<String, Value>>,
    unwanted: Option<Map<String, Value>>,
    error: Option<serde_json::Error>,
}

/// The last whole object in `text` that `is_wanted`; without one, the first that can be closed. Objects are also found inside of others,
/// as the arguments of a tool call, and in JSON that is in a string.
pub(super) fn salvage(
    text: &str,
    is_wanted: impl Fn(&Map<String, Value>) -> bool,
) -> Result<Salvaged, DeltaParseError> {
    let mut seen = Seen::default();
    look_through(text, &is_wanted, &mut seen, DEEPEST);
    if let Some(object) = seen.wanted {
        return Ok(Salvaged { object, repaired: false });
    }
    if let Some(object) = seen.closed.filter(|object| is_wanted(object)) {
        return Ok(Salvaged { object, repaired: true });
    }
    match (seen.empty, seen.unwanted, seen.error) {
        (Some(object), None, None) => Ok(Salvaged { object, repaired: false }),
        (_, _, Some(error)) => Err(DeltaParseError::Malformed(error.to_string())),
        (_, Some(object), None) => Err(DeltaParseError::NotADelta(object.keys().cloned().collect())),
        (None, None, None) => Err(DeltaParseError::NoObject),
    }
}

fn look_through(text: &str, is_wanted: &impl Fn(&Map<String, Value>) -> bool, seen: &mut Seen, depth: usize) {
    let mut from = 0;
    while let Some(start) = text[from..].find('{').map(|at| from + at) {
        let tail = &text[start..];
        from = start + 1;
        match first_value(tail) {
            Ok((value, length)) => {
                from = start + length;
                consider(value, is_wanted, seen, depth);
            }
            Err(error) => {
                if let Some((value, length)) = relaxed::object(tail) {
                    from = start + length;
                    consider(value, is_wanted, seen, depth);
                    continue;
                }
                if error.is_eof()
                    && seen.closed.is_none()
                    && let Some(Value::Object(object)) = close(tail)
                    && is_wanted(&object)
                {
                    seen.closed = Some(object);
                }
                seen.error.get_or_insert(error);
            }
        }
    }
    // JSON in a string, `"{\"user_location\": null}"`: its quotes are escaped, so nothing in it could be read.
    if seen.wanted.is_none() && depth > 0 {
        let bare = text.trim().trim_start_matches("```json").trim_matches('`').trim();
        if bare.starts_with('"')
            && let Ok(inner) = serde_json::from_str::<String>(bare)
        {
            look_through(&inner, is_wanted, seen, depth - 1);
        }
    }
}

fn consider(value: Value, is_wanted: &impl Fn(&Map<String, Value>) -> bool, seen: &mut Seen, depth: usize) {
    let Value::Object(mut object) = value else { return };
    if is_wanted(&object) {
        seen.wanted = Some(object);
        return;
    }
    if object.is_empty() {
        seen.empty.get_or_insert(object);
        return;
    }
    if depth > 0 {
        for wrapper in WRAPPERS {
            match object.remove(wrapper) {
                Some(Value::Object(inner)) if wrapper == PROPERTIES && is_schema(&inner) => {}
                Some(inner @ Value::Object(_)) => consider(inner, is_wanted, seen, depth - 1),
                Some(Value::String(inner)) => look_through(&inner, is_wanted, seen, depth - 1),
                Some(other) => drop(object.insert(wrapper.to_owned(), other)),
                None => {}
            }
        }
    }
    seen.unwanted.get_or_insert(object);
}

/// Whether these are the properties of a schema, and not values.
fn is_schema(properties: &Map<String, Value>) -> bool {
    let says =
        |value: &Value| ["type", "anyOf", "oneOf", "$ref", "enum", "const"].iter().any(|key| value.get(*key).is_some());
    properties.values().any(says)
}

/// The JSON value that `text` begins with, and its length; what follows it does not matter.
fn first_value(text: &str) -> Result<(Value, usize), serde_json::Error> {
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next().unwrap_or(Ok(Value::Null))?;
    Ok((value, values.byte_offset()))
}

/// The value that `text` was about to become when it was cut off: open strings and brackets are closed; what is not a value yet, such
/// as a key or half a word, is dropped back to the last complete value.
pub(super) fn close(text: &str) -> Option<Value> {
    let scan = Scan::of(text);
    let quote = if scan.in_string { "\"" } else { "" };
    // An escape that was cut in the middle cannot be closed.
    let whole = if scan.in_string { &text[..scan.after_last_character] } else { text };
    let candidates = [
        format!("{whole}{quote}{}", closers(&scan.open)),
        format!("{}{}", &text[..scan.safe], closers(&scan.open_at_safe)),
    ];
    candidates.iter().find_map(|candidate| serde_json::from_str(candidate).ok())
}

fn closers(open: &[char]) -> String {
    open.iter().rev().collect()
}

/// What a pass over a text has seen.
#[derive(Default)]
struct Scan {
    /// The closing brackets that are missing at the end, innermost last.
    open: Vec<char>,
    in_string: bool,
    /// Where the last whole character of the open string ends.
    after_last_character: usize,
    /// The last place at which everything so far is complete values.
    safe: usize,
    /// The closing brackets that are missing there.
    open_at_safe: Vec<char>,
}

impl Scan {
    fn of(text: &str) -> Self {
        let mut scan = Self::default();
        let mut characters = text.char_indices();
        while let Some((index, c)) = characters.next() {
            let end = index + c.len_utf8();
            match c {
                '"' => {
                    scan.in_string = !scan.in_string;
                    scan.after_last_character = end;
                }
                '\\' if scan.in_string => {
                    let rest = match characters.next() {
                        Some((_, 'u')) => characters.by_ref().take(4).last().filter(|(last, _)| *last == index + 5),
                        escaped => escaped,
                    };
                    if let Some((last, c)) = rest {
                        scan.after_last_character = last + c.len_utf8();
                    }
                }
                _ if scan.in_string => scan.after_last_character = end,
                '{' => scan.opened('}', end),
                '[' => scan.opened(']', end),
                '}' | ']' => {
                    scan.open.pop();
                    scan.mark_safe(end);
                }
                ',' => scan.mark_safe(index),
                _ => {}
            }
        }
        scan
    }

    fn opened(&mut self, closer: char, end: usize) {
        self.open.push(closer);
        self.mark_safe(end);
    }

    fn mark_safe(&mut self, at: usize) {
        self.safe = at;
        self.open_at_safe.clone_from(&self.open);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cut_value_is_closed_at_its_last_complete_part() {
        for (text, expected) in [
            (r#"{"a": true,"#, json!({ "a": true })),
            (r#"{"a": "mid str"#, json!({ "a": "mid str" })),
            (r#"{"a": 1, "b"#, json!({ "a": 1 })),
            (r#"{"a": 1, "b":"#, json!({ "a": 1 })),
            (r#"{"a": 1, "b": tru"#, json!({ "a": 1 })),
            (r#"{"a": [1, 2"#, json!({ "a": [1, 2] })),
            (r#"{"a": {"b": [{"c": 1}, {"d""#, json!({ "a": { "b": [{ "c": 1 }, {}] } })),
            (r#"{"a": "one\"#, json!({ "a": "one" })),
            (r#"{"a": "one\u00"#, json!({ "a": "one" })),
            (r#"{"a": "x, y: {z"#, json!({ "a": "x, y: {z" })),
            (r#"{"a": "\u00e9t"#, json!({ "a": "ét" })),
            ("{", json!({})),
        ] {
            assert_eq!(close(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn garbage_cannot_be_closed() {
        for text in ["{what", "{]", "}"] {
            assert!(close(text).is_none_or(|value| value == json!({})), "{text}");
        }
    }
}
