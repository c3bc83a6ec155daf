//! `/v1/requests/{id}`.

use std::num::NonZeroU64;

use axum::Json;
use axum::extract::State;
use protocol::{Attempt, ChatChunk, Problem, ProblemType, RequestId, RequestStatus, RequestView, StopRequest};
use store::{Cancelled, Completion, Request, Stopped};

use super::body::Body;
use super::caller::Caller;
use super::error::ApiError;
use super::path::Id;
use super::{Api, hidden, snapshot};

/// How often a narration is looked at that moves on before it is stopped.
const TRIES: usize = 5;

/// A request and its status.
pub(super) async fn get(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<RequestId>,
) -> Result<Json<RequestView>, ApiError> {
    let request = api.store.request(id).await?.ok_or_else(|| unknown_request(id))?;
    Ok(view(request, &caller))
}

/// A request as a caller may see it.
fn view(request: Request, caller: &Caller) -> Json<RequestView> {
    let view = request.view();
    Json(if caller.sees_hidden() { view } else { hidden::request(view) })
}

/// Cancels a request, queued or in processing. Repeating it answers the same.
pub(super) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<RequestId>,
) -> Result<Json<RequestView>, ApiError> {
    match api.store.cancel(id).await? {
        Cancelled::Done => get(State(api), caller, Id(id)).await,
        Cancelled::Unknown => Err(unknown_request(id).into()),
        Cancelled::Finished(status) => Err(has_ended(status).into()),
    }
}

/// Ends a running narration, or cancels its request. Repeating it answers the same.
pub(super) async fn stop(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<RequestId>,
    Body(StopRequest { keep }): Body<StopRequest>,
) -> Result<Json<RequestView>, ApiError> {
    if !keep {
        return cancel(State(api), caller, Id(id)).await;
    }
    for _ in 0..TRIES {
        let request = api.store.request(id).await?.ok_or_else(|| unknown_request(id))?;
        match request.status {
            RequestStatus::Failed => return Err(has_ended(request.status).into()),
            // Stopped before, or finished before it could be stopped: the text is kept.
            RequestStatus::Completed | RequestStatus::Cancelled => return Ok(view(request, &caller)),
            _ if request.checkpoints.narration.is_some() => return Ok(view(request, &caller)),
            RequestStatus::Queued | RequestStatus::Processing => {}
        }
        let Some((attempt, text)) = narration_so_far(&api, &request).await? else {
            match api.store.cancel(id).await? {
                Cancelled::Finished(_) => continue,
                Cancelled::Done | Cancelled::Unknown => return get(State(api), caller, Id(id)).await,
            }
        };
        let narration = Completion { text, cut_short: true, ..Completion::default() };
        let end = ChatChunk {
            request_id: id,
            game_id: request.game,
            attempt,
            content: String::new(),
            done: true,
            chunks: NonZeroU64::MIN,
        };
        match api.store.stop(id, attempt, &narration, &end).await? {
            Stopped::Done => return get(State(api), caller, Id(id)).await,
            Stopped::Changed | Stopped::Finished(_) => {}
            Stopped::Unknown => return Err(unknown_request(id).into()),
        }
    }
    let detail = "the narration begins and ends faster than it can be stopped: look at the request, and try again";
    Err(Problem::new(ProblemType::GameBusy, detail).into())
}

/// The narration of a request so far, up to its last whole sentence, and by which attempt; none if there is nothing.
async fn narration_so_far(api: &Api, request: &Request) -> Result<Option<(Attempt, String)>, ApiError> {
    let Some(snapshot) = snapshot::take(&api.store, request.game).await? else { return Ok(None) };
    let unfinished = snapshot.unfinished.into_iter().find(|unfinished| unfinished.request_id == request.id);
    Ok(unfinished
        .filter(|unfinished| unfinished.status == RequestStatus::Processing)
        .map(|unfinished| (unfinished.attempt, story::cut_to_sentence(&unfinished.text).trim_end().to_owned()))
        .filter(|(_, text)| !text.is_empty()))
}

pub(super) fn has_ended(status: RequestStatus) -> Problem {
    let detail = format!("the request is {status}: only one that is queued or in processing can be ended");
    Problem::new(ProblemType::RequestFinished, detail)
}

pub(super) fn unknown_request(id: RequestId) -> Problem {
    Problem::new(ProblemType::UnknownRequest, format!("there is no request {id}, or its status has expired"))
}
