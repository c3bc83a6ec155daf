//! A server over an embedded store, a listener that reads frames as they come, and a game's turn in single steps.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use client::{Frame, Parser};
use engine::api::{Api, Auth, Guard, Overviews, Pace, StoreProbe, StreamLimits, router};
use engine::config::{Config, LimitsConfig};
use engine::http::{Limits, serve};
use engine::llm::Models;
use engine::telemetry::metrics::Metrics;
use protocol::{
    Event, GameId, IfBusy, RequestCompleted, RequestId, RequestStatus, RequestType, StateUpdated, TurnRecord,
    TurnResult, Usage,
};
use reqwest::Response;
use store::embedded::EmbeddedStore;
use store::{
    Claim, Commit, Completion, GameChange, GameContents, GameDocument, IdempotencyKey, NewRequest, Rewrite,
    SharedStore, StoreOptions, StoredTurn, Terms, TurnEvents, TurnLimits, Undo, WorkerId,
};
use story::Library;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a test waits for something that must happen.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// What a test may want to be otherwise.
pub(crate) struct Setup {
    pub(crate) max_streams: usize,
    pub(crate) max_streams_per_client: usize,
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_address: usize,
    pub(crate) header_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) trusted_proxies: usize,
    pub(crate) cors_origins: &'static str,
    pub(crate) keepalive: Duration,
    pub(crate) write_timeout: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            max_streams: 10_000,
            max_streams_per_client: 10_000,
            max_connections: 10_000,
            max_connections_per_address: 10_000,
            header_timeout: Duration::from_mins(10),
            body_timeout: Duration::from_mins(10),
            trusted_proxies: 0,
            cors_origins: "[]",
            keepalive: Duration::from_secs(30),
            write_timeout: Duration::from_mins(10),
        }
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) drain: CancellationToken,
    pub(crate) ended: JoinHandle<()>,
    client: reqwest::Client,
}

pub(crate) fn store() -> SharedStore {
    store_with(StoreOptions::default())
}

pub(crate) fn store_with(options: StoreOptions) -> SharedStore {
    Arc::new(EmbeddedStore::in_memory(options).unwrap())
}

impl Server {
    pub(crate) async fn start(store: &SharedStore) -> Self {
        Self::with(store, Setup::default()).await
    }

    /// The routes of a server, to be called without a connection.
    pub(crate) async fn routes(store: &SharedStore, setup: &Setup, drain: &CancellationToken) -> Router {
        router(Api {
            store: Arc::clone(store),
            library: Arc::new(Library::default()),
            models: Arc::new(Models::start(&Config::default()).await.unwrap()),
            history: 80,
            story_event_batch: 1,
            language: None,
            metrics: Metrics::detached(),
            probe: StoreProbe::new(Arc::clone(store)),
            turns: TurnLimits::default(),
            import_max: 1 << 20,
            answers_max: 1 << 20,
            imports: Arc::default(),
            archive: None,
            pace: Pace { keepalive: setup.keepalive, retry: Duration::from_millis(1), ticket: Duration::from_hours(1) },
            overviews: Overviews::new(Arc::clone(store), LimitsConfig::NONE, None),
            streams: Arc::new(StreamLimits::new(setup.max_streams, setup.max_streams_per_client)),
            trusted_proxies: setup.trusted_proxies,
            auth: Auth::open(),
            tiers: LimitsConfig::NONE.into(),
            ticket_lifetime: Duration::from_mins(1),
            guard: Guard { origins: serde_json::from_str(setup.cors_origins).unwrap(), ..Guard::default() },
            drain: drain.clone(),
        })
    }

    pub(crate) async fn with(store: &SharedStore, setup: Setup) -> Self {
        let drain = CancellationToken::new();
        let routes = Self::routes(store, &setup, &drain).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limits = Limits {
            max_connections: setup.max_connections,
            max_connections_per_address: setup.max_connections_per_address,
            header_timeout: setup.header_timeout,
            body_timeout: setup.body_timeout,
            write_timeout: setup.write_timeout,
        };
        let ended = tokio::spawn(serve(listener, routes, limits, drain.clone()));
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        Self { address, drain, ended, client }
    }

    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("http://{}{path}", self.address))
    }

    pub(crate) fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(format!("http://{}{path}", self.address))
    }

    /// Listens to a game. `query` begins with `?`, or is empty.
    pub(crate) async fn listen(&self, game: GameId, query: &str) -> Listener {
        Listener::new(self.get(&format!("/v1/events/games/{game}{query}")).send().await.unwrap())
    }

    pub(crate) async fn listen_to_request(&self, request: RequestId) -> Listener {
        Listener::new(self.get(&format!("/v1/events/requests/{request}")).send().await.unwrap())
    }
}

/// One connection to an event stream.
pub(crate) struct Listener {
    pub(crate) response: Response,
    parser: Parser,
    frames: VecDeque<Frame>,
}

impl Listener {
    pub(crate) fn new(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        Self { response, parser: Parser::default(), frames: VecDeque::new() }
    }

    /// The next frame; none at the end.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        while self.frames.is_empty() {
            let bytes = tokio::time::timeout(TIMEOUT, self.response.chunk()).await.unwrap().unwrap()?;
            self.parser.push(&bytes, &mut self.frames).unwrap();
        }
        self.frames.pop_front()
    }

    /// The next event with its id; none at the end.
    pub(crate) async fn event(&mut self) -> Option<(Option<String>, Event)> {
        loop {
            if let Frame::Event { name, data, id } = self.frame().await? {
                return Some((id, Event::parse(&name, &data).unwrap()));
            }
        }
    }

    /// Events up to and with the first of a name, as names; chunks with their text.
    pub(crate) async fn until(&mut self, last: &str) -> Vec<String> {
        let mut seen = Vec::new();
        while let Some((_, event)) = self.event().await {
            seen.push(match &event {
                Event::ChatChunk(chunk) => format!("chunk {}: {}", chunk.attempt, chunk.content),
                event => event.name().to_string(),
            });
            if event.name().as_str() == last {
                break;
            }
        }
        seen
    }
}

pub(crate) fn document() -> GameDocument {
    GameDocument { provider: "offline".to_owned(), ..GameDocument::default() }
}

pub(crate) async fn new_game(store: &SharedStore) -> GameId {
    let game = GameId::new();
    store.create_game(game, &GameContents::new(document(), Vec::new())).await.unwrap();
    game
}

/// Appends one event to a game that is of version `version`.
pub(crate) async fn append(store: &SharedStore, game: GameId, version: u64, updated: &StateUpdated) {
    let change = GameChange {
        game,
        expected: version,
        if_busy: IfBusy::Reject,
        key: IdempotencyKey { key: version.to_string(), fingerprint: String::new() },
        document: document(),
        history: Rewrite::none(),
        turns: Rewrite::none(),
        tries: None,
        event: updated.clone().into(),
        request: None,
        charges: Vec::new(),
    };
    store.change_game(&change).await.unwrap();
}

/// A change of a game's state.
pub(crate) fn state_updated(game_id: GameId, version: u64) -> StateUpdated {
    StateUpdated {
        request_id: None,
        game_id,
        version,
        turn: 0,
        location: String::new(),
        scene: String::new(),
        is_ended: false,
        changes: Vec::new(),
    }
}

/// Queues a message.
pub(crate) async fn say(store: &SharedStore, game: GameId, text: &str) -> RequestId {
    let request = NewRequest {
        id: RequestId::new(),
        game,
        kind: RequestType::Chat,
        message: text.to_owned(),
        actor: None,
        user_message: text.to_owned(),
        priority: protocol::Priority::default(),
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
    };
    store.enqueue(&request, &Terms::default()).await.unwrap();
    request.id
}

/// Claims the next request.
pub(crate) async fn claim(store: &SharedStore) -> Claim {
    store.claim(&WorkerId::fixed("tester"), rand::random(), 1).await.unwrap().claims.pop().unwrap()
}

/// Ends a claimed turn, whose narration came in these pieces so far and ends with `last`.
pub(crate) async fn finish(store: &SharedStore, claim: &Claim, pieces: u64, last: &str, text: &str) {
    let (lease, narrated) = (
        &claim.lease,
        Completion {
            text: text.to_owned(),
            usage: Usage::default(),
            cut_short: false,
            summary: None,
            given_up: None,
            also_told: Vec::new(),
        },
    );
    store.checkpoint_narration(lease, pieces + 1, last, &narrated).await.unwrap();
    let result = TurnResult {
        message: text.to_owned(),
        turn: 1,
        version: claim.game.version + 1,
        duration_ms: 1,
        rejections: Vec::new(),
        usage: Usage::default(),
        cut_short: false,
        told_with: None,
    };
    let completed = RequestCompleted {
        request_id: lease.request,
        game_id: lease.game,
        kind: RequestType::Chat,
        status: RequestStatus::Completed,
        attempt: lease.attempt,
        result: result.clone(),
    };
    let commit = Commit {
        base_version: claim.game.version,
        document: GameDocument { turns: Some(claim.game.version), ..document() },
        turn: Vec::new(),
        record: StoredTurn {
            record: TurnRecord { turn: claim.game.version, request_id: lease.request, ..TurnRecord::default() },
            undo: Undo::TooLarge,
            messages_before: 0,
            prompts: None,
        },
        ends_choice: false,
        result,
        events: TurnEvents {
            state_updated: StateUpdated {
                request_id: Some(lease.request),
                ..state_updated(lease.game, claim.game.version + 1)
            },
            completed,
        },
        companions: Vec::new(),
        story_events: Vec::new(),
        used: None,
    };
    let worker = WorkerId::fixed("ada");
    store.commit_and_claim(lease, &commit, &worker, 0, 0).await.committed.unwrap();
}
