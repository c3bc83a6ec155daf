//! `/v1/dead-letters`: requests that failed for good: list, show, retry, delete.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use protocol::{ChatAccepted, DeadLetter, DeadLetters, Problem, ProblemType, RequestId};
use store::{DeadLetterCursor, DeadLetterRetry, SharedStore};

use super::chat;
use super::error::{ApiError, internal};
use super::paging::Paging;
use super::path::Id;

/// How many dead letters a page holds when the client does not say.
const PAGE: usize = 50;
/// How many dead letters a page holds at most.
const LARGEST_PAGE: usize = 200;

/// Lists dead letters, the latest first.
pub(super) async fn list(
    State(store): State<SharedStore>,
    page: Paging<DeadLetterCursor>,
) -> Result<Json<DeadLetters>, ApiError> {
    Ok(Json(store.dead_letters(page.after, page.limit(PAGE, LARGEST_PAGE)).await?))
}

/// One dead letter.
pub(super) async fn get(State(store): State<SharedStore>, Id(id): Id<RequestId>) -> Result<Json<DeadLetter>, ApiError> {
    Ok(Json(store.dead_letter(id).await?.ok_or_else(|| unknown(id))?))
}

/// Queues a dead letter's request again, with its id, behind what waits in its game by now.
pub(super) async fn retry(
    State(store): State<SharedStore>,
    Id(id): Id<RequestId>,
) -> Result<Json<ChatAccepted>, ApiError> {
    match store.retry_dead_letter(id).await? {
        DeadLetterRetry::Queued(accepted) => {
            let request = store.request(id).await?.ok_or_else(|| internal(&"a retried request is gone"))?;
            Ok(Json(chat::view(&accepted, request.game)))
        }
        DeadLetterRetry::Unknown => Err(unknown(id).into()),
        DeadLetterRetry::NoGame => {
            let detail =
                format!("the game of request {id} is not here: if it was deleted, the dead letter can be deleted too");
            Err(Problem::new(ProblemType::UnknownGame, detail).into())
        }
    }
}

/// Deletes a dead letter.
pub(super) async fn delete(State(store): State<SharedStore>, Id(id): Id<RequestId>) -> Result<StatusCode, ApiError> {
    if store.delete_dead_letter(id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(id).into()) }
}

fn unknown(id: RequestId) -> Problem {
    let detail = format!("request {id} has no dead letter: it has not failed for good, or was retried or deleted");
    Problem::new(ProblemType::UnknownDeadLetter, detail)
}
