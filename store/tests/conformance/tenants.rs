//! A tenant that an operator has paused: its games wait, others go on, and what waited goes on in its order.

use std::time::Duration;

use protocol::{GameId, LaneState, PauseScope, RequestStatus};
use store::{Paused, ProviderOptions, SharedStore, StoreOptions};
use tokio::time::timeout;

use crate::bench::Bench;
use crate::fair::{fair, game_in, waiting};
use crate::fixture::{
    claim, claim_one, enqueue, failure, fault, finish, log, names, options, request, run_all, until,
    until_another_is_given_up, worker,
};
use crate::waiting::assert_wakes;

/// How long nothing wakes a worker when nothing is to be done.
const QUIET: Duration = Duration::from_millis(100);
/// More games than one step moves.
const MANY: usize = 300;

fn tenant(name: &str) -> PauseScope {
    PauseScope::Tenant { tenant: name.parse().unwrap() }
}

async fn pause(store: &SharedStore, name: &str) {
    let paused = store.pause_queue(&tenant(name), "ada").await.unwrap();
    assert!(matches!(paused, Paused::Done(_)), "{paused:?}");
}

async fn resume(store: &SharedStore, name: &str) {
    let resumed = store.resume_queue(&tenant(name)).await.unwrap();
    assert_eq!(resumed.map(|pause| pause.what), Some(tenant(name)));
}

async fn sound(store: &SharedStore) {
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

/// Claims again as a worker does that got nothing: when it is due, or when the store wakes it.
async fn claim_until_idle(store: &SharedStore) -> Vec<String> {
    let (mut texts, mut nonce) = (Vec::new(), 1_000_000);
    for _ in 0..10 * MANY {
        nonce += 1;
        let claims = store.claim(&worker(), nonce, 4).await.unwrap();
        let is_due = claims.next_due.is_some_and(|due| due.is_zero());
        if claims.claims.is_empty() && !is_due && timeout(QUIET, store.wait_for_work()).await.is_err() {
            return texts;
        }
        for claimed in claims.claims {
            texts.push(claimed.request.message.clone());
            finish(store, &claimed, &[]).await;
        }
    }
    panic!("claims do not end: {texts:?}")
}

pub(crate) async fn the_games_of_a_paused_tenant_wait_and_others_go_on(bench: Bench) {
    let store = bench.store().await;
    let red = waiting(&store, "red", "1").await;
    let none = game_in(&store, None).await;
    enqueue(&store, none, "of nobody").await;
    waiting(&store, "blue", "1").await;
    pause(&store, "red").await;
    let second = waiting(&store, "red", "2").await;
    enqueue(&store, red, "red 3").await;
    assert_eq!(store.lane(second).await.unwrap().state, LaneState::Paused);

    assert_eq!(run_all(&store).await, ["of nobody", "blue 1"]);
    for game in [red, second] {
        let lane = store.lane(game).await.unwrap();
        assert_eq!((lane.state, lane.waits_for), (LaneState::Paused, None));
    }
    let queue = store.queue().await.unwrap();
    assert_eq!((queue.depth, queue.ready, queue.paused), (3, 0, 2));
    assert_eq!(store.lanes(9).await.unwrap().lanes.len(), 2);
    assert_eq!(names(&log(&store, second).await), ["request.queued"]);
    sound(&store).await;

    resume(&store, "red").await;
    sound(&store).await;
    assert_eq!(run_all(&store).await, ["red 1", "red 2", "red 3"]);
    sound(&store).await;
}

pub(crate) async fn very_many_games_of_a_paused_tenant_wait_and_go_on_in_their_order(bench: Bench) {
    let store = bench.store().await;
    for n in 0..MANY {
        waiting(&store, "red", &n.to_string()).await;
    }
    pause(&store, "red").await;
    waiting(&store, "blue", "1").await;
    assert_eq!(claim_until_idle(&store).await, ["blue 1"]);
    let queue = store.queue().await.unwrap();
    assert_eq!((queue.ready, queue.paused), (0, MANY as u64));
    sound(&store).await;

    resume(&store, "red").await;
    sound(&store).await;
    // Paused again while not all of them are back.
    pause(&store, "red").await;
    assert_eq!(claim_until_idle(&store).await, Vec::<String>::new());
    resume(&store, "red").await;
    let expected: Vec<String> = (0..MANY).map(|n| format!("red {n}")).collect();
    assert_eq!(claim_until_idle(&store).await, expected);
    sound(&store).await;
    assert_eq!(store.pauses().await.unwrap(), []);
}

pub(crate) async fn a_tenant_that_is_resumed_goes_on_in_fair_order(bench: Bench) {
    let store = bench.store_with(fair(&[])).await;
    for n in 0..3 {
        waiting(&store, "red", &n.to_string()).await;
    }
    for n in 0..3 {
        waiting(&store, "blue", &n.to_string()).await;
    }
    pause(&store, "red").await;
    assert_eq!(claim(&store, 9).await.len(), 3);
    resume(&store, "red").await;
    waiting(&store, "green", "0").await;
    // Its games keep their starts, which others have passed meanwhile.
    assert_eq!(run_all(&store).await, ["red 0", "red 1", "red 2", "green 0"]);
}

pub(crate) async fn a_game_of_a_paused_tenant_waits_however_it_becomes_ready(bench: Bench) {
    let store = bench.store().await;
    for ending in ["commit", "release", "retry", "fail", "cancel", "expiry", "fault", "revival", "game"] {
        let id = game_in(&store, Some("red")).await;
        let first = enqueue(&store, id, "first").await;
        enqueue(&store, id, "second").await;
        let attempt = claim_one(&store).await;
        pause(&store, "red").await;
        match ending {
            "commit" => finish(&store, &attempt, &["an event"]).await,
            "release" => store.release(&attempt.lease).await.unwrap(),
            "retry" => {
                store.retry(&attempt.lease, Duration::from_hours(1), &failure()).await.unwrap();
                bench.end_backoff(id).await;
            }
            "fail" => store.fail(&attempt.lease, &failure()).await.unwrap(),
            "cancel" => drop(store.cancel(first).await.unwrap()),
            "expiry" => bench.expire_lease(id).await,
            "fault" => {
                store.pause(&attempt.lease, &fault("backend")).await.unwrap();
                store.record_provider_success("backend").await.unwrap();
            }
            "game" => {
                store.release(&attempt.lease).await.unwrap();
                assert_eq!(claim(&store, 9).await, []);
                // A held game is paused itself, and resumed while its tenant is not.
                let scope = PauseScope::Game { game_id: id };
                assert!(matches!(store.pause_queue(&scope, "ada").await.unwrap(), Paused::Done(_)));
                sound(&store).await;
                assert!(store.resume_queue(&scope).await.unwrap().is_some());
            }
            _ => {
                store.fail(&attempt.lease, &failure()).await.unwrap();
                store.retry_dead_letter(first).await.unwrap();
            }
        }
        for _ in 0..2 {
            assert_eq!(claim(&store, 9).await, [], "after {ending}");
            assert_eq!(store.lane(id).await.unwrap().state, LaneState::Paused, "after {ending}");
            sound(&store).await;
        }
        // What is cancelled while it is held leaves the order, and the next one is held in its place.
        let last = enqueue(&store, id, "last").await;
        let head = store.lane(id).await.unwrap().requests[0];
        store.cancel(head).await.unwrap();
        sound(&store).await;
        assert_eq!(claim(&store, 9).await, [], "after {ending}");
        resume(&store, "red").await;
        run_all(&store).await;
        assert_eq!(request(&store, last).await.status, RequestStatus::Completed, "after {ending}");
        sound(&store).await;
    }
}

pub(crate) async fn a_request_of_a_paused_tenant_does_not_wait_for_its_provider(bench: Bench) {
    let limit = Duration::from_millis(200);
    let providers = ProviderOptions { give_up_after: limit, ..ProviderOptions::default() };
    let store = bench.store_with(StoreOptions { providers, ..options() }).await;
    let id: GameId = game_in(&store, Some("red")).await;
    let sent = enqueue(&store, id, "look").await;
    store.record_provider_fault(&fault("offline")).await.unwrap();
    pause(&store, "red").await;
    // One whose tenant nobody has paused has waited for less long when it is given up.
    until_another_is_given_up(&store, game_in(&store, Some("blue")).await, "offline").await;
    assert_eq!(claim(&store, 1).await, []);
    assert_eq!(request(&store, sent).await.status, RequestStatus::Queued);

    resume(&store, "red").await;
    assert_eq!(claim(&store, 1).await, []);
    assert_eq!(request(&store, sent).await.status, RequestStatus::Queued, "its wait begins now");
    until("the request is given up", async || {
        assert_eq!(claim(&store, 1).await, []);
        (request(&store, sent).await.status == RequestStatus::Failed).then_some(())
    })
    .await;
    sound(&store).await;
}

pub(crate) async fn pausing_or_resuming_a_tenant_again_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    waiting(&store, "red", "1").await;
    pause(&store, "red").await;
    assert_eq!(claim(&store, 1).await, []);
    let (before, listed) = (bench.dump().await, store.pauses().await.unwrap());
    assert_eq!(store.pause_queue(&tenant("red"), "bob").await.unwrap(), Paused::Done(listed[0].clone()));
    assert!(bench.dump().await == before);
    resume(&store, "red").await;
    let before = bench.dump().await;
    assert_eq!(store.resume_queue(&tenant("red")).await.unwrap(), None);
    assert!(bench.dump().await == before);
}

pub(crate) async fn a_tenant_that_is_resumed_wakes_a_worker(bench: Bench) {
    let store = bench.store().await;
    waiting(&store, "red", "1").await;
    for is_held in [true, false] {
        pause(&store, "red").await;
        if is_held {
            assert_eq!(claim(&store, 1).await, []);
        }
        assert_wakes(&store, async { resume(&store, "red").await }).await;
    }
}
