//! Story events: queued by the commit of the turn that set them off, behind what waits or ahead of it.

use protocol::{Attempt, Event, RequestStatus, RequestType};
use store::{StoreOptions, StoryEventPlacement};

use crate::bench::Bench;
use crate::fixture::{claim, claim_one, enqueue, finish, log, new_game, options, parse, request, run_all};

fn placed_next() -> StoreOptions {
    StoreOptions { story_events: StoryEventPlacement::Next, ..options() }
}

pub(crate) async fn story_events_queue_behind_what_waits_already(bench: Bench) {
    let store = bench.store().await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;
    let first = claim_one(&store).await;
    enqueue(&store, other, "other").await;

    finish(&store, &first, &["a", "b"]).await;
    enqueue(&store, game, "third").await;

    assert_eq!(run_all(&store).await, ["second", "other", "a", "b", "third"]);
}

pub(crate) async fn story_events_placed_next_run_before_what_waits_already(bench: Bench) {
    let store = bench.store_with(placed_next()).await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;

    finish(&store, &claim_one(&store).await, &["a", "b", "c"]).await;
    enqueue(&store, game, "third").await;

    assert_eq!(run_all(&store).await, ["a", "b", "c", "second", "third"]);
}

pub(crate) async fn story_events_of_story_events_placed_next_come_first(bench: Bench) {
    let store = bench.store_with(placed_next()).await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;
    finish(&store, &claim_one(&store).await, &["a", "b"]).await;

    finish(&store, &claim_one(&store).await, &["a1", "a2"]).await;

    assert_eq!(run_all(&store).await, ["a1", "a2", "b", "second"]);
}

pub(crate) async fn a_story_event_placed_next_takes_its_parents_turn_among_games(bench: Bench) {
    let store = bench.store_with(placed_next()).await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, game, "first").await;
    enqueue(&store, other, "other").await;

    let first = claim(&store, 1).await.remove(0);
    finish(&store, &first, &["a"]).await;

    assert_eq!(run_all(&store).await, ["a", "other"]);
}

pub(crate) async fn a_story_event_knows_its_parent_and_its_position(bench: Bench) {
    for placement in [StoryEventPlacement::Tail, StoryEventPlacement::Next] {
        let store = bench.store_with(StoreOptions { story_events: placement, ..options() }).await;
        let game = new_game(&store).await;
        let parent = enqueue(&store, game, "first").await;
        enqueue(&store, game, "second").await;
        finish(&store, &claim_one(&store).await, &["a", "b"]).await;

        let (a, b) = (request(&store, parent.child(0)).await, request(&store, parent.child(1)).await);

        assert_eq!((a.kind, a.message.as_str(), a.caused_by), (RequestType::StoryEvent, "a", Some(parent)));
        assert_eq!((b.status, b.attempt, b.message.as_str()), (RequestStatus::Queued, Attempt(0), "b"));
        let ahead = u64::from(placement == StoryEventPlacement::Tail);
        assert_eq!((a.position, b.position), (Some(ahead), Some(ahead + 1)));
        let log = log(&store, game).await;
        for (child, queued) in [&a, &b].into_iter().zip(&log[log.len() - 2..]) {
            assert_eq!(child.cursor.next(), queued.id);
            let Event::RequestQueued(event) = parse(queued) else { panic!("{queued:?}") };
            assert_eq!((event.request_id, event.caused_by), (child.id, Some(parent)));
        }
        run_all(&store).await;
    }
}
