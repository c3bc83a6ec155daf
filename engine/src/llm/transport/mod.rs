//! The HTTP client of model calls: hyper's own, with our connections below it.
//!
//! `reqwest`, which everything else here uses, is made of the same parts, and shows nobody the connection on which an answer comes. A narration must
//! let it rest ([`socket`]), or each word that is not read yet wakes the process.

mod connector;
mod socket;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION, PROXY_AUTHORIZATION};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;
use tower::ServiceExt as _;
use tower_http::decompression::{Decompression, DecompressionBody};
use url::Url;

use self::connector::Connector;
use self::socket::Handle;
use super::{ModelError, Reason};
use crate::outbound::is_loopback;

/// A connection that nobody uses is closed after this: servers close theirs, and a call on a closed one fails.
const IDLE: Duration = Duration::from_secs(30);

/// A path with a slash more, and one behind a prefix.
const MOST_REDIRECTS: usize = 2;

/// A client of one server. A clone has the same connections.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// Some servers compress although they are asked not to.
    http: Decompression<legacy::Client<Connector, Full<Bytes>>>,
    proxies: Arc<Matcher>,
    headers: HeaderMap,
}

/// An answer that is being read.
pub(super) struct Response {
    status: StatusCode,
    headers: HeaderMap,
    /// Boxed, because a turn carries it along.
    body: Box<DecompressionBody<Incoming>>,
    connection: Option<Handle>,
}

/// Why there is no answer, or no more of it. Has no URL, which may hold a key.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransportError {
    #[error("the call was not answered")]
    Call(#[from] legacy::Error),
    #[error("the answer broke off")]
    Body(#[source] tower_http::BoxError),
    #[error("the call cannot be written down")]
    Request(#[from] hyper::http::Error),
}

impl Client {
    /// A client of the server of a URL; each call has the headers. The error is about the machine's certificates.
    pub(super) fn new(server: &Url, mut headers: HeaderMap) -> Result<Self, String> {
        let is_local = is_loopback(server);
        // A proxy is between this machine and others; it cannot reach what listens here.
        let proxies = Arc::new(if is_local { Matcher::builder().build() } else { Matcher::from_env() });
        let connector = if is_local && server.scheme() != "https" {
            Connector::local()
        } else {
            Connector::remote(Arc::clone(&proxies)).map_err(|error| error.to_string())?
        };
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector);
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        Ok(Self { http: Decompression::new(client), proxies, headers })
    }

    /// Sends a call, and returns once the server begins to answer. A call that is sent elsewhere may become a GET on the way, and takes its key
    /// along: the caller gets that answer instead. Only where the same server asks for the same call at another path is it followed.
    pub(super) async fn send(&self, method: Method, mut url: Url, body: Bytes) -> Result<Response, TransportError> {
        let mut redirects = 0;
        loop {
            let response = self.send_once(method.clone(), &url, body.clone()).await?;
            match next_path(&response, &url) {
                Some(next) if redirects < MOST_REDIRECTS => url = next,
                _ => return Ok(response),
            }
            redirects += 1;
        }
    }

    async fn send_once(&self, method: Method, url: &Url, body: Bytes) -> Result<Response, TransportError> {
        let uri: Uri = url.as_str().parse().map_err(hyper::http::Error::from)?;
        let mut request = Request::builder().method(method).uri(uri).body(Full::new(body))?;
        *request.headers_mut() = self.headers.clone();
        // With TLS the proxy has it from the tunnel.
        if url.scheme() == "http"
            && let Some(proxy) = self.proxies.intercept(request.uri())
            && let Some(auth) = proxy.basic_auth()
        {
            request.headers_mut().insert(PROXY_AUTHORIZATION, auth.clone());
        }
        let (parts, body) = self.http.clone().oneshot(request).await?.into_parts();
        let connection = parts.extensions.get().cloned();
        Ok(Response { status: parts.status, headers: parts.headers, body: Box::new(body), connection })
    }
}

/// Where the same server wants to have the same call.
fn next_path(response: &Response, from: &Url) -> Option<Url> {
    let is_same_call = matches!(response.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let next = response.headers.get(LOCATION).filter(|_| is_same_call)?.to_str().ok()?;
    from.join(next).ok().filter(|next| next.origin() == from.origin())
}

impl Response {
    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The next bytes, or `None` at the end. It may be dropped while it waits, and called again.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        while let Some(frame) = self.body.frame().await {
            // What is no data are trailers, in which no model says anything.
            if let Ok(data) = frame.map_err(TransportError::Body)?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// Waits, and lets what comes meanwhile stay with the system.
    pub(super) async fn rest_until(&self, when: Instant) {
        let _rest = self.connection.as_ref().map(Handle::rest);
        tokio::time::sleep_until(when).await;
    }
}

impl From<TransportError> for ModelError {
    fn from(error: TransportError) -> Self {
        let (reason, what) = if has_timed_out(&error) {
            (Reason::TimedOut, "the model did not answer in time")
        } else if matches!(&error, TransportError::Call(call) if call.is_connect()) {
            (Reason::Unreachable, "the model cannot be reached")
        } else {
            (Reason::BrokeOff, "the connection to the model broke off")
        };
        Self::of_transport(reason, what, &error)
    }
}

fn has_timed_out(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(|error| {
        error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::TimedOut)
            || error.downcast_ref().is_some_and(hyper::Error::is_timeout)
    })
}
