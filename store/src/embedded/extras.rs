//! What few requests have, in one column: earlier tries of the message, the span that it was sent in, a priority other than the usual one, the budgets that pay for it,
//! and of a dead letter whose its game is or was.
//!
//! Stores of earlier releases have a list of tries in that column. A request without a span and a priority is still written like that, and
//! one with a priority has a span that may be empty, so that an earlier release reads it.

use std::borrow::Cow;

use protocol::{Alternative, Priority};
use serde::{Deserialize, Serialize};

use crate::trace_parent::TraceParent;
use crate::{Budget, NewRequest, Owner};

/// What is read.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(from = "StoredExtras<'static>")]
pub(super) struct Extras {
    pub(super) alternatives: Vec<Alternative>,
    pub(super) trace: Option<TraceParent>,
    pub(super) priority: Priority,
    pub(super) budgets: Vec<Budget>,
    pub(super) owner: Option<Owner>,
}

/// What is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum StoredExtras<'a> {
    Tries(Cow<'a, [Alternative]>),
    All {
        #[serde(default, skip_serializing_if = "<[Alternative]>::is_empty")]
        alternatives: Cow<'a, [Alternative]>,
        trace: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Priority::is_default")]
        priority: Priority,
        #[serde(default, skip_serializing_if = "<[Budget]>::is_empty")]
        budgets: Cow<'a, [Budget]>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
    },
}

impl Extras {
    /// What a new request has of it; nothing where it has none.
    pub(super) fn of(request: &NewRequest) -> Option<StoredExtras<'_>> {
        let (alternatives, priority) = (Cow::Borrowed(request.alternatives.as_slice()), request.priority);
        if request.trace.is_none() && priority.is_default() && request.budgets.is_empty() {
            return (!alternatives.is_empty()).then_some(StoredExtras::Tries(alternatives));
        }
        let trace = Cow::Owned(request.trace.map(|trace| trace.to_string()).unwrap_or_default());
        let budgets = Cow::Borrowed(request.budgets.as_slice());
        Some(StoredExtras::All { alternatives, trace, priority, budgets, owner: None })
    }

    /// What the request of a dead letter has of it.
    pub(super) fn owned_by(self, owner: Owner) -> StoredExtras<'static> {
        let trace = Cow::Owned(self.trace.map(|trace| trace.to_string()).unwrap_or_default());
        let (alternatives, priority) = (Cow::Owned(self.alternatives), self.priority);
        StoredExtras::All { alternatives, trace, priority, budgets: Cow::Owned(self.budgets), owner: Some(owner) }
    }
}

impl From<StoredExtras<'static>> for Extras {
    fn from(written: StoredExtras<'static>) -> Self {
        match written {
            StoredExtras::Tries(tries) => Self { alternatives: tries.into_owned(), ..Self::default() },
            // A trace that cannot be read is none: it must not stop the request.
            StoredExtras::All { alternatives, trace, priority, budgets, owner } => Self {
                alternatives: alternatives.into_owned(),
                trace: trace.parse().ok(),
                priority,
                budgets: budgets.into_owned(),
                owner,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_tries_of_an_earlier_release_is_read_and_a_broken_trace_is_none() {
        let tries = vec![Alternative { narration: "The bell rings.".to_owned(), ..Alternative::default() }];
        let list = serde_json::to_string(&tries).unwrap();
        let read = |text: &str| serde_json::from_str::<Extras>(text).unwrap();
        assert_eq!(read(&list), Extras { alternatives: tries.clone(), ..Extras::default() });
        let broken = format!(r#"{{"alternatives":{list},"trace":"none"}}"#);
        assert_eq!(read(&broken), Extras { alternatives: tries, ..Extras::default() });
        assert_eq!(read(r#"{"trace":"","priority":"high"}"#), Extras { priority: Priority::High, ..Extras::default() });
        assert!(read(r#"{"trace":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#).trace.is_some());
    }
}
