//! `engine fsck`: every broken rule is found, repaired on demand, and then nothing more is found.
//!
//! Each damage is one that a store would never do to itself: it is done behind its back.

use protocol::{GameId, RequestId};
use redis::aio::MultiplexedConnection;
use store::SharedStore;
use tokio::sync::Mutex;

use crate::bench::{self, Bench};
use crate::fair::waiting;
use crate::fixture::{claim, claim_one, enqueue, failure, finish, new_game, run_all};

/// A store in which one game waits, one is in processing, one in back-off and one at rest.
struct Scene {
    bench: Bench,
    store: SharedStore,
    ready: GameId,
    active: GameId,
    idle: GameId,
    first: RequestId,
    second: RequestId,
    running: RequestId,
}

async fn scene(bench: Bench) -> Scene {
    let store = bench.store().await;
    let (active, delayed, idle, ready) =
        (new_game(&store).await, new_game(&store).await, new_game(&store).await, new_game(&store).await);
    enqueue(&store, delayed, "in back-off").await;
    store.retry(&claim_one(&store).await.lease, std::time::Duration::from_hours(1), &failure()).await.unwrap();
    enqueue(&store, idle, "done").await;
    finish(&store, &claim_one(&store).await, &[]).await;
    enqueue(&store, idle, "failed").await;
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    let running = enqueue(&store, active, "running").await;
    claim_one(&store).await;
    let (first, second) = (enqueue(&store, ready, "first").await, enqueue(&store, ready, "second").await);
    let sound = store.inspect(false).await.unwrap();
    assert_eq!((sound.games, sound.requests, sound.inconsistencies), (4, 4, Vec::new()));
    Scene { bench, store, ready, active, idle, first, second, running }
}

impl Scene {
    /// The damage is found and repaired, then nothing more is found, and every request that can run runs.
    async fn found_and_repaired(&self, words: &str) {
        let found = self.store.inspect(false).await.unwrap().inconsistencies;
        assert!(found.iter().any(|it| it.what.contains(words)), "`{words}` is not among {found:?}");
        assert_eq!(self.store.inspect(true).await.unwrap().inconsistencies[0], found[0], "looking changes nothing");
        let left = self.store.inspect(false).await.unwrap().inconsistencies;
        assert_eq!(left, Vec::new(), "it is not repaired");
        claim(&self.store, 9).await;
    }
}

/// Damages a Redis store with one command and looks for the words.
async fn redis_damage(command: impl Fn(&Scene, &str) -> Vec<String>, words: &str) {
    let (command, words) = (&command, words);
    bench::on_redis(async |bench| {
        let scene = scene(bench).await;
        let (connection, prefix) = scene.bench.owner_of(scene.ready).await;
        let connection: Mutex<MultiplexedConnection> = Mutex::new(connection);
        let parts = command(&scene, &prefix);
        let mut damage = redis::cmd(&parts[0]);
        damage.arg(&parts[1..]);
        damage.query_async::<()>(&mut *connection.lock().await).await.unwrap();
        scene.found_and_repaired(words).await;
    })
    .await;
}

/// Damages an embedded store with a statement and looks for the words.
async fn embedded_damage(statement: impl Fn(&Scene) -> String, words: &str) {
    let (statement, words) = (&statement, words);
    bench::on_embedded(async |bench| {
        let scene = scene(bench).await;
        scene.bench.execute(&statement(&scene));
        scene.found_and_repaired(words).await;
    })
    .await;
}

fn words(parts: &[&dyn std::fmt::Display]) -> Vec<String> {
    parts.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_game_that_is_in_no_order_is_found() {
    redis_damage(|it, p| words(&[&"ZREM", &format!("{p}requests:ready:offline"), &it.ready]), "in 0 of the orders")
        .await;
    let sql = |it: &Scene| format!("UPDATE games SET lane_state = NULL WHERE id = '{}'", it.ready);
    embedded_damage(sql, "neither ready, delayed nor active").await;
}

#[tokio::test]
async fn a_game_that_is_in_two_orders_is_found() {
    redis_damage(
        |it, p| words(&[&"ZADD", &format!("{p}requests:ready:offline"), &7, &it.active]),
        "in 2 of the orders",
    )
    .await;
}

#[tokio::test]
async fn a_game_that_is_ready_in_the_wrong_place_is_found() {
    redis_damage(|it, p| words(&[&"ZADD", &format!("{p}requests:ready:offline"), &999, &it.ready]), "ready by 999")
        .await;
    let sql = |it: &Scene| format!("UPDATE games SET lane_key = 999 WHERE id = '{}'", it.ready);
    embedded_damage(sql, "ready by 999").await;
}

#[tokio::test]
async fn a_busy_game_without_a_lease_is_found() {
    redis_damage(|it, p| words(&[&"DEL", &format!("{p}game-lock:{}", it.active)]), "active, and not leased").await;
    let sql = |it: &Scene| format!("UPDATE games SET token = NULL WHERE id = '{}'", it.active);
    embedded_damage(sql, "active, and not leased").await;
}

#[tokio::test]
async fn a_lease_for_another_request_is_found() {
    let lock = |it: &Scene, p: &str| format!("{p}game-lock:{}", it.active);
    redis_damage(|it, p| words(&[&"SET", &lock(it, p), &format!("9:ada:{}", it.first)]), "not its head").await;
    let sql = |it: &Scene| format!("UPDATE games SET token = '9:ada:{}' WHERE id = '{}'", it.first, it.active);
    embedded_damage(sql, "not its head").await;
}

#[tokio::test]
async fn a_lease_on_a_game_that_waits_is_found() {
    let lock = |it: &Scene, p: &str| format!("{p}game-lock:{}", it.ready);
    redis_damage(|it, p| words(&[&"SET", &lock(it, p), &"1:ada:x"]), "leased, and not active").await;
}

#[tokio::test]
async fn a_status_that_disagrees_is_found() {
    let status = |id: RequestId, p: &str| format!("{p}chat-request-status:{id}");
    redis_damage(|it, p| words(&[&"HSET", &status(it.second, p), &"status", &"processing"]), "should be queued").await;
    redis_damage(|it, p| words(&[&"HSET", &status(it.running, p), &"status", &"queued"]), "should be processing").await;
    let sql = |it: &Scene| format!("UPDATE requests SET status = 'processing' WHERE id = '{}'", it.second);
    embedded_damage(sql, "should be queued").await;
}

#[tokio::test]
async fn a_request_that_is_missing_from_the_global_order_is_found() {
    redis_damage(|it, p| words(&[&"ZREM", &format!("{p}requests"), &it.second]), "not at its rank").await;
}

#[tokio::test]
async fn a_request_that_is_in_no_lane_is_found() {
    redis_damage(|it, p| words(&[&"ZREM", &format!("{p}requests:game:{}", it.ready), &it.second]), "in no lane").await;
}

#[tokio::test]
async fn a_request_without_a_record_is_found() {
    redis_damage(|it, p| words(&[&"DEL", &format!("{p}chat-request-status:{}", it.first)]), "has no record").await;
}

#[tokio::test]
async fn a_record_that_would_expire_too_early_is_found() {
    let status = |it: &Scene, p: &str| format!("{p}chat-request-status:{}", it.second);
    redis_damage(|it, p| words(&[&"EXPIRE", &status(it, p), &1000]), "will expire").await;
}

#[tokio::test]
async fn a_gap_in_an_event_log_is_found() {
    let sql = |it: &Scene| {
        format!("DELETE FROM events WHERE id = (SELECT number << 30 | 2 FROM games WHERE id = '{}')", it.ready)
    };
    embedded_damage(sql, "its event log ends at 1").await;
}

#[tokio::test]
async fn a_log_that_is_to_go_too_early_or_never_is_found() {
    let log = |p: &str, game: GameId| format!("{p}game-events:{game}");
    let early = "is to go, and it has unfinished requests";
    redis_damage(|it, p| words(&[&"PEXPIRE", &log(p, it.ready), &100_000]), early).await;
    embedded_damage(|it| format!("UPDATE games SET rests_since = 1 WHERE id = '{}'", it.ready), early).await;
    let never = "its event log stays for ever";
    redis_damage(|it, p| words(&[&"PERSIST", &log(p, it.idle)]), never).await;
    embedded_damage(|it| format!("UPDATE games SET rests_since = NULL WHERE id = '{}'", it.idle), never).await;
}

#[tokio::test]
async fn a_game_that_is_paused_by_nobody_is_found() {
    let game = |it: &Scene, p: &str| format!("{p}gamestate:{}", it.active);
    redis_damage(|it, p| words(&[&"HSET", &game(it, p), &"paused", &1]), "the list of pauses differ").await;
    let order = |p: &str| format!("{p}requests:ready:*paused");
    redis_damage(|it, p| words(&[&"ZADD", &order(p), &1, &it.active]), "among the paused games").await;
    let sql = |it: &Scene| format!("UPDATE games SET waits_for = '*paused' WHERE id = '{}'", it.ready);
    embedded_damage(sql, "kept apart as paused").await;
}

#[tokio::test]
async fn a_game_that_is_held_for_no_paused_tenant_is_found() {
    let words = "held for a tenant that is not paused";
    bench::on_redis(async |bench| {
        let store = bench.store().await;
        let game = waiting(&store, "red", "1").await;
        let (mut connection, prefix) = bench.owner_of(game).await;
        let mut damage = redis::pipe();
        damage
            .hset(format!("{prefix}gamestate:{game}"), "held", 1)
            .zrem(format!("{prefix}requests:ready:offline"), game.to_string())
            .zadd(format!("{prefix}requests:ready:*tenant:red"), game.to_string(), 1);
        damage.query_async::<()>(&mut connection).await.unwrap();
        let found = store.inspect(true).await.unwrap().inconsistencies;
        assert!(found.iter().any(|it| it.what.contains(words)), "{found:?}");
        assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
        assert_eq!(run_all(&store).await, ["red 1"]);
    })
    .await;
    let sql = |it: &Scene| format!("UPDATE games SET waits_for = '*tenant:red' WHERE id = '{}'", it.ready);
    embedded_damage(sql, words).await;
}

#[tokio::test]
async fn a_gap_in_turn_records_is_found() {
    bench::on_embedded(async |bench| {
        let store = bench.store().await;
        let game = new_game(&store).await;
        for text in ["one", "two", "three"] {
            enqueue(&store, game, text).await;
        }
        run_all(&store).await;
        bench.execute("DELETE FROM turns WHERE id & (1 << 30) - 1 = 2");

        let found = store.inspect(true).await.unwrap().inconsistencies;
        assert!(found.len() == 1 && found[0].what.contains("a gap before turn 3"), "{found:?}");
        assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
    })
    .await;
}

#[tokio::test]
async fn a_log_that_is_longer_than_its_game_knows_is_found() {
    let game = |it: &Scene, p: &str| format!("{p}gamestate:{}", it.ready);
    redis_damage(|it, p| words(&[&"HSET", &game(it, p), &"offset", &1]), "its record says 1").await;
    redis_damage(|it, p| words(&[&"HSET", &game(it, p), &"offset", &9]), "its record says 9").await;
    let sql = |it: &Scene| format!("UPDATE games SET offset = 9 WHERE id = '{}'", it.ready);
    embedded_damage(sql, "its row says 9").await;
}

#[tokio::test]
async fn chunks_at_the_end_of_a_log_that_are_damaged_are_found() {
    for key in ["game-text", "game-pieces"] {
        bench::on_redis(async |bench| {
            let store = bench.store().await;
            let game = new_game(&store).await;
            enqueue(&store, game, "look").await;
            let claim = claim_one(&store).await;
            store.publish_chunk(&claim.lease, 1, "You see").await.unwrap();
            store.publish_chunk(&claim.lease, 2, " a door").await.unwrap();
            assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
            let (mut connection, prefix) = bench.owner_of(game).await;
            redis::cmd("DEL").arg(format!("{prefix}{key}:{game}")).query_async::<()>(&mut connection).await.unwrap();

            let found = store.inspect(true).await.unwrap().inconsistencies;
            assert!(found.len() == 1 && found[0].what.contains("the latest chunks"), "{key}: {found:?}");
            assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
            finish(&store, &claim, &[]).await;
        })
        .await;
    }
}

#[tokio::test]
async fn an_entry_that_joins_fewer_chunks_than_there_were_is_found() {
    bench::on_embedded(async |bench| {
        let store = bench.store().await;
        let game = new_game(&store).await;
        enqueue(&store, game, "look").await;
        let claim = claim_one(&store).await;
        for number in 1..=3 {
            store.publish_chunk(&claim.lease, number, "So ").await.unwrap();
        }
        finish(&store, &claim, &[]).await;
        assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
        bench.execute(r#"UPDATE events SET data = replace(data, '"chunks":3', '"chunks":2')"#);

        let found = store.inspect(true).await.unwrap().inconsistencies;
        assert!(found.len() == 1 && found[0].what.contains("a gap before 4"), "{found:?}");
        assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
    })
    .await;
}

#[tokio::test]
async fn a_game_that_is_gone_under_its_requests_is_found() {
    redis_damage(|it, p| words(&[&"DEL", &format!("{p}gamestate:{}", it.ready)]), "its game is gone").await;
    embedded_damage(|it| format!("DELETE FROM games WHERE id = '{}'", it.ready), "its game is gone").await;
}

#[tokio::test]
async fn counts_that_are_off_are_found() {
    embedded_damage(|_| "UPDATE depth SET queued = 99".to_owned(), "kept as 99").await;
    embedded_damage(|_| "UPDATE story_event_depth SET queued = 9".to_owned(), "kept as 9, and 0 story events").await;
    let sql = |it: &Scene| format!("UPDATE games SET lane_length = 7 WHERE id = '{}'", it.ready);
    embedded_damage(sql, "counts 7 requests").await;
}

#[tokio::test]
async fn a_story_event_that_is_counted_wrongly_is_found() {
    let status = |it: &Scene, p: &str| format!("{p}chat-request-status:{}", it.second);
    redis_damage(|it, p| words(&[&"HSET", &status(it, p), &"type", &"story_event"]), "not counted as one").await;
    let order = |p: &str| format!("{p}requests:story-events");
    redis_damage(|it, p| words(&[&"ZADD", &order(p), &1, &it.second]), "counted as a story event").await;
    redis_damage(|_, p| words(&[&"ZADD", &order(p), &1, &RequestId::new()]), "has no record").await;
}

#[tokio::test]
async fn a_request_that_was_given_up_without_a_letter_is_found() {
    redis_damage(|_, p| words(&[&"DEL", &format!("{p}chat-requests-failed:index")]), "has no dead letter").await;
    embedded_damage(|_| "DELETE FROM dead_letters".to_owned(), "without a dead letter").await;
}

#[tokio::test]
async fn what_is_repaired_runs_to_its_end() {
    bench::on_redis(async |bench| {
        let scene = scene(bench).await;
        let (mut connection, prefix) = scene.bench.owner_of(scene.ready).await;
        let mut damage = redis::pipe();
        damage
            .del(format!("{prefix}requests:ready:offline"))
            .del(format!("{prefix}requests:active"))
            .del(format!("{prefix}requests:delayed"))
            .del(format!("{prefix}requests"));
        damage.query_async::<()>(&mut connection).await.unwrap();

        scene.store.inspect(true).await.unwrap();

        assert_eq!(scene.store.inspect(false).await.unwrap().inconsistencies, Vec::new());
        assert_eq!(run_all(&scene.store).await, ["in back-off", "running", "first", "second"]);
    })
    .await;
}
