//! Finds every game and every request of a shard, inspects each in one step (`lua/inspect_*.lua`), and reads what its readers read
//! ([`parts`]).
//!
//! Finding them scans the server's keys, a few at a time; only `engine fsck` does that.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use protocol::{GameId, RequestId};

use super::connection::Connection;
use super::pauses::PAUSED;
use super::step::{self, StepArgs};
use super::unexpected::unexpected_reply;
use super::{RedisStore, StoreError, providers};
use crate::contents::Contents;
use crate::{Inconsistency, Inspection, Queue, Remedy};

/// How many keys one step of a scan reads.
const SCAN: usize = 1000;
/// How many games or requests are inspected at the same time.
const CONCURRENCY: usize = 32;

/// Request or '', what is wrong, remedy, '1' if it can be repaired.
type Found = (String, String, String, String);

/// The lists of owners' games in which each game is.
type Lists = BTreeMap<String, Vec<Arc<str>>>;

/// Inspects a shard and adds the result to `all`.
pub(super) async fn inspect(
    store: &RedisStore,
    shard: &Connection,
    repair: bool,
    all: &mut Inspection,
) -> Result<(), StoreError> {
    let mut lists = Lists::new();
    for list in keys(shard, "games:of:").await? {
        let list: Arc<str> = list.into();
        for game in ordered(shard, &format!("games:of:{list}")).await? {
            lists.entry(game).or_default().push(Arc::clone(&list));
        }
    }
    let mut games = keys(shard, "gamestate:").await?;
    games.extend(lists.keys().cloned());
    games.extend(ordered(shard, "games").await?);
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
    // A version of content that another shard has is not one of this shard.
    let contents = Contents::new(store.options.contents_cached);
    let (contents, lists) = (&contents, &lists);
    let found: Vec<(u64, Vec<Inconsistency>)> = stream::iter(games)
        .map(|id| async move {
            let in_lists = lists.get(&id).map(Vec::as_slice).unwrap_or_default();
            game(shard, contents, &id, in_lists, repair).await
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    for (lane, inconsistencies) in found {
        all.requests += lane;
        all.inconsistencies.extend(inconsistencies);
    }
    let found: Vec<Vec<Inconsistency>> =
        stream::iter(requests).map(|id| request(store, shard, id, repair)).buffered(CONCURRENCY).try_collect().await?;
    all.inconsistencies.extend(found.into_iter().flatten());
    Ok(())
}

/// Inspects a game; answers how many unfinished requests it has, and what is wrong.
async fn game(
    shard: &Connection,
    contents: &Contents,
    id: &str,
    lists: &[Arc<str>],
    repair: bool,
) -> Result<(u64, Vec<Inconsistency>), StoreError> {
    let Ok(game) = id.parse::<GameId>() else {
        return Ok((0, vec![Inconsistency::no_id(id, "in the key of a game, or in an order of games")]));
    };
    let mut found = parts::of_another_type(shard, game).await?;
    if !found.is_empty() {
        // Its readers and the step would stop at it.
        return Ok((0, found));
    }
    let call = lists.iter().fold(StepArgs::new().id(game).arg(u8::from(repair)), |call, list| call.arg(&**list));
    let step = if repair { &step::REPAIR_GAME } else { &step::INSPECT_GAME };
    let lane = match shard.run::<Vec<redis::Value>>(step, &call).await {
        Ok(mut reply) if !reply.is_empty() => {
            let lane =
                redis::from_redis_value(reply.remove(0)).map_err(|error| unexpected_reply("inspect_game", &error))?;
            for value in reply {
                found.push(inconsistency(Some(game), value)?);
            }
            lane
        }
        Ok(reply) => return Err(unexpected_reply("inspect_game", &reply)),
        Err(StoreError::Corrupt { reason, .. }) => {
            found.push(Inconsistency::lost(game, format!("it cannot be inspected: {reason}")));
            0
        }
        Err(error) => return Err(error),
    };
    found.extend(parts::unreadable(shard, contents, game, repair).await?);
    Ok((lane, found))
}

async fn request(
    store: &RedisStore,
    shard: &Connection,
    id: String,
    repair: bool,
) -> Result<Vec<Inconsistency>, StoreError> {
    let Ok(request) = id.parse::<RequestId>() else {
        return Ok(vec![Inconsistency::no_id(&id, "in the key of a request, or in an order of requests")]);
    };
    let refused = |reason: String| {
        let remedy = Remedy::ByHand("cancel the request, or restore it from a backup".to_owned());
        Inconsistency { game: None, request: Some(request), what: format!("it cannot be read: {reason}"), remedy }
    };
    let call = StepArgs::new().arg(id).arg(u8::from(repair));
    let step = if repair { &step::REPAIR_REQUEST } else { &step::INSPECT_REQUEST };
    let mut found: Vec<Inconsistency> = match shard.run::<Vec<redis::Value>>(step, &call).await {
        Ok(reply) => reply.into_iter().map(|found| inconsistency(None, found)).collect::<Result<_, _>>()?,
        Err(StoreError::Corrupt { reason, .. }) => return Ok(vec![refused(reason)]),
        Err(error) => return Err(error),
    };
    match store.request(request).await {
        Ok(_) => {}
        Err(StoreError::Corrupt { what, reason }) => found.push(refused(format!("{what}: {reason}"))),
        Err(error) => return Err(error),
    }
    Ok(found)
}

fn inconsistency(game: Option<GameId>, found: redis::Value) -> Result<Inconsistency, StoreError> {
    let (request, what, remedy, is_repairable): Found =
        redis::from_redis_value(found).map_err(|error| unexpected_reply("an inspection", &error))?;
    let request: Option<RequestId> = match request.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|error| unexpected_reply("an inspection", &error))?),
    };
    let remedy = if is_repairable == "1" { Remedy::Repair(remedy) } else { Remedy::ByHand(remedy) };
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
