//! Says once that a store is lost, and once that it is back: a thousand calls that meet a dead store are one event for an operator.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use super::StoreError;

/// Whether one server of a store answers, as far as calls have shown.
#[derive(Debug, Default)]
pub(super) struct Outages {
    /// What every call looks at; the rest changes rarely.
    is_lost: AtomicBool,
    lost: Mutex<Option<Lost>>,
}

/// Since when, and how many calls have failed.
#[derive(Debug)]
struct Lost {
    since: Instant,
    calls: u64,
}

/// What a call has shown that was not known before.
#[derive(Debug)]
enum Change {
    Lost,
    Back(Lost),
}

impl Outages {
    /// Notes how a call ended, by its error if it failed, and logs it if that changes what is known. `server` says which one it is.
    pub(super) fn note(&self, server: impl FnOnce() -> String, failure: Option<&StoreError>) {
        let change = self.change(failure.is_some_and(StoreError::is_unreachable));
        match (change, failure) {
            (Some(Change::Lost), Some(error)) => {
                tracing::warn!(server = server(), "store lost, trying again until it is back: {error}");
            }
            (Some(Change::Back(Lost { since, calls })), _) => {
                let seconds = since.elapsed().as_secs_f64();
                tracing::info!(server = server(), "store back after {seconds:.1} s; {calls} calls had failed");
            }
            _ => {}
        }
    }

    fn change(&self, failed: bool) -> Option<Change> {
        if !failed && !self.is_lost.load(Ordering::Relaxed) {
            return None;
        }
        let mut lost = self.lost.lock();
        self.is_lost.store(failed, Ordering::Relaxed);
        match (&mut *lost, failed) {
            (Some(lost), true) => {
                lost.calls += 1;
                None
            }
            (None, true) => {
                *lost = Some(Lost { since: Instant::now(), calls: 1 });
                Some(Change::Lost)
            }
            (_, false) => lost.take().map(Change::Back),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_noted_once_however_many_calls_meet_it() {
        let outages = Outages::default();
        let noted = [false, true, true, true, false, false, true].map(|failed| match outages.change(failed) {
            None => "",
            Some(Change::Lost) => "lost",
            Some(Change::Back(Lost { calls: 3, .. })) => "back after three",
            Some(Change::Back(_)) => "back",
        });
        assert_eq!(noted, ["", "lost", "", "", "back after three", "", "lost"]);
    }
}
