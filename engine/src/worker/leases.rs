//! The leases that a worker process holds: renewed together at a third of their TTL, and given up for lost when the
//! store says so or cannot be reached for a whole TTL.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use store::{Lease, LeaseToken, SharedStore, StoreError};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::watchdog::Pulse;

/// Everything that the process holds. The heartbeat runs as long as a clone of this is kept.
#[derive(Clone)]
pub(super) struct Leases {
    held: Arc<Held>,
    _heartbeat: Arc<AbortOnDropHandle<()>>,
}

type Held = Mutex<HashMap<LeaseToken, Entry>>;

struct Entry {
    lease: Lease,
    renewed: Instant,
    /// A step is under way that ends the lease: it says itself whether the lease still held.
    ending: bool,
    loss: Loss,
}

/// Tells a turn that its lease is lost, and why.
#[derive(Clone, Default)]
struct Loss {
    lost: CancellationToken,
    revoked: Arc<AtomicBool>,
}

/// One lease, for as long as a turn needs it. Dropping it ends its renewal.
pub(super) struct HeldLease {
    held: Arc<Held>,
    since: Instant,
    token: LeaseToken,
    loss: Loss,
}

impl Leases {
    pub(super) fn start(store: SharedStore, ttl: Duration, pulse: Pulse) -> Self {
        let held = Arc::new(Held::default());
        let revocations = store.revocations();
        let heartbeat = tokio::spawn(keep(store, Arc::clone(&held), ttl, revocations, pulse));
        Self { held, _heartbeat: Arc::new(AbortOnDropHandle::new(heartbeat)) }
    }

    /// Keeps a lease alive that was just claimed.
    pub(super) fn hold(&self, lease: &Lease) -> HeldLease {
        let loss = Loss::default();
        let since = Instant::now();
        let entry = Entry { lease: lease.clone(), renewed: since, ending: false, loss: loss.clone() };
        lock(&self.held).insert(lease.token.clone(), entry);
        HeldLease { held: Arc::clone(&self.held), since, token: lease.token.clone(), loss }
    }
}

impl HeldLease {
    /// Returns once the lease is lost.
    pub(super) async fn lost(&self) {
        self.loss.lost.cancelled().await;
    }

    /// When its attempt began.
    pub(super) const fn since(&self) -> Instant {
        self.since
    }

    /// Whether the lease is lost.
    pub(super) fn is_lost(&self) -> bool {
        self.loss.lost.is_cancelled()
    }

    /// Marks that a step is sent which ends the lease: from now on a heartbeat that finds it gone is no loss.
    pub(super) fn begin_commit(&self) {
        if let Some(entry) = lock(&self.held).get_mut(&self.token) {
            entry.ending = true;
        }
    }

    /// Whether the lease was revoked because the request was cancelled.
    pub(super) fn is_revoked(&self) -> bool {
        self.loss.revoked.load(Ordering::Relaxed)
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        lock(&self.held).remove(&self.token);
    }
}

fn lock(held: &Held) -> std::sync::MutexGuard<'_, HashMap<LeaseToken, Entry>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Renews leases, and passes on which of them were taken away.
async fn keep(
    store: SharedStore,
    held: Arc<Held>,
    ttl: Duration,
    mut revocations: broadcast::Receiver<LeaseToken>,
    pulse: Pulse,
) {
    // Renewing earlier than needed harms nothing, and a loop that is watched may not be silent for long.
    let mut ticks = tokio::time::interval((ttl / 3).min(Pulse::LONGEST_WAIT));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pulse.beat();
        tokio::select! {
            _ = ticks.tick() => renew(&store, &held, ttl).await,
            revoked = revocations.recv() => match revoked {
                Ok(token) => revoke(&held, &token),
                // What was missed, the next heartbeat finds out.
                Err(RecvError::Lagged(_)) => {}
                // The store is gone, and the process is about to be.
                Err(RecvError::Closed) => return,
            },
        }
    }
}

fn revoke(held: &Held, token: &LeaseToken) {
    if let Some(entry) = lock(held).get(token) {
        entry.loss.revoked.store(true, Ordering::Relaxed);
        entry.loss.lost.cancel();
    }
}

async fn renew(store: &SharedStore, held: &Held, ttl: Duration) {
    let leases: Vec<Lease> = lock(held).values().map(|entry| entry.lease.clone()).collect();
    if leases.is_empty() {
        return;
    }
    let asked = Instant::now();
    // An answer that comes later than this is worth nothing: the leases have passed meanwhile.
    let answer = tokio::time::timeout(ttl / 3, store.heartbeat(&leases))
        .await
        .unwrap_or_else(|_| Err(StoreError::unreachable("the heartbeat was not answered in time")));
    let mut held = lock(held);
    match answer {
        Ok(answers) => {
            for (lease, holds) in leases.iter().zip(answers) {
                let Some(entry) = held.get_mut(&lease.token) else { continue };
                if holds {
                    entry.renewed = asked;
                } else if !entry.ending {
                    entry.loss.lost.cancel();
                }
            }
        }
        Err(error) if error.is_unreachable() => tracing::debug!(%error, leases = leases.len(), "cannot renew leases"),
        Err(error) => tracing::warn!(%error, leases = leases.len(), "cannot renew leases"),
    }
    for entry in held.values().filter(|entry| entry.renewed.elapsed() >= ttl) {
        entry.loss.lost.cancel();
    }
}

#[cfg(test)]
mod tests {
    use protocol::{GameId, Priority, RequestId, RequestType};
    use store::embedded::EmbeddedStore;
    use store::{GameContents, GameDocument, NewRequest, StoreOptions, Terms, WorkerId};

    use super::*;
    use crate::watchdog::Watchdog;

    /// Long enough that no heartbeat comes but those of a test.
    const TTL: Duration = Duration::from_hours(1);

    async fn leased(store: &SharedStore, nonce: u64) -> Lease {
        let game = GameId::new();
        store.create_game(game, &GameContents::new(GameDocument::default(), Vec::new())).await.unwrap();
        let request = NewRequest {
            id: RequestId::in_game(game),
            game,
            kind: RequestType::Chat,
            message: "I look.".to_owned(),
            actor: None,
            user_message: "I look.".to_owned(),
            priority: Priority::default(),
            caused_by: None,
            alternatives: Vec::new(),
            trace: None,
            budgets: Vec::new(),
        };
        store.enqueue(&request, &Terms::default()).await.unwrap();
        store.claim(&WorkerId::fixed("ada"), nonce, 1).await.unwrap().claims.remove(0).lease
    }

    #[tokio::test]
    async fn a_lease_that_is_gone_is_lost_unless_a_step_is_under_way_that_ends_it() {
        let store: SharedStore = Arc::new(EmbeddedStore::in_memory(StoreOptions::default()).unwrap());
        let leases = Leases::start(Arc::clone(&store), TTL, Watchdog::default().watch("leases"));
        let (kept, committed, gone) = (leased(&store, 1).await, leased(&store, 2).await, leased(&store, 3).await);
        let [held, committing, lost] = [&kept, &committed, &gone].map(|lease| leases.hold(lease));
        committing.begin_commit();
        store.release(&committed).await.unwrap();
        store.release(&gone).await.unwrap();
        renew(&store, &leases.held, TTL).await;
        assert_eq!([held, committing, lost].map(|lease| lease.is_lost()), [false, false, true]);
    }
}
