//! `/v1/events/…`: where a stream begins. How it goes on is in [`super::stream`].

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use protocol::{EventId, GameId, Problem, ProblemType, RequestId};
use serde::Deserialize;
use store::{LogRead, Request};

use super::Api;
use super::account::Account;
use super::caller::Caller;
use super::client::Client;
use super::error::ApiError;
use super::game_version::unknown_game;
use super::path::Id;
use super::requests::unknown_request;
use super::snapshot::BATCH;
use super::stream::{Follow, Scope, Start};

/// A browser's `EventSource` cannot set a header on its first connect: the cursor is also a query parameter.
#[derive(Debug, Deserialize)]
pub(super) struct Cursor {
    last_event_id: Option<String>,
}

/// Follows a game; with a snapshot first if the reader does not say from where.
pub(super) async fn game(
    State(api): State<Api>,
    client: Client,
    caller: Caller,
    account: Account,
    Id(id): Id<GameId>,
    headers: HeaderMap,
    query: Result<Query<Cursor>, QueryRejection>,
) -> Result<Response, ApiError> {
    let start = start(&headers, query)?.unwrap_or(Start::Snapshot);
    let open = api.streams.open(client, &account)?;
    let subscription = api.store.subscribe(id).await?;
    // Checked after the subscription, which sees the game's deletion from then on.
    api.store.game(id).await?.ok_or_else(|| unknown_game(id))?;
    let mut follow = Follow::new(&api, subscription, Scope::Game(id), start, open).seen_by(caller.sees_hidden());
    if start == Start::Snapshot {
        // Before the stream is answered: what the reader causes after that is not part of the snapshot, and comes as events.
        follow.join().await?;
    }
    Ok(respond(&api, caller, id, follow))
}

/// Follows a request, from its beginning if the reader does not say from where, to its terminal event.
pub(super) async fn request(
    State(api): State<Api>,
    client: Client,
    caller: Caller,
    account: Account,
    Id(id): Id<RequestId>,
    headers: HeaderMap,
    query: Result<Query<Cursor>, QueryRejection>,
) -> Result<Response, ApiError> {
    let start = start(&headers, query)?;
    let open = api.streams.open(client, &account)?;
    let request = api.store.request(id).await?.ok_or_else(|| unknown_request(id))?;
    let subscription = api.store.subscribe(request.game).await?;
    let after = match start {
        Some(Start::After(event)) if event.epoch == request.first_cursor.epoch => event.max(request.first_cursor),
        // Of another epoch: the log decides whether it still has the event; if not, the reader gets a reset.
        Some(Start::After(event)) => event,
        _ => request.cursor,
    };
    if request.status.is_terminal() && has_seen_all(&api, &request, after).await? {
        // Tells a browser's EventSource not to come back.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let scope = Scope::Request(request.game, id);
    let follow = Follow::new(&api, subscription, scope, Start::After(after), open).seen_by(caller.sees_hidden());
    Ok(respond(&api, caller, request.game, follow))
}

/// Whether nothing of a finished request comes after `after`.
async fn has_seen_all(api: &Api, request: &Request, mut after: EventId) -> Result<bool, ApiError> {
    loop {
        let LogRead::Events(events) = api.store.read_log(request.game, Some(after), BATCH).await? else {
            // A log that is gone with its game holds nothing more; one that was trimmed may.
            return Ok(api.store.game(request.game).await?.is_none());
        };
        if events.iter().any(|event| event.request == Some(request.id)) {
            return Ok(false);
        }
        match events.last() {
            Some(last) if events.len() == BATCH => after = last.id,
            _ => return Ok(true),
        }
    }
}

/// The reader's position, if it sends one.
fn start(headers: &HeaderMap, query: Result<Query<Cursor>, QueryRejection>) -> Result<Option<Start>, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::new(ProblemType::InvalidPath, rejection.body_text()))?;
    let header = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?").to_owned());
    // A reconnecting EventSource sends the header, which is newer than the URL that it began with.
    let (text, invalid) = match header.filter(|text| !text.is_empty()) {
        Some(text) => (Some(text), ProblemType::InvalidHeader),
        None => (query.last_event_id, ProblemType::InvalidPath),
    };
    match text.as_deref() {
        None | Some("") => Ok(None),
        Some("0") => Ok(Some(Start::Oldest)),
        Some(text) => text
            .parse()
            .map(|id| Some(Start::After(id)))
            .map_err(|error| Problem::new(invalid, format!("{error}, nor `0` for everything that is kept"))),
    }
}

fn respond(api: &Api, caller: Caller, game: GameId, follow: Follow) -> Response {
    let refused = Box::pin(caller.until_refused(api.auth.clone(), Arc::clone(&api.store), game, api.pace));
    let frames = follow.frames(api.drain.clone()).take_until(refused);
    let mut response = Body::from_stream(frames).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
