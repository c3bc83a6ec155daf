//! Brings one game of a backup back into a store that others play on.
//!
//! The file is read twice: records of ended requests and versions of content stand before the game that they belong to, and only the game says which.

use protocol::{GameId, RequestId};

use super::super::RedisStore;
use super::super::connection::Connection;
use super::super::step::{self, StepArgs};
use super::file::{BackupFile, Kind, Summary};
use super::read::GameParts;
use super::write::{DROP_UNHELD, text};
use super::{Bytes, CopyError};
use crate::NotRestored;

/// How often the content is stored again: another game that held it may go just then.
const TRIES: usize = 3;

/// A game as the file has it.
struct Found {
    /// The tier whose store it was in.
    tier: String,
    /// The epoch and the latest arrival of its shard.
    epoch: Bytes,
    latest: Bytes,
    parts: Vec<Bytes>,
}

/// Brings a game back with its history, turns, log, unfinished requests and dead letters. `replace` says whether it may take the place of the game that is
/// there; one that has unfinished requests stays. `stores` are those of all tiers.
pub async fn restore_game(
    file: &BackupFile,
    stores: &[(String, RedisStore)],
    game: GameId,
    replace: bool,
) -> Result<Summary, CopyError> {
    let found = find(file, game)?.ok_or_else(|| NotRestored::NoSuchGame { path: file.path.clone(), game })?;
    let damaged = || file.damaged("a game has other parts than it should");
    let counts = GameParts::of(&found.parts).ok_or_else(damaged)?;
    let store = place_of(stores, &found, game, replace).await?;
    let shard = store.shard(game);
    let content = found.parts.get(3).filter(|id| !id.is_empty());
    if content.is_some() && !store.by_reference {
        let reason = "this deployment has the layout of the release before: run `engine migrate` first";
        return Err(CopyError::Refused { reason: reason.to_owned() });
    }
    let numbers = StepArgs::new().arg(&found.epoch).arg(&found.latest);
    shard.run::<()>(&step::RESTORE_NUMBERS, &numbers).await?;
    let content = restore_ended(file, store, game, content).await?;
    let into = if replace { "replace" } else { "add" };
    let call = StepArgs::new().arg(into).arg(&found.parts);
    let mut done = "content".to_owned();
    for _ in 0..TRIES {
        if let Some((id, text)) = &content {
            let key = shard.named(&format!("content:{id}"));
            shard.query::<()>(redis::cmd("HSETNX").arg(key).arg("text").arg(text)).await?;
        }
        done = shard.run(&step::RESTORE_GAME, &call).await?;
        if done != "content" {
            break;
        }
    }
    if done != "done" {
        drop_unheld(shard, content.as_ref()).await?;
    }
    match done.as_str() {
        "done" => {
            let dead_letters = counts.dead.len() as u64;
            Ok(Summary { games: 1, requests: counts.requests, dead_letters })
        }
        "known" => Err(NotRestored::GameExists { game }.into()),
        "busy" => Err(NotRestored::GameBusy { game }.into()),
        "content" => Err(file.damaged("it lacks the content of the game")),
        reason => Err(CopyError::Refused { reason: reason.to_owned() }),
    }
}

fn find(file: &BackupFile, game: GameId) -> Result<Option<Found>, CopyError> {
    let (mut reader, name) = (file.records()?, game.to_string());
    let (mut place, mut found) = ((String::new(), Bytes::new()), None);
    loop {
        let (kind, parts) = reader.next()?;
        match (kind, parts.as_slice()) {
            (Kind::End, _) => return Ok(None),
            (Kind::Shard, [tier, epoch]) => place = (text(tier), epoch.clone()),
            // Of a game that is gone, a record holds its dead letters.
            (Kind::Game, [id, score, ..]) if *id == name.as_bytes() && !score.is_empty() => found = Some(parts),
            (Kind::Arrivals, [latest]) => {
                if let Some(parts) = found.take() {
                    let (tier, epoch) = place;
                    return Ok(Some(Found { tier, epoch, latest: latest.clone(), parts }));
                }
            }
            _ => {}
        }
    }
}

/// The store that has the game; else that of the tier that had it.
async fn place_of<'a>(
    stores: &'a [(String, RedisStore)],
    found: &Found,
    game: GameId,
    replace: bool,
) -> Result<&'a RedisStore, CopyError> {
    for (_, store) in stores {
        let shard = store.shard(game);
        // One that cannot be read is there as well.
        if shard.query::<bool>(redis::cmd("EXISTS").arg(shard.key("gamestate", game))).await? {
            return if replace { Ok(store) } else { Err(NotRestored::GameExists { game }.into()) };
        }
    }
    let store = stores.iter().find(|(tier, _)| *tier == found.tier).map(|(_, store)| store);
    let configured = || stores.iter().map(|(tier, _)| tier.as_str()).collect::<Vec<_>>().join(", ");
    store.ok_or_else(|| CopyError::Tiers { found: found.tier.clone(), configured: configured() })
}

/// Brings back the game's requests that had ended, and finds the content that it holds.
async fn restore_ended(
    file: &BackupFile,
    store: &RedisStore,
    game: GameId,
    content: Option<&Bytes>,
) -> Result<Option<(String, Bytes)>, CopyError> {
    let (mut reader, shards, mut text_of) = (file.records()?, store.shards.len(), None);
    loop {
        let (kind, parts) = reader.next()?;
        match (kind, parts.as_slice()) {
            (Kind::End, _) => return Ok(text_of),
            (Kind::Content, [id, written]) if content == Some(id) => text_of = Some((text(id), written.clone())),
            (Kind::Requests, parts) => {
                let mut call = StepArgs::new().id(game);
                let mut is_empty = true;
                for request in parts.chunks_exact(3) {
                    let id: RequestId = text(&request[0]).parse().map_err(|_| reader.damaged("an id is none"))?;
                    // A request is in the shard of its game.
                    if id.shard(shards) == game.shard(shards) {
                        (call, is_empty) = (call.arg(request), false);
                    }
                }
                if !is_empty {
                    let done: String = store.shard(game).run(&step::RESTORE_REQUESTS, &call).await?;
                    if done != "done" {
                        return Err(CopyError::Refused { reason: done });
                    }
                }
            }
            _ => {}
        }
    }
}

async fn drop_unheld(shard: &Connection, content: Option<&(String, Bytes)>) -> Result<(), CopyError> {
    let Some((id, _)) = content else { return Ok(()) };
    let key = shard.named(&format!("content:{id}"));
    Ok(shard.query(redis::cmd("EVAL").arg(DROP_UNHELD).arg(1).arg(key)).await?)
}
