//! Versions of content in Redis: `content:{id}` (hash) holds the text of one, and how many games are stored as what differs from it.

use std::collections::HashMap;
use std::sync::Arc;

use protocol::GameId;

use super::codec::Fields;
use super::connection::Connection;
use super::unexpected::unwritable;
use super::{RedisStore, StoreError};
use crate::content::{ContentId, ContentVersion, Packed, pack, pack_whole};
use crate::contents::Contents;
use crate::{Game, GameDocument};

/// The next document of a game. One that was read by reference shows that the deployment has the layout for it, also where this process has seen
/// the one before.
pub(super) fn packed(document: &GameDocument) -> Result<Packed, StoreError> {
    pack(document).map_err(|error| unwritable(&error))
}

impl RedisStore {
    /// A game that comes to the deployment, as it is stored there.
    pub(super) fn pack_new(&self, document: &GameDocument) -> Result<Packed, StoreError> {
        let packed = if self.by_reference { self.contents.pack_new(document) } else { pack_whole(document) };
        packed.map_err(|error| unwritable(&error))
    }

    /// A version of content, if the shard has it.
    pub(super) async fn content(
        &self,
        shard: &Connection,
        id: ContentId,
    ) -> Result<Option<Arc<ContentVersion>>, StoreError> {
        version(&self.contents, shard, id).await
    }

    /// A game in its present state.
    pub(super) async fn read_game(&self, shard: &Connection, id: GameId) -> Result<Option<Game>, StoreError> {
        read_game(&self.contents, shard, id).await
    }
}

async fn version(
    contents: &Contents,
    shard: &Connection,
    id: ContentId,
) -> Result<Option<Arc<ContentVersion>>, StoreError> {
    if let Some(known) = contents.find(id) {
        return Ok(Some(known));
    }
    let key = shard.key("content", id);
    let text: Option<String> = shard.query(redis::cmd("HGET").arg(&key).arg("text")).await?;
    text.map(|text| contents.read(id, text)).transpose()
}

/// The same with the versions of content that the caller remembers.
pub(super) async fn read_game(contents: &Contents, shard: &Connection, id: GameId) -> Result<Option<Game>, StoreError> {
    let mut is_again = false;
    loop {
        let key = shard.key("gamestate", id);
        let fields: HashMap<String, String> = shard.query(redis::cmd("HGETALL").arg(&key)).await?;
        let fields = Fields::new(key, fields);
        if fields.is_empty() {
            return Ok(None);
        }
        let content = match fields.content() {
            Some(named) => version(contents, shard, named).await?,
            None => None,
        };
        // Its content goes with the last game that has it: perhaps this game was deleted between the two reads.
        if fields.content().is_none() || content.is_some() || is_again {
            return fields.game(id, content).map(Some);
        }
        is_again = true;
    }
}
