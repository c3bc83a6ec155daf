//! Expectations that hold now and that what is still to come can break: no other events, no further attempt or call, nothing
//! more in the narration. They count only once that cannot happen any more; otherwise a case would pass that looked early.

use harness_case::{EventList, Expect};
use harness_events::Mismatch;

use super::Observed;

/// Which of its expectations a step can lose again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpperBounds {
    /// None of them.
    None,
    /// The one of this name, until nothing happens any more without the case.
    Moves(&'static str),
    /// The one of this name, until the narration is whole. That its call waits at a gate says nothing of what it will tell.
    Narration(&'static str),
}

impl UpperBounds {
    /// Those of a step. One that expects a request to be queued or processing speaks of that moment.
    pub(crate) fn of(expect: &Expect) -> Self {
        if !expect.response_not_contains.is_empty() {
            return Self::Narration("expect.response_not_contains");
        }
        if expect.response_max_length.is_some() {
            return Self::Narration("expect.response_max_length");
        }
        if matches!(expect.status.as_deref(), Some("queued" | "processing")) {
            return Self::None;
        }
        let bounds = [
            (matches!(expect.events, Some(EventList::Exactly(_))), "expect.events"),
            (expect.attempt.is_some(), "expect.attempt"),
            (expect.model_calls.is_some(), "expect.model_calls"),
        ];
        bounds.into_iter().find_map(|(there, name)| there.then_some(Self::Moves(name))).unwrap_or(Self::None)
    }

    /// What is still missing for them to count.
    pub(super) fn may_still_be_broken(self, seen: &Observed<'_>) -> Option<Mismatch> {
        let ended = seen.quiet || seen.request.as_ref().is_some_and(|facts| facts.settled);
        match self {
            Self::None => None,
            Self::Moves(_) if ended || seen.still => None,
            Self::Narration(_) if ended => None,
            Self::Moves(name) | Self::Narration(name) => Some(Mismatch::new(
                name,
                "the same at the end of the request",
                "it holds so far, and something still runs",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use harness_case::CallCounts;
    use serde_json::json;

    use super::*;
    use crate::expect::{RequestFacts, check};

    fn seen(settled: bool, quiet: bool, still: bool) -> Observed<'static> {
        let facts =
            RequestFacts { narration: "The bell".to_owned(), attempt: Some(1), settled, ..RequestFacts::default() };
        let facts = RequestFacts { status: Some("processing".to_owned()), ..facts };
        let calls = Some(CallCounts { text: Some(1), ..CallCounts::default() });
        Observed { request: Some(facts), quiet, still, calls, ..Observed::default() }
    }

    #[test]
    fn what_can_still_be_broken_is_known_only_when_nothing_more_comes() {
        for (expect, counts_at_a_gate) in [
            (json!({"response_not_contains": ["amber"]}), false),
            (json!({"response_max_length": 80}), false),
            (json!({"events": {"exactly": []}}), true),
            (json!({"attempt": 1}), true),
            (json!({"model_calls": {"text": 1}}), true),
        ] {
            let expect: Expect = serde_json::from_value(expect).unwrap();
            let running = check(&expect, &seen(false, false, false));
            assert!(running.len() == 1 && !running[0].hopeless, "{running:?}");
            assert_eq!(check(&expect, &seen(true, false, false)), [], "its request has ended");
            assert_eq!(check(&expect, &seen(false, true, false)), [], "nothing happens any more");
            assert_eq!(check(&expect, &seen(false, false, true)).is_empty(), counts_at_a_gate, "{expect:?}");
        }
    }

    #[test]
    fn a_step_that_speaks_of_a_running_request_speaks_of_this_moment() {
        let expect: Expect = serde_json::from_value(json!({"status": "processing", "attempt": 1})).unwrap();
        assert_eq!(check(&expect, &seen(false, false, false)), []);
    }
}
