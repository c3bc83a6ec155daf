//! `/v1/gamestate/{id}/undo`, `…/retry`, `…/edit`, `…/choose`: a game goes on from an earlier turn, or narrates the last one in
//! other words.
//!
//! A handler says what is wanted (`plan.rs`), the plan says what the game is to become, and the store makes it so in one step if
//! the game still is as it was planned from (`change.rs`). A change of a busy game waits until it is idle (`patience.rs`), is refused,
//! or cancels what is unfinished in the same step.

mod change;
mod draft;
mod past;
mod patience;
mod plan;
mod tries;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use protocol::{
    ChooseAlternative, EditTurn, GameId, GameRewritten, NARRATION_MAX_BYTES, Problem, RequestId, RetryTurn, UndoTurns,
};

use self::change::{RewindOptions, change};
pub(super) use self::past::{before_turn, last_record};
use self::plan::RewindKind;
use super::Api;
use super::account::Account;
use super::body::Body;
use super::caller::Caller;
use super::chat;
use super::error::ApiError;
use super::path::Id;

/// Takes turns back.
pub(super) async fn undo(
    State(api): State<Api>,
    account: Account,
    caller: Caller,
    Id(id): Id<GameId>,
    headers: HeaderMap,
    Body(undo): Body<UndoTurns>,
) -> Result<Json<GameRewritten>, ApiError> {
    let asked = RewindOptions::new("undo", &caller, &headers, &undo, undo.if_busy)?;
    change(&api, id, account, asked, RewindKind::Undo { to: undo.to_turn }).await
}

/// Tells the player's last message once more.
pub(super) async fn retry(
    State(api): State<Api>,
    account: Account,
    caller: Caller,
    Id(id): Id<GameId>,
    headers: HeaderMap,
    Body(retry): Body<RetryTurn>,
) -> Result<Json<GameRewritten>, ApiError> {
    let asked = RewindOptions::new("retry", &caller, &headers, &retry, retry.if_busy)?;
    change(&api, id, account, asked, RewindKind::Retry { request: RequestId::in_game(id) }).await
}

/// Replaces a message, and plays on from there; or replaces a narration, and goes back to its turn.
pub(super) async fn edit(
    State(api): State<Api>,
    account: Account,
    caller: Caller,
    Id(id): Id<GameId>,
    headers: HeaderMap,
    Body(edit): Body<EditTurn>,
) -> Result<Json<GameRewritten>, ApiError> {
    let asked = RewindOptions::new("edit", &caller, &headers, &edit, edit.if_busy)?;
    let turn = edit.turn;
    let wanted = match (edit.message, edit.narration) {
        (Some(message), None) => {
            chat::check_message(&message)?;
            RewindKind::ReplaceMessage { turn, message, request: RequestId::in_game(id) }
        }
        (None, Some(narration)) => {
            check_narration(&narration)?;
            RewindKind::ReplaceNarration { turn, narration }
        }
        (Some(_), Some(_)) => return Err(Problem::field("/narration", "give either a message or a narration").into()),
        (None, None) => return Err(Problem::field("/message", "give a message or a narration").into()),
    };
    change(&api, id, account, asked, wanted).await
}

/// Brings back an earlier try.
pub(super) async fn choose(
    State(api): State<Api>,
    account: Account,
    caller: Caller,
    Id(id): Id<GameId>,
    headers: HeaderMap,
    Body(choice): Body<ChooseAlternative>,
) -> Result<Json<GameRewritten>, ApiError> {
    let asked = RewindOptions::new("choose", &caller, &headers, &choice, choice.if_busy)?;
    change(&api, id, account, asked, RewindKind::Choose { turn: choice.turn, alternative: choice.alternative }).await
}

fn check_narration(narration: &str) -> Result<(), Problem> {
    if narration.trim().is_empty() || narration.len() > NARRATION_MAX_BYTES {
        return Err(Problem::field("/narration", format!("it is a text of 1 to {NARRATION_MAX_BYTES} bytes")));
    }
    if narration.contains(chat::unprintable) {
        return Err(Problem::field("/narration", "it holds a control character"));
    }
    Ok(())
}
