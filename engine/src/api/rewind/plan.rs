//! What a game becomes when turns are taken back, or narrated again or otherwise.

use protocol::{GameId, Priority, Problem, ProblemType, RequestId, RequestType, RewindCause};
use store::{Game, Keep, NewRequest, Rewrite, StoredTurn};
use story::{ChatMessage, GameState, Input};

use super::super::Api;
use super::super::error::ApiError;
use super::draft::Draft;
use super::{past, tries};

/// The change that a client asks for.
pub(super) enum RewindKind {
    /// That it goes back to its state after a turn; or before the player's last message.
    Undo { to: Option<u64> },
    /// That the player's last message is narrated once more, by this request.
    Retry { request: RequestId },
    /// That the player has said something else in a turn, and plays on from there with this request.
    ReplaceMessage { turn: u64, message: String, request: RequestId },
    /// That a turn reads otherwise, and is the last one.
    ReplaceNarration { turn: u64, narration: String },
    /// That an earlier try of the player's last message comes back.
    Choose { turn: u64, alternative: usize },
}

/// What a game is to become; nothing if it is so already.
pub(super) async fn plan(api: &Api, game: &Game, wanted: &RewindKind) -> Result<Option<Draft>, ApiError> {
    let draft = match wanted {
        RewindKind::Undo { to: Some(to) } if *to == game.document.last_turn() => return Ok(None),
        RewindKind::Undo { to } => {
            let first = match to {
                Some(to) => to.saturating_add(1),
                None => past::last_message(api, game).await?.record.turn,
            };
            let (state, first) = past::before_turn(api, game, first).await?;
            rewound(game, RewindCause::Undo, state, &first)
        }
        RewindKind::Retry { request } => retried(api, game, *request).await?,
        RewindKind::ReplaceMessage { turn, message, request } => {
            let (state, first) = past::before_turn(api, game, *turn).await?;
            if first.record.kind != RequestType::Chat {
                return Err(Problem::field("/turn", "it is a story event, which nobody has said").into());
            }
            let request = said(*request, game.id, &state, message.clone(), first.record.actor.clone());
            Draft { request: Some(request), ..rewound(game, RewindCause::Edit, state, &first) }
        }
        RewindKind::ReplaceNarration { turn, narration } => reworded(api, game, *turn, narration).await?,
        RewindKind::Choose { turn, alternative } => tries::chosen(api, game, *turn, *alternative).await?,
    };
    Ok(Some(draft))
}

/// A game brought back to the state before a turn, which is the first of those that go.
fn rewound(game: &Game, cause: RewindCause, state: GameState, first: &StoredTurn) -> Draft {
    Draft {
        cause,
        state,
        turn: first.record.turn - 1,
        history: Rewrite { kept: Keep::First(first.messages_before), appended: Vec::new() },
        turns: Rewrite { kept: Keep::ButLast(game.document.last_turn() + 1 - first.record.turn), appended: Vec::new() },
        tries: Vec::new(),
        request: None,
    }
}

/// A game whose last message is narrated once more.
async fn retried(api: &Api, game: &Game, request: RequestId) -> Result<Draft, ApiError> {
    let last = game.document.last_turn();
    // A retry that was cancelled, that failed or that is interrupted: its message is the last one.
    let pending = tries::of_turn(api, game, last + 1).await?;
    if let Some(message) = pending.last().and_then(tries::message).cloned() {
        let state = game.document.state.clone();
        let alternatives = tries::alternatives(&pending);
        let request = NewRequest { alternatives, ..said(request, game.id, &state, message.message, message.actor) };
        return Ok(Draft {
            cause: RewindCause::Retry,
            state,
            turn: last,
            history: Rewrite::none(),
            turns: Rewrite::none(),
            tries: pending,
            request: Some(request),
        });
    }
    let message = past::last_message(api, game).await?.record;
    if message.kind != RequestType::Chat {
        let detail = "the player has said nothing yet that could be narrated once more";
        return Err(Problem::new(ProblemType::TurnNotKept, detail).into());
    }
    let (state, first) = past::before_turn(api, game, message.turn).await?;
    let tries = tries::with_present(api, game, &first).await?;
    let alternatives = tries::alternatives(&tries);
    let request = NewRequest { alternatives, ..said(request, game.id, &state, message.message, message.actor) };
    Ok(Draft { tries, request: Some(request), ..rewound(game, RewindCause::Retry, state, &first) })
}

/// A game in which a turn reads otherwise. It goes back to that turn, because what followed was narrated by somebody who had read the
/// other text.
async fn reworded(api: &Api, game: &Game, turn: u64, narration: &str) -> Result<Draft, ApiError> {
    let last = game.document.last_turn();
    let mut edited = past::record_of(api, game, turn).await?;
    narration.clone_into(&mut edited.record.narration);
    edited.record.edited = true;
    // The narration is the last message of its turn.
    let (state, kept, tries) = if turn == last {
        (game.document.state.clone(), Keep::ButLast(1), api.store.tries(game.id).await?)
    } else {
        let (state, next) = past::before_turn(api, game, turn + 1).await?;
        (state, Keep::First(next.messages_before.saturating_sub(1)), Vec::new())
    };
    Ok(Draft {
        cause: RewindCause::Edit,
        state,
        turn,
        history: Rewrite { kept, appended: vec![ChatMessage::assistant(narration)] },
        turns: Rewrite { kept: Keep::ButLast(last + 1 - turn), appended: vec![edited] },
        tries,
        request: None,
    })
}

/// A message of the player, as a request.
fn said(id: RequestId, game: GameId, state: &GameState, message: String, actor: Option<String>) -> NewRequest {
    let input = Input::Player { message: message.clone(), actor: actor.clone() };
    NewRequest {
        id,
        game,
        kind: RequestType::Chat,
        user_message: story::user_text(state, &input),
        priority: Priority::default(),
        message,
        actor,
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
    }
}
