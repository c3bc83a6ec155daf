//! Whether expectations hold. Pure: what was observed comes in, what does not hold goes out.

mod events;
pub(crate) mod places;
mod prompts;
mod request;
mod state;
mod upper_bounds;

use std::collections::BTreeMap;
use std::fmt::Display;

use harness_case::profile::TextEvents;
use harness_case::{CallCounts, Expect};
use harness_events::Mismatch;
use serde_json::Value;

pub(crate) use events::join_chunks;
pub(crate) use places::{compare_members, compare_places};
pub(crate) use prompts::Prompt;
pub(crate) use upper_bounds::UpperBounds;

use crate::watch::{Seen, StreamStatus};

/// What is known at one moment. What is absent could not be observed, and no expectation on it holds.
#[derive(Debug, Default)]
pub(crate) struct Observed<'a> {
    /// The game, as the API shows it.
    pub state: Option<Value>,
    /// The request that the expectations speak of.
    pub request: Option<RequestFacts>,
    /// The events that the expectations speak of.
    pub events: Vec<&'a Seen>,
    /// Which of them are pieces of a text.
    pub text: Option<&'a TextEvents>,
    /// The state of the stream that they came on.
    pub stream: Option<StreamStatus>,
    /// The queue, as the API shows it.
    pub queue: Option<Value>,
    /// Model calls of the case so far.
    pub calls: Option<CallCounts>,
    /// Model calls since the step began, each with its messages one after the other.
    pub prompts: Vec<Prompt>,
    /// Labelled requests.
    pub labels: BTreeMap<String, String>,
    /// Whether nothing happens any more.
    pub quiet: bool,
    /// Whether nothing happens until the case does something, although something may still run: it waits at a gate of the
    /// model's script, or no worker is there.
    pub still: bool,
}

/// What is known of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestFacts {
    /// Where it is.
    pub status: Option<String>,
    /// Its latest attempt.
    pub attempt: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
    /// Its narration: committed, or as far as it has been shown.
    pub narration: String,
    /// What was asked.
    pub message: Option<String>,
    /// Whether its narration cannot grow any more: it has ended, be it as a dead letter.
    pub settled: bool,
    /// Whether it has ended for good: a dead letter may be retried.
    pub ended: bool,
}

/// Every expectation that does not hold.
#[must_use]
pub(crate) fn check(expect: &Expect, seen: &Observed<'_>) -> Vec<Mismatch> {
    let mut wrong = Vec::new();
    state::check(expect, seen.state.as_ref(), &mut wrong);
    request::check(expect, seen.request.as_ref(), &mut wrong);
    if let Some(list) = &expect.events {
        wrong.extend(events::check(list, seen));
    }
    if let Some(stream) = &expect.stream {
        compare(&mut wrong, "expect.stream.open", stream.open, seen.stream.map(|stream| stream.open));
        compare(&mut wrong, "expect.stream.status", stream.status, seen.stream.map(|stream| stream.status));
        compare(&mut wrong, "expect.stream.ended", stream.ended, seen.stream.map(|stream| stream.ended));
    }
    if let Some(queue) = &expect.queue {
        let numbers = [
            ("depth", queue.depth),
            ("ready", queue.ready),
            ("delayed", queue.delayed),
            ("active", queue.active),
            ("dead_letters", queue.dead_letters),
        ];
        for (name, expected) in numbers {
            let actual = seen.queue.as_ref().and_then(|queue| queue.get(name)?.as_u64());
            compare(&mut wrong, &format!("expect.queue.{name}"), expected, actual);
        }
    }
    if let Some(calls) = &expect.model_calls {
        let actual = seen.calls.clone().unwrap_or_default();
        let numbers = [
            ("text", calls.text, actual.text),
            ("json", calls.json, actual.json),
            ("hung_up", calls.hung_up, actual.hung_up),
        ];
        for (name, expected, actual) in numbers {
            compare_growing(&mut wrong, &format!("expect.model_calls.{name}"), expected, actual);
        }
    }
    wrong.extend(prompts::check(&expect.prompts, &seen.prompts));
    if expect.quiet && !seen.quiet {
        wrong.push(Mismatch::new("expect.quiet", true, false));
    }
    if wrong.is_empty() {
        wrong.extend(UpperBounds::of(expect).may_still_be_broken(seen));
    }
    wrong
}

/// As [`compare`], for a number that only grows: too many never becomes right again.
fn compare_growing<T: PartialOrd + Display>(
    wrong: &mut Vec<Mismatch>,
    what: &str,
    expected: Option<T>,
    actual: Option<T>,
) {
    let too_many = matches!((&expected, &actual), (Some(expected), Some(actual)) if actual > expected);
    let before = wrong.len();
    compare(wrong, what, expected, actual);
    for mismatch in &mut wrong[before..] {
        mismatch.hopeless = too_many;
    }
}

/// Adds a mismatch if something is expected and the actual value is another, or not known.
fn compare<T: PartialEq + Display>(wrong: &mut Vec<Mismatch>, what: &str, expected: Option<T>, actual: Option<T>) {
    if let Some(expected) = expected
        && actual.as_ref() != Some(&expected)
    {
        wrong.push(Mismatch::new(what, expected, actual.map_or_else(|| "not known".to_owned(), |a| a.to_string())));
    }
}
