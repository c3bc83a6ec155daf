//! Changes of what has happened. Each goes under one key and is repeated while no answer comes, so a lost answer changes nothing
//! twice.

use client::{Client, ClientError};
use protocol::{
    BranchGame, ChooseAlternative, EditTurn, EventId, GameId, IfBusy, RenameGame, RequestId, RequestType, RetryTurn,
    TurnRecord, UndoTurns,
};
use tokio::time::{Instant, sleep};

use super::calls::Timing;
use crate::app::Rewrite;

/// Among how many of the latest turns the player's last messages are looked for.
const PAGE: u32 = 100;

/// A call that makes a change.
enum Call {
    Undo(UndoTurns),
    Retry(RetryTurn),
    Choose(ChooseAlternative),
    Edit(EditTurn),
    Rename(RenameGame),
}

/// Makes a change. Returns the id before its events; none for a name, which changes nothing of what is shown. The error is for the
/// player.
pub(super) async fn rewrite(
    client: &Client,
    game: GameId,
    change: Rewrite,
    timing: Timing,
) -> Result<Option<EventId>, String> {
    // A story event that the last turn has triggered ends first. To cancel all that runs would take back more than was asked for.
    let if_busy = IfBusy::Enqueue;
    let call = match change {
        Rewrite::Undo(count) => {
            let turn = spoken(client, game, count).await?.turn;
            Call::Undo(UndoTurns { to_turn: Some(turn.saturating_sub(1)), if_busy })
        }
        Rewrite::Retry => Call::Retry(RetryTurn { if_busy }),
        Rewrite::Other => {
            let last = spoken(client, game, 1).await?;
            if last.alternatives.is_empty() {
                return Err("There is no alternative yet. /retry makes one.".to_owned());
            }
            // The oldest comes, and the present one becomes the youngest: so all of them come in turn.
            Call::Choose(ChooseAlternative { turn: last.turn, alternative: 0, if_busy })
        }
        Rewrite::Edit { turn, message } => {
            let turn = match turn {
                Some(turn) => turn,
                None => spoken(client, game, 1).await?.turn,
            };
            Call::Edit(EditTurn { turn, message: Some(message), narration: None, if_busy })
        }
        Rewrite::Name(name) => Call::Rename(RenameGame { name: Some(name) }),
    };
    let (key, until) = (RequestId::new().to_string(), Instant::now() + timing.sending);
    loop {
        match make(client, game, &call, &key).await {
            Err(error) if error.is_transient() && Instant::now() < until => sleep(timing.pause).await,
            answer => return answer.map_err(|error| error.to_string()),
        }
    }
}

async fn make(client: &Client, game: GameId, call: &Call, key: &str) -> Result<Option<EventId>, ClientError> {
    let rewritten = match call {
        Call::Undo(undo) => client.undo(game, undo, key).await,
        Call::Retry(retry) => client.retry(game, retry, key).await,
        Call::Choose(choose) => client.choose(game, choose, key).await,
        Call::Edit(edit) => client.edit(game, edit, key).await,
        Call::Rename(rename) => return client.rename(game, rename, key).await.map(|_| None),
    };
    rewritten.map(|rewritten| Some(rewritten.cursor))
}

/// Begins a game that goes on from a turn of this one, or from its present state.
pub(super) async fn branch(client: &Client, game: GameId, turn: Option<u64>, timing: Timing) -> Result<GameId, String> {
    let (branch, key) = (BranchGame { turn, ..BranchGame::default() }, RequestId::new().to_string());
    let until = Instant::now() + timing.sending;
    loop {
        match client.branch(game, &branch, &key).await {
            Ok(branched) => return Ok(branched.id),
            Err(error) if error.is_transient() && Instant::now() < until => sleep(timing.pause).await,
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// What the player said in a turn.
pub(super) async fn recall(client: &Client, game: GameId, turn: u64) -> Result<String, String> {
    let behind = turn.saturating_add(1).to_string();
    let turns = client.turns(game, Some(1), Some(&behind)).await.map_err(|error| error.to_string())?.turns;
    match turns.into_iter().find(|found| found.turn == turn) {
        Some(found) if found.kind == RequestType::Chat => Ok(found.message),
        Some(_) => Err(format!("In turn {turn} you have said nothing: it is an event of the story.")),
        None => Err(format!("There is no turn {turn}, or it is no longer kept.")),
    }
}

/// The turn of the player's last message, or of the one that many messages ago.
async fn spoken(client: &Client, game: GameId, count: usize) -> Result<TurnRecord, String> {
    let turns = client.turns(game, Some(PAGE), None).await.map_err(|error| error.to_string())?.turns;
    let mut spoken = turns.into_iter().filter(|turn| turn.kind == RequestType::Chat);
    spoken.nth(count - 1).ok_or_else(|| match count {
        1 => "Nothing has happened yet that could be changed.".to_owned(),
        count => format!("You have not said {count} things yet, or too much has happened since."),
    })
}
