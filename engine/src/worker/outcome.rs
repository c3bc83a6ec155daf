//! What becomes of a request after an attempt: nothing more to do, a retry after a back-off, back to its place, or the
//! dead letters.

use std::time::Duration;

use metrics::{counter, histogram};
use protocol::{Problem, ProblemType};
use store::backoff::Backoff;
use store::{Failure, Lease, ProviderFault};

use super::Worker;
use super::error::TurnError;
use super::leases::HeldLease;
use super::persist::persist;
use crate::telemetry::traces::Span;

/// No back-off is longer than this.
const LONGEST_BACKOFF: Duration = Duration::from_mins(5);

/// Records how an attempt ended, in the store, the log, the metrics and its span.
pub(super) async fn settle(
    worker: &Worker,
    lease: &Lease,
    held: &HeldLease,
    result: Result<(), TurnError>,
    took: Duration,
    span: &mut Span,
) {
    histogram!("story_engine_attempt_seconds").record(took.as_secs_f64());
    let ms = took.as_millis();
    let effect = effect(worker, lease, held, &result);
    // The store first: a log line may block for as long as its reader does.
    let written = match &effect {
        Effect::None(_) => Ok(()),
        Effect::Release => persist(held, || worker.store.release(lease)).await,
        Effect::Postpone(delay) => persist(held, || worker.store.postpone(lease, *delay)).await,
        Effect::Retry { delay, failure } => persist(held, || worker.store.retry(lease, *delay, failure)).await,
        Effect::Pause(fault) => persist(held, || worker.store.pause(lease, fault)).await,
        Effect::Fail(failure) => persist(held, || worker.store.fail(lease, failure)).await,
    };
    counter!("story_engine_attempts_total", "outcome" => effect.name()).increment(1);
    // What a player or an operator has ended is no fault.
    let is_fault = !matches!(effect, Effect::None("completed" | "cancelled") | Effect::Release | Effect::Postpone(_));
    span.outcome(effect.name(), result.as_ref().err().filter(|_| is_fault).map(TurnError::class));
    match (&result, &effect) {
        (Ok(()), _) => tracing::info!(ms, "turn committed"),
        (Err(_), Effect::None("cancelled")) => {
            tracing::info!("the request was cancelled; this attempt changes nothing");
        }
        (Err(_), Effect::None(_)) => tracing::warn!("the lease has passed; this attempt changes nothing"),
        (Err(error), Effect::Postpone(delay)) => {
            tracing::debug!(%error, delay_s = delay.as_secs_f64(), "the turn is postponed");
        }
        (Err(_), Effect::Release) => tracing::info!("the worker stops; the request is released"),
        (Err(error), Effect::Retry { delay, .. }) => {
            tracing::warn!(%error, delay_s = delay.as_secs_f64(), "the attempt failed; it is retried");
        }
        (Err(error), Effect::Pause(fault)) => {
            if worker.away.fault(&fault.provider, fault.reason) {
                tracing::warn!(%error, "the provider is paused; its requests wait until it works again");
            } else {
                tracing::debug!(%error, "the provider is still away; the request waits for it");
            }
        }
        (Err(error @ TurnError::BudgetUsedUp(_)), Effect::Fail(_)) => {
            tracing::info!(%error, "the request failed: its budget is used up");
        }
        (Err(error), Effect::Fail(_)) => tracing::error!(%error, "the request failed for good"),
    }
    if let Err(error) = written {
        // The lease expires, and another attempt recovers the request.
        tracing::warn!(%error, outcome = effect.name(), "how the attempt ended could not be recorded");
    }
}

/// What an attempt that has ended does to its request.
enum Effect {
    /// Nothing more, for this reason.
    None(&'static str),
    /// Back to its rank, not counted.
    Release,
    /// Back to its rank for a time, not counted.
    Postpone(Duration),
    /// Another attempt after a back-off.
    Retry { delay: Duration, failure: Failure },
    /// Back to its rank, to wait for a provider; not counted.
    Pause(ProviderFault),
    /// A dead letter.
    Fail(Failure),
}

impl Effect {
    /// As metrics call it.
    const fn name(&self) -> &'static str {
        match self {
            Self::None(name) => name,
            Self::Release => "handed_back",
            Self::Postpone(_) => "postponed",
            Self::Retry { .. } => "retried",
            Self::Pause(_) => "paused",
            Self::Fail(_) => "failed",
        }
    }
}

fn effect(worker: &Worker, lease: &Lease, held: &HeldLease, result: &Result<(), TurnError>) -> Effect {
    match result {
        Ok(()) => Effect::None("completed"),
        Err(TurnError::LeaseLost) if held.is_revoked() => Effect::None("cancelled"),
        Err(TurnError::LeaseLost) => Effect::None("lease_lost"),
        Err(TurnError::Released) => Effect::Release,
        Err(TurnError::Postponed(delay)) => Effect::Postpone(*delay),
        Err(error @ (TurnError::Model(failed) | TurnError::Together(failed)))
            if (failed.is_transient() || matches!(error, TurnError::Together(_)))
                && lease.attempt.0 < worker.settings.max_attempts =>
        {
            let delay = Backoff::new(worker.settings.retry_delay, LONGEST_BACKOFF)
                .after_attempt(lease.attempt.0)
                .max(failed.retry_after.unwrap_or_default());
            Effect::Retry { delay, failure: failed.failure() }
        }
        // Another worker may have what this one lacks: while a release is rolled out, they differ.
        Err(TurnError::Unplayable(problem)) if lease.attempt.0 < worker.settings.max_attempts => {
            let delay = Backoff::new(worker.settings.retry_delay, LONGEST_BACKOFF).after_attempt(lease.attempt.0);
            Effect::Retry { delay, failure: problem.clone().into() }
        }
        Err(TurnError::Provider { provider, reason, error }) => Effect::Pause(ProviderFault {
            provider: provider.clone(),
            reason: *reason,
            // One worker with another key or another network pauses the provider for all: it must be found.
            detail: format!("worker {}: {}", worker.id, error.detail),
            retry_after: error.retry_after,
        }),
        Err(error) => Effect::Fail(failure(error)),
    }
}

fn failure(error: &TurnError) -> Failure {
    match error {
        TurnError::Model(error) | TurnError::Together(error) => error.failure(),
        TurnError::Provider { error, .. } => error.failure(),
        TurnError::Unplayable(problem) | TurnError::BudgetUsedUp(problem) => problem.clone().into(),
        TurnError::LeaseLost | TurnError::Released | TurnError::Postponed(_) | TurnError::Store(_) => Failure {
            for_players: Problem::new(ProblemType::Internal, "the turn could not be kept"),
            for_operators: Problem::new(ProblemType::Internal, error.to_string()),
        },
    }
}
