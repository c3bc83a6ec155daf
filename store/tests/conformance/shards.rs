//! What is different with several shards: each has an order of its own, and none has to wait for the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use protocol::GameId;
use store::redis::RedisStore;
use store::{GameContents, GamesCursor, GamesOf, ListedGame, SharedStore, StoreError, Terms};

use crate::bench::{self, Bench, SHARDS};
use crate::fixture::{accept, claim, document, failure, finish, message, options, requests};
use crate::redis_server::RedisServer;

/// A new game in a shard.
async fn game_in(store: &SharedStore, shard: usize) -> GameId {
    let game = std::iter::repeat_with(GameId::new).find(|game| game.shard(SHARDS) == shard).unwrap();
    store.create_game(game, &GameContents::new(document(), Vec::new())).await.unwrap();
    game
}

async fn on_cluster<F: Future<Output = ()>>(test: impl FnOnce(Bench, SharedStore) -> F) {
    bench::on_cluster(async |bench| {
        let store = bench.store().await;
        test(bench, store).await;
    })
    .await;
}

#[tokio::test]
async fn every_shard_is_served() {
    on_cluster(async |_, store| {
        let mut sent = BTreeSet::new();
        for shard in 0..SHARDS {
            for _ in 0..2 {
                let game = game_in(&store, shard).await;
                sent.insert(accept(&store, &message(game, "look"), &Terms::default()).await.id);
            }
        }
        assert_eq!(store.queue().await.unwrap().depth, sent.len() as u64);

        let mut claimed = claim(&store, 2).await;
        assert_eq!(claimed.len(), 2);
        claimed.extend(claim(&store, 100).await);

        assert_eq!(requests(&claimed).into_iter().collect::<BTreeSet<_>>(), sent);
        assert_eq!(store.queue().await.unwrap().active, sent.len() as u64);
        assert_eq!(store.lanes(100).await.unwrap().lanes.len(), sent.len());
        let leases: Vec<_> = claimed.iter().map(|claim| claim.lease.clone()).collect();
        assert!(store.heartbeat(&leases).await.unwrap().into_iter().all(|held| held));
        for claim in &claimed {
            finish(&store, claim, &[]).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_shard_with_much_work_does_not_keep_the_others_waiting() {
    on_cluster(async |_, store| {
        for _ in 0..20 {
            let game = game_in(&store, 0).await;
            accept(&store, &message(game, "busy"), &Terms::default()).await;
        }
        let quiet = game_in(&store, 1).await;
        let waiting = accept(&store, &message(quiet, "quiet"), &Terms::default()).await.id;

        let mut turns = Vec::new();
        for _ in 0..SHARDS {
            turns.extend(requests(&claim(&store, 1).await));
        }

        assert!(turns.contains(&waiting), "it was not among the first {SHARDS} claims");
    })
    .await;
}

#[tokio::test]
async fn lists_join_what_the_shards_hold() {
    on_cluster(async |_, store| {
        let mut games = Vec::new();
        let mut letters = BTreeSet::new();
        for shard in 0..SHARDS {
            let game = game_in(&store, shard).await;
            games.insert(0, game);
            letters.insert(accept(&store, &message(game, "look"), &Terms::default()).await.id);
            let failed = claim(&store, 1).await.remove(0);
            store.fail(&failed.lease, &failure()).await.unwrap();
        }

        let listed: Vec<_> =
            store.games(&GamesOf::Everybody, None, 10).await.unwrap().iter().map(ListedGame::id).collect();
        assert_eq!(listed.iter().collect::<BTreeSet<_>>(), games.iter().collect::<BTreeSet<_>>());
        let first = store.game(listed[0]).await.unwrap().unwrap();
        let after = Some(GamesCursor { updated_at: first.updated_at, id: first.id });
        let page: Vec<_> =
            store.games(&GamesOf::Everybody, after, 1).await.unwrap().iter().map(ListedGame::id).collect();
        assert_eq!(page, listed[1..2]);
        let found = store.dead_letters(None, 10).await.unwrap().dead_letters;
        assert_eq!(found.iter().map(|letter| letter.request_id).collect::<BTreeSet<_>>(), letters);
        assert_eq!(store.inspect(false).await.unwrap().games, SHARDS as u64);
    })
    .await;
}

#[tokio::test]
async fn another_number_of_shards_is_refused() {
    let Some(server) = RedisServer::start(false).await else { return };
    let connect = async |shards| RedisStore::connect(&server.url(), "p:", shards, options()).await;
    connect(2).await.unwrap();

    let refused = connect(4).await.unwrap_err();

    assert!(matches!(refused, StoreError::Mismatch { .. }), "{refused:?}");
    assert!(refused.to_string().contains("set redis.shards = 2"), "{refused}");
    let again: SharedStore = Arc::new(connect(2).await.unwrap());
    again.ping().await.unwrap();
}
