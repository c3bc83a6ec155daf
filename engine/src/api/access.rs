//! Gives each request an id and a line in the log.
//!
//! The id comes from the client's or the proxy's `X-Request-Id`, if it is one, so that their logs and ours can be joined.
//! It is in every response, and in the span of what is logged meanwhile.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, histogram};
use protocol::path;
use store::trace_parent;
use tokio::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

use super::client::address;
use crate::telemetry::traces::{self, Span};

/// The header that carries the id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is accepted from outside, in bytes.
const LONGEST: usize = 128;

/// Serves a request and logs it. Probes and scrapes come every few seconds and are logged at `debug`.
pub(super) async fn log(State(trusted_proxies): State<usize>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = id_of(request.headers());
    let client = address(request.headers(), request.extensions(), trusted_proxies);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("http", call_id = id.to_str().unwrap_or_default());
    let mut traced = begin_trace(&mut request, &id);
    async {
        let mut response = next.run(request).await;
        traced.answered(response.status());
        let (status, ms) = (response.status().as_u16(), began.elapsed().as_millis());
        response.headers_mut().insert(REQUEST_ID, id.clone());
        histogram!("story_engine_http_request_seconds").record(began.elapsed().as_secs_f64());
        counter!("story_engine_http_responses_total", "status" => response.status().as_str().to_owned()).increment(1);
        if matches!(path.as_str(), "/health" | "/ready" | "/metrics") {
            tracing::debug!(target: "access", %method, path, status, ms, client = shown(client), "served");
        } else {
            tracing::info!(target: "access", %method, path, status, ms, client = shown(client), "served");
        }
        response
    }
    .instrument(span)
    .await
}

/// Begins the span of a message, and hands the message the span that its turn belongs to. Other requests are reads for the most
/// part, and event streams that stay open: they are not traced.
fn begin_trace(request: &mut Request, id: &HeaderValue) -> Span {
    if request.method() != Method::POST || request.uri().path() != path::CHAT {
        return Span::default();
    }
    let mut given = request.headers().get_all(trace_parent::HEADER).iter();
    let parent = match (given.next(), given.next()) {
        (Some(one), None) => one.to_str().ok().and_then(|text| text.parse().ok()),
        _ => None,
    };
    let span = traces::http("POST", path::CHAT, parent, id.to_str().unwrap_or_default());
    // Without traces of its own, this process hands on what it was given: a worker may have them.
    if let Some(trace) = span.context().or(parent) {
        request.extensions_mut().insert(trace);
    }
    span
}

fn shown(client: Option<IpAddr>) -> String {
    client.map(|address| address.to_string()).unwrap_or_default()
}

/// The caller's id if it is short and printable, so that it is safe in a log line; otherwise a new one.
fn id_of(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    });
    given.cloned().unwrap_or_else(|| {
        let new = Uuid::now_v7().to_string();
        // Hexadecimal digits and hyphens are always a header value.
        HeaderValue::try_from(new).unwrap_or(HeaderValue::from_static("none"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(given: &'static [u8]) -> HeaderValue {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_bytes(given).unwrap());
        id_of(&headers)
    }

    #[test]
    fn a_callers_id_is_kept_if_it_fits_into_a_log_line() {
        assert_eq!(id(b"abc-1"), "abc-1");
        for not_one in [&b""[..], b"a b", b"\x1b[31m".trim_ascii(), "ä".as_bytes()] {
            if let Ok(value) = HeaderValue::from_bytes(not_one) {
                let mut headers = HeaderMap::new();
                headers.insert(REQUEST_ID, value.clone());
                assert_ne!(id_of(&headers), value);
            }
        }
        assert_eq!(id_of(&HeaderMap::new()).len(), 36);
    }
}
