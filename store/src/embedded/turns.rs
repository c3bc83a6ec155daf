//! Turn records in SQLite.

use protocol::GameId;

use super::StoreError;
use super::row_keys::number_of;
use super::rows::{Columns, from_json, to_json};
use super::step::Step;
use super::values::signed;
use crate::{Keep, StoredTurn, TurnPage, TurnRange};

/// Keeps a record.
pub(super) fn append(step: &Step<'_>, game: GameId, messages_before: u64, turn: &StoredTurn) -> Result<(), StoreError> {
    step.execute(
        "INSERT INTO turns (id, messages_before, record) VALUES (?1, ?2, ?3)",
        (step.row_keys(game)?.key(turn.record.turn), signed(messages_before), to_json(turn)?),
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
    let (rows, first_kept) = (step.row_keys(game)?, turn.record.turn.saturating_add(1).saturating_sub(kept as u64));
    step.execute("DELETE FROM turns WHERE id >= ?1 AND id < ?2", (rows.range().0, rows.key(first_kept)))?;
    Ok(())
}

/// Removes the records that do not stay.
pub(super) fn cut(step: &Step<'_>, game: GameId, kept: Keep) -> Result<(), StoreError> {
    let (first, last) = step.row_keys(game)?.range();
    match kept {
        Keep::All => 0,
        Keep::First(count) => step.execute(
            "DELETE FROM turns WHERE id BETWEEN ?1 AND ?2 AND id NOT IN \
             (SELECT id FROM turns WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3)",
            (first, last, signed(count)),
        )?,
        Keep::ButLast(count) => step.execute(
            "DELETE FROM turns WHERE id IN \
             (SELECT id FROM turns WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3)",
            (first, last, signed(count)),
        )?,
    };
    Ok(())
}

/// Reads a page of records, in order.
pub(super) fn read(step: &Step<'_>, game: GameId, range: TurnRange, limit: usize) -> Result<TurnPage, StoreError> {
    let rows = step.row_keys(game)?;
    let (first, last) = rows.range();
    let sql = "SELECT id FROM turns WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1";
    let first_kept = step.first(sql, (first, last), |row| row.get(0).map(number_of))?;
    let ((from, to), order) = match range {
        TurnRange::From(turn) => ((rows.key(turn), last), "ASC"),
        TurnRange::Before(None) => ((first, last), "DESC"),
        TurnRange::Before(Some(turn)) => ((first, rows.key(turn) - 1), "DESC"),
    };
    let sql =
        format!("SELECT messages_before, record FROM turns WHERE id BETWEEN ?1 AND ?2 ORDER BY id {order} LIMIT ?3");
    let mut turns = step.all(&sql, (from, to, signed(limit as u64)), |row| {
        let row = Columns::new("a turn record", row);
        let turn: StoredTurn = from_json("a turn record", &row.need::<String>("record")?)?;
        Ok(StoredTurn { messages_before: row.number("messages_before")?, ..turn })
    })?;
    turns.sort_by_key(|turn| turn.record.turn);
    Ok(TurnPage { turns, first_kept })
}
