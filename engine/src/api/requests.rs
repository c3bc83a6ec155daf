//! `/v1/requests/{id}`.

use axum::Json;
use axum::extract::State;
use protocol::{Problem, ProblemType, RequestId, RequestView};

use super::Api;
use super::error::ApiError;
use super::path::Id;

/// Where a request stands.
pub(super) async fn get(State(api): State<Api>, Id(id): Id<RequestId>) -> Result<Json<RequestView>, ApiError> {
    let request = api.store.request(id).await?.ok_or_else(|| unknown_request(id))?;
    Ok(Json(request.view()))
}

pub(super) fn unknown_request(id: RequestId) -> Problem {
    Problem::new(ProblemType::UnknownRequest, format!("there is no request {id}, or its status has expired"))
}
