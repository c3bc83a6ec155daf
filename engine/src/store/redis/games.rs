//! Games in Redis: `gamestate:{id}` (hash), `game-history:{id}` (list), `games` (zset by time of change).

use std::collections::HashMap;

use async_trait::async_trait;
use protocol::{GameId, StateUpdated};
use story::ChatMessage;

use super::codec::Fields;
use super::connection::Connection;
use super::script::{self, ScriptArgs};
use super::unexpected::{from_json, unexpected_reply};
use super::{RedisStore, StoreError};
use crate::store::{Game, GameDocument, GameWrite, Games};

#[async_trait]
impl Games for RedisStore {
    async fn create_game(
        &self,
        id: GameId,
        document: &GameDocument,
        history: &[ChatMessage],
    ) -> Result<(), StoreError> {
        let mut call = ScriptArgs::new().id(id).json(document)?.arg(&document.provider);
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

    async fn games(&self, skip: usize, limit: usize) -> Result<Vec<Game>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        // Every game of the page is among the first `reach` games of its shard.
        let reach = skip.saturating_add(limit);
        let mut index: Vec<(String, f64, &Connection)> = Vec::new();
        for shard in &self.shards {
            let mut page = redis::cmd("ZREVRANGE");
            page.arg(format!("{}games", shard.prefix())).arg(0).arg(reach - 1).arg("WITHSCORES");
            let found: Vec<(String, f64)> = shard.query(&page).await?;
            index.extend(found.into_iter().map(|(id, changed)| (id, changed, shard)));
        }
        index.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| b.0.cmp(&a.0)));
        let mut games = Vec::with_capacity(limit);
        for (id, _, shard) in index.into_iter().skip(skip).take(limit) {
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

fn outcome(reply: &[String]) -> Result<GameWrite, StoreError> {
    match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["done"] => Ok(GameWrite::Done),
        ["unknown"] => Ok(GameWrite::Unknown),
        ["busy"] => Ok(GameWrite::Busy),
        ["changed", version] => Ok(GameWrite::Changed { version: from_json("a game's version", version)? }),
        _ => Err(unexpected_reply("a write to a game", &reply)),
    }
}
