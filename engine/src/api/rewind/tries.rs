//! The tries of the player's last message: retry adds the present one to those that can be chosen again, choose brings one back.
//!
//! A retry takes the present try off the game before another one is narrated. Until that one is committed, the game has no turn of the
//! message; and it never has, where the retry is cancelled or fails. The tries can be chosen then, too.

use protocol::{Alternative, Problem, ProblemType, RequestType, RewindCause, TurnRecord};
use store::{Game, Keep, Rewrite, StoredTurn, Try, TurnRange};
use story::ChatMessage;

use super::super::Api;
use super::super::error::ApiError;
use super::draft::Draft;
use super::past;

/// How many turns a try may have: the message, and the story events behind it.
const LONGEST: usize = 256;

/// The tries of a turn that can be chosen again, besides the present one.
pub(super) async fn of_turn(api: &Api, game: &Game, turn: u64) -> Result<Vec<Try>, ApiError> {
    let mut tries = api.store.tries(game.id).await?;
    tries.retain(|attempt| message(attempt).is_some_and(|message| message.turn == turn));
    Ok(tries)
}

/// The same with the present try behind them. `first` is the turn of the message.
pub(super) async fn with_present(api: &Api, game: &Game, first: &StoredTurn) -> Result<Vec<Try>, ApiError> {
    let mut tries = of_turn(api, game, first.record.turn).await?;
    tries.push(present(api, game, first).await?);
    let surplus = tries.len().saturating_sub(api.turns.tries);
    tries.drain(..surplus);
    Ok(tries)
}

/// A game that goes on with an earlier try of its last message.
pub(super) async fn chosen(api: &Api, game: &Game, turn: u64, alternative: usize) -> Result<Draft, ApiError> {
    let last = game.document.last_turn();
    let present_one = if turn == last + 1 { None } else { Some(past::last_message(api, game).await?) };
    if let Some(first) = present_one.as_ref().filter(|first| first.record.turn != turn) {
        let detail =
            format!("only the player's last message has tries to choose from, and that is turn {}", first.record.turn);
        return Err(Problem::field("/turn", detail).into());
    }
    let mut tries = of_turn(api, game, turn).await?;
    if alternative >= tries.len() {
        let detail = match tries.len() {
            0 => "the turn has no other tries: it was narrated once only, or the game was changed since".to_owned(),
            count => format!("there are {count} alternatives, counted from 0"),
        };
        return Err(Problem::field("/alternative", detail).into());
    }
    let (kept, gone) = match &present_one {
        None => (Keep::All, 0),
        Some(first) => {
            tries.push(present(api, game, first).await?);
            (Keep::First(first.messages_before), last + 1 - turn)
        }
    };
    let Try { mut turns, state } = tries.remove(alternative);
    if let Some(again) = turns.first_mut() {
        again.record.alternatives = alternatives(&tries);
    }
    Ok(Draft {
        cause: RewindCause::Choose,
        state,
        turn: turn - 1 + turns.len() as u64,
        history: Rewrite { kept, appended: turns.iter().flat_map(messages).collect() },
        turns: Rewrite { kept: Keep::ButLast(gone), appended: turns },
        tries,
        request: None,
    })
}

/// What a record says of tries.
pub(super) fn alternatives(tries: &[Try]) -> Vec<Alternative> {
    let alternative = |record: &TurnRecord| Alternative {
        narration: record.narration.clone(),
        usage: record.usage,
        model: record.model.clone(),
    };
    tries.iter().filter_map(message).map(alternative).collect()
}

/// The turn of the message of a try.
pub(super) fn message(attempt: &Try) -> Option<&TurnRecord> {
    attempt.turns.first().map(|turn| &turn.record)
}

/// The present try of a message.
async fn present(api: &Api, game: &Game, first: &StoredTurn) -> Result<Try, ApiError> {
    let page = api.store.turns(game.id, TurnRange::From(first.record.turn), LONGEST).await?;
    if page.turns.last().is_none_or(|turn| turn.record.turn != game.document.last_turn()) {
        let detail = format!("more than {LONGEST} story events follow the player's last message: undo it instead");
        return Err(Problem::new(ProblemType::TurnNotKept, detail).into());
    }
    Ok(Try { turns: page.turns, state: game.document.state.clone() })
}

/// What a turn added to the history.
fn messages(turn: &StoredTurn) -> [ChatMessage; 2] {
    let TurnRecord { kind, user_message, narration, .. } = &turn.record;
    let said = match kind {
        RequestType::Chat => ChatMessage::user(user_message),
        RequestType::StoryEvent => ChatMessage::story_event(user_message),
    };
    [said, ChatMessage::assistant(narration)]
}
