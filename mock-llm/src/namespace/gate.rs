//! Gates: places in answers where a stream waits until somebody opens them, so that races are made and not waited for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// The gates of one namespace.
#[derive(Debug)]
pub struct Gates {
    board: watch::Sender<BTreeMap<String, GateState>>,
}

/// One gate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateState {
    /// An open gate holds nobody up.
    pub open: bool,
    /// How many calls wait at it now.
    pub waiting: usize,
    /// How many calls have passed it.
    pub passed: u64,
}

impl Gates {
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let gates = Self { board: watch::Sender::new(BTreeMap::new()) };
        gates.reset(names);
        gates
    }

    /// Opens a gate. It stays open until it is closed or reset; a gate that no script names may be opened in advance.
    pub fn open(&self, name: &str) {
        self.change(name, |gate| gate.open = true);
    }

    /// Closes a gate. Who has passed has passed.
    pub fn close(&self, name: &str) {
        self.change(name, |gate| gate.open = false);
    }

    /// Every gate that a script names or somebody touched.
    #[must_use]
    pub fn states(&self) -> BTreeMap<String, GateState> {
        self.board.borrow().clone()
    }

    /// One gate; closed and untouched if nobody knows it.
    #[must_use]
    pub fn state(&self, name: &str) -> GateState {
        self.board.borrow().get(name).copied().unwrap_or_default()
    }

    /// Returns as soon as at least `count` calls wait at the gate. Set a time limit outside.
    pub async fn wait_for_waiters(&self, name: &str, count: usize) {
        let waits = |board: &BTreeMap<String, GateState>| board.get(name).is_some_and(|gate| gate.waiting >= count);
        // The sender lives as long as `self`, so waiting cannot end early.
        let _ = self.board.subscribe().wait_for(waits).await;
    }

    /// Closes all gates and forgets those that nobody waits at, except `names`.
    pub(crate) fn reset(&self, names: impl IntoIterator<Item = String>) {
        self.board.send_modify(|board| {
            board.retain(|_, gate| gate.waiting > 0);
            for gate in board.values_mut() {
                (gate.open, gate.passed) = (false, 0);
            }
            for name in names {
                board.entry(name).or_default();
            }
        });
    }

    /// Waits until the gate is open. Dropping the future takes the waiter away.
    pub(crate) async fn pass(&self, name: &str) {
        let mut board = self.board.subscribe();
        let waiter = Waiter::new(self, name);
        let open = |board: &BTreeMap<String, GateState>| board.get(name).is_some_and(|gate| gate.open);
        let _ = board.wait_for(open).await;
        drop(waiter);
        self.change(name, |gate| gate.passed += 1);
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut GateState)) {
        self.board.send_modify(|board| change(board.entry(name.to_owned()).or_default()));
    }
}

struct Waiter<'a> {
    gates: &'a Gates,
    name: &'a str,
}

impl<'a> Waiter<'a> {
    fn new(gates: &'a Gates, name: &'a str) -> Self {
        gates.change(name, |gate| gate.waiting += 1);
        Self { gates, name }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.gates.change(self.name, |gate| gate.waiting = gate.waiting.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_call_waits_until_the_gate_is_opened() {
        let gates = Gates::new(["g".to_owned()]);
        let mut pass = Box::pin(gates.pass("g"));
        assert!(pass.as_mut().now_or_never().is_none());
        gates.wait_for_waiters("g", 1).await;
        gates.open("g");
        pass.await;
        assert_eq!(gates.state("g"), GateState { open: true, waiting: 0, passed: 1 });
        gates.pass("g").now_or_never().expect("an open gate holds nobody up");
    }

    #[tokio::test]
    async fn a_call_that_hangs_up_waits_no_longer() {
        let gates = Gates::new([]);
        let mut pass = Box::pin(gates.pass("g"));
        assert!(pass.as_mut().now_or_never().is_none());
        assert_eq!(gates.state("g").waiting, 1);
        drop(pass);
        assert_eq!(gates.state("g").waiting, 0);
    }

    #[test]
    fn a_reset_closes_all_gates() {
        let gates = Gates::new([]);
        gates.open("old");
        gates.reset(["new".to_owned()]);
        assert_eq!(gates.states().into_iter().collect::<Vec<_>>(), [("new".to_owned(), GateState::default())]);
    }
}
