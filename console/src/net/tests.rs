//! The network's side against a small engine on loopback.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use client::{Client, Settings};
use protocol::{
    ChatAccepted, ChatRequest, EventId, ExportFormat, Links, Priority, Problem, ProblemType, RequestStatus,
};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::{Timing, check, run};
use crate::app::{Command, Link, NetMessage};
use crate::fixture::{chunk, game, game_json, no_game, request};

async fn listen(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn serve(router: Router) -> Client {
    Client::new(&format!("http://{}", listen(router).await)).unwrap()
}

fn accepted(chat: &ChatRequest) -> ChatAccepted {
    ChatAccepted {
        request_id: request(1),
        status: RequestStatus::Queued,
        position: 0,
        priority: Priority::Normal,
        cursor: EventId { epoch: 1, offset: 7 },
        links: Links::of(request(1), chat.game_state_id),
    }
}

fn start(client: Client) -> (UnboundedSender<Command>, UnboundedReceiver<NetMessage>) {
    let (commands, inbox) = mpsc::unbounded_channel();
    let (outbox, answers) = mpsc::unbounded_channel();
    let timing = Timing { pause: Duration::from_millis(1), silence: Duration::from_millis(20), ..Timing::default() };
    tokio::spawn(run(client, timing, inbox, outbox));
    (commands, answers)
}

fn refuse(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap();
    (status, [("content-type", "application/problem+json")], serde_json::to_string(problem).unwrap()).into_response()
}

/// A game with one queued request, whose events begin after its cursor.
fn engine() -> Router {
    let show = async |Path(id): Path<String>| {
        if id == game().id.to_string() {
            return Json(game_json()).into_response();
        }
        refuse(&Problem::new(ProblemType::UnknownGame, format!("there is no game {id}")))
    };
    let lane = async || Json(json!({"game_id": game().id, "state": "ready", "requests": [request(1)]}));
    let waiting = async || {
        Json(json!({
            "request_id": request(1), "type": "chat", "game_id": game().id, "status": "queued", "attempt": 0,
            "message": "Ada: wait", "enqueued_at": "2026-01-02T03:04:05Z", "links": Links::of(request(1), game().id),
        }))
    };
    let scenarios = async || Json(json!([{"id": "night_ferry", "name": "The Night Ferry", "rating": "G"}]));
    let events = async |headers: HeaderMap| {
        assert_eq!(headers["last-event-id"], "1:7");
        let event = protocol::Event::from(chunk(1, "Well.", false));
        let frame = format!("id: 1:8\nevent: {}\ndata: {}\n\n", event.name(), event.data());
        ([("content-type", "text/event-stream")], frame)
    };
    Router::new()
        .route("/health", get(async || "ok"))
        .route("/v1/gamestate/{id}", get(show))
        .route("/v1/queue/games/{id}", get(lane))
        .route("/v1/requests/{id}", get(waiting))
        .route("/v1/scenarios", get(scenarios))
        .route("/v1/events/games/{id}", get(events))
}

#[tokio::test]
async fn a_game_is_opened_with_what_it_has_not_answered_and_listened_to_from_there() {
    let (commands, mut answers) = start(serve(engine()).await);
    commands.send(Command::Open { game: game().id, keep_trying: false }).unwrap();
    let Some(NetMessage::Opened(Ok(opened))) = answers.recv().await else { panic!("not opened") };
    assert_eq!((opened.scenario.as_str(), opened.game.id), ("The Night Ferry", game().id));
    assert_eq!(opened.unfinished.len(), 1);
    assert!(matches!(answers.recv().await, Some(NetMessage::Link(Link::Live))));
    let Some(NetMessage::Event(protocol::Event::ChatChunk(chunk))) = answers.recv().await else { panic!("no chunk") };
    assert_eq!(chunk.content, "Well.");
    assert!(matches!(answers.recv().await, Some(NetMessage::Link(Link::Reconnecting(_)))));
}

#[tokio::test]
async fn a_game_that_was_left_before_it_was_open_does_not_open() {
    let (commands, mut answers) = start(serve(engine()).await);
    commands.send(Command::Open { game: game().id, keep_trying: false }).unwrap();
    commands.send(Command::Leave).unwrap();
    commands.send(Command::Open { game: no_game(), keep_trying: false }).unwrap();
    assert!(matches!(answers.recv().await, Some(NetMessage::Opened(Err(error))) if error.contains("there is no game")));
}

#[tokio::test]
async fn a_message_that_is_refused_for_now_is_sent_again_under_its_key() {
    let keys = Arc::new(std::sync::Mutex::new(Vec::new()));
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&keys);
    let chat = async move |headers: HeaderMap, Json(chat): Json<ChatRequest>| {
        seen.lock().unwrap().push(headers["idempotency-key"].clone());
        if calls.fetch_add(1, Ordering::SeqCst) < 2 {
            return refuse(&Problem::new(ProblemType::StoreUnavailable, "it is down"));
        }
        Json(accepted(&chat)).into_response()
    };
    let (commands, mut answers) = start(serve(Router::new().route("/v1/chat", post(chat))).await);
    commands.send(Command::Send { local: 5, game: game().id, message: "wait".to_owned() }).unwrap();
    assert!(matches!(answers.recv().await, Some(NetMessage::Accepted { local: 5, .. })));
    let keys = keys.lock().unwrap();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]));
}

#[tokio::test]
async fn a_message_whose_answer_is_lost_is_sent_again_under_its_key() {
    let keys = Arc::new(std::sync::Mutex::new(Vec::new()));
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&keys);
    let chat = async move |headers: HeaderMap, Json(chat): Json<ChatRequest>| {
        seen.lock().unwrap().push(headers["idempotency-key"].clone());
        match calls.fetch_add(1, Ordering::SeqCst) {
            0 => std::future::pending().await,
            1 => (StatusCode::BAD_GATEWAY, "the proxy has lost it").into_response(),
            _ => Json(accepted(&chat)).into_response(),
        }
    };
    let address = listen(Router::new().route("/v1/chat", post(chat))).await;
    let settings = Settings { request_timeout: Duration::from_millis(50), ..Settings::default() };
    let (commands, mut answers) = start(Client::with_settings(&format!("http://{address}"), settings).unwrap());
    commands.send(Command::Send { local: 5, game: game().id, message: "wait".to_owned() }).unwrap();
    let answer = answers.recv().await;
    assert!(matches!(answer, Some(NetMessage::Accepted { local: 5, .. })), "{answer:?}");
    let keys = keys.lock().unwrap();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]));
}

#[tokio::test]
async fn where_no_event_gets_through_the_console_asks_for_the_answer() {
    let show = async || Json(game_json());
    let lane = async || Json(json!({"game_id": game().id, "state": "idle", "requests": []}));
    let done = async || {
        Json(json!({
            "request_id": request(1), "type": "chat", "game_id": game().id, "status": "completed", "attempt": 1,
            "message": "Ada: wait", "enqueued_at": "2026-01-02T03:04:05Z", "links": Links::of(request(1), game().id),
            "result": {"message": "You wait.", "turn": 2, "version": 3, "duration_ms": 1},
        }))
    };
    let chat = async |Json(chat): Json<ChatRequest>| Json(accepted(&chat));
    let silent = async || std::future::pending::<Response>().await;
    let router = Router::new()
        .route("/v1/gamestate/{id}", get(show))
        .route("/v1/queue/games/{id}", get(lane))
        .route("/v1/requests/{id}", get(done))
        .route("/v1/scenarios", get(async || Json(json!([]))))
        .route("/v1/chat", post(chat))
        .route("/v1/events/games/{id}", get(silent));
    let (commands, mut answers) = start(serve(router).await);
    commands.send(Command::Open { game: game().id, keep_trying: false }).unwrap();
    assert!(matches!(answers.recv().await, Some(NetMessage::Opened(Ok(_)))));
    commands.send(Command::Send { local: 5, game: game().id, message: "wait".to_owned() }).unwrap();
    assert!(matches!(answers.recv().await, Some(NetMessage::Accepted { .. })));
    assert!(matches!(answers.recv().await, Some(NetMessage::Link(Link::Polling))));
    let Some(NetMessage::Event(protocol::Event::RequestCompleted(event))) = answers.recv().await else {
        panic!("not asked for")
    };
    assert_eq!(event.result.message, "You wait.");
    assert!(matches!(answers.recv().await, Some(NetMessage::Looked { .. })));
}

#[tokio::test]
async fn a_narration_after_a_retry_is_followed_from_its_beginning() {
    // The change is event 8, the request's are 9 to 11, and the game is read when all of them have happened.
    let (reads, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let show = async move || {
        let mut game = game_json();
        if reads.fetch_add(1, Ordering::SeqCst) >= 2 {
            game["cursor"] = json!("1:11");
        }
        Json(game)
    };
    let lane = async || Json(json!({"game_id": game().id, "state": "active", "requests": [request(1)]}));
    let running = async || {
        Json(json!({
            "request_id": request(1), "type": "chat", "game_id": game().id, "status": "processing", "attempt": 1,
            "message": "Ada: wait", "enqueued_at": "2026-01-02T03:04:05Z", "links": Links::of(request(1), game().id),
        }))
    };
    let rewound = json!({
        "game_id": game().id, "cause": "retry", "version": 3, "turn": 0, "location": "", "scene": "", "is_ended": false,
    });
    let events = async move |headers: HeaderMap| {
        assert_eq!(headers["last-event-id"], ["1:7", "1:8"][asked.fetch_add(1, Ordering::SeqCst).min(1)]);
        let after: u64 = headers["last-event-id"].to_str().unwrap()[2..].parse().unwrap();
        let mut log = vec![(8, "game.rewound", rewound.to_string())];
        for (id, text) in [(9, "You "), (10, "wait"), (11, " here")] {
            let event = protocol::Event::from(chunk(1, text, false));
            log.push((id, "chat.chunk", event.data()));
        }
        let frames = log.into_iter().filter(|(id, ..)| *id > after);
        let frames: Vec<String> =
            frames.map(|(id, name, data)| format!("id: 1:{id}\nevent: {name}\ndata: {data}\n\n")).collect();
        ([("content-type", "text/event-stream")], frames.concat())
    };
    let router = Router::new()
        .route("/v1/gamestate/{id}", get(show))
        .route("/v1/queue/games/{id}", get(lane))
        .route("/v1/requests/{id}", get(running))
        .route("/v1/scenarios", get(async || Json(json!([]))))
        .route("/v1/events/games/{id}", get(events));
    let (commands, mut answers) = start(serve(router).await);
    commands.send(Command::Open { game: game().id, keep_trying: false }).unwrap();
    let mut text = String::new();
    while text != "You wait here" {
        match answers.recv().await.unwrap() {
            NetMessage::Reset => commands.send(Command::Open { game: game().id, keep_trying: true }).unwrap(),
            NetMessage::Event(protocol::Event::ChatChunk(chunk)) => text.push_str(&chunk.content),
            NetMessage::Opened(Err(error)) => panic!("{error}"),
            _ => {}
        }
        assert!("You wait here".starts_with(&text), "{text}");
    }
}

#[tokio::test]
async fn a_message_that_is_refused_is_not_sent_again() {
    let chat = async || refuse(&Problem::new(ProblemType::GameEnded, "nothing more happens here"));
    let (commands, mut answers) = start(serve(Router::new().route("/v1/chat", post(chat))).await);
    commands.send(Command::Send { local: 5, game: game().id, message: "wait".to_owned() }).unwrap();
    let Some(NetMessage::NotSent { local: 5, reason }) = answers.recv().await else { panic!("sent") };
    assert_eq!(reason, "The story is over: nothing more happens here");
}

#[tokio::test]
async fn what_is_missing_is_found_out_before_the_screen_is_taken() {
    let client = serve(engine()).await;
    check(&client, None).await.unwrap();
    check(&client, Some(game().id)).await.unwrap();
    let error = check(&client, Some(no_game())).await.unwrap_err();
    assert_eq!(error.problem_type(), Some(ProblemType::UnknownGame));
}

#[tokio::test]
async fn a_game_is_written_to_a_file_and_never_over_one() {
    let show = async |RawQuery(query): RawQuery| format!("as {}", query.unwrap_or_default());
    let (commands, mut answers) = start(serve(Router::new().route("/v1/gamestate/{id}/export", get(show))).await);
    let directory = std::env::temp_dir().join(format!("console-{}", request(1)));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("ferry.md");
    drop(std::fs::remove_file(&file));
    let export = Command::Export { game: game().id, format: ExportFormat::Markdown, file: file.clone() };
    commands.send(export.clone()).unwrap();
    assert!(matches!(answers.recv().await, Some(NetMessage::Exported { .. })));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "as format=markdown");
    commands.send(export).unwrap();
    let Some(NetMessage::Refused(reason)) = answers.recv().await else { panic!("it was written over") };
    assert!(reason.contains("could not be written"), "{reason}");
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_player_who_may_not_look_at_the_queue_learns_from_the_stream_what_is_unfinished() {
    let lane = async || refuse(&Problem::new(ProblemType::NotFound, "nothing is served here"));
    let waiting = json!({
        "request_id": request(1), "game_id": game().id, "version": 2, "cursor": "1:7",
        "unfinished": [{ "request_id": request(1), "type": "chat", "status": "queued", "attempt": 0, "user_message": "Ada: wait", "text": "" }],
    });
    let frame = format!("id: 1:7\nevent: stream.snapshot\ndata: {waiting}\n\n");
    let events = async move || ([("content-type", "text/event-stream")], frame);
    let router = Router::new().route("/v1/queue/games/{id}", get(lane)).route("/v1/events/games/{id}", get(events));
    assert_eq!(super::unfinished(&serve(router).await, game().id).await.unwrap(), [request(1)]);
}
