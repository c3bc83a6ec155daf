//! `--plain` through pipes, against a small engine on loopback that answers each message.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::stream;
use protocol::{GameId, RequestId};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

const GAME: &str = "00000000-0000-7000-8000-000000000001";

/// The log of the game's events, as frames, and a story event that is narrated after a caller has asked what is unfinished.
struct Engine(watch::Sender<Vec<String>>, Mutex<Option<RequestId>>);

impl Engine {
    fn publish(&self, name: &str, request: RequestId, rest: &Value) {
        let mut data = json!({ "request_id": request, "game_id": GAME });
        data.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        self.0.send_modify(|log| log.push(format!("id: 1:{}\nevent: {name}\ndata: {data}\n\n", log.len() + 1)));
    }
}

async fn chat(State(engine): State<Arc<Engine>>, Json(chat): Json<Value>) -> Response {
    let message = chat["message"].as_str().unwrap();
    if message == "refused" {
        let problem = json!({ "type": "/problems/game-busy", "title": "No", "status": 409, "detail": "not now" });
        return (StatusCode::CONFLICT, [("content-type", "application/problem+json")], problem.to_string())
            .into_response();
    }
    let request = RequestId::new();
    let kind =
        json!({ "type": "chat", "status": "processing", "attempt": 1, "user_message": format!("Ada: {message}") });
    engine.publish("request.processing", request, &kind);
    let cursor = format!("1:{}", engine.0.borrow().len());
    for piece in ["You do: ", message, ".\u{1b}[31m"] {
        let chunk = json!({ "attempt": 1, "content": piece, "done": false });
        engine.publish("chat.chunk", request, &chunk);
    }
    let result =
        json!({ "message": format!("You do: {message}.\u{1b}[31m"), "turn": 1, "version": 2, "duration_ms": 1 });
    let done = json!({ "type": "chat", "status": "completed", "attempt": 1, "result": result });
    engine.publish("request.completed", request, &done);
    if message == "pull the rope" {
        *engine.1.lock().unwrap() = Some(RequestId::new());
    }
    let links = protocol::Links::of(request, GAME.parse::<GameId>().unwrap());
    let accepted =
        json!({ "request_id": request, "status": "queued", "position": 0, "cursor": cursor, "links": links });
    Json(accepted).into_response()
}

async fn lane(State(engine): State<Arc<Engine>>) -> Json<Value> {
    let asked = engine.1.lock().unwrap().take();
    if let Some(request) = asked {
        tokio::spawn(async move {
            let kind =
                json!({ "type": "story_event", "status": "processing", "attempt": 1, "user_message": "A bell." });
            engine.publish("request.processing", request, &kind);
            let result = json!({ "message": "A bell answers.", "turn": 2, "version": 3, "duration_ms": 1 });
            let done = json!({ "type": "story_event", "status": "completed", "attempt": 1, "result": result });
            engine.publish("request.completed", request, &done);
        });
    }
    let requests: Vec<RequestId> = asked.into_iter().collect();
    Json(json!({ "game_id": GAME, "state": "idle", "requests": requests }))
}

async fn events(State(engine): State<Arc<Engine>>, headers: HeaderMap) -> Response {
    let after: usize = headers["last-event-id"].to_str().unwrap().strip_prefix("1:").unwrap().parse().unwrap();
    let frames = stream::unfold((after, engine.0.subscribe()), async |(next, mut log)| {
        let frame = log.wait_for(|log| log.len() > next).await.ok()?[next].clone();
        Some((Ok::<_, std::io::Error>(frame), (next + 1, log)))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(frames)).into_response()
}

/// Starts the engine, and plays these lines through a pipe.
async fn play(lines: &str) -> Output {
    play_from(json!({}), lines).await
}

/// The same with a game that has these fields.
async fn play_from(fields: Value, lines: &str) -> Output {
    let mut game = json!({
        "id": GAME, "version": 1, "cursor": "1:0", "provider": "mock", "scenario": "ferry.json",
        "last_turn": 0, "pc": "Ada", "scene": "", "turn": 0, "is_ended": false, "exits": [], "people": [], "creatures": [],
        "things": [], "inventory": ["an oar"], "suggestions": [],
        "chat_history": [{ "role": "assistant", "content": "Fog." }],
        "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
    });
    game.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let engine = Arc::new(Engine(watch::Sender::default(), Mutex::default()));
    let router = Router::new()
        .route("/v1/gamestate/{id}", get(async move || Json(game)))
        .route("/v1/queue/games/{id}", get(lane))
        .route("/v1/scenarios", get(async || Json(json!([]))))
        .route("/v1/chat", post(chat))
        .route("/v1/events/games/{id}", get(events))
        .with_state(engine);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let lines = lines.to_owned();
    let console = move || {
        let mut console = Command::new(env!("CARGO_BIN_EXE_console"))
            .args(["--plain", "--game", GAME, "--api", &api])
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        console.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        console.wait_with_output().unwrap()
    };
    tokio::task::spawn_blocking(console).await.unwrap()
}

#[tokio::test]
async fn a_story_is_played_through_a_pipe_line_by_line() {
    let output = play("ring the bell\n/inventory\n/xyzzy\n//bow\\\nand wait\n").await;
    let text = String::from_utf8(output.stdout).unwrap();
    // The terminal escape of the model has lost its escape character.
    assert_eq!(
        text,
        "Fog.\n\nYou do: ring the bell.[31m\n\nYou carry: an oar\n\n\
         [There is no command /xyzzy. /help shows them all.]\nYou do: /bow\nand wait.[31m\n\n"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[tokio::test]
async fn a_line_from_a_pipe_waits_for_what_the_story_does_by_itself() {
    let output = play("pull the rope\nlook\n").await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, "Fog.\n\nYou do: pull the rope.[31m\n\nA bell answers.\n\nYou do: look.[31m\n\n");
}

#[tokio::test]
async fn a_message_without_an_answer_is_a_failure() {
    let output = play("refused\n").await;
    assert!(String::from_utf8(output.stdout).unwrap().contains("[Not sent: No: not now]"));
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn quit_leaves_the_rest_of_the_input_alone() {
    let output = play("/quit\nring the bell\n").await;
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "Fog.\n\n");
    assert_eq!(output.status.code(), Some(0));
}

#[tokio::test]
async fn after_the_end_every_line_is_answered_with_what_can_be_done() {
    let output = play_from(json!({ "is_ended": true }), "look\nnorth\nhello\n").await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("[The story has ended. /undo goes back, /new begins another one.]").count(), 3, "{text}");
}
