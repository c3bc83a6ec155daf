//! `/v1/queue`: what waits and what runs, for operators.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use metrics::counter;
use protocol::{
    ChatAccepted, GameId, LaneView, Lanes, Priority, Problem, ProblemType, ProviderView, QueueView, QueuedRequests,
    RequestId, RequestType, Workers,
};
use protocol::{MESSAGE_MAX_BYTES, StoryEventsView, TriggerStoryEvent};
use serde::Deserialize;
use store::{Cancelled, Enqueued, NewRequest, QueuedCursor, SharedStore, Terms};

use super::body::Body;
use super::chat;
use super::error::ApiError;
use super::game_version::unknown_game;
use super::paging::Paging;
use super::path::Id;
use super::requests::{has_ended, unknown_request};

/// How many lanes or story events an answer holds when the client does not say.
const SHOWN: usize = 50;
/// How many it holds at most.
const MOST_SHOWN: usize = 500;

/// `?limit=`
#[derive(Debug, Deserialize)]
pub(super) struct Limit {
    limit: Option<usize>,
}

fn limit(query: Result<Query<Limit>, QueryRejection>) -> Result<usize, Problem> {
    let Query(query) = query.map_err(|rejection| Problem::new(ProblemType::InvalidPath, rejection.body_text()))?;
    Ok(query.limit.unwrap_or(SHOWN).clamp(1, MOST_SHOWN))
}

/// The queue's depth and age.
pub(super) async fn queue(State(store): State<SharedStore>) -> Result<Json<QueueView>, ApiError> {
    Ok(Json(store.queue().await?))
}

/// Lanes that are not empty.
pub(super) async fn lanes(
    State(store): State<SharedStore>,
    query: Result<Query<Limit>, QueryRejection>,
) -> Result<Json<Lanes>, ApiError> {
    Ok(Json(store.lanes(limit(query)?).await?))
}

/// The providers that games use, and those that have had a fault.
pub(super) async fn providers(State(store): State<SharedStore>) -> Result<Json<Vec<ProviderView>>, ApiError> {
    Ok(Json(store.providers().await?))
}

/// The workers that live.
pub(super) async fn workers(State(store): State<SharedStore>) -> Result<Json<Workers>, ApiError> {
    Ok(Json(Workers { workers: store.workers().await? }))
}

/// The requests that wait.
pub(super) async fn queued(
    State(store): State<SharedStore>,
    page: Paging<QueuedCursor>,
) -> Result<Json<QueuedRequests>, ApiError> {
    Ok(Json(store.queued(page.after, page.limit(SHOWN, MOST_SHOWN)).await?))
}

/// Cancels a request that waits or runs.
pub(super) async fn cancel(State(store): State<SharedStore>, Id(id): Id<RequestId>) -> Result<StatusCode, ApiError> {
    match store.cancel(id).await? {
        Cancelled::Done => Ok(StatusCode::NO_CONTENT),
        Cancelled::Unknown => Err(unknown_request(id).into()),
        Cancelled::Finished(status) => Err(has_ended(status).into()),
    }
}

/// One game's unfinished requests.
pub(super) async fn lane(State(store): State<SharedStore>, Id(id): Id<GameId>) -> Result<Json<LaneView>, ApiError> {
    let lane = store.lane(id).await?;
    if lane.requests.is_empty() {
        must_exist(&store, id).await?;
    }
    Ok(Json(lane))
}

/// The story events that wait in a game's lane.
pub(super) async fn story_events(
    State(store): State<SharedStore>,
    Id(id): Id<GameId>,
    query: Result<Query<Limit>, QueryRejection>,
) -> Result<Json<StoryEventsView>, ApiError> {
    let limit = limit(query)?;
    let (depth, waiting) = store.story_events(id, limit).await?;
    if depth == 0 {
        must_exist(&store, id).await?;
    }
    let story_events = waiting.into_iter().map(store::Request::view).collect();
    Ok(Json(StoryEventsView { game_id: id, depth, story_events }))
}

/// Triggers a story event, behind what waits already.
pub(super) async fn trigger(
    State(store): State<SharedStore>,
    Id(id): Id<GameId>,
    Body(TriggerStoryEvent { prompt }): Body<TriggerStoryEvent>,
) -> Result<Json<ChatAccepted>, ApiError> {
    if prompt.trim().is_empty() || prompt.len() > MESSAGE_MAX_BYTES {
        let detail = format!("it is a text of 1 to {MESSAGE_MAX_BYTES} bytes");
        return Err(Problem::field("/prompt", detail).into());
    }
    let game = store.game(id).await?.ok_or_else(|| unknown_game(id))?;
    if game.document.state.is_ended {
        return Err(Problem::new(ProblemType::GameEnded, "this story has ended: nothing more happens in it").into());
    }
    let request = NewRequest {
        id: RequestId::in_game(id),
        game: id,
        kind: RequestType::StoryEvent,
        message: prompt.clone(),
        actor: None,
        user_message: prompt,
        priority: Priority::default(),
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
    };
    match store.enqueue(&request, &Terms::default()).await? {
        Enqueued::Accepted(accepted) => {
            counter!("story_engine_requests_accepted_total", "type" => request.kind.as_str()).increment(1);
            Ok(Json(chat::view(&accepted, id)))
        }
        Enqueued::UnknownGame => Err(unknown_game(id).into()),
        Enqueued::LaneFull => Err(Problem::new(ProblemType::LaneFull, "the game's lane is full").into()),
        Enqueued::QueueFull | Enqueued::Busy | Enqueued::KeyReused | Enqueued::Limited(_) => {
            Err(Problem::new(ProblemType::QueueFull, "as many requests wait as may: try again later").into())
        }
    }
}

/// Cancels the story events that wait in a game's lane.
pub(super) async fn clear_story_events(
    State(store): State<SharedStore>,
    Id(id): Id<GameId>,
) -> Result<StatusCode, ApiError> {
    if store.clear_story_events(id).await? == 0 {
        must_exist(&store, id).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn must_exist(store: &SharedStore, id: GameId) -> Result<(), ApiError> {
    match store.game(id).await? {
        Some(_) => Ok(()),
        None => Err(unknown_game(id).into()),
    }
}
