//! Finds every game and every request of a shard, and inspects each in one step (`lua/inspect_*.lua`).
//!
//! Finding them scans the server's keys, a few at a time; only `engine fsck` does that.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use protocol::{GameId, RequestId};

use super::connection::Connection;
use super::pauses::PAUSED;
use super::script::{self, ScriptArgs};
use super::unexpected::unexpected_reply;
use super::{StoreError, providers};
use crate::store::{Inconsistency, Inspection};

/// How many keys one step of a scan reads.
const SCAN: usize = 1000;
/// How many games or requests are inspected at the same time.
const CONCURRENCY: usize = 32;

/// Request or '', what is wrong, remedy.
type Found = (String, String, String);

/// Inspects a shard and adds the result to `all`.
pub(super) async fn inspect(shard: &Connection, repair: bool, all: &mut Inspection) -> Result<(), StoreError> {
    let mut games = keys(shard, "gamestate:").await?;
    games.extend(keys(shard, "requests:game:").await?);
    let mut requests = keys(shard, "chat-request-status:").await?;
    for order in ["requests:ready", "requests:delayed", "requests:active"] {
        games.extend(ordered(shard, order).await?);
    }
    for provider in providers::circuits(shard).await?.into_keys() {
        games.extend(ordered(shard, &format!("requests:ready:{provider}")).await?);
        let slots = redis::cmd("SMEMBERS").arg(shard.key("provider-slots", provider)).clone();
        games.extend(shard.query::<Vec<String>>(&slots).await?);
    }
    games.extend(ordered(shard, &format!("requests:ready:{PAUSED}")).await?);
    let paused = format!("{}pauses:games", shard.prefix());
    games.extend(shard.query::<Vec<String>>(redis::cmd("HKEYS").arg(paused)).await?);
    requests.extend(ordered(shard, "requests").await?);
    requests.extend(ordered(shard, "requests:story-events").await?);
    let letters = format!("{}chat-requests-failed:index", shard.prefix());
    requests.extend(shard.query::<Vec<String>>(redis::cmd("HKEYS").arg(letters)).await?);

    all.games += games.len() as u64;
    let found: Vec<(u64, Vec<Inconsistency>)> =
        stream::iter(games).map(|id| game(shard, id, repair)).buffered(CONCURRENCY).try_collect().await?;
    for (lane, inconsistencies) in found {
        all.requests += lane;
        all.inconsistencies.extend(inconsistencies);
    }
    let found: Vec<Vec<Inconsistency>> =
        stream::iter(requests).map(|id| request(shard, id, repair)).buffered(CONCURRENCY).try_collect().await?;
    all.inconsistencies.extend(found.into_iter().flatten());
    Ok(())
}

async fn game(shard: &Connection, id: String, repair: bool) -> Result<(u64, Vec<Inconsistency>), StoreError> {
    let game: GameId = id.parse().map_err(|error| unexpected_reply("a game's key", &error))?;
    let call = ScriptArgs::new().id(game).arg(u8::from(repair));
    let mut reply: Vec<redis::Value> = shard.run(&script::INSPECT_GAME, &call).await?;
    if reply.is_empty() {
        return Err(unexpected_reply("inspect_game", &reply));
    }
    let lane = redis::from_redis_value(reply.remove(0)).map_err(|error| unexpected_reply("inspect_game", &error))?;
    let found = reply.into_iter().map(|found| inconsistency(Some(game), found)).collect::<Result<_, _>>()?;
    Ok((lane, found))
}

async fn request(shard: &Connection, id: String, repair: bool) -> Result<Vec<Inconsistency>, StoreError> {
    let call = ScriptArgs::new().arg(id).arg(u8::from(repair));
    let reply: Vec<redis::Value> = shard.run(&script::INSPECT_REQUEST, &call).await?;
    reply.into_iter().map(|found| inconsistency(None, found)).collect()
}

fn inconsistency(game: Option<GameId>, found: redis::Value) -> Result<Inconsistency, StoreError> {
    let (request, what, remedy): Found =
        redis::from_redis_value(found).map_err(|error| unexpected_reply("an inspection", &error))?;
    let request: Option<RequestId> = match request.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|error| unexpected_reply("an inspection", &error))?),
    };
    Ok(Inconsistency { game, request, what, remedy })
}

/// The ids of the keys that begin with `name`.
async fn keys(shard: &Connection, name: &str) -> Result<BTreeSet<String>, StoreError> {
    let start = format!("{}{name}", shard.prefix());
    let mut all = BTreeSet::new();
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(pattern_of(&start)).arg("COUNT").arg(SCAN);
        let (next, found): (u64, Vec<String>) = shard.query(&scan).await?;
        all.extend(found.iter().filter_map(|key| key.strip_prefix(&start)).map(str::to_owned));
        cursor = next;
        if cursor == 0 {
            return Ok(all);
        }
    }
}

/// The pattern of the keys that begin with `start`.
pub(super) fn pattern_of(start: &str) -> String {
    start.chars().flat_map(|c| "*?[]\\".contains(c).then_some('\\').into_iter().chain([c])).chain(['*']).collect()
}

/// The members of an order.
async fn ordered(shard: &Connection, order: &str) -> Result<Vec<String>, StoreError> {
    shard.query(redis::cmd("ZRANGE").arg(format!("{}{order}", shard.prefix())).arg(0).arg(-1)).await
}
