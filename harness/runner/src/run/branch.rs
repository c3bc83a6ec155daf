//! Which branches of a case act at the same time, and when none of them can continue.
//!
//! A branch is one line of steps: the case itself, or one actor. A branch that waits while nothing happens in the engine
//! may still be helped by another branch. Waiting is over only when every branch has looked without success since
//! anything last happened.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All branches of a case that are at work.
#[derive(Debug, Default)]
pub(super) struct Branches {
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    at_work: BTreeSet<u64>,
    /// Those that looked without success while nothing happened in the engine.
    stuck: BTreeSet<u64>,
    /// Counts everything that a branch has done.
    moves: u64,
}

impl State {
    fn moved(&mut self) {
        self.stuck.clear();
        self.moves += 1;
    }
}

/// One branch. It is at work until it is dropped.
#[derive(Debug)]
pub(super) struct Branch<'a> {
    branches: &'a Branches,
    id: u64,
}

impl Branches {
    /// A new branch begins.
    pub(super) fn begin(&self) -> Branch<'_> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut state = self.lock();
        state.at_work.insert(id);
        state.moved();
        Branch { branches: self, id }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Branch<'_> {
    /// This branch does something, so that there may be something to see for the others.
    pub(super) fn moves(&self) {
        self.branches.lock().moved();
    }

    /// How much all branches have done. To be taken before a look.
    pub(super) fn moment(&self) -> u64 {
        self.branches.lock().moves
    }

    /// This branch has looked without success since `moment`, while nothing happened. Whether no branch has acted since then, and
    /// none is left that could.
    pub(super) fn is_stuck(&self, moment: u64) -> bool {
        let mut state = self.branches.lock();
        if state.moves != moment {
            return false;
        }
        state.stuck.insert(self.id);
        state.stuck == state.at_work
    }

    /// This branch only waits for others, and does nothing of its own until they are done.
    pub(super) fn steps_aside(&self) -> Aside<'_> {
        let mut state = self.branches.lock();
        state.at_work.remove(&self.id);
        state.stuck.remove(&self.id);
        Aside(self)
    }
}

impl Drop for Branch<'_> {
    fn drop(&mut self) {
        let mut state = self.branches.lock();
        state.at_work.remove(&self.id);
        // Its last move may have come after the look of another one.
        state.moved();
    }
}

/// A branch that waits for others; it is at work again when this is dropped.
#[derive(Debug)]
pub(super) struct Aside<'a>(&'a Branch<'a>);

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        let mut state = self.0.branches.lock();
        state.at_work.insert(self.0.id);
        state.moved();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_over_only_when_every_branch_has_looked_without_success() {
        let branches = Branches::default();
        let (a, b) = (branches.begin(), branches.begin());
        assert!(!a.is_stuck(a.moment()));
        b.moves();
        assert!(!b.is_stuck(b.moment()));
        assert!(a.is_stuck(a.moment()));
        drop(a);
        assert!(b.is_stuck(b.moment()));
    }

    #[test]
    fn a_look_before_another_branch_moved_proves_nothing() {
        let branches = Branches::default();
        let (a, b) = (branches.begin(), branches.begin());
        let before = a.moment();
        drop(b);
        assert!(!a.is_stuck(before), "its last move may have come after that look");
        assert!(a.is_stuck(a.moment()));
    }

    #[test]
    fn a_branch_that_waits_for_its_actors_does_not_count() {
        let branches = Branches::default();
        let case = branches.begin();
        let aside = case.steps_aside();
        let actor = branches.begin();
        assert!(actor.is_stuck(actor.moment()));
        drop(actor);
        drop(aside);
        assert!(case.is_stuck(case.moment()));
    }
}
