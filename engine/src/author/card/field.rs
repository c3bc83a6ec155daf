//! A field of a card or a lorebook.

use serde_json::{Map, Value};

/// A field as text, whatever it is.
pub(super) fn text(fields: &Map<String, Value>, field: &str) -> String {
    match fields.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}
