//! The stores of several tiers as one: what is about a game goes to the store that has it, lists are merged.
//!
//! New games go to the store of their owner's tier. A game that is asked for by its id is looked for in all of them, because it may be in
//! another one still: the configuration moves a tenant at once, and its games follow one by one. They are few, and where a game was found
//! is remembered. No game is in two stores: it leaves the one before the other one gets it.
//!
//! Keys and the audit log are in the default store. A store that is away fails the calls that are about its games; what operators look at
//! leaves it out, and readiness names it. Workers do not come here: each claims from the store of one tier.

mod games;
mod operators;
mod places;
mod queue;
#[cfg(test)]
mod tests;
mod tier_store;

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use parking_lot::Mutex;
use protocol::{GameId, RequestId, Tenant};

use self::places::Places;
pub use self::tier_store::TierStore;
use super::{SharedStore, StoreError, Subject};

/// Where the default store is among the stores.
const DEFAULT: usize = 0;

/// The stores of all tiers.
#[expect(missing_debug_implementations, reason = "a store has none")]
pub struct TieredStore {
    /// The default one first.
    stores: Vec<TierStore>,
    /// The store of the tenants whose tier has one of its own.
    homes: BTreeMap<Tenant, usize>,
    places: Places,
    /// The tiers that took no writes when they were probed last.
    not_writable: Mutex<Vec<String>>,
}

impl TieredStore {
    /// The default store, and those of tiers with their tenants.
    #[must_use]
    pub fn new(default: TierStore, tiers: Vec<(TierStore, Vec<Tenant>)>) -> Self {
        let (mut stores, mut homes) = (vec![default], BTreeMap::new());
        for (store, tenants) in tiers {
            homes.extend(tenants.into_iter().map(|tenant| (tenant, stores.len())));
            stores.push(store);
        }
        Self { stores, homes, places: Places::default(), not_writable: Mutex::default() }
    }

    fn default_store(&self) -> Result<&SharedStore, StoreError> {
        self.stores[DEFAULT].get()
    }

    /// Where a tenant's new games go.
    fn home(&self, tenant: Option<&Tenant>) -> usize {
        tenant.and_then(|tenant| self.homes.get(tenant)).copied().unwrap_or(DEFAULT)
    }

    /// The store that has a game; the default one, which says that there is none, if none has it.
    async fn of_game(&self, game: GameId) -> Result<&SharedStore, StoreError> {
        self.of(Subject::Game(game)).await
    }

    /// The same for the game of a request.
    async fn of_request(&self, request: RequestId) -> Result<&SharedStore, StoreError> {
        self.of(Subject::Request(request)).await
    }

    async fn of(&self, subject: Subject) -> Result<&SharedStore, StoreError> {
        let at = match self.places.find(subject) {
            Some(at) => at,
            None => self.look_for(subject).await?.unwrap_or(DEFAULT),
        };
        self.stores[at].get()
    }

    /// Asks every store at once, and takes the first that has it. If none has it and one cannot say, nothing is known.
    async fn look_for(&self, subject: Subject) -> Result<Option<usize>, StoreError> {
        let ask = |at: usize| {
            let store = self.stores[at].get();
            async move {
                match store {
                    Ok(store) => (at, store.access(subject, None).await),
                    Err(error) => (at, Err(error)),
                }
            }
        };
        let mut asked: FuturesUnordered<_> = (0..self.stores.len()).map(ask).collect();
        let mut failed = None;
        while let Some((at, access)) = asked.next().await {
            match access {
                Ok(Some(_)) => {
                    self.places.remember(subject, at);
                    return Ok(Some(at));
                }
                Ok(None) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(None), Err)
    }

    /// The store in which something is that was not where it was remembered to be; none if it is nowhere, or was looked for anew.
    async fn moved(&self, subject: Subject, before: Option<usize>) -> Result<Option<&SharedStore>, StoreError> {
        if before.is_none() {
            return Ok(None);
        }
        self.places.forget(subject);
        match self.look_for(subject).await? {
            Some(at) if Some(at) != before => self.stores[at].get().map(Some),
            _ => Ok(None),
        }
    }

    /// What each store answers that can be reached; the default one must answer.
    async fn each<'a, T, F: Future<Output = Result<T, StoreError>> + Send>(
        &'a self,
        ask: impl Fn(&'a SharedStore) -> F + Send,
    ) -> Result<Vec<T>, StoreError> {
        self.each_but(DEFAULT, ask).await
    }

    /// The same where it is another one that must answer.
    async fn each_but<'a, T, F: Future<Output = Result<T, StoreError>> + Send>(
        &'a self,
        needed: usize,
        ask: impl Fn(&'a SharedStore) -> F + Send,
    ) -> Result<Vec<T>, StoreError> {
        let reached = self.stores.iter().map(TierStore::get);
        let asked = reached.map(|store| store.map(&ask)).map(|asked| async move { asked?.await });
        let mut answers = Vec::with_capacity(self.stores.len());
        for (at, answer) in join_all(asked).await.into_iter().enumerate() {
            match answer {
                Ok(answer) => answers.push(answer),
                // What cannot be read is no outage: a list without it would be taken for the whole.
                Err(error) if at == needed || !matches!(error, StoreError::Unavailable { .. }) => return Err(error),
                Err(error) => tracing::debug!(tier = self.stores[at].name(), %error, "a list leaves out a tier"),
            }
        }
        Ok(answers)
    }

    /// What each store answers; all must.
    async fn all<'a, T, F: Future<Output = Result<T, StoreError>> + Send>(
        &'a self,
        ask: impl Fn(&'a SharedStore) -> F + Send,
    ) -> Result<Vec<T>, StoreError> {
        let reached = self.stores.iter().map(TierStore::get);
        let asked = reached.map(|store| store.map(&ask)).map(|asked| async move { asked?.await });
        join_all(asked).await.into_iter().collect()
    }
}
