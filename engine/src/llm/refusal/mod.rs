//! What a server says when it does not answer: which kind of failure that is, and its own words.

mod kinds;
#[cfg(test)]
mod tests;

use hyper::header::HeaderMap;
use serde_json::Value;

pub(super) use self::kinds::{FORMAT, counts_stops, names_output_limit};
use self::kinds::{reason, window};
use super::error::shorten;
use super::retry_after::{A_MINUTE, retry_after};
use super::{ModelError, Reason};

/// How much of a refusal is searched for the name of what is refused.
const SAID_CHARS: usize = 4000;

/// An error as servers write it, in any of the forms that they write.
#[derive(Debug, Default)]
struct ErrorText {
    message: String,
    /// Code, type and status, in lower case, for comparing.
    words: String,
    /// The status that the error names itself, by number or by a vendor's word.
    status: Option<u16>,
}

/// The failure that a response with this status and body means.
pub(super) fn refused(status: u16, headers: &HeaderMap, body: &[u8]) -> ModelError {
    let mut json: Value = serde_json::from_slice(body).unwrap_or_default();
    let generation = ["/error/failed_generation", "/failed_generation"]
        .iter()
        .find_map(|path| Some(json.pointer(path)?.as_str()?.into()));
    without_echo(&mut json);
    let text = String::from_utf8_lossy(body);
    let said = if json.is_null() { ErrorText { message: plain(&text), ..ErrorText::default() } } else { said(&json) };
    let all = if json.is_null() { String::new() } else { json.to_string() };
    let known = &format!("{} {} {all}", said.message, said.words).to_lowercase();
    let reason = reason(status, known, text.trim_start().starts_with('<'));
    let detail = match headers.get("location").and_then(|to| to.to_str().ok()).filter(|_| (300..400).contains(&status))
    {
        Some(to) => {
            format!("the model's server redirects (status {status}) to {}: set base_url to where it leads", shorten(to))
        }
        None if status == 405 || (status == 404 && reason == Reason::WrongAddress) => {
            format!("the model answered with status {status}: {}; is base_url right?", shorten(&said.message))
        }
        None => format!("the model answered with status {status}: {}", shorten(&said.message)),
    };
    let mut error = ModelError::new(reason, detail);
    if matches!(
        reason,
        Reason::RateLimited | Reason::Overloaded | Reason::Loading | Reason::NoCredit | Reason::ServerError
    ) {
        error.retry_after = retry_after(headers, &json, &said.message);
        if status == 413 {
            error.retry_after = error.retry_after.or(Some(A_MINUTE));
        }
    }
    if reason == Reason::TooLong {
        error.context_tokens = window(known);
    }
    error.generation = generation;
    error.said = known.chars().take(SAID_CHARS).collect();
    error
}

/// The failure that an error object means which came with a status of success, whole or in a stream. Nothing if the
/// body is no such object.
pub(super) fn reported(body: &[u8]) -> Option<ModelError> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let first = json.get(0).unwrap_or(&json);
    // Some servers always send the field.
    let has = |key: &str| match first.get(key) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(Value::Bool(true) | Value::Number(_) | Value::Array(_)) => true,
    };
    let is_error = has("error")
        || ["object", "type", "status"].iter().any(|key| first.get(*key).is_some_and(|value| value == "error"));
    is_error.then(|| in_body(&json, body))
}

/// The failure that a frame means which is nothing that the format knows. Nothing if it says nothing of a failure either: some
/// servers send objects of their own to show that they are alive.
pub(super) fn in_other_words(frame: &[u8]) -> Option<ModelError> {
    let json: Value = serde_json::from_slice(frame).ok()?;
    let first = json.get(0).unwrap_or(&json);
    let speaks = ["message", "detail", "msg", "error_message", "error_msg", "errorMessage", "errors"]
        .iter()
        .any(|key| first.get(*key).is_some_and(|words| !words.is_null()));
    speaks.then(|| in_body(&json, frame))
}

/// The failure that a frame means which its server calls an error, whatever it holds.
pub(super) fn called_error(frame: &[u8]) -> ModelError {
    match serde_json::from_slice::<Value>(frame) {
        Ok(json) if json.is_object() || json.is_array() => in_body(&json, frame),
        _ => ModelError::new(
            Reason::ServerError,
            format!("the model reports an error: {}", shorten(&String::from_utf8_lossy(frame))),
        ),
    }
}

/// The failure that a body with a status of success means: as its own status would be.
fn in_body(json: &Value, body: &[u8]) -> ModelError {
    let said = said(json);
    let error = refused(said.status.unwrap_or(500), &HeaderMap::new(), body);
    if said.status.is_some() {
        return error;
    }
    let hint = if error.reason == Reason::WrongAddress { "; is base_url right?" } else { "" };
    ModelError { detail: format!("the model reports an error: {}{hint}", shorten(&said.message)), ..error }
}

/// The failure that a compressed answer means, which nobody has asked for.
pub(super) fn compressed() -> ModelError {
    let detail = "the answer is compressed, although that was not asked for: turn it off in the server, or in the proxy before it";
    ModelError::new(Reason::WrongAddress, detail)
}

/// Takes out what a server repeats of the call: in it, everything would be found.
fn without_echo(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            fields.retain(|key, _| !["input", "ctx", "failed_generation", "request_body"].contains(&key.as_str()));
            fields.values_mut().for_each(without_echo);
        }
        Value::Array(list) => list.iter_mut().for_each(without_echo),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// The failure that a web page in place of an answer means.
pub(super) fn web_page(status: u16, body: &[u8]) -> ModelError {
    let page = plain(&String::from_utf8_lossy(body));
    let detail =
        format!("a web page came instead of an answer (status {status}: {}); is base_url right?", shorten(&page));
    ModelError::new(Reason::WrongAddress, detail)
}

fn said(json: &Value) -> ErrorText {
    let json = json.get(0).unwrap_or(json);
    let error = json.get("error").filter(|error| !error.is_null()).unwrap_or(json);
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    let named = |of: &Value| {
        ["message", "detail", "msg", "error_message", "error_msg", "errorMessage", "errors", "error"]
            .iter()
            .find_map(|key| text(of.get(*key)?))
    };
    let mut message = error
        .as_str()
        .map(str::to_owned)
        .or_else(|| named(error))
        .or_else(|| named(json))
        .unwrap_or_else(|| json.to_string());
    // OpenRouter keeps the words of the vendor behind it apart.
    if let Some(raw) = error.pointer("/metadata/raw").and_then(text) {
        message = format!("{message}: {raw}");
    }
    let words: Vec<String> = ["code", "type", "status", "param", "error_type"]
        .iter()
        .flat_map(|key| [error.get(*key), json.get(*key)])
        .flatten()
        .filter_map(text)
        .collect();
    let status =
        ["code", "status", "status_code"].iter().flat_map(|key| [error.get(*key), json.get(*key)]).flatten().find_map(
            |value| {
                let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
                u16::try_from(number).ok().filter(|status| (400..=599).contains(status))
            },
        );
    let words = words.join(" ").to_lowercase();
    let status = status.or_else(|| status_of(&words));
    ErrorText { message, words, status }
}

/// The status that a vendor's word for an error means.
fn status_of(words: &str) -> Option<u16> {
    let known = [
        ("invalid_api_key", 401),
        ("authentication", 401),
        ("unauthenticated", 401),
        ("insufficient_quota", 402),
        ("billing_error", 402),
        ("permission", 403),
        ("not_found", 404),
        ("notfound", 404),
        ("request_too_large", 413),
        ("rate_limit", 429),
        ("ratelimit", 429),
        ("throttling", 429),
        ("resource_exhausted", 429),
        ("overloaded", 529),
        ("unavailable", 503),
        ("deadline_exceeded", 504),
        ("timeout", 504),
        ("server_error", 500),
        ("api_error", 500),
        ("internal", 500),
        ("invalid", 400),
        ("badrequest", 400),
        ("bad_request", 400),
        ("validation", 422),
    ];
    known.iter().find(|(word, _)| words.contains(word)).map(|(_, status)| *status)
}

/// The words of a body that is no JSON: of a web page its title, or its text without the markup.
fn plain(text: &str) -> String {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return "without a word".to_owned();
    }
    if !trimmed.starts_with('<') {
        return trimmed.to_owned();
    }
    let lower = trimmed.to_ascii_lowercase();
    if let Some((from, to)) = lower.find("<title>").zip(lower.find("</title>"))
        && let Some(title) = trimmed.get(from + "<title>".len()..to)
    {
        return title.trim().to_owned();
    }
    let mut words = String::new();
    let mut in_tag = false;
    for c in trimmed.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                words.push(' ');
            }
            _ if !in_tag => words.push(c),
            _ => {}
        }
    }
    words
}
