//! How a request is accepted in SQLite: repeats, limits, interruptions. It mirrors `lua/enqueue.lua`.

use protocol::{EventId, GameId, IfBusy, Priority, RequestId, RequestStatus};

use super::budgets::Reservations;
use super::rows::unavailable;
use super::step::Step;
use super::values::{corrupt, signed, unsigned};
use super::{StoreError, budgets, charges, providers};
use crate::{Accepted, Enqueued, IdempotencyKey, Limited, NewRequest, Terms};

/// Accepts a request, or says why not.
pub(super) fn enqueue(step: &mut Step<'_>, request: &NewRequest, terms: &Terms) -> Result<Enqueued, StoreError> {
    if let Some(accepted) = accepted(step, request.id)? {
        return Ok(Enqueued::Accepted(accepted));
    }
    if let Some(key) = &terms.key
        && let Some(found) = find_key(step, request.game, key)?
    {
        return Ok(found);
    }
    let Some(mut length) = step.lane_length(request.game)? else { return Ok(Enqueued::UnknownGame) };
    if terms.if_busy == IfBusy::Reject && length > 0 {
        return Ok(Enqueued::Busy);
    }
    let mut queued: i64 = step.first("SELECT queued FROM depth", [], |row| row.get(0))?.unwrap_or_default();
    let interrupted = if terms.if_busy == IfBusy::Interrupt { messages(step, request.game)? } else { Vec::new() };
    for (_, status) in &interrupted {
        length -= 1;
        queued -= i64::from(*status == RequestStatus::Queued);
    }
    if length >= signed(step.options.limits.lane) {
        return Ok(Enqueued::LaneFull);
    }
    if queued >= signed(step.options.limits.queued) {
        return Ok(Enqueued::QueueFull);
    }
    let freed: Vec<RequestId> = interrupted.iter().map(|(id, _)| *id).collect();
    if let Some(limited) = charges::refused_by(step, &terms.charges, &freed)? {
        return Ok(Enqueued::Limited(limited));
    }
    if let Some(used_up) = budgets::used_up(step, &request.budgets, Reservations::LeftOut)? {
        return Ok(Enqueued::Limited(Limited::Budget(used_up)));
    }
    for (id, _) in interrupted {
        step.cancel(request.game, id)?;
    }
    let cursor = admit_at_tail(step, request, terms.key.as_ref(), length)?;
    charges::charge(step, &terms.charges, Some(request.id))?;
    Ok(Enqueued::Accepted(Accepted {
        id: request.id,
        status: RequestStatus::Queued,
        position: unsigned(length),
        priority: request.priority,
        cursor,
    }))
}

/// Queues a request behind `length` others of its game, and appends `request.waiting` if its provider gets no calls. Returns the id before its
/// `request.queued` event.
pub(super) fn admit_at_tail(
    step: &mut Step<'_>,
    request: &NewRequest,
    key: Option<&IdempotencyKey>,
    length: i64,
) -> Result<EventId, StoreError> {
    let (seq, rank) = (step.next_seq()?, step.tail_rank(request.game)?);
    let cursor = step.admit(request, key, seq, rank, length)?;
    if length == 0 {
        step.make_ready(request.game)?;
    }
    providers::announce_wait(step, request.game, request.id)?;
    Ok(cursor)
}

/// The unfinished player messages of a game.
fn messages(step: &Step<'_>, game: GameId) -> Result<Vec<(RequestId, RequestStatus)>, StoreError> {
    step.all(
        "SELECT id, status FROM requests WHERE game_id = ?1 AND type = 'chat' AND status IN ('queued', 'processing') \
         ORDER BY place",
        [game.to_string()],
        |row| {
            let (id, status): (String, String) = (row.get(0).map_err(unavailable)?, row.get(1).map_err(unavailable)?);
            let wrong = |error| corrupt("a lane", error);
            Ok((id.parse().map_err(wrong)?, status.parse().map_err(wrong)?))
        },
    )
}

/// How a request was accepted; none if it is unknown.
pub(super) fn accepted(step: &Step<'_>, id: RequestId) -> Result<Option<Accepted>, StoreError> {
    let found = step.first(
        "SELECT status, position, cursor, alternatives ->> '$.priority' FROM requests WHERE id = ?1",
        [id.to_string()],
        |row| {
            let (status, cursor): (String, String) = (row.get(0)?, row.get(2)?);
            Ok((status, unsigned(row.get(1)?), cursor, row.get::<_, Option<String>>(3)?))
        },
    )?;
    let wrong = |error| corrupt("an accepted request", error);
    found
        .map(|(status, position, cursor, priority)| {
            Ok(Accepted {
                id,
                status: status.parse().map_err(wrong)?,
                position,
                priority: priority.map_or(Ok(Priority::default()), |priority| priority.parse()).map_err(wrong)?,
                cursor: cursor.parse().map_err(wrong)?,
            })
        })
        .transpose()
}

/// The request that was accepted for a game under a key.
pub(super) fn find_key(step: &Step<'_>, game: GameId, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError> {
    let holder = step.first(
        "SELECT id, fingerprint FROM requests WHERE key = ?1 AND game_id = ?3 AND ifnull(expires_at > ?2, TRUE)",
        (&key.key, step.now, game.to_string()),
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
    )?;
    let Some((id, fingerprint)) = holder else { return Ok(None) };
    if fingerprint != key.fingerprint {
        return Ok(Some(Enqueued::KeyReused));
    }
    let id = id.parse().map_err(|error| corrupt("an idempotency key", error))?;
    Ok(accepted(step, id)?.map(Enqueued::Accepted))
}
