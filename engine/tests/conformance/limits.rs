//! Back-pressure: what is more than may wait is refused whole, and what a turn sets off never is.

use engine::store::{Enqueued, Limits, SharedStore, StoreOptions, Terms};
use protocol::{GameId, IfBusy, RequestStatus};

use crate::bench::Bench;
use crate::fixture::{accept, claim_one, enqueue, finish, if_busy, message, new_game, options, request, run_all};

async fn limited(bench: &Bench, queued: u64, lane: u64) -> SharedStore {
    bench.store_with(StoreOptions { limits: Limits { queued, lane }, ..options() }).await
}

async fn refused(bench: &Bench, store: &SharedStore, game: GameId, with: Enqueued) {
    let before = bench.dump().await;
    assert_eq!(store.enqueue(&message(game, "one more"), &Terms::default()).await.unwrap(), with);
    assert!(bench.dump().await == before, "a refused message has left something behind");
}

pub(crate) async fn a_full_lane_refuses_what_comes(bench: Bench) {
    let store = limited(&bench, 100, 2).await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;

    refused(&bench, &store, game, Enqueued::LaneFull).await;
    enqueue(&store, other, "elsewhere").await;
    // The one in processing is unfinished as well.
    let claim = claim_one_of(&store, game).await;
    refused(&bench, &store, game, Enqueued::LaneFull).await;
    finish(&store, &claim, &[]).await;
    enqueue(&store, game, "third").await;
}

async fn claim_one_of(store: &SharedStore, game: GameId) -> engine::store::Claim {
    let claims = crate::fixture::claim(store, 1).await;
    claims.into_iter().find(|claim| claim.lease.game == game).unwrap()
}

pub(crate) async fn a_full_queue_refuses_what_comes(bench: Bench) {
    let store = limited(&bench, 2, 100).await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;

    refused(&bench, &store, other, Enqueued::QueueFull).await;
    // What is in processing waits no more.
    claim_one(&store).await;
    enqueue(&store, other, "third").await;
    refused(&bench, &store, other, Enqueued::QueueFull).await;
}

pub(crate) async fn what_was_accepted_is_answered_by_a_full_queue(bench: Bench) {
    let store = limited(&bench, 1, 1).await;
    let game = new_game(&store).await;
    let first = message(game, "first");
    let accepted = accept(&store, &first, &Terms::default()).await;

    assert_eq!(accept(&store, &first, &Terms::default()).await, accepted);
}

pub(crate) async fn story_events_are_queued_beyond_every_limit(bench: Bench) {
    let store = limited(&bench, 1, 1).await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;

    finish(&store, &claim_one(&store).await, &["a", "b", "c"]).await;

    refused(&bench, &store, game, Enqueued::LaneFull).await;
    assert_eq!(run_all(&store).await, ["a", "b", "c"]);
}

pub(crate) async fn a_message_that_interrupts_takes_the_place_of_those_that_it_cancels(bench: Bench) {
    let store = limited(&bench, 2, 2).await;
    let game = new_game(&store).await;
    let waiting = [enqueue(&store, game, "first").await, enqueue(&store, game, "second").await];

    let accepted = accept(&store, &message(game, "stop"), &if_busy(IfBusy::Interrupt)).await;

    assert_eq!(accepted.position, 0);
    for id in waiting {
        assert_eq!(request(&store, id).await.status, RequestStatus::Cancelled);
    }
    assert_eq!(run_all(&store).await, ["stop"]);
}
