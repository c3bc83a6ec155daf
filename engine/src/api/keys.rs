//! `/v1/keys`: operators make, list and revoke keys.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::{CreateKey, KeyCreated, KeyId, KeyInfo, Keys, Problem, ProblemType};
use store::secret::{Secret, SecretKind};
use store::{AddOutcome, Holder, KeyGrants, NewKey, SharedStore, StoredKey};

use super::audit::Note;
use super::body::Body;
use super::error::{ApiError, internal};

/// Makes a key. Its text is in this answer and nowhere else.
pub(super) async fn create(
    State(store): State<SharedStore>,
    note: Note,
    Body(create): Body<CreateKey>,
) -> Result<(StatusCode, Json<KeyCreated>), ApiError> {
    let holder = Holder::new(create.role, create.tenant, create.user)
        .map_err(|error| Problem::field("/role", error.to_string()))?;
    let grants = KeyGrants::new(holder, create.max_priority)
        .map_err(|error| Problem::field("/max_priority", error.to_string()))?;
    let secret = generate(SecretKind::Key)?;
    let expires_in = lifetime(create.expires_in_seconds)?;
    match store.add_key(&NewKey { hash: secret.hash(), grants, expires_in }).await? {
        AddOutcome::Done(stored) => {
            let created = KeyCreated { key: secret.reveal().to_owned(), info: info(&stored) };
            tracing::info!(key = %created.info.id, role = %created.info.role, "a key was made");
            note.subject(&format_args!("key {} ({})", created.info.id, created.info.role));
            Ok((StatusCode::CREATED, Json(created)))
        }
        AddOutcome::Full | AddOutcome::UnknownGame => {
            let detail =
                "as many keys are stored as `auth.max_keys` allows: revoke some, those that have expired first";
            Err(Problem::new(ProblemType::TooManyKeys, detail).into())
        }
    }
}

/// Lists the keys that are stored.
pub(super) async fn list(State(store): State<SharedStore>) -> Result<Json<Keys>, ApiError> {
    Ok(Json(Keys { keys: store.keys().await?.iter().map(info).collect() }))
}

/// Revokes a key: it is refused from now on.
pub(super) async fn revoke(State(store): State<SharedStore>, Path(text): Path<String>) -> Result<StatusCode, ApiError> {
    let id = parse(&text)?;
    if store.delete_key(&id).await? {
        tracing::info!(key = %id, "a key was revoked");
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(unknown_key(&id).into())
}

pub(super) fn parse(text: &str) -> Result<KeyId, Problem> {
    text.parse().map_err(|error: protocol::IdError| Problem::new(ProblemType::InvalidPath, error.to_string()))
}

pub(super) fn unknown_key(id: &KeyId) -> Problem {
    Problem::new(ProblemType::UnknownKey, format!("there is no key {id}, or it was revoked"))
}

pub(super) fn generate(kind: SecretKind) -> Result<Secret, ApiError> {
    Secret::generate(kind).ok_or_else(|| internal(&"the system gives no random bytes").into())
}

/// How long something is valid, as a body says it.
pub(super) fn lifetime(seconds: Option<u64>) -> Result<Option<Duration>, Problem> {
    match seconds {
        Some(0 | 3_153_600_001..) => {
            Err(Problem::field("/expires_in_seconds", "it is a number of seconds from 1 to 100 years"))
        }
        seconds => Ok(seconds.map(Duration::from_secs)),
    }
}

fn info(stored: &StoredKey) -> KeyInfo {
    let KeyGrants { holder, .. } = &stored.grants;
    KeyInfo {
        id: stored.id(),
        role: holder.role(),
        tenant: holder.tenant().cloned(),
        user: holder.user().cloned(),
        max_priority: (*holder != Holder::Viewer).then(|| stored.grants.max_priority()),
        created_at: stored.created_at,
        expires_at: stored.expires_at,
    }
}
