//! Cancelling requests: at once when they wait, and also while they run; never after they have ended.

use std::time::Duration;

use protocol::{IfBusy, RequestId, RequestStatus};
use store::Cancelled;
use tokio::time::timeout;

use crate::bench::Bench;
use crate::fixture::{
    TIMEOUT, accept, claim, claim_one, commit_only, completion, enqueue, failure, finish, if_busy, is_lost, log,
    message, names, new_game, request, requests, run_all, turn,
};

pub(crate) async fn a_queued_request_is_cancelled_at_once(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    let second = enqueue(&store, game, "second").await;
    enqueue(&store, game, "third").await;

    assert_eq!(store.cancel(second).await.unwrap(), Cancelled::Done);

    let cancelled = request(&store, second).await;
    assert_eq!((cancelled.status, cancelled.position), (RequestStatus::Cancelled, None));
    assert!(cancelled.completed_at.is_some());
    assert_eq!(store.queue().await.unwrap().depth, 2);
    assert_eq!(names(&log(&store, game).await)[3..], ["request.cancelled"]);
    assert_eq!(run_all(&store).await, ["first", "third"]);
}

pub(crate) async fn cancelling_the_head_lets_the_next_request_run_in_its_turn(bench: Bench) {
    let store = bench.store().await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    let first = enqueue(&store, game, "first").await;
    let elsewhere = enqueue(&store, other, "elsewhere").await;
    let second = enqueue(&store, game, "second").await;

    store.cancel(first).await.unwrap();

    // It arrived after the other game's request.
    assert_eq!(requests(&claim(&store, 9).await), [elsewhere, second]);
}

pub(crate) async fn a_request_in_processing_is_cancelled_and_its_attempt_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let next = enqueue(&store, game, "later").await;
    let running = claim_one(&store).await;
    store.publish_chunk(&running.lease, 1, "You see").await.unwrap();

    assert_eq!(store.cancel(id).await.unwrap(), Cancelled::Done);

    assert_eq!(store.heartbeat(std::slice::from_ref(&running.lease)).await.unwrap(), [false]);
    assert!(is_lost(&store.publish_chunk(&running.lease, 2, " a door").await));
    assert!(is_lost(&store.checkpoint_narration(&running.lease, 2, ".", &completion("You see a door.")).await));
    assert!(is_lost(&commit_only(&store, &running.lease, &turn(&running, &[])).await));
    assert!(is_lost(&store.fail(&running.lease, &failure()).await));
    let log = log(&store, game).await;
    assert_eq!(names(&log)[3..], ["chat.chunk", "attempt.superseded", "request.cancelled"]);
    assert_eq!(store.game(game).await.unwrap().unwrap().version, 1);
    assert_eq!(requests(&claim(&store, 9).await), [next]);
}

pub(crate) async fn a_worker_is_notified_of_a_lease_that_was_revoked(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let mut revoked = store.revocations();

    let notified = async {
        // Until the listener is there, messages to it are lost: so there is one after the other.
        let mut taken = Vec::new();
        loop {
            let id = enqueue(&store, game, "look").await;
            taken.push(claim_one(&store).await.lease.token);
            store.cancel(id).await.unwrap();
            if let Ok(token) = timeout(Duration::from_millis(20), revoked.recv()).await {
                assert!(taken.contains(&token.unwrap()));
                return;
            }
        }
    };
    timeout(TIMEOUT, notified).await.unwrap();
}

pub(crate) async fn a_request_in_backoff_is_cancelled(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let next = enqueue(&store, game, "later").await;
    store.retry(&claim_one(&store).await.lease, Duration::from_hours(1), &failure()).await.unwrap();

    store.cancel(id).await.unwrap();

    assert_eq!(store.queue().await.unwrap().delayed, 0);
    assert_eq!(requests(&claim(&store, 9).await), [next]);
}

pub(crate) async fn a_request_that_has_ended_is_not_cancelled(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let (done, failed) = (enqueue(&store, game, "first").await, enqueue(&store, game, "second").await);
    finish(&store, &claim_one(&store).await, &[]).await;
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    let before = bench.dump().await;

    assert_eq!(store.cancel(done).await.unwrap(), Cancelled::Finished(RequestStatus::Completed));
    assert_eq!(store.cancel(failed).await.unwrap(), Cancelled::Finished(RequestStatus::Failed));
    assert_eq!(store.cancel(RequestId::in_game(game)).await.unwrap(), Cancelled::Unknown);

    assert!(bench.dump().await == before);
}

pub(crate) async fn cancelling_again_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    enqueue(&store, game, "later").await;
    claim_one(&store).await;
    store.cancel(id).await.unwrap();
    let before = bench.dump().await;

    assert_eq!(store.cancel(id).await.unwrap(), Cancelled::Done);

    assert!(bench.dump().await == before);
}

pub(crate) async fn a_message_that_interrupts_cancels_messages_and_no_story_events(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    finish(&store, &claim_one(&store).await, &["an event"]).await;
    let waiting = enqueue(&store, game, "second").await;
    finish(&store, &claim_one(&store).await, &[]).await;
    let running = claim_one(&store).await;
    assert_eq!(running.lease.request, waiting);
    finish(&store, &running, &["another event"]).await;
    let waiting = enqueue(&store, game, "third").await;

    let accepted = accept(&store, &message(game, "stop"), &if_busy(IfBusy::Interrupt)).await;

    assert_eq!(accepted.position, 1);
    assert_eq!(request(&store, waiting).await.status, RequestStatus::Cancelled);
    assert_eq!(run_all(&store).await, ["another event", "stop"]);
}

pub(crate) async fn the_story_events_of_a_lane_can_be_listed_and_cleared(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;
    finish(&store, &claim_one(&store).await, &["a", "b", "c"]).await;

    let (depth, shown) = store.story_events(game, 2).await.unwrap();
    assert_eq!(depth, 3);
    let shown: Vec<_> = shown.iter().map(|event| (event.message.as_str(), event.position)).collect();
    assert_eq!(shown, [("a", Some(1)), ("b", Some(2))]);

    assert_eq!(store.clear_story_events(game).await.unwrap(), 3);
    assert_eq!(store.story_events(game, 2).await.unwrap(), (0, Vec::new()));
    assert_eq!(run_all(&store).await, ["second"]);
}

pub(crate) async fn a_commit_with_a_claim_leases_the_next_request(bench: Bench) {
    let store = bench.store().await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    let first = enqueue(&store, game, "first").await;
    let elsewhere = enqueue(&store, other, "elsewhere").await;
    let running = claim(&store, 1).await.remove(0);
    assert_eq!(running.lease.request, first);
    let worker = crate::fixture::worker();
    let nonce = crate::fixture::nonce();

    let over = store.commit_and_claim(&running.lease, &turn(&running, &["event"]), &worker, nonce, 1).await;

    assert!(over.committed.is_ok(), "{:?}", over.committed);
    assert_eq!(requests(&over.claims.claims), [elsewhere]);
    let again = store.commit_and_claim(&running.lease, &turn(&running, &["event"]), &worker, nonce, 1).await;
    assert!(again.committed.is_ok());
    assert_eq!(again.claims.claims, over.claims.claims, "a repeat gets the same claim");
    // A slot that is not to be filled again claims nothing.
    let last = &over.claims.claims[0];
    let over = store.commit_and_claim(&last.lease, &turn(last, &[]), &worker, crate::fixture::nonce(), 0).await;
    assert!(over.committed.is_ok() && over.claims.claims.is_empty());
    // A repeat whose claim is another one claims all the same, as long as there is something.
    let stale = store.commit_and_claim(&running.lease, &turn(&running, &[]), &worker, crate::fixture::nonce(), 1).await;
    assert!(stale.committed.is_ok(), "its own commit is answered as at first");
    assert_eq!(requests(&stale.claims.claims), [first.child(0)]);
    let idle = store.commit_and_claim(&last.lease, &turn(last, &[]), &worker, crate::fixture::nonce(), 1).await;
    assert!(idle.committed.is_ok() && idle.claims.claims.is_empty());
}
