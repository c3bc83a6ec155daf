//! A loopback engine that answers event streams from a script, one entry a connection, and reports what it was asked.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use client::{Client, Settings};
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::stream::{self, StreamExt as _};
use protocol::{Attempt, ChatChunk, Event, EventId, GameId, RequestId};
use tokio::net::TcpListener;

/// What one connection is answered.
pub(crate) enum ScriptedResponse {
    /// These bytes, then the end.
    Stream(String),
    /// These bytes, then a hang-up in the middle of the body.
    Break(String),
    /// These bytes, then silence. The sender is notified when the reader has hung up.
    Hold(String, UnboundedSender<()>),
    /// No stream.
    Refuse(StatusCode, &'static str, String),
}

/// Handed the value that each connection sent as Last-Event-ID.
pub(crate) struct Asked(UnboundedReceiver<Option<String>>);

impl Asked {
    /// What the next connection asked for.
    pub(crate) async fn next(&mut self) -> Option<String> {
        self.0.next().await.expect("the engine has been asked")
    }
}

struct Script {
    answers: Mutex<VecDeque<ScriptedResponse>>,
    asked: UnboundedSender<Option<String>>,
}

/// Notifies of its own drop.
struct HangUp(UnboundedSender<()>);

impl Drop for HangUp {
    fn drop(&mut self) {
        let _ = self.0.unbounded_send(());
    }
}

/// Serves the answers in turn; a connection beyond the last of them is answered 204.
pub(crate) async fn engine(answers: impl IntoIterator<Item = ScriptedResponse>) -> (Client, Asked) {
    let (asked, receiver) = unbounded();
    let script = Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), asked });
    let address = serve(Router::new().fallback(answer).with_state(script)).await;
    (client(address), Asked(receiver))
}

/// Serves a router on loopback for as long as the test runs.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A client that does not wait long.
pub(crate) fn client(address: SocketAddr) -> Client {
    let settings = Settings {
        idle_timeout: std::time::Duration::from_millis(300),
        reconnect_min: std::time::Duration::from_millis(1),
        reconnect_max: std::time::Duration::from_millis(10),
        ..Settings::default()
    };
    Client::with_settings(&format!("http://{address}"), settings).unwrap()
}

async fn answer(State(script): State<Arc<Script>>, headers: HeaderMap) -> Response<Body> {
    let asked = headers.get("last-event-id").map(|id| id.to_str().unwrap().to_owned());
    script.asked.unbounded_send(asked).unwrap();
    let answer = script.answers.lock().unwrap().pop_front();
    let stream = Response::builder().header("content-type", "text/event-stream; charset=utf-8");
    match answer {
        None => Response::builder().status(StatusCode::NO_CONTENT).body(Body::empty()).unwrap(),
        Some(ScriptedResponse::Stream(text)) => stream.body(Body::from(text)).unwrap(),
        Some(ScriptedResponse::Break(text)) => {
            // Hyper sends what it has when the body has nothing more to give: only then is it time to break off.
            let broken = stream::once(async {
                tokio::task::yield_now().await;
                Err(std::io::Error::other("broken on purpose"))
            });
            stream.body(Body::from_stream(stream::iter([Ok(text)]).chain(broken))).unwrap()
        }
        Some(ScriptedResponse::Hold(text, dropped)) => {
            let hang_up = HangUp(dropped);
            let held = stream::pending::<Result<String, Infallible>>().map(move |text| {
                let _ = &hang_up;
                text
            });
            stream.body(Body::from_stream(stream::iter([Ok(text)]).chain(held))).unwrap()
        }
        Some(ScriptedResponse::Refuse(status, media_type, body)) => {
            Response::builder().status(status).header("content-type", media_type).body(Body::from(body)).unwrap()
        }
    }
}

/// A place in the log.
pub(crate) const fn at(epoch: u64, offset: u64) -> EventId {
    EventId { epoch, offset }
}

/// A chunk of narration.
pub(crate) fn chunk(content: &str) -> Event {
    chunk_of(RequestId::new(), content)
}

/// A chunk of one request's narration.
pub(crate) fn chunk_of(request_id: RequestId, content: &str) -> Event {
    joined(request_id, content, 1)
}

/// A chunk that joins so many.
pub(crate) fn joined(request_id: RequestId, content: &str, chunks: u64) -> Event {
    let (game_id, chunks) = (GameId::new(), NonZeroU64::new(chunks).unwrap());
    ChatChunk { request_id, game_id, attempt: Attempt(1), content: content.to_owned(), done: false, chunks }.into()
}

/// The event as the engine writes it.
pub(crate) fn frame(id: EventId, event: &Event) -> String {
    format!("id: {id}\nevent: {}\ndata: {}\n\n", event.name(), event.data())
}

/// Chunks with these offsets of epoch 1, whose content is their offset.
pub(crate) fn chunks(offsets: impl IntoIterator<Item = u64>) -> String {
    offsets.into_iter().map(|offset| frame(at(1, offset), &chunk(&offset.to_string()))).collect()
}
