//! Attempts that end without effect: a retry, a hand-back, giving up.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use protocol::{Attempt, Event, RequestStatus};

use crate::bench::Bench;
use crate::fixture::{
    claim, claim_one, completion, enqueue, failure, finish, latest, log, names, new_game, problem, request, requests,
    run_all, until,
};

pub(crate) async fn a_retry_keeps_its_rank_and_counts_its_attempt(bench: Bench) {
    let store = bench.store().await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    let id = enqueue(&store, game, "first").await;
    enqueue(&store, other, "other").await;
    enqueue(&store, game, "second").await;
    let failed = claim(&store, 1).await.remove(0);

    store.retry(&failed.lease, Duration::from_mins(1), &failure()).await.unwrap();

    let waiting = request(&store, id).await;
    assert_eq!((waiting.status, waiting.attempt, waiting.position), (RequestStatus::Queued, Attempt(1), Some(0)));
    assert_eq!(waiting.error, Some(problem()));
    bench.end_backoff(game).await;
    // It arrived before the other game's request, so it is also claimed before it.
    let again = claim(&store, 1).await.remove(0);
    assert_eq!((again.lease.request, again.lease.attempt), (id, Attempt(2)));
    assert_eq!(request(&store, id).await.not_before, None);
    finish(&store, &again, &[]).await;
    assert_eq!(request(&store, id).await.error, None, "what was overcome is not shown");
    assert_eq!(run_all(&store).await, ["other", "second"]);
}

pub(crate) async fn a_retry_is_not_claimed_before_its_time(bench: Bench) {
    const DELAY: Duration = Duration::from_millis(150);
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let failed = claim_one(&store).await;

    store.retry(&failed.lease, DELAY, &failure()).await.unwrap();

    let waiting = request(&store, failed.lease.request).await;
    let again = until("a claim", async || claim(&store, 1).await.pop()).await;
    let again = request(&store, again.lease.request).await;
    assert!(again.started_at >= waiting.not_before, "{again:?}");
}

pub(crate) async fn a_retry_says_when_and_why(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let failed = claim_one(&store).await;

    store.retry(&failed.lease, Duration::from_mins(1), &failure()).await.unwrap();

    let Event::RequestRetrying(retrying) = latest(&store, game, "request.retrying").await else { panic!("no event") };
    let waiting = request(&store, id).await;
    assert_eq!((retrying.request_id, retrying.attempt, &retrying.error), (id, Attempt(1), &problem()));
    assert_eq!(Some(retrying.not_before), waiting.not_before);
    let delay = retrying.not_before.duration_since(waiting.started_at.unwrap());
    assert!(delay >= SignedDuration::from_mins(1) && delay < SignedDuration::from_secs(90), "{delay:?}");
}

pub(crate) async fn a_retry_makes_unsaved_text_void(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let failed = claim_one(&store).await;
    store.publish_chunk(&failed.lease, 1, "You see").await.unwrap();

    store.retry(&failed.lease, Duration::from_mins(1), &failure()).await.unwrap();

    let log = log(&store, game).await;
    assert_eq!(names(&log)[2..], ["chat.chunk", "attempt.superseded", "request.retrying"]);
}

pub(crate) async fn a_delay_beyond_all_measure_is_kept_as_a_year(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let failed = claim_one(&store).await;

    store.retry(&failed.lease, Duration::MAX, &failure()).await.unwrap();

    let not_before = request(&store, id).await.not_before.unwrap();
    let Event::RequestRetrying(retrying) = latest(&store, game, "request.retrying").await else { panic!("no event") };
    assert_eq!(retrying.not_before, not_before);
    let days = not_before.duration_since(Timestamp::now()).as_hours() / 24;
    assert!((363..=366).contains(&days), "{days} days");
}

pub(crate) async fn a_released_request_is_claimed_next_and_its_attempt_does_not_count(bench: Bench) {
    let store = bench.store().await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    let id = enqueue(&store, game, "first").await;
    enqueue(&store, other, "other").await;
    let stopped = claim(&store, 1).await.remove(0);
    store.publish_chunk(&stopped.lease, 1, "You see").await.unwrap();

    store.release(&stopped.lease).await.unwrap();

    let waiting = request(&store, id).await;
    assert_eq!((waiting.status, waiting.attempt, waiting.not_before), (RequestStatus::Queued, Attempt(0), None));
    let again = claim(&store, 1).await.remove(0);
    assert_eq!((again.lease.request, again.lease.attempt), (id, Attempt(1)));
    let log = log(&store, game).await;
    assert_eq!(names(&log)[2..], ["chat.chunk", "attempt.superseded", "request.processing"]);
}

pub(crate) async fn a_released_request_keeps_its_checkpoints(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let stopped = claim_one(&store).await;
    store.checkpoint_narration(&stopped.lease, 1, "A door.", &completion("A door.")).await.unwrap();

    store.release(&stopped.lease).await.unwrap();

    assert_eq!(claim_one(&store).await.request.checkpoints.narration, Some(completion("A door.")));
    assert!(!names(&log(&store, game).await).contains(&"attempt.superseded"));
}

pub(crate) async fn a_request_that_fails_frees_its_game(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let next = enqueue(&store, game, "later").await;
    let failed = claim_one(&store).await;
    store.publish_chunk(&failed.lease, 1, "You see").await.unwrap();

    store.fail(&failed.lease, &failure()).await.unwrap();

    let dead = request(&store, id).await;
    assert_eq!((dead.status, dead.attempt, dead.position), (RequestStatus::Failed, Attempt(1), None));
    assert_eq!(dead.error, Some(problem()));
    let Event::RequestFailed(event) = latest(&store, game, "request.failed").await else { panic!("no event") };
    assert_eq!((event.request_id, event.error), (id, problem()));
    assert_eq!(names(&log(&store, game).await)[3..], ["chat.chunk", "attempt.superseded", "request.failed"]);
    assert_eq!(store.queue().await.unwrap().dead_letters, 1);
    assert_eq!(requests(&claim(&store, 9).await), [next]);
}
