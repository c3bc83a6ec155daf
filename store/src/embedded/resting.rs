//! The logs of games that rest: nothing is unfinished, and nothing was appended for a time (`queue.events_ttl_seconds`). They go a few events at a
//! time, the oldest first, so that what is left can be followed or says that it cannot.

use super::StoreError;
use super::row_keys::RowKeys;
use super::rows::unavailable;
use super::step::Step;

/// How many games one step looks at, and how many events it deletes at most: every step waits for the others.
const GAMES: i64 = 16;
const EVENTS: usize = 64;

/// Deletes events of games that have rested for long enough.
pub(super) fn sweep(step: &Step<'_>) -> Result<(), StoreError> {
    if step.options.events_ttl.is_zero() {
        return Ok(());
    }
    let ttl = i64::try_from(step.options.events_ttl.as_millis()).unwrap_or(i64::MAX);
    let games: Vec<(String, i64)> = step.all(
        "SELECT id, number FROM games WHERE rests_since <= ?1 ORDER BY rests_since LIMIT ?2",
        (step.now.saturating_sub(ttl), GAMES),
        |row| Ok((row.get(0).map_err(unavailable)?, row.get(1).map_err(unavailable)?)),
    )?;
    let mut left = EVENTS;
    for (id, number) in games {
        let (first, last) = RowKeys::of_game(number)?.range();
        let sql =
            "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3)";
        left -= step.execute(sql, (first, last, i64::try_from(left).unwrap_or(i64::MAX)))?.min(left);
        if left == 0 {
            return Ok(());
        }
        step.execute("UPDATE games SET rests_since = NULL WHERE id = ?1", [id])?;
    }
    Ok(())
}
