//! The parts of a game that several steps write: its document and its history.

use protocol::GameId;
use serde::Serialize;
use story::ChatMessage;

use super::StoreError;
use super::rows::{self, from_json, to_json};
use super::step::{Step, signed};

/// Values as the JSON that their rows hold.
pub(super) fn texts(values: &[impl Serialize]) -> Result<Vec<String>, StoreError> {
    values.iter().map(to_json).collect()
}

/// Writes the next version of a game; returns whether it still had the expected one.
pub(super) fn write_document(step: &Step<'_>, id: GameId, expected: u64, document: &str) -> Result<bool, StoreError> {
    let key = id.to_string();
    let changed = step.execute(
        "UPDATE games SET version = version + 1, updated_at = ?2 WHERE id = ?1 AND version = ?3",
        (&key, step.now, signed(expected)),
    )?;
    if changed == 0 {
        return Ok(false);
    }
    step.execute("UPDATE documents SET document = ?2 WHERE game_id = ?1", (&key, document))?;
    Ok(true)
}

/// Appends messages to a game's history.
pub(super) fn append_history(step: &Step<'_>, game: GameId, messages: &[String]) -> Result<(), StoreError> {
    for message in messages {
        step.execute(
            "INSERT INTO history (game_id, number, message) \
             SELECT ?1, coalesce(max(number), 0) + 1, ?2 FROM history WHERE game_id = ?1",
            (game.to_string(), message),
        )?;
    }
    Ok(())
}

/// The last `limit` messages of a game's history, oldest first.
pub(super) fn window(step: &Step<'_>, game: GameId, limit: usize) -> Result<Vec<ChatMessage>, StoreError> {
    let mut messages = step.all(
        "SELECT message FROM history WHERE game_id = ?1 ORDER BY number DESC LIMIT ?2",
        (game.to_string(), signed(limit as u64)),
        |row| from_json("a message", &row.get::<_, String>(0).map_err(rows::unavailable)?),
    )?;
    messages.reverse();
    Ok(messages)
}
