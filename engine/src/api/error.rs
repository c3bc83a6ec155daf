//! Errors as problem documents.

use std::any::Any;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{Problem, ProblemType};
use store::{Outage, StoreError};

use crate::retention::ArchiveError;

/// How long a client is asked to wait before it tries again, in seconds: for the store, for a place in a queue, for a busy game.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A problem on its way to the client, with the limit that it is about.
#[derive(Debug)]
pub(super) struct ApiError(Box<Inner>);

/// Goes with the response to what the store holds and nobody can read: a command in this process says what it is.
#[derive(Debug, Clone)]
pub(crate) struct Corrupt(pub(crate) StoreError);

/// On the heap, so that an answer that succeeds is not as large as this.
#[derive(Debug)]
struct Inner {
    problem: Problem,
    quota: Option<Quota>,
    corrupt: Option<Corrupt>,
}

/// The call needs a key, or one that is valid.
pub(super) fn unauthorized(detail: &str) -> Problem {
    Problem::new(ProblemType::Unauthorized, format!("{detail}: send one as `Authorization: Bearer …`"))
}

/// A limit in a time that is reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quota {
    /// The limit's key.
    pub(super) name: &'static str,
    /// How many in the period.
    pub(super) count: u64,
    pub(super) period: Duration,
    /// When there is room for one more.
    pub(super) retry_after: Duration,
}

/// Goes with the response of a problem: its type, for layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProblemOf(pub(super) &'static str);

impl ApiError {
    pub(super) fn limited(problem: Problem, quota: Option<Quota>) -> Self {
        Self(Box::new(Inner { problem, quota, corrupt: None }))
    }
}

impl Quota {
    /// `RateLimit-Policy`, `RateLimit` (draft-ietf-httpapi-ratelimit-headers) and `Retry-After`.
    fn write(&self, headers: &mut HeaderMap) {
        let Self { name, count, .. } = self;
        let wait = self.retry_after.as_millis().div_ceil(1000).max(1);
        for (header, value) in [
            ("ratelimit-policy", format!("\"{name}\";q={count};w={}", self.period.as_secs())),
            ("ratelimit", format!("\"{name}\";r=0;t={wait}")),
            ("retry-after", wait.to_string()),
        ] {
            // Names of keys and numbers are always a header's value.
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(header, value);
            }
        }
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::limited(problem, None)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let problem = problem_of(&error);
        let corrupt = matches!(error, StoreError::Corrupt { .. }).then_some(Corrupt(error));
        Self(Box::new(Inner { problem, quota: None, corrupt }))
    }
}

impl From<ArchiveError> for ApiError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Store(error) => error.into(),
            error @ (ArchiveError::Files(_) | ArchiveError::Gone(_)) => {
                tracing::warn!(%error, "the archive does not answer");
                let detail = "the game is archived, and the archive does not answer: nothing has changed, try again";
                Problem::new(ProblemType::StoreUnavailable, detail).into()
            }
            ArchiveError::Unreadable(..) | ArchiveError::Location(..) => internal(&error).into(),
        }
    }
}

/// What a failure of the store means for the client. The store's own message is for the log only.
pub(super) fn problem_of(error: &StoreError) -> Problem {
    let StoreError::Unavailable { outage, reason } = error else { return internal(error) };
    // That it is lost is logged once by the store, and that it takes no writes by what probes it.
    tracing::debug!(reason, "{outage}");
    let (kind, detail) = match outage {
        Outage::Unreachable => (
            ProblemType::StoreUnavailable,
            "the store does not answer; whether the step happened is not known: look, then try again",
        ),
        Outage::Full => (ProblemType::StoreFull, "the store has no space left: it can be read, and takes nothing new"),
        Outage::ReadOnly => (ProblemType::StoreReadOnly, "the store takes no writes at present: it can be read only"),
    };
    Problem::new(kind, detail)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Inner { problem, quota, corrupt } = *self.0;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = problem.problem_type();
        let mut response = (status, Json(problem)).into_response();
        if let Some(kind) = kind {
            response.extensions_mut().insert(ProblemOf(kind.slug()));
        }
        if let Some(corrupt) = corrupt {
            response.extensions_mut().insert(corrupt);
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let is_busy = kind == Some(ProblemType::GameBusy);
        if is_busy || matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if let Some(quota) = quota {
            quota.write(headers);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"story-engine\""));
        }
        response
    }
}

/// A defect: the details are for the log, not for the client.
pub(super) fn internal(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "a request met a defect");
    Problem::new(ProblemType::Internal, "the engine met a defect; its log says more")
}

/// A handler panicked.
#[expect(clippy::needless_pass_by_value, reason = "the shape that the layer asks for")]
pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    ApiError::from(internal(&text.unwrap_or("a panic without a message"))).into_response()
}
