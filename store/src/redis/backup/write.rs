//! Puts a backup back into stores that are empty.
//!
//! The deployment notes that it is being restored, and from what, so that no engine starts on half of it and a restore that was broken off
//! goes on when it is repeated. Each step may be repeated.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{GameId, RequestId};

use super::super::address::RedisAddress;
use super::super::pauses::LETS_GO;
use super::super::step::{self, Step, StepArgs};
use super::super::{RedisStore, deployment};
use super::file::{BackupFile, Kind, Reader, Summary};
use super::read::GameParts;
use super::{Bytes, CopyError};
use crate::{DeadLetterId, StoreError, StoreOptions};

/// How many dead letters one step makes.
const LETTERS: usize = 50;
/// Removes a version of content that no game holds.
pub(super) const DROP_UNHELD: &str =
    "if redis.call('HEXISTS', KEYS[1], 'games') == 0 then redis.call('UNLINK', KEYS[1]) end";

/// Where the store of a tier is put.
#[derive(Debug)]
pub struct TierRedis {
    /// The tier.
    pub tier: String,
    /// Its Redis.
    pub address: RedisAddress,
    /// What its keys begin with.
    pub prefix: String,
    /// How many shards it is to have; the backup may have been of another number.
    pub shards: usize,
    /// The options of the store.
    pub options: StoreOptions,
}

/// Puts a backup into the stores of all tiers, or into those of `only` these. They must be empty, or hold a part of the same backup.
pub async fn restore(file: &BackupFile, targets: Vec<TierRedis>, only: &[String]) -> Result<Summary, CopyError> {
    let targets = chosen(file, targets, only)?;
    let mut stores = BTreeMap::new();
    for target in targets {
        stores.insert(target.tier.clone(), Restored::begin(&file.id, target).await?);
    }
    let (mut reader, mut summary, mut tier) = (file.records()?, Summary::default(), String::new());
    loop {
        let (kind, parts) = reader.next()?;
        if kind == Kind::End {
            break;
        }
        if let (Kind::Shard, Some(name)) = (kind, parts.first()) {
            tier = String::from_utf8_lossy(name).into_owned();
        }
        if tier.is_empty() {
            return Err(reader.damaged("it has a record outside of a store"));
        }
        let Some(store) = stores.get_mut(&tier) else { continue };
        store.put(&reader, kind, &parts, &mut summary).await?;
    }
    for store in stores.values_mut() {
        store.finish(&mut summary).await?;
    }
    for store in stores.values() {
        store.release().await?;
    }
    Ok(summary)
}

/// The stores that are restored.
fn chosen(file: &BackupFile, targets: Vec<TierRedis>, only: &[String]) -> Result<Vec<TierRedis>, CopyError> {
    let mut configured: Vec<&str> = targets.iter().map(|target| target.tier.as_str()).collect();
    let mut found: Vec<&str> = file.tiers.iter().map(String::as_str).collect();
    configured.sort_unstable();
    found.sort_unstable();
    let has_all = only.iter().all(|tier| [&found, &configured].iter().all(|tiers| tiers.contains(&tier.as_str())));
    if !has_all || (only.is_empty() && found != configured) {
        return Err(CopyError::Tiers { found: found.join(", "), configured: configured.join(", ") });
    }
    let is_wanted = |target: &TierRedis| only.is_empty() || only.contains(&target.tier);
    Ok(targets.into_iter().filter(is_wanted).collect())
}

/// The store of a tier while it is restored.
struct Restored {
    store: RedisStore,
    prefix: String,
    /// The totals of all shards of the backup.
    totals: BTreeMap<String, u64>,
    letters: Vec<Letter>,
    /// The ids of the versions of content that the backup has.
    contents: BTreeSet<String>,
}

/// A dead letter whose record is here already. A stream takes entries in their order only, so they are made last.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Letter {
    entry: DeadLetterId,
    request: String,
    version: String,
    shard: usize,
}

impl Restored {
    async fn begin(id: &str, target: TierRedis) -> Result<Self, CopyError> {
        let TierRedis { tier, address, prefix, shards, options } = target;
        if !deployment::begin_restore(address.clone(), &prefix, shards, id).await? {
            return Err(CopyError::NotEmpty { tier, prefix });
        }
        let store = RedisStore::connect_for(address, &prefix, shards, options, Some(id)).await?;
        Ok(Self { store, prefix, totals: BTreeMap::new(), letters: Vec::new(), contents: BTreeSet::new() })
    }

    async fn put(
        &mut self,
        reader: &Reader,
        kind: Kind,
        parts: &[Bytes],
        summary: &mut Summary,
    ) -> Result<(), CopyError> {
        match (kind, parts) {
            (Kind::Shard, [_, epoch]) => self.set_numbers(epoch, b"0").await,
            (Kind::Arrivals, [latest]) => self.set_numbers(b"0", latest).await,
            (Kind::Requests, parts) => self.put_requests(reader, parts).await,
            (Kind::Content, [id, content]) => self.put_content(&text(id), content).await,
            (Kind::Game, parts) => self.put_game(reader, parts, summary).await,
            (Kind::Totals, parts) => {
                for total in parts.chunks_exact(2) {
                    let (name, number) = (text(&total[0]), text(&total[1]).parse::<u64>());
                    let number = number.map_err(|_| reader.damaged("a total is no number"))?;
                    *self.totals.entry(name).or_default() += number;
                }
                Ok(())
            }
            (Kind::Pauses, parts) => self.put_pauses(parts).await,
            (Kind::Whole, [name, value]) => {
                let first = &self.store.shards[0];
                let mut restore = redis::cmd("RESTORE");
                restore.arg(first.named(&text(name))).arg(0).arg(value).arg("REPLACE");
                Ok(first.query(&restore).await?)
            }
            _ => Err(reader.damaged("a record has other parts than it should")),
        }
    }

    async fn set_numbers(&self, epoch: &[u8], latest: &[u8]) -> Result<(), CopyError> {
        let call = StepArgs::new().arg(epoch).arg(latest);
        for shard in &self.store.shards {
            shard.run::<()>(&step::RESTORE_NUMBERS, &call).await?;
        }
        Ok(())
    }

    /// What is paused everywhere. Workers are others here, and what was being resumed has been.
    async fn put_pauses(&self, parts: &[Bytes]) -> Result<(), CopyError> {
        for pause in parts.chunks_exact(2) {
            let scope = text(&pause[0]);
            if scope.starts_with(LETS_GO) || scope.starts_with("worker:") {
                continue;
            }
            for shard in &self.store.shards {
                shard.query::<()>(redis::cmd("HSETNX").arg(shard.named("pauses")).arg(&scope).arg(&pause[1])).await?;
            }
        }
        Ok(())
    }

    async fn put_requests(&self, reader: &Reader, parts: &[Bytes]) -> Result<(), CopyError> {
        let mut calls: BTreeMap<usize, StepArgs> = BTreeMap::new();
        for request in parts.chunks_exact(3) {
            let id: RequestId = text(&request[0]).parse().map_err(|_| reader.damaged("an id is none"))?;
            let call = calls.remove(&id.shard(self.store.shards.len())).unwrap_or_else(|| StepArgs::new().arg(""));
            calls.insert(id.shard(self.store.shards.len()), call.arg(request));
        }
        for (shard, call) in calls {
            self.run(shard, &step::RESTORE_REQUESTS, &call).await?;
        }
        Ok(())
    }

    /// Each shard gets the version: which of them has games that hold it shows when they come.
    async fn put_content(&mut self, id: &str, content: &[u8]) -> Result<(), CopyError> {
        for shard in &self.store.shards {
            let key = shard.named(&format!("content:{id}"));
            shard.query::<()>(redis::cmd("HSETNX").arg(key).arg("text").arg(content)).await?;
        }
        self.contents.insert(id.to_owned());
        Ok(())
    }

    async fn put_game(&mut self, reader: &Reader, parts: &[Bytes], summary: &mut Summary) -> Result<(), CopyError> {
        let game = parts.first().and_then(|id| text(id).parse::<GameId>().ok());
        let (Some(game), Some(counts)) = (game, GameParts::of(parts)) else {
            return Err(reader.damaged("a game has other parts than it should"));
        };
        let shard = game.shard(self.store.shards.len());
        let done = self.run(shard, &step::RESTORE_GAME, &StepArgs::new().arg("whole").arg(parts)).await?;
        for [entry, request, version] in counts.dead {
            let entry = text(entry).parse().map_err(|_| reader.damaged("a dead letter has no id"))?;
            self.letters.push(Letter { shard, entry, request: text(request), version: text(version) });
        }
        if done == "done" && counts.is_there {
            summary.games += 1;
            summary.requests += counts.requests;
        }
        Ok(())
    }

    /// Runs a step that may meet a value which the server refuses.
    async fn run(&self, shard: usize, step: &Step, call: &StepArgs) -> Result<String, CopyError> {
        match self.store.shards[shard].run::<String>(step, call).await? {
            done if done == "done" || done == "known" => Ok(done),
            missing if missing == "content" => {
                Err(CopyError::Refused { reason: "the content of a game is missing".to_owned() })
            }
            reason => Err(CopyError::Refused { reason }),
        }
    }

    /// Makes the dead letters, the first to fail first, and writes what belongs to the whole store.
    async fn finish(&mut self, summary: &mut Summary) -> Result<(), CopyError> {
        self.letters.sort_unstable();
        // Two shards of the backup may each have failed one in the same millisecond: here they may be of one shard. No two get one id, so that all
        // stay in the order in which the store of the backup listed them, whichever shards they come to.
        let mut last: Option<DeadLetterId> = None;
        for letter in &mut self.letters {
            if let Some(before) = last.filter(|before| letter.entry <= *before) {
                letter.entry = DeadLetterId { number: before.number + 1, ..before };
            }
            last = Some(letter.entry);
        }
        self.letters.sort_by_key(|letter| letter.shard);
        for some in self.letters.chunk_by(|one, other| one.shard == other.shard).flat_map(|of| of.chunks(LETTERS)) {
            let mut call = StepArgs::new();
            for letter in some {
                call = call.id(letter.entry).arg(&letter.request).arg(&letter.version);
            }
            let shard = some.first().map_or(0, |letter| letter.shard);
            summary.dead_letters += self.store.shards[shard].run::<u64>(&step::RESTORE_DEAD, &call).await?;
        }
        let first = &self.store.shards[0];
        for (name, total) in &self.totals {
            first.query::<()>(redis::cmd("HSET").arg(first.named("totals")).arg(name).arg(total)).await?;
        }
        for shard in &self.store.shards {
            for id in &self.contents {
                let key = shard.named(&format!("content:{id}"));
                shard.query::<()>(redis::cmd("EVAL").arg(DROP_UNHELD).arg(1).arg(key)).await?;
            }
        }
        Ok(())
    }

    /// Engines may start on it.
    async fn release(&self) -> Result<(), StoreError> {
        deployment::end_restore(&self.store.servers, &self.prefix).await
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
