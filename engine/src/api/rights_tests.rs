//! Every operation, called by every kind of caller. What must come is written here a second time, so that a right that is
//! changed in the table by mistake fails, and so does an operation that is new and has no line here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use protocol::{GameAccess, GameId, Problem, RequestId, RequestType, Tenant};
use story::Library;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::operation::{Answer, Operation, Verb};
use super::operations::OPERATIONS;
use super::{Admin, Api, Auth, Guard, Pace, Prompts, StoreProbe, StreamLimits, admin, router};
use crate::config::{Config, LimitsConfig};
use crate::llm::Models;
use crate::secret::{Secret, SecretKind};
use crate::store::embedded::EmbeddedStore;
use crate::store::{
    GameContents, GameDocument, Holder, NewCapability, NewKey, NewRequest, Owner, SharedStore, StoreOptions, Terms,
    TurnLimits,
};
use crate::telemetry::metrics::Metrics;
use crate::watchdog::Watchdog;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Everybody, also without a key.
    All,
    /// The owner, their service, an operator, and both capabilities.
    Readers,
    /// The same, but the capability to read is refused.
    Players,
    /// The owner, their service and an operator; without a game also every other player and service.
    Owners,
    /// A service and an operator; the game must be the service's.
    Services,
    /// On the operators' port: a viewer and an operator.
    Viewers,
    /// On the operators' port: an operator.
    Operators,
}

/// Every operation by its id, and whether it is about a game.
const EXPECTED: &[(&str, Who, bool)] = &[
    ("chat", Who::Players, true),
    ("getRequest", Who::Readers, true),
    ("cancelRequest", Who::Players, true),
    ("followGame", Who::Readers, true),
    ("followRequest", Who::Readers, true),
    ("createGame", Who::Owners, false),
    ("listGames", Who::Owners, false),
    ("getGame", Who::Readers, true),
    ("patchGame", Who::Services, true),
    ("deleteGame", Who::Owners, true),
    ("stopRequest", Who::Players, true),
    ("listTurns", Who::Readers, true),
    ("undoTurns", Who::Players, true),
    ("retryTurn", Who::Players, true),
    ("editTurn", Who::Players, true),
    ("chooseAlternative", Who::Players, true),
    ("branchGame", Who::Owners, true),
    ("renameGame", Who::Owners, true),
    ("exportGame", Who::Readers, true),
    ("importGame", Who::Owners, false),
    ("explainGame", Who::Services, true),
    ("getPrompt", Who::Operators, false),
    ("createCapability", Who::Owners, true),
    ("listCapabilities", Who::Owners, true),
    ("revokeCapability", Who::Owners, true),
    ("createTicket", Who::Owners, true),
    ("openSession", Who::All, false),
    ("closeSession", Who::All, false),
    ("listScenarios", Who::All, false),
    ("listPcs", Who::All, false),
    ("listNarrators", Who::All, false),
    ("listMonsters", Who::All, false),
    ("listNpcs", Who::All, false),
    ("getScenario", Who::All, false),
    ("getPc", Who::All, false),
    ("getNarrator", Who::All, false),
    ("getMonster", Who::All, false),
    ("getNpc", Who::All, false),
    ("listProviders", Who::All, false),
    ("explainProblem", Who::All, false),
    ("health", Who::All, false),
    ("ready", Who::All, false),
    ("metrics", Who::Viewers, false),
    ("describe", Who::All, false),
    ("getQueue", Who::Viewers, false),
    ("listLanes", Who::Viewers, false),
    ("listProviderStates", Who::Viewers, false),
    ("getLane", Who::Viewers, false),
    ("listStoryEvents", Who::Viewers, false),
    ("triggerStoryEvent", Who::Operators, false),
    ("clearStoryEvents", Who::Operators, false),
    ("listDeadLetters", Who::Viewers, false),
    ("getDeadLetter", Who::Viewers, false),
    ("deleteDeadLetter", Who::Operators, false),
    ("retryDeadLetter", Who::Operators, false),
    ("listKeys", Who::Operators, false),
    ("createKey", Who::Operators, false),
    ("revokeKey", Who::Operators, false),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Nobody,
    Owner,
    OtherPlayer,
    OtherTenant,
    Service,
    ServiceForOwner,
    ServiceForAnother,
    OtherService,
    Viewer,
    Operator,
    Revoked,
    Expired,
    NotAKey,
    MayRead,
    MayPlay,
    MayPlayElsewhere,
    RevokedCapability,
}

/// What a call comes to, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Admitted,
    Unauthorized,
    Forbidden,
    /// The game does not exist for the caller.
    Unknown,
}

/// What must come.
#[expect(clippy::match_same_arms, reason = "each line is a rule of its own")]
fn expected(who: Who, about_game: bool, kind: Kind) -> Verdict {
    let is_of_capability =
        matches!(kind, Kind::MayRead | Kind::MayPlay | Kind::MayPlayElsewhere | Kind::RevokedCapability);
    match (who, kind) {
        (Who::All, _) => Verdict::Admitted,
        (_, Kind::Nobody | Kind::Revoked | Kind::Expired | Kind::NotAKey) => Verdict::Unauthorized,
        (_, Kind::Operator) | (Who::Viewers, Kind::Viewer) => Verdict::Admitted,
        (Who::Viewers | Who::Operators, _) | (_, Kind::Viewer) => Verdict::Forbidden,
        (Who::Readers, Kind::MayRead | Kind::MayPlay) | (Who::Players, Kind::MayPlay) => Verdict::Admitted,
        (Who::Readers | Who::Players, Kind::MayPlayElsewhere | Kind::RevokedCapability) => Verdict::Unknown,
        (_, _) if is_of_capability => Verdict::Forbidden,
        (Who::Services, Kind::Owner | Kind::OtherPlayer | Kind::OtherTenant) => Verdict::Forbidden,
        (_, Kind::Owner | Kind::Service | Kind::ServiceForOwner) => Verdict::Admitted,
        (..) if about_game => Verdict::Unknown,
        (..) => Verdict::Admitted,
    }
}

/// A deployment with a game of Ada's, and everybody who may call.
struct World {
    public: Router,
    operators: Router,
    store: SharedStore,
    keys: BTreeMap<Kind, Secret>,
    game: GameId,
    request: RequestId,
}

fn tenant(name: &str) -> Tenant {
    name.parse().unwrap()
}

fn player(of: &str, name: &str) -> Holder {
    Holder::Player { tenant: tenant(of), user: name.parse().unwrap() }
}

impl World {
    async fn new() -> Self {
        Self::with(&Arc::new(Models::start(&Config::default()).await.unwrap())).await
    }

    async fn with(models: &Arc<Models>) -> Self {
        let store: SharedStore = Arc::new(EmbeddedStore::in_memory(StoreOptions::default()).unwrap());
        let ada = Owner { tenant: tenant("acme"), user: Some("ada".parse().unwrap()) };
        let game = game_of(&store, Some(ada)).await;
        let elsewhere = game_of(&store, None).await;
        let request = RequestId::in_game(game);
        let message = NewRequest {
            id: request,
            game,
            kind: RequestType::Chat,
            message: "look".to_owned(),
            actor: None,
            user_message: "look".to_owned(),
            caused_by: None,
            alternatives: Vec::new(),
        };
        store.enqueue(&message, &Terms::default()).await.unwrap();

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
            store.add_key(&NewKey { hash: secret.hash(), holder, expires_in }).await.unwrap();
            keys.insert(kind, secret);
        }
        store.delete_key(&keys[&Kind::Revoked].hash().id()).await.unwrap();
        for (kind, of, access) in [
            (Kind::MayRead, game, GameAccess::Read),
            (Kind::MayPlay, game, GameAccess::Play),
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

    async fn call(&self, operation: &Operation, kind: Kind) -> (StatusCode, Option<Problem>) {
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

async fn game_of(store: &SharedStore, owner: Option<Owner>) -> GameId {
    let game = GameId::new();
    let document = GameDocument { provider: "offline".to_owned(), ..GameDocument::default() };
    store.create_game(game, &GameContents { owner, ..GameContents::new(document, Vec::new()) }).await.unwrap();
    game
}

fn api(store: &SharedStore, models: &Arc<Models>, auth: Auth) -> Api {
    Api {
        store: Arc::clone(store),
        library: Arc::new(Library::default()),
        models: Arc::clone(models),
        history: 80,
        language: None,
        metrics: Metrics::detached(),
        probe: StoreProbe::new(Arc::clone(store)),
        turns: TurnLimits::default(),
        pace: Pace {
            keepalive: Duration::from_millis(20),
            retry: Duration::from_secs(1),
            ticket: Duration::from_millis(20),
        },
        streams: Arc::new(StreamLimits::new(1000, 1000)),
        trusted_proxies: 0,
        auth,
        limits: LimitsConfig::NONE,
        ticket_lifetime: Duration::from_mins(1),
        guard: Guard::default(),
        drain: CancellationToken::new(),
    }
}

fn operators_port(store: &SharedStore, models: &Arc<Models>, auth: Auth) -> Admin {
    let (library, models) = (Arc::new(Library::default()), Arc::clone(models));
    Admin {
        prompts: Prompts { store: Arc::clone(store), library, models, history: 80 },
        store: Arc::clone(store),
        probe: StoreProbe::new(Arc::clone(store)),
        metrics: Metrics::detached(),
        watchdog: Watchdog::default(),
        auth,
        guard: Guard::default(),
        drain: CancellationToken::new(),
    }
}

fn verdict(status: StatusCode, problem: Option<&Problem>) -> Verdict {
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

const KINDS: [Kind; 17] = [
    Kind::Nobody,
    Kind::Owner,
    Kind::OtherPlayer,
    Kind::OtherTenant,
    Kind::Service,
    Kind::ServiceForOwner,
    Kind::ServiceForAnother,
    Kind::OtherService,
    Kind::Viewer,
    Kind::Operator,
    Kind::Revoked,
    Kind::Expired,
    Kind::NotAKey,
    Kind::MayRead,
    Kind::MayPlay,
    Kind::MayPlayElsewhere,
    Kind::RevokedCapability,
];

#[tokio::test]
async fn every_operation_admits_whom_it_should_and_nobody_else() {
    let mut wrong = Vec::new();
    let models = Arc::new(Models::start(&Config::default()).await.unwrap());
    for operation in OPERATIONS {
        let Some((_, who, about_game)) = EXPECTED.iter().find(|(id, ..)| *id == operation.id) else {
            panic!("`{}` is new: say in EXPECTED who may call it", operation.id);
        };
        for kind in KINDS {
            // What is called may change the game: everybody meets a new one.
            let world = World::with(&models).await;
            let (status, problem) = world.call(operation, kind).await;
            // The one answer that is as for anybody who names nothing that exists.
            let found =
                if operation.id == "explainProblem" { Verdict::Admitted } else { verdict(status, problem.as_ref()) };
            let must = expected(*who, *about_game, kind);
            if found != must {
                wrong.push(format!("{} by {kind:?}: {found:?} and not {must:?} ({status})", operation.id));
            }
            if found == Verdict::Unknown {
                assert_eq!(status, 404);
                let detail = problem.unwrap().detail;
                assert!(detail.starts_with("there is no"), "{detail}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(EXPECTED.len(), OPERATIONS.len(), "an operation that is gone has a line left");
}

#[tokio::test]
async fn with_keys_the_public_port_serves_nothing_of_operators() {
    let world = World::new().await;
    let operators = OPERATIONS.iter().filter(|operation| operation.right.is_of_operators());
    for operation in operators.filter(|operation| operation.verb == Verb::Get) {
        let path = operation.path.replace("{id}", &world.game.to_string());
        let key = format!("Bearer {}", world.keys[&Kind::Operator].reveal());
        let request = Request::get(path).header(header::AUTHORIZATION, key).body(Body::empty()).unwrap();
        assert_eq!(world.public.clone().oneshot(request).await.unwrap().status(), 404, "{}", operation.id);
    }
}

#[tokio::test]
async fn probes_need_no_key_and_a_missing_key_says_how_to_send_one() {
    let world = World::new().await;
    for path in ["/livez", "/readyz"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(world.operators.clone().oneshot(request).await.unwrap().status(), 200, "{path}");
    }
    let request = Request::get("/v1/gamestate").body(Body::empty()).unwrap();
    let response = world.public.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer realm=\"story-engine\"");
}

#[tokio::test]
async fn a_game_of_others_is_refused_in_the_words_for_one_that_does_not_exist() {
    let world = World::new().await;
    let operation = OPERATIONS.iter().find(|operation| operation.id == "getGame").unwrap();
    let (status, problem) = world.call(operation, Kind::OtherPlayer).await;
    let nowhere = World { game: GameId::new(), ..world };
    let (none, unknown) = nowhere.call(operation, Kind::OtherPlayer).await;
    assert_eq!(status, none);
    let (foreign, unknown) = (problem.unwrap(), unknown.unwrap());
    assert_eq!((foreign.kind, foreign.title), (unknown.kind, unknown.title));
    assert_eq!(foreign.detail.len(), unknown.detail.len());
}

#[tokio::test]
async fn a_stream_is_opened_with_a_ticket_and_nothing_else_is() {
    let world = World::new().await;
    let follow = OPERATIONS.iter().filter(|operation| matches!(operation.answer, Answer::Events)).count();
    assert_eq!(follow, 2);
    let ticket = world.keys[&Kind::MayRead].reveal();
    for (path, status) in [
        (format!("/v1/events/games/{}?ticket={ticket}", world.game), 200),
        (format!("/v1/events/requests/{}?last_event_id=0&ticket={ticket}", world.request), 200),
        (format!("/v1/gamestate/{}?ticket={ticket}", world.game), 401),
        (format!("/v1/events/games/{}?ticket=x", world.game), 401),
    ] {
        let request = Request::get(&path).body(Body::empty()).unwrap();
        assert_eq!(world.public.clone().oneshot(request).await.unwrap().status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_page_exchanges_its_key_for_a_cookie_that_no_script_reads() {
    let world = World::new().await;
    let open = |key: &str| {
        let body = format!(r#"{{"key": " {key} "}}"#);
        Request::post("/v1/session").header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
    };
    let response = world.public.clone().oneshot(open(world.keys[&Kind::Owner].reveal())).await.unwrap();
    assert_eq!(response.status(), 204);
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict") && !cookie.contains("Secure"), "{cookie}");

    let pair = cookie.split(';').next().unwrap();
    let read = Request::get(format!("/v1/gamestate/{}", world.game)).header(header::COOKIE, pair);
    let response = world.public.clone().oneshot(read.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);

    for kind in [Kind::Revoked, Kind::Expired, Kind::NotAKey, Kind::MayPlay] {
        let response = world.public.clone().oneshot(open(world.keys[&kind].reveal())).await.unwrap();
        assert_eq!(response.status(), 401, "{kind:?}");
    }
}

#[tokio::test]
async fn the_creator_of_a_game_owns_it_and_lists_no_others() {
    let world = World::new().await;
    assert_eq!(world.store.keys().await.unwrap().len(), 9);
    for (kind, listed) in [
        (Kind::Owner, 1),
        (Kind::OtherPlayer, 0),
        (Kind::OtherTenant, 0),
        (Kind::Service, 1),
        (Kind::ServiceForOwner, 1),
        (Kind::ServiceForAnother, 0),
        (Kind::OtherService, 0),
        (Kind::Operator, 2),
    ] {
        let mut request = Request::get("/v1/gamestate")
            .header(header::AUTHORIZATION, format!("Bearer {}", world.keys[&kind].reveal()));
        match kind {
            Kind::ServiceForOwner => request = request.header("x-user", "ada"),
            Kind::ServiceForAnother => request = request.header("x-user", "bob"),
            _ => {}
        }
        let response = world.public.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let list: protocol::GameList = serde_json::from_slice(&body).unwrap();
        assert_eq!(list.games.len(), listed, "{kind:?}");
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_key_or_capability_is_revoked_or_its_ticket_is_old() {
    let world = World::new().await;
    let path = format!("/v1/events/games/{}", world.game);
    let with = |kind: Kind| {
        let key = format!("Bearer {}", world.keys[&kind].reveal());
        Request::get(&path).header(header::AUTHORIZATION, key).body(Body::empty()).unwrap()
    };
    let ticket = format!("{path}?ticket={}", world.keys[&Kind::MayRead].reveal());
    let requests = [with(Kind::Owner), with(Kind::MayPlay), Request::get(ticket).body(Body::empty()).unwrap()];
    let mut streams = Vec::new();
    for request in requests {
        let response = world.public.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        streams.push(response.into_body());
    }
    world.store.delete_key(&world.keys[&Kind::Owner].hash().id()).await.unwrap();
    world.store.delete_capability(world.game, &world.keys[&Kind::MayPlay].hash().id()).await.unwrap();
    for stream in streams {
        tokio::time::timeout(Duration::from_secs(20), to_bytes(stream, usize::MAX)).await.unwrap().unwrap();
    }
}

/// Calls of one user are limited, whatever the key, and the answer says when to come again.
#[tokio::test]
async fn a_user_who_sends_too_much_is_told_when_to_come_again() {
    let world = World::new().await;
    let models = Arc::new(Models::start(&Config::default()).await.unwrap());
    let auth = Auth::keys([(world.keys[&Kind::Operator].hash(), Holder::Operator)]);
    let limits = LimitsConfig { messages_per_minute_per_user: 1, unfinished_per_tenant: 3, ..LimitsConfig::NONE };
    let public = router(Api { limits, ..api(&world.store, &models, auth) });
    let say = async |kind: Kind| {
        let body = format!(r#"{{"game_state_id": "{}", "message": "look"}}"#, world.game);
        let mut request = Request::post("/v1/chat")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", world.keys[&kind].reveal()));
        if kind == Kind::ServiceForOwner {
            request = request.header("x-user", "ada");
        }
        public.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
    };
    assert_eq!(say(Kind::Owner).await.status(), 200);

    // Their application speaks for the same user.
    for kind in [Kind::Owner, Kind::ServiceForOwner, Kind::Service] {
        let refused = say(kind).await;
        assert_eq!(refused.status(), 429, "{kind:?}");
        let header = |name: &str| refused.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("ratelimit-policy"), "\"messages_per_minute_per_user\";q=1;w=60");
        assert!(header("ratelimit").starts_with("\"messages_per_minute_per_user\";r=0;t="));
        assert!((1..=60).contains(&header("retry-after").parse::<u64>().unwrap()));
    }
    // A guest and an operator have limits of their own, or none; all count for the tenant.
    assert_eq!(say(Kind::MayPlay).await.status(), 200);
    assert_eq!(say(Kind::MayPlay).await.status(), 429);
    assert_eq!(say(Kind::Operator).await.status(), 200);
    assert_eq!(say(Kind::Operator).await.status(), 200);
}
