//! Sends the requests that a profile describes.

use std::time::Duration;

use harness_case::profile::{Call, Vars, fill, fill_text};
use reqwest::Method;
use serde_json::Value;

use crate::http::innermost;

/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A request was not answered as it must be.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CallError {
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
        /// The beginning of the body.
        body: String,
    },
    /// The answer lacks something.
    #[error("{what}: there is nothing at {pointer} in {body}")]
    Lacks {
        /// Method and path.
        what: String,
        /// Where it should be.
        pointer: String,
        /// The beginning of the body.
        body: String,
    },
}

/// How many characters of a body an error holds: a message must not be as long as the page of a proxy.
const BODY_SHOWN: usize = 600;

fn beginning(mut body: String) -> String {
    if let Some((end, _)) = body.char_indices().nth(BODY_SHOWN) {
        body.truncate(end);
        body.push('…');
    }
    body
}

impl CallError {
    /// Whether the same request can succeed later: no response, or one that says that the service is away.
    pub(crate) const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Refused { status: 502..=504, .. })
    }
}

/// Sends a request; returns the body of the response as JSON, null if it is none.
pub(crate) async fn send(call: &Call, http: &reqwest::Client, base_url: &str, vars: &Vars) -> Result<Value, CallError> {
    Ok(json(&text(call, http, base_url, vars).await?))
}

/// Sends a request that creates something; returns its id, which is a text or a number at the JSON pointer `id`, and the
/// whole body.
pub(crate) async fn create(
    call: &Call,
    http: &reqwest::Client,
    base_url: &str,
    vars: &Vars,
    id: &str,
) -> Result<(String, Value), CallError> {
    let body = text(call, http, base_url, vars).await?;
    let json = json(&body);
    let found = match json.pointer(id) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let what = || format!("{} {}", call.method, call.path);
    let lacks = || CallError::Lacks { what: what(), pointer: id.to_owned(), body: beginning(body) };
    let id = found.ok_or_else(lacks)?;
    Ok((id, json))
}

/// The body of the response, which must have a status of success.
async fn text(call: &Call, http: &reqwest::Client, base_url: &str, vars: &Vars) -> Result<String, CallError> {
    let path = fill_text(&call.path, vars);
    let what = format!("{} {path}", call.method);
    let unreachable = |reason: String| CallError::Unreachable { what: what.clone(), reason };
    let method =
        Method::from_bytes(call.method.to_uppercase().as_bytes()).map_err(|error| unreachable(error.to_string()))?;
    let mut request = http.request(method, format!("{base_url}{path}")).timeout(LIMIT);
    for (name, value) in &call.headers {
        request = request.header(name, fill_text(value, vars));
    }
    if let Some(body) = call.body.as_ref().and_then(|body| fill(body, vars)) {
        request = request.json(&body);
    }
    let response = request.send().await.map_err(|error| unreachable(innermost(&error)))?;
    let status = response.status();
    let body = response.text().await.map_err(|error| unreachable(innermost(&error)))?;
    if status.is_success() {
        Ok(body)
    } else {
        Err(CallError::Refused { what, status: status.as_u16(), body: beginning(body) })
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_body_an_error_holds_the_beginning() {
        assert_eq!(beginning("no é".to_owned()), "no é");
        let cut = beginning("é".repeat(BODY_SHOWN + 1));
        assert_eq!(cut, "é".repeat(BODY_SHOWN) + "…");
    }
}
