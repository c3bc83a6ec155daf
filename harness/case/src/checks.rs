//! Checks what a step's types cannot say: regular expressions, pointers, methods, statuses.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use regex::Regex;
use serde_json::Value;

use super::expect::Expect;
use super::file::{Capture, HttpStep, StepCapture};
use super::placeholder;
use crate::json::{JsonError, Node, Span, nearest};

/// The methods of HTTP.
const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"];

/// The statuses that an answer may have.
const STATUSES: RangeInclusive<u16> = 100..=599;

/// Where a member is written; where its object is, if it is left out.
pub(super) fn span_of(node: &Node, key: &str) -> Span {
    node.get(key).unwrap_or(node).span.clone()
}

/// What is wrong with an HTTP step.
pub(super) fn check_http(http: &HttpStep, node: &Node, found: &mut Vec<JsonError>) {
    let node = node.get("http").unwrap_or(node);
    let expect = node.get("expect").unwrap_or(node);
    if !METHODS.iter().any(|method| method.eq_ignore_ascii_case(&http.method)) {
        let error = JsonError::at(span_of(node, "method"), format!("HTTP has no method `{}`", http.method));
        found.push(match nearest(&http.method.to_uppercase(), METHODS) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("known here: {}", METHODS.join(", "))),
        });
    }
    // A captured link begins with a slash of its own.
    if !http.path.starts_with(['/', '{']) {
        let what = format!("a path begins with `/`, and `{}` does not", http.path);
        let error = JsonError::at(span_of(node, "path"), what);
        found.push(error.help("the address of the service is put before it"));
    }
    if let Some(status) = http.expect.status.filter(|status| !STATUSES.contains(status)) {
        let error = JsonError::at(span_of(expect, "status"), format!("no answer has the status {status}"));
        found.push(error.help("a status is from 100 to 599"));
    }
    if let Some(sent) = node.get("body").into_iter().flat_map(Node::members).find(|member| member.key == "expect") {
        let what = "`expect` is in the body here, so it would be sent";
        found.push(JsonError::at(sent.key_span.clone(), what).help("put it next to `body`"));
    }
    if http.body.is_some() && http.raw_body.is_some() {
        let what = "a request has one body: `body` or `raw_body`";
        found.push(JsonError::at(span_of(node, "raw_body"), what));
    }
    found.extend(http.expect.body_regex.as_ref().and_then(|regex| check_regex(regex, expect, "body_regex")));
    for (name, capture) in &http.capture {
        if let Capture::Regex(regex) = capture {
            let written = node.get("capture").and_then(|capture| capture.get(name)).unwrap_or(node);
            found.extend(check_regex(regex, written, "regex"));
        }
    }
}

/// What is wrong with the captures of a step.
pub(super) fn check_captures(captures: &BTreeMap<String, StepCapture>, node: &Node, found: &mut Vec<JsonError>) {
    for (name, capture) in captures {
        let written = node.get("capture").and_then(|captures| captures.get(name)).unwrap_or(node);
        let (pointer, place) = match capture {
            StepCapture::State(pointer) => (pointer, span_of(written, "state")),
            StepCapture::Request(pointer) => (pointer, span_of(written, "request")),
            StepCapture::Event(event) => (&event.at, span_of(written.get("event").unwrap_or(written), "at")),
            StepCapture::Response(regex) => {
                found.extend(check_regex(regex, written, "response"));
                continue;
            }
        };
        if !pointer.is_empty() && !pointer.starts_with('/') {
            let error = JsonError::at(place, format!("`{pointer}` is no JSON pointer"));
            found.push(error.help(format!("did you mean `/{pointer}`?")));
        }
    }
}

/// What is wrong with the expectations of a step.
pub(super) fn check_expect(expect: &Expect, node: &Node, found: &mut Vec<JsonError>) {
    let node = node.get("expect").unwrap_or(node);
    found.extend(expect.response_regex.as_ref().and_then(|regex| check_regex(regex, node, "response_regex")));
    let prompts = expect.prompts.iter().zip(node.get("prompts").map_or(&[][..], Node::items));
    found.extend(prompts.filter_map(|(prompt, written)| check_regex(prompt.regex.as_ref()?, written, "regex")));
    // Null is no value: it says that the variable is not set.
    let a_text = |value: &Value| value.is_string() || value.is_object() || value.is_null();
    for (name, value) in expect.vars.iter().filter(|(_, value)| !a_text(value)) {
        let what = format!("a variable of a story is a text, and `{value}` is none");
        let place = span_of(node.get("vars").unwrap_or(node), name);
        found.push(JsonError::at(place, what).help(format!("write \"{value}\"")));
    }
    if expect.within_ms == Some(0) {
        let error = JsonError::at(span_of(node, "within_ms"), "nothing happens within 0 ms");
        found.push(error.help("give it at least 1"));
    }
    if expect.stream.is_some() && expect.listener.is_none() {
        let what = "`stream` speaks of the stream that `listener` names";
        found.push(JsonError::at(span_of(node, "stream"), what));
    }
}

/// What is wrong with a regular expression at a key of a node.
fn check_regex(regex: &str, node: &Node, key: &str) -> Option<JsonError> {
    let error = JsonError::at(span_of(node, key), Regex::new(regex).err()?.to_string());
    Some(match placeholder::names(regex).first() {
        Some(name) => error.help(format!(
            "`{{{name}}}` is not replaced in a regular expression: expect a text with it, as under `response_contains`"
        )),
        None => error,
    })
}
