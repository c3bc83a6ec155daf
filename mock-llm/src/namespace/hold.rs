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
    /// Calls by their number, from 1, with the number of pieces after which they wait; more pieces than there are means
    /// after the last one, before the answer's end.
    pub calls: BTreeMap<u64, usize>,
}

impl Holds {
    /// The gate at which a call waits: `call-3` is that of the third.
    pub(super) fn gate(&self, call: u64) -> Option<Gate> {
        let after = self.calls.get(&call).copied().or(self.every.then_some(0))?;
        Some(Gate { name: format!("call-{call}"), after_chunks: after })
    }

    /// Whether a call is named, and not only one of all.
    pub(super) fn names(&self, call: u64) -> bool {
        self.calls.contains_key(&call)
    }
}
