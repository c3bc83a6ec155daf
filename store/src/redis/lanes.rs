//! The views of a shard's queue for operators. They only read, except that story events can be cancelled here.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use protocol::{Circuit, GameId, IdError, LaneState, LaneView, Lanes, LeaseView, QueueView, RequestId};

use super::codec::Fields;
use super::connection::Connection;
use super::pauses::{LeftOut, PAUSED};
use super::step::{self, StepArgs};
use super::unexpected::unexpected_reply;
use super::{StoreError, providers};
use crate::{LeaseToken, Request};

/// Depth, how many of these are story events, delayed and active games, dead letters, the oldest request, workers with the times at which they were last seen, and the
/// server's time.
type Figures = (u64, u64, u64, u64, u64, Vec<String>, Vec<(String, f64)>, (i64, i64));

/// Unfinished requests, fencing token, end of lease, end of back-off, rank among the ready games.
type RawLane = (Vec<String>, Option<String>, Option<f64>, Option<f64>, Option<f64>);

/// Of a game: whether it is paused, the provider whose fault has paused its head, its own, whether it is held, its tenant.
type Standing = (Option<String>, Option<String>, Option<String>, Option<String>, Option<String>);

/// A story event as the step returns it: request, status fields, position in the lane.
type RawStoryEvent = (String, HashMap<String, String>, u64);

/// Depth and age, and how many workers were seen within `worker_ttl`.
pub(super) async fn figures(shard: &Connection, worker_ttl: Duration) -> Result<QueueView, StoreError> {
    let (mut ready, mut paused) = (0, 0);
    let left_out = LeftOut::by(shard).await?;
    for (name, circuit) in orders(shard, &left_out).await? {
        let games: u64 = shard.query(redis::cmd("ZCARD").arg(shard.key("requests:ready", &name))).await?;
        *(if left_out.claims(&name, circuit) { &mut ready } else { &mut paused }) += games;
    }
    let (depth, story_events, delayed, active, dead_letters, oldest, workers, time): Figures =
        shard.run(&step::FIGURES, &StepArgs::new()).await?;
    let enqueued_at: Option<i64> = match oldest.first() {
        Some(id) => {
            let key = shard.key("chat-request-status", id);
            shard.query(redis::cmd("HGET").arg(key).arg("enqueued_at")).await?
        }
        None => None,
    };
    let now = time.0 * 1000 + time.1 / 1000;
    let oldest_age_ms = enqueued_at.map_or(0, |at| u64::try_from(now - at).unwrap_or(0));
    let since = now - i64::try_from(worker_ttl.as_millis()).unwrap_or(i64::MAX);
    #[expect(clippy::cast_precision_loss, reason = "times in ms are far below 2^53")]
    let workers = workers.iter().filter(|(_, seen)| *seen >= since as f64).count() as u64;
    Ok(QueueView { depth, story_events, ready, delayed, paused, active, dead_letters, oldest_age_ms, workers })
}

/// The names under which games are ready, each with the circuit of the provider if it is one.
async fn orders(shard: &Connection, left_out: &LeftOut) -> Result<Vec<(String, Option<Circuit>)>, StoreError> {
    let providers = providers::circuits(shard).await?.into_iter().map(|(name, circuit)| (name, Some(circuit)));
    Ok(providers.chain(left_out.apart().map(|name| (name, None))).collect())
}

/// Under which name a game is ready (the provider that its lane waits for, unless an operator has paused it or its tenant), and
/// whether its tenant is paused: a game that no claim has met since then is not held yet.
async fn provider_of(shard: &Connection, game: GameId, left_out: &LeftOut) -> Result<(String, bool), StoreError> {
    let mut read = redis::cmd("HMGET");
    read.arg(shard.key("gamestate", game)).arg(&["paused", "waits_for", "provider", "held", "tenant"]);
    let (paused, waits_for, own, held, tenant): Standing = shard.query(&read).await?;
    let has_paused_tenant = tenant.as_deref().is_some_and(|tenant| left_out.has_tenant(tenant));
    let held = held.and(tenant).map(|tenant| LeftOut::held(&tenant));
    Ok((paused.map(|_| PAUSED.to_owned()).or(held).or(waits_for).or(own).unwrap_or_default(), has_paused_tenant))
}

/// One lane.
pub(super) async fn lane(shard: &Connection, game: GameId) -> Result<LaneView, StoreError> {
    let left_out = LeftOut::by(shard).await?;
    let (provider, has_paused_tenant) = provider_of(shard, game, &left_out).await?;
    let call = StepArgs::new().id(game).arg(&provider);
    let (requests, token, active, delayed, ready): RawLane = shard.run(&step::LANE, &call).await?;
    let requests = requests
        .iter()
        .map(|id| id.parse().map_err(|error: IdError| unexpected_reply("a lane", &error)))
        .collect::<Result<_, _>>()?;
    let circuit = providers::circuits(shard).await?.get(&provider).copied();
    let state = match (active, delayed, ready) {
        (Some(_), _, _) => LaneState::Active,
        (None, Some(_), _) => LaneState::Delayed,
        (None, None, Some(_)) if left_out.claims(&provider, circuit) && !has_paused_tenant => LaneState::Ready,
        (None, None, Some(_)) => LaneState::Paused,
        (None, None, None) => LaneState::Idle,
    };
    let lease = match (token, active) {
        (Some(token), Some(until)) => Some(lease(token, time(until)?)?),
        _ => None,
    };
    let is_provider = left_out.waits_for(&provider) && !has_paused_tenant;
    let waits_for = (state == LaneState::Paused && is_provider).then_some(provider);
    Ok(LaneView { game_id: game, state, requests, lease, not_before: delayed.map(time).transpose()?, waits_for })
}

fn lease(token: String, expires_at: Timestamp) -> Result<LeaseView, StoreError> {
    let token = LeaseToken::new(token);
    token.view(expires_at).ok_or_else(|| unexpected_reply("a lease", &token))
}

#[expect(clippy::cast_possible_truncation, reason = "scores of times are whole milliseconds")]
fn time(score: f64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(score as i64).map_err(|error| unexpected_reply("a time", &error))
}

/// Lanes of all shards, at most `limit`.
pub(super) async fn lanes(shards: &[Connection], limit: usize) -> Result<Lanes, StoreError> {
    // One more than is shown: it says whether there are more.
    let wanted = limit + 1;
    let mut games: Vec<(&Connection, GameId)> = Vec::new();
    for order in ["requests:active", "requests:delayed"] {
        for shard in shards {
            for (id, _) in first_of(shard, &format!("{}{order}", shard.prefix()), wanted).await? {
                add(&mut games, shard, &id)?;
            }
        }
    }
    for shard in shards {
        let mut ready = Vec::new();
        for (name, _) in orders(shard, &LeftOut::by(shard).await?).await? {
            ready.extend(first_of(shard, &shard.key("requests:ready", name), wanted).await?);
        }
        ready.sort_by(|one, other| one.1.total_cmp(&other.1));
        for (id, _) in ready {
            add(&mut games, shard, &id)?;
        }
    }
    let more = games.len() > limit;
    let mut lanes = Vec::new();
    for (shard, game) in games.into_iter().take(limit) {
        let lane = lane(shard, game).await?;
        // A lane that has become empty meanwhile is not listed.
        if lane.state != LaneState::Idle {
            lanes.push(lane);
        }
    }
    Ok(Lanes { lanes, more })
}

/// The first games of an order, with their scores.
async fn first_of(shard: &Connection, order: &str, count: usize) -> Result<Vec<(String, f64)>, StoreError> {
    shard.query(redis::cmd("ZRANGE").arg(order).arg(0).arg(count - 1).arg("WITHSCORES")).await
}

/// Lists a game once, although it may move to another order between two reads.
fn add<'a>(games: &mut Vec<(&'a Connection, GameId)>, shard: &'a Connection, id: &str) -> Result<(), StoreError> {
    let game = id.parse().map_err(|error: IdError| unexpected_reply("the queue", &error))?;
    if !games.iter().any(|(_, known)| *known == game) {
        games.push((shard, game));
    }
    Ok(())
}

/// The queued story events of a lane.
pub(super) async fn story_events(
    shard: &Connection,
    game: GameId,
    limit: usize,
    cancel: bool,
) -> Result<(u64, Vec<Request>), StoreError> {
    let call = StepArgs::new().id(game).arg(limit).arg(u8::from(cancel));
    let step = if cancel { &step::CANCEL_STORY_EVENTS } else { &step::STORY_EVENTS };
    let mut reply: Vec<redis::Value> = shard.run(step, &call).await?;
    if reply.is_empty() {
        return Err(unexpected_reply("story_events", &reply));
    }
    let wrong = |error: &dyn std::fmt::Display| unexpected_reply("story_events", &error.to_string());
    let depth = redis::from_redis_value(reply.remove(0)).map_err(|error| wrong(&error))?;
    let events = reply
        .into_iter()
        .map(|event| {
            let (id, fields, position): RawStoryEvent =
                redis::from_redis_value(event).map_err(|error| wrong(&error))?;
            let id: RequestId = id.parse().map_err(|error: IdError| wrong(&error))?;
            Fields::new(format!("request {id}"), fields).request(id, Some(position))
        })
        .collect::<Result<_, _>>()?;
    Ok((depth, events))
}
