//! What is kept beside a game in SQLite. The records of its requests are no part of it: they stay in the database when their game leaves,
//! and there is no other database that it could come to.

use protocol::GameId;

use super::StoreError;
use super::rows::{Columns, from_json, to_json};
use super::step::Step;
use super::values::signed;
use crate::{Remembered, RememberedChange, Try};

/// Reads what is kept beside a game.
pub(super) fn read(step: &Step<'_>, game: GameId) -> Result<Remembered, StoreError> {
    let sql =
        "SELECT key, fingerprint, version, turn, cursor, request FROM changes WHERE game_id = ?1 ORDER BY number DESC";
    let changes = step.all(sql, [game.to_string()], |row| {
        let row = Columns::new("a change", row);
        Ok(RememberedChange {
            key: row.need("key")?,
            fingerprint: row.need("fingerprint")?,
            version: row.number("version")?,
            turn: row.number("turn")?,
            cursor: row.parse("cursor")?,
            request: row.parse_optional("request")?,
        })
    })?;
    Ok(Remembered { tries: tries(step, game)?, changes, requests: Vec::new() })
}

/// The tries of a game's last message.
pub(super) fn tries(step: &Step<'_>, game: GameId) -> Result<Vec<Try>, StoreError> {
    let sql = "SELECT tries FROM tries WHERE game_id = ?1";
    let tries = step.first(sql, [game.to_string()], |row| row.get::<_, String>(0))?;
    tries.map_or(Ok(Vec::new()), |text| from_json("tries", &text))
}

/// Keeps it beside a game that comes to the store.
pub(super) fn write(step: &Step<'_>, game: GameId, remembered: &Remembered) -> Result<(), StoreError> {
    let game = game.to_string();
    if !remembered.tries.is_empty() {
        let tries = to_json(&remembered.tries)?;
        step.execute("INSERT OR REPLACE INTO tries (game_id, tries) VALUES (?1, ?2)", (&game, tries))?;
    }
    // The latest one gets the highest number.
    for change in remembered.changes.iter().rev() {
        step.execute(
            "INSERT INTO changes (game_id, key, fingerprint, version, turn, cursor, request, made_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                &game,
                &change.key,
                &change.fingerprint,
                signed(change.version),
                signed(change.turn),
                change.cursor.to_string(),
                change.request.map(|id| id.to_string()),
                step.now,
            ),
        )?;
    }
    Ok(())
}
