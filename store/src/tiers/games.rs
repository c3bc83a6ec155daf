//! Games, their events and their capabilities, in the store that has them; keys, in the default one.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{EventId, GameId, KeyId, RequestId};
use story::ChatMessage;

use super::{DEFAULT, TieredStore};
use crate::secret::SecretHash;
use crate::{
    Access, AddOutcome, Changed, Created, Events, Game, GameChange, GameContents, GameWrite, Games, GamesCursor,
    GamesOf, IdempotencyKey, IdleGame, Keys, ListedGame, LogRead, NewCapability, NewKey, Remembered, StoreError,
    StoredCapability, StoredKey, Subject, Subscription, Try, TurnPage, TurnRange,
};

#[async_trait]
impl Games for TieredStore {
    async fn create_game(&self, id: GameId, new: &GameContents) -> Result<Created, StoreError> {
        let at = self.home(new.owner.as_ref().map(|owner| &owner.tenant));
        let created = self.stores[at].get()?.create_game(id, new).await?;
        self.places.remember(Subject::Game(id), at);
        Ok(created)
    }

    async fn game(&self, id: GameId) -> Result<Option<Game>, StoreError> {
        let before = self.places.find(Subject::Game(id));
        if let Some(game) = self.of_game(id).await?.game(id).await? {
            return Ok(Some(game));
        }
        match self.moved(Subject::Game(id), before).await? {
            Some(store) => store.game(id).await,
            None => Ok(None),
        }
    }

    async fn game_with_history(
        &self,
        id: GameId,
        limit: usize,
    ) -> Result<Option<(Game, Vec<ChatMessage>)>, StoreError> {
        let before = self.places.find(Subject::Game(id));
        if let Some(found) = self.of_game(id).await?.game_with_history(id, limit).await? {
            return Ok(Some(found));
        }
        match self.moved(Subject::Game(id), before).await? {
            Some(store) => store.game_with_history(id, limit).await,
            None => Ok(None),
        }
    }

    async fn games(
        &self,
        of: &GamesOf,
        after: Option<GamesCursor>,
        limit: usize,
    ) -> Result<Vec<ListedGame>, StoreError> {
        let ask = |store: &'_ crate::SharedStore| {
            let (store, of) = (store.clone(), of.clone());
            async move { store.games(&of, after, limit).await }
        };
        let pages = match of {
            // A list that leaves some out would be taken for the whole.
            GamesOf::Everybody => self.all(ask).await?,
            // Another store has them only until they have been moved.
            GamesOf::Tenant(tenant) | GamesOf::User(tenant, _) => self.each_but(self.home(Some(tenant)), ask).await?,
        };
        let mut games: Vec<ListedGame> = pages.into_iter().flatten().collect();
        games.sort_by_key(|game| Reverse((game.cursor().updated_at, game.id())));
        // A game that is on its way between two reads is listed once.
        let mut listed = HashSet::new();
        games.retain(|game| listed.insert(game.id()));
        games.truncate(limit);
        Ok(games)
    }

    async fn change_game(&self, change: &GameChange) -> Result<Changed, StoreError> {
        self.of_game(change.game).await?.change_game(change).await
    }

    async fn find_change(&self, id: GameId, key: &IdempotencyKey) -> Result<Option<Changed>, StoreError> {
        self.of_game(id).await?.find_change(id, key).await
    }

    async fn rename_game(&self, id: GameId, name: Option<&str>) -> Result<GameWrite, StoreError> {
        self.of_game(id).await?.rename_game(id, name).await
    }

    async fn turns(&self, id: GameId, range: TurnRange, limit: usize) -> Result<TurnPage, StoreError> {
        self.of_game(id).await?.turns(id, range, limit).await
    }

    async fn tries(&self, id: GameId) -> Result<Vec<Try>, StoreError> {
        self.of_game(id).await?.tries(id).await
    }

    async fn remembered(&self, id: GameId, requests: &[RequestId]) -> Result<Remembered, StoreError> {
        self.of_game(id).await?.remembered(id, requests).await
    }

    async fn delete_game(&self, id: GameId, found: Option<&IdleGame>) -> Result<GameWrite, StoreError> {
        let deleted = self.of_game(id).await?.delete_game(id, found).await?;
        self.places.forget(Subject::Game(id));
        Ok(deleted)
    }

    async fn idle_games(
        &self,
        idle: Duration,
        after: Option<GamesCursor>,
        limit: usize,
    ) -> Result<Vec<IdleGame>, StoreError> {
        let mut games: Vec<IdleGame> =
            self.all(|store| store.idle_games(idle, after, limit)).await?.into_iter().flatten().collect();
        games.sort_by_key(|game| (game.updated_at, game.id));
        games.truncate(limit);
        Ok(games)
    }
}

#[async_trait]
impl Events for TieredStore {
    async fn read_log(&self, game: GameId, after: Option<EventId>, limit: usize) -> Result<LogRead, StoreError> {
        self.of_game(game).await?.read_log(game, after, limit).await
    }

    async fn subscribe(&self, game: GameId) -> Result<Subscription, StoreError> {
        // Looked for anew: a subscription where the game was would stay silent.
        let at = self.look_for(Subject::Game(game)).await?.unwrap_or(DEFAULT);
        self.stores[at].get()?.subscribe(game).await
    }
}

#[async_trait]
impl Keys for TieredStore {
    async fn add_key(&self, key: &NewKey) -> Result<AddOutcome<StoredKey>, StoreError> {
        self.default_store()?.add_key(key).await
    }

    async fn key(&self, id: &KeyId) -> Result<Option<StoredKey>, StoreError> {
        self.default_store()?.key(id).await
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        self.default_store()?.keys().await
    }

    async fn delete_key(&self, id: &KeyId) -> Result<bool, StoreError> {
        self.default_store()?.delete_key(id).await
    }

    async fn access(&self, subject: Subject, capability: Option<&SecretHash>) -> Result<Option<Access>, StoreError> {
        let before = self.places.find(subject);
        if let Some(access) = self.of(subject).await?.access(subject, capability).await? {
            return Ok(Some(access));
        }
        match self.moved(subject, before).await? {
            Some(store) => store.access(subject, capability).await,
            None => Ok(None),
        }
    }

    async fn add_capability(
        &self,
        game: GameId,
        capability: &NewCapability,
    ) -> Result<AddOutcome<StoredCapability>, StoreError> {
        self.of_game(game).await?.add_capability(game, capability).await
    }

    async fn capabilities(&self, game: GameId) -> Result<Vec<StoredCapability>, StoreError> {
        self.of_game(game).await?.capabilities(game).await
    }

    async fn delete_capability(&self, game: GameId, id: &KeyId) -> Result<bool, StoreError> {
        self.of_game(game).await?.delete_capability(game, id).await
    }
}
