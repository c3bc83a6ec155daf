//! The model calls' HTTP paths, each at the root and below `/t/NAME`.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Path, RawPathParams, State},
    http::{HeaderMap, StatusCode, Uri, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    control,
    listen::Peer,
    respond::{Arrival, respond},
};
use crate::{
    call::Vendor,
    namespace::{Admin, Namespace},
    wire,
};

/// The largest request, in bytes: long prompts, but no accident.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// The model that is listed when the script names none.
const SOME_MODEL: &str = "mock";

/// What all handlers share.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) admin: Arc<Admin>,
    pub(crate) stopping: CancellationToken,
}

pub(crate) fn router(app: App) -> Router {
    let both = models().merge(control::routes());
    Router::new()
        .nest("/t/{namespace}", both.clone().merge(control::named_routes()))
        .merge(both)
        .fallback(unknown_path)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(app)
}

fn models() -> Router<App> {
    Router::new()
        .route("/v1/chat/completions", post(chat_completions))
        .route("/v1/messages", post(messages))
        .route("/api/chat", post(ollama_chat))
        .route("/v1/models", get(v1_models))
        .route("/v1/models/{model}", get(v1_model))
        .route("/api/tags", get(tags))
        .route("/api/version", get(|| async { Json(json!({ "version": "0.12.0" })) }))
}

/// The namespace that a request's path names.
pub(crate) struct At(pub(crate) Arc<Namespace>);

impl FromRequestParts<App> for At {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let name = params.iter().find(|(key, _)| *key == "namespace").map(|(_, name)| name);
        match name {
            None => Ok(Self(Arc::clone(app.admin.root()))),
            Some(name) => app
                .admin
                .namespace(name)
                .map(Self)
                .map_err(|error| control::problem(StatusCode::NOT_FOUND, &error.to_string()).into_response()),
        }
    }
}

async fn chat_completions(
    State(app): State<App>,
    At(namespace): At,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    respond(Vendor::OpenAi, Arrival { namespace, peer, stopping: app.stopping }, &headers, body).await
}

async fn messages(
    State(app): State<App>,
    At(namespace): At,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    respond(Vendor::Anthropic, Arrival { namespace, peer, stopping: app.stopping }, &headers, body).await
}

async fn ollama_chat(
    State(app): State<App>,
    At(namespace): At,
    ConnectInfo(peer): ConnectInfo<Peer>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    respond(Vendor::Ollama, Arrival { namespace, peer, stopping: app.stopping }, &headers, body).await
}

/// `OpenAI` and Anthropic share the path; only one of them sends a version.
fn v1_vendor(headers: &HeaderMap) -> Vendor {
    if headers.contains_key("anthropic-version") { Vendor::Anthropic } else { Vendor::OpenAi }
}

async fn v1_models(At(namespace): At, headers: HeaderMap) -> Response {
    Json(wire::models(v1_vendor(&headers), &model_names(&namespace))).into_response()
}

async fn v1_model(headers: HeaderMap, Path(params): Path<Vec<(String, String)>>) -> Response {
    let model = params.iter().find(|(key, _)| key == "model").map_or(SOME_MODEL, |(_, model)| model);
    Json(wire::model(v1_vendor(&headers), model)).into_response()
}

async fn tags(At(namespace): At) -> Response {
    Json(wire::models(Vendor::Ollama, &model_names(&namespace))).into_response()
}

fn model_names(namespace: &Namespace) -> Vec<String> {
    let mut names = namespace.script().model_names();
    if names.is_empty() {
        names.push(SOME_MODEL.to_owned());
    }
    names
}

async fn unknown_path(uri: Uri) -> Response {
    let detail = format!(
        "there is no {}; calls go to /v1/chat/completions, /v1/messages or /api/chat, also below /t/NAME, control to /__mock/…",
        uri.path()
    );
    control::problem(StatusCode::NOT_FOUND, &detail).into_response()
}
