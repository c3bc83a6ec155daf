//! Liveness, readiness, metrics, and what the kinds of problem mean.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use metrics::gauge;
use protocol::{
    ComponentStatus, Components, Health, HealthStatus, Problem, ProblemInfo, ProblemType, QueueView, Readiness,
    ReadyStatus,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Api;
use super::error::ApiError;
use super::path::Id;
use super::probe::StoreProbe;
use crate::store::SharedStore;
use crate::telemetry::metrics::Metrics;

/// How long a scrape waits for the queue's figures. A store that is away must not make the other metrics late.
const SCRAPE_LIMIT: Duration = Duration::from_millis(80);

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
        return Ok(Json(Readiness {
            status: ReadyStatus::Ready,
            queue: Some(store.queue().await?),
            reasons: Vec::new(),
        }));
    }
    let count = found.shards + found.errors.len();
    let mut reasons = vec![format!("{} of {count} shards take no writes", found.errors.len())];
    reasons.extend(found.errors.iter().map(|error| super::error::problem_of(error).detail));
    reasons.dedup();
    // Its figures are those of all shards, or none.
    Ok(Json(Readiness { status: ReadyStatus::Degraded, queue: None, reasons }))
}

/// Metrics in Prometheus' text format.
pub(super) async fn metrics(State(api): State<Api>) -> String {
    render(&api.store, &api.probe, &api.metrics).await
}

/// Every metric, with the queue's figures as of now if the store has them at once.
pub(super) async fn render(store: &SharedStore, probe: &StoreProbe, metrics: &Metrics) -> String {
    let probe = probe.clone();
    // Its gauges are those of this scrape if the store is quick, and of the next one if not.
    let probing = tokio::spawn(async move { drop(probe.writable().await) });
    match timeout(SCRAPE_LIMIT, async { tokio::join!(store.queue(), probing).0 }).await {
        Ok(Ok(queue)) => set(Some(&queue)),
        Ok(Err(_)) => set(None),
        // Slow, or frozen: what was known stays.
        Err(_) => {}
    }
    metrics.render()
}

/// Sets the queue's gauges; to NaN where nothing is known.
fn set(queue: Option<&QueueView>) {
    #[expect(clippy::cast_precision_loss, reason = "gauges are floating point, and these numbers are small")]
    let number = |of: fn(&QueueView) -> u64| queue.map_or(f64::NAN, |queue| of(queue) as f64);
    gauge!("story_engine_queue_depth").set(number(|queue| queue.depth));
    gauge!("story_engine_games_ready").set(number(|queue| queue.ready));
    gauge!("story_engine_games_delayed").set(number(|queue| queue.delayed));
    gauge!("story_engine_games_active").set(number(|queue| queue.active));
    gauge!("story_engine_dead_letters").set(number(|queue| queue.dead_letters));
    gauge!("story_engine_workers").set(number(|queue| queue.workers));
    gauge!("story_engine_queue_oldest_age_seconds").set(number(|queue| queue.oldest_age_ms) / 1000.0);
}

/// What a kind of problem means: the `type` of every problem is a path to here.
pub(super) async fn problem(Id(slug): Id<String>) -> Result<Json<ProblemInfo>, ApiError> {
    let Some(kind) = ProblemType::ALL.iter().find(|kind| kind.slug() == slug) else {
        return Err(Problem::new(ProblemType::NotFound, format!("there is no problem `{slug}`")).into());
    };
    let (title, status) = (kind.title().to_owned(), kind.status());
    Ok(Json(ProblemInfo { kind: format!("/problems/{slug}"), title, status }))
}
