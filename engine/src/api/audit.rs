//! `/v1/audit`, and the layer by which every change of an operator gets an entry there.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use protocol::AuditPage;
use store::{AuditCursor, Holder, NewAuditEntry, SharedStore};

use super::actor::Actor;
use super::caller::Caller;
use super::error::{ApiError, ProblemOf};
use super::operation::{Operation, Right, Verb};
use super::paging::Paging;

/// How many entries a page holds when the client does not say.
const PAGE: usize = 50;
/// How many it holds at most.
const LARGEST_PAGE: usize = 500;
/// More characters of what something was done to are not kept.
const SUBJECT_MAX: usize = 200;

/// What operators have changed, the latest first.
pub(super) async fn list(
    State(store): State<SharedStore>,
    page: Paging<AuditCursor>,
) -> Result<Json<AuditPage>, ApiError> {
    Ok(Json(store.audit(page.after, page.limit(PAGE, LARGEST_PAGE)).await?))
}

/// What a handler says of its change, where the path does not say it.
#[derive(Debug, Clone, Default)]
pub(super) struct Note(Arc<Mutex<Option<String>>>);

impl Note {
    /// What the change is about.
    pub(super) fn subject(&self, subject: &dyn Display) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(subject.to_string());
    }

    fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Note {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // Without the layer, what is said is not read.
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// Goes with the calls of a command that writes one entry for all of them. Only a command that works on the store itself can set it: a caller over
/// HTTP who could would hide what he does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Summed;

/// Whether a call gets an entry: a change that only operators may make, or one of games that an operator makes.
pub(super) fn is_recorded(operation: &Operation, request: &Request) -> bool {
    let caller = request.extensions().get::<Caller>();
    let is_operator = || {
        request.extensions().get::<Actor>().is_some()
            || matches!(caller, Some(Caller::Holder { holder: Holder::Operator, .. }))
    };
    operation.verb != Verb::Get
        && request.extensions().get::<Summed>().is_none()
        && match operation.right {
            Right::Operator => true,
            Right::Owner | Right::Service => is_operator(),
            Right::Public | Right::Player | Right::Viewer => false,
        }
}

/// Runs a call that was let through, and writes down who did what with which outcome. Calls that were not let through have no
/// entry: anybody could fill the log with them.
pub(super) async fn run(store: &SharedStore, operation: &Operation, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(Actor(by)) = Actor::from_request_parts(&mut parts, &()).await;
    let named = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
    let in_path = named.as_ref().and_then(|all| all.iter().next().map(|(_, value)| value.to_owned()));
    let note = Note::default();
    parts.extensions.insert(note.clone());
    let response = next.run(Request::from_parts(parts, body)).await;

    let outcome = match response.extensions().get::<ProblemOf>() {
        Some(ProblemOf(slug)) => (*slug).to_owned(),
        None if response.status().is_success() => "done".to_owned(),
        None => response.status().as_u16().to_string(),
    };
    let subject: String = note.take().or(in_path).unwrap_or_default().chars().take(SUBJECT_MAX).collect();
    let entry = NewAuditEntry { nonce: rand::random(), by, action: operation.id.to_owned(), subject, outcome };
    if let Err(error) = store.record_audit(&entry).await {
        tracing::warn!(%error, by = entry.by, action = entry.action, subject = entry.subject, outcome = entry.outcome,
            "an operator's change has no entry in the audit log");
    }
    response
}
