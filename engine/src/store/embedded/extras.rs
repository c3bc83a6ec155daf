//! What few requests have, in one column: earlier tries of the message, and the span that it was sent in.
//!
//! Stores of earlier releases have a list of tries in that column. A request without a span is still written like that, so that an
//! earlier release reads it.

use std::borrow::Cow;

use protocol::Alternative;
use serde::{Deserialize, Serialize};

use crate::store::NewRequest;
use crate::trace_parent::TraceParent;

/// What is read.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(from = "StoredExtras<'static>")]
pub(super) struct Extras {
    pub(super) alternatives: Vec<Alternative>,
    pub(super) trace: Option<TraceParent>,
}

/// What is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum StoredExtras<'a> {
    Tries(Cow<'a, [Alternative]>),
    Traced {
        #[serde(default, skip_serializing_if = "<[Alternative]>::is_empty")]
        alternatives: Cow<'a, [Alternative]>,
        trace: Cow<'a, str>,
    },
}

impl Extras {
    /// What a new request has of it; nothing where it has none.
    pub(super) fn of(request: &NewRequest) -> Option<StoredExtras<'_>> {
        let alternatives = Cow::Borrowed(request.alternatives.as_slice());
        match request.trace {
            Some(trace) => Some(StoredExtras::Traced { alternatives, trace: Cow::Owned(trace.to_string()) }),
            None => (!alternatives.is_empty()).then_some(StoredExtras::Tries(alternatives)),
        }
    }
}

impl From<StoredExtras<'static>> for Extras {
    fn from(written: StoredExtras<'static>) -> Self {
        match written {
            StoredExtras::Tries(tries) => Self { alternatives: tries.into_owned(), trace: None },
            // A trace that cannot be read is none: it must not stop the request.
            StoredExtras::Traced { alternatives, trace } => {
                Self { alternatives: alternatives.into_owned(), trace: trace.parse().ok() }
            }
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
        assert_eq!(read(&list), Extras { alternatives: tries.clone(), trace: None });
        let broken = format!(r#"{{"alternatives":{list},"trace":"none"}}"#);
        assert_eq!(read(&broken), Extras { alternatives: tries, trace: None });
        assert!(read(r#"{"trace":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#).trace.is_some());
    }
}
