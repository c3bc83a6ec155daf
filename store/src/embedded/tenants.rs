//! Games of paused tenants, in SQLite. It mirrors `lua/tenants.lua`, which explains it.

use protocol::GameId;

use super::StoreError;
use super::rows::unavailable;
use super::step::Step;

/// How many games one step holds or lets go.
pub(super) const STEP: usize = 128;
/// What the names begin with under which games are held.
const HELD: &str = "*tenant:";
/// The value in `pauses` of a tenant that is resumed while not all of its games are back.
pub(super) const LETS_GO: &str = "lets-go:";

/// Whether a lane that waits for this name is held.
pub(super) fn is_held(waits_for: &str) -> bool {
    waits_for.starts_with(HELD)
}

/// The tenant of a game, if an operator has paused that tenant.
pub(super) fn paused_tenant_of(step: &Step<'_>, game: GameId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT tenant FROM owners JOIN pauses ON scope = 'tenant:' || tenant WHERE game_id = ?1";
    step.first(sql, [game.to_string()], |row| row.get(0))
}

/// Holds a ready game.
pub(super) fn hold(step: &Step<'_>, game: GameId, tenant: &str) -> Result<(), StoreError> {
    let key = game.to_string();
    step.execute(
        "INSERT OR REPLACE INTO held (game_id, waits_for) SELECT id, waits_for FROM games WHERE id = ?1",
        [&key],
    )?;
    step.execute("UPDATE games SET waits_for = ?2 WHERE id = ?1", (&key, format!("{HELD}{tenant}")))?;
    Ok(())
}

/// Lets the first games go that are held for a tenant, and wakes a worker.
pub(super) fn let_go(step: &mut Step<'_>, tenant: &str) -> Result<(), StoreError> {
    let games = step.all(
        "SELECT id FROM games WHERE lane_state = 'ready' AND ifnull(waits_for, provider) = ?1 ORDER BY lane_key LIMIT ?2",
        (format!("{HELD}{tenant}"), i64::try_from(STEP).unwrap_or(i64::MAX)),
        |row| row.get::<_, String>(0).map_err(unavailable),
    )?;
    for game in &games {
        let sql = "UPDATE games SET waits_for = (SELECT waits_for FROM held WHERE game_id = ?1) WHERE id = ?1";
        step.execute(sql, [game])?;
    }
    let scope = format!("{LETS_GO}{tenant}");
    if games.len() == STEP {
        step.execute("INSERT OR REPLACE INTO pauses (scope, paused_by, since) VALUES (?1, '', ?2)", (scope, step.now))?;
    } else {
        step.execute("DELETE FROM pauses WHERE scope = ?1", [scope])?;
    }
    // Also for those that are still held: the next claim goes on.
    step.effects.wake |= !games.is_empty();
    Ok(())
}

/// Goes on with a tenant that was resumed and whose games are not all back. Of several, the next claim goes on with another.
pub(super) fn let_more_go(step: &mut Step<'_>) -> Result<(), StoreError> {
    let sql = "SELECT scope FROM pauses WHERE scope > 'lets-go:' AND scope < 'lets-go;' LIMIT 1";
    let Some(scope) = step.first(sql, [], |row| row.get::<_, String>(0))? else { return Ok(()) };
    step.effects.wake = true;
    let_go(step, scope.strip_prefix(LETS_GO).unwrap_or_default())
}
