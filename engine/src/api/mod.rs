//! The HTTP API. Handlers validate, enqueue and read; no handler calls a model or changes a story.

mod access;
mod account;
mod actor;
mod admin;
mod answers;
mod apart;
mod audit;
mod body;
mod branch;
mod breakdown;
mod caller;
mod calls;
mod capabilities;
mod catalogue;
mod chat;
mod client;
mod compact;
mod confirmed;
mod cors;
mod dead_letters;
mod error;
mod events;
mod explain;
mod export;
mod frame;
mod game_version;
mod games;
mod guard;
mod health;
mod hidden;
mod idempotency;
mod import;
mod json_bytes;
mod jwt;
mod keys;
mod limits;
mod look_alikes;
mod openapi;
mod operation;
mod operations;
mod overview;
mod pace;
mod paging;
mod path;
mod pauses;
mod probe;
mod profile;
mod prompt;
mod queue;
mod requests;
mod rewind;
mod rights;
#[cfg(test)]
mod rights_tests;
mod runtime;
mod scrape;
mod session;
mod snapshot;
mod stream;
mod transcript;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::on;
use protocol::{Problem, ProblemType};
use store::{SharedStore, TurnLimits};
use story::{Language, Library};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

pub(crate) use self::actor::Actor;
pub use self::admin::{Admin, admin};
use self::answers::Answers;
pub(crate) use self::audit::Summed;
pub use self::breakdown::Breakdown;
pub use self::caller::Auth;
use self::calls::Calls;
use self::error::ApiError;
pub(crate) use self::error::Corrupt;
pub use self::guard::Guard;
pub use self::import::ImportTurns;
pub use self::jwt::IdentityProvider;
pub use self::limits::StreamLimits;
use self::operation::Handler;
use self::operations::OPERATIONS;
pub use self::overview::Overviews;
pub use self::pace::Pace;
pub use self::probe::StoreProbe;
pub use self::prompt::Prompts;
use self::rights::Gate;
use crate::llm::Models;
use crate::retention::Archive;
use crate::telemetry::metrics::Metrics;
use crate::tiers::Tiers;

/// What handlers work with.
#[derive(Clone)]
pub struct Api {
    /// The store.
    pub store: SharedStore,
    /// The loaded content.
    pub library: Arc<Library>,
    /// The configured models.
    pub models: Arc<Models>,
    /// How many messages of history a prompt may hold.
    pub history: usize,
    /// How many story events a turn tells at most.
    pub story_event_batch: usize,
    /// The language of stories for which neither game nor scenario names one.
    pub language: Option<Language>,
    /// Renders `/metrics`.
    pub metrics: Metrics,
    /// Whether the store takes writes.
    pub probe: StoreProbe,
    /// What is kept of turns.
    pub turns: TurnLimits,
    /// How large a game may be that is imported, in bytes.
    pub import_max: usize,
    /// How many bytes of large answers may be on their way to a client.
    pub answers_max: usize,
    /// Whose turn it is to import.
    pub imports: Arc<ImportTurns>,
    /// What operators look at.
    pub overviews: Overviews,
    /// Where games are that have left the store.
    pub archive: Option<Archive>,
    /// The pace of event streams.
    pub pace: Pace,
    /// The event streams that are open.
    pub streams: Arc<StreamLimits>,
    /// How many proxies are in front, each of which says in `X-Forwarded-For` who called it.
    pub trusted_proxies: usize,
    /// Whether callers need keys.
    pub auth: Auth,
    /// How much a caller may do, and which providers a new game may name.
    pub tiers: Tiers,
    /// How long a stream can be opened with a ticket.
    pub ticket_lifetime: Duration,
    /// Which names the server answers to, and whose pages may call from a browser.
    pub guard: Guard,
    /// Cancelled when the server drains: event streams end then, so that clients reconnect elsewhere.
    pub drain: CancellationToken,
}

/// Every route of the public port. With keys, what operators do is on their port only.
pub fn router(api: Api) -> Router {
    let cors = cors::layer(&api.guard.origins);
    let guard = from_fn_with_state(api.guard.clone(), guard::check);
    let answers = from_fn_with_state(Answers::new(api.answers_max, api.trusted_proxies), answers::bound);
    let access = from_fn_with_state(api.trusted_proxies, access::log);
    let store = SharedStore::clone(&api.store);
    let calls = Arc::new(Calls::new(api.tiers.clone(), api.trusted_proxies));
    let routes = OPERATIONS
        .iter()
        .filter(|operation| !(api.auth.asks() && operation.right.is_of_operators()))
        .fold(Router::new(), |router, operation| {
            let method = operation.verb.filter();
            let route = match operation.handler {
                Handler::Api(route) => route(method),
                Handler::Store(route) => route(method).with_state(SharedStore::clone(&store)),
                Handler::Description => on(method, openapi::document),
            };
            let gate = Gate {
                auth: api.auth.clone(),
                store: SharedStore::clone(&store),
                archive: api.archive.clone(),
                operation,
                import_max: api.import_max,
                calls: Some(Arc::clone(&calls)),
            };
            let route = route.route_layer(from_fn_with_state(gate, rights::enforce));
            router.route(operation.path, route.layer(DefaultBodyLimit::max(operation.body_max.bytes(api.import_max))))
        })
        .merge(crate::play::routes());
    with_problems(routes)
        .layer(answers)
        .layer(guard)
        .layer(map_response(guard::protect))
        .layer(cors)
        .layer(access)
        .with_state(api)
}

/// The operations that need nothing but the store: the command line serves itself with them.
pub(crate) fn of_store(store: SharedStore, archive: Option<&Archive>) -> Router {
    gated_of_store(store, &Auth::open(), archive).layer(axum::Extension(Actor::local_command()))
}

/// The same for callers that may need keys.
fn gated_of_store(store: SharedStore, auth: &Auth, archive: Option<&Archive>) -> Router {
    OPERATIONS
        .iter()
        .fold(Router::new(), |router, operation| match operation.handler {
            Handler::Store(route) => {
                let gate = Gate { archive: archive.cloned(), ..Gate::uncounted(operation, &store, auth) };
                let gate = from_fn_with_state(gate, rights::enforce);
                router.route(operation.path, route(operation.verb.filter()).route_layer(gate))
            }
            Handler::Api(_) | Handler::Description => router,
        })
        .with_state(store)
}

/// The gate of an operation that a port serves in a way of its own.
fn gate_of(id: &str, store: &SharedStore, auth: &Auth) -> Option<Gate> {
    let operation = OPERATIONS.iter().find(|operation| operation.id == id)?;
    Some(Gate::uncounted(operation, store, auth))
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
