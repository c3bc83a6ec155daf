//! The parts of a game that several steps write: its document and its history.

use protocol::GameId;
use serde::Serialize;
use story::ChatMessage;

use super::row_keys::{RowKeys, number_of};
use super::rows::{self, from_json, to_json};
use super::step::Step;
use super::values::signed;
use super::{StoreError, contents};
use crate::{GameDocument, Keep};

/// Values as the JSON that their rows hold.
pub(super) fn texts(values: &[impl Serialize]) -> Result<Vec<String>, StoreError> {
    values.iter().map(to_json).collect()
}

/// Writes the next version of a game; returns whether it still had the expected one.
pub(super) fn write_document(
    step: &Step<'_>,
    id: GameId,
    expected: u64,
    document: &GameDocument,
) -> Result<bool, StoreError> {
    let key = id.to_string();
    let changed = step.execute(
        "UPDATE games SET version = version + 1, updated_at = ?2 WHERE id = ?1 AND version = ?3",
        (&key, step.now, signed(expected)),
    )?;
    if changed == 0 {
        return Ok(false);
    }
    let document = contents::packed(document)?;
    contents::keep(step, &document)?;
    step.execute("UPDATE documents SET document = ?2 WHERE game_id = ?1", (&key, &document.text))?;
    Ok(true)
}

/// Appends messages to a game's history.
pub(super) fn append_history(step: &Step<'_>, game: GameId, messages: &[String]) -> Result<(), StoreError> {
    let rows = step.row_keys(game)?;
    for (number, message) in (last_message(step, rows)? + 1..).zip(messages) {
        step.execute("INSERT INTO history (id, message) VALUES (?1, ?2)", (rows.key(number), message))?;
    }
    Ok(())
}

/// The number of the last message of a history; 0 if there is none.
pub(super) fn last_message(step: &Step<'_>, rows: RowKeys) -> Result<u64, StoreError> {
    let sql = "SELECT id FROM history WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1";
    Ok(step.first(sql, rows.range(), |row| row.get(0).map(number_of))?.unwrap_or_default())
}

/// Removes the messages that do not stay.
pub(super) fn cut_history(step: &Step<'_>, game: GameId, kept: Keep) -> Result<(), StoreError> {
    let rows = step.row_keys(game)?;
    let last_kept = match kept {
        Keep::All => return Ok(()),
        Keep::First(count) => count,
        Keep::ButLast(count) => last_message(step, rows)?.saturating_sub(count),
    };
    step.execute("DELETE FROM history WHERE id > ?1 AND id <= ?2", (rows.key(last_kept), rows.last()))?;
    Ok(())
}

/// The last `limit` messages of a game's history, oldest first.
pub(super) fn window(step: &Step<'_>, game: GameId, limit: usize) -> Result<Vec<ChatMessage>, StoreError> {
    let (first, last) = step.row_keys(game)?.range();
    let mut messages = step.all(
        "SELECT message FROM history WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3",
        (first, last, signed(limit as u64)),
        |row| from_json("a message", &row.get::<_, String>(0).map_err(rows::unavailable)?),
    )?;
    messages.reverse();
    Ok(messages)
}
