//! `/v1/requests/{id}`.

use axum::Json;
use axum::extract::State;
use protocol::{Problem, ProblemType, RequestId, RequestView};

use super::Api;
use super::error::ApiError;
use super::path::Id;
use crate::store::Cancelled;

/// A request and its status.
pub(super) async fn get(State(api): State<Api>, Id(id): Id<RequestId>) -> Result<Json<RequestView>, ApiError> {
    let request = api.store.request(id).await?.ok_or_else(|| unknown_request(id))?;
    Ok(Json(request.view()))
}

/// Cancels a request, queued or in processing. Repeating it answers the same.
pub(super) async fn cancel(State(api): State<Api>, Id(id): Id<RequestId>) -> Result<Json<RequestView>, ApiError> {
    match api.store.cancel(id).await? {
        Cancelled::Done => get(State(api), Id(id)).await,
        Cancelled::Unknown => Err(unknown_request(id).into()),
        Cancelled::Finished(status) => {
            let detail = format!("the request is {status}: only one that is queued or in processing can be cancelled");
            Err(Problem::new(ProblemType::RequestFinished, detail).into())
        }
    }
}

pub(super) fn unknown_request(id: RequestId) -> Problem {
    Problem::new(ProblemType::UnknownRequest, format!("there is no request {id}, or its status has expired"))
}
