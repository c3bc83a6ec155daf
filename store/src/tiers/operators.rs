//! What operators see and change, over all stores.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::future::join_all;
use protocol::{AttemptView, AuditPage, Circuit, Pause, PauseScope, ProviderView, RequestId, WorkerInfo, WorkerView};

use super::{DEFAULT, TierStore, TieredStore};
use crate::{
    AuditCursor, AuditLog, Bucket, Inspection, Lease, NewAuditEntry, Paused, Pauses, ProviderFault, Providers,
    SharedStore, Spending, Store, StoreError, StoreFigures, Watch, WorkerId, Workers,
};

#[async_trait]
impl Pauses for TieredStore {
    async fn pause_queue(&self, scope: &PauseScope, by: &str) -> Result<Paused, StoreError> {
        if let PauseScope::Game { game_id } = scope {
            return self.of_game(*game_id).await?.pause_queue(scope, by).await;
        }
        // A pause that a store does not hear of is none, so all must answer; a repeat completes it.
        let mut answers = self.all(|store| store.pause_queue(scope, by)).await?;
        let is_full = |answer: &Paused| matches!(answer, Paused::Full);
        if let Some(at) = answers.iter().position(is_full) {
            return Ok(answers.swap_remove(at));
        }
        // A provider or a worker is one of some store, and need not be known to the others.
        if let Some(at) = answers.iter().position(|answer| matches!(answer, Paused::Done(_))) {
            return Ok(answers.swap_remove(at));
        }
        let mut all_known = BTreeSet::new();
        for answer in &answers {
            if let Paused::UnknownProvider { known } = answer {
                all_known.extend(known.iter().cloned());
            }
        }
        let known = all_known.into_iter().collect();
        Ok(match answers.swap_remove(DEFAULT) {
            Paused::UnknownProvider { .. } => Paused::UnknownProvider { known },
            answer => answer,
        })
    }

    async fn resume_queue(&self, scope: &PauseScope) -> Result<Option<Pause>, StoreError> {
        if let PauseScope::Game { game_id } = scope {
            return self.of_game(*game_id).await?.resume_queue(scope).await;
        }
        let ended = self.all(|store| store.resume_queue(scope)).await?;
        Ok(ended.into_iter().flatten().min_by_key(|pause| pause.since))
    }

    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let mut pauses: Vec<Pause> = self.each(|store| store.pauses()).await?.into_iter().flatten().collect();
        pauses.sort_by_key(|pause| pause.since);
        let mut listed = BTreeSet::new();
        pauses.retain(|pause| listed.insert(pause.what.to_string()));
        Ok(pauses)
    }
}

#[async_trait]
impl Workers for TieredStore {
    async fn announce_worker(&self, worker: &WorkerId, about: &WorkerInfo) -> Result<(), StoreError> {
        self.default_store()?.announce_worker(worker, about).await
    }

    async fn end_former_leases(&self, worker: &WorkerId) -> Result<usize, StoreError> {
        self.default_store()?.end_former_leases(worker).await
    }

    async fn workers(&self) -> Result<Vec<WorkerView>, StoreError> {
        let mut workers: BTreeMap<String, WorkerView> = BTreeMap::new();
        for view in self.each(|store| store.workers()).await?.into_iter().flatten() {
            // A process that works for several tiers is one worker.
            match workers.get_mut(&view.name) {
                Some(known) => {
                    known.seen_at = known.seen_at.max(view.seen_at);
                    known.turns.extend(view.turns);
                }
                None => drop(workers.insert(view.name.clone(), view)),
            }
        }
        Ok(workers.into_values().collect())
    }
}

#[async_trait]
impl AuditLog for TieredStore {
    async fn record_audit(&self, entry: &NewAuditEntry) -> Result<(), StoreError> {
        self.default_store()?.record_audit(entry).await
    }

    async fn audit(&self, after: Option<AuditCursor>, limit: usize) -> Result<AuditPage, StoreError> {
        self.default_store()?.audit(after, limit).await
    }
}

#[async_trait]
impl Watch for TieredStore {
    async fn attempts(&self, id: RequestId) -> Result<Vec<AttemptView>, StoreError> {
        self.of_request(id).await?.attempts(id).await
    }

    async fn unfinished(&self, buckets: &[Bucket]) -> Result<Vec<u64>, StoreError> {
        let mut sums = vec![0; buckets.len()];
        for counts in self.each(|store| store.unfinished(buckets)).await? {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        Ok(sums)
    }

    async fn used(&self, buckets: &[Bucket]) -> Result<Vec<Spending>, StoreError> {
        let mut sums = vec![Spending::default(); buckets.len()];
        for used in self.each(|store| store.used(buckets)).await? {
            sums.iter_mut().zip(used).for_each(|(sum, used)| *sum = *sum + used);
        }
        Ok(sums)
    }
}

#[async_trait]
impl Providers for TieredStore {
    async fn pause(&self, lease: &Lease, fault: &ProviderFault) -> Result<(), StoreError> {
        self.of_game(lease.game).await?.pause(lease, fault).await
    }

    async fn record_provider_fault(&self, fault: &ProviderFault) -> Result<(), StoreError> {
        self.each(|store| store.record_provider_fault(fault)).await.map(drop)
    }

    async fn record_provider_success(&self, provider: &str) -> Result<(), StoreError> {
        self.each(|store| store.record_provider_success(provider)).await.map(drop)
    }

    async fn providers(&self) -> Result<Vec<ProviderView>, StoreError> {
        let mut providers: BTreeMap<String, ProviderView> = BTreeMap::new();
        for view in self.each(|store| store.providers()).await?.into_iter().flatten() {
            let merged = match providers.remove(&view.name) {
                Some(other) => worse(other, view),
                None => view,
            };
            providers.insert(merged.name.clone(), merged);
        }
        Ok(providers.into_values().collect())
    }
}

impl TieredStore {
    /// What each store says of itself, with the name of its tier. One that is away says nothing: readiness names it.
    async fn said_of_each<'a, F: Future<Output = Result<Vec<String>, StoreError>> + Send>(
        &'a self,
        ask: impl Fn(&'a SharedStore) -> F + Send + Sync,
    ) -> Result<Vec<String>, StoreError> {
        let mut all = ask(self.default_store()?).await?;
        for tier in &self.stores[1..] {
            let Ok(store) = tier.get() else { continue };
            let said = ask(store).await.unwrap_or_default();
            all.extend(said.into_iter().map(|text| format!("tier {}: {text}", tier.name())));
        }
        Ok(all)
    }
}

/// Each store has a circuit of its own for a provider: the one that gets the fewest calls is shown, with the games of both.
fn worse(one: ProviderView, other: ProviderView) -> ProviderView {
    let rank = |view: &ProviderView| match view.circuit {
        Circuit::Closed => 0,
        Circuit::HalfOpen => 1,
        Circuit::Open => 2,
    };
    let (waiting, in_use) = (one.waiting + other.waiting, one.in_use + other.in_use);
    let shown = if rank(&other) > rank(&one) { other } else { one };
    ProviderView { waiting, in_use, ..shown }
}

#[async_trait]
impl Store for TieredStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.default_store()?.ping().await
    }

    async fn probe_writes(&self) -> Vec<Result<(), StoreError>> {
        let probe = |tier: &TierStore| {
            let store = tier.get().map(SharedStore::clone);
            async move {
                match store {
                    Ok(store) => store.probe_writes().await,
                    Err(error) => vec![Err(error)],
                }
            }
        };
        let probed = join_all(self.stores.iter().map(probe)).await;
        let refuses = |results: &Vec<Result<(), StoreError>>| results.iter().all(Result::is_err);
        let names = self.stores.iter().zip(&probed).skip(1).filter(|(_, results)| refuses(results));
        *self.not_writable.lock() = names.map(|(store, _)| store.name().to_owned()).collect();
        // Without keys, nobody may do anything: the stores of tiers alone make no process ready.
        if refuses(&probed[DEFAULT]) {
            return probed.into_iter().next().unwrap_or_default();
        }
        probed.into_iter().flatten().collect()
    }

    fn tiers_without_writes(&self) -> Vec<String> {
        self.not_writable.lock().clone()
    }

    async fn figures(&self) -> Result<StoreFigures, StoreError> {
        let figures = self.each(|store| store.figures()).await?;
        Ok(figures.into_iter().fold(StoreFigures::default(), |mut sum, figures| {
            sum.leases_expired += figures.leases_expired;
            for (cause, count) in &figures.failed {
                *sum.failed.entry(cause.clone()).or_default() += count;
            }
            if figures.fullness() > sum.fullness() {
                (sum.used_bytes, sum.limit_bytes) = (figures.used_bytes, figures.limit_bytes);
            }
            sum
        }))
    }

    async fn describe(&self) -> Result<String, StoreError> {
        let mut text = self.default_store()?.describe().await?;
        for tier in &self.stores[1..] {
            let of_tier = match tier.get() {
                Ok(store) => store.describe().await,
                Err(error) => Err(error),
            };
            let of_tier = of_tier.unwrap_or_else(|error| format!("away ({error})"));
            text.extend(["; tier ", tier.name(), ": ", of_tier.as_str()]);
        }
        Ok(text)
    }

    async fn risks(&self) -> Result<Vec<String>, StoreError> {
        self.said_of_each(|store| store.risks()).await
    }

    async fn lost(&self) -> Result<Vec<String>, StoreError> {
        self.said_of_each(|store| store.lost()).await
    }

    async fn clock_ahead(&self) -> Result<Option<f64>, StoreError> {
        let mut most = self.default_store()?.clock_ahead().await?;
        for tier in &self.stores[1..] {
            let Ok(store) = tier.get() else { continue };
            // One that is away says nothing: readiness names it.
            let ahead = store.clock_ahead().await.ok().flatten();
            most = ahead.into_iter().chain(most).max_by(|one, other| one.abs().total_cmp(&other.abs()));
        }
        Ok(most)
    }

    async fn inspect(&self, repair: bool) -> Result<Inspection, StoreError> {
        let mut whole = Inspection::default();
        for found in self.all(|store| store.inspect(repair)).await? {
            whole.games += found.games;
            whole.requests += found.requests;
            whole.inconsistencies.extend(found.inconsistencies);
        }
        Ok(whole)
    }
}
