//! A lease holds while it is renewed, and passes when it is not. Only these tests wait for real time.

use std::time::Duration;

use store::{Lease, LeaseToken, SharedStore, StoreOptions};
use tokio::time::Instant;

use crate::bench::Bench;
use crate::fixture::{claim, claim_one, enqueue, failure, finish, new_game, nonce, options, requests, until, worker};

const TTL: Duration = Duration::from_millis(500);

fn short_leases() -> StoreOptions {
    StoreOptions { lease_ttl: TTL, ..options() }
}

/// Claims until there is something; answers how long that took.
async fn claim_once_it_is_there(store: &SharedStore) -> Duration {
    let begun = Instant::now();
    until("a claim", async || claim(store, 1).await.pop()).await;
    begun.elapsed()
}

pub(crate) async fn a_lease_that_is_renewed_holds(bench: Bench) {
    let store = bench.store_with(short_leases()).await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let held = claim_one(&store).await;

    // Oftener than a worker does it, for the machine of the test may be slow.
    let mut heartbeats = tokio::time::interval(TTL / 10);
    for _ in 0..=30 {
        heartbeats.tick().await;
        assert_eq!(store.heartbeat(std::slice::from_ref(&held.lease)).await.unwrap(), [true]);
        assert_eq!(requests(&claim(&store, 1).await), []);
    }
    finish(&store, &held, &[]).await;
}

pub(crate) async fn a_lease_that_is_not_renewed_expires_after_its_ttl(bench: Bench) {
    let store = bench.store_with(short_leases()).await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let held = claim_one(&store).await;

    let waited = claim_once_it_is_there(&store).await;
    // The lease began a little before the waiting did, and both clocks count in whole milliseconds.
    assert!(waited > TTL / 2, "it was recovered after {waited:?} already");
    assert_eq!(store.heartbeat(&[held.lease]).await.unwrap(), [false]);
}

pub(crate) async fn a_heartbeat_answers_for_each_lease(bench: Bench) {
    let store = bench.store().await;
    let mut leases = Vec::new();
    for _ in 0..3 {
        let game = new_game(&store).await;
        enqueue(&store, game, "look").await;
        leases.push(claim_one(&store).await.lease);
    }
    bench.expire_lease(leases[1].game).await;
    leases.push(Lease { token: LeaseToken::new("1:nobody:nothing".to_owned()), ..leases[0].clone() });

    assert_eq!(store.heartbeat(&leases).await.unwrap(), [true, false, true, false]);
    assert!(store.heartbeat(&[]).await.unwrap().is_empty());
}

pub(crate) async fn no_two_acquisitions_share_a_token(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;

    let first = claim_one(&store).await;
    store.release(&first.lease).await.unwrap();
    let second = claim_one(&store).await;

    assert_eq!(first.lease.attempt, second.lease.attempt);
    assert_ne!(first.lease.token, second.lease.token);
}

pub(crate) async fn a_claim_says_when_the_next_lease_ends(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    assert_eq!(store.claim(&worker(), nonce(), 1).await.unwrap().next_due, None);
    enqueue(&store, game, "look").await;

    let claims = store.claim(&worker(), nonce(), 1).await.unwrap();
    let due = claims.next_due.unwrap();
    assert!(due <= options().lease_ttl && due > options().lease_ttl / 2, "{due:?}");

    finish(&store, &claims.claims[0], &[]).await;
    assert_eq!(store.claim(&worker(), nonce(), 1).await.unwrap().next_due, None);
}

pub(crate) async fn a_claim_says_when_the_next_backoff_ends(bench: Bench) {
    let store = bench.store().await;
    let (delayed, leased) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, delayed, "look").await;
    let claim = claim_one(&store).await;
    store.retry(&claim.lease, Duration::from_secs(30), &failure()).await.unwrap();
    enqueue(&store, leased, "look").await;

    let due = store.claim(&worker(), nonce(), 1).await.unwrap().next_due.unwrap();

    assert!(due <= Duration::from_secs(30) && due > Duration::from_secs(15), "{due:?}");
}
