//! Holds: calls that wait at a gate of their own, whatever the script says, so that a tester can stop the world at any
//! point of any answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::script::Gate;

/// Which calls are held, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Holds {
    /// Every call waits before its answer begins, unless `calls` says otherwise or the script has a gate there.
    pub every: bool,
    /// A call whose last message contains this text is not held by `every`.
    pub unless: Option<String>,
    /// Calls by their number, from 1, with the number of pieces after which they wait; more pieces than there are means
    /// after the last one, before the answer's end.
    pub calls: BTreeMap<u64, usize>,
}

impl Holds {
    /// The gate at which a call with this last message waits: `call-3` is that of the third call.
    pub(super) fn gate(&self, call: u64, last_message: &str) -> Option<Gate> {
        let every = self.every && !self.unless.as_ref().is_some_and(|text| last_message.contains(text.as_str()));
        let after = self.calls.get(&call).copied().or(every.then_some(0))?;
        Some(Gate { name: format!("call-{call}"), after_chunks: after })
    }

    /// Whether a call is named, and not only one of all.
    pub(super) fn names(&self, call: u64) -> bool {
        self.calls.contains_key(&call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_held_unless_its_last_message_carries_the_text() {
        let holds = Holds { every: true, unless: Some("ring the bell".to_owned()), ..Holds::default() };
        assert!(holds.gate(1, "Ada: I ring the bell.").is_none());
        assert_eq!(holds.gate(2, "A second bell answers.").map(|gate| gate.name).as_deref(), Some("call-2"));
        let holds = Holds { calls: BTreeMap::from([(1, 0)]), ..holds };
        assert!(holds.gate(1, "Ada: I ring the bell.").is_some(), "a call that is named is held whatever it says");
    }
}
