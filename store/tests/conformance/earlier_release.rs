//! Data of an earlier release: it is read, migrated where it must be, and worked on side by side with engines of that release.

use std::sync::Arc;
use std::time::Duration;

use protocol::EventId;
use redis::AsyncCommands as _;
use store::embedded::{EmbeddedStore, Synchronous};
use store::{ClaimedProvider, Enqueued, LogRead, SharedStore, StoreOptions, TurnRange};

use crate::bench::Bench;
use crate::fixture::{
    accept, claim, claim_one, document, enqueue, finish, keyed, log, message, names, new_game, options, run_all,
};
use crate::redis_server::RedisServer;

#[tokio::test]
async fn a_game_that_an_earlier_release_has_made_ready_is_claimed() {
    let Some(server) = RedisServer::start(false).await else { return };
    let bench = Bench::redis(Arc::new(server), "test:");
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let (mut connection, prefix) = bench.owner_of(game).await;
    // That release had one order for all providers, and kept a game's provider in the document only.
    connection
        .rename::<_, _, ()>(format!("{prefix}requests:ready:offline"), format!("{prefix}requests:ready"))
        .await
        .unwrap();
    connection.del::<_, ()>(format!("{prefix}providers")).await.unwrap();
    connection.hdel::<_, _, ()>(format!("{prefix}gamestate:{game}"), "provider").await.unwrap();
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);

    let claimed = claim_one(&store).await;
    assert_eq!(claimed.provider, ClaimedProvider { name: "offline".to_owned(), is_probe: false });
    finish(&store, &claimed, &["the wind turns"]).await;
    assert_eq!(run_all(&store).await, ["the wind turns"]);
}

#[tokio::test]
async fn a_reader_of_chunks_behind_which_an_earlier_release_has_gone_on_is_reset() {
    let Some(server) = RedisServer::start(false).await else { return };
    let bench = Bench::redis(Arc::new(server), "test:");
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;
    store.publish_chunk(&claim.lease, 1, "You").await.unwrap();
    store.publish_chunk(&claim.lease, 2, " see").await.unwrap();
    let seen = store.game(game).await.unwrap().unwrap().cursor;
    // That release appends to the log and knows nothing of the chunks that are kept apart.
    let (mut connection, prefix) = bench.owner_of(game).await;
    let (id, data) = (format!("{}-{}", seen.epoch, seen.offset + 1), r#"{"request_id":null}"#);
    let fields = [("request", ""), ("game.renamed", data)];
    connection.xadd::<_, _, _, _, ()>(format!("{prefix}game-events:{game}"), id, &fields).await.unwrap();
    connection.hincr::<_, _, _, ()>(format!("{prefix}gamestate:{game}"), "offset", 1).await.unwrap();

    let next = EventId { offset: 2, ..seen };
    assert!(matches!(store.read_log(game, Some(next), 100).await.unwrap(), LogRead::Reset { .. }));
    store.publish_chunk(&claim.lease, 3, " a door").await.unwrap();
    finish(&store, &claim, &[]).await;
    assert!(matches!(store.read_log(game, Some(next), 100).await.unwrap(), LogRead::Reset { .. }));
    let LogRead::Events(behind) = store.read_log(game, Some(EventId { offset: 5, ..seen }), 100).await.unwrap() else {
        panic!("what follows the gap cannot be read")
    };
    assert_eq!(names(&behind), ["chat.chunk", "game.state_updated", "request.completed"]);
}

#[tokio::test]
async fn readers_of_a_log_that_goes_under_a_turn_that_an_earlier_release_has_queued_are_reset() {
    let Some(server) = RedisServer::start(false).await else { return };
    let bench = Bench::redis(Arc::new(server), "test:");
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    run_all(&store).await;
    let end = store.game(game).await.unwrap().unwrap().cursor;
    enqueue(&store, game, "second").await;
    let claim = claim_one(&store).await;
    store.publish_chunk(&claim.lease, 1, "You").await.unwrap();
    // That release does not keep the log again with the message, so its time ends now.
    let (mut connection, prefix) = bench.owner_of(game).await;
    connection.del::<_, ()>(format!("{prefix}game-events:{game}")).await.unwrap();

    assert!(matches!(store.read_log(game, Some(end), 100).await.unwrap(), LogRead::Reset { .. }));
    let processing = EventId { offset: end.offset + 2, ..end };
    store.publish_chunk(&claim.lease, 2, " see").await.unwrap();
    let LogRead::Events(chunks) = store.read_log(game, Some(processing), 100).await.unwrap() else {
        panic!("who has seen all but the chunks gets them");
    };
    assert_eq!(names(&chunks), ["chat.chunk", "chat.chunk"]);
    finish(&store, &claim, &[]).await;
    assert!(matches!(store.read_log(game, Some(end), 100).await.unwrap(), LogRead::Reset { .. }));
    assert_eq!(names(&log(&store, game).await), ["chat.chunk", "game.state_updated", "request.completed"]);
    assert!(bench.is_to_go(game).await);
}

#[tokio::test]
async fn a_key_of_an_earlier_release_counts_for_the_game_of_its_request() {
    let Some(server) = RedisServer::start(false).await else { return };
    let bench = Bench::redis(Arc::new(server), "test:");
    let store = bench.store().await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    let first = accept(&store, &message(game, "look"), &keyed("1", "look")).await;
    let (mut connection, prefix) = bench.owner_of(game).await;
    let (now, earlier) = (format!("{prefix}idempotency-key:{game}:1"), format!("{prefix}idempotency-key:1"));
    connection.rename::<_, _, ()>(now, &earlier).await.unwrap();

    assert_eq!(accept(&store, &message(game, "look"), &keyed("1", "look")).await.id, first.id);
    let answer = store.enqueue(&message(game, "listen"), &keyed("1", "listen")).await.unwrap();
    assert_eq!(answer, Enqueued::KeyReused);
    assert_ne!(accept(&store, &message(other, "listen"), &keyed("1", "listen")).await.id, first.id);
    finish(&store, &claim(&store, 1).await.remove(0), &[]).await;
    assert!(connection.pttl::<_, i64>(&earlier).await.unwrap() > 0, "it expires with its request");
}

#[tokio::test]
async fn turns_that_an_earlier_release_has_committed_end_the_way_back() {
    let Some(server) = RedisServer::start(false).await else { return };
    let bench = Bench::redis(Arc::new(server), "test:");
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "recorded").await;
    run_all(&store).await;
    let (mut connection, prefix) = bench.owner_of(game).await;
    // That release makes the next version and keeps no record of it.
    connection.hincr::<_, _, _, ()>(format!("{prefix}gamestate:{game}"), "version", 1).await.unwrap();

    let page = store.turns(game, TurnRange::From(0), 9).await.unwrap();
    assert_eq!((page.turns, page.first_kept), (Vec::new(), None));
    enqueue(&store, game, "recorded again").await;
    run_all(&store).await;
    let page = store.turns(game, TurnRange::From(0), 9).await.unwrap();
    assert_eq!((page.turns.len(), page.first_kept), (1, Some(2)));
}

const LAYOUTS: [&str; 4] = [
    include_str!("layouts/embedded-2.sql"),
    include_str!("layouts/embedded-3.sql"),
    include_str!("layouts/embedded-4.sql"),
    include_str!("layouts/embedded-5.sql"),
];

/// A directory with a database of an earlier layout.
fn written_by(layout: &str) -> tempfile::TempDir {
    let directory = tempfile::TempDir::new().unwrap();
    let database = rusqlite::Connection::open(directory.path().join("story-engine.db")).unwrap();
    let document = serde_json::to_string(&document()).unwrap().replace('\'', "''");
    database.execute_batch(&layout.replace("{{document}}", &document)).unwrap();
    directory
}

#[tokio::test]
async fn everything_of_a_game_is_there_after_the_migration_to_numbered_rows() {
    let directory = written_by(LAYOUTS[2]);
    // The statuses of what has ended are kept for an hour, and the file is older.
    let database = rusqlite::Connection::open(directory.path().join("story-engine.db")).unwrap();
    database.execute("UPDATE requests SET expires_at = expires_at * 2 WHERE expires_at IS NOT NULL", []).unwrap();
    drop(database);
    let bench = Bench::Embedded { directory };
    // For the same reason the log is kept for as long as anybody runs this test: it would go with the first message.
    let events_ttl = Duration::from_hours(24 * 365 * 100);
    let store = bench.store_with(StoreOptions { events_ttl, ..options() }).await;
    let game = "01a21f74-addb-775b-a2b5-ca5a4d0edce3".parse().unwrap();

    let history = store.history(game, 100).await.unwrap();
    assert_eq!((history.len(), history[1].content.as_str()), (5, "Ada Finch: I look around."));
    let page = store.turns(game, TurnRange::From(0), 9).await.unwrap();
    let turns: Vec<_> = page.turns.iter().map(|turn| (turn.record.turn, turn.messages_before)).collect();
    assert_eq!((turns, page.first_kept), (vec![(1, 1), (2, 3)], Some(1)));
    let events = log(&store, game).await;
    assert_eq!((events.len(), events[0].id.offset, events[9].id.offset), (10, 1, 107));
    let middle = EventId { offset: 30, ..events[0].id };
    let LogRead::Events(rest) = store.read_log(game, Some(middle), 100).await.unwrap() else { panic!("a reset") };
    assert_eq!((rest.len(), &rest[1..]), (8, &events[3..]));
    let request = events[9].request.unwrap();
    assert_eq!(crate::fixture::request(&store, request).await.result.unwrap().turn, 2);
    assert!(bench.is_to_go(game).await, "it rests");
    // A game that comes now gets rows of its own.
    let other = new_game(&store).await;
    enqueue(&store, other, "look").await;
    run_all(&store).await;
    assert_eq!((log(&store, game).await.len(), store.history(game, 100).await.unwrap().len()), (10, 5));
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

#[tokio::test]
async fn a_database_is_copied_before_it_is_migrated() {
    let directory = written_by(LAYOUTS[2]);
    let open = || EmbeddedStore::open(directory.path(), Synchronous::Normal, options()).unwrap();
    drop(open());
    let copy = directory.path().join("story-engine-layout-4.db");
    let kept = rusqlite::Connection::open(&copy).unwrap();
    let sql = "SELECT count(*) FROM events WHERE game_id = '01a21f74-addb-775b-a2b5-ca5a4d0edce3'";
    assert_eq!(kept.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 10);

    let before = std::fs::metadata(&copy).unwrap().modified().unwrap();
    drop(open());
    assert_eq!(std::fs::metadata(&copy).unwrap().modified().unwrap(), before, "once is enough");
    assert!(!directory.path().join("copying.db").exists());
}

#[tokio::test]
async fn a_database_of_each_earlier_layout_is_migrated_when_it_is_opened() {
    for layout in LAYOUTS {
        let directory = written_by(layout);
        let database = rusqlite::Connection::open(directory.path().join("story-engine.db")).unwrap();
        database.execute("UPDATE requests SET type = 'story_event' WHERE status = 'queued'", []).unwrap();
        // Layout 4 counts them; the type of a request does not change by itself.
        let _ = database.execute("UPDATE story_event_depth SET queued = 1", []);
        drop(database);

        let open = || EmbeddedStore::open(directory.path(), Synchronous::Normal, options()).unwrap();
        let store: SharedStore = Arc::new(open());
        assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
        drop(store);
        let store: SharedStore = Arc::new(open());
        assert_eq!(store.queue().await.unwrap().story_events, 1);
        let claimed = claim_one(&store).await;
        assert_eq!((claimed.request.message.as_str(), claimed.provider.name.as_str()), ("look", "offline"));
        assert_eq!(store.queue().await.unwrap().story_events, 0);
        finish(&store, &claimed, &[]).await;
        assert_eq!(store.turns(claimed.lease.game, TurnRange::From(0), 9).await.unwrap().turns.len(), 1);
    }
}
