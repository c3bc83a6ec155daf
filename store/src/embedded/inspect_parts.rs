//! Reads every part of a game as its own readers do, and names those that they refuse.

use protocol::GameId;
use story::ChatMessage;

use super::document::last_message;
use super::row_keys::number_of;
use super::rows::{Columns, EVENT, event, from_json, stored};
use super::step::Step;
use super::values::unsigned;
use super::{StoreError, contents, remembered};
use crate::inspect::UnreadableEntries;
use crate::{Inconsistency, StoredCapability, StoredTurn};

/// What of a game cannot be read or is lost. A repair begins a new log.
pub(super) fn unreadable(step: &Step<'_>, game: GameId, repair: bool) -> Result<Vec<Inconsistency>, StoreError> {
    let mut found = Vec::new();
    match contents::game(step, game) {
        Ok(Some(_)) => {}
        Ok(None) => found.push(Inconsistency::lost(game, "its document is gone".to_owned())),
        Err(error) => found.push(Inconsistency::unreadable(game, "its document", error)?),
    }
    history(step, game, &mut found)?;
    turns(step, game, &mut found)?;
    events(step, game, repair, &mut found)?;
    if let Err(error) = remembered::read(step, game) {
        found.push(Inconsistency::unreadable(game, "what is kept beside it", error)?);
    }
    let sql = format!("SELECT {} FROM capabilities WHERE game_id = ?1", super::rows::STORED);
    let capabilities = step.all(&sql, [game.to_string()], |row| stored(row).map(|_: StoredCapability| ()));
    if let Err(error) = capabilities {
        found.push(Inconsistency::unreadable(game, "its capabilities", error)?);
    }
    Ok(found)
}

/// Messages can be read, are numbered without a gap, and are as many as the last turn found.
fn history(step: &Step<'_>, game: GameId, found: &mut Vec<Inconsistency>) -> Result<(), StoreError> {
    let rows = step.row_keys(game)?;
    let (mut unreadable, mut count) = (UnreadableEntries::default(), 0);
    step.all("SELECT id, message FROM history WHERE id BETWEEN ?1 AND ?2 ORDER BY id", rows.range(), |row| {
        let row = Columns::new("a message", row);
        count += 1;
        let read = row.need::<String>("message").and_then(|text| from_json::<ChatMessage>("a message", &text));
        unreadable.note(number_of(row.need("id")?), read)
    })?;
    found.extend(unreadable.finding(game, |number| format!("message {number} of its history")));
    let last = last_message(step, rows)?;
    let sql = "SELECT messages_before FROM turns WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1";
    let before = step.first(sql, rows.range(), |row| row.get(0).map(unsigned))?;
    if let Some(before) = before.filter(|before| last < *before) {
        let what = format!("its history has {last} messages, and had {before} before its last turn");
        found.push(Inconsistency::lost(game, what));
    }
    if count < last {
        found
            .push(Inconsistency::lost(game, format!("its history has a gap: {count} messages, numbered up to {last}")));
    }
    Ok(())
}

fn turns(step: &Step<'_>, game: GameId, found: &mut Vec<Inconsistency>) -> Result<(), StoreError> {
    let mut unreadable = UnreadableEntries::default();
    let sql = "SELECT id, record FROM turns WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
    step.all(sql, step.row_keys(game)?.range(), |row| {
        let row = Columns::new("a turn record", row);
        let read = row.need::<String>("record").and_then(|text| from_json::<StoredTurn>("a turn record", &text));
        unreadable.note(number_of(row.need("id")?), read)
    })?;
    found.extend(unreadable.finding(game, |number| format!("turn record {number}")));
    Ok(())
}

fn events(step: &Step<'_>, game: GameId, repair: bool, found: &mut Vec<Inconsistency>) -> Result<(), StoreError> {
    let (mut unreadable, keys) = (UnreadableEntries::default(), step.row_keys(game)?.range());
    step.all(&format!("SELECT {EVENT} FROM events WHERE id BETWEEN ?1 AND ?2 ORDER BY id"), keys, |row| {
        unreadable.note(number_of(Columns::new("an event", row).need("id")?), event(row))
    })?;
    if let Some(entry) = unreadable.finding(game, |offset| format!("event {offset} of its log")) {
        found.push(entry.of_log());
        if repair {
            step.execute("DELETE FROM events WHERE id BETWEEN ?1 AND ?2", keys)?;
        }
    }
    Ok(())
}
