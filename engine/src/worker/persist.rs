//! What an attempt writes on its way: each step is repeated until it is known to have happened.

use std::time::Duration;

use store::backoff::Backoff;
use store::{Claim, StoreError};
use tokio::time::Instant;

use super::Worker;
use super::error::TurnError;
use super::leases::HeldLease;
use crate::llm::Provider;

/// Repeats a step of the store until it is known to have happened, for as long as the lease may hold: what a model has
/// written is not thrown away because the store is gone for a moment.
pub(super) async fn persist<T, F: Future<Output = Result<T, StoreError>>>(
    held: &HeldLease,
    step: impl Fn() -> F,
) -> Result<T, TurnError> {
    let mut kept_since = None;
    let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
    loop {
        match step().await {
            Ok(value) => {
                if let Some(since) = kept_since.map(|since: Instant| since.elapsed().as_secs_f64()) {
                    tracing::info!("the store has taken the work of this turn, which was kept for {since:.1} s");
                }
                return Ok(value);
            }
            Err(StoreError::Unavailable { reason, .. }) if !held.is_lost() => {
                kept_since.get_or_insert_with(Instant::now);
                // That the store is lost is logged once, not for each turn and try.
                tracing::debug!(reason, "the store does not do what it is asked; keeping the turn's work");
                backoff.wait().await;
            }
            Err(StoreError::LeaseLost | StoreError::Unavailable { .. }) => return Err(TurnError::LeaseLost),
            Err(error) => return Err(TurnError::Store(error)),
        }
    }
}

/// Tells the store that a provider works, if this attempt is to find that out; and the log, if this process has found it away.
pub(super) async fn works(
    worker: &Worker,
    claim: &Claim,
    held: &HeldLease,
    provider: &Provider,
) -> Result<(), TurnError> {
    if claim.provider.is_probe && claim.provider.name == provider.name() {
        persist(held, || worker.store.record_provider_success(provider.name())).await?;
    }
    if let Some(away) = worker.away.works(provider.name(), held.since()) {
        tracing::info!(provider = provider.name(), away_s = away.as_secs_f64().round(), "the provider works again");
    }
    Ok(())
}
