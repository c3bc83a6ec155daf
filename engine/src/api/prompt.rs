//! `/v1/gamestate/{id}/prompt`: what a model would be sent next, or was sent for an earlier turn, for operators who look for the cause of
//! an answer.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use protocol::{GameId, Problem, ProblemType, PromptPurpose, PromptView};
use serde::Deserialize;
use store::SharedStore;
use story::Library;

use super::Api;
use super::error::ApiError;
use super::path::Id;
use crate::llm::Models;
use crate::preview::{Preview, PreviewError, preview};

/// `?message=&turn=&purpose=`
#[derive(Debug, Deserialize)]
pub(super) struct PromptQuery {
    message: Option<String>,
    turn: Option<u64>,
    #[serde(default)]
    purpose: PromptPurpose,
}

/// What a prompt is made of.
#[derive(Clone)]
pub struct Prompts {
    /// The store.
    pub store: SharedStore,
    /// The loaded content.
    pub library: Arc<Library>,
    /// The configured models.
    pub models: Arc<Models>,
    /// How many messages of history a prompt may hold.
    pub history: usize,
    /// How many story events a turn tells at most.
    pub story_event_batch: usize,
}

/// Shows the next call of a game, or one of an earlier turn, on the players' port where that serves operators as well.
pub(super) async fn get(
    State(api): State<Api>,
    id: Id<GameId>,
    asked: Result<Query<PromptQuery>, QueryRejection>,
) -> Result<Json<PromptView>, ApiError> {
    let Api { store, library, models, history, story_event_batch, .. } = api;
    show(State(Prompts { store, library, models, history, story_event_batch }), id, asked).await
}

/// The same on the operators' port.
pub(super) async fn show(
    State(prompts): State<Prompts>,
    Id(id): Id<GameId>,
    asked: Result<Query<PromptQuery>, QueryRejection>,
) -> Result<Json<PromptView>, ApiError> {
    let Query(PromptQuery { message, turn, purpose }) =
        asked.map_err(|rejection| Problem::new(ProblemType::InvalidPath, rejection.body_text()))?;
    if message.is_some() && turn.is_some() {
        let detail = "a turn that was played has its message: leave `message` or `turn` out";
        return Err(Problem::new(ProblemType::InvalidPath, detail).into());
    }
    let Prompts { history, story_event_batch, .. } = prompts;
    let asked = Preview { message, turn, purpose, history, story_event_batch };
    match preview(&prompts.store, &prompts.library, &prompts.models, id, &asked).await {
        Ok(view) => Ok(Json(view)),
        Err(PreviewError::Store(error)) => Err(error.into()),
        Err(PreviewError::Problem(problem)) => Err(problem.into()),
    }
}
