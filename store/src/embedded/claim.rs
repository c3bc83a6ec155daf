//! Claims: expired leases are recovered, and free games are leased in their order.

use std::time::Duration;

use protocol::{
    Attempt, AttemptOutcome, GameId, Problem, ProblemType, RequestId, RequestProcessing, RequestStatus, RequestType,
};

use super::rows::{self, REQUEST, unavailable};
use super::step::Step;
use super::values::{corrupt, unsigned};
use super::{StoreError, candidates, contents, document, give_up, pauses, providers, resting, tenants, totals};
use crate::{
    Claim, ClaimedProvider, Claims, Companion, Lease, LeaseToken, LeasedGame, LeasedRequest, Request, WorkerId,
    failure::unreadable, waited,
};

/// Recovers expired leases and back-offs, then leases free games.
pub(super) fn claim(step: &mut Step<'_>, worker: &WorkerId, nonce: u64, max: usize) -> Result<Claims, StoreError> {
    let claimed_by = format!("{worker} {nonce}");
    let mut claims = claimed_before(step, &claimed_by)?;
    let is_drained = pauses::is_drained(step, worker)?;
    if claims.is_empty() && !is_drained {
        expire_statuses(step)?;
        resting::sweep(step)?;
        recover_leases(step)?;
        recover_backoffs(step)?;
        give_up::give_up(step)?;
        tenants::let_more_go(step)?;
        while claims.len() < max
            && let Some((game, provider)) = candidates::next_ready(step)?
        {
            claims.extend(lease(step, game, &provider, worker, &claimed_by)?);
        }
    }
    Ok(Claims { claims, next_due: next_due(step)?, is_drained })
}

/// Deletes the statuses of requests that finished long ago, a few at a time.
fn expire_statuses(step: &Step<'_>) -> Result<(), StoreError> {
    step.execute(
        "DELETE FROM requests WHERE id IN \
         (SELECT id FROM requests WHERE expires_at IS NOT NULL AND expires_at <= ?1 ORDER BY expires_at LIMIT 64)",
        [step.now],
    )?;
    Ok(())
}

/// Ends expired leases: their requests stay at the head of their lanes, or become dead letters.
fn recover_leases(step: &mut Step<'_>) -> Result<(), StoreError> {
    for game in due(step, "active")? {
        if let Some(head) = step.head(game)? {
            step.supersede(game, &head)?;
            step.record(&head, AttemptOutcome::Lost, None)?;
            totals::count(step, totals::LEASES_EXPIRED)?;
            if head.attempt.0 >= step.options.max_attempts {
                let detail =
                    format!("{} attempts were begun, and each worker died or stalled", step.options.max_attempts);
                step.dead_letter(game, &head, &Problem::new(ProblemType::AttemptsExhausted, detail))?;
            } else {
                step.execute("UPDATE requests SET status = 'queued' WHERE id = ?1", [head.request.to_string()])?;
            }
        }
        step.make_ready(game)?;
    }
    Ok(())
}

/// Makes games claimable whose back-off has ended.
fn recover_backoffs(step: &mut Step<'_>) -> Result<(), StoreError> {
    for game in due(step, "delayed")? {
        step.make_ready(game)?;
    }
    Ok(())
}

fn due(step: &Step<'_>, state: &str) -> Result<Vec<GameId>, StoreError> {
    step.all(
        "SELECT id FROM games WHERE lane_state = ?1 AND lane_key <= ?2 ORDER BY lane_key LIMIT 64",
        (state, step.now),
        |row| rows::id(&row.get::<_, String>(0).map_err(unavailable)?),
    )
}

/// How long until the next back-off or lease ends.
fn next_due(step: &mut Step<'_>) -> Result<Option<Duration>, StoreError> {
    // Two queries: the index serves each of them directly.
    let first = |state: &str| {
        step.first("SELECT lane_key FROM games WHERE lane_state = ?1 ORDER BY lane_key LIMIT 1", [state], |row| {
            row.get::<_, i64>(0)
        })
    };
    let ends: Vec<i64> = first("delayed")?.into_iter().chain(first("active")?).collect();
    let due = ends.into_iter().chain(candidates::next_due(step)?).min();
    Ok(due.map(|due| Duration::from_millis(unsigned(due - step.now))))
}

/// The leases of an earlier try of the same claim, in their order, as far as they still hold.
fn claimed_before(step: &Step<'_>, claimed_by: &str) -> Result<Vec<Claim>, StoreError> {
    let leased = step.all(
        "SELECT id, token FROM games WHERE claimed_by = ?1 AND lane_state = 'active' AND lane_key > ?2",
        (claimed_by, step.now),
        |row| {
            let (game, token): (String, String) = (row.get(0).map_err(unavailable)?, row.get(1).map_err(unavailable)?);
            Ok((rows::id(&game)?, token))
        },
    )?;
    let mut claims = Vec::new();
    for (game, token) in leased {
        if let Some(head) = step.head(game)? {
            claims.push((step.order_key(game, &head)?, describe(step, game, head.request, token)?));
        }
    }
    claims.sort_by_key(|(order_key, _)| *order_key);
    Ok(claims.into_iter().map(|(_, claim)| claim).collect())
}

/// Leases a ready game to a worker, for a turn that uses `provider`.
fn lease(
    step: &mut Step<'_>,
    game: GameId,
    provider: &ClaimedProvider,
    worker: &WorkerId,
    claimed_by: &str,
) -> Result<Option<Claim>, StoreError> {
    let Some(head) = step.head(game)? else {
        step.make_ready(game)?;
        return Ok(None);
    };
    let key = game.to_string();
    let fence: i64 = step
        .first("UPDATE games SET fence = fence + 1 WHERE id = ?1 RETURNING fence", [&key], |row| row.get(0))?
        .unwrap_or_default();
    let token = format!("{fence}:{worker}:{}", head.request);
    step.execute(
        "UPDATE games SET lane_state = 'active', lane_key = ?2, token = ?3, claimed_by = ?4 WHERE id = ?1",
        (&key, step.lease_end(), &token, claimed_by),
    )?;
    providers::serve(step, game, provider, &token)?;
    step.has_begun(game, &head)?;
    let attempt = Attempt(head.attempt.0 + 1);
    step.execute(
        "UPDATE requests SET status = 'processing', attempt = ?2, started_at = ?3, chunks = 0, not_before = NULL, \
         worker = ?4 WHERE id = ?1",
        (head.request.to_string(), attempt.0, step.now, worker.as_str()),
    )?;
    let event = RequestProcessing {
        request_id: head.request,
        game_id: game,
        kind: head.kind,
        status: RequestStatus::Processing,
        attempt,
        user_message: head.user_message,
    };
    step.append(game, &event.into())?;
    match describe(step, game, head.request, token) {
        // It would stop every claim, so it becomes a dead letter, and the others continue.
        Err(StoreError::Corrupt { what, reason }) => {
            let failure = unreadable(&what, &reason);
            if let Some(head) = step.head(game)? {
                step.record(&head, AttemptOutcome::Failed, Some(&failure.for_operators))?;
                step.dead_letter(game, &head, &failure.for_players)?;
            }
            step.make_ready(game)?;
            Ok(None)
        }
        claim => claim.map(Some),
    }
}

/// The claim of a leased game.
fn describe(step: &Step<'_>, game: GameId, request: RequestId, token: String) -> Result<Claim, StoreError> {
    let sql = format!("SELECT {REQUEST} FROM requests WHERE id = ?1");
    let found = step.all(&sql, [request.to_string()], |row| rows::request(row, Some(0)))?.pop();
    let (Some(request), Some(state)) = (found, contents::game(step, game)?) else {
        return Err(corrupt("a claim", "the request or its game is gone"));
    };
    let history = document::window(step, game, step.options.history_window)?;
    let provider = providers::served(step, game, &token)?;
    let Request {
        id,
        attempt,
        kind,
        message,
        actor,
        user_message,
        alternatives,
        trace,
        priority,
        budgets,
        checkpoints,
        enqueued_at,
        started_at,
        error,
        ..
    } = request;
    let joins = kind == RequestType::StoryEvent && checkpoints.narration.is_none() && error.is_none();
    let companions = if joins { companions(step, game, id)? } else { Vec::new() };
    let waited = started_at.map_or(Duration::ZERO, |at| waited(enqueued_at, at));
    let lease = Lease { game, request: id, attempt, token: LeaseToken::new(token), idempotency_key: None };
    let request = LeasedRequest {
        kind,
        message,
        actor,
        user_message,
        priority,
        alternatives,
        trace,
        budgets,
        checkpoints,
        waited,
    };
    let state = LeasedGame { version: state.version, document: state.document };
    Ok(Claim { lease, request, game: state, companions, history, provider })
}

/// The story events that may be told in the turn of a head: those that wait directly behind it. One that has a narration of its own, as a
/// dead letter that is retried may, was read already and is told by itself. So is a head of which an attempt has failed: perhaps over one
/// of the others.
fn companions(step: &Step<'_>, game: GameId, head: RequestId) -> Result<Vec<Companion>, StoreError> {
    let most = step.options.story_event_batch.saturating_sub(1);
    if most == 0 {
        return Ok(Vec::new());
    }
    let behind = step.all(
        "SELECT id, message, type = 'story_event' AND narration IS NULL FROM requests WHERE game_id = ?1 \
         AND status IN ('queued', 'processing') AND id <> ?2 ORDER BY place LIMIT ?3",
        (game.to_string(), head.to_string(), i64::try_from(most).unwrap_or(i64::MAX)),
        |row| {
            let read = || Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, bool>(2)?));
            let (id, prompt, joins) = read().map_err(unavailable)?;
            let companion = |request_id| Companion { request_id, prompt };
            // One that cannot be read is a dead letter once it is the head, and takes nobody along.
            Ok(id.parse().ok().filter(|_| joins).map(companion))
        },
    )?;
    Ok(behind.into_iter().map_while(|companion| companion).collect())
}
