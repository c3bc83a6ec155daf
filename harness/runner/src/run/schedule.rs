//! The actors of a scheduled case that wait for their turn. [`super::draw`] draws which of them continues first.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::manner::Manner;

/// The actors that wait for their turn.
#[derive(Debug)]
pub(super) struct Scheduler {
    seed: u64,
    waiting: Mutex<BTreeMap<String, oneshot::Sender<()>>>,
}

impl Scheduler {
    /// The scheduler of a case that is played in this manner.
    pub(super) fn of(manner: Manner) -> Option<Self> {
        match manner {
            Manner::Scheduled(seed) => Some(Self { seed, waiting: Mutex::default() }),
            _ => None,
        }
    }

    /// Waits until it is this actor's turn.
    pub(super) async fn turn(&self, actor: &str) {
        let (go, turn) = oneshot::channel();
        self.lock().insert(actor.to_owned(), go);
        // A scheduler that has ended holds no actor up.
        let _ = turn.await;
    }

    /// The seed of the draw.
    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// The actors that wait for their turn.
    pub(super) fn waiting(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Lets an actor continue.
    pub(super) fn release(&self, actor: &str) {
        if let Some(go) = self.lock().remove(actor) {
            // An actor that has ended meanwhile needs no turn.
            let _ = go.send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, oneshot::Sender<()>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
