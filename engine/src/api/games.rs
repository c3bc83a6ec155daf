//! `/v1/gamestate`: create, read, patch, delete and list games.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{
    CreateGame, GameAccess, GameId, GameList, GameSummary, GameView, Problem, ProblemType, StateUpdated, path,
};
use serde::Deserialize;
use story::{NewGame, StatePatch};

use super::body::Body;
use super::caller::Caller;
use super::error::ApiError;
use super::path::Id;
use super::{Api, capabilities};
use crate::store::{Founding, Game, GameDocument, GameWrite, GamesCursor};

/// How many games a page holds when the client does not say.
const PAGE: usize = 50;
/// How many games a page holds at most.
const LARGEST_PAGE: usize = 200;
/// How often a patch is tried when a turn's commit comes between its read and its write.
const TRIES: usize = 5;

/// Creates a game.
pub(super) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(create): Body<CreateGame>,
) -> Result<Response, ApiError> {
    let owner = caller.owner(create.user)?;
    let provider = create.provider.unwrap_or_else(|| api.models.default_name().to_owned());
    if api.models.get(&provider).is_none() {
        let names = api.models.list().map(|info| info.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(
            Problem::field("/provider", format!("there is no provider `{provider}`; configured: {names}")).into()
        );
    }
    let new = NewGame {
        scenario: create.scenario,
        pc: create.pc,
        narrator: create.narrator,
        rules: create.rules,
        temperature: create.temperature,
    };
    let (state, opening) = story::new_game(&api.library, &new)
        .map_err(|error| Problem::field(format!("/{}", error.field()), error.to_string()))?;
    let id = GameId::new();
    let is_owned = owner.is_some();
    api.store.create_game(id, &GameDocument { provider, state }, &opening, &Founding { owner }).await?;
    let capability = if is_owned {
        Some(capabilities::add(&api.store, id, GameAccess::Play, None).await?.0.reveal().to_owned())
    } else {
        None
    };
    let mut response = view(&api, id, StatusCode::CREATED, capability).await?;
    if let Ok(location) = HeaderValue::try_from(path::with_id(path::GAME, id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Reads a game.
pub(super) async fn get(State(api): State<Api>, Id(id): Id<GameId>) -> Result<Response, ApiError> {
    view(&api, id, StatusCode::OK, None).await
}

/// Patches a game that has no unfinished requests.
pub(super) async fn patch(
    State(api): State<Api>,
    Id(id): Id<GameId>,
    headers: HeaderMap,
    Body(patch): Body<StatePatch>,
) -> Result<Response, ApiError> {
    let expected = if_match(&headers)?;
    for _ in 0..TRIES {
        let game = api.store.game(id).await?.ok_or_else(|| unknown_game(id))?;
        if expected.is_some_and(|version| version != game.version) {
            return Err(conflict(game.version).into());
        }
        match write(&api, &game, &patch).await? {
            GameWrite::Done => return view(&api, id, StatusCode::OK, None).await,
            GameWrite::Unknown => return Err(unknown_game(id).into()),
            GameWrite::Busy => return Err(busy().into()),
            GameWrite::Changed { version } if expected.is_some() => return Err(conflict(version).into()),
            GameWrite::Changed { .. } => {}
        }
    }
    Err(busy().into())
}

async fn write(api: &Api, game: &Game, patch: &StatePatch) -> Result<GameWrite, ApiError> {
    let state = story::patch(&api.library, &game.document.state, patch)
        .map_err(|error| Problem::field(format!("/{}", error.field()), error.to_string()))?;
    let updated = StateUpdated {
        request_id: None,
        game_id: game.id,
        version: game.version + 1,
        turn: state.turn_counter,
        location: state.user_location.clone(),
        scene: state.scene_name.clone(),
        is_ended: state.is_ended,
        changes: Vec::new(),
    };
    let document = GameDocument { provider: game.document.provider.clone(), state };
    let history = patch.chat_history.as_deref();
    Ok(api.store.replace_game(game.id, game.version, &document, history, &updated).await?)
}

/// Deletes a game that has no unfinished requests.
pub(super) async fn delete(State(api): State<Api>, Id(id): Id<GameId>) -> Result<StatusCode, ApiError> {
    match api.store.delete_game(id).await? {
        GameWrite::Busy => Err(busy().into()),
        GameWrite::Done | GameWrite::Unknown | GameWrite::Changed { .. } => Ok(StatusCode::NO_CONTENT),
    }
}

/// `?limit=&after=`
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    limit: Option<usize>,
    after: Option<String>,
}

/// Lists the caller's games, the latest changed first.
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<GameList>, ApiError> {
    let invalid = |detail: String| Problem::new(ProblemType::InvalidPath, detail);
    let Query(page) = page.map_err(|rejection| invalid(rejection.body_text()))?;
    let after = page.after.as_deref().map(str::parse::<GamesCursor>).transpose();
    let after = after.map_err(|error| invalid(format!("`after`: {error}")))?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let games = api.store.games(&caller.games(), after, limit).await?;
    let last = games.last().filter(|_| games.len() == limit);
    let next = last.map(|last| GamesCursor { updated_at: last.updated_at, id: last.id }.to_string());
    Ok(Json(GameList { games: games.into_iter().map(summary).collect(), next }))
}

fn summary(game: Game) -> GameSummary {
    let state = game.document.state;
    GameSummary {
        id: game.id,
        user: game.owner.and_then(|owner| owner.user),
        scenario: state.scenario,
        pc: state.pc.map(|pc| pc.name),
        scene_name: state.scene_name,
        location: state.user_location,
        turn: state.turn_counter,
        is_ended: state.is_ended,
        updated_at: game.updated_at,
    }
}

async fn view(api: &Api, id: GameId, status: StatusCode, capability: Option<String>) -> Result<Response, ApiError> {
    let game = api.store.game(id).await?.ok_or_else(|| unknown_game(id))?;
    let view = GameView {
        id,
        version: game.version,
        cursor: game.cursor,
        provider: game.document.provider,
        state: game.document.state,
        chat_history: api.store.history(id, usize::MAX).await?,
        created_at: game.created_at,
        updated_at: game.updated_at,
        capability,
    };
    let mut response = (status, Json(&view)).into_response();
    if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", view.version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// The version that `If-Match` asks for, if it asks for one.
fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    // A proxy that compresses weakens the tag. Versions are compared, not bytes, so it means the same.
    let version = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    version.parse().map(Some).map_err(|_| {
        Problem::new(ProblemType::InvalidHeader, "`If-Match` takes the `ETag` of a game: its version in quotes")
    })
}

pub(super) fn unknown_game(id: GameId) -> Problem {
    Problem::new(ProblemType::UnknownGame, format!("there is no game {id}"))
}

fn busy() -> Problem {
    Problem::new(ProblemType::GameBusy, "the game has unfinished requests: wait until they are done")
}

fn conflict(version: u64) -> Problem {
    Problem::new(ProblemType::VersionConflict, format!("the game has version {version} by now: read it and try again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version_of(tag: &'static str) -> Result<Option<u64>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, HeaderValue::from_static(tag));
        if_match(&headers)
    }

    #[test]
    fn a_tag_may_be_weakened_by_a_proxy() {
        for tag in ["\"7\"", "W/\"7\"", "7"] {
            assert_eq!(version_of(tag).unwrap(), Some(7), "{tag}");
        }
        assert_eq!(version_of("*").unwrap(), None);
    }

    #[test]
    fn what_is_not_a_tag_is_an_invalid_header() {
        for tag in ["abc", "", "\"\"", "W/", "-1"] {
            assert_eq!(version_of(tag).unwrap_err().problem_type(), Some(ProblemType::InvalidHeader), "{tag}");
        }
    }
}
