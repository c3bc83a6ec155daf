//! `GET /v1/gamestate/{id}/turns`.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use protocol::{GameId, Problem, ProblemType, Turns};
use serde::Deserialize;
use store::TurnRange;

use super::caller::Caller;
use super::error::ApiError;
use super::game_version::unknown_game;
use super::path::Id;
use super::{Api, hidden};

/// How many turns a page holds when the client does not say.
const PAGE: usize = 20;
/// How many turns a page holds at most.
const LARGEST_PAGE: usize = 100;

/// `?limit=&after=`
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    limit: Option<usize>,
    after: Option<u64>,
}

/// The turns of a game, the latest first.
pub(super) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<GameId>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Turns>, ApiError> {
    let Query(page) = page.map_err(|rejection| Problem::new(ProblemType::InvalidPath, rejection.body_text()))?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let found = api.store.turns(id, TurnRange::Before(page.after), limit).await?;
    if found.turns.is_empty() && api.store.game(id).await?.is_none() {
        return Err(unknown_game(id).into());
    }
    let first = found.turns.first().map(|turn| turn.record.turn);
    let next = first.filter(|first| Some(*first) > found.first_kept).map(|first| first.to_string());
    let records = found.turns.into_iter().rev().map(|turn| turn.record);
    let shown = |record| if caller.sees_hidden() { record } else { hidden::record(record) };
    Ok(Json(Turns { turns: records.map(shown).collect(), next }))
}
