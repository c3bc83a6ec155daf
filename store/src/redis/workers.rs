//! The workers, in Redis: `workers` (zset, by when each was seen), `workers:info` (hash, on the first shard: what each says of
//! itself).

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{GameId, PauseScope, WorkerInfo, WorkerTurn, WorkerView};

use super::connection::Connection;
use super::step::{self, StepArgs};
use super::unexpected::{from_json, to_json, unexpected_reply};
use super::{RedisStore, StoreError};
use crate::{LeaseToken, Pauses, StoreOptions, WorkerId, Workers};

/// How many leases of a shard are looked at.
const LEASES: usize = 1000;

#[async_trait]
impl Workers for RedisStore {
    async fn announce_worker(&self, worker: &WorkerId, about: &WorkerInfo) -> Result<(), StoreError> {
        let shard = &self.shards[0];
        let known: Vec<String> = shard.query(redis::cmd("HKEYS").arg(key(shard))).await?;
        let living = seen(shard, &self.options).await?;
        let mut write = redis::pipe();
        for gone in known.iter().filter(|name| !living.contains_key(*name)) {
            write.hdel(key(shard), gone).ignore();
        }
        write.hset(key(shard), worker.as_str(), to_json(about)?).ignore();
        shard.query_all(&write).await
    }

    async fn end_former_leases(&self, worker: &WorkerId) -> Result<usize, StoreError> {
        let Some(name) = worker.name() else { return Ok(0) };
        let call = StepArgs::new().arg(format!("{name}.")).arg(worker.as_str()).arg(LEASES);
        let mut ended = 0;
        for shard in &self.shards {
            ended += shard.run::<usize>(&step::END_FORMER_LEASES, &call).await?;
        }
        Ok(ended)
    }

    async fn workers(&self) -> Result<Vec<WorkerView>, StoreError> {
        let mut living: BTreeMap<String, Timestamp> = BTreeMap::new();
        let mut turns: BTreeMap<String, Vec<WorkerTurn>> = BTreeMap::new();
        for shard in &self.shards {
            for (name, at) in seen(shard, &self.options).await? {
                let latest = living.entry(name).or_insert(at);
                *latest = at.max(*latest);
            }
            for (worker, turn) in leases(shard).await? {
                turns.entry(worker).or_default().push(turn);
            }
        }
        let about: BTreeMap<String, String> = {
            let shard = &self.shards[0];
            shard.query(redis::cmd("HGETALL").arg(key(shard))).await?
        };
        let mut drained: BTreeMap<String, _> = BTreeMap::new();
        for pause in self.pauses().await? {
            if let PauseScope::Worker { worker } = &pause.what {
                drained.insert(worker.clone(), pause);
            }
        }
        living
            .into_iter()
            .map(|(name, seen_at)| {
                let about = about.get(&name).map(|text| from_json("a worker", text)).transpose()?;
                let (turns, drained) = (turns.remove(&name).unwrap_or_default(), drained.remove(&name));
                Ok(WorkerView { name, seen_at, about, turns, drained })
            })
            .collect()
    }
}

/// Forgets what a worker that retires has said of itself. If this fails, the next that starts does it.
pub(super) async fn forget(shard: &Connection, worker: &WorkerId) {
    let mut write = redis::pipe();
    write.hdel(key(shard), worker.as_str()).ignore();
    write.hdel(format!("{}pauses", shard.prefix()), format!("worker:{worker}")).ignore();
    let _ = shard.query_all::<()>(&write).await;
}

fn key(shard: &Connection) -> String {
    format!("{}workers:info", shard.prefix())
}

/// The workers that live, and when each was seen.
pub(super) async fn seen(
    shard: &Connection,
    options: &StoreOptions,
) -> Result<BTreeMap<String, Timestamp>, StoreError> {
    let mut read = redis::pipe();
    read.zrange_withscores(format!("{}workers", shard.prefix()), 0, -1).cmd("TIME");
    let (all, (seconds, micros)): (Vec<(String, f64)>, (i64, i64)) = shard.query_all(&read).await?;
    let ttl = i64::try_from(options.worker_ttl().as_millis()).unwrap_or(i64::MAX);
    let since = (seconds * 1000 + micros / 1000).saturating_sub(ttl);
    let mut living = BTreeMap::new();
    for (name, at) in all {
        #[expect(clippy::cast_possible_truncation, reason = "scores of times are whole milliseconds")]
        let at = at as i64;
        if at >= since {
            living.insert(name, time(at)?);
        }
    }
    Ok(living)
}

/// Worker and turn of the leases of a shard.
async fn leases(shard: &Connection) -> Result<Vec<(String, WorkerTurn)>, StoreError> {
    let mut range = redis::cmd("ZRANGE");
    range.arg(format!("{}requests:active", shard.prefix())).arg(0).arg(LEASES - 1).arg("WITHSCORES");
    let active: Vec<(String, f64)> = shard.query(&range).await?;
    if active.is_empty() {
        return Ok(Vec::new());
    }
    let mut tokens = redis::cmd("MGET");
    for (game, _) in &active {
        tokens.arg(shard.key("game-lock", game));
    }
    let tokens: Vec<Option<String>> = shard.query(&tokens).await?;
    let mut held = Vec::new();
    for ((game, ends), token) in active.into_iter().zip(tokens) {
        // One that has run out is nobody's.
        let Some(token) = token else { continue };
        #[expect(clippy::cast_possible_truncation, reason = "scores of times are whole milliseconds")]
        let ends = time(ends as i64)?;
        let Some(lease) = LeaseToken::new(token).view(ends) else { continue };
        let game: GameId = game.parse().map_err(|error| unexpected_reply("a lease", &error))?;
        held.push((game, lease));
    }
    let mut started = redis::pipe();
    for (_, lease) in &held {
        started.hget(shard.key("chat-request-status", lease.request_id), "started_at");
    }
    let started: Vec<Option<i64>> = if held.is_empty() { Vec::new() } else { shard.query_all(&started).await? };
    held.into_iter()
        .zip(started)
        .map(|((game_id, lease), since)| {
            let since = since.map(time).transpose()?.unwrap_or_default();
            let turn = WorkerTurn { game_id, request_id: lease.request_id, since, lease_ends_at: lease.expires_at };
            Ok((lease.worker, turn))
        })
        .collect()
}

fn time(ms: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|error| unexpected_reply("a time", &error))
}
