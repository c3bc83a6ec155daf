//! Liveness, readiness, and what the kinds of problem mean.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::{
    ComponentStatus, Components, Health, HealthStatus, Problem, ProblemInfo, ProblemType, Readiness, ReadyStatus,
};
use store::SharedStore;
use tokio_util::sync::CancellationToken;

use super::Api;
use super::error::ApiError;
use super::path::Id;
use super::probe::StoreProbe;
use super::scrape;

/// The process lives; says how its store is.
pub(super) async fn health(State(api): State<Api>) -> (StatusCode, Json<Health>) {
    let (code, status, storage) = match api.probe.writable().await {
        Ok(_) => (StatusCode::OK, HealthStatus::Healthy, ComponentStatus::Healthy),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, HealthStatus::Degraded, ComponentStatus::Unhealthy),
    };
    (code, Json(Health { status, service: "story-engine".to_owned(), components: Components { storage } }))
}

/// Whether traffic should come here.
pub(super) async fn ready(State(api): State<Api>) -> Result<Json<Readiness>, ApiError> {
    readiness(&api.store, &api.probe, &api.drain).await
}

/// A process is ready while it does not drain and at least one shard takes writes.
pub(super) async fn readiness(
    store: &SharedStore,
    probe: &StoreProbe,
    drain: &CancellationToken,
) -> Result<Json<Readiness>, ApiError> {
    if drain.is_cancelled() {
        return Err(Problem::new(ProblemType::ShuttingDown, "this instance is draining").into());
    }
    let found = probe.writable().await?;
    if found.errors.is_empty() {
        let reasons: Vec<String> = found.faults().collect();
        let status = if reasons.is_empty() { ReadyStatus::Ready } else { ReadyStatus::Degraded };
        return Ok(Json(Readiness { status, queue: Some(store.queue().await?), reasons }));
    }
    let count = found.shards + found.errors.len();
    let mut reasons = vec![format!("{} of {count} shards take no writes", found.errors.len())];
    reasons
        .extend(store.tiers_without_writes().iter().map(|tier| format!("the store of the tier `{tier}` takes none")));
    reasons.extend(found.errors.iter().map(|error| super::error::problem_of(error).detail));
    reasons.dedup();
    reasons.extend(found.faults());
    // Its figures are those of all shards, or none.
    Ok(Json(Readiness { status: ReadyStatus::Degraded, queue: None, reasons }))
}

/// Metrics in Prometheus' text format.
pub(super) async fn metrics(State(api): State<Api>) -> String {
    scrape::render(&api.store, &api.probe, &api.metrics, api.overviews.breakdown()).await
}

/// What a kind of problem means: the `type` of every problem is a path to here.
pub(super) async fn problem(Id(slug): Id<String>) -> Result<Json<ProblemInfo>, ApiError> {
    let Some(kind) = ProblemType::ALL.iter().find(|kind| kind.slug() == slug) else {
        return Err(Problem::new(ProblemType::NotFound, format!("there is no problem `{slug}`")).into());
    };
    let (title, status) = (kind.title().to_owned(), kind.status());
    Ok(Json(ProblemInfo { kind: format!("/problems/{slug}"), title, status }))
}
