//! Changes of a game from outside a turn, in SQLite. They mirror `lua/change_game.lua` of the Redis backend.

use protocol::{EventId, GameId, IfBusy, RequestId};

use super::StoreError;
use super::budgets::Reservations;
use super::step::Step;
use super::values::{corrupt, signed, unsigned};
use super::{accept, budgets, charges, document, lanes, providers, turns};
use crate::{ChangeDone, Changed, GameChange, IdempotencyKey, Limited};

/// Changes a game, or changes nothing.
pub(super) fn change(step: &mut Step<'_>, change: &GameChange) -> Result<Changed, StoreError> {
    let (game, key) = (change.game, change.game.to_string());
    let version: Option<i64> = step.first("SELECT version FROM games WHERE id = ?1", [&key], |row| row.get(0))?;
    let Some(version) = version.map(unsigned) else { return Ok(Changed::Unknown) };
    if let Some(known) = find(step, game, &change.key)? {
        return Ok(known);
    }
    let lane = lanes::unfinished(step, game)?;
    if !lane.is_empty() && change.if_busy != IfBusy::Interrupt {
        return Ok(Changed::Busy);
    }
    if version != change.expected {
        return Ok(Changed::Version(version));
    }
    if change.request.is_some() && waiting_beside(step, game)? >= signed(step.options.limits.queued) {
        return Ok(Changed::QueueFull);
    }
    if let Some(limited) = charges::refused_by(step, &change.charges, &lane)? {
        return Ok(Changed::Limited(limited));
    }
    if let Some(request) = &change.request
        && let Some(used_up) = budgets::used_up(step, &request.budgets, Reservations::LeftOut)?
    {
        return Ok(Changed::Limited(Limited::Budget(used_up)));
    }

    let cursor = step.cursor(game)?;
    for request in lane {
        step.cancel(game, request)?;
    }
    write(step, change)?;
    step.append(game, &change.event)?;
    if let Some(request) = &change.request {
        accept::admit_at_tail(step, request, None, 0)?;
    }
    let request = change.request.as_ref().map(|request| request.id);
    charges::charge(step, &change.charges, request)?;
    let done = ChangeDone { version: version + 1, turn: change.document.last_turn(), cursor, request: None };
    remember(step, change, &done, request)?;
    Ok(Changed::Done(ChangeDone { request: request.map_or(Ok(None), |id| accept::accepted(step, id))?, ..done }))
}

/// How many requests of other games are queued.
fn waiting_beside(step: &Step<'_>, game: GameId) -> Result<i64, StoreError> {
    let sql = "SELECT queued - (SELECT count(*) FROM requests WHERE game_id = ?1 AND status = 'queued') FROM depth";
    Ok(step.first(sql, [game.to_string()], |row| row.get(0))?.unwrap_or_default())
}

fn write(step: &Step<'_>, change: &GameChange) -> Result<(), StoreError> {
    let (game, key, provider) = (change.game, change.game.to_string(), &change.document.provider);
    document::write_document(step, game, change.expected, &change.document)?;
    step.execute("UPDATE games SET provider = ?2 WHERE id = ?1", (&key, provider))?;
    providers::add(step, provider)?;
    document::cut_history(step, game, change.history.kept)?;
    document::append_history(step, game, &document::texts(&change.history.appended)?)?;
    turns::cut(step, game, change.turns.kept)?;
    for turn in &change.turns.appended {
        turns::append(step, game, turn.messages_before, turn)?;
    }
    match &change.tries {
        Some(tries) => step.execute("INSERT OR REPLACE INTO tries (game_id, tries) VALUES (?1, ?2)", (&key, tries))?,
        None => step.execute("DELETE FROM tries WHERE game_id = ?1", [&key])?,
    };
    Ok(())
}

fn remember(
    step: &Step<'_>,
    change: &GameChange,
    done: &ChangeDone,
    request: Option<RequestId>,
) -> Result<(), StoreError> {
    let key = change.game.to_string();
    step.execute(
        "INSERT INTO changes (game_id, key, fingerprint, version, turn, cursor, request, made_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            &key,
            &change.key.key,
            &change.key.fingerprint,
            signed(done.version),
            signed(done.turn),
            done.cursor.to_string(),
            request.map(|id| id.to_string()),
            step.now,
        ),
    )?;
    step.execute(
        "DELETE FROM changes WHERE game_id = ?1 AND number <= \
         (SELECT number FROM changes WHERE game_id = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
        (&key, signed(step.options.turns.changes as u64)),
    )?;
    Ok(())
}

/// The change of a game that was made under a key.
pub(super) fn find(step: &Step<'_>, game: GameId, key: &IdempotencyKey) -> Result<Option<Changed>, StoreError> {
    let made_after = step.now - i64::try_from(step.options.key_ttl.as_millis()).unwrap_or(i64::MAX);
    let found = step.first(
        "SELECT fingerprint, version, turn, cursor, request FROM changes \
         WHERE game_id = ?1 AND key = ?2 AND made_at > ?3 ORDER BY number DESC LIMIT 1",
        (game.to_string(), &key.key, made_after),
        |row| {
            let (fingerprint, cursor): (String, String) = (row.get(0)?, row.get(3)?);
            Ok((fingerprint, unsigned(row.get(1)?), unsigned(row.get(2)?), cursor, row.get::<_, Option<String>>(4)?))
        },
    )?;
    let Some((fingerprint, version, turn, cursor, request)) = found else { return Ok(None) };
    if fingerprint != key.fingerprint {
        return Ok(Some(Changed::KeyReused));
    }
    let wrong = |error| corrupt("a change", error);
    let cursor: EventId = cursor.parse().map_err(wrong)?;
    let request: Option<RequestId> = request.map(|id| id.parse()).transpose().map_err(wrong)?;
    let request = request.map_or(Ok(None), |id| accept::accepted(step, id))?;
    Ok(Some(Changed::Done(ChangeDone { version, turn, cursor, request })))
}
