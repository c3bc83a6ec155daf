//! The one step in which game, history, status, events and queue meet.

use protocol::{Attempt, RequestStatus};
use store::{Checkpoints, Commit, Committed, GameDocument, StoreOptions};
use story::ChatMessage;

use crate::bench::Bench;
use crate::fixture::{
    claim_one, commit_only, completion, enqueue, finish, log, names, new_game, options, parse, request, run_all, turn,
};

pub(crate) async fn a_commit_writes_all_effects(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;
    store.checkpoint_narration(&claim.lease, 1, "A door.", &completion("A door.")).await.unwrap();
    store.checkpoint_delta(&claim.lease, &completion("{}")).await.unwrap();
    let commit = turn(&claim, &[]);

    assert_eq!(commit_only(&store, &claim.lease, &commit).await.unwrap(), Committed::Done);

    let state = store.game(game).await.unwrap().unwrap();
    assert_eq!((state.version, &state.document), (2, &commit.document));
    assert_eq!(store.history(game, 10).await.unwrap(), commit.turn);
    let done = request(&store, id).await;
    assert_eq!((done.status, done.attempt, done.position), (RequestStatus::Completed, Attempt(1), None));
    assert_eq!(done.result, Some(commit.result));
    assert_eq!(done.checkpoints, Checkpoints::default());
    assert!(done.completed_at >= done.started_at);
    let log = log(&store, game).await;
    assert_eq!(names(&log)[3..], ["game.state_updated", "request.completed"]);
    assert_eq!((parse(&log[3]), log[3].request), (commit.events.state_updated.into(), Some(id)));
    assert_eq!((parse(&log[4]), log[4].request), (commit.events.completed.into(), Some(id)));
    assert_eq!(state.cursor, log[4].id);
    let lane = store.lane(game).await.unwrap();
    assert_eq!((lane.requests, lane.lease.is_some()), (Vec::new(), false));
}

pub(crate) async fn the_next_turn_starts_from_the_committed_state(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;
    finish(&store, &claim_one(&store).await, &[]).await;

    let next = claim_one(&store).await;

    assert_eq!((next.game.version, next.game.document.state.turn_counter), (2, 1));
    assert_eq!(next.history, [ChatMessage::user("first"), ChatMessage::assistant("So: first")]);
    let kept = store.game(game).await.unwrap().unwrap();
    assert_eq!((next.game.version, next.game.document), (kept.version, kept.document));
}

pub(crate) async fn a_commit_from_another_version_writes_nothing(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;
    let commit = turn(&claim, &["a story event"]);
    let before = bench.dump().await;

    let other = Commit {
        base_version: commit.base_version + 1,
        document: GameDocument { provider: "another".to_owned(), ..commit.document.clone() },
        ..commit.clone()
    };
    assert_eq!(commit_only(&store, &claim.lease, &other).await.unwrap(), Committed::VersionChanged);

    assert!(bench.dump().await == before);
    // The lease still holds, so the worker may try again from what it reads.
    assert_eq!(commit_only(&store, &claim.lease, &commit).await.unwrap(), Committed::Done);
}

pub(crate) async fn a_claim_brings_the_end_of_the_history(bench: Bench) {
    let store = bench.store_with(StoreOptions { history_window: 3, ..options() }).await;
    let game = new_game(&store).await;
    for text in ["one", "two", "three"] {
        enqueue(&store, game, text).await;
    }
    run_all(&store).await;
    enqueue(&store, game, "four").await;

    let history: Vec<String> = claim_one(&store).await.history.into_iter().map(|message| message.content).collect();

    assert_eq!(history, ["So: two", "three", "So: three"]);
    assert_eq!(store.history(game, 100).await.unwrap().len(), 6);
}
