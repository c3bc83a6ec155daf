//! Fair order: no tenant makes another wait beyond its share.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::{GameId, IfBusy, PauseScope};
use store::{
    Ageing, Claim, DeadLetterRetry, GameContents, Order, Owner, SharedStore, Shares, StoreOptions, Terms, WorkerId,
};

use crate::bench::Bench;
use crate::fixture::{
    accept, claim, document, enqueue, failure, finish, game_id, if_busy, message, nonce, options, requests, run_all,
    worker,
};

/// How many games the tenant has that floods the queue.
const FLOOD: usize = 200;

pub(crate) fn fair(weights: &[(&str, f64)]) -> StoreOptions {
    let weights: BTreeMap<String, f64> =
        weights.iter().map(|(tenant, weight)| ((*tenant).to_owned(), *weight)).collect();
    StoreOptions { order: Order::Fair(Shares::new(weights), Ageing::default()), ..options() }
}

pub(crate) fn owner_in(tenant: &str) -> Owner {
    Owner { tenant: tenant.parse().unwrap(), user: None }
}

pub(crate) async fn game_in(store: &SharedStore, tenant: Option<&str>) -> GameId {
    let game = game_id();
    let contents = GameContents { owner: tenant.map(owner_in), ..GameContents::new(document(), Vec::new()) };
    store.create_game(game, &contents).await.unwrap();
    game
}

/// A new game of a tenant with one message, whose text begins with the tenant's name.
pub(crate) async fn waiting(store: &SharedStore, tenant: &str, text: &str) -> GameId {
    let game = game_in(store, Some(tenant)).await;
    enqueue(store, game, &format!("{tenant} {text}")).await;
    game
}

/// The tenant floods the queue with games.
async fn flood(store: &SharedStore, tenant: &str) {
    for n in 0..FLOOD {
        waiting(store, tenant, &n.to_string()).await;
    }
}

fn texts(claims: &[Claim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.request.message.as_str()).collect()
}

/// The game that is claimed next.
async fn next(store: &SharedStore) -> Claim {
    claim(store, 1).await.remove(0)
}

pub(crate) async fn a_flood_of_one_tenant_holds_up_no_other(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    flood(&store, "flood").await;
    let begun = claim(&store, 5).await;
    waiting(&store, "late", "one").await;

    let later = claim(&store, 2).await;
    assert!(texts(&later).contains(&"late one"), "it is among the next two: {:?}", texts(&later));
    for claim in begun.iter().chain(&later) {
        finish(&store, claim, &[]).await;
    }
    assert_eq!(run_all(&store).await.len(), FLOOD + 1 - 7, "and nothing of the flood is lost");
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

/// The bound, at every point of a round and for several tenants that come one after the other.
pub(crate) async fn a_tenant_that_comes_waits_for_one_turn_of_each_other(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    let others = ["a", "b", "c", "d"];
    for tenant in others {
        for n in 0..40 {
            waiting(&store, tenant, &n.to_string()).await;
        }
    }
    for claimed_before in 0..9 {
        claim(&store, claimed_before).await;
        let late = format!("late-{claimed_before}");
        waiting(&store, &late, "one").await;
        let claims = claim(&store, others.len() + 1).await;
        assert!(texts(&claims).iter().any(|text| text.starts_with(&late)), "{late}: {:?}", texts(&claims));
    }
}

/// With n tenants of one weight, each that waits all the time has one of any n claims, and is first after n - 1 others.
pub(crate) async fn tenants_take_turns_however_much_each_has_queued(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    flood(&store, "flood").await;
    let (red, blue) = (game_in(&store, Some("red")).await, game_in(&store, Some("blue")).await);
    for n in 0..8 {
        enqueue(&store, red, &format!("red {n}")).await;
        enqueue(&store, blue, &format!("blue {n}")).await;
    }

    let mut order = Vec::new();
    for _ in 0..24 {
        let claim = next(&store).await;
        order.push(claim.request.message.clone());
        finish(&store, &claim, &[]).await;
    }
    for round in order.chunks(3) {
        for tenant in ["flood", "red", "blue"] {
            assert_eq!(round.iter().filter(|text| text.starts_with(tenant)).count(), 1, "{round:?} of {order:?}");
        }
    }
    let of_red: Vec<_> = order.iter().filter(|text| text.starts_with("red")).cloned().collect();
    assert_eq!(of_red, (0..8).map(|n| format!("red {n}")).collect::<Vec<_>>(), "within a game in order of arrival");
}

pub(crate) async fn a_tenant_with_twice_the_weight_gets_twice_as_many_turns(bench: Bench) {
    let store = bench.store_with(fair(&[("gold", 2.0)])).await;
    for n in 0..20 {
        waiting(&store, "plain", &n.to_string()).await;
        waiting(&store, "gold", &n.to_string()).await;
    }

    let first = claim(&store, 15).await;
    assert_eq!(texts(&first).iter().filter(|text| text.starts_with("gold")).count(), 10, "{:?}", texts(&first));
}

pub(crate) async fn games_without_a_tenant_count_as_one(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    for n in 0..20 {
        let game = game_in(&store, None).await;
        enqueue(&store, game, &format!("nobody {n}")).await;
    }
    waiting(&store, "late", "0").await;
    waiting(&store, "late", "1").await;

    assert_eq!(texts(&claim(&store, 4).await), ["nobody 0", "late 0", "nobody 1", "late 1"]);
}

/// What comes back is first of its tenant again, and is paid for once more only if its attempt has failed.
pub(crate) async fn a_request_that_comes_back_keeps_its_place(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    flood(&store, "flood").await;
    waiting(&store, "late", "0").await;
    waiting(&store, "late", "1").await;

    let claims = claim(&store, 2).await;
    assert_eq!(texts(&claims), ["flood 0", "late 0"]);
    store.release(&claims[1].lease).await.unwrap();
    let again = next(&store).await;
    assert_eq!(again.request.message, "late 0", "after a release");
    store.retry(&again.lease, Duration::from_mins(1), &failure()).await.unwrap();
    assert_eq!(next(&store).await.request.message, "flood 1");
    bench.end_backoff(again.lease.game).await;
    let again = next(&store).await;
    assert_eq!(again.request.message, "late 0", "after a retry");
    bench.expire_lease(again.lease.game).await;
    let again = next(&store).await;
    assert_eq!(again.request.message, "late 0", "after its worker died");
    store.release(&again.lease).await.unwrap();
    let scope = PauseScope::Game { game_id: again.lease.game };
    store.pause_queue(&scope, "ada").await.unwrap();
    store.resume_queue(&scope).await.unwrap();
    assert_eq!(next(&store).await.request.message, "late 0", "after a pause");
    let rest = claim(&store, 3).await;
    assert_eq!(texts(&rest), ["flood 2", "late 1", "flood 3"], "its tenant has paid for two turns: one has failed");
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

/// Each game of a tenant fails again and again, and has its back-off behind it as soon as somebody else has had a turn.
pub(crate) async fn a_tenant_whose_turns_fail_takes_no_turns_of_others(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    for n in 0..8 {
        waiting(&store, "broken", &n.to_string()).await;
        waiting(&store, "late", &n.to_string()).await;
    }
    let (mut of_broken, mut of_late) = (0, 0);
    while of_late < 8 && of_broken < 50 {
        let claim = next(&store).await;
        if claim.request.message.starts_with("late") {
            of_late += 1;
            finish(&store, &claim, &[]).await;
        } else {
            of_broken += 1;
            store.retry(&claim.lease, Duration::from_mins(1), &failure()).await.unwrap();
            bench.end_backoff(claim.lease.game).await;
        }
    }
    assert!(of_broken <= 9, "{of_broken} attempts of one tenant, and {of_late} turns of another");
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn a_claim_with_the_same_nonce_gets_the_same_in_fair_order(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    flood(&store, "flood").await;
    waiting(&store, "late", "0").await;

    let (name, nonce): (WorkerId, u64) = (worker(), nonce());
    let first = store.claim(&name, nonce, 3).await.unwrap().claims;
    let again = store.claim(&name, nonce, 3).await.unwrap().claims;
    assert_eq!(texts(&first), ["flood 0", "late 0", "flood 1"]);
    assert_eq!(requests(&again), requests(&first));
    assert_eq!(next(&store).await.request.message, "flood 2");
}

/// Otherwise a player whose messages interrupt each other would be behind everybody.
pub(crate) async fn a_request_that_is_never_claimed_costs_nothing(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    flood(&store, "flood").await;
    let game = waiting(&store, "late", "0").await;
    for n in 1..10 {
        accept(&store, &message(game, &format!("late {n}")), &if_busy(IfBusy::Interrupt)).await;
    }

    assert_eq!(texts(&claim(&store, 2).await), ["flood 0", "late 9"]);
}

pub(crate) async fn a_dead_letter_that_is_retried_starts_as_a_new_request(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    waiting(&store, "red", "0").await;
    let failed = next(&store).await;
    store.fail(&failed.lease, &failure()).await.unwrap();
    for n in 1..5 {
        waiting(&store, "red", &n.to_string()).await;
        waiting(&store, "blue", &n.to_string()).await;
    }
    let retried = store.retry_dead_letter(failed.lease.request).await.unwrap();
    assert!(matches!(retried, DeadLetterRetry::Queued(_)), "{retried:?}");

    assert_eq!(run_all(&store).await.last().map(String::as_str), Some("red 0"));
}

/// A tenant's entry is kept only while a turn of it is ahead of the clock.
pub(crate) async fn what_fair_order_keeps_is_bounded(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    let mut tenants = 0;
    for round in 0..6 {
        for n in 0..10 {
            waiting(&store, &format!("tenant-{round}-{n}"), "look").await;
            tenants += 1;
        }
        run_all(&store).await;
    }

    let kept: usize = if let Bench::Embedded { .. } = bench {
        String::from_utf8_lossy(&bench.dump().await["finishes"]).lines().count()
    } else {
        let (mut connection, prefix) = bench.owner_of(game_id()).await;
        redis::cmd("ZCARD").arg(format!("{prefix}requests:finishes")).query_async(&mut connection).await.unwrap()
    };
    assert!((1..30).contains(&kept), "{kept} of {tenants} are kept");
}

/// Switching is safe at any time: games that are ready meanwhile keep the order keys of the other order, until they are put right.
pub(crate) async fn the_order_can_be_changed_while_games_wait(bench: Bench) {
    let expected: Vec<_> = (0..5).map(|n| format!("red {n}")).collect();
    for (before, after) in [(options(), fair(&[])), (fair(&[]), options())] {
        let store = bench.store_with(before).await;
        for n in 0..5 {
            waiting(&store, "red", &n.to_string()).await;
        }
        drop(store);
        let store = bench.store_with(after).await;
        let found = store.inspect(true).await.unwrap().inconsistencies;
        assert_eq!(found.len(), 5, "each of the games: {found:?}");
        assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
        let mut run = run_all(&store).await;
        run.sort();
        assert_eq!(run, expected);
    }
}

pub(crate) async fn in_order_of_arrival_tenants_count_for_nothing(bench: Bench) {
    let store = bench.store_with(options()).await;
    for n in 0..5 {
        waiting(&store, "flood", &n.to_string()).await;
    }
    let late = waiting(&store, "late", "0").await;
    accept(&store, &message(late, "late 1"), &Terms::default()).await;

    let names: Vec<String> = bench.dump().await.into_keys().collect();
    assert!(!names.iter().any(|name| name.ends_with(":clock") || name.ends_with(":finishes")), "{names:?}");
    let expected = ["flood 0", "flood 1", "flood 2", "flood 3", "flood 4", "late 0", "late 1"];
    assert_eq!(run_all(&store).await, expected);
}
