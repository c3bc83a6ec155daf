//! The HTTP API. Handlers validate, enqueue and read; no handler calls a model or changes a story.

mod access;
mod admin;
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
mod guard;
mod health;
mod idempotency;
mod limits;
mod openapi;
mod operation;
mod operations;
mod path;
mod probe;
mod queue;
mod requests;
mod snapshot;
mod stream;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::on;
use protocol::{Problem, ProblemType};
use story::Library;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

pub use self::admin::{Admin, admin};
use self::error::ApiError;
pub use self::guard::Guard;
pub use self::limits::StreamLimits;
use self::operation::Handler;
use self::operations::OPERATIONS;
pub use self::probe::StoreProbe;
pub use self::stream::Pace;
use crate::llm::Models;
use crate::store::SharedStore;
use crate::telemetry::metrics::Metrics;

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
    pub metrics: Metrics,
    /// Whether the store takes writes.
    pub probe: StoreProbe,
    /// The pace of event streams.
    pub pace: Pace,
    /// The event streams that are open.
    pub streams: Arc<StreamLimits>,
    /// How many proxies stand in front, each of which says in `X-Forwarded-For` who called it.
    pub trusted_proxies: usize,
    /// Which names the server answers to, and whose pages may call from a browser.
    pub guard: Guard,
    /// Cancelled when the server drains: event streams end then, so that clients reconnect elsewhere.
    pub drain: CancellationToken,
}

/// Every route.
pub fn router(api: Api) -> Router {
    let cors = cors::layer(&api.guard.origins);
    let guard = from_fn_with_state(api.guard.clone(), guard::check);
    let access = from_fn_with_state(api.trusted_proxies, access::log);
    let store = SharedStore::clone(&api.store);
    let routes = OPERATIONS
        .iter()
        .fold(Router::new(), |router, operation| {
            let method = operation.verb.filter();
            let route = match operation.handler {
                Handler::Api(route) => route(method),
                Handler::Store(route) => route(method).with_state(SharedStore::clone(&store)),
                Handler::Description => on(method, openapi::document),
            };
            router.route(operation.path, route.layer(DefaultBodyLimit::max(operation.body_max)))
        })
        .merge(crate::play::routes());
    with_problems(routes).layer(guard).layer(cors).layer(access).with_state(api)
}

/// The operations that need nothing but the store: the command line serves itself with them.
pub fn of_store(store: SharedStore) -> Router {
    OPERATIONS
        .iter()
        .fold(Router::new(), |router, operation| match operation.handler {
            Handler::Store(route) => router.route(operation.path, route(operation.verb.filter())),
            Handler::Api(_) | Handler::Description => router,
        })
        .with_state(store)
}

/// Answers a problem to what is not served, and to what makes a handler panic.
fn with_problems<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(error::panicked))
}

async fn not_found(uri: Uri) -> ApiError {
    Problem::new(ProblemType::NotFound, format!("nothing is served at {}", uri.path())).into()
}

async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    Problem::new(ProblemType::MethodNotAllowed, format!("{} does not take {method}", uri.path())).into()
}
