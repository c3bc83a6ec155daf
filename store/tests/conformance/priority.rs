//! Priorities: which of its games a tenant gives its turn to in fair order, and that nothing else depends on them.

use std::time::Duration;

use protocol::{GameId, IfBusy, PauseScope, Priority, RequestId};
use store::{
    Ageing, Changed, DeadLetterRetry, Enqueued, GameChange, NewRequest, Order, SharedStore, StoreOptions,
    StoryEventPlacement, Terms,
};

use crate::bench::Bench;
use crate::fair::{fair, game_in, waiting};
use crate::fixture::{
    accept, claim, enqueue, failure, fault, finish, if_busy, keyed, message, options, request, run_all,
};
use crate::rewind::back_to_before;

use Priority::{High, Low, Normal};

/// What fair order keeps of priorities begins so, behind the prefix.
const KEYS: &str = "requests:by-priority:";

fn urgent(game: GameId, priority: Priority, text: &str) -> NewRequest {
    NewRequest { priority, ..message(game, text) }
}

/// Sends a message of this priority to a game; its text says so.
async fn send(store: &SharedStore, game: GameId, priority: Priority, text: &str) -> RequestId {
    accept(store, &urgent(game, priority, &format!("{priority} {text}")), &Terms::default()).await.id
}

/// A new game of a tenant with a message of this priority.
async fn comes(store: &SharedStore, tenant: &str, priority: Priority, text: &str) -> GameId {
    let game = game_in(store, Some(tenant)).await;
    send(store, game, priority, text).await;
    game
}

async fn next(store: &SharedStore) -> String {
    claim(store, 1).await.remove(0).request.message
}

async fn sound(store: &SharedStore) {
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

/// Several at a time, and one after the other.
pub(crate) async fn games_of_a_tenant_are_claimed_by_the_priorities_of_their_heads(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    for n in 0..3 {
        for priority in [Low, High, Normal] {
            comes(&store, "red", priority, &n.to_string()).await;
        }
    }
    sound(&store).await;

    let mut order: Vec<String> = claim(&store, 4).await.into_iter().map(|claim| claim.request.message).collect();
    sound(&store).await;
    order.extend(run_all(&store).await);
    let expected = ["high 0", "high 1", "high 2", "normal 0", "normal 1", "normal 2", "low 0", "low 1", "low 2"];
    assert_eq!(order, expected);
}

pub(crate) async fn the_shares_of_tenants_do_not_depend_on_priorities(bench: Bench) {
    let store = bench.store_with(fair(&[("gold", 2.0)])).await;
    for n in 0..8 {
        comes(&store, "red", if n % 2 == 0 { Low } else { High }, &format!("red {n}")).await;
        comes(&store, "blue", Low, &format!("blue {n}")).await;
        comes(&store, "gold", Normal, &format!("gold {n}")).await;
    }
    let order = run_all(&store).await;
    let tenants: Vec<&str> = order.iter().map(|text| text.split(' ').nth(1).unwrap()).collect();
    // As they are with one priority for all.
    let rounds = |count: usize| tenants.iter().take(count).filter(|tenant| **tenant == "red").count();
    assert_eq!((rounds(4), rounds(8), rounds(12)), (1, 2, 3), "{tenants:?}");
    let of = |name: &str| order.iter().filter(|text| text.contains(name)).cloned().collect::<Vec<_>>();
    let red =
        [1, 3, 5, 7].map(|n| format!("high red {n}")).into_iter().chain([0, 2, 4, 6].map(|n| format!("low red {n}")));
    assert_eq!(of("red"), red.collect::<Vec<_>>());
    assert_eq!(of("blue"), (0..8).map(|n| format!("low blue {n}")).collect::<Vec<_>>());
}

/// Makes a request one that came earlier. It must not be a head yet.
async fn age(bench: &Bench, game: GameId, id: RequestId, seconds: i64) {
    let ms = seconds * 1000;
    if let Bench::Embedded { .. } = bench {
        return bench.execute(&format!("UPDATE requests SET enqueued_at = enqueued_at - {ms} WHERE id = '{id}'"));
    }
    let (mut connection, prefix) = bench.owner_of(game).await;
    let mut command = redis::cmd("HINCRBY");
    command.arg(format!("{prefix}chat-request-status:{id}")).arg("enqueued_at").arg(-ms);
    command.query_async::<()>(&mut connection).await.unwrap();
}

/// The bound: a request waits for none that arrives later than the difference of the allowances, which are 60 s from one priority to the next.
pub(crate) async fn an_old_request_goes_before_a_newer_one_of_a_higher_priority(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    for (old, seconds, new, is_first) in [
        (Low, 100, High, false),
        (Low, 140, High, true),
        (Low, 40, Normal, false),
        (Low, 80, Normal, true),
        (Normal, 40, High, false),
        (Normal, 80, High, true),
    ] {
        let game = comes(&store, "red", Normal, "before it").await;
        let id = send(&store, game, old, "old").await;
        age(&bench, game, id, seconds).await;
        let before = claim(&store, 1).await.remove(0);
        comes(&store, "red", new, "new").await;
        finish(&store, &before, &[]).await;

        let order = run_all(&store).await;
        let first = if is_first { "old" } else { "new" };
        assert!(order.len() == 2 && order[0].ends_with(first), "after {seconds} s: {order:?}");
    }
}

pub(crate) async fn without_a_time_to_age_priorities_have_no_effect(bench: Bench) {
    let Order::Fair(shares, _) = fair(&[]).order else { panic!("it is fair") };
    let order = Order::Fair(shares, Ageing::new(Duration::ZERO));
    let store = bench.store_with(StoreOptions { order, ..options() }).await;
    for priority in Priority::ALL {
        comes(&store, "red", priority, "0").await;
    }
    assert_eq!(run_all(&store).await, ["low 0", "normal 0", "high 0"]);
}

pub(crate) async fn what_comes_back_is_claimed_as_if_it_had_never_been(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    comes(&store, "red", Normal, "0").await;
    comes(&store, "red", Normal, "1").await;
    let held = claim(&store, 1).await.remove(0);
    comes(&store, "red", High, "0").await;
    comes(&store, "red", Normal, "2").await;

    store.release(&held.lease).await.unwrap();
    assert_eq!(next(&store).await, "high 0", "this one has a higher priority");
    let again = claim(&store, 1).await.remove(0);
    assert_eq!(again.request.message, "normal 0", "after a release");
    store.retry(&again.lease, Duration::from_mins(1), &failure()).await.unwrap();
    bench.end_backoff(again.lease.game).await;
    let again = claim(&store, 1).await.remove(0);
    assert_eq!(again.request.message, "normal 0", "after a retry");
    bench.expire_lease(again.lease.game).await;
    let again = claim(&store, 1).await.remove(0);
    assert_eq!(again.request.message, "normal 0", "after its worker died");
    store.release(&again.lease).await.unwrap();
    let scope = PauseScope::Game { game_id: again.lease.game };
    store.pause_queue(&scope, "ada").await.unwrap();
    sound(&store).await;
    store.resume_queue(&scope).await.unwrap();
    sound(&store).await;
    assert_eq!(run_all(&store).await, ["normal 0", "normal 1", "normal 2"], "after a pause");
}

/// A game that cannot be claimed takes no turn.
pub(crate) async fn a_game_that_waits_for_something_else_takes_no_turn(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    let paused = comes(&store, "red", High, "paused").await;
    let cancelled = game_in(&store, Some("red")).await;
    let id = send(&store, cancelled, High, "cancelled").await;
    comes(&store, "red", Normal, "0").await;
    comes(&store, "red", Low, "0").await;
    let scope = PauseScope::Game { game_id: paused };
    store.pause_queue(&scope, "ada").await.unwrap();
    store.cancel(id).await.unwrap();
    sound(&store).await;

    let first = claim(&store, 1).await.remove(0);
    assert_eq!(first.request.message, "normal 0");
    // Its game waits for another provider from now on, and so for none that the others wait for.
    store.pause(&first.lease, &fault("elsewhere")).await.unwrap();
    sound(&store).await;
    assert_eq!(next(&store).await, "low 0");
    store.resume_queue(&scope).await.unwrap();
    assert_eq!(next(&store).await, "high paused");
    store.record_provider_success("elsewhere").await.unwrap();
    assert_eq!(next(&store).await, "normal 0");
    sound(&store).await;
}

pub(crate) async fn the_games_of_a_resumed_tenant_go_on_by_their_priorities(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    for priority in [Low, Normal, High] {
        comes(&store, "red", priority, "0").await;
    }
    waiting(&store, "blue", "0").await;
    let scope = PauseScope::Tenant { tenant: "red".parse().unwrap() };
    store.pause_queue(&scope, "ada").await.unwrap();
    assert_eq!(run_all(&store).await, ["blue 0"]);
    sound(&store).await;
    store.resume_queue(&scope).await.unwrap();
    sound(&store).await;
    comes(&store, "red", High, "1").await;
    assert_eq!(run_all(&store).await, ["high 0", "high 1", "normal 0", "low 0"]);
}

pub(crate) async fn a_dead_letter_that_is_retried_arrives_again_with_its_priority(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    comes(&store, "red", High, "0").await;
    let failed = claim(&store, 1).await.remove(0);
    store.fail(&failed.lease, &failure()).await.unwrap();
    comes(&store, "red", High, "1").await;
    comes(&store, "red", Normal, "0").await;
    let retried = store.retry_dead_letter(failed.lease.request).await.unwrap();
    let DeadLetterRetry::Queued(accepted) = retried else { panic!("{retried:?}") };
    assert_eq!(accepted.priority, High);
    assert_eq!(run_all(&store).await, ["high 1", "high 0", "normal 0"]);
}

pub(crate) async fn within_a_game_priorities_change_nothing(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    let game = game_in(&store, Some("red")).await;
    for (priority, text) in [(Low, "0"), (High, "0"), (Normal, "0"), (High, "1")] {
        send(&store, game, priority, text).await;
    }
    comes(&store, "red", Normal, "of another game").await;
    // The head is low: what waits behind it does not lift it.
    let expected = ["normal of another game", "low 0", "high 0", "normal 0", "high 1"];
    assert_eq!(run_all(&store).await, expected);
}

/// Also of a story event's own story events.
pub(crate) async fn a_story_event_that_is_placed_next_has_the_arrival_of_its_turn(bench: Bench) {
    let options = StoreOptions { story_events: StoryEventPlacement::Next, ..fair(&[]) };
    let store = bench.store_with(options).await;
    for text in ["0", "1"] {
        comes(&store, "red", Normal, text).await;
    }
    comes(&store, "red", Low, "0").await;
    let first = claim(&store, 1).await.remove(0);
    finish(&store, &first, &["the wind turns", "the rain ends"]).await;
    let wind = claim(&store, 1).await.remove(0);
    assert_eq!(wind.request.message, "the wind turns", "it goes before what arrived after its turn");
    finish(&store, &wind, &["the fog lifts"]).await;
    sound(&store).await;
    assert_eq!(run_all(&store).await, ["the fog lifts", "the rain ends", "normal 1", "low 0"]);
}

pub(crate) async fn in_order_of_arrival_a_priority_is_kept_and_counts_for_nothing(bench: Bench) {
    let store = bench.store().await;
    for priority in [Low, Normal, High] {
        comes(&store, "red", priority, "0").await;
    }
    let dump = bench.dump().await;
    assert!(!dump.keys().any(|name| name.contains(KEYS)), "{:?}", dump.keys());
    assert!(dump.get("arrivals").is_none_or(Vec::is_empty), "no row is written");

    let claims = claim(&store, 9).await;
    let order: Vec<_> = claims.iter().map(|claim| (claim.request.message.as_str(), claim.request.priority)).collect();
    assert_eq!(order, [("low 0", Low), ("normal 0", Normal), ("high 0", High)]);
}

/// However it is asked for, and with any of its names.
pub(crate) async fn an_accepted_request_tells_its_priority_whenever_it_is_sent_again(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    for priority in Priority::ALL {
        let game = game_in(&store, Some("red")).await;
        let (terms, sent) = (keyed("k", "words"), urgent(game, priority, "look"));
        assert_eq!(accept(&store, &sent, &terms).await.priority, priority);
        assert_eq!(accept(&store, &sent, &terms).await.priority, priority, "by its id");
        assert_eq!(accept(&store, &urgent(game, Normal, "look"), &terms).await.priority, priority, "by its key");
        let Some(Enqueued::Accepted(found)) = store.find_key(game, terms.key.as_ref().unwrap()).await.unwrap() else {
            panic!("it is not found")
        };
        assert_eq!(found.priority, priority);
        assert_eq!(request(&store, sent.id).await.priority, priority);
        run_all(&store).await;

        let change = back_to_before(&store, game, 1).await;
        let change = GameChange { request: Some(urgent(game, priority, "listen")), ..change };
        for _ in 0..2 {
            let Changed::Done(done) = store.change_game(&change).await.unwrap() else { panic!("it is refused") };
            assert_eq!(done.request.unwrap().priority, priority);
        }
        let interrupting = urgent(game, priority, "no, wait");
        assert_eq!(accept(&store, &interrupting, &if_busy(IfBusy::Interrupt)).await.priority, priority);
        assert_eq!(run_all(&store).await, ["no, wait"]);
    }
}

/// The whole order of priorities is lost: games that an engine without it has made ready look the same.
async fn forget_priorities(bench: &Bench, game: GameId) {
    if let Bench::Embedded { .. } = bench {
        return bench.execute("DELETE FROM arrivals");
    }
    let (mut connection, prefix) = bench.owner_of(game).await;
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("{prefix}{KEYS}*")).query_async(&mut connection).await.unwrap();
    assert!(!keys.is_empty(), "there is something to forget");
    redis::cmd("DEL").arg(keys).query_async::<()>(&mut connection).await.unwrap();
}

pub(crate) async fn what_an_earlier_release_has_made_ready_is_claimed_by_its_start(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    let game = comes(&store, "red", Low, "0").await;
    comes(&store, "red", Low, "1").await;
    forget_priorities(&bench, game).await;
    comes(&store, "red", High, "0").await;
    comes(&store, "red", Normal, "0").await;
    comes(&store, "red", High, "1").await;

    assert_eq!(run_all(&store).await, ["low 0", "low 1", "high 0", "high 1", "normal 0"]);
    sound(&store).await;
}

/// A release without priorities takes a game from the ready ones, and leaves it in the other order.
pub(crate) async fn a_game_that_an_earlier_release_has_claimed_takes_no_turn(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    let claimed = comes(&store, "red", High, "0").await;
    comes(&store, "red", Normal, "0").await;
    comes(&store, "red", Normal, "1").await;
    if let Bench::Embedded { .. } = bench {
        bench.execute(&format!("UPDATE games SET lane_state = 'delayed', lane_key = 9e12 WHERE id = '{claimed}'"));
    } else {
        let (mut connection, prefix) = bench.owner_of(claimed).await;
        let (ready, delayed) = (format!("{prefix}requests:ready:offline"), format!("{prefix}requests:delayed"));
        let mut moves = redis::pipe();
        moves.cmd("ZREM").arg(ready).arg(claimed.to_string()).ignore();
        moves.cmd("ZADD").arg(delayed).arg("9e12").arg(claimed.to_string()).ignore();
        moves.query_async::<()>(&mut connection).await.unwrap();
    }
    assert_eq!(next(&store).await, "normal 0");
    sound(&store).await;
    assert_eq!(next(&store).await, "normal 1");
    bench.end_backoff(claimed).await;
    assert_eq!(next(&store).await, "high 0");
}

pub(crate) async fn a_game_that_is_not_at_its_place_by_priority_is_found_and_put_there(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    let game = comes(&store, "red", Normal, "0").await;
    comes(&store, "red", Low, "0").await;
    let held = comes(&store, "red", High, "0").await;
    assert_eq!(next(&store).await, "high 0");
    forget_priorities(&bench, game).await;
    let found = store.inspect(false).await.unwrap().inconsistencies;
    assert_eq!(found.len(), 2, "each ready game: {found:?}");
    assert!(found.iter().all(|it| it.what.contains("not at its place among the games of its tenant")), "{found:?}");
    store.inspect(true).await.unwrap();
    sound(&store).await;
    comes(&store, "red", High, "1").await;

    // One that is leased is there by mistake.
    if let Bench::Embedded { .. } = bench {
        let values = format!("'{held}', 'red', 1, 1, 'offline'");
        let columns = "game_id, tenant, seq, arrival, ready_for";
        bench.execute(&format!("INSERT OR REPLACE INTO arrivals ({columns}) VALUES ({values})"));
    } else {
        let (mut connection, prefix) = bench.owner_of(held).await;
        let mut add = redis::cmd("ZADD");
        add.arg(format!("{prefix}{KEYS}red:offline")).arg(1).arg(held.to_string());
        add.query_async::<()>(&mut connection).await.unwrap();
    }
    let found = store.inspect(true).await.unwrap().inconsistencies;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.contains("among the") && found[0].what.contains("games of its tenant"), "{found:?}");
    sound(&store).await;
    assert_eq!(run_all(&store).await, ["high 1", "normal 0", "low 0"]);
}

/// Nothing of a game that has left is kept, or it would be found under its id when it comes back.
pub(crate) async fn a_deleted_game_leaves_nothing_of_its_priority(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    let game = comes(&store, "red", High, "0").await;
    run_all(&store).await;
    enqueue(&store, game, "again").await;
    run_all(&store).await;
    store.delete_game(game, None).await.unwrap();
    let dump = bench.dump().await;
    let left = dump.iter().filter(|(name, _)| name.contains(KEYS) || *name == "arrivals");
    let left: Vec<_> = left.filter(|(_, value)| !value.is_empty()).collect();
    assert!(left.is_empty(), "{left:?}");
}
