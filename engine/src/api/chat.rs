//! `POST /v1/chat`.

use axum::Json;
use axum::extract::State;
use metrics::counter;
use protocol::{
    ChatAccepted, ChatRequest, IfBusy, Links, MESSAGE_MAX_BYTES, Problem, ProblemType, RequestId, RequestStatus,
    RequestType,
};
use story::Input;

use super::Api;
use super::body::Body;
use super::error::ApiError;
use super::games::unknown_game;
use crate::store::{Enqueued, NewRequest};

/// Accepts a message. After the 200 it is not lost.
pub(super) async fn post(
    State(api): State<Api>,
    Body(chat): Body<ChatRequest>,
) -> Result<Json<ChatAccepted>, ApiError> {
    validate(&chat)?;
    let game = api.store.game(chat.game_state_id).await?.ok_or_else(|| unknown_game(chat.game_state_id))?;
    let state = &game.document.state;
    if state.is_ended {
        let detail = "this story has ended: create a new game to play on";
        return Err(Problem::new(ProblemType::GameEnded, detail).into());
    }
    let input = Input::Player { message: chat.message.clone(), actor: chat.actor.clone() };
    let request = NewRequest {
        id: RequestId::new(),
        game: game.id,
        kind: RequestType::Chat,
        user_message: story::user_text(state, &input),
        message: chat.message,
        actor: chat.actor,
        caused_by: None,
    };
    match api.store.enqueue(&request, chat.if_busy == IfBusy::Reject).await? {
        Enqueued::Accepted { position, cursor } => {
            counter!("story_engine_requests_accepted_total").increment(1);
            Ok(Json(ChatAccepted {
                request_id: request.id,
                status: RequestStatus::Queued,
                position,
                cursor,
                links: Links::of(request.id, request.game),
            }))
        }
        Enqueued::UnknownGame => Err(unknown_game(request.game).into()),
        Enqueued::Busy => {
            let detail = "the game has unfinished requests, and `if_busy` is `reject`";
            Err(Problem::new(ProblemType::GameBusy, detail).into())
        }
    }
}

fn validate(chat: &ChatRequest) -> Result<(), Problem> {
    if chat.message.trim().is_empty() {
        return Err(Problem::field("/message", "it is empty: say or do something"));
    }
    if chat.message.len() > MESSAGE_MAX_BYTES {
        let detail = format!("it is {} bytes long; at most {MESSAGE_MAX_BYTES} are accepted", chat.message.len());
        return Err(Problem::field("/message", detail));
    }
    let unprintable = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if chat.message.contains(unprintable) {
        return Err(Problem::field("/message", "it holds a control character"));
    }
    if chat.actor.as_ref().is_some_and(|actor| actor.contains(char::is_control)) {
        return Err(Problem::field("/actor", "it is a name on one line, without control characters"));
    }
    if chat.actor.as_ref().is_some_and(|actor| actor.trim().is_empty() || actor.len() > 100) {
        return Err(Problem::field("/actor", "it is a name of 1 to 100 bytes, or left out"));
    }
    Ok(())
}
