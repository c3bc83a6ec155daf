//! Reads every part of a game as its own readers do, and names those that they refuse.

use protocol::GameId;
use story::ChatMessage;

use crate::contents::Contents;
use crate::inspect::UnreadableEntries;
use crate::redis::codec::{events_of_entry, turn_of_entry};
use crate::redis::connection::Connection;
use crate::redis::contents::read_game;
use crate::redis::unexpected::{from_json, unexpected_reply};
use crate::redis::{keys, remembered};
use crate::{Inconsistency, Remedy, StoreError};

/// How many entries of a list are read at a time.
const AT_ONCE: usize = 100;
/// The keys of a game, and of which type each of them is. A step that meets another type fails, and cannot say at which key.
const TYPES: [(&str, &str); 11] = [
    ("gamestate", "hash"),
    ("game-history", "list"),
    ("game-turns", "list"),
    ("game-tries", "string"),
    ("game-changes", "list"),
    ("game-capabilities", "hash"),
    ("game-events", "stream"),
    ("game-text", "string"),
    ("game-pieces", "string"),
    ("game-lock", "string"),
    ("requests:game", "zset"),
];

/// The keys of a game that are of another type.
pub(super) async fn of_another_type(shard: &Connection, game: GameId) -> Result<Vec<Inconsistency>, StoreError> {
    let mut ask = redis::pipe();
    for (name, _) in TYPES {
        ask.cmd("TYPE").arg(shard.key(name, game));
    }
    let kinds: Vec<String> = shard.query_all(&ask).await?;
    let wrong = TYPES.iter().zip(kinds).filter(|((_, right), kind)| kind != "none" && kind != right);
    let named = wrong.map(|((name, right), kind)| format!("its {name} is of the type {kind}, and not {right}"));
    // Nobody can say whose such a game is, so no command deletes it.
    let remedy = "restore the game from a backup, or delete the key";
    Ok(named
        .map(|what| Inconsistency { remedy: Remedy::ByHand(remedy.to_owned()), ..Inconsistency::lost(game, what) })
        .collect())
}

/// What cannot be read of a game. A repair begins a new log.
pub(super) async fn unreadable(
    shard: &Connection,
    contents: &Contents,
    game: GameId,
    repair: bool,
) -> Result<Vec<Inconsistency>, StoreError> {
    let mut found = Vec::new();
    if let Err(error) = read_game(contents, shard, game).await {
        found.push(Inconsistency::unreadable(game, "its document", error)?);
    }
    let read = |text: &str| from_json::<ChatMessage>("a message", text);
    let history = entries(shard, &shard.key("game-history", game), read).await?;
    found.extend(history.finding(game, |number| format!("message {number} of its history")));
    let turns = entries(shard, &shard.key("game-turns", game), |text| turn_of_entry(game, text)).await?;
    found.extend(turns.finding(game, |number| format!("turn record {number}")));
    if let Err(error) = remembered::read(shard, game, &[]).await {
        found.push(Inconsistency::unreadable(game, "what is kept beside it", error)?);
    }
    if let Err(error) = keys::capabilities(shard, game).await {
        found.push(Inconsistency::unreadable(game, "its capabilities", error)?);
    }
    let log = shard.key("game-events", game);
    if let Some(entry) = events(shard, &log).await?.finding(game, |offset| format!("event {offset} of its log")) {
        found.push(entry.of_log());
        if repair {
            shard.query::<()>(redis::cmd("DEL").arg(&log)).await?;
        }
    }
    Ok(found)
}

/// Reads a log in the same way. Its entries are known by their offsets.
async fn events(shard: &Connection, key: &str) -> Result<UnreadableEntries, StoreError> {
    let (mut found, mut from) = (UnreadableEntries::default(), "-".to_owned());
    loop {
        let mut read = redis::cmd("XRANGE");
        read.arg(key).arg(&from).arg("+").arg("COUNT").arg(AT_ONCE);
        let page: Vec<(String, Vec<Vec<u8>>)> = shard.query(&read).await?;
        for (id, fields) in &page {
            let (epoch, offset) = id.split_once('-').unwrap_or((id, ""));
            let offset: u64 = offset.parse().map_err(|error| unexpected_reply("XRANGE", &error))?;
            from = format!("{epoch}-{}", offset + 1);
            let fields = fields.iter().map(|field| text(key, field).map(str::to_owned)).collect::<Result<_, _>>();
            found.note(offset, fields.and_then(|fields| events_of_entry(id, fields)))?;
        }
        if page.len() < AT_ONCE {
            return Ok(found);
        }
    }
}

/// Reads a list, a few entries at a time: it may be of any length. They are numbered from 1.
async fn entries<T>(
    shard: &Connection,
    key: &str,
    read: impl Fn(&str) -> Result<T, StoreError>,
) -> Result<UnreadableEntries, StoreError> {
    let (mut found, mut number) = (UnreadableEntries::default(), 0);
    loop {
        let last = number + AT_ONCE as u64 - 1;
        // As bytes: one that is no text must not hide the others.
        let page: Vec<Vec<u8>> = shard.query(redis::cmd("LRANGE").arg(key).arg(number).arg(last)).await?;
        for entry in &page {
            number += 1;
            found.note(number, text(key, entry).and_then(&read))?;
        }
        if page.len() < AT_ONCE {
            return Ok(found);
        }
    }
}

fn text<'a>(key: &str, entry: &'a [u8]) -> Result<&'a str, StoreError> {
    std::str::from_utf8(entry).map_err(|error| StoreError::Corrupt { what: key.to_owned(), reason: error.to_string() })
}
