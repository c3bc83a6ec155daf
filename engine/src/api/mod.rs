//! The HTTP API. Handlers validate, enqueue and read; no handler calls a model or changes a story.

mod body;
mod catalogue;
mod chat;
mod compact;
mod cors;
mod dead_letters;
mod error;
mod events;
mod frame;
mod games;
mod health;
mod idempotency;
mod limits;
mod openapi;
mod path;
mod queue;
mod requests;
mod snapshot;
mod stream;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use protocol::{Problem, ProblemType};
use story::Library;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

pub use self::cors::Origins;
use self::error::ApiError;
pub use self::limits::StreamLimits;
pub use self::stream::Pace;
use crate::llm::Models;
use crate::store::SharedStore;

/// The largest body of a chat message, in bytes. Its message is limited further.
const CHAT_BODY_MAX: usize = 64 * 1024;
/// The largest body of anything else: a patched history may be long.
const BODY_MAX: usize = 4 * 1024 * 1024;

/// What handlers work with.
#[derive(Clone)]
pub struct Api {
    /// The store.
    pub store: SharedStore,
    /// The loaded content.
    pub library: Arc<Library>,
    /// The configured models.
    pub models: Arc<Models>,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
    /// The pace of event streams.
    pub pace: Pace,
    /// The event streams that are open.
    pub streams: Arc<StreamLimits>,
    /// How many proxies stand in front, each of which says in `X-Forwarded-For` who called it.
    pub trusted_proxies: usize,
    /// Whose pages may call from a browser.
    pub origins: Origins,
    /// Cancelled when the server drains: event streams end then, so that clients reconnect elsewhere.
    pub drain: CancellationToken,
}

/// Every route.
pub fn router(api: Api) -> Router {
    let cors = cors::layer(&api.origins);
    Router::new()
        .route("/v1/chat", post(chat::post).layer(DefaultBodyLimit::max(CHAT_BODY_MAX)))
        .route("/v1/requests/{id}", get(requests::get).delete(requests::cancel))
        .route("/v1/events/games/{id}", get(events::game))
        .route("/v1/events/requests/{id}", get(events::request))
        .route("/v1/gamestate", post(games::create).get(games::list))
        .route("/v1/gamestate/{id}", get(games::get).patch(games::patch).delete(games::delete))
        .route("/v1/scenarios", get(catalogue::scenarios))
        .route("/v1/pcs", get(catalogue::pcs))
        .route("/v1/narrators", get(catalogue::narrators))
        .route("/v1/monsters", get(catalogue::monsters))
        .route("/v1/npcs", get(catalogue::npcs))
        .route("/v1/{kind}/{id}", get(catalogue::one))
        .route("/v1/providers", get(catalogue::providers))
        .route("/problems/{slug}", get(health::problem))
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::document))
        .merge(operators(SharedStore::clone(&api.store)))
        .merge(crate::play::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(cors)
        .with_state(api)
}

/// The routes that operators use. They need nothing but the store, so the command line can serve itself with them.
pub fn operators<S>(store: SharedStore) -> Router<S> {
    let story_events = get(queue::story_events).post(queue::set_off).delete(queue::clear_story_events);
    Router::new()
        .route("/v1/queue", get(queue::queue))
        .route("/v1/queue/games", get(queue::lanes))
        .route("/v1/queue/games/{id}", get(queue::lane))
        .route("/v1/queue/games/{id}/story-events", story_events)
        .route("/v1/dead-letters", get(dead_letters::list))
        .route("/v1/dead-letters/{id}", get(dead_letters::get).delete(dead_letters::delete))
        .route("/v1/dead-letters/{id}/retry", post(dead_letters::retry))
        .with_state(store)
}

async fn not_found(uri: Uri) -> ApiError {
    Problem::new(ProblemType::NotFound, format!("nothing is served at {}", uri.path())).into()
}

async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    Problem::new(ProblemType::MethodNotAllowed, format!("{} does not take {method}", uri.path())).into()
}
