//! Turn records in SQLite.

use protocol::GameId;

use super::StoreError;
use super::rows::{Columns, from_json, to_json};
use super::step::{Step, signed, unsigned};
use crate::store::{Keep, StoredTurn, TurnPage, TurnRange};

/// Keeps a record.
pub(super) fn append(step: &Step<'_>, game: GameId, messages_before: u64, turn: &StoredTurn) -> Result<(), StoreError> {
    step.execute(
        "INSERT INTO turns (game_id, turn, messages_before, record) VALUES (?1, ?2, ?3, ?4)",
        (game.to_string(), signed(turn.record.turn), signed(messages_before), to_json(turn)?),
    )?;
    Ok(())
}

/// Keeps the record of a turn that is committed, and as many before it as are kept.
pub(super) fn commit(step: &Step<'_>, game: GameId, messages_before: u64, turn: &StoredTurn) -> Result<(), StoreError> {
    let kept = step.options.turns.kept;
    if kept == 0 {
        return Ok(());
    }
    append(step, game, messages_before, turn)?;
    let last_gone = signed(turn.record.turn) - signed(kept as u64);
    step.execute("DELETE FROM turns WHERE game_id = ?1 AND turn <= ?2", (game.to_string(), last_gone))?;
    Ok(())
}

/// Removes the records that do not stay.
pub(super) fn cut(step: &Step<'_>, game: GameId, kept: Keep) -> Result<(), StoreError> {
    let key = game.to_string();
    match kept {
        Keep::All => 0,
        Keep::First(count) => step.execute(
            "DELETE FROM turns WHERE game_id = ?1 AND turn NOT IN \
             (SELECT turn FROM turns WHERE game_id = ?1 ORDER BY turn LIMIT ?2)",
            (key, signed(count)),
        )?,
        Keep::ButLast(count) => step.execute(
            "DELETE FROM turns WHERE game_id = ?1 AND turn IN \
             (SELECT turn FROM turns WHERE game_id = ?1 ORDER BY turn DESC LIMIT ?2)",
            (key, signed(count)),
        )?,
    };
    Ok(())
}

/// Reads a page of records, in order.
pub(super) fn read(step: &Step<'_>, game: GameId, range: TurnRange, limit: usize) -> Result<TurnPage, StoreError> {
    let (key, limit) = (game.to_string(), signed(limit as u64));
    let sql = "SELECT min(turn) FROM turns WHERE game_id = ?1";
    let first_kept: Option<i64> = step.first(sql, [&key], |row| row.get(0))?.flatten();
    let (sql, at) = match range {
        TurnRange::From(turn) => ("turn >= ?2 ORDER BY turn", turn),
        TurnRange::Before(turn) => ("turn < ?2 ORDER BY turn DESC", turn.unwrap_or(u64::MAX)),
    };
    let sql = format!("SELECT messages_before, record FROM turns WHERE game_id = ?1 AND {sql} LIMIT ?3");
    let mut turns = step.all(&sql, (&key, signed(at), limit), |row| {
        let row = Columns::new("a turn record", row);
        let turn: StoredTurn = from_json("a turn record", &row.need::<String>("record")?)?;
        Ok(StoredTurn { messages_before: row.number("messages_before")?, ..turn })
    })?;
    turns.sort_by_key(|turn| turn.record.turn);
    Ok(TurnPage { turns, first_kept: first_kept.map(unsigned) })
}
