//! A request as a profile writes it, and how it is made.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value};

/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What placeholders stand for.
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

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

/// A request was not answered as it must be.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// It came to no answer.
    #[error("{what}: {reason}")]
    Unreachable {
        /// Method and path.
        what: String,
        /// Why.
        reason: String,
    },
    /// It was refused.
    #[error("{what} → {status} {body}")]
    Refused {
        /// Method and path.
        what: String,
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
    /// The answer lacks something.
    #[error("{what}: there is nothing at {pointer} in {body}")]
    Lacks {
        /// Method and path.
        what: String,
        /// Where it should be.
        pointer: String,
        /// The body.
        body: String,
    },
}

impl Call {
    /// A request for a path.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self { method: get(), path: path.to_owned(), headers: BTreeMap::new(), body: None }
    }

    /// Makes the request.
    pub async fn send(&self, http: &reqwest::Client, base_url: &str, vars: &Vars) -> Result<Answer, CallError> {
        let path = fill_text(&self.path, vars);
        let what = format!("{} {path}", self.method);
        let unreachable = |reason: String| CallError::Unreachable { what: what.clone(), reason };
        let method = Method::from_bytes(self.method.to_uppercase().as_bytes())
            .map_err(|error| unreachable(error.to_string()))?;
        let mut request = http.request(method, format!("{base_url}{path}")).timeout(LIMIT);
        for (name, value) in &self.headers {
            request = request.header(name, fill_text(value, vars));
        }
        if let Some(body) = self.body.as_ref().and_then(|body| fill(body, vars)) {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(|error| unreachable(crate::http::innermost(&error)))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.map_err(|error| unreachable(crate::http::innermost(&error)))?;
        if (200..300).contains(&status) {
            Ok(Answer { status, headers, text })
        } else {
            Err(CallError::Refused { what, status, body: text })
        }
    }

    /// Makes the request and reads an id from the answer, whether text or number.
    pub async fn make(
        &self,
        http: &reqwest::Client,
        base_url: &str,
        vars: &Vars,
        id: &str,
    ) -> Result<(String, Value), CallError> {
        let answer = self.send(http, base_url, vars).await?;
        let json = answer.json();
        let found = match json.pointer(id) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let what = || format!("{} {}", self.method, self.path);
        let id = found.ok_or_else(|| CallError::Lacks { what: what(), pointer: id.to_owned(), body: answer.text })?;
        Ok((id, json))
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

/// A text with its placeholders filled; one that stands for nothing stays as it is.
#[must_use]
pub fn fill_text(text: &str, vars: &Vars) -> String {
    crate::expect::substitute_text(text, &|name: &str| {
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
}
