//! A worker whose lease has passed changes nothing and publishes nothing: whole stores are compared, before and after.

use std::time::Duration;

use store::{Claim, Lease, SharedStore, StoreError};

use crate::bench::Bench;
use crate::fixture::{claim_one, commit_only, completion, enqueue, failure, finish, is_lost, new_game, turn};

/// Tries every step with a claim's lease; each must be refused and leave no trace.
async fn assert_powerless(bench: &Bench, store: &SharedStore, claim: &Claim) {
    let (lease, commit) = (&claim.lease, turn(claim, &["a story event"]));
    let before = bench.dump().await;
    let text = completion("all of it");
    let steps: [(&str, Result<(), StoreError>); 7] = [
        ("publish_chunk", store.publish_chunk(lease, 9, "late").await),
        ("checkpoint_narration", store.checkpoint_narration(lease, 9, "late", &text).await),
        ("checkpoint_delta", store.checkpoint_delta(lease, &text).await),
        ("commit", commit_only(store, lease, &commit).await.map(|_| ())),
        ("retry", store.retry(lease, Duration::ZERO, &failure()).await),
        ("release", store.release(lease).await),
        ("fail", store.fail(lease, &failure()).await),
    ];
    for (name, result) in steps {
        assert!(is_lost(&result), "{name} by a worker without a lease: {result:?}");
    }
    assert_eq!(store.heartbeat(std::slice::from_ref(lease)).await.unwrap(), [false]);
    assert!(bench.dump().await == before, "a worker without a lease has written something");
}

pub(crate) async fn a_worker_whose_lease_has_expired_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let stale = claim_one(&store).await;

    bench.expire_lease(game).await;

    assert_powerless(&bench, &store, &stale).await;
}

pub(crate) async fn a_worker_that_was_superseded_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let stale = claim_one(&store).await;
    bench.expire_lease(game).await;
    let current = claim_one(&store).await;

    assert_powerless(&bench, &store, &stale).await;

    finish(&store, &current, &[]).await;
}

pub(crate) async fn a_worker_changes_nothing_after_another_has_committed(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    enqueue(&store, game, "go on").await;
    let stale = claim_one(&store).await;
    bench.expire_lease(game).await;
    finish(&store, &claim_one(&store).await, &[]).await;

    assert_powerless(&bench, &store, &stale).await;
    let next = claim_one(&store).await;
    assert_powerless(&bench, &store, &stale).await;
    finish(&store, &next, &[]).await;
}

pub(crate) async fn a_lease_of_one_game_opens_no_other(bench: Bench) {
    let store = bench.store().await;
    let (mine, other) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, mine, "look").await;
    enqueue(&store, other, "look").await;
    let (claim, theirs) = (claim_first(&store).await, claim_first(&store).await);

    let lease = Lease { game: other, request: theirs.lease.request, ..claim.lease };
    assert_powerless(&bench, &store, &Claim { lease, ..claim }).await;
}

async fn claim_first(store: &SharedStore) -> Claim {
    crate::fixture::claim(store, 1).await.remove(0)
}

pub(crate) async fn an_attempt_that_ended_in_one_way_cannot_end_in_another(bench: Bench) {
    let store = bench.store().await;
    let error = failure();
    for ending in ["commit", "retry", "release", "fail"] {
        let game = new_game(&store).await;
        enqueue(&store, game, "look").await;
        let claim = claim_one(&store).await;
        match ending {
            "commit" => finish(&store, &claim, &[]).await,
            "retry" => store.retry(&claim.lease, Duration::from_mins(1), &error).await.unwrap(),
            "release" => store.release(&claim.lease).await.unwrap(),
            _ => store.fail(&claim.lease, &error).await.unwrap(),
        }
        let before = bench.dump().await;
        let steps: [(&str, Result<(), StoreError>); 4] = [
            ("commit", commit_only(&store, &claim.lease, &turn(&claim, &[])).await.map(|_| ())),
            ("retry", store.retry(&claim.lease, Duration::ZERO, &error).await),
            ("release", store.release(&claim.lease).await),
            ("fail", store.fail(&claim.lease, &error).await),
        ];
        for (step, result) in steps {
            assert_eq!(is_lost(&result), step != ending, "{step} after {ending}: {result:?}");
        }
        assert!(bench.dump().await == before, "something was written after {ending}");
        if ending == "release" {
            finish(&store, &claim_one(&store).await, &[]).await;
        }
    }
}
