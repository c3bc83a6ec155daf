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
        let fields = shard.query(redis::cmd("HGETALL").arg(shard.key("gamestate", id))).await?;
        match game_of(contents, shard, id, fields).await? {
            Found::WithoutContent(_) if !is_again => is_again = true,
            found => return found.game(id),
        }
    }
}

/// What is read of a game in two steps: its fields, and the content that they name.
pub(super) enum Found {
    Nothing,
    Game(Box<Game>),
    /// Content goes with the last game that has it: perhaps this game was deleted between the two reads.
    WithoutContent(Fields),
}

impl Found {
    /// The game.
    ///
    /// # Errors
    /// Its content is missing.
    pub(super) fn game(self, id: GameId) -> Result<Option<Game>, StoreError> {
        match self {
            Self::Nothing => Ok(None),
            Self::Game(game) => Ok(Some(*game)),
            Self::WithoutContent(fields) => fields.game(id, None).map(Some),
        }
    }
}

/// The game of these fields.
pub(super) async fn game_of(
    contents: &Contents,
    shard: &Connection,
    id: GameId,
    fields: HashMap<String, String>,
) -> Result<Found, StoreError> {
    let fields = Fields::new(shard.key("gamestate", id), fields);
    if fields.is_empty() {
        return Ok(Found::Nothing);
    }
    let content = match fields.content() {
        Some(named) => match version(contents, shard, named).await? {
            None => return Ok(Found::WithoutContent(fields)),
            content => content,
        },
        None => None,
    };
    Ok(Found::Game(Box::new(fields.game(id, content)?)))
}
