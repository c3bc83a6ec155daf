//! Whether expectations hold. Pure: what was observed comes in, what does not hold goes out.

mod events;
mod json;
mod request;
mod state;

pub use events::{Joined, join_chunks};
pub use json::{matches_places, substitute};

use std::collections::BTreeMap;
use std::fmt::Display;

use protocol::{QueueView, RequestId, RequestView};
use serde_json::Value;

use crate::case::{CallCounts, Expect};
use crate::watch::Seen;

/// An expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Which expectation, as a path in the step: `expect.inventory`.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What there was.
    pub actual: String,
}

impl Mismatch {
    /// A mismatch of two values that can be shown.
    pub fn new(what: impl Into<String>, expected: impl Display, actual: impl Display) -> Self {
        Self { what: what.into(), expected: format!("{expected}"), actual: format!("{actual}") }
    }
}

/// What is known at one moment. What is absent could not be observed, and no expectation on it holds.
#[derive(Debug, Default)]
pub struct Observed<'a> {
    /// The game, as the API shows it.
    pub state: Option<Value>,
    /// The request that the expectations speak of.
    pub request: Option<RequestFacts>,
    /// The events that the expectations speak of.
    pub events: Vec<&'a Seen>,
    /// The queue.
    pub queue: Option<QueueView>,
    /// Model calls of the case so far.
    pub calls: Option<CallCounts>,
    /// Labelled requests.
    pub labels: BTreeMap<String, RequestId>,
}

/// What is known of a request.
#[derive(Debug, Clone, Default)]
pub struct RequestFacts {
    /// The request as the API shows it.
    pub view: Option<RequestView>,
    /// Its narration: committed, or as far as it has been shown.
    pub narration: String,
}

/// Every expectation that does not hold.
#[must_use]
pub fn check(expect: &Expect, seen: &Observed<'_>) -> Vec<Mismatch> {
    let mut wrong = Vec::new();
    state::check(expect, seen.state.as_ref(), &mut wrong);
    request::check(expect, seen.request.as_ref(), &mut wrong);
    if let Some(list) = &expect.events {
        wrong.extend(events::check(list, &seen.events, &seen.labels));
    }
    if let Some(queue) = &expect.queue {
        let actual = seen.queue.as_ref();
        let numbers = [
            ("depth", queue.depth, actual.map(|q| q.depth)),
            ("ready", queue.ready, actual.map(|q| q.ready)),
            ("delayed", queue.delayed, actual.map(|q| q.delayed)),
            ("active", queue.active, actual.map(|q| q.active)),
            ("dead_letters", queue.dead_letters, actual.map(|q| q.dead_letters)),
        ];
        for (name, expected, actual) in numbers {
            compare(&mut wrong, &format!("expect.queue.{name}"), expected, actual);
        }
    }
    if let Some(calls) = &expect.model_calls {
        let actual = seen.calls.as_ref();
        compare(&mut wrong, "expect.model_calls.text", calls.text, actual.and_then(|c| c.text));
        compare(&mut wrong, "expect.model_calls.json", calls.json, actual.and_then(|c| c.json));
    }
    wrong
}

/// Adds a mismatch if something is expected and the actual value is another, or not known.
fn compare<T: PartialEq + Display>(wrong: &mut Vec<Mismatch>, what: &str, expected: Option<T>, actual: Option<T>) {
    if let Some(expected) = expected
        && actual.as_ref() != Some(&expected)
    {
        wrong.push(Mismatch::new(what, expected, actual.map_or_else(|| "not known".to_owned(), |a| a.to_string())));
    }
}
