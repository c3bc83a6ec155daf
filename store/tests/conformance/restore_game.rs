//! One game of a backup comes back into a store that others play on.

use std::path::PathBuf;
use std::sync::Arc;

use protocol::{EventId, GameId, RequestStatus};
use store::embedded::{self, EmbeddedStore, Synchronous};
use store::redis::RedisStore;
use store::redis::backup::{self, BackupFile};
use store::{DeadLetterRetry, GameContents, LogRead, SharedStore, TurnRange};
use tempfile::TempDir;

use crate::contents::begun;
use crate::fixture::{
    accept, claim_one, enqueue, failure, finish, game_id, keyed, log, message, names, options, request, run_all,
};
use crate::redis_server::RedisServer;

/// A store of a backend, and the file of its backup.
struct Place {
    directory: TempDir,
    redis: Option<RedisServer>,
}

impl Place {
    fn file(&self) -> PathBuf {
        self.directory.path().join("copy")
    }

    async fn redis(&self) -> Option<RedisStore> {
        let server = self.redis.as_ref()?;
        Some(RedisStore::connect(&server.url(), "", 2, options()).await.unwrap())
    }

    async fn open(&self) -> SharedStore {
        match self.redis().await {
            Some(store) => Arc::new(store),
            None => Arc::new(EmbeddedStore::open(self.directory.path(), Synchronous::Normal, options()).unwrap()),
        }
    }

    async fn back_up(&self) {
        match self.redis().await {
            Some(store) => drop(backup::backup(&[("default".to_owned(), store)], &self.file()).await.unwrap()),
            None => embedded::backup(self.directory.path(), &self.file()).unwrap(),
        }
    }

    /// Restores a game, and opens the store again, which is in order.
    async fn restore(&self, store: SharedStore, game: GameId, replace: bool) -> (SharedStore, Result<(), String>) {
        drop(store);
        let restored = if let Some(store) = self.redis().await {
            let file = BackupFile::check(&self.file()).unwrap();
            let stores = [("default".to_owned(), store)];
            backup::restore_game(&file, &stores, game, replace).await.map(drop).map_err(|error| error.to_string())
        } else {
            let (directory, how) = (self.directory.path(), Synchronous::Normal);
            embedded::restore_game(&self.file(), directory, how, game, replace)
                .map(drop)
                .map_err(|error| error.to_string())
        };
        let store = self.open().await;
        let found = store.inspect(false).await.unwrap().inconsistencies;
        assert!(found.is_empty(), "{found:?}");
        (store, restored)
    }
}

/// Each backend that there is.
async fn places() -> Vec<Place> {
    let place = |redis| Place { directory: TempDir::new().unwrap(), redis };
    let redis = RedisServer::start(false).await;
    std::iter::once(None).chain(redis.map(Some)).map(place).collect()
}

/// A game with a name that has been played for a turn.
async fn played(store: &SharedStore) -> GameId {
    let game = game_id();
    let contents =
        GameContents { name: Some("Moon".to_owned()), ..GameContents::new(begun("pawned_moon", 3), Vec::new()) };
    store.create_game(game, &contents).await.unwrap();
    enqueue(store, game, "look").await;
    finish(store, &claim_one(store).await, &[]).await;
    game
}

/// What is behind an event, if the log can be followed from there.
async fn behind(store: &SharedStore, game: GameId, event: EventId) -> Option<Vec<EventId>> {
    match store.read_log(game, Some(event), 100).await.unwrap() {
        LogRead::Events(events) => Some(events.iter().map(|event| event.id).collect()),
        LogRead::Reset { .. } => None,
    }
}

#[tokio::test]
async fn a_game_that_is_gone_comes_back_next_to_the_others() {
    for place in places().await {
        let store = place.open().await;
        let (game, other) = (played(&store).await, played(&store).await);
        let (before, events) = (store.game(game).await.unwrap().unwrap(), log(&store, game).await);
        let turns = store.turns(game, TurnRange::From(1), 9).await.unwrap();
        place.back_up().await;
        for of in [game, other] {
            enqueue(&store, of, "later").await;
            finish(&store, &claim_one(&store).await, &[]).await;
        }
        let (late, other_now) = (log(&store, game).await, store.game(other).await.unwrap());
        store.delete_game(game, None).await.unwrap();

        let (store, restored) = place.restore(store, game, false).await;
        restored.unwrap();
        assert_eq!(store.game(game).await.unwrap().unwrap(), before);
        assert_eq!(store.history(game, 9).await.unwrap().len(), 2);
        assert_eq!(store.turns(game, TurnRange::From(1), 9).await.unwrap(), turns);
        assert_eq!(store.game(other).await.unwrap(), other_now);
        let last = events.last().unwrap().id;
        assert_eq!(behind(&store, game, last).await, Some(Vec::new()));
        // What comes now has ids that no event had before, so who knows later events begins again, at whichever of them.
        enqueue(&store, game, "go on").await;
        assert_eq!(run_all(&store).await, ["go on"]);
        let new = behind(&store, game, last).await.unwrap();
        assert!(new[0].offset == last.offset + 1 && new.iter().all(|id| id.epoch > last.epoch), "{new:?}");
        assert_eq!(behind(&store, game, events[0].id).await.unwrap().len(), events.len() - 1 + new.len());
        for event in &late[events.len()..] {
            assert_eq!(behind(&store, game, event.id).await, None, "{}", event.id);
        }
        let (store, again) = place.restore(store, game, false).await;
        assert!(again.unwrap_err().contains("--replace"));
        assert_eq!(store.history(game, 9).await.unwrap().len(), 4);
        let (_, unknown) = place.restore(store, game_id(), false).await;
        assert!(unknown.unwrap_err().contains("has no game"));
    }
}

#[tokio::test]
async fn a_game_that_is_there_is_replaced_as_a_whole_unless_it_is_played() {
    for place in places().await {
        let store = place.open().await;
        let (game, other) = (played(&store).await, played(&store).await);
        let (before, events) = (store.game(game).await.unwrap().unwrap(), log(&store, game).await);
        place.back_up().await;
        store.rename_game(game, None).await.unwrap();
        let waits = enqueue(&store, game, "later").await;
        let (late, version) = (log(&store, game).await.last().unwrap().id, store.game(game).await.unwrap());

        let (store, busy) = place.restore(store, game, true).await;
        assert!(busy.unwrap_err().contains("unfinished requests"));
        assert_eq!(store.game(game).await.unwrap(), version);
        finish(&store, &claim_one(&store).await, &[]).await;
        assert_eq!(request(&store, waits).await.status, RequestStatus::Completed);
        let (mut store, mut gone) = (store, vec![late]);
        for _ in 0..3 {
            let (opened, done) = place.restore(store, game, true).await;
            done.unwrap();
            store = opened;
            assert_eq!(store.game(game).await.unwrap().unwrap(), before);
            assert_eq!(names(&log(&store, game).await), names(&events));
            assert!(store.game(other).await.unwrap().is_some());
            // No id comes again, however often the game begins again at the same place.
            enqueue(&store, game, "on").await;
            assert_eq!(run_all(&store).await, ["on"]);
            for event in &gone {
                assert_eq!(behind(&store, game, *event).await, None, "{event}");
            }
            gone.push(log(&store, game).await.last().unwrap().id);
        }
        // The content that both hold goes with the last of them, which is what `inspect` counts.
        for of in [other, game] {
            store.delete_game(of, None).await.unwrap();
        }
        let (store, done) = place.restore(store, game, false).await;
        done.unwrap();
        assert_eq!(store.game(game).await.unwrap().unwrap(), before);
    }
}

#[tokio::test]
async fn what_waited_waits_again_and_a_dead_letter_can_be_retried() {
    for place in places().await {
        let store = place.open().await;
        let game = played(&store).await;
        let dead = enqueue(&store, game, "dead").await;
        store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
        let waits = accept(&store, &message(game, "waits"), &keyed("k", "waits")).await.id;
        let behind = enqueue(&store, game, "behind").await;
        place.back_up().await;
        // Since then one has failed, the other was cancelled.
        store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
        store.cancel(behind).await.unwrap();
        store.delete_game(game, None).await.unwrap();

        let (store, restored) = place.restore(store, game, false).await;
        restored.unwrap();
        assert_eq!(request(&store, waits).await.status, RequestStatus::Queued);
        let letters = store.dead_letters(None, 9).await.unwrap().dead_letters;
        assert_eq!(letters.iter().map(|letter| letter.request_id).collect::<Vec<_>>(), [dead]);
        let again = accept(&store, &message(game, "waits"), &keyed("k", "waits")).await;
        assert_eq!(again.id, waits, "the key that it came under is kept");
        assert!(matches!(store.retry_dead_letter(dead).await.unwrap(), DeadLetterRetry::Queued(_)));
        assert_eq!(run_all(&store).await, ["waits", "behind", "dead"]);
    }
}
