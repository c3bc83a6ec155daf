//! A proxy before the engine that does what bad ones do: it holds event streams back, or loses answers.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, header};
use tokio::net::TcpListener;

/// What the proxy does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No byte of an event stream gets through, as with `proxy_buffering on` in nginx. Nor is there a queue to look at, as for
    /// a player with a key.
    HoldsEvents,
    /// Messages reach the engine, and its answers to them never come back.
    LosesChatAnswers,
    /// The first event stream that is asked for is refused, as by a server that restarts.
    RefusesTheFirstStream,
    /// The game cannot be read once, after a turn was taken back.
    RefusesAReadAfterAnUndo,
}

struct Proxy {
    upstream: String,
    client: reqwest::Client,
    fault: Fault,
    has_refused: AtomicBool,
    /// Whether a turn was taken back.
    has_undone: AtomicBool,
}

/// Starts a proxy for as long as the test runs. Returns its base URL.
pub(crate) async fn start(upstream: &str, fault: Fault) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let proxy = Proxy {
        upstream: upstream.to_owned(),
        client,
        fault,
        has_refused: AtomicBool::default(),
        has_undone: AtomicBool::default(),
    };
    let router = Router::new().fallback(pass).with_state(Arc::new(proxy));
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

async fn pass(State(proxy): State<Arc<Proxy>>, request: Request) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    if proxy.fault == Fault::HoldsEvents && parts.uri.path().starts_with("/v1/events/") {
        return pending().await;
    }
    let path = parts.uri.path();
    if path.ends_with("/undo") {
        proxy.has_undone.store(true, Ordering::Relaxed);
    }
    let refuses = match proxy.fault {
        Fault::RefusesTheFirstStream => path.starts_with("/v1/events/"),
        Fault::RefusesAReadAfterAnUndo => {
            proxy.has_undone.load(Ordering::Relaxed) && parts.uri.query() == Some("view=player")
        }
        Fault::HoldsEvents | Fault::LosesChatAnswers => false,
    };
    if refuses && !proxy.has_refused.swap(true, Ordering::Relaxed) {
        return Response::builder().status(503).body(Body::empty()).unwrap();
    }
    if proxy.fault == Fault::HoldsEvents && parts.uri.path().starts_with("/v1/queue/") {
        return Response::builder().status(404).body(Body::empty()).unwrap();
    }
    parts.headers.remove(header::HOST);
    let url = format!("{}{}", proxy.upstream, parts.uri.path_and_query().unwrap());
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let sent = proxy.client.request(parts.method, url).headers(parts.headers).body(body).send().await;
    if proxy.fault == Fault::LosesChatAnswers && parts.uri.path() == "/v1/chat" {
        return pending().await;
    }
    let upstream = sent.unwrap();
    let mut response = Response::builder().status(upstream.status());
    for (name, value) in upstream.headers() {
        if !matches!(*name, header::CONNECTION | header::TRANSFER_ENCODING) {
            response = response.header(name, value);
        }
    }
    response.body(Body::from_stream(upstream.bytes_stream())).unwrap()
}
