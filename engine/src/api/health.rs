//! Liveness, readiness, metrics, and what the kinds of problem mean.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use metrics::gauge;
use protocol::{
    ComponentStatus, Components, Health, HealthStatus, Problem, ProblemInfo, ProblemType, Readiness, ReadyStatus,
};

use super::Api;
use super::error::ApiError;

/// How long the store may take to answer before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process lives; says how its store is.
pub(super) async fn health(State(api): State<Api>) -> (StatusCode, Json<Health>) {
    let answers = tokio::time::timeout(PATIENCE, api.store.ping()).await.is_ok_and(|answer| answer.is_ok());
    let (code, status, storage) = if answers {
        (StatusCode::OK, HealthStatus::Healthy, ComponentStatus::Healthy)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, HealthStatus::Degraded, ComponentStatus::Unhealthy)
    };
    (code, Json(Health { status, service: "story-engine".to_owned(), components: Components { storage } }))
}

/// Whether traffic should come here.
pub(super) async fn ready(State(api): State<Api>) -> Result<Json<Readiness>, ApiError> {
    if api.drain.is_cancelled() {
        return Err(Problem::new(ProblemType::ShuttingDown, "this instance is draining").into());
    }
    Ok(Json(Readiness { status: ReadyStatus::Ready, queue: api.store.queue().await? }))
}

/// Metrics in Prometheus' text format.
pub(super) async fn metrics(State(api): State<Api>) -> Result<String, ApiError> {
    let queue = api.store.queue().await?;
    #[expect(clippy::cast_precision_loss, reason = "gauges are floating point, and these numbers are small")]
    for (name, value) in [
        ("story_engine_queue_depth", queue.depth as f64),
        ("story_engine_games_ready", queue.ready as f64),
        ("story_engine_games_delayed", queue.delayed as f64),
        ("story_engine_games_active", queue.active as f64),
        ("story_engine_dead_letters", queue.dead_letters as f64),
        ("story_engine_workers", queue.workers as f64),
        ("story_engine_queue_oldest_age_seconds", queue.oldest_age_ms as f64 / 1000.0),
    ] {
        gauge!(name).set(value);
    }
    Ok(api.metrics.render())
}

/// What a kind of problem means: the `type` of every problem is a path to here.
pub(super) async fn problem(Path(slug): Path<String>) -> Result<Json<ProblemInfo>, ApiError> {
    let Some(kind) = ProblemType::ALL.iter().find(|kind| kind.slug() == slug) else {
        return Err(Problem::new(ProblemType::NotFound, format!("there is no problem `{slug}`")).into());
    };
    let (title, status) = (kind.title().to_owned(), kind.status());
    Ok(Json(ProblemInfo { kind: format!("/problems/{slug}"), title, status }))
}
