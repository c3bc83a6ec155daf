//! The messages and turn records of a long game are written in steps, under the number that it will have, and the step that stores the game takes them. In
//! one step, everybody else would wait while megabytes are written.
//!
//! Which numbers are reserved stands in `meta`. What no game takes is removed: by the caller who gives up, or when the database is opened again.

use protocol::GameId;
use rusqlite::Connection;
use story::ChatMessage;

use super::EmbeddedStore;
use super::StoreError;
use super::row_keys::RowKeys;
use super::rows::to_json;
use super::step::Step;
use super::values::{signed, unsigned};
use crate::StoredTurn;

/// Up to how many bytes a game is written in one step.
const SHORT: usize = 128 * 1024;
/// How many bytes a step of a longer one writes: it takes a few milliseconds.
const PIECE: usize = 32 * 1024;
/// The next number that no game has or will have: those of games are unique.
pub(super) const NEXT_NUMBER: &str = "(SELECT max(ifnull((SELECT max(number) FROM games), 0), \
    ifnull((SELECT max(CAST(substr(name, 8) AS INTEGER)) FROM meta WHERE name >= 'staged:' AND name < 'staged;'), 0)) + 1)";

/// A number whose rows are written for a game that is not stored yet. Dropping it removes them, unless a game has taken them.
pub(super) struct Staged<'a> {
    store: &'a EmbeddedStore,
    number: i64,
}

/// A row of a list.
enum Row {
    Message { number: u64, text: String },
    Turn { number: u64, messages_before: u64, text: String },
}

/// Whether a game is written in several steps.
pub(super) fn is_long(messages: &[ChatMessage], turns: &[StoredTurn]) -> bool {
    let said: usize = messages.iter().map(|message| message.content.len()).sum();
    // A message is JSON with some names. A record has both messages of its turn and what it changed.
    said + messages.len() * 32 + turns.len() * 2048 > SHORT
}

/// Writes the rows of a game that is not stored yet.
pub(super) async fn lay_ready<'a>(
    store: &'a EmbeddedStore,
    messages: &[ChatMessage],
    turns: &[StoredTurn],
) -> Result<Staged<'a>, StoreError> {
    let number = store.step(|step| reserve(step)).await?;
    let staged = Staged { store, number };
    let messages = (1..).zip(messages).map(|(number, message)| Ok(Row::Message { number, text: to_json(message)? }));
    let turns = turns.iter().map(|turn| {
        let (number, messages_before) = (turn.record.turn, turn.messages_before);
        Ok(Row::Turn { number, messages_before, text: to_json(turn)? })
    });
    let (mut piece, mut bytes) = (Vec::new(), 0);
    for row in messages.chain(turns) {
        let row = row?;
        bytes += match &row {
            Row::Message { text, .. } | Row::Turn { text, .. } => text.len(),
        };
        piece.push(row);
        if bytes >= PIECE {
            let rows = std::mem::take(&mut piece);
            store.step(move |step| write(step, number, &rows)).await?;
            bytes = 0;
        }
    }
    store.step(move |step| write(step, number, &piece)).await?;
    Ok(staged)
}

fn reserve(step: &Step<'_>) -> Result<i64, StoreError> {
    let number = step.first(&format!("SELECT {NEXT_NUMBER}"), [], |row| row.get(0))?.unwrap_or(1);
    step.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", (name(number), step.now.to_string()))?;
    Ok(number)
}

fn write(step: &Step<'_>, number: i64, rows: &[Row]) -> Result<(), StoreError> {
    let keys = RowKeys::of_game(number)?;
    for row in rows {
        match row {
            Row::Message { number, text } => {
                step.execute("INSERT INTO history (id, message) VALUES (?1, ?2)", (keys.key(*number), text))?
            }
            Row::Turn { number, messages_before, text } => step.execute(
                "INSERT INTO turns (id, messages_before, record) VALUES (?1, ?2, ?3)",
                (keys.key(*number), signed(*messages_before), text),
            )?,
        };
    }
    Ok(())
}

/// The game with this number has its rows from now on. Part of the step that stores it.
pub(super) fn take(step: &Step<'_>, game: GameId, number: i64) -> Result<(), StoreError> {
    if step.execute("DELETE FROM meta WHERE name = ?1", [name(number)])? == 1 {
        return Ok(());
    }
    let reason = format!("the number {number} is not reserved for game {game}");
    Err(StoreError::Corrupt { what: "a game that is being stored".to_owned(), reason })
}

impl Staged<'_> {
    /// The number of the rows.
    pub(super) const fn number(&self) -> i64 {
        self.number
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        let number = self.number;
        // Nobody waits for it: also the caller of a client that has hung up is gone.
        self.store.database.begin(move |step| {
            // A game that has taken the rows has removed this.
            if step.execute("DELETE FROM meta WHERE name = ?1", [name(number)])? == 1 {
                let range = RowKeys::of_game(number)?.range();
                step.execute("DELETE FROM history WHERE id BETWEEN ?1 AND ?2", range)?;
                step.execute("DELETE FROM turns WHERE id BETWEEN ?1 AND ?2", range)?;
            }
            Ok(())
        });
    }
}

/// Removes what was written for games that were not stored before the process ended.
pub(super) fn clear(connection: &Connection) -> Result<(), rusqlite::Error> {
    let sql = "SELECT name, CAST(substr(name, 8) AS INTEGER) FROM meta WHERE name >= 'staged:' AND name < 'staged;'";
    let mut find = connection.prepare(sql)?;
    let found: Vec<(String, i64)> =
        find.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (name, number) in found {
        if let Ok(keys) = RowKeys::of_game(number) {
            connection.execute("DELETE FROM history WHERE id BETWEEN ?1 AND ?2", keys.range())?;
            connection.execute("DELETE FROM turns WHERE id BETWEEN ?1 AND ?2", keys.range())?;
        }
        connection.execute("DELETE FROM meta WHERE name = ?1", [name])?;
    }
    Ok(())
}

fn name(number: i64) -> String {
    format!("staged:{}", unsigned(number))
}
