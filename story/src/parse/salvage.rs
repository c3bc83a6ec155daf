//! Finding a JSON object in a text, and closing one that was cut off. What the object means is the caller's business.

use serde_json::{Deserializer, Map, Value};

use super::DeltaParseError;

/// An object that was found.
pub(super) struct Salvaged {
    pub(super) object: Map<String, Value>,
    /// Whether it had to be closed.
    pub(super) repaired: bool,
}

/// The first object in `text` that `is_wanted`, whole if there is such a one, else the first that can be closed. An empty object is
/// wanted by everybody.
pub(super) fn salvage(
    text: &str,
    is_wanted: impl Fn(&Map<String, Value>) -> bool,
) -> Result<Salvaged, DeltaParseError> {
    let mut first_error = None;
    let mut unwanted = None;
    for (start, _) in text.match_indices('{') {
        let tail = &text[start..];
        let (object, repaired) = match first_value(tail) {
            Ok(Value::Object(object)) => (object, false),
            Ok(_) => continue,
            Err(error) => {
                let closed = if error.is_eof() { close(tail) } else { None };
                first_error.get_or_insert(error);
                let Some(Value::Object(object)) = closed else { continue };
                (object, true)
            }
        };
        if is_wanted(&object) || (object.is_empty() && unwanted.is_none() && !repaired) {
            return Ok(Salvaged { object, repaired });
        }
        unwanted.get_or_insert(object);
    }
    Err(match (unwanted, first_error) {
        (_, Some(error)) => DeltaParseError::Malformed(error.to_string()),
        (Some(object), None) => DeltaParseError::NotADelta(object.keys().cloned().collect()),
        (None, None) => DeltaParseError::NoObject,
    })
}

/// The JSON value that `text` begins with; what follows it does not matter.
fn first_value(text: &str) -> Result<Value, serde_json::Error> {
    Deserializer::from_str(text).into_iter::<Value>().next().unwrap_or(Ok(Value::Null))
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
