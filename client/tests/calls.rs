//! Calls and their errors over real connections.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[expect(dead_code, reason = "these tests need the loopback server, not the scripted streams")]
mod common;

use axum::Json;
use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use client::{Client, ClientError};
use common::{client, serve};
use protocol::{
    ChatAccepted, ChatRequest, EventId, GameId, IfBusy, Links, Priority, Problem, ProblemType, RequestId, RequestStatus,
};
use serde_json::json;

fn message(game_state_id: GameId) -> ChatRequest {
    ChatRequest {
        game_state_id,
        message: "look".to_owned(),
        actor: None,
        if_busy: IfBusy::Enqueue,
        priority: Priority::Normal,
        stream: None,
    }
}

fn refuse(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap();
    let headers = [("content-type", "application/problem+json"), ("retry-after", "7")];
    (status, headers, serde_json::to_string(problem).unwrap()).into_response()
}

#[tokio::test]
async fn a_message_is_accepted_under_its_key() {
    let chat = async |headers: HeaderMap, Json(request): Json<ChatRequest>| {
        assert_eq!(headers["idempotency-key"], "k1");
        let request_id = RequestId::new();
        Json(ChatAccepted {
            request_id,
            status: RequestStatus::Queued,
            position: 2,
            priority: Priority::Normal,
            cursor: EventId { epoch: 1, offset: 4 },
            links: Links::of(request_id, request.game_state_id),
        })
    };
    let client = client(serve(Router::new().route("/v1/chat", post(chat))).await);
    let accepted = client.chat_once(&message(GameId::new()), "k1").await.unwrap();
    assert_eq!((accepted.position, accepted.cursor.offset), (2, 4));
}

#[tokio::test]
async fn a_request_is_withdrawn_by_its_id() {
    let id = RequestId::new();
    let path = format!("/v1/requests/{id}");
    let refused = Problem::new(ProblemType::RequestFinished, "the request is completed");
    let router = Router::new().route(&path, axum::routing::delete(async move || refuse(&refused)));
    let error = client(serve(router).await).cancel(id).await.unwrap_err();
    assert_eq!(error.problem_type(), Some(ProblemType::RequestFinished));
}

#[tokio::test]
async fn a_refusal_is_the_engines_problem() {
    let problem = Problem::new(ProblemType::GameBusy, "it has one unfinished request");
    let answer = problem.clone();
    let client = client(serve(Router::new().route("/v1/chat", post(async move || refuse(&answer)))).await);
    let error = client.chat(&message(GameId::new())).await.unwrap_err();
    assert_eq!(error.problem(), Some(&problem));
    assert_eq!(error.problem_type(), Some(ProblemType::GameBusy));
    assert_eq!(error.retry_after().map(|wait| wait.as_secs()), Some(7));
    assert!(!error.is_transient());
    assert_eq!(error.to_string(), "The game is busy: it has one unfinished request");
}

#[tokio::test]
async fn a_call_may_have_had_an_effect_where_the_store_did_not_answer() {
    for (kind, had_no_effect) in
        [(ProblemType::StoreUnavailable, false), (ProblemType::Internal, false), (ProblemType::QueueFull, true)]
    {
        let problem = Problem::new(kind, "why");
        let client = client(serve(Router::new().route("/v1/chat", post(async move || refuse(&problem)))).await);
        let error = client.chat(&message(GameId::new())).await.unwrap_err();
        assert_eq!(error.had_no_effect(), had_no_effect, "{kind:?}");
    }
}

#[tokio::test]
async fn a_foreign_answer_is_quoted_with_its_url() {
    let page = async || (StatusCode::BAD_GATEWAY, "<h1>nginx</h1>\n  is tired");
    let client = client(serve(Router::new().fallback(page)).await);
    let error = client.queue().await.unwrap_err();
    assert!(error.is_transient());
    let text = error.to_string();
    assert!(text.contains("/v1/queue: 502 Bad Gateway: <h1>nginx</h1> is tired"), "{text}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_says_where() {
    let client = client(serve(Router::new().route("/v1/queue", get(async || Json(json!({"depth": "many"}))))).await);
    let error = client.queue().await.unwrap_err();
    assert!(matches!(error, ClientError::Decode { .. }));
    assert!(error.to_string().contains("line 1 column"), "{error}");
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_an_error_with_its_cause() {
    let address = serve(Router::new()).await;
    // Port 1 is nobody's on loopback.
    let client = Client::new(&format!("http://{}:1", address.ip())).unwrap();
    let error = client.health().await.unwrap_err();
    assert!(matches!(error, ClientError::Transport { .. }) && error.is_transient());
    assert!(error.to_string().contains("Connection refused"), "{error}");
}

#[tokio::test]
async fn a_patch_names_the_version_that_it_is_meant_for() {
    let patched = async |Path(_): Path<String>, headers: HeaderMap, Json(body): Json<serde_json::Value>| {
        assert_eq!(headers["if-match"], "\"12\"");
        assert_eq!(body, json!({"turn_counter": 0}));
        refuse(&Problem::new(ProblemType::VersionConflict, "it is 13 by now"))
    };
    let client = client(serve(Router::new().route("/v1/gamestate/{id}", patch(patched))).await);
    let error = client.patch_game(GameId::new(), &json!({"turn_counter": 0}), Some(12)).await.unwrap_err();
    assert_eq!(error.problem_type(), Some(ProblemType::VersionConflict));
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let page = async |RawQuery(query): RawQuery| {
        assert_eq!(query.as_deref(), Some("limit=5&after=a%2Fb%26c"));
        Json(json!({"games": [], "next": null}))
    };
    let client = client(serve(Router::new().route("/v1/gamestate", get(page))).await);
    let list = client.games(Some(5), Some("a/b&c")).await.unwrap();
    assert!(list.games.is_empty() && list.next.is_none());
}

#[tokio::test]
async fn a_scenario_is_about_its_story() {
    let scenarios =
        async || Json(json!([{"id": "ferry", "name": "The Ferry", "story": "Fog.", "rating": "PG", "x": 1}]));
    let client = client(serve(Router::new().route("/v1/scenarios", get(scenarios))).await);
    let list = client.scenarios().await.unwrap();
    assert_eq!((&*list[0].id, &*list[0].story, &*list[0].rating), ("ferry", "Fog.", "PG"));
}

#[tokio::test]
async fn a_key_is_sent_with_every_call_and_not_shown() {
    let scenarios = async |headers: HeaderMap| {
        assert_eq!(headers["authorization"], "Bearer se_1");
        Json(json!([]))
    };
    let client = client(serve(Router::new().route("/v1/scenarios", get(scenarios))).await).with_key(" se_1\n");
    assert!(client.scenarios().await.unwrap().is_empty());
    assert!(!format!("{client:?}").contains("se_1"));
}
