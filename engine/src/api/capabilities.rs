//! Capabilities of a game, and tickets for its event streams: access to one game that its owner can pass on.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::{
    Capabilities, CapabilityCreated, CapabilityInfo, CreateCapability, GameAccess, GameId, Problem, ProblemType, Ticket,
};
use store::secret::{Secret, SecretKind};
use store::{AddOutcome, NewCapability, SharedStore, StoredCapability};

use super::Api;
use super::body::Body;
use super::error::{ApiError, internal};
use super::game_version::unknown_game;
use super::keys::{generate, lifetime, parse, unknown_key};
use super::path::Id;

/// Makes a capability of a game. Its text is in this answer and nowhere else.
pub(super) async fn create(
    State(api): State<Api>,
    Id(game): Id<GameId>,
    Body(create): Body<CreateCapability>,
) -> Result<(StatusCode, Json<CapabilityCreated>), ApiError> {
    let expires_in = lifetime(create.expires_in_seconds)?;
    let (secret, stored) = add_as(SecretKind::Capability, &api.store, game, create.access, expires_in).await?;
    let created = CapabilityCreated { capability: secret.reveal().to_owned(), info: info(&stored) };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Lists the capabilities of a game.
pub(super) async fn list(State(api): State<Api>, Id(game): Id<GameId>) -> Result<Json<Capabilities>, ApiError> {
    let capabilities = api.store.capabilities(game).await?.iter().map(info).collect();
    Ok(Json(Capabilities { game_id: game, capabilities }))
}

/// Revokes a capability of a game: it is refused from now on.
pub(super) async fn revoke(
    State(api): State<Api>,
    Path((game, capability)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let game: GameId =
        game.parse().map_err(|error: protocol::IdError| Problem::new(ProblemType::InvalidPath, error.to_string()))?;
    let id = parse(&capability)?;
    if api.store.delete_capability(game, &id).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(unknown_key(&id).into())
}

/// Makes a ticket: it opens event streams of the game for a moment, for an `EventSource`, which cannot set a header.
pub(super) async fn ticket(State(api): State<Api>, Id(game): Id<GameId>) -> Result<Json<Ticket>, ApiError> {
    let (secret, stored) =
        add_as(SecretKind::Ticket, &api.store, game, GameAccess::Read, Some(api.ticket_lifetime)).await?;
    let expires_at = stored.expires_at.ok_or_else(|| internal(&"a ticket that does not end"))?;
    Ok(Json(Ticket { ticket: secret.reveal().to_owned(), expires_at }))
}

/// Stores a new capability that lasts until it is revoked.
pub(super) async fn add(
    store: &SharedStore,
    game: GameId,
    access: GameAccess,
) -> Result<(Secret, StoredCapability), ApiError> {
    add_as(SecretKind::Capability, store, game, access, None).await
}

async fn add_as(
    kind: SecretKind,
    store: &SharedStore,
    game: GameId,
    access: GameAccess,
    expires_in: Option<Duration>,
) -> Result<(Secret, StoredCapability), ApiError> {
    let secret = generate(kind)?;
    match store.add_capability(game, &NewCapability { hash: secret.hash(), access, expires_in }).await? {
        AddOutcome::Done(stored) => Ok((secret, stored)),
        AddOutcome::UnknownGame => Err(unknown_game(game).into()),
        AddOutcome::Full => {
            let detail = "the game has as many capabilities as `auth.max_capabilities_per_game` allows: revoke some";
            Err(Problem::new(ProblemType::TooManyKeys, detail).into())
        }
    }
}

fn info(stored: &StoredCapability) -> CapabilityInfo {
    CapabilityInfo {
        id: stored.id(),
        access: stored.grants,
        created_at: stored.created_at,
        expires_at: stored.expires_at,
    }
}
