//! `/v1/queue`: what waits, for operators.

use axum::Json;
use axum::extract::State;
use protocol::{GameId, LaneView, QueueView};

use super::Api;
use super::error::ApiError;
use super::games::unknown_game;
use super::path::Id;

/// The queue's depth and age.
pub(super) async fn queue(State(api): State<Api>) -> Result<Json<QueueView>, ApiError> {
    Ok(Json(api.store.queue().await?))
}

/// One game's unfinished requests.
pub(super) async fn lane(State(api): State<Api>, Id(id): Id<GameId>) -> Result<Json<LaneView>, ApiError> {
    let lane = api.store.lane(id).await?;
    if lane.requests.is_empty() && api.store.game(id).await?.is_none() {
        return Err(unknown_game(id).into());
    }
    Ok(Json(lane))
}
