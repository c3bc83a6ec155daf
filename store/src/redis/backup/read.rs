//! Reads the stores of a deployment into a file, while the engine works on them.
//!
//! The order matters. Records of ended requests come first: what has ended by then is in the state of its game, which is read later. Dead letters
//! are found next, because they belong to games and no index says to which; those that come while games are read are looked for in the
//! step that reads each. The latest arrival comes last: no rank in the file is higher.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use uuid::Uuid;

use super::super::RedisStore;
use super::super::connection::Connection;
use super::super::deployment::Layout;
use super::super::inspect::pattern_of;
use super::super::step::{self, StepArgs};
use super::super::unexpected::unexpected_reply;
use super::file::{Kind, Summary, Writer};
use super::{Bytes, CopyError, WHOLE};
use crate::StoreError;

/// How many keys one step of a scan looks at.
const SCAN: usize = 1000;
/// How many records of requests one step reads.
const REQUESTS: usize = 100;
/// How many dead letters one step looks through.
const LETTERS: usize = 128;
/// Before the first entry of a stream.
const BEGINNING: &str = "0";

/// Writes the stores of all tiers to a new file. What cannot be finished leaves none.
pub async fn backup(stores: &[(String, RedisStore)], path: &Path) -> Result<Summary, CopyError> {
    let mut writer = Writer::create(path)?;
    let written = async {
        let head = [Uuid::new_v4().to_string(), Layout::LATEST.number().to_string()];
        let tiers = stores.iter().map(|(tier, _)| tier.clone());
        writer.record(Kind::Head, &head.into_iter().chain(tiers).collect::<Vec<_>>())?;
        let mut summary = Summary::default();
        for (tier, store) in stores {
            for (number, shard) in store.shards.iter().enumerate() {
                read_shard(shard, tier, number == 0, &mut writer, &mut summary).await?;
            }
        }
        writer.finish()?;
        Ok(summary)
    };
    let outcome = written.await;
    if outcome.is_err() {
        // The reason for the failure is what the operator has to know.
        let _ = std::fs::remove_file(path);
    }
    outcome
}

async fn read_shard(
    shard: &Connection,
    tier: &str,
    is_first: bool,
    to: &mut Writer,
    summary: &mut Summary,
) -> Result<(), CopyError> {
    let epoch = number(shard, "epoch").await?;
    to.record(Kind::Shard, &[tier, &epoch])?;
    read_ended_requests(shard, to).await?;

    let mut letters = Letters { last: BEGINNING.to_owned(), by_game: BTreeMap::new() };
    letters.catch_up(shard).await?;
    let mut contents = BTreeSet::new();
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("ZSCAN");
        scan.arg(shard.named("games")).arg(cursor).arg("COUNT").arg(REQUESTS);
        let (next, found): (u64, Vec<(String, String)>) = shard.query(&scan).await?;
        for (game, _) in found {
            read_game(shard, &game, &mut letters, &mut contents, to, summary).await?;
        }
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    // Those whose games are gone.
    for game in letters.by_game.keys().cloned().collect::<Vec<_>>() {
        read_game(shard, &game, &mut letters, &mut contents, to, summary).await?;
    }

    to.record(Kind::Arrivals, &[number(shard, "requests:sequence").await?])?;
    for (kind, key) in [(Kind::Totals, "totals"), (Kind::Pauses, "pauses")] {
        let fields: Vec<Bytes> = shard.query(redis::cmd("HGETALL").arg(shard.named(key))).await?;
        to.record(kind, &fields)?;
    }
    for key in WHOLE.iter().filter(|_| is_first) {
        let value: Option<Bytes> = shard.query(redis::cmd("DUMP").arg(shard.named(key))).await?;
        if let Some(value) = value {
            to.record(Kind::Whole, &[key.as_bytes(), &value])?;
        }
    }
    // It may have come back without what was read first.
    if number(shard, "epoch").await? == epoch { Ok(()) } else { Err(CopyError::Restarted) }
}

/// The records of requests that have ended. Those that end while this goes on may be missing: they are needed by nobody but a client that asks again.
async fn read_ended_requests(shard: &Connection, to: &mut Writer) -> Result<(), CopyError> {
    let start = shard.named("chat-request-status:");
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(pattern_of(&start)).arg("COUNT").arg(SCAN);
        let (next, found): (u64, Vec<String>) = shard.query(&scan).await?;
        let ids: Vec<&str> = found.iter().filter_map(|key| key.strip_prefix(&start)).collect();
        for some in ids.chunks(REQUESTS) {
            let parts: Vec<Bytes> = shard.run(&step::BACKUP_REQUESTS, &StepArgs::new().arg(some)).await?;
            if !parts.is_empty() {
                to.record(Kind::Requests, &parts)?;
            }
        }
        cursor = next;
        if cursor == 0 {
            return Ok(());
        }
    }
}

/// The dead letters of a shard: which requests of each game were dead letters when they were looked for.
struct Letters {
    /// The entry of the last one that is known.
    last: String,
    by_game: BTreeMap<String, Vec<String>>,
}

impl Letters {
    /// Finds those that are not known yet.
    async fn catch_up(&mut self, shard: &Connection) -> Result<(), StoreError> {
        loop {
            let call = StepArgs::new().arg(&self.last).arg(LETTERS);
            let found: Vec<String> = shard.run(&step::BACKUP_DEAD, &call).await?;
            let mut count = 0;
            for letter in found.chunks_exact(3) {
                if let [entry, request, game] = letter {
                    entry.clone_into(&mut self.last);
                    self.by_game.entry(game.clone()).or_default().push(request.clone());
                    count += 1;
                }
            }
            if count < LETTERS {
                return Ok(());
            }
        }
    }
}

async fn read_game(
    shard: &Connection,
    game: &str,
    letters: &mut Letters,
    contents: &mut BTreeSet<Bytes>,
    to: &mut Writer,
    summary: &mut Summary,
) -> Result<(), CopyError> {
    let mut missing = None;
    let parts: Vec<Bytes> = loop {
        let dead = letters.by_game.get(game).map_or(&[][..], Vec::as_slice);
        let call = StepArgs::new().arg(game).arg(&letters.last).arg(LETTERS).arg(dead);
        let parts: Vec<Bytes> = shard.run(&step::BACKUP_GAME, &call).await?;
        if parts.is_empty() {
            letters.catch_up(shard).await?;
            continue;
        }
        let Some(gone) = read_content(shard, &parts, contents, to).await? else { break parts };
        // Between the two reads the last game that held it may have gone. Twice the same is a store that is damaged.
        if missing.as_ref() == Some(&gone) {
            let reason = format!("the version {gone} of its content is gone: `engine fsck` names all such games");
            return Err(StoreError::Corrupt { what: format!("game {game}"), reason }.into());
        }
        missing = Some(gone);
    };
    letters.by_game.remove(game);
    let counts = GameParts::of(&parts).ok_or_else(|| unexpected_reply("backup_game", &parts.len()))?;
    if counts.is_there {
        summary.games += 1;
    } else if counts.dead.is_empty() {
        // It was deleted meanwhile.
        return Ok(());
    }
    summary.requests += counts.requests;
    summary.dead_letters += counts.dead.len() as u64;
    to.record(Kind::Game, &parts)
}

/// Writes the version of content that a game holds, if none before it did. Answers with the version if the store does not have it.
async fn read_content(
    shard: &Connection,
    game: &[Bytes],
    known: &mut BTreeSet<Bytes>,
    to: &mut Writer,
) -> Result<Option<String>, CopyError> {
    let Some(id) = game.get(3).filter(|id| !id.is_empty() && !known.contains(*id)) else { return Ok(None) };
    let version = String::from_utf8_lossy(id).into_owned();
    let key = shard.named(&format!("content:{version}"));
    let text: Option<Bytes> = shard.query(redis::cmd("HGET").arg(key).arg("text")).await?;
    let Some(text) = text else { return Ok(Some(version)) };
    to.record(Kind::Content, &[id, &text])?;
    known.insert(id.clone());
    Ok(None)
}

/// What the record of a game says of itself.
pub(super) struct GameParts<'a> {
    /// Whether it has the game, and not only dead letters that are left of it.
    pub(super) is_there: bool,
    /// How many unfinished requests it has.
    pub(super) requests: u64,
    /// Its dead letters: entry, request and version of each.
    pub(super) dead: Vec<[&'a [u8]; 3]>,
}

impl<'a> GameParts<'a> {
    /// Reads the arguments of `restore_game.lua`.
    pub(super) fn of(parts: &'a [Bytes]) -> Option<Self> {
        let count = |at: usize| std::str::from_utf8(parts.get(at)?).ok()?.parse::<usize>().ok();
        let is_there = !parts.get(1)?.is_empty();
        let lane = 5 + 3 * count(4)?;
        let requests = count(lane)?;
        let letters = lane + 1 + 2 * requests;
        let end = letters + 1 + 4 * count(letters)?;
        let dead = parts.get(letters + 1..end).filter(|_| end == parts.len())?;
        let dead = dead.chunks_exact(4).map(|letter| [&letter[0][..], &letter[1][..], &letter[2][..]]).collect();
        Some(Self { is_there, requests: requests as u64, dead })
    }
}

/// A number of the shard, as text; 0 where there is none.
async fn number(shard: &Connection, name: &str) -> Result<String, StoreError> {
    let value: Option<String> = shard.query(redis::cmd("GET").arg(shard.named(name))).await?;
    Ok(value.unwrap_or_else(|| "0".to_owned()))
}
