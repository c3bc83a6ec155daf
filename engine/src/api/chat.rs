//! `POST /v1/chat`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::{Extension, Json};
use metrics::counter;
use protocol::{
    ChatAccepted, ChatRequest, GameId, Links, MESSAGE_MAX_BYTES, Problem, ProblemType, RequestId, RequestType,
};
use story::Input;

use super::account::Account;
use super::body::Body;
use super::caller::Caller;
use super::error::ApiError;
use super::game_version::unknown_game;
use super::{Api, idempotency};
use crate::store::{Accepted, Enqueued, NewRequest, Terms};
use crate::trace_parent::TraceParent;

/// Accepts a message. After the 200 it is not lost.
pub(super) async fn post(
    State(api): State<Api>,
    account: Account,
    caller: Caller,
    trace: Option<Extension<TraceParent>>,
    headers: HeaderMap,
    Body(chat): Body<ChatRequest>,
) -> Result<Json<ChatAccepted>, ApiError> {
    let key = idempotency::key(&headers, &chat)?;
    validate(&chat)?;
    // A message that was accepted before gets the same answer as then, even if its game has changed.
    if let Some(key) = &key
        && let Some(found) = api.store.find_key(chat.game_state_id, key).await?
    {
        return answer(found, &chat);
    }
    let game = api.store.game(chat.game_state_id).await?.ok_or_else(|| unknown_game(chat.game_state_id))?;
    let state = &game.document.state;
    if state.is_ended {
        let detail = "this story has ended: create a new game to play on";
        return Err(Problem::new(ProblemType::GameEnded, detail).into());
    }
    let input = Input::Player { message: chat.message.clone(), actor: chat.actor.clone() };
    let request = NewRequest {
        id: RequestId::in_game(game.id),
        game: game.id,
        kind: RequestType::Chat,
        user_message: story::user_text(state, &input),
        message: chat.message.clone(),
        actor: chat.actor.clone(),
        priority: caller.priority(chat.priority),
        caused_by: None,
        alternatives: Vec::new(),
        trace: trace.map(|Extension(trace)| trace),
    };
    let charges = account.message(&api.tiers);
    let terms = Terms { if_busy: chat.if_busy, key, charges: charges.charges.clone() };
    let enqueued = api.store.enqueue(&request, &terms).await?;
    if let Enqueued::Limited(limited) = enqueued {
        return Err(charges.refusal(limited));
    }
    if matches!(&enqueued, Enqueued::Accepted(accepted) if accepted.id == request.id) {
        counter!("story_engine_requests_accepted_total", "type" => request.kind.as_str()).increment(1);
    }
    answer(enqueued, &chat)
}

fn answer(enqueued: Enqueued, chat: &ChatRequest) -> Result<Json<ChatAccepted>, ApiError> {
    let refused = |kind: ProblemType, detail: &str| {
        counter!("story_engine_requests_refused_total", "reason" => kind.slug()).increment(1);
        Err(Problem::new(kind, detail).into())
    };
    match enqueued {
        Enqueued::Accepted(accepted) => Ok(Json(view(&accepted, chat.game_state_id))),
        Enqueued::UnknownGame => Err(unknown_game(chat.game_state_id).into()),
        Enqueued::Busy => refused(ProblemType::GameBusy, "the game has unfinished requests, and `if_busy` is `reject`"),
        Enqueued::KeyReused => refused(
            ProblemType::KeyReused,
            "another message was sent under this key: a new message needs a new `Idempotency-Key`",
        ),
        Enqueued::LaneFull => refused(
            ProblemType::LaneFull,
            "the game has as many unfinished requests as it may have: wait until some are done, or cancel some",
        ),
        // Who charges a request answers this by itself.
        Enqueued::Limited(_) | Enqueued::QueueFull => {
            refused(ProblemType::QueueFull, "as many requests wait as may: try again later")
        }
    }
}

/// An accepted request as its sender sees it.
pub(super) fn view(accepted: &Accepted, game: GameId) -> ChatAccepted {
    let &Accepted { id, status, position, priority, cursor } = accepted;
    ChatAccepted { request_id: id, status, position, priority, cursor, links: Links::of(id, game) }
}

/// What a player may say.
pub(super) fn check_message(message: &str) -> Result<(), Problem> {
    if message.trim().is_empty() {
        return Err(Problem::field("/message", "it is empty: say or do something"));
    }
    if message.len() > MESSAGE_MAX_BYTES {
        let detail = format!("it is {} bytes long; at most {MESSAGE_MAX_BYTES} are accepted", message.len());
        return Err(Problem::field("/message", detail));
    }
    if message.contains(unprintable) {
        return Err(Problem::field("/message", "it holds a control character"));
    }
    Ok(())
}

/// A control character that does not belong to a text of several lines.
pub(super) fn unprintable(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

fn validate(chat: &ChatRequest) -> Result<(), Problem> {
    check_message(&chat.message)?;
    if chat.actor.as_ref().is_some_and(|actor| actor.contains(char::is_control)) {
        return Err(Problem::field("/actor", "it is a name on one line, without control characters"));
    }
    if chat.actor.as_ref().is_some_and(|actor| actor.trim().is_empty() || actor.len() > 100) {
        return Err(Problem::field("/actor", "it is a name of 1 to 100 bytes, or left out"));
    }
    Ok(())
}
