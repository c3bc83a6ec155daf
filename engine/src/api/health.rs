//! Liveness, readiness, metrics, and what the kinds of problem mean.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use metrics::gauge;
use protocol::{Problem, ProblemType};
use serde_json::{Value, json};

use super::Api;
use super::error::ApiError;

/// How long the store may take to answer before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process lives; says how its store is.
pub(super) async fn health(State(api): State<Api>) -> (StatusCode, Json<Value>) {
    let storage = tokio::time::timeout(PATIENCE, api.store.ping()).await.is_ok_and(|answer| answer.is_ok());
    let (code, status) =
        if storage { (StatusCode::OK, "healthy") } else { (StatusCode::SERVICE_UNAVAILABLE, "degraded") };
    let storage = if storage { "healthy" } else { "unhealthy" };
    (code, Json(json!({"status": status, "service": "story-engine", "components": {"storage": storage}})))
}

/// Whether traffic should come here.
pub(super) async fn ready(State(api): State<Api>) -> Result<Json<Value>, ApiError> {
    if api.drain.is_cancelled() {
        return Err(Problem::new(ProblemType::ShuttingDown, "this instance is draining").into());
    }
    let queue = api.store.queue().await?;
    Ok(Json(json!({"status": "ready", "queue": queue})))
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
pub(super) async fn problem(Path(slug): Path<String>) -> Result<Json<Value>, ApiError> {
    let Some(kind) = ProblemType::ALL.iter().find(|kind| kind.slug() == slug) else {
        return Err(Problem::new(ProblemType::NotFound, format!("there is no problem `{slug}`")).into());
    };
    Ok(Json(json!({"type": format!("/problems/{slug}"), "title": kind.title(), "status": kind.status()})))
}
