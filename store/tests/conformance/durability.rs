//! What only one backend has: a file that is opened again, a server that restarts, a store shared by processes.

use std::sync::Arc;

use futures::StreamExt;
use protocol::{Attempt, EventId, GameId};
use redis::aio::PubSub;
use store::embedded::{EmbeddedStore, OpenError, Synchronous};
use store::redis::RedisStore;
use store::{Live, LogRead, Outage, SharedStore, Store as _, StoreError, Terms};
use tokio::time::{Duration, timeout};

use crate::bench::Bench;
use crate::fixture::{
    TIMEOUT, claim_one, completion, document, enqueue, finish, latest, log, message, new_game, options, replace,
    request, run_all, state_updated, worker,
};
use crate::redis_server::RedisServer;

#[tokio::test]
async fn a_second_process_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let _first = EmbeddedStore::open(directory.path(), Synchronous::Normal, options()).unwrap();

    let refused = EmbeddedStore::open(directory.path(), Synchronous::Normal, options()).unwrap_err();

    assert!(matches!(refused, OpenError::InUse { .. }), "{refused:?}");
    let text = refused.to_string();
    assert!(text.contains(&std::process::id().to_string()), "{text}");
    assert!(text.contains(&directory.path().display().to_string()), "{text}");
}

#[tokio::test]
async fn a_file_that_is_opened_again_holds_everything() {
    let bench = Bench::embedded();
    let store = bench.store().await;
    let game = new_game(&store).await;
    let done = enqueue(&store, game, "first").await;
    finish(&store, &claim_one(&store).await, &["a story event"]).await;
    let queued = enqueue(&store, game, "second").await;
    let (state, events) = (store.game(game).await.unwrap(), log(&store, game).await);
    let (first, second) = (request(&store, done).await, request(&store, queued).await);
    drop(store);

    let store = bench.store().await;

    assert_eq!(store.game(game).await.unwrap(), state);
    assert_eq!(log(&store, game).await, events);
    assert_eq!((request(&store, done).await, request(&store, queued).await), (first, second));
    // The log goes on in the same epoch: the machine has not restarted, so nothing can have been lost.
    let third = enqueue(&store, game, "third").await;
    assert_eq!(request(&store, third).await.cursor, events.last().unwrap().id);
    assert_eq!(run_all(&store).await, ["a story event", "second", "third"]);
}

#[tokio::test]
async fn what_the_last_process_held_is_taken_over_at_once() {
    let bench = Bench::embedded();
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let held = claim_one(&store).await;
    store.checkpoint_narration(&held.lease, 1, "A door.", &completion("A door.")).await.unwrap();
    drop(store);

    let store = bench.store().await;

    let again = claim_one(&store).await;
    assert_eq!(again.lease.attempt, Attempt(2));
    assert_eq!(again.request.checkpoints.narration, Some(completion("A door.")));
}

#[tokio::test]
async fn a_store_in_memory_needs_no_directory() {
    let store: SharedStore = Arc::new(EmbeddedStore::in_memory(options()).unwrap());
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    assert_eq!(run_all(&store).await, ["look"]);
}

async fn connect(server: &RedisServer, prefix: &str) -> SharedStore {
    Arc::new(RedisStore::connect(&server.url(), prefix, 1, options()).await.unwrap())
}

#[tokio::test]
async fn a_restarted_server_goes_on_where_it_was_under_a_new_epoch() {
    let Some(mut server) = RedisServer::start(true).await else { return };
    let store = connect(&server, "").await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    let held = claim_one(&store).await;
    let (before, mut subscription) = (log(&store, game).await, store.subscribe(game).await.unwrap());

    server.restart().await;

    // The lease still holds, and so the turn is committed.
    finish(&store, &held, &[]).await;
    let after = log(&store, game).await;
    assert_eq!(after[..2], before);
    let offsets: Vec<u64> = after.iter().map(|event| event.id.offset).collect();
    assert_eq!(offsets, [1, 2, 3, 4]);
    assert!(after[2].id.epoch > after[1].id.epoch, "{} follows {}", after[2].id, after[1].id);
    assert_eq!(after[3].id.epoch, after[2].id.epoch);
    // An id of the old epoch that is still in the log can be followed; one that never was cannot.
    let read = store.read_log(game, Some(before[1].id), 10).await.unwrap();
    assert_eq!(read, LogRead::Events(after[2..].to_vec()));
    let lost = EventId { offset: 3, ..before[1].id };
    assert!(matches!(store.read_log(game, Some(lost), 10).await.unwrap(), LogRead::Reset { .. }));
    // Subscribers of the game must read the log.
    let live = timeout(TIMEOUT, subscription.next()).await.unwrap();
    assert!(matches!(live, Live::Resync), "{live:?}");
    enqueue(&store, game, "second").await;
    assert_eq!(run_all(&store).await, ["second"]);
}

/// Under another epoch a reader at the end of a log that has gone is not reset, and one before it is.
async fn wakes_up_after(store: &SharedStore, game: GameId, end: EventId) {
    let woken = enqueue(store, game, "wake up").await;
    assert_eq!(self::request(store, woken).await.cursor, end);
    let LogRead::Events(events) = store.read_log(game, Some(end), 10).await.unwrap() else {
        panic!("who was at the end of the log has missed nothing");
    };
    assert_eq!((events.len(), events[0].id.offset), (1, end.offset + 1));
    assert!(events[0].id.epoch > end.epoch, "{} follows {end}", events[0].id);
    let earlier = EventId { offset: end.offset - 1, ..end };
    assert!(matches!(store.read_log(game, Some(earlier), 10).await.unwrap(), LogRead::Reset { .. }));
    // An event that was lost, of this number.
    let lost = EventId { epoch: end.epoch - 1, ..end };
    assert!(matches!(store.read_log(game, Some(lost), 10).await.unwrap(), LogRead::Reset { .. }));
    assert_eq!(run_all(store).await, ["wake up"]);
}

#[tokio::test]
async fn a_game_that_has_rested_wakes_up_after_a_restart_of_the_server() {
    let Some(mut server) = RedisServer::start(true).await else { return };
    let store = connect(&server, "").await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    run_all(&store).await;
    let end = store.game(game).await.unwrap().unwrap().cursor;
    redis::cmd("DEL").arg(format!("game-events:{game}")).exec_async(&mut server.connect().await).await.unwrap();

    server.restart().await;

    wakes_up_after(&store, game, end).await;
}

#[tokio::test]
async fn a_game_that_has_rested_wakes_up_after_a_restart_of_the_machine() {
    let bench = Bench::embedded();
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    run_all(&store).await;
    let end = store.game(game).await.unwrap().unwrap().cursor;
    drop(store);
    assert!(bench.end_rest(game).await);
    bench.execute("UPDATE meta SET value = 'another' WHERE name = 'boot'");

    wakes_up_after(&bench.store().await, game, end).await;
}

#[tokio::test]
async fn a_new_connection_to_the_same_server_keeps_the_epoch() {
    let Some(server) = RedisServer::start(false).await else { return };
    let (first, second) = (connect(&server, "").await, connect(&server, "").await);
    let game = new_game(&first).await;

    replace(&first, game, 1, &document(), None, &state_updated(game)).await;
    replace(&second, game, 2, &document(), None, &state_updated(game)).await;

    let log = log(&first, game).await;
    assert_eq!(log[0].id.next(), log[1].id);
}

#[tokio::test]
async fn deployments_with_different_prefixes_share_a_server_and_nothing_else() {
    let Some(server) = RedisServer::start(false).await else { return };
    let (a, b) = (connect(&server, "a:").await, connect(&server, "b:").await);
    let game = new_game(&a).await;
    enqueue(&a, game, "look").await;

    assert_eq!(b.game(game).await.unwrap(), None);
    assert_eq!(run_all(&b).await, Vec::<String>::new());
    assert_eq!(run_all(&a).await, ["look"]);
}

#[tokio::test]
async fn what_an_engine_of_another_layout_keeps_is_left_alone() {
    let Some(server) = RedisServer::start(false).await else { return };
    let mut behind = server.connect().await;
    // The first layout had no hash, only the number of shards.
    redis::cmd("SET").arg("a:shards").arg(1).exec_async(&mut behind).await.unwrap();
    redis::cmd("HSET").arg("b:deployment").arg(&["layout", "9", "shards", "1"]).exec_async(&mut behind).await.unwrap();

    for (prefix, layout) in [("a:", 1), ("b:", 9)] {
        let refused = RedisStore::connect(&server.url(), prefix, 1, options()).await.unwrap_err();
        assert!(matches!(refused, StoreError::Mismatch { .. }), "{refused:?}");
        let words = format!("in layout {layout}, and this engine reads layout");
        assert!(refused.to_string().contains(&words), "{refused}");
    }
    let mut keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut behind).await.unwrap();
    keys.sort();
    assert_eq!(keys, ["a:shards", "b:deployment"]);
}

#[tokio::test]
async fn a_follower_of_a_request_or_of_a_pattern_of_games_gets_what_is_appended() {
    let Some(server) = RedisServer::start(false).await else { return };
    let store = connect(&server, "").await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let client = redis::Client::open(server.url()).unwrap();
    let (mut of_request, mut of_all) =
        (client.get_async_pubsub().await.unwrap(), client.get_async_pubsub().await.unwrap());
    of_request.subscribe(format!("chat-request-events:{id}")).await.unwrap();

    let claim = claim_one(&store).await;
    of_all.psubscribe("game-events:*").await.unwrap();
    finish(&store, &claim, &[]).await;

    assert_eq!(received(&mut of_request).await, ["request.processing"]);
    assert_eq!(received(&mut of_request).await, ["game.state_updated", "request.completed"]);
    assert_eq!(received(&mut of_all).await, ["game.state_updated", "request.completed"]);
}

/// The names of the events of the next message: each is a frame of four lines, the second of them its name. The last frame is the time of
/// the commit. A reader of an earlier release takes it for an event that it knows already, by its id.
async fn received(channel: &mut PubSub) -> Vec<String> {
    let message = timeout(TIMEOUT, channel.on_message().next()).await.unwrap().unwrap();
    let frames: String = message.get_payload().unwrap();
    let lines: Vec<&str> = frames.split('\n').collect();
    let (events, time) = lines.split_at(lines.len() - 4);
    assert_eq!((time[0], time[1], time[2]), (events[events.len() - 4], "at", ""), "{frames}");
    assert!(time[3].parse::<u64>().unwrap() > 1_700_000_000_000, "{frames}");
    events.iter().skip(1).step_by(4).map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn events_reach_subscribers_of_other_processes() {
    let Some(server) = RedisServer::start(false).await else { return };
    let (api, worker) = (connect(&server, "").await, connect(&server, "").await);
    let game = new_game(&api).await;
    let mut subscription = api.subscribe(game).await.unwrap();
    enqueue(&api, game, "look").await;

    finish(&worker, &claim_one(&worker).await, &[]).await;

    let mut last = None;
    while last.as_deref() != Some("request.completed") {
        if let Live::Event(event) = timeout(TIMEOUT, subscription.next()).await.unwrap() {
            last = Some(event.name.clone());
        }
    }
    latest(&api, game, "request.completed").await;
}

#[tokio::test]
async fn a_worker_without_a_free_slot_leaves_the_waking_to_others() {
    let Some(server) = RedisServer::start(false).await else { return };
    let (full, idle) = (connect(&server, "").await, connect(&server, "").await);
    let game = new_game(&full).await;
    // It has waited before, and so blocks for a token already; then its slots fill up.
    while timeout(Duration::from_millis(200), full.wait_for_work()).await.is_ok() {}
    while timeout(Duration::from_millis(200), idle.wait_for_work()).await.is_ok() {}

    for text in ["first", "second", "third"] {
        let woken = async {
            timeout(TIMEOUT, idle.wait_for_work()).await.unwrap();
            run_all(&idle).await
        };
        let request = message(game, text);
        let terms = Terms::default();
        let (_, mut done) = tokio::join!(full.enqueue(&request, &terms), woken);
        // A worker may be woken early.
        while done.is_empty() {
            timeout(TIMEOUT, idle.wait_for_work()).await.unwrap();
            done = run_all(&idle).await;
        }
        assert_eq!(done, [text]);
    }
}

#[tokio::test]
async fn a_worker_that_stops_leaves_the_waking_to_others() {
    let Some(server) = RedisServer::start(false).await else { return };
    let idle = connect(&server, "").await;
    let game = new_game(&idle).await;
    for text in ["first", "second", "third"] {
        let stopping = connect(&server, "").await;
        // The one that has blocked for longest is the first to be given a token.
        while timeout(Duration::from_millis(200), stopping.wait_for_work()).await.is_ok() {}
        while timeout(Duration::from_millis(200), idle.wait_for_work()).await.is_ok() {}

        enqueue(&idle, game, text).await;
        stopping.retire_worker(&worker()).await;
        drop(stopping);

        let mut done = Vec::new();
        while done.is_empty() {
            timeout(TIMEOUT, idle.wait_for_work()).await.unwrap();
            done = run_all(&idle).await;
        }
        assert_eq!(done, [text]);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_credentials() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("redis+unix://{}?pass=secret", directory.path().join("nobody.sock").display());

    let refused = RedisStore::connect(&url, "", 1, options()).await.unwrap_err();

    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused:?}");
    assert!(!refused.to_string().contains("secret"), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_full_says_so_and_goes_on_once_it_has_space() {
    let Some(server) = RedisServer::start(false).await else { return };
    let store = connect(&server, "").await;
    let game = new_game(&store).await;
    let mut connection = server.connect().await;
    let mut limit = async |bytes: u64| {
        let mut command = redis::cmd("CONFIG");
        command.arg("SET").arg("maxmemory").arg(bytes).query_async::<()>(&mut connection).await.unwrap();
    };
    limit(1).await;

    let refused = store.enqueue(&message(game, "look"), &Terms::default()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { outage: Outage::Full, .. }), "{refused:?}");
    assert!(store.probe_writes().await.iter().all(Result::is_err));

    limit(0).await;
    assert!(store.probe_writes().await.iter().all(Result::is_ok));
    enqueue(&store, game, "look").await;
    assert_eq!(run_all(&store).await, ["look"]);
}

#[tokio::test]
async fn a_server_that_has_become_a_replica_says_that_it_takes_no_writes() {
    let Some(server) = RedisServer::start(false).await else { return };
    let store = connect(&server, "").await;
    let game = new_game(&store).await;
    let mut connection = server.connect().await;
    let mut replica_of = async |host: &str, port: &str| {
        redis::cmd("REPLICAOF").arg(host).arg(port).query_async::<()>(&mut connection).await.unwrap();
    };
    // Of a server that is not there: it keeps its data and takes no writes.
    replica_of("127.0.0.1", "1").await;

    let refused = store.enqueue(&message(game, "look"), &Terms::default()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { outage: Outage::ReadOnly, .. }), "{refused:?}");
    let probed = store.probe_writes().await;
    assert!(matches!(probed[..], [Err(StoreError::Unavailable { outage: Outage::ReadOnly, .. })]), "{probed:?}");

    replica_of("NO", "ONE").await;
    enqueue(&store, game, "look").await;
    assert_eq!(run_all(&store).await, ["look"]);
}

#[tokio::test]
async fn a_server_that_takes_no_writes_can_be_looked_at() {
    let Some(server) = RedisServer::start(false).await else { return };
    let store = connect(&server, "full:").await;
    let game = new_game(&store).await;
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"]).exec_async(&mut connection).await.unwrap();

    let late = connect(&server, "full:").await;
    assert!(late.game(game).await.unwrap().is_some());
    assert_eq!(late.queue().await.unwrap().depth, 0);
    // A new deployment is another matter.
    let refused = RedisStore::connect(server.url().as_str(), "new:", 1, options()).await.map(drop).unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { outage: Outage::Full, .. }), "{refused:?}");

    // Nor does a replica take writes, here one of a server that is not there.
    redis::cmd("CONFIG").arg(&["SET", "maxmemory", "0"]).exec_async(&mut connection).await.unwrap();
    redis::cmd("REPLICAOF").arg("127.0.0.1").arg("1").exec_async(&mut connection).await.unwrap();
    let later = connect(&server, "full:").await;
    assert!(later.game(game).await.unwrap().is_some());
    assert_eq!(later.queue().await.unwrap().depth, 0);
    assert!(matches!(later.read_log(game, None, 10).await, Ok(LogRead::Events(_))));
}

#[tokio::test]
async fn libraries_of_other_releases_go_when_there_are_many() {
    for (others, stay) in [(4, true), (5, false)] {
        let Some(server) = RedisServer::start(false).await else { return };
        let mut connection = server.connect().await;
        let mut names: Vec<String> = (0..others).map(|n| format!("story_engine_{n}")).collect();
        names.push("somebody_else".to_owned());
        for name in &names {
            let text = format!("#!lua name={name}\nredis.register_function('of_{name}', function() return 1 end)");
            redis::cmd("FUNCTION").arg("LOAD").arg(text).exec_async(&mut connection).await.unwrap();
        }
        let store = connect(&server, "").await;
        enqueue(&store, new_game(&store).await, "look").await;
        for name in &names {
            let called = redis::cmd("FCALL").arg(format!("of_{name}")).arg(0).exec_async(&mut connection).await;
            assert_eq!(called.is_ok(), stay || name == "somebody_else", "{name} of {others}: {called:?}");
        }
        assert_eq!(run_all(&store).await, ["look"]);
    }
}

#[tokio::test]
async fn a_redis_that_was_emptied_or_replaced_under_a_process_is_noticed() {
    let Some(server) = RedisServer::start(false).await else { return };
    let connect = async || RedisStore::connect(&*server.url(), "mine:", 2, options()).await.unwrap();
    let (store, other) = (connect().await, connect().await);
    let lost = async |store: &RedisStore| store.lost().await.unwrap();
    assert_eq!((lost(&store).await, lost(&other).await), (Vec::new(), Vec::new()));

    let mut connection = server.connect().await;
    redis::cmd("DEL").arg("mine:{s1}:deployment-mark").query_async::<()>(&mut connection).await.unwrap();
    let found = lost(&store).await;
    assert!(found.len() == 1 && found[0].contains("shard 1 is empty"), "{found:?}");
    redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await.unwrap();
    assert_eq!(lost(&store).await.len(), 2);
    let begun_since = connect().await;
    let found = lost(&store).await;
    assert!(found.len() == 2 && found.iter().all(|lost| lost.contains("holds other data")), "{found:?}");
    assert_eq!(lost(&begun_since).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_database_that_was_deleted_or_replaced_under_a_process_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(directory.path(), Synchronous::Normal, options()).unwrap();
    assert_eq!(store.lost().await.unwrap(), Vec::<String>::new());
    let file = directory.path().join("story-engine.db");
    std::fs::remove_file(&file).unwrap();
    let found = store.lost().await.unwrap();
    assert!(found.len() == 1 && found[0].contains("was deleted"), "{found:?}");
    std::fs::write(&file, "").unwrap();
    let found = store.lost().await.unwrap();
    assert!(found.len() == 1 && found[0].contains("was replaced"), "{found:?}");
}
