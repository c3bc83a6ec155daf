//! The HTTP paths below `/__mock`: scripts, gates, journal. Waiting calls answer after 30 s at the latest.

use std::{future::Future, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::app::{App, At, problem};
use crate::namespace::{Holds, Record};
use crate::script::{Script, ScriptError};

/// The longest wait of a call that waits.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/__mock/health", get(health))
        .route("/__mock/script", put(load_script).get(progress))
        .route("/__mock/reset", post(reset))
        .route("/__mock/gates", get(gates))
        .route("/__mock/gates/{gate}", get(gate).post(open_gate).delete(close_gate))
        .route("/__mock/holds", put(hold))
        .route("/__mock/journal", get(journal).delete(clear_journal))
        .route("/__mock/misses", get(misses))
        .route("/__mock/explain/{id}", get(explain))
        .route("/__mock/idle", get(idle))
}

/// Paths that exist below `/t/NAME` only.
pub(crate) fn named_routes() -> Router<App> {
    Router::new().route("/__mock", delete(remove))
}

async fn health(State(app): State<App>, At(namespace): At) -> Json<Value> {
    Json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "entries": namespace.script().len(),
        "in_flight": namespace.in_flight(),
        "namespaces": app.admin.names(),
    }))
}

async fn load_script(At(namespace): At, text: String) -> Response {
    match Script::parse(&text, "script") {
        Ok(script) => {
            let answer = json!({ "entries": script.len(), "warnings": script.warnings() });
            namespace.load(script);
            Json(answer).into_response()
        }
        Err(error @ ScriptError::Read { .. }) => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()).into_response()
        }
        Err(ScriptError::Invalid(mistake)) => {
            let body = json!({
                "title": "The script is not valid",
                "status": 422,
                "detail": mistake.to_string(),
                "pointer": mistake.pointer,
                "line": mistake.line,
                "column": mistake.column,
                "help": mistake.help,
            });
            let headers = [(header::CONTENT_TYPE, "application/problem+json")];
            (StatusCode::UNPROCESSABLE_ENTITY, headers, body.to_string()).into_response()
        }
    }
}

async fn progress(At(namespace): At) -> Json<Value> {
    Json(json!({ "entries": namespace.progress() }))
}

async fn reset(At(namespace): At) -> StatusCode {
    namespace.reset();
    StatusCode::NO_CONTENT
}

async fn gates(At(namespace): At) -> Json<Value> {
    Json(json!(namespace.gates().states()))
}

async fn hold(At(namespace): At, Json(holds): Json<Holds>) -> StatusCode {
    namespace.hold(holds);
    StatusCode::NO_CONTENT
}

/// Path parameters by name; below `/t/NAME` there is one more.
type Params = Path<std::collections::BTreeMap<String, String>>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct GateQuery {
    wait_for_waiters: usize,
}

async fn gate(At(namespace): At, Path(params): Params, Query(query): Query<GateQuery>) -> Response {
    let name = &params["gate"];
    if query.wait_for_waiters > 0 && !in_time(namespace.gates().wait_for_waiters(name, query.wait_for_waiters)).await {
        let detail = format!("nobody waits at gate {name:?}: {:?}", namespace.gates().state(name));
        return problem(StatusCode::REQUEST_TIMEOUT, &detail).into_response();
    }
    Json(namespace.gates().state(name)).into_response()
}

async fn open_gate(At(namespace): At, Path(params): Params) -> Response {
    let name = &params["gate"];
    namespace.gates().open(name);
    Json(namespace.gates().state(name)).into_response()
}

async fn close_gate(At(namespace): At, Path(params): Params) -> Response {
    let name = &params["gate"];
    namespace.gates().close(name);
    Json(namespace.gates().state(name)).into_response()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct JournalQuery {
    since: u64,
    wait: u8,
}

async fn journal(At(namespace): At, Query(query): Query<JournalQuery>) -> Response {
    if query.wait > 0 {
        in_time(namespace.wait_for_call(query.since)).await;
    }
    Json(namespace.journal(query.since)).into_response()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MissQuery {
    wait: u8,
}

async fn misses(At(namespace): At, Query(query): Query<MissQuery>) -> Response {
    if query.wait > 0 {
        in_time(namespace.wait_for_miss()).await;
    }
    let missed = |record: &Record| record.answer.miss.is_some();
    Json(namespace.journal(0).into_iter().filter(missed).collect::<Vec<_>>()).into_response()
}

async fn clear_journal(At(namespace): At) -> StatusCode {
    namespace.clear_journal();
    StatusCode::NO_CONTENT
}

async fn explain(At(namespace): At, Path(params): Params) -> Response {
    let Some(entries) = params["id"].parse().ok().and_then(|id| namespace.explain(id)) else {
        let detail = format!("the journal has no call {}", params["id"]);
        return problem(StatusCode::NOT_FOUND, &detail).into_response();
    };
    Json(json!({ "entries": entries })).into_response()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct IdleQuery {
    wait: u8,
}

async fn idle(At(namespace): At, Query(query): Query<IdleQuery>) -> Response {
    if query.wait > 0 && !in_time(namespace.wait_idle()).await {
        let detail = format!("{} call(s) are still in flight", namespace.in_flight());
        return problem(StatusCode::REQUEST_TIMEOUT, &detail).into_response();
    }
    let in_flight = namespace.in_flight();
    Json(json!({ "idle": in_flight == 0, "in_flight": in_flight })).into_response()
}

async fn remove(State(app): State<App>, Path(params): Params) -> StatusCode {
    if app.admin.remove(&params["namespace"]) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

/// Waits, but not longer than [`LONGEST_WAIT`]; false if that was not enough.
async fn in_time(waiting: impl Future<Output = ()>) -> bool {
    timeout(LONGEST_WAIT, waiting).await.is_ok()
}
