//! The views of the queue for operators. They only read.

use jiff::Timestamp;
use protocol::{GameId, LaneState, LaneView, Lanes, QueueView, QueuedRequest, QueuedRequests, RequestId};

use super::providers::NotClaimed;
use super::rows::{self, Columns, REQUEST, unavailable};
use super::step::Step;
use super::values::{corrupt, signed, unsigned};
use super::{StoreError, providers};
use crate::{LeaseToken, QueuedCursor, Request};

/// Depth and age; the caller counts the workers.
pub(super) fn figures(step: &Step<'_>, workers: u64) -> Result<QueueView, StoreError> {
    let count = |sql: &str| step.first(sql, [], |row| row.get(0).map(unsigned)).map(Option::unwrap_or_default);
    let oldest: Option<i64> =
        step.first("SELECT enqueued_at FROM requests WHERE status = 'queued' ORDER BY seq LIMIT 1", [], |row| {
            row.get(0)
        })?;
    let paused = count(
        "SELECT count(*) FROM games WHERE lane_state = 'ready' AND (waits_for = '*paused' OR waits_for LIKE '*tenant:%' \
         OR EXISTS (SELECT 1 FROM owners JOIN pauses ON scope = 'tenant:' || tenant WHERE game_id = games.id) \
         OR EXISTS (SELECT 1 FROM pauses WHERE scope = 'all') OR ifnull(waits_for, provider) IN \
         (SELECT name FROM providers WHERE circuit <> 'closed' OR 'provider:' || name IN (SELECT scope FROM pauses)))",
    )?;
    Ok(QueueView {
        depth: count("SELECT queued FROM depth")?,
        story_events: count("SELECT queued FROM story_event_depth")?,
        ready: count("SELECT count(*) FROM games WHERE lane_state = 'ready'")? - paused,
        paused,
        delayed: count("SELECT count(*) FROM games WHERE lane_state = 'delayed'")?,
        active: count("SELECT count(*) FROM games WHERE lane_state = 'active'")?,
        dead_letters: count("SELECT count(*) FROM dead_letters")?,
        oldest_age_ms: oldest.map_or(0, |at| unsigned(step.now - at)),
        workers,
    })
}

/// A game's unfinished requests, the head first.
pub(super) fn unfinished(step: &Step<'_>, game: GameId) -> Result<Vec<RequestId>, StoreError> {
    step.all(
        "SELECT id FROM requests WHERE game_id = ?1 AND status IN ('queued', 'processing') ORDER BY place",
        [game.to_string()],
        |row| {
            let id: String = row.get(0).map_err(unavailable)?;
            id.parse().map_err(|error| corrupt("a lane", error))
        },
    )
}

/// One lane.
pub(super) fn lane(step: &Step<'_>, game: GameId) -> Result<LaneView, StoreError> {
    let requests = unfinished(step, game)?;
    let standing = step.first(
        "SELECT lane_state, lane_key, token FROM games WHERE id = ?1 AND lane_state IS NOT NULL",
        [game.to_string()],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<String>>(2)?)),
    )?;
    let mut view =
        LaneView { game_id: game, state: LaneState::Idle, requests, lease: None, not_before: None, waits_for: None };
    let Some((state, key, token)) = standing else { return Ok(view) };
    let time = || Timestamp::from_millisecond(key).map_err(|error| corrupt("a lane", error));
    match state.as_str() {
        "ready" => {
            (view.state, view.waits_for) = match providers::not_claimed(step, game)? {
                None => (LaneState::Ready, None),
                Some(NotClaimed::Provider(name)) => (LaneState::Paused, Some(name)),
                Some(NotClaimed::ByOperator) => (LaneState::Paused, None),
            };
        }
        "delayed" => (view.state, view.not_before) = (LaneState::Delayed, Some(time()?)),
        _ => {
            view.state = LaneState::Active;
            if let Some(token) = token.filter(|_| key > step.now) {
                let lease = LeaseToken::new(token).view(time()?);
                view.lease = Some(lease.ok_or_else(|| corrupt("a lease", "it has no fencing token"))?);
            }
        }
    }
    Ok(view)
}

/// Lanes that are not empty, at most `limit`.
pub(super) fn lanes(step: &Step<'_>, limit: usize) -> Result<Lanes, StoreError> {
    // One more than is shown: it says whether there are more.
    let mut games: Vec<GameId> = Vec::new();
    for state in ["active", "delayed", "ready"] {
        let wanted = i64::try_from(limit + 1 - games.len()).unwrap_or(i64::MAX);
        games.extend(step.all(
            "SELECT id FROM games WHERE lane_state = ?1 ORDER BY lane_key LIMIT ?2",
            (state, wanted),
            |row| rows::id(&row.get::<_, String>(0).map_err(unavailable)?),
        )?);
    }
    let more = games.len() > limit;
    let lanes = games.into_iter().take(limit).map(|game| lane(step, game)).collect::<Result<_, _>>()?;
    Ok(Lanes { lanes, more })
}

/// The queued story events of a lane, each with its position.
pub(super) fn story_events(step: &Step<'_>, game: GameId) -> Result<Vec<(RequestId, u64)>, StoreError> {
    let lane = step.all(
        "SELECT id, type = 'story_event' AND status = 'queued' FROM requests \
         WHERE game_id = ?1 AND status IN ('queued', 'processing') ORDER BY place",
        [game.to_string()],
        |row| {
            let (id, waits): (String, bool) = (row.get(0).map_err(unavailable)?, row.get(1).map_err(unavailable)?);
            Ok((id.parse().map_err(|error| corrupt("a lane", error))?, waits))
        },
    )?;
    Ok((0..).zip(lane).filter(|(_, (_, waits))| *waits).map(|(position, (id, _))| (id, position)).collect())
}

/// A queued request behind `position` others.
pub(super) fn queued(step: &Step<'_>, id: RequestId, position: u64) -> Result<Request, StoreError> {
    let sql = format!("SELECT {REQUEST} FROM requests WHERE id = ?1");
    let found = step.all(&sql, [id.to_string()], |row| rows::request(row, Some(position)))?.pop();
    found.ok_or_else(|| corrupt("a lane", "a request in it is gone"))
}

/// A page of the requests that wait, in their order.
pub(super) fn queued_page(
    step: &Step<'_>,
    after: Option<QueuedCursor>,
    limit: usize,
) -> Result<QueuedRequests, StoreError> {
    // Story events that were placed next share the number of their cause: a page has all of them.
    let from = after.map_or(f64::NEG_INFINITY, |after| after.rank);
    let found = step.all(
        "SELECT requests.id, requests.game_id, type, enqueued_at, CAST(seq AS REAL) AS seq, provider, tenant FROM requests \
         JOIN games ON games.id = requests.game_id LEFT JOIN owners ON owners.game_id = requests.game_id \
         WHERE status = 'queued' AND seq > ?1 AND seq <= (SELECT max(seq) FROM \
         (SELECT seq FROM requests WHERE status = 'queued' AND seq > ?1 ORDER BY seq LIMIT ?2)) ORDER BY seq, place",
        (from, signed(limit as u64)),
        |row| {
            let row = Columns::new("a queued request", row);
            let request = QueuedRequest {
                request_id: row.parse("id")?,
                game_id: row.parse("game_id")?,
                kind: row.parse("type")?,
                provider: row.need("provider")?,
                tenant: row.parse_optional("tenant")?,
                enqueued_at: row.time("enqueued_at")?.unwrap_or_default(),
            };
            Ok((row.need::<f64>("seq")?, request))
        },
    )?;
    let last = found.last().map_or(from, |(seq, _)| *seq);
    let more = step.first("SELECT 1 FROM requests WHERE status = 'queued' AND seq > ?1", [last], |_| Ok(()))?;
    let next = more.map(|()| QueuedCursor { shard: 0, rank: last }.to_string());
    Ok(QueuedRequests { requests: found.into_iter().map(|(_, request)| request).collect(), next })
}
