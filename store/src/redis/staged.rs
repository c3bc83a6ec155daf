//! What a long game is made of is laid ready in steps, and the step that stores the game takes it by its name. In one step, everybody else would wait while
//! megabytes are written. What no game takes is gone after a time.

use std::time::Duration;

use story::ChatMessage;
use uuid::Uuid;

use super::StoreError;
use super::connection::Connection;
use super::step::{self, StepArgs, millis, turn_text};
use super::unexpected::{to_json, unexpected_reply};
use crate::StoredTurn;

/// How many bytes of lists a step writes, and how many are written here before others have a turn.
const PIECE: usize = 128 * 1024;
/// How long a list is kept that is laid ready and not taken.
const KEPT: Duration = Duration::from_mins(10);

/// The messages and records of a new game, as `create_game.lua` takes them.
pub(super) struct Lists {
    /// The name under which both lists are laid ready.
    pub(super) staged: Option<String>,
    /// Both lists, if they are not.
    pub(super) here: StepArgs,
}

/// Writes the lists of a game, and lays them ready if they are long.
pub(super) async fn lists(
    shard: &Connection,
    messages: &[ChatMessage],
    turns: &[StoredTurn],
) -> Result<Lists, StoreError> {
    let (first, last) = (piece(messages, to_json)?, piece(turns, turn_text)?);
    let is_all = first.count == messages.len() && last.count == turns.len();
    if is_all && first.bytes + last.bytes <= PIECE {
        return Ok(Lists { staged: None, here: first.values.then(&last.values) });
    }
    let staged = Uuid::new_v4().simple().to_string();
    lay_ready(shard, &staged, "history", messages, to_json).await?;
    lay_ready(shard, &staged, "turns", turns, turn_text).await?;
    Ok(Lists { staged: Some(staged), here: StepArgs::new() })
}

async fn lay_ready<T>(
    shard: &Connection,
    staged: &str,
    list: &str,
    all: &[T],
    write: impl Fn(&T) -> Result<String, StoreError>,
) -> Result<(), StoreError> {
    let mut at = 0;
    while at < all.len() {
        let Piece { values, count, .. } = piece(&all[at..], &write)?;
        let call = StepArgs::new().arg(list).arg(staged).arg(at).arg(millis(KEPT)).then(&values);
        match shard.run::<String>(&step::STAGE, &call).await?.as_str() {
            "ok" => at += count,
            "gone" => return Err(gone()),
            other => return Err(unexpected_reply("stage", &other)),
        }
    }
    Ok(())
}

/// The first values of a list.
struct Piece {
    values: StepArgs,
    count: usize,
    bytes: usize,
}

/// As many of the first values as a step writes; at least one.
fn piece<T>(all: &[T], write: impl Fn(&T) -> Result<String, StoreError>) -> Result<Piece, StoreError> {
    let mut piece = Piece { values: StepArgs::new(), count: 0, bytes: 0 };
    for value in all {
        let text = write(value)?;
        if piece.count > 0 && piece.bytes + text.len() > PIECE {
            break;
        }
        piece.bytes += text.len();
        piece.count += 1;
        piece.values = piece.values.arg(text);
    }
    Ok(piece)
}

/// The server has lost what was laid ready; nothing else has happened.
pub(super) fn gone() -> StoreError {
    StoreError::unreachable("it has lost the pieces of a long game before the game was stored")
}
