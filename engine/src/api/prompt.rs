//! `/v1/gamestate/{id}/prompt`: what a model would be sent next, for operators who look for the cause of an answer.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use protocol::{GameId, Problem, ProblemType, PromptPurpose, PromptView};
use serde::Deserialize;

use super::Api;
use super::error::ApiError;
use super::path::Id;
use crate::preview::{Preview, PreviewError, preview};

/// `?message=&purpose=`
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    message: Option<String>,
    #[serde(default)]
    purpose: PromptPurpose,
}

/// Shows the next call of a game.
pub(super) async fn get(
    State(api): State<Api>,
    Id(id): Id<GameId>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<PromptView>, ApiError> {
    let Query(Asked { message, purpose }) =
        asked.map_err(|rejection| Problem::new(ProblemType::InvalidPath, rejection.body_text()))?;
    let asked = Preview { message, purpose, history: api.history };
    match preview(&api.store, &api.library, &api.models, id, &asked).await {
        Ok(view) => Ok(Json(view)),
        Err(PreviewError::Store(error)) => Err(error.into()),
        Err(PreviewError::Problem(problem)) => Err(problem.into()),
    }
}
