//! A game that is exported from one store and imported into another one through the API, and brought back.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[expect(dead_code, reason = "most of it is for the conformance suite of the stores")]
#[path = "../../store/tests/conformance/bench.rs"]
mod bench;
#[expect(dead_code, reason = "most of it is for the conformance suite of the stores")]
#[path = "../../store/tests/conformance/fixture.rs"]
mod fixture;
#[path = "../../store/tests/conformance/redis_cluster.rs"]
mod redis_cluster;
#[expect(dead_code, reason = "most of it is for the conformance suite of the stores")]
#[path = "../../store/tests/conformance/redis_server.rs"]
mod redis_server;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use engine::api::{Api, Auth, Guard, Overviews, Pace, StoreProbe, StreamLimits, router};
use engine::config::{Config, LimitsConfig};
use engine::llm::Models;
use engine::telemetry::metrics::Metrics;
use protocol::{GameExport, GameId, GameView, ImportGame, ImportIds};
use serde::de::DeserializeOwned;
use store::{GameContents, GameDocument, SharedStore, TurnLimits};
use story::{ChatMessage, GameState};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::bench::{Bench, on_cluster, on_embedded, on_redis};
use crate::fixture::{document, enqueue, game_id, run_all};

/// The API over a store, with the shipped content.
async fn api(store: &SharedStore) -> Router {
    router(Api {
        store: Arc::clone(store),
        library: Arc::new(engine::content::load(None).unwrap()),
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
        overviews: Overviews::new(Arc::clone(store), LimitsConfig::NONE, None),
        pace: Pace {
            keepalive: Duration::from_secs(30),
            retry: Duration::from_secs(1),
            ticket: Duration::from_hours(1),
        },
        streams: Arc::new(StreamLimits::new(10, 10)),
        trusted_proxies: 0,
        auth: Auth::open(),
        tiers: LimitsConfig::NONE.into(),
        ticket_lifetime: Duration::from_mins(1),
        guard: Guard::default(),
        drain: CancellationToken::new(),
    })
}

async fn answer<T: DeserializeOwned>(api: &Router, request: Request<Body>) -> T {
    let response = api.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

async fn export(api: &Router, game: GameId) -> GameExport {
    let path = format!("/v1/gamestate/{game}/export");
    answer(api, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn import(api: &Router, game: GameExport, ids: ImportIds) -> GameView {
    let import = serde_json::to_vec(&ImportGame { game, ids, provider: None }).unwrap();
    let request = Request::post("/v1/gamestate/import").header(header::CONTENT_TYPE, "application/json");
    answer(api, request.body(Body::from(import)).unwrap()).await
}

/// What does not depend on when and under which id it was written.
fn kept(export: &GameExport, id: GameId) -> GameExport {
    GameExport { id, exported_at: jiff::Timestamp::UNIX_EPOCH, ..export.clone() }
}

async fn a_game_moves_to_another_store_and_back(bench: Bench) {
    let (here, elsewhere) = (bench.store().await, Bench::embedded());
    let there = elsewhere.store().await;
    let game = game_id();
    let state = GameState { scenario: "ferry_crossing.json".to_owned(), ..GameState::default() };
    let contents = GameContents {
        name: Some("Fog".to_owned()),
        ..GameContents::new(GameDocument { state, ..document() }, vec![ChatMessage::assistant("Fog.")])
    };
    here.create_game(game, &contents).await.unwrap();
    for text in ["one", "two", "three"] {
        enqueue(&here, game, text).await;
    }
    run_all(&here).await;
    let (origin, target) = (api(&here).await, api(&there).await);

    let first = export(&origin, game).await;
    assert_eq!((first.last_turn, first.turns.len(), first.chat_history.len()), (3, 3, 7));
    let moved = import(&target, first.clone(), ImportIds::Keep).await;
    assert_eq!((moved.id, moved.last_turn, moved.chat_history.len()), (game, 3, 7));
    let second = export(&target, game).await;
    assert_eq!(kept(&second, game), kept(&first, game));

    // It is played on there, and comes back with what has happened.
    enqueue(&there, game, "four").await;
    run_all(&there).await;
    let third = export(&target, game).await;
    here.delete_game(game, None).await.unwrap();
    import(&origin, third.clone(), ImportIds::Keep).await;
    let fourth = export(&origin, game).await;
    assert_eq!(kept(&fourth, game), kept(&third, game));
    assert_eq!((fourth.last_turn, fourth.chat_history.len()), (4, 9));

    // Beside itself it gets another id, and nothing else.
    let copy = import(&origin, third.clone(), ImportIds::New).await.id;
    assert_ne!(copy, game);
    assert_eq!(kept(&export(&origin, copy).await, game), kept(&third, game));
}

#[tokio::test]
async fn a_game_moves_from_redis_to_another_store_and_back() {
    on_redis(a_game_moves_to_another_store_and_back).await;
}

#[tokio::test]
async fn a_game_moves_from_a_cluster_to_another_store_and_back() {
    on_cluster(a_game_moves_to_another_store_and_back).await;
}

#[tokio::test]
async fn a_game_moves_from_one_embedded_store_to_another_and_back() {
    on_embedded(a_game_moves_to_another_store_and_back).await;
}

async fn another_document_is_not_imported_under_the_key_of_a_first_one(bench: Bench) {
    let store = bench.store().await;
    let game = game_id();
    let state = GameState { scenario: "ferry_crossing.json".to_owned(), ..GameState::default() };
    let contents = GameContents::new(GameDocument { state, ..document() }, vec![ChatMessage::assistant("Fog.")]);
    store.create_game(game, &contents).await.unwrap();
    let api = api(&store).await;
    let saved = export(&api, game).await;
    let import = async |game: &GameExport| {
        let body = serde_json::to_vec(&ImportGame { game: game.clone(), ids: ImportIds::New, provider: None }).unwrap();
        let request = Request::post("/v1/gamestate/import").header(header::CONTENT_TYPE, "application/json");
        let request = request.header("idempotency-key", "1").body(Body::from(body)).unwrap();
        let response = api.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice::<serde_json::Value>(&body).unwrap())
    };

    let (status, first) = import(&saved).await;
    assert_eq!(status, 201, "{first}");
    let imported: GameId = serde_json::from_value(first["id"].clone()).unwrap();
    // It is the same one also when it has been played meanwhile.
    enqueue(&store, imported, "one").await;
    run_all(&store).await;
    let (status, again) = import(&saved).await;
    assert_eq!((status, &again["id"], &again["last_turn"]), (201, &first["id"], &1.into()), "{again}");
    let (status, problem) = import(&GameExport { name: Some("Another".to_owned()), ..saved }).await;
    assert_eq!((status, problem["type"].as_str()), (422, Some("/problems/idempotency-key-reused")), "{problem}");
}

#[tokio::test]
async fn a_key_of_an_import_belongs_to_its_document_on_redis() {
    on_redis(another_document_is_not_imported_under_the_key_of_a_first_one).await;
}

#[tokio::test]
async fn a_key_of_an_import_belongs_to_its_document_in_a_cluster() {
    on_cluster(another_document_is_not_imported_under_the_key_of_a_first_one).await;
}

#[tokio::test]
async fn a_key_of_an_import_belongs_to_its_document_in_the_embedded_store() {
    on_embedded(another_document_is_not_imported_under_the_key_of_a_first_one).await;
}
