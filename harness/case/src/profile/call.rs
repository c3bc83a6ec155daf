//! A request as a profile describes it, and how its placeholders are filled.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The values of placeholders.
pub type Vars = BTreeMap<String, Value>;

/// An HTTP request with placeholders: `{game}` in a path, a header or a text of the body. A member of the body that is
/// nothing but a placeholder takes the value as it is, and is left out if it stands for nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The method.
    #[serde(default = "get")]
    pub method: String,
    /// The path.
    pub path: String,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The JSON body.
    #[serde(default)]
    pub body: Option<Value>,
}

fn get() -> String {
    "GET".to_owned()
}

impl Call {
    /// A request for a path.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self { method: get(), path: path.to_owned(), headers: BTreeMap::new(), body: None }
    }
}

/// A value with its placeholders filled; `None` if it is a placeholder that stands for nothing, or holds one that it
/// cannot do without.
#[must_use]
pub fn fill(value: &Value, vars: &Vars) -> Option<Value> {
    match value {
        Value::String(text) => match whole_placeholder(text) {
            Some(name) => vars.get(name).filter(|value| !value.is_null()).cloned(),
            None => Some(Value::String(fill_text(text, vars))),
        },
        Value::Array(items) => Some(items.iter().filter_map(|item| fill(item, vars)).collect()),
        Value::Object(members) => {
            let filled: Map<String, Value> =
                members.iter().filter_map(|(key, value)| Some((key.clone(), fill(value, vars)?))).collect();
            // An object of which nothing is left says nothing.
            (members.is_empty() || !filled.is_empty()).then_some(Value::Object(filled))
        }
        other => Some(other.clone()),
    }
}

/// A value with the placeholders of its texts filled; one that stands for nothing stays as it is.
#[must_use]
pub fn fill_texts(value: &Value, vars: &Vars) -> Value {
    match value {
        Value::String(text) => Value::String(fill_text(text, vars)),
        Value::Array(items) => items.iter().map(|item| fill_texts(item, vars)).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), fill_texts(value, vars))).collect(),
        other => other.clone(),
    }
}

/// A text with its placeholders filled; one that stands for nothing stays as it is.
#[must_use]
pub fn fill_text(text: &str, vars: &Vars) -> String {
    crate::placeholder::substitute(text, &|name: &str| {
        vars.get(name).filter(|value| !value.is_null()).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    })
}

fn whole_placeholder(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}').filter(|name| !name.contains(['{', '}', ' ']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_for_nothing_is_left_out() {
        let vars = Vars::from([("a".to_owned(), json!(1)), ("b".to_owned(), Value::Null)]);
        let body = json!({"a": "{a}", "b": "{b}", "c": "{c}", "d": {"e": "{c}"}, "f": "x{a}y", "g": {}});
        assert_eq!(fill(&body, &vars), Some(json!({"a": 1, "f": "x1y", "g": {}})));
    }

    #[test]
    fn what_stands_for_nothing_stays_in_texts_that_need_not_be_filled() {
        let vars = Vars::from([("model".to_owned(), json!("http://h/v1/"))]);
        let settings = json!({"base_url": "{model}", "name": "{hostname}", "n": 1, "several": ["at {model}"]});
        let filled = json!({"base_url": "http://h/v1/", "name": "{hostname}", "n": 1, "several": ["at http://h/v1/"]});
        assert_eq!(fill_texts(&settings, &vars), filled);
    }
}
