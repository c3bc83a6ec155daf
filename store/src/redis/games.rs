//! Games in Redis: `gamestate:{id}` (hash), `game-history:{id}` (list), `games` (zset by time of change).

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use protocol::{Event, GameId, GameRenamed, IfBusy, RequestId, User};
use story::ChatMessage;

use super::codec::{accepted, request_fields, turn_of_entry};
use super::connection::Connection;
use super::contents::{Found, game_of, packed};
use super::providers;
use super::remembered;
use super::staged;
use super::step::{self, StepArgs};
use super::unexpected::{from_json, unexpected_reply};
use super::{RedisStore, StoreError, budgets, charges};
use crate::{
    ChangeDone, Changed, Created, Game, GameChange, GameContents, GameWrite, Games, GamesCursor, GamesOf,
    IdempotencyKey, IdleGame, Keep, Keys as _, Limited, ListedGame, Owner, Remembered, StoredTurn, Subject, Try,
    TurnPage, TurnRange,
};

/// How many messages are read in one call: all other calls of the process wait while an answer is read.
const HISTORY_PAGE: usize = 256;
/// How often a history is read in pages when the game changes meanwhile.
const HISTORY_TRIES: usize = 3;

#[async_trait]
impl Games for RedisStore {
    async fn create_game(&self, id: GameId, new: &GameContents) -> Result<Created, StoreError> {
        let GameContents { document, history, turns, name, owner, charges: limits, before, remembered } = new;
        let (version, offset) = before.map_or((1, 0), |before| (before.version, before.offset));
        let created_at = before.and_then(|before| before.created_at).map(|time| time.as_millisecond().to_string());
        let (tenant, user) = owner
            .as_ref()
            .map_or(("", ""), |Owner { tenant, user }| (tenant.as_str(), user.as_ref().map_or("", User::as_str)));
        let packed = self.pack_new(document)?;
        let head = StepArgs::new()
            .id(id)
            .arg(&packed.text)
            .arg(&document.provider)
            .arg(document.last_turn())
            .arg(name.as_deref().unwrap_or_default())
            .arg(tenant)
            .arg(user)
            .arg(charges::encode(limits)?)
            .arg(version)
            .arg(offset)
            .arg(created_at.unwrap_or_default());
        let lists = staged::lists(self.shard(id), history, turns).await?;
        let mut tail = StepArgs::new();
        tail = if remembered.tries.is_empty() { tail.arg("") } else { tail.json(&remembered.tries)? };
        tail = tail.arg(lists.staged.as_deref().unwrap_or_default()).arg(history.len()).arg(turns.len());
        tail = tail.arg(remembered.changes.len()).arg(remembered.requests.len()).then(&lists.here);
        tail = remembered::write(tail, remembered);
        // Nearly always the content is there already.
        let call = head.clone().arg("").then(&tail);
        let mut reply: Vec<String> = self.shard(id).run(&step::CREATE_GAME, &call).await?;
        if let (Some("content"), Some(content)) = (reply.first().map(String::as_str), &packed.content) {
            let call = head.arg(&content.text).then(&tail);
            reply = self.shard(id).run(&step::CREATE_GAME, &call).await?;
        }
        match reply.first().map(String::as_str) {
            Some("done") => Ok(Created::Done),
            Some("limited") => charges::limited(&reply).map(Created::Limited),
            Some("gone") => Err(staged::gone()),
            _ => Err(unexpected_reply("create_game", &reply)),
        }
    }

    async fn game(&self, id: GameId) -> Result<Option<Game>, StoreError> {
        self.read_game(self.shard(id), id).await
    }

    async fn game_with_history(
        &self,
        id: GameId,
        limit: usize,
    ) -> Result<Option<(Game, Vec<ChatMessage>)>, StoreError> {
        let shard = self.shard(id);
        let mut tries = 0;
        loop {
            tries += 1;
            // A game that changes faster than it is read in pages is read in one call.
            let page = if tries <= HISTORY_TRIES { limit.min(HISTORY_PAGE) } else { limit };
            let call = StepArgs::new().id(id).arg(place(page));
            let (fields, last, length): (HashMap<String, String>, Vec<String>, usize) =
                shard.run(&step::READ_GAME, &call).await?;
            let game = match game_of(&self.contents, shard, id, fields).await? {
                Found::WithoutContent(_) if tries == 1 => continue,
                found => found.game(id)?,
            };
            let Some(game) = game else { return Ok(None) };
            let earlier = length.saturating_sub(limit)..length - last.len();
            if let Some(mut history) = earlier_messages(shard, &game, earlier).await? {
                history.extend(messages(shard, id, &last)?);
                return Ok(Some((game, history)));
            }
        }
    }

    async fn games(
        &self,
        of: &GamesOf,
        after: Option<GamesCursor>,
        limit: usize,
    ) -> Result<Vec<ListedGame>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        // Every game of the page is among the first `limit` games of its shard.
        let mut index: Vec<(String, i64, &Connection)> = Vec::new();
        for shard in &self.shards {
            let key = match of {
                GamesOf::Everybody => format!("{}games", shard.prefix()),
                GamesOf::Tenant(tenant) => format!("{}games:of:{tenant}", shard.prefix()),
                GamesOf::User(tenant, user) => format!("{}games:of:{tenant}:{user}", shard.prefix()),
            };
            let page = page_of(shard, &key, after, limit).await?;
            index.extend(page.into_iter().map(|(id, changed)| (id, changed, shard)));
        }
        index.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| b.0.cmp(&a.0)));
        let mut games = Vec::with_capacity(limit);
        for (id, changed, shard) in index.into_iter().take(limit) {
            let corrupt = |reason: String| StoreError::Corrupt { what: "the index of games".to_owned(), reason };
            let id = id.parse().map_err(|error: protocol::IdError| corrupt(error.to_string()))?;
            let updated_at = Timestamp::from_millisecond(changed).map_err(|error| corrupt(error.to_string()))?;
            let mut found = ListedGame::found(GamesCursor { updated_at, id }, self.read_game(shard, id).await)?;
            if let Some(ListedGame::Unreadable(game)) = &mut found {
                game.owner = self.owner_if_readable(id).await?;
            }
            games.extend(found);
        }
        Ok(games)
    }

    async fn change_game(&self, change: &GameChange) -> Result<Changed, StoreError> {
        let if_busy = if change.if_busy == IfBusy::Interrupt { "interrupt" } else { "reject" };
        let mut call = StepArgs::new()
            .id(change.game)
            .arg(change.expected)
            .arg(if_busy)
            .arg(&change.key.key)
            .arg(&change.key.fingerprint)
            .arg(self.options.limits.queued)
            .arg(change.document.last_turn())
            .arg(change.tries.as_deref().unwrap_or_default())
            .arg(providers::policies(&self.options, self.shards.len())?)
            .arg(&packed(&change.document)?.text)
            .arg(&change.document.provider)
            .arg(change.event.name().as_str())
            .arg(change.event.data());
        for kept in [change.history.kept, change.turns.kept] {
            let (kind, count) = match kept {
                Keep::All => ("all", 0),
                Keep::First(count) => ("first", count),
                Keep::ButLast(count) => ("but_last", count),
            };
            call = call.arg(kind).arg(count);
        }
        call = match &change.request {
            Some(request) => call.id(request.id).json(&request.queued_event())?,
            None => call.arg("").arg(""),
        };
        call = call.arg(change.history.appended.len()).arg(change.turns.appended.len());
        let budgets = change.request.as_ref().map_or(&[][..], |request| &request.budgets);
        call =
            call.arg(charges::encode(&change.charges)?).arg(self.options.turns.changes).arg(budgets::encode(budgets)?);
        for message in &change.history.appended {
            call = call.json(message)?;
        }
        for turn in &change.turns.appended {
            call = call.turn(turn)?;
        }
        if let Some(request) = &change.request {
            call = call.arg(&request_fields(request)?);
        }
        changed(&self.shard(change.game).run::<Vec<String>>(&step::CHANGE_GAME, &call).await?)
    }

    async fn find_change(&self, id: GameId, key: &IdempotencyKey) -> Result<Option<Changed>, StoreError> {
        let call = StepArgs::new().id(id).arg(&key.key).arg(&key.fingerprint);
        let reply: Vec<String> = self.shard(id).run(&step::FIND_CHANGE, &call).await?;
        Ok(Some(changed(&reply)?).filter(|found| *found != Changed::Unknown))
    }

    async fn rename_game(&self, id: GameId, name: Option<&str>) -> Result<GameWrite, StoreError> {
        let event = Event::from(GameRenamed { request_id: None, game_id: id, name: name.map(str::to_owned) });
        let call = StepArgs::new().id(id).arg(name.unwrap_or_default()).arg(event.data());
        outcome(&self.shard(id).run::<Vec<String>>(&step::RENAME_GAME, &call).await?)
    }

    async fn turns(&self, id: GameId, range: TurnRange, limit: usize) -> Result<TurnPage, StoreError> {
        let (direction, at) = match range {
            TurnRange::From(turn) => ("from", Some(turn)),
            TurnRange::Before(turn) => ("before", turn),
        };
        let at = at.map_or_else(String::new, |turn| turn.to_string());
        let call = StepArgs::new().id(id).arg(direction).arg(at).arg(limit);
        let mut reply = self.shard(id).run::<Vec<String>>(&step::READ_TURNS, &call).await?.into_iter();
        let first_kept = reply.next().and_then(|first| first.parse().ok());
        let turns: Vec<StoredTurn> = reply.map(|entry| turn_of_entry(id, &entry)).collect::<Result<_, _>>()?;
        Ok(TurnPage { turns, first_kept })
    }

    async fn tries(&self, id: GameId) -> Result<Vec<Try>, StoreError> {
        let shard = self.shard(id);
        let key = shard.key("game-tries", id);
        let tries: Option<String> = shard.query(redis::cmd("GET").arg(&key)).await?;
        tries.map_or(Ok(Vec::new()), |text| from_json(&key, &text))
    }

    async fn remembered(&self, id: GameId, requests: &[RequestId]) -> Result<Remembered, StoreError> {
        remembered::read(self.shard(id), id, requests).await
    }

    async fn delete_game(&self, id: GameId, found: Option<&IdleGame>) -> Result<GameWrite, StoreError> {
        let (version, changed) = found.map_or_else(Default::default, |found| {
            (found.version.to_string(), found.updated_at.as_millisecond().to_string())
        });
        let call = StepArgs::new().id(id).arg(version).arg(changed);
        outcome(&self.shard(id).run::<Vec<String>>(&step::DELETE_GAME, &call).await?)
    }

    async fn idle_games(
        &self,
        idle: Duration,
        after: Option<GamesCursor>,
        limit: usize,
    ) -> Result<Vec<IdleGame>, StoreError> {
        let (changed, last) = after.map_or_else(Default::default, |after| {
            (after.updated_at.as_millisecond().to_string(), after.id.to_string())
        });
        let call = StepArgs::new().arg(idle.as_millis()).arg(changed).arg(last).arg(limit);
        let mut games = Vec::new();
        for shard in &self.shards {
            let reply: Vec<String> = shard.run(&step::IDLE_GAMES, &call).await?;
            for entry in reply.chunks_exact(4) {
                games.push(idle_game(entry).ok_or_else(|| unexpected_reply("idle_games", &entry))?);
            }
        }
        games.sort_by_key(|game| (game.updated_at, game.id.to_string()));
        games.truncate(limit);
        Ok(games)
    }
}

impl RedisStore {
    /// Whose a game is of which something cannot be read: perhaps that too.
    async fn owner_if_readable(&self, game: GameId) -> Result<Option<Owner>, StoreError> {
        match self.access(Subject::Game(game), None).await {
            Ok(access) => Ok(access.and_then(|access| access.owner)),
            Err(StoreError::Corrupt { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The first `limit` games of an index from a place on, each with the time (ms) of its change.
async fn page_of(
    shard: &Connection,
    key: &str,
    after: Option<GamesCursor>,
    limit: usize,
) -> Result<Vec<(String, i64)>, StoreError> {
    let (changed, last) =
        after.map_or((i64::MAX, String::new()), |after| (after.updated_at.as_millisecond(), after.id.to_string()));
    let newest = if after.is_some() { changed.to_string() } else { "+inf".to_owned() };
    let (mut page, mut read) = (Vec::with_capacity(limit), 0);
    loop {
        let mut command = redis::cmd("ZREVRANGEBYSCORE");
        command.arg(key).arg(&newest).arg("-inf").arg("WITHSCORES").arg("LIMIT").arg(read).arg(limit);
        let found: Vec<(String, i64)> = shard.query(&command).await?;
        read += found.len();
        let is_last = found.len() < limit;
        // Of the games that were changed in the same millisecond, those up to the last one of the page before come first.
        page.extend(found.into_iter().filter(|(id, score)| *score < changed || *id < last));
        if is_last || page.len() >= limit {
            page.truncate(limit);
            return Ok(page);
        }
    }
}

fn idle_game(entry: &[String]) -> Option<IdleGame> {
    let [id, version, changed, idle] = entry else { return None };
    Some(IdleGame {
        id: id.parse().ok()?,
        // One that cannot be read is that of no game: a step that asks for it changes nothing.
        version: version.parse().unwrap_or_default(),
        updated_at: Timestamp::from_millisecond(changed.parse().ok()?).ok()?,
        idle: Duration::from_millis(idle.parse().ok()?),
    })
}

fn changed(reply: &[String]) -> Result<Changed, StoreError> {
    let wrong = || unexpected_reply("a change of a game", &reply);
    Ok(match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["done", version, turn, cursor, ref rest @ ..] => Changed::Done(ChangeDone {
            version: version.parse().map_err(|_| wrong())?,
            turn: turn.parse().map_err(|_| wrong())?,
            cursor: cursor.parse().map_err(|_| wrong())?,
            request: if rest.is_empty() { None } else { Some(accepted(&reply[4..])?) },
        }),
        ["unknown"] => Changed::Unknown,
        ["busy"] => Changed::Busy,
        ["changed", version] => Changed::Version(version.parse().map_err(|_| wrong())?),
        ["reused"] => Changed::KeyReused,
        ["queue_full"] => Changed::QueueFull,
        ["limited", ..] => Changed::Limited(charges::limited(reply)?),
        ["used_up", ..] => Changed::Limited(Limited::Budget(budgets::used_up(reply)?)),
        _ => return Err(wrong()),
    })
}

fn outcome(reply: &[String]) -> Result<GameWrite, StoreError> {
    match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["done"] => Ok(GameWrite::Done),
        ["unknown"] => Ok(GameWrite::Unknown),
        ["changed"] => Ok(GameWrite::Changed),
        ["busy"] => Ok(GameWrite::Busy),
        _ => Err(unexpected_reply("a write to a game", &reply)),
    }
}

/// Reads a part of a game's history in pages, or nothing if the game has changed.
async fn earlier_messages(
    shard: &Connection,
    game: &Game,
    part: Range<usize>,
) -> Result<Option<Vec<ChatMessage>>, StoreError> {
    if part.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let mut history = Vec::with_capacity(part.len());
    let mut from = part.start;
    while from < part.end {
        let to = (from + HISTORY_PAGE).min(part.end);
        let mut read = redis::cmd("LRANGE");
        read.arg(shard.key("game-history", game.id)).arg(from).arg(to - 1);
        history.extend(messages(shard, game.id, &shard.query::<Vec<String>>(&read).await?)?);
        from = to;
    }
    let mut read = redis::cmd("HGET");
    let version = shard.query::<Option<u64>>(read.arg(shard.key("gamestate", game.id)).arg("version")).await?;
    Ok((version == Some(game.version)).then_some(history))
}

fn messages(shard: &Connection, id: GameId, texts: &[String]) -> Result<Vec<ChatMessage>, StoreError> {
    let key = shard.key("game-history", id);
    texts.iter().map(|text| from_json(&key, text)).collect()
}

/// A number of messages as Redis counts them.
fn place(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
