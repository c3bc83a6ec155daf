//! Every step may be repeated after an unknown outcome, answers what it answered first, and writes nothing twice.

use std::time::Duration;

use protocol::IfBusy;
use store::{Claim, Committed, SharedStore, Terms, WorkerId};

use crate::bench::Bench;
use crate::fixture::{
    accept, claim, claim_one, commit_only, completion, enqueue, failure, finish, if_busy, is_lost, message, new_game,
    nonce, request, requests, run_all, turn, worker,
};

pub(crate) async fn enqueuing_again_answers_as_at_first(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    let second = message(game, "second");
    let first_answer = accept(&store, &second, &Terms::default()).await;
    let first_answer = (first_answer.id, first_answer.position, first_answer.cursor);

    let repeat = async || {
        let before = bench.dump().await;
        let answer = accept(&store, &second, &Terms::default()).await;
        assert_eq!((answer.id, answer.position, answer.cursor), first_answer);
        assert_eq!(answer.status, request(&store, second.id).await.status);
        // A caller who does not want to wait is not refused because of its own request.
        assert_eq!(accept(&store, &second, &if_busy(IfBusy::Reject)).await, answer);
        assert_eq!(accept(&store, &second, &if_busy(IfBusy::Interrupt)).await, answer);
        assert!(bench.dump().await == before);
    };
    repeat().await;
    finish(&store, &claim_one(&store).await, &[]).await;
    let claim = claim_one(&store).await;
    repeat().await;
    finish(&store, &claim, &[]).await;
    repeat().await;
}

pub(crate) async fn a_chunk_is_published_once(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let lease = claim_one(&store).await.lease;
    store.publish_chunk(&lease, 1, "You").await.unwrap();
    store.publish_chunk(&lease, 2, " see").await.unwrap();
    let before = bench.dump().await;

    store.publish_chunk(&lease, 2, " see").await.unwrap();
    store.publish_chunk(&lease, 1, "You").await.unwrap();

    assert!(bench.dump().await == before);
}

pub(crate) async fn a_finished_narration_is_published_once(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let lease = claim_one(&store).await.lease;
    store.checkpoint_narration(&lease, 1, "A door.", &completion("A door.")).await.unwrap();
    store.checkpoint_delta(&lease, &completion("{}")).await.unwrap();
    let before = bench.dump().await;

    store.checkpoint_narration(&lease, 1, "A door.", &completion("A door.")).await.unwrap();
    store.checkpoint_delta(&lease, &completion("{}")).await.unwrap();

    assert!(bench.dump().await == before);
}

pub(crate) async fn claiming_again_gives_the_same_claims(bench: Bench) {
    let store = bench.store().await;
    for _ in 0..3 {
        let game = new_game(&store).await;
        enqueue(&store, game, "look").await;
    }
    let nonce = nonce();
    let first = store.claim(&worker(), nonce, 2).await.unwrap().claims;
    let before = bench.dump().await;

    let again = store.claim(&worker(), nonce, 2).await.unwrap().claims;

    assert_eq!(again, first);
    assert!(bench.dump().await == before);
    let others = store.claim(&WorkerId::fixed("bob"), nonce, 2).await.unwrap().claims;
    assert_eq!(others.len(), 1, "another worker's claim is another claim");
}

pub(crate) async fn claiming_again_gives_only_what_still_holds(bench: Bench) {
    let store = bench.store().await;
    let mut games = Vec::new();
    for _ in 0..3 {
        let game = new_game(&store).await;
        enqueue(&store, game, "look").await;
        games.push(game);
    }
    let nonce = nonce();
    let first = store.claim(&worker(), nonce, 3).await.unwrap().claims;
    finish(&store, &first[0], &[]).await;
    bench.expire_lease(games[1]).await;

    let again = store.claim(&worker(), nonce, 3).await.unwrap().claims;
    assert_eq!(again, first[2..]);

    store.release(&first[2].lease).await.unwrap();
    let second = store.claim(&worker(), nonce, 3).await.unwrap().claims;
    assert_eq!(second.iter().map(|claim| claim.lease.game).collect::<Vec<_>>(), games[1..], "a claim of its own");
    assert_eq!(store.claim(&worker(), nonce, 3).await.unwrap().claims, second);
}

pub(crate) async fn committing_again_answers_as_at_first(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;
    let claim = claim_one(&store).await;
    let commit = turn(&claim, &["a", "b"]);
    commit_only(&store, &claim.lease, &commit).await.unwrap();

    let repeat = async || {
        let before = bench.dump().await;
        assert_eq!(commit_only(&store, &claim.lease, &commit).await.unwrap(), Committed::Done);
        assert!(bench.dump().await == before);
    };
    repeat().await;
    let next = claim_one(&store).await;
    repeat().await;
    finish(&store, &next, &[]).await;
    assert_eq!(run_all(&store).await, ["a", "b"]);
    repeat().await;
    assert_eq!(store.history(game, 100).await.unwrap().len(), 8);
}

/// A claim that ends without effect, and the game's next one that ends in the same way.
async fn repeats_change_nothing(bench: &Bench, store: &SharedStore, end: impl AsyncFn(&Claim) -> bool) {
    let game = new_game(store).await;
    enqueue(store, game, "look").await;
    enqueue(store, game, "later").await;
    let first = claim_one(store).await;
    store.publish_chunk(&first.lease, 1, "You see").await.unwrap();
    assert!(end(&first).await);

    let before = bench.dump().await;
    assert!(end(&first).await, "a repeat is answered as the first try was");
    assert!(bench.dump().await == before, "a repeat has written something");

    bench.end_backoff(game).await;
    let second = claim_one(store).await;
    let before = bench.dump().await;
    end(&first).await;
    assert!(bench.dump().await == before, "a late repeat has written something");
    assert_eq!(store.heartbeat(&[second.lease]).await.unwrap(), [true], "a late repeat has ended another lease");
    assert_eq!(requests(&claim(store, 9).await), []);
}

pub(crate) async fn retrying_again_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let end = async |claim: &Claim| {
        let result = store.retry(&claim.lease, Duration::from_mins(1), &failure()).await;
        assert!(result.is_ok() || is_lost(&result), "{result:?}");
        result.is_ok()
    };
    repeats_change_nothing(&bench, &store, end).await;
}

pub(crate) async fn releasing_again_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let end = async |claim: &Claim| {
        let result = store.release(&claim.lease).await;
        assert!(result.is_ok() || is_lost(&result), "{result:?}");
        result.is_ok()
    };
    repeats_change_nothing(&bench, &store, end).await;
}

pub(crate) async fn failing_again_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let end = async |claim: &Claim| {
        let result = store.fail(&claim.lease, &failure()).await;
        assert!(result.is_ok() || is_lost(&result), "{result:?}");
        result.is_ok()
    };
    repeats_change_nothing(&bench, &store, end).await;
    assert_eq!(store.queue().await.unwrap().dead_letters, 1);
}
