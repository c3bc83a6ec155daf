//! Idle workers are woken by what happens, not by a clock.

use std::time::Duration;

use store::SharedStore;
use tokio::time::timeout;

use crate::bench::Bench;
use crate::fixture::{TIMEOUT, claim_one, enqueue, failure, finish, new_game};

/// Waits until there is nothing left to be woken for: a store may wake early, once per reason.
async fn settle(store: &SharedStore) {
    while timeout(Duration::from_millis(100), store.wait_for_work()).await.is_ok() {}
}

/// Asserts that a worker which waits already is woken by what is done meanwhile.
pub(crate) async fn assert_wakes(store: &SharedStore, action: impl Future<Output = ()>) {
    settle(store).await;
    let woken = timeout(TIMEOUT, store.wait_for_work());
    let (woken, ()) = tokio::join!(woken, action);
    assert!(woken.is_ok(), "nobody was woken");
}

pub(crate) async fn a_new_request_wakes_a_worker(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;

    assert_wakes(&store, async {
        enqueue(&store, game, "look").await;
    })
    .await;
}

pub(crate) async fn a_commit_wakes_a_worker_for_the_next_request_of_its_game(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;
    let claim = claim_one(&store).await;

    assert_wakes(&store, finish(&store, &claim, &[])).await;
}

pub(crate) async fn a_released_request_wakes_a_worker(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;

    assert_wakes(&store, async { store.release(&claim.lease).await.unwrap() }).await;
}

pub(crate) async fn a_retry_wakes_a_worker_so_that_it_learns_when_the_backoff_ends(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;

    assert_wakes(&store, async {
        store.retry(&claim.lease, Duration::from_secs(5), &failure()).await.unwrap();
    })
    .await;
}

pub(crate) async fn work_that_came_while_nobody_waited_is_noticed(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    settle(&store).await;

    enqueue(&store, game, "look").await;

    timeout(TIMEOUT, store.wait_for_work()).await.unwrap();
}
