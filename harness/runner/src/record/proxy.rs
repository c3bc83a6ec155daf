//! The recording proxy: passes every request on to the engine, and notes the two kinds that make a case.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The longest answer that is looked into, in bytes.
const NOTED_MAX: usize = 16 * 1024 * 1024;

/// The proxy cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ProxyError {
    address: SocketAddr,
    source: std::io::Error,
}

/// A message that was accepted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// What was said.
    pub message: String,
    /// By whom, if not by the player character.
    pub actor: Option<String>,
}

/// A game that was begun: its id, and what it was begun with.
#[derive(Debug, Clone, PartialEq)]
pub struct Begun {
    /// The id.
    pub id: String,
    /// The body of the request.
    pub with: Value,
}

/// A running proxy. Dropping it ends it.
#[derive(Debug)]
pub struct RecordingProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Games, as they are begun.
    pub begun: mpsc::UnboundedReceiver<Begun>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    engine: String,
    http: reqwest::Client,
    begun: mpsc::UnboundedSender<Begun>,
    said: Mutex<BTreeMap<String, Said>>,
}

impl RecordingProxy {
    /// Starts a proxy in front of the engine at a base URL.
    pub async fn open(listen: SocketAddr, engine: &str, http: reqwest::Client) -> Result<Self, ProxyError> {
        let failed = |source| ProxyError { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        // A piece of an event stream must not wait for the next one.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let (sender, begun) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { engine: engine.to_owned(), http, begun: sender, said: Mutex::default() });
        let router =
            Router::new().fallback(pass_on).layer(DefaultBodyLimit::max(NOTED_MAX)).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            // It serves until it is dropped.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, shared, begun, serving })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was said, by the ids of the requests.
    #[must_use]
    pub fn said(&self) -> BTreeMap<String, Said> {
        self.shared.lock().clone()
    }
}

impl Drop for RecordingProxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Said>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, path: &str, asked: &[u8], answered: &[u8]) {
        let asked: Value = serde_json::from_slice(asked).unwrap_or_default();
        let answered: Value = serde_json::from_slice(answered).unwrap_or_default();
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        if path == "/v1/gamestate" {
            if let Some(id) = text(&answered, "id") {
                // Nobody listens any more only when the recording is over.
                let _ = self.begun.send(Begun { id, with: asked });
            }
        } else if let (Some(id), Some(message)) = (text(&answered, "request_id"), text(&asked, "message")) {
            self.lock().insert(id, Said { message, actor: text(&asked, "actor") });
        }
    }
}

async fn pass_on(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let mut passed = headers;
    for name in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION, header::TRANSFER_ENCODING] {
        passed.remove(name);
    }
    let request = shared.http.request(method.clone(), format!("{}{path}", shared.engine)).headers(passed);
    let answer = match request.body(body.clone()).timeout(Duration::MAX).send().await {
        Ok(answer) => answer,
        Err(error) => return (StatusCode::BAD_GATEWAY, crate::http::innermost(&error)).into_response(),
    };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    for name in [header::CONNECTION, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    let mut answer = Body::from_stream(answer.bytes_stream());
    let notable = path == "/v1/gamestate" || path == "/v1/chat";
    if notable && method == Method::POST && status.is_success() {
        match to_bytes(answer, NOTED_MAX).await {
            Ok(bytes) => {
                shared.note(&path, &body, &bytes);
                answer = Body::from(bytes);
            }
            Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        }
    }
    (status, headers, answer).into_response()
}
