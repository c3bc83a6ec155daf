//! A deployment with everybody who may call it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use protocol::{GameAccess, GameId, Problem, RequestId, RequestType, Tenant};
use store::embedded::EmbeddedStore;
use store::secret::{Secret, SecretKind};
use store::{
    GameContents, GameDocument, Holder, NewCapability, NewKey, NewRequest, Owner, SharedStore, StoreOptions, Terms,
    TurnLimits,
};
use story::Library;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::super::operation::Operation;
use super::super::{Admin, Api, Auth, Guard, Overviews, Pace, Prompts, StoreProbe, StreamLimits, admin, router};
use super::expected::{Kind, Verdict};
use crate::config::{Config, LimitsConfig};
use crate::llm::Models;
use crate::telemetry::metrics::Metrics;
use crate::watchdog::Watchdog;

/// A deployment with a game of Ada's, and everybody who may call.
pub(super) struct World {
    pub(super) public: Router,
    pub(super) operators: Router,
    pub(super) store: SharedStore,
    pub(super) keys: BTreeMap<Kind, Secret>,
    pub(super) game: GameId,
    pub(super) request: RequestId,
}

pub(super) fn tenant(name: &str) -> Tenant {
    name.parse().unwrap()
}

pub(super) fn player(of: &str, name: &str) -> Holder {
    Holder::Player { tenant: tenant(of), user: name.parse().unwrap() }
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(&Arc::new(Models::start(&Config::default()).await.unwrap())).await
    }

    pub(super) async fn with(models: &Arc<Models>) -> Self {
        let store: SharedStore = Arc::new(EmbeddedStore::in_memory(StoreOptions::default()).unwrap());
        let ada = Owner { tenant: tenant("acme"), user: Some("ada".parse().unwrap()) };
        let game = game_of(&store, Some(ada)).await;
        let elsewhere = game_of(&store, None).await;
        let request = RequestId::in_game(game);
        store.enqueue(&message(game, request), &Terms::default()).await.unwrap();

        let mut keys = BTreeMap::new();
        let service = || Holder::Service { tenant: tenant("acme") };
        for (kind, holder) in [
            (Kind::Owner, player("acme", "ada")),
            (Kind::OtherPlayer, player("acme", "bob")),
            (Kind::OtherTenant, player("other", "ada")),
            (Kind::Service, service()),
            (Kind::ServiceForOwner, service()),
            (Kind::ServiceForAnother, service()),
            (Kind::OtherService, Holder::Service { tenant: tenant("other") }),
            (Kind::Viewer, Holder::Viewer),
            (Kind::Revoked, player("acme", "ada")),
            (Kind::Expired, player("acme", "ada")),
        ] {
            let secret = Secret::generate(SecretKind::Key).unwrap();
            let expires_in = (kind == Kind::Expired).then_some(Duration::ZERO);
            store.add_key(&NewKey { hash: secret.hash(), grants: holder.into(), expires_in }).await.unwrap();
            keys.insert(kind, secret);
        }
        store.delete_key(&keys[&Kind::Revoked].hash().id()).await.unwrap();
        for (kind, of, access) in [
            (Kind::MayRead, game, GameAccess::Read),
            (Kind::MayPlay, game, GameAccess::Play),
            (Kind::MayPlayToo, game, GameAccess::Play),
            (Kind::MayPlayElsewhere, elsewhere, GameAccess::Play),
            (Kind::RevokedCapability, game, GameAccess::Play),
        ] {
            let secret = Secret::generate(SecretKind::Capability).unwrap();
            let capability = NewCapability { hash: secret.hash(), access, expires_in: None };
            store.add_capability(of, &capability).await.unwrap();
            keys.insert(kind, secret);
        }
        store.delete_capability(game, &keys[&Kind::RevokedCapability].hash().id()).await.unwrap();
        // An operator's key that is configured, and one that nobody has made.
        let operator = Secret::generate(SecretKind::Key).unwrap();
        let auth = Auth::keys([(operator.hash(), Holder::Operator)]);
        keys.insert(Kind::Operator, operator);
        keys.insert(Kind::NotAKey, Secret::generate(SecretKind::Key).unwrap());
        Self {
            public: router(api(&store, models, auth.clone())),
            operators: admin(operators_port(&store, models, auth)),
            store,
            keys,
            game,
            request,
        }
    }

    /// The public port of a process that limits callers.
    pub(super) async fn limited(&self, limits: LimitsConfig) -> Router {
        let models = Arc::new(Models::start(&Config::default()).await.unwrap());
        let auth = Auth::keys([(self.keys[&Kind::Operator].hash(), Holder::Operator)]);
        router(Api { tiers: limits.into(), ..api(&self.store, &models, auth) })
    }

    /// A ticket for the game, as its owner gets it.
    pub(super) async fn ticket(&self) -> String {
        let request = Request::post(format!("/v1/gamestate/{}/ticket", self.game))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.keys[&Kind::Owner].reveal()));
        let response = self.public.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice::<protocol::Ticket>(&body).unwrap().ticket
    }

    pub(super) async fn call(&self, operation: &Operation, kind: Kind) -> (StatusCode, Option<Problem>) {
        let of_request = operation.path.contains("/requests/");
        let id = if of_request { self.request.to_string() } else { self.game.to_string() };
        let path = operation.path.replace("{id}", &id).replace("{key}", &"0".repeat(16)).replace("{name}", "x");
        let mut request = Request::builder().method(operation.verb.name().to_uppercase().as_str()).uri(path);
        if let Some(secret) = self.keys.get(&kind) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", secret.reveal()));
        }
        match kind {
            Kind::ServiceForOwner => request = request.header("x-user", "ada"),
            Kind::ServiceForAnother => request = request.header("x-user", "bob"),
            _ => {}
        }
        let body = if operation.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
            let session = format!(r#"{{"key": "{}"}}"#, self.keys[&Kind::Owner].reveal());
            match operation.id {
                "chat" => format!(r#"{{"game_state_id": "{}", "message": "look"}}"#, self.game),
                "openSession" => session,
                _ => r#"{"nonsense": 1}"#.to_owned(),
            }
        } else {
            String::new()
        };
        let port = if operation.right.is_of_operators() { &self.operators } else { &self.public };
        let response = port.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status();
        // An event stream does not end.
        let problem = if status.is_success() {
            None
        } else {
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            Some(serde_json::from_slice(&body).unwrap())
        };
        (status, problem)
    }
}

pub(super) fn message(game: GameId, id: RequestId) -> NewRequest {
    NewRequest {
        id,
        game,
        kind: RequestType::Chat,
        message: "look".to_owned(),
        actor: None,
        user_message: "look".to_owned(),
        priority: protocol::Priority::default(),
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
    }
}

pub(super) async fn game_of(store: &SharedStore, owner: Option<Owner>) -> GameId {
    let game = GameId::new();
    let document = GameDocument { provider: "offline".to_owned(), ..GameDocument::default() };
    store.create_game(game, &GameContents { owner, ..GameContents::new(document, Vec::new()) }).await.unwrap();
    game
}

pub(super) fn api(store: &SharedStore, models: &Arc<Models>, auth: Auth) -> Api {
    Api {
        store: Arc::clone(store),
        library: Arc::new(Library::default()),
        models: Arc::clone(models),
        history: 80,
        story_event_batch: 1,
        language: None,
        metrics: Metrics::detached(),
        probe: StoreProbe::new(Arc::clone(store)),
        turns: TurnLimits::default(),
        import_max: 10_000,
        answers_max: 1 << 20,
        imports: Arc::default(),
        pace: Pace {
            keepalive: Duration::from_millis(20),
            retry: Duration::from_secs(1),
            ticket: Duration::from_millis(20),
        },
        overviews: Overviews::new(Arc::clone(store), LimitsConfig::NONE, None),
        streams: Arc::new(StreamLimits::new(1000, 1000)),
        archive: None,
        trusted_proxies: 0,
        auth,
        tiers: LimitsConfig::NONE.into(),
        ticket_lifetime: Duration::from_mins(1),
        guard: Guard::default(),
        drain: CancellationToken::new(),
    }
}

pub(super) fn operators_port(store: &SharedStore, models: &Arc<Models>, auth: Auth) -> Admin {
    let (library, models) = (Arc::new(Library::default()), Arc::clone(models));
    Admin {
        overviews: Overviews::new(Arc::clone(store), LimitsConfig::NONE, None),
        prompts: Prompts { store: Arc::clone(store), library, models, history: 80, story_event_batch: 1 },
        store: Arc::clone(store),
        archive: None,
        probe: StoreProbe::new(Arc::clone(store)),
        metrics: Metrics::detached(),
        watchdog: Watchdog::default(),
        auth,
        guard: Guard::default(),
        drain: CancellationToken::new(),
    }
}

pub(super) fn verdict(status: StatusCode, problem: Option<&Problem>) -> Verdict {
    match problem.map(|problem| problem.kind.as_str()) {
        Some("/problems/unauthorized") => Verdict::Unauthorized,
        Some("/problems/forbidden") => Verdict::Forbidden,
        Some("/problems/unknown-game" | "/problems/unknown-request") => Verdict::Unknown,
        kind => {
            assert!(kind != Some("/problems/not-found") && !status.is_server_error(), "{status} {problem:?}");
            Verdict::Admitted
        }
    }
}
