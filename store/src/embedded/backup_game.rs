//! Brings one game of a copy back into a store that has others.
//!
//! The rows are copied from database to database in one transaction, while no engine has the store open. Through the steps of the store the game would
//! lose what they do not take: its log, its unfinished requests, its dead letters.

use std::path::{Path, PathBuf};

use protocol::GameId;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, named_params};

use super::backup::{BackupError, check};
use super::file::{self, Synchronous};
use super::staged::NEXT_NUMBER;
use crate::NotRestored;

/// What is copied as it is, and which rows of the copy.
const AS_THEY_ARE: [(&str, &str); 7] = [
    ("documents", "game_id = :game"),
    ("tries", "game_id = :game"),
    ("owners", "game_id = :game"),
    ("capabilities", "game_id = :game"),
    ("arrivals", "game_id = :game"),
    ("pauses", "scope = 'game:' || :game"),
    // Those that have ended are there as well, or have expired.
    ("requests", "game_id = :game"),
];
/// The unfinished requests of the game in the copy.
const UNFINISHED: &str = "SELECT id FROM copy.requests WHERE game_id = :game AND status IN ('queued', 'processing')";

/// Brings a game back with its history, turns, log, unfinished requests and dead letters. `replace` says whether it may take the place of the game that is
/// there; one that has unfinished requests stays. Returns whether there was one.
pub fn restore_game(
    copy: &Path,
    directory: &Path,
    synchronous: Synchronous,
    game: GameId,
    replace: bool,
) -> Result<bool, BackupError> {
    check(copy)?;
    let (mut store, _lock) = file::open(directory, synchronous)?;
    // A copy of an earlier layout is moved on, and is to stay as it is.
    let draft = Draft(directory.join("restoring.db"));
    draft.remove();
    std::fs::copy(copy, &draft.0).map_err(|source| BackupError::File { path: draft.0.clone(), source })?;
    let opened = Connection::open(&draft.0)?;
    file::prepare(&opened)?;
    opened.close().map_err(|(_, error)| error)?;

    store.execute("ATTACH ?1 AS copy", [draft.0.to_string_lossy()])?;
    let transaction = store.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let existed = copy_game(&transaction, copy, game, replace)?;
    transaction.commit()?;
    store.execute("DETACH copy", [])?;
    Ok(existed)
}

/// A file that goes when it is not needed any more.
struct Draft(PathBuf);

impl Draft {
    fn remove(&self) {
        // One that stays is overwritten by the next command.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.remove();
    }
}

fn copy_game(to: &Transaction<'_>, file: &Path, game: GameId, replace: bool) -> Result<bool, BackupError> {
    let id = game.to_string();
    let number_in = |schema: &str| {
        let sql = format!("SELECT number, lane_length FROM {schema}.games WHERE id = ?1");
        to.query_row(&sql, [&id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).optional()
    };
    let Some((before, _)) = number_in("copy")? else {
        return Err(NotRestored::NoSuchGame { path: file.to_owned(), game }.into());
    };
    let present = number_in("main")?;
    match present {
        Some(_) if !replace => return Err(NotRestored::GameExists { game }.into()),
        Some((_, unfinished)) if unfinished > 0 => return Err(NotRestored::GameBusy { game }.into()),
        Some((number, _)) => drop_game(to, &id, number)?,
        None => {}
    }
    let number: i64 = to.query_row(&format!("SELECT {NEXT_NUMBER}"), [], |row| row.get(0))?;

    raise_numbers(to)?;
    let sql = "INSERT INTO main.contents (id, text) SELECT id, text FROM copy.contents WHERE id = \
               (SELECT substr(document, 13, 32) FROM copy.documents WHERE game_id = :game) ON CONFLICT DO NOTHING";
    to.execute(sql, named_params! {":game": id})?;
    // What ran or waits in the copy does so again, whatever has become of it here.
    for sql in [
        format!("DELETE FROM main.dead_letters WHERE request_id IN ({UNFINISHED})"),
        format!("DELETE FROM main.requests WHERE id IN ({UNFINISHED})"),
    ] {
        to.execute(&sql, named_params! {":game": id})?;
    }
    // Games of a paused tenant are held by the claim that meets them.
    let waits_for = "CASE WHEN waits_for LIKE '*tenant:%' THEN NULL ELSE waits_for END";
    let own = [("number", number.to_string()), ("waits_for", waits_for.to_owned()), ("claimed_by", "NULL".to_owned())];
    copy_rows(to, "games", &own, "id = :game", &id)?;
    for (table, rows) in AS_THEY_ARE {
        copy_rows(to, table, &[], rows, &id)?;
    }
    for table in ["charges", "starts"] {
        copy_rows(to, table, &[], &format!("request_id IN ({UNFINISHED})"), &id)?;
    }
    copy_rows(to, "changes", &[("number", "NULL".to_owned())], "game_id = :game ORDER BY number", &id)?;
    // The key of such a row begins with the number of its game.
    let (old, new) = (file_keys(before)?, file_keys(number)?);
    let (moved, rows) = (format!("id - {} + {}", old.0, new.0), format!("id BETWEEN {} AND {}", old.0, old.1));
    for table in ["history", "turns", "events"] {
        copy_rows(to, table, &[("id", moved.clone())], &rows, &id)?;
    }
    let dead = "request_id IN (SELECT id FROM main.requests WHERE game_id = :game AND status = 'failed' AND expires_at IS NULL) \
                AND request_id NOT IN (SELECT request_id FROM main.dead_letters) ORDER BY number";
    copy_rows(to, "dead_letters", &[("number", "NULL".to_owned())], dead, &id)?;
    to.execute("INSERT OR IGNORE INTO main.providers (name) SELECT provider FROM main.games WHERE id = ?1", [&id])?;
    Ok(present.is_some())
}

fn file_keys(number: i64) -> Result<(i64, i64), BackupError> {
    let keys = super::row_keys::RowKeys::of_game(number).map_err(|error| BackupError::Store(error.to_string()))?;
    Ok(keys.range())
}

fn drop_game(to: &Transaction<'_>, id: &str, number: i64) -> Result<(), BackupError> {
    for table in ["history", "turns", "events"] {
        to.execute(&format!("DELETE FROM main.{table} WHERE id BETWEEN ?1 AND ?2"), file_keys(number)?)?;
    }
    to.execute("DELETE FROM main.games WHERE id = ?1", [id])?;
    for table in ["documents", "tries", "changes"] {
        to.execute(&format!("DELETE FROM main.{table} WHERE game_id = ?1"), [id])?;
    }
    Ok(())
}

/// Ids of events and ranks of requests only grow. The game goes on from an offset that it had before; in a new epoch, its next events are told from those
/// that had these offsets.
fn raise_numbers(to: &Transaction<'_>) -> Result<(), BackupError> {
    to.execute_batch(
        "UPDATE main.meta SET value = (SELECT max(CAST(value AS INTEGER)) + 1 FROM \
         (SELECT value FROM main.meta WHERE name = 'epoch' UNION ALL SELECT value FROM copy.meta WHERE name = 'epoch')) \
         WHERE name = 'epoch'; \
         INSERT INTO main.meta (name, value) SELECT name, value FROM copy.meta WHERE name = 'sequence' \
         ON CONFLICT (name) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
    )?;
    Ok(())
}

/// Copies rows by the names of their columns: in a database that was migrated they have another order.
fn copy_rows(
    to: &Transaction<'_>,
    table: &str,
    other: &[(&str, String)],
    rows: &str,
    game: &str,
) -> Result<(), BackupError> {
    let mut names = to.prepare("SELECT name FROM pragma_table_info(?1, 'main')")?;
    let names = names.query_map([table], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let value = |name: &String| {
        let own = other.iter().find(|(column, _)| column == name);
        own.map_or_else(|| name.clone(), |(_, value)| value.clone())
    };
    let values: Vec<String> = names.iter().map(value).collect();
    let sql = format!(
        "INSERT OR IGNORE INTO main.{table} ({}) SELECT {} FROM copy.{table} WHERE {rows}",
        names.join(", "),
        values.join(", ")
    );
    let mut insert = to.prepare(&sql)?;
    let takes_game = insert.parameter_count() > 0;
    if takes_game {
        insert.execute(named_params! {":game": game})?
    } else {
        insert.execute([])?
    };
    Ok(())
}
