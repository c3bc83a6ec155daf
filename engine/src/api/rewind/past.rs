//! The way back to a turn.

use protocol::{Problem, ProblemType, RequestType};
use store::{Game, NoWayBack, StoredTurn, TurnRange, Undo, WHOLE_STATE_EVERY, state_before};
use story::GameState;

use super::super::Api;
use super::super::error::ApiError;

/// How many records are read at a time on the search for a message: it is mostly among the last ones.
const PAGE: usize = 16;

/// The state before a turn, and the turn's record.
pub(in crate::api) async fn before_turn(
    api: &Api,
    game: &Game,
    turn: u64,
) -> Result<(GameState, StoredTurn), ApiError> {
    check_is_played(game, turn)?;
    let last = game.document.last_turn();
    let most = usize::try_from(WHOLE_STATE_EVERY).unwrap_or(usize::MAX);
    let page = api.store.turns(game.id, TurnRange::From(turn), most).await?;
    let Some(first) = page.turns.first().filter(|first| first.record.turn == turn) else {
        return Err(not_kept(page.first_kept).into());
    };
    let end = page.turns.last().map_or(0, |turn| turn.record.turn);
    let has_whole = page.turns.iter().any(|turn| matches!(turn.undo, Undo::State(_)));
    let state = if end < last && !has_whole {
        Err(NoWayBack { turn: end + 1 })
    } else {
        state_before(&page.turns, &game.document.state)
    };
    match state {
        Ok(state) => Ok((state, first.clone())),
        Err(NoWayBack { turn }) => {
            let detail = format!(
                "the record of turn {turn} does not hold how the game stood before: it was larger than \
                 `turns.record_max_bytes` allows, or it was imported and this engine cannot play what it led back to. \
                 The game can only go back to turns after it"
            );
            Err(Problem::new(ProblemType::TurnNotKept, detail).into())
        }
    }
}

/// The record of a turn.
pub(super) async fn record_of(api: &Api, game: &Game, turn: u64) -> Result<StoredTurn, ApiError> {
    check_is_played(game, turn)?;
    let page = api.store.turns(game.id, TurnRange::From(turn), 1).await?;
    let found = page.turns.into_iter().next().filter(|found| found.record.turn == turn);
    Ok(found.ok_or_else(|| not_kept(page.first_kept))?)
}

/// The record of the last message of the player; if there is none among those that are kept, that of the last turn.
pub(super) async fn last_message(api: &Api, game: &Game) -> Result<StoredTurn, ApiError> {
    let mut before = None;
    loop {
        let page = api.store.turns(game.id, TurnRange::Before(before), PAGE).await?;
        if let Some(found) = page.turns.iter().rev().find(|turn| turn.record.kind == RequestType::Chat) {
            return Ok(found.clone());
        }
        match page.turns.first() {
            Some(first) if Some(first.record.turn) > page.first_kept => before = Some(first.record.turn),
            _ => return last_record(api, game).await,
        }
    }
}

/// The record of the last turn.
pub(in crate::api) async fn last_record(api: &Api, game: &Game) -> Result<StoredTurn, ApiError> {
    let page = api.store.turns(game.id, TurnRange::Before(None), 1).await?;
    let last = page.turns.into_iter().next_back();
    Ok(last.filter(|last| last.record.turn == game.document.last_turn()).ok_or_else(|| not_kept(None))?)
}

/// Refuses a turn that the game has not had.
fn check_is_played(game: &Game, turn: u64) -> Result<(), Problem> {
    let last = game.document.last_turn();
    if (1..=last).contains(&turn) {
        return Ok(());
    }
    let detail = match last {
        0 => "no turn has been played yet".to_owned(),
        _ => format!("there is no turn {turn}: the game has turns 1 to {last}"),
    };
    Err(Problem::new(ProblemType::TurnNotKept, detail))
}

/// The record of a turn is gone, or was never kept.
fn not_kept(first_kept: Option<u64>) -> Problem {
    let detail = match first_kept {
        Some(first) => format!(
            "the game can go back to where it stood after turn {} at the earliest: of the turns before, no record is kept",
            first - 1
        ),
        None => "the game cannot go back: no record is kept of its turns, because there are none, because an earlier release \
                 played them, or because its history was replaced"
            .to_owned(),
    };
    Problem::new(ProblemType::TurnNotKept, detail)
}
