//! The operators' port of a process, API and worker alike: `/livez`, `/readyz`, `/metrics`, `/debug/runtime`, `/debug/profile`, and what operators do to the store.
//!
//! It is another listener than the players', on loopback unless configured otherwise, so that a proxy which lets the world
//! in does not let it in here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use protocol::{Circuit, Liveness, PauseScope, Readiness, ReadyStatus, path};
use store::SharedStore;
use tokio_util::sync::CancellationToken;

use super::error::ApiError;
use super::guard::{self, Guard};
use super::overview::Overviews;
use super::probe::StoreProbe;
use super::prompt::{self, Prompts};
use super::rights::Gate;
use super::{Auth, gate_of, gated_of_store, health, overview, pauses, profile, rights, runtime, scrape, with_problems};
use crate::retention::Archive;
use crate::telemetry::metrics::Metrics;
use crate::watchdog::Watchdog;

/// What the operators' handlers work with.
#[derive(Clone)]
pub struct Admin {
    /// The store.
    pub store: SharedStore,
    /// Where games are that have left the store.
    pub archive: Option<Archive>,
    /// Whether it takes writes.
    pub probe: StoreProbe,
    /// What prompts are made of, and the models whose check at start may have found that some does not work.
    pub prompts: Prompts,
    /// What the page shows.
    pub overviews: Overviews,
    /// Renders `/metrics`.
    pub metrics: Metrics,
    /// The loops of the process.
    pub watchdog: Watchdog,
    /// Whether callers need keys. Probes never do.
    pub auth: Auth,
    /// Which names the port answers to.
    pub guard: Guard,
    /// Cancelled when the process stops taking work.
    pub drain: CancellationToken,
}

/// The routes of the operators' port.
pub fn admin(admin: Admin) -> Router {
    let store = SharedStore::clone(&admin.store);
    let guard = from_fn_with_state(admin.guard.clone(), guard::check);
    let operations = gated_of_store(SharedStore::clone(&store), &admin.auth, admin.archive.as_ref());
    let (scrape, runtime) = match gate_of("metrics", &store, &admin.auth) {
        Some(gate) => {
            let scrapes = Gate { auth: gate.auth.clone().that_outlives_the_store(), ..gate.clone() };
            let layer = |gate| from_fn_with_state(gate, rights::enforce);
            (get(metrics).route_layer(layer(scrapes)), get(runtime::show).route_layer(layer(gate)))
        }
        None => (get(metrics), get(runtime::show)),
    };
    // It takes a part of the processor, so a viewer may not ask for it.
    let profile = match gate_of("listKeys", &store, &admin.auth) {
        Some(gate) => get(profile::take).route_layer(from_fn_with_state(gate, rights::enforce)),
        None => get(profile::take),
    };
    // It needs more than the store, so it is not among the operations.
    let next = match gate_of("getPrompt", &store, &admin.auth) {
        Some(gate) => get(prompt::show).route_layer(from_fn_with_state(gate, rights::enforce)),
        None => get(prompt::show),
    };
    let prompts = Router::new().route(path::GAME_PROMPT, next).with_state(admin.prompts.clone());
    let looked_at = match gate_of("getOverview", &store, &admin.auth) {
        Some(gate) => get(overview::show).route_layer(from_fn_with_state(gate, rights::enforce)),
        None => get(overview::show),
    };
    let looked_at = Router::new().route(path::OVERVIEW, looked_at).with_state(admin.overviews.clone());
    let own = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", scrape)
        .route("/debug/runtime", runtime)
        .route("/debug/profile", profile)
        .with_state(admin);
    let page = crate::admin_page::routes();
    with_problems(own.merge(prompts).merge(looked_at).merge(operations).merge(page))
        .layer(guard)
        .layer(map_response(guard::protect))
}

/// Whether the process works. Depends on nothing but the process.
async fn livez(State(admin): State<Admin>) -> Response {
    let stuck: Vec<String> = admin.watchdog.stuck().into_iter().map(str::to_owned).collect();
    let status = if stuck.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Liveness { alive: stuck.is_empty(), stuck })).into_response()
}

/// Whether the process can do its work.
async fn readyz(State(admin): State<Admin>) -> Result<Json<Readiness>, ApiError> {
    let Json(mut readiness) = health::readiness(&admin.store, &admin.probe, &admin.drain).await?;
    let mut troubles = admin.prompts.models.troubles();
    // What is away is among the reasons already.
    let pauses = admin.store.pauses().await.unwrap_or_default();
    troubles.extend(
        pauses
            .iter()
            .filter(|pause| matches!(pause.what, PauseScope::All {} | PauseScope::Provider { .. }))
            .map(pauses::sentence),
    );
    let circuits = admin.store.providers().await.unwrap_or_default();
    troubles.extend(circuits.iter().filter(|provider| provider.circuit == Circuit::Open).map(|provider| {
        let why = provider.detail.as_deref().unwrap_or("no reason is known");
        format!("provider `{}` gets no calls, {} games wait: {why}", provider.name, provider.waiting)
    }));
    if !troubles.is_empty() {
        readiness.status = ReadyStatus::Degraded;
        readiness.reasons.extend(troubles);
    }
    Ok(Json(readiness))
}

/// Metrics in Prometheus' text format, also while the store is away.
async fn metrics(State(admin): State<Admin>) -> String {
    scrape::render(&admin.store, &admin.probe, &admin.metrics, admin.overviews.breakdown()).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use store::embedded::EmbeddedStore;
    use store::secret::{Secret, SecretHash, SecretKind};
    use store::tiers::{TierStore, TieredStore};
    use store::{Holder, NewKey, StoreOptions};
    use tokio::time::advance;
    use tower::ServiceExt as _;

    use super::*;
    use crate::config::{Config, LimitsConfig};
    use crate::llm::Models;
    use crate::telemetry::profile;

    async fn port() -> Admin {
        let store: SharedStore = Arc::new(EmbeddedStore::in_memory(StoreOptions::default()).unwrap());
        Admin {
            archive: None,
            probe: StoreProbe::new(Arc::clone(&store)),
            overviews: Overviews::new(Arc::clone(&store), LimitsConfig::NONE, None),
            prompts: Prompts {
                store: Arc::clone(&store),
                library: Arc::default(),
                models: Arc::new(Models::start(&Config::default()).await.unwrap()),
                history: 80,
                story_event_batch: 1,
            },
            store,
            metrics: Metrics::detached(),
            watchdog: Watchdog::default(),
            auth: Auth::open(),
            guard: Guard { hosts: Some(Arc::default()), ..Guard::default() },
            drain: CancellationToken::new(),
        }
    }

    async fn get(of: &Admin, path: &str) -> (u16, String) {
        let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        let response = admin(of.clone()).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.into()).unwrap())
    }

    #[tokio::test]
    async fn a_process_whose_loop_is_stuck_is_not_alive() {
        let port = port().await;
        let _claim = port.watchdog.watch("claim");
        assert_eq!(get(&port, "/livez").await, (200, r#"{"alive":true}"#.to_owned()));
        tokio::time::pause();
        advance(Duration::from_secs(15)).await;
        assert_eq!(get(&port, "/livez").await, (503, r#"{"alive":false,"stuck":["claim"]}"#.to_owned()));
    }

    #[tokio::test]
    async fn a_process_is_ready_until_it_drains() {
        let port = port().await;
        let (status, body) = get(&port, "/readyz").await;
        assert_eq!(status, 200, "{body}");
        assert!(body.starts_with(r#"{"status":"ready","queue":{"depth":0,"#), "{body}");
        port.drain.cancel();
        assert_eq!(get(&port, "/readyz").await.0, 503);
    }

    #[tokio::test]
    async fn the_port_serves_what_operators_do_and_nothing_of_players() {
        let port = port().await;
        assert_eq!(get(&port, "/v1/queue").await.0, 200);
        assert_eq!(get(&port, "/v1/gamestate").await.0, 404);
        let (status, runtime) = get(&port, "/debug/runtime").await;
        assert!(status == 200 && runtime.contains("\"busy_seconds\":["), "{runtime}");
    }

    #[tokio::test]
    async fn a_profile_is_for_operators_and_one_at_a_time() {
        let [operator, viewer] = [(); 2].map(|()| Secret::generate(SecretKind::Key).unwrap());
        let keys = [(operator.hash(), Holder::Operator), (viewer.hash(), Holder::Viewer)];
        let port = Admin { auth: Auth::keys(keys), ..port().await };
        let ask = async |key: &Secret, query: &str| {
            let request = Request::get(format!("/debug/profile?{query}")).header("host", "localhost");
            let request = request.header("authorization", format!("Bearer {}", key.reveal()));
            let response = admin(port.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let status = response.status().as_u16();
            (status, to_bytes(response.into_body(), usize::MAX).await.unwrap())
        };
        assert_eq!(ask(&viewer, "seconds=1").await.0, 403);
        for wrong in ["seconds=0", "seconds=61", "seconds=x", "format=svg"] {
            assert_eq!(ask(&operator, wrong).await.0, 400, "{wrong}");
        }
        let alone = profile::alone().await;
        let (status, problem) = ask(&operator, "seconds=1").await;
        assert!(status == 429 && problem.starts_with(br#"{"type":"/problems/rate-limited""#), "{status} {problem:?}");
        drop(alone);
        let (mut status, mut file) = ask(&operator, "seconds=1").await;
        while status == 429 {
            drop(profile::alone().await);
            (status, file) = ask(&operator, "seconds=1").await;
        }
        assert!(status == 200 && file.starts_with(b"\x1f\x8b"), "{status} {file:?}");
    }

    #[tokio::test]
    async fn a_scrape_with_a_stored_key_goes_on_for_a_time_while_the_store_is_away() {
        let [viewer, service, other] = [(); 3].map(|()| Secret::generate(SecretKind::Key).unwrap());
        let auth = Auth::keys(Vec::<(SecretHash, Holder)>::new());
        let there = Admin { auth: auth.clone(), ..port().await };
        let holders = [(&viewer, Holder::Viewer), (&other, Holder::Viewer)];
        let service_of = Holder::Service { tenant: "acme".parse().unwrap() };
        for (key, holder) in holders.into_iter().chain([(&service, service_of)]) {
            let new = NewKey { hash: key.hash(), grants: holder.into(), expires_in: None };
            there.store.add_key(&new).await.unwrap();
        }
        let away: SharedStore = Arc::new(TieredStore::new(TierStore::away("default", "gone"), Vec::new()));
        let away = Admin { store: Arc::clone(&away), probe: StoreProbe::new(away), ..there.clone() };
        let ask = async |port: &Admin, key: &Secret, path: &str| {
            let request = Request::get(path).header("host", "localhost");
            let request = request.header("authorization", format!("Bearer {}", key.reveal()));
            let response = admin(port.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            response.status().as_u16()
        };
        assert_eq!(ask(&away, &viewer, "/metrics").await, 503, "nobody has confirmed it yet");
        assert_eq!(ask(&there, &viewer, "/metrics").await, 200);
        assert_eq!(ask(&there, &service, "/metrics").await, 403);
        assert_eq!(ask(&away, &viewer, "/metrics").await, 200);
        assert_eq!(ask(&away, &viewer, "/debug/runtime").await, 503);
        assert_eq!(ask(&away, &viewer, "/v1/queue").await, 503);
        for unknown in [&other, &service] {
            assert_eq!(ask(&away, unknown, "/metrics").await, 503);
        }
        // A store that answers is believed at once.
        assert_eq!(ask(&there, &other, "/metrics").await, 200);
        there.store.delete_key(&other.hash().id()).await.unwrap();
        assert_eq!(ask(&there, &other, "/metrics").await, 401);
        assert_eq!(ask(&away, &other, "/metrics").await, 503);
        tokio::time::pause();
        advance(Duration::from_mins(10)).await;
        assert_eq!(ask(&away, &viewer, "/metrics").await, 503);
    }

    #[tokio::test]
    async fn a_page_that_resolves_its_name_to_this_machine_gets_nothing() {
        let request = Request::get("/metrics").header("host", "evil.example").body(Body::empty()).unwrap();
        let response = admin(port().await).oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 421);
    }
}
