//! Games in Redis: `gamestate:{id}` (hash), `game-history:{id}` (list), `games` (zset by time of change).

use std::collections::HashMap;

use async_trait::async_trait;
use protocol::{GameId, StateUpdated, User};
use story::ChatMessage;

use super::codec::Fields;
use super::connection::Connection;
use super::script::{self, ScriptArgs};
use super::unexpected::{from_json, unexpected_reply};
use super::{RedisStore, StoreError};
use crate::store::{Founding, Game, GameDocument, GameWrite, Games, GamesCursor, GamesOf, Owner};

#[async_trait]
impl Games for RedisStore {
    async fn create_game(
        &self,
        id: GameId,
        document: &GameDocument,
        history: &[ChatMessage],
        founding: &Founding,
    ) -> Result<(), StoreError> {
        let (tenant, user) = founding
            .owner
            .as_ref()
            .map_or(("", ""), |Owner { tenant, user }| (tenant.as_str(), user.as_ref().map_or("", User::as_str)));
        let mut call = ScriptArgs::new().id(id).json(document)?.arg(&document.provider).arg(tenant).arg(user);
        for message in history {
            call = call.json(message)?;
        }
        self.shard(id).run(&script::CREATE_GAME, &call).await
    }

    async fn game(&self, id: GameId) -> Result<Option<Game>, StoreError> {
        let shard = self.shard(id);
        let key = shard.key("gamestate", id);
        let fields = shard.query(redis::cmd("HGETALL").arg(&key)).await?;
        let fields = Fields::new(key, fields);
        if fields.is_empty() { Ok(None) } else { fields.game(id).map(Some) }
    }

    async fn history(&self, id: GameId, limit: usize) -> Result<Vec<ChatMessage>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let shard = self.shard(id);
        let key = shard.key("game-history", id);
        let from = -i64::try_from(limit).unwrap_or(i64::MAX);
        let messages: Vec<String> = shard.query(redis::cmd("LRANGE").arg(&key).arg(from).arg(-1)).await?;
        messages.iter().map(|text| from_json(&key, text)).collect()
    }

    async fn games(&self, of: &GamesOf, after: Option<GamesCursor>, limit: usize) -> Result<Vec<Game>, StoreError> {
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
        for (id, _, shard) in index.into_iter().take(limit) {
            let key = shard.key("gamestate", &id);
            let fields: HashMap<String, String> = shard.query(redis::cmd("HGETALL").arg(&key)).await?;
            let fields = Fields::new(key, fields);
            // A game that was deleted between the two reads is not listed.
            if !fields.is_empty() {
                let id = id.parse().map_err(|error: protocol::IdError| StoreError::Corrupt {
                    what: "the index of games".to_owned(),
                    reason: error.to_string(),
                })?;
                games.push(fields.game(id)?);
            }
        }
        Ok(games)
    }

    async fn replace_game(
        &self,
        id: GameId,
        expected: u64,
        document: &GameDocument,
        history: Option<&[ChatMessage]>,
        state_updated: &StateUpdated,
    ) -> Result<GameWrite, StoreError> {
        let mut call = ScriptArgs::new()
            .id(id)
            .arg(expected)
            .json(document)?
            .arg(&document.provider)
            .json(state_updated)?
            .arg(u8::from(history.is_some()));
        for message in history.unwrap_or_default() {
            call = call.json(message)?;
        }
        outcome(&self.shard(id).run::<Vec<String>>(&script::REPLACE_GAME, &call).await?)
    }

    async fn delete_game(&self, id: GameId) -> Result<GameWrite, StoreError> {
        outcome(&self.shard(id).run::<Vec<String>>(&script::DELETE_GAME, &ScriptArgs::new().id(id)).await?)
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

fn outcome(reply: &[String]) -> Result<GameWrite, StoreError> {
    match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["done"] => Ok(GameWrite::Done),
        ["unknown"] => Ok(GameWrite::Unknown),
        ["busy"] => Ok(GameWrite::Busy),
        ["changed", version] => Ok(GameWrite::Changed { version: from_json("a game's version", version)? }),
        _ => Err(unexpected_reply("a write to a game", &reply)),
    }
}
