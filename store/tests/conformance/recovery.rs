//! The leases of a dead worker are recovered: in order, by the next attempt, from the last checkpoint.

use protocol::{Attempt, Event, ProblemType, RequestStatus};

use crate::bench::Bench;
use crate::fixture::{
    ATTEMPTS, claim, claim_one, completion, enqueue, finish, latest, log, names, new_game, request, requests, run_all,
};

pub(crate) async fn an_abandoned_request_is_recovered_by_the_next_attempt(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    enqueue(&store, game, "later").await;
    let first = claim_one(&store).await;
    assert_eq!(first.lease.attempt, Attempt(1));

    bench.expire_lease(game).await;
    let second = claim_one(&store).await;

    assert_eq!((second.lease.request, second.lease.attempt), (id, Attempt(2)));
    assert_eq!(request(&store, id).await.status, RequestStatus::Processing);
    let Event::RequestProcessing(processing) = latest(&store, game, "request.processing").await else {
        panic!("no event")
    };
    assert_eq!(processing.attempt, Attempt(2));
    finish(&store, &second, &[]).await;
    assert_eq!(run_all(&store).await, ["later"]);
}

pub(crate) async fn checkpoints_survive_a_recovery(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let first = claim_one(&store).await;
    store.checkpoint_narration(&first.lease, 1, "You see a door.", &completion("You see a door.")).await.unwrap();

    bench.expire_lease(game).await;
    let second = claim_one(&store).await;
    assert_eq!(second.request.checkpoints.narration, Some(completion("You see a door.")));
    assert_eq!(second.request.checkpoints.delta, None);
    store.checkpoint_delta(&second.lease, &completion("{\"delta\":[]}")).await.unwrap();

    bench.expire_lease(game).await;
    let third = claim_one(&store).await;
    assert_eq!(third.request.checkpoints.narration, Some(completion("You see a door.")));
    assert_eq!(third.request.checkpoints.delta, Some(completion("{\"delta\":[]}")));
}

pub(crate) async fn text_that_was_shown_but_not_saved_is_declared_void(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let first = claim_one(&store).await;
    store.publish_chunk(&first.lease, 1, "You see").await.unwrap();

    bench.expire_lease(game).await;
    let second = claim_one(&store).await;
    // The next attempt counts its chunks from 1 again.
    store.publish_chunk(&second.lease, 1, "There is").await.unwrap();

    let log = log(&store, game).await;
    assert_eq!(
        names(&log),
        [
            "request.queued",
            "request.processing",
            "chat.chunk",
            "attempt.superseded",
            "request.processing",
            "chat.chunk",
        ]
    );
    let Event::AttemptSuperseded(superseded) = latest(&store, game, "attempt.superseded").await else {
        panic!("no event")
    };
    assert_eq!(superseded.attempt, Attempt(1));
}

pub(crate) async fn text_that_was_saved_stays_valid(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let first = claim_one(&store).await;
    store.publish_chunk(&first.lease, 1, "You see").await.unwrap();
    store.checkpoint_narration(&first.lease, 2, " a door.", &completion("You see a door.")).await.unwrap();

    bench.expire_lease(game).await;
    claim_one(&store).await;

    let log = log(&store, game).await;
    assert!(!names(&log).contains(&"attempt.superseded"), "{:?}", names(&log));
}

pub(crate) async fn an_attempt_that_showed_nothing_makes_nothing_void(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    claim_one(&store).await;

    bench.expire_lease(game).await;
    claim_one(&store).await;

    assert_eq!(names(&log(&store, game).await), ["request.queued", "request.processing", "request.processing"]);
}

pub(crate) async fn a_request_whose_attempts_are_all_lost_becomes_a_dead_letter(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    enqueue(&store, game, "later").await;
    for attempt in 1..=ATTEMPTS {
        assert_eq!(claim_one(&store).await.lease.attempt, Attempt(attempt));
        bench.expire_lease(game).await;
    }

    let next = claim_one(&store).await;

    assert_eq!(next.request.message, "later");
    let dead = request(&store, id).await;
    assert_eq!((dead.status, dead.attempt), (RequestStatus::Failed, Attempt(ATTEMPTS)));
    assert_eq!(dead.error.unwrap().problem_type(), Some(ProblemType::AttemptsExhausted));
    assert!(dead.completed_at.is_some());
    let Event::RequestFailed(failed) = latest(&store, game, "request.failed").await else { panic!("no event") };
    assert_eq!((failed.request_id, failed.attempt), (id, Attempt(ATTEMPTS)));
    assert_eq!(store.queue().await.unwrap().dead_letters, 1);
    assert_eq!(store.game(game).await.unwrap().unwrap().version, 1);
}

pub(crate) async fn abandoned_games_are_recovered_in_arrival_order(bench: Bench) {
    let store = bench.store().await;
    let mut expected = Vec::new();
    for _ in 0..4 {
        let game = new_game(&store).await;
        expected.push((game, enqueue(&store, game, "look").await));
    }
    claim(&store, 4).await;
    let late = new_game(&store).await;
    let last = enqueue(&store, late, "look").await;

    // They pass in another order than they arrived.
    for (game, _) in expected.iter().rev() {
        bench.expire_lease(*game).await;
    }

    let mut order: Vec<_> = expected.iter().map(|(_, request)| *request).collect();
    order.push(last);
    assert_eq!(requests(&claim(&store, 9).await), order);
}

pub(crate) async fn however_many_games_were_abandoned_all_are_recovered(bench: Bench) {
    const GAMES: usize = 150;
    let store = bench.store().await;
    let mut games = Vec::new();
    for _ in 0..GAMES {
        let game = new_game(&store).await;
        enqueue(&store, game, "look").await;
        games.push(game);
    }
    assert_eq!(claim(&store, GAMES).await.len(), GAMES);
    for game in games {
        bench.expire_lease(game).await;
    }

    // One claim looks after a bounded number of them, and says that there is more to do at once.
    let mut recovered = 0;
    while recovered < GAMES {
        let claims = store.claim(&crate::fixture::worker(), crate::fixture::nonce(), GAMES).await.unwrap();
        assert!(!claims.claims.is_empty(), "{recovered} of {GAMES} were recovered");
        recovered += claims.claims.len();
        if recovered < GAMES {
            assert_eq!(claims.next_due, Some(std::time::Duration::ZERO));
        }
    }
}

pub(crate) async fn a_game_that_cannot_be_read_holds_up_no_other(bench: Bench) {
    let store = bench.store().await;
    let (first, spoilt, last) = (new_game(&store).await, new_game(&store).await, new_game(&store).await);
    let (a, unreadable, b) =
        (enqueue(&store, first, "a").await, enqueue(&store, spoilt, "never").await, enqueue(&store, last, "b").await);
    bench.spoil(spoilt).await;

    assert_eq!(requests(&claim(&store, 3).await), [a, b]);

    let given_up = request(&store, unreadable).await;
    assert_eq!(given_up.status, RequestStatus::Failed);
    assert!(given_up.error.unwrap().detail.contains("cannot be read"));
    assert_eq!(store.queue().await.unwrap().dead_letters, 1);
    let found = store.inspect(false).await.unwrap().inconsistencies;
    let about: Vec<_> = found.iter().map(|found| (found.game, found.what.contains("cannot be read"))).collect();
    assert_eq!(about, [(Some(spoilt), true)], "nothing else is wrong: {found:?}");
}
