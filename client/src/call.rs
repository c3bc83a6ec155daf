//! One HTTP call: sent with a time limit, its answer read as JSON or as the engine's problem.

use std::time::Duration;

use protocol::Problem;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::{ClientError, HttpCall};

/// How much of a foreign answer an error quotes, in characters.
const QUOTED: usize = 200;

/// Sends a request and reads its answer whole.
pub(crate) async fn answer(call: HttpCall, request: RequestBuilder, limit: Duration) -> Result<Vec<u8>, ClientError> {
    let response = match request.timeout(limit).send().await {
        Ok(response) => response,
        Err(error) => return Err(transport(call, error, limit)),
    };
    if !response.status().is_success() {
        return Err(refusal(call, response).await);
    }
    match response.bytes().await {
        Ok(body) => Ok(body.into()),
        Err(error) => Err(transport(call, error, limit)),
    }
}

/// Sends a request and reads its answer as JSON.
pub(crate) async fn json<T: DeserializeOwned>(
    call: HttpCall,
    request: RequestBuilder,
    limit: Duration,
) -> Result<T, ClientError> {
    let body = answer(call.clone(), request, limit).await?;
    serde_json::from_slice(&body).map_err(|source| ClientError::Decode { call, what: "the answer".to_owned(), source })
}

/// The error that a response other than success reports.
pub(crate) async fn refusal(call: HttpCall, response: Response) -> ClientError {
    let status = response.status();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let is_problem = is_media_type(&response, "application/problem+json");
    let body = response.bytes().await.unwrap_or_default();
    if is_problem && let Ok(problem) = serde_json::from_slice::<Problem>(&body) {
        return ClientError::Problem { call, problem: Box::new(problem), retry_after };
    }
    ClientError::Unexpected { call, status: status.as_u16(), reason: quote(status, &body) }
}

/// Whether the answer declares this media type, with any parameters.
pub(crate) fn is_media_type(response: &Response, wanted: &str) -> bool {
    let declared = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    declared.split(';').next().is_some_and(|declared| declared.trim().eq_ignore_ascii_case(wanted))
}

pub(crate) fn transport(call: HttpCall, error: reqwest::Error, limit: Duration) -> ClientError {
    if error.is_timeout() && !error.is_connect() {
        ClientError::TimedOut { call, after: limit }
    } else {
        ClientError::Transport { call, error: error.without_url() }
    }
}

fn quote(status: StatusCode, body: &[u8]) -> String {
    let reason = status.canonical_reason().unwrap_or("without a reason");
    let body = String::from_utf8_lossy(body);
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return reason.to_owned();
    }
    let cut = line.char_indices().nth(QUOTED).map_or(line.len(), |(at, _)| at);
    let ellipsis = if cut < line.len() { "…" } else { "" };
    format!("{reason}: {}{ellipsis}", &line[..cut])
}
