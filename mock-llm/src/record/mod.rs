//! Recording: a proxy before a real model that passes everything on as it comes, and writes what it observes as a script.
//! Keys are passed on and not kept.

mod observed;
mod script_writer;

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt, stream};
use serde_json::Value;
use thiserror::Error;
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};

use self::{observed::ObservedResponse, script_writer::ScriptWriter};
use crate::{
    call::{Api, ModelCall},
    namespace::is_secret,
    serve::{BODY_LIMIT, problem},
    sync::lock,
    wire,
};

/// How long to wait for a connection to the model.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait for the next byte of an answer; models may think for minutes.
const READ_TIMEOUT: Duration = Duration::from_mins(10);

/// Headers that belong to one connection, and the one that would have answers come compressed.
const NOT_PASSED_ON: [HeaderName; 6] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::ACCEPT_ENCODING,
    header::UPGRADE,
];

/// Why recording could not start.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The upstream address is no base URL.
    #[error("{0} is no base URL: write it like https://api.example.com, without the path of a call")]
    Upstream(String),
    /// The address to listen on is taken, or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The script cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The script's path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The HTTP client could not be made.
    #[error("cannot call the model: {0}")]
    Client(#[from] reqwest::Error),
}

/// A running recorder. Dropping it stops it.
#[derive(Debug)]
pub struct Recorder {
    address: SocketAddr,
    recording: Arc<Recording>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Recording {
    upstream: String,
    client: reqwest::Client,
    script: Mutex<ScriptWriter>,
}

impl Recorder {
    /// Starts recording what `upstream` (a base URL such as `https://api.example.com`) answers, into a script at `path`.
    pub async fn start(listen: SocketAddr, upstream: &str, path: PathBuf) -> Result<Self, RecordError> {
        let base = upstream.trim_end_matches('/').to_owned();
        let is_call = Api::ALL.iter().any(|api| base.ends_with(api.path()));
        if reqwest::Url::parse(&base).is_err() || !base.starts_with("http") || is_call {
            return Err(RecordError::Upstream(upstream.to_owned()));
        }
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let script = ScriptWriter::new(path.clone(), &base);
        script.write().map_err(|source| RecordError::Write { path, source })?;
        let failed = |source| RecordError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let recording = Arc::new(Recording { upstream: base, client, script: Mutex::new(script) });
        let router =
            Router::new().fallback(pass_on).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(Arc::clone(&recording));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the recorder stopped serving");
            }
        });
        Ok(Self { address, recording, serving })
    }

    /// `http://127.0.0.1:1234`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many answers are recorded.
    #[must_use]
    pub fn recorded(&self) -> usize {
        lock(&self.recording.script).len()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Passes a request on. Only model calls are recorded; lists of models and the like just go through.
async fn pass_on(
    State(recording): State<Arc<Recording>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let arrived = Instant::now();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = recording
        .client
        .request(method, format!("{}{path}", recording.upstream))
        .headers(passed_on(&headers))
        .body(body.clone());
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => {
            let detail = format!("{} cannot be reached: {}", recording.upstream, reason(&error));
            return problem(StatusCode::BAD_GATEWAY, &detail).into_response();
        }
    };
    let (status, headers_back) = (response.status(), passed_on(response.headers()));
    let api = Api::ALL.into_iter().find(|api| uri.path().ends_with(api.path()));
    let call = api.and_then(|api| wire::parse(api, uri.path(), headers, body).ok());
    let frames = response.bytes_stream();
    let body = match call {
        Some(call) => {
            let retry_after_s = retry_after(&headers_back);
            let exchange = Exchange {
                call,
                status: status.as_u16(),
                retry_after_s,
                arrived,
                response: ObservedResponse::default(),
                body: Vec::new(),
            };
            Body::from_stream(exchange.listen(frames, recording))
        }
        None => Body::from_stream(frames),
    };
    (status, headers_back, body).into_response()
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in NOT_PASSED_ON {
        headers.remove(name);
    }
    headers
}

/// The innermost reason, which names what went wrong.
fn reason(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}

fn retry_after(headers: &HeaderMap) -> Option<f64> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<f64>().ok();
    number("retry-after-ms").map(|millis| millis / 1000.0).or_else(|| number("retry-after"))
}

/// One call and its response on their way through. A caller that hangs up drops it, and it is not recorded.
struct Exchange {
    call: ModelCall,
    status: u16,
    retry_after_s: Option<f64>,
    arrived: Instant,
    response: ObservedResponse,
    body: Vec<u8>,
}

impl Exchange {
    fn listen(
        self,
        frames: impl Stream<Item = reqwest::Result<Bytes>> + Send + Unpin + 'static,
        recording: Arc<Recording>,
    ) -> impl Stream<Item = reqwest::Result<Bytes>> + Send + 'static {
        stream::unfold(Some((self, frames, recording)), async |state| {
            let (mut exchange, mut frames, recording) = state?;
            match frames.next().await {
                Some(Ok(bytes)) => {
                    exchange.observe(&bytes);
                    Some((Ok(bytes), Some((exchange, frames, recording))))
                }
                Some(Err(error)) => {
                    exchange.keep(&recording, true);
                    Some((Err(error), None))
                }
                None => {
                    exchange.keep(&recording, false);
                    None
                }
            }
        })
    }

    fn observe(&mut self, bytes: &[u8]) {
        if self.status < 400 && self.call.stream {
            self.response.stream(self.call.api, bytes, self.arrived.elapsed());
        } else {
            self.body.extend_from_slice(bytes);
        }
    }

    fn keep(mut self, recording: &Recording, cut: bool) {
        let took = self.arrived.elapsed();
        let body = || serde_json::from_slice::<Value>(&self.body).unwrap_or_default();
        let reply = if self.status >= 400 {
            script_writer::error_reply(self.status, self.retry_after_s, &body())
        } else {
            if !self.call.stream {
                let body = body();
                self.response.body(self.call.api, &body, took);
            }
            script_writer::reply(&self.call, &self.response, took, cut)
        };
        let mut script = lock(&recording.script);
        match script.add(&self.call, reply) {
            Ok(()) => tracing::info!(model = self.call.model, answers = script.len(), "recorded"),
            Err(error) => tracing::error!(%error, "the script cannot be written"),
        }
    }
}
