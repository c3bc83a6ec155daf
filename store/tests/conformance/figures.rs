//! What operators and clients are shown of the queue.

use std::time::Duration;

use std::num::NonZeroU64;

use protocol::{ChatChunk, QueueView, RequestType};
use store::{NewRequest, Stopped, StoreOptions, Terms, WorkerId};

use crate::bench::Bench;
use crate::fixture::{
    accept, claim, claim_one, completion, enqueue, failure, fault, finish, message, new_game, options, until,
};

pub(crate) async fn the_queue_counts_what_waits_and_what_runs(bench: Bench) {
    let store = bench.store().await;
    let view = async || QueueView { oldest_age_ms: 0, workers: 0, ..store.queue().await.unwrap() };
    let nothing = QueueView {
        depth: 0,
        story_events: 0,
        ready: 0,
        delayed: 0,
        paused: 0,
        active: 0,
        dead_letters: 0,
        oldest_age_ms: 0,
        workers: 0,
    };
    assert_eq!(store.queue().await.unwrap(), nothing);

    let (a, b) = (new_game(&store).await, new_game(&store).await);
    for game in [a, a, b] {
        enqueue(&store, game, "look").await;
    }
    assert_eq!(view().await, QueueView { depth: 3, ready: 2, ..nothing.clone() });

    let claims = claim(&store, 9).await;
    assert_eq!(view().await, QueueView { depth: 1, active: 2, ..nothing.clone() });

    store.retry(&claims[0].lease, Duration::from_mins(1), &failure()).await.unwrap();
    assert_eq!(view().await, QueueView { depth: 2, delayed: 1, active: 1, ..nothing.clone() });

    store.fail(&claims[1].lease, &failure()).await.unwrap();
    assert_eq!(view().await, QueueView { depth: 2, delayed: 1, dead_letters: 1, ..nothing.clone() });

    bench.end_backoff(a).await;
    crate::fixture::run_all(&store).await;
    assert_eq!(view().await, QueueView { dead_letters: 1, ..nothing });
}

pub(crate) async fn what_waits_is_counted_by_type_after_every_step(bench: Bench) {
    let store = bench.store().await;
    let counts = async |wanted: (u64, u64)| {
        let queue = store.queue().await.unwrap();
        assert_eq!((queue.depth - queue.story_events, queue.story_events), wanted);
        assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
    };
    let game = new_game(&store).await;
    let triggered = NewRequest { kind: RequestType::StoryEvent, ..message(game, "the wind turns") };
    for _ in 0..2 {
        accept(&store, &triggered, &Terms::default()).await;
        counts((0, 1)).await;
    }
    enqueue(&store, game, "look").await;
    counts((1, 1)).await;
    let claimed = claim_one(&store).await;
    counts((1, 0)).await;
    store.release(&claimed.lease).await.unwrap();
    counts((1, 1)).await;
    store.retry(&claim_one(&store).await.lease, Duration::from_mins(1), &failure()).await.unwrap();
    counts((1, 1)).await;
    bench.end_backoff(game).await;
    claim_one(&store).await;
    bench.expire_lease(game).await;
    let last = claim_one(&store).await;
    counts((1, 0)).await;
    store.fail(&last.lease, &failure()).await.unwrap();
    counts((1, 0)).await;
    for _ in 0..2 {
        store.retry_dead_letter(triggered.id).await.unwrap();
        counts((1, 1)).await;
    }
    // Its commit brings two more.
    let look = claim_one(&store).await;
    counts((0, 1)).await;
    finish(&store, &look, &["a bell rings", "a dog barks"]).await;
    counts((0, 3)).await;
    store.pause(&claim_one(&store).await.lease, &fault("offline")).await.unwrap();
    counts((0, 3)).await;
    store.record_provider_success("offline").await.unwrap();
    let claimed = claim_one(&store).await;
    store.publish_chunk(&claimed.lease, 1, "The wind turns. It").await.unwrap();
    let end = ChatChunk {
        request_id: claimed.lease.request,
        game_id: game,
        attempt: claimed.lease.attempt,
        content: String::new(),
        done: true,
        chunks: NonZeroU64::MIN,
    };
    let stopped = store.stop(claimed.lease.request, claimed.lease.attempt, &completion("The wind turns."), &end).await;
    assert_eq!(stopped.unwrap(), Stopped::Done);
    counts((0, 3)).await;
    store.cancel(triggered.id).await.unwrap();
    counts((0, 2)).await;
    assert_eq!(store.clear_story_events(game).await.unwrap(), 2);
    counts((0, 0)).await;
}

pub(crate) async fn a_worker_counts_from_its_first_claim_until_it_stops(bench: Bench) {
    let store = bench.store().await;
    let workers = async || store.queue().await.unwrap().workers;
    let (ada, bob) = (WorkerId::fixed("ada"), WorkerId::fixed("bob"));
    assert_eq!(workers().await, 0);

    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let last_turn = store.claim(&ada, 1, 1).await.unwrap().claims.remove(0);
    for (nonce, worker) in [(2, &bob), (3, &ada)] {
        store.claim(worker, nonce, 1).await.unwrap();
    }
    assert_eq!(workers().await, 2);

    // What it still ends does not make it one that goes on.
    store.retire_worker(&ada).await;
    assert_eq!(store.heartbeat(&[last_turn.lease]).await.unwrap(), [true]);
    assert_eq!(workers().await, 1);
}

pub(crate) async fn the_queue_knows_how_long_the_oldest_request_has_waited(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;

    let age = async || Some(store.queue().await.unwrap().oldest_age_ms).filter(|age| *age >= 20);
    let first_age = until("an age of 20 ms", age).await;
    let other = new_game(&store).await;
    enqueue(&store, other, "second").await;

    assert!(store.queue().await.unwrap().oldest_age_ms >= first_age, "the second one is younger");
    claim(&store, 2).await;
    assert_eq!(store.queue().await.unwrap().oldest_age_ms, 0);
}

pub(crate) async fn a_lane_shows_the_unfinished_requests_in_order(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let first = enqueue(&store, game, "first").await;
    let second = enqueue(&store, game, "second").await;

    let lane = store.lane(game).await.unwrap();
    assert_eq!((lane.game_id, lane.requests, lane.lease.is_some()), (game, vec![first, second], false));
    let claim = claim_one(&store).await;
    let lane = store.lane(game).await.unwrap();
    assert_eq!((lane.requests, lane.lease.is_some()), (vec![first, second], true));
    finish(&store, &claim, &["a story event"]).await;
    let lane = store.lane(game).await.unwrap();
    assert_eq!((lane.requests, lane.lease.is_some()), (vec![second, first.child(0)], false));
}

pub(crate) async fn a_lane_is_no_longer_leased_once_its_lease_has_expired(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    claim_one(&store).await;

    bench.expire_lease(game).await;

    assert!(store.lane(game).await.unwrap().lease.is_none());
}

pub(crate) async fn the_status_of_a_finished_request_is_forgotten_after_its_time(bench: Bench) {
    let store = bench.store_with(StoreOptions { status_ttl: Duration::from_millis(100), ..options() }).await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    let id = enqueue(&store, game, "look").await;
    finish(&store, &claim_one(&store).await, &[]).await;
    let waiting = enqueue(&store, other, "wait").await;
    assert!(store.request(id).await.unwrap().is_some());

    let forgotten = async || store.request(id).await.unwrap().is_none().then_some(());
    until("the end of the status", forgotten).await;
    assert!(store.request(waiting).await.unwrap().is_some(), "an unfinished request is never forgotten");
    // A store that keeps finished requests in a table clears it with the next claims.
    claim(&store, 1).await;
    let kept = bench.dump().await;
    let text = id.to_string();
    let names_it = |value: &Vec<u8>| value.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(!kept.get("requests").is_some_and(names_it), "its row is still there");
}

pub(crate) async fn the_store_counts_leases_that_expired_and_requests_that_failed(bench: Bench) {
    let store = bench.store().await;
    let totals = async || {
        let figures = store.figures().await.unwrap();
        assert!(figures.used_bytes > 0);
        (figures.leases_expired, figures.failed.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(totals().await, (0, Vec::new()));

    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    claim_one(&store).await;
    bench.expire_lease(game).await;
    let second = claim_one(&store).await;
    assert_eq!(totals().await, (1, Vec::new()));

    let failed = (1, vec![("model-failed".to_owned(), 1)]);
    for _ in 0..2 {
        store.fail(&second.lease, &failure()).await.unwrap();
        assert_eq!(totals().await, failed, "a repeat counts nothing");
    }

    // One whose attempts were all lost is counted by nobody but the store.
    enqueue(&store, game, "look again").await;
    for _ in 0..crate::fixture::ATTEMPTS {
        claim_one(&store).await;
        bench.expire_lease(game).await;
    }
    assert!(claim(&store, 1).await.is_empty());
    let lost = u64::from(crate::fixture::ATTEMPTS) + 1;
    let failed = [("attempts-exhausted".to_owned(), 1), ("model-failed".to_owned(), 1)];
    assert_eq!(totals().await, (lost, failed.to_vec()));
}

pub(crate) async fn a_claim_says_how_long_its_request_has_waited(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let old_enough = async || Some(store.queue().await.unwrap().oldest_age_ms).filter(|age| *age >= 20);
    let age = Duration::from_millis(until("an age of 20 ms", old_enough).await);

    let first = claim_one(&store).await;
    assert!(first.request.waited >= age, "{:?} is less than {age:?}", first.request.waited);
    assert!(first.request.waited < crate::fixture::TIMEOUT);

    store.release(&first.lease).await.unwrap();
    assert!(claim_one(&store).await.request.waited >= first.request.waited, "it counts from when it was accepted");
}
