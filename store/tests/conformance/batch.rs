//! Turns that end at the same time: a store may write them in one step, and each is still a step of its own.

use futures::future::join_all;
use protocol::GameId;
use store::{Claim, Commit, CommitAndClaim, Committed, SharedStore, StoreError};

use crate::bench::Bench;
use crate::fixture::{
    claim, completion, enqueue, finish, is_lost, log, names, new_game, nonce, requests, run_all, turn, worker,
};

/// Games with a request in processing each, and one more behind it.
async fn running(store: &SharedStore, count: usize) -> (Vec<GameId>, Vec<Claim>) {
    let mut games = Vec::new();
    for _ in 0..count {
        let game = new_game(store).await;
        enqueue(store, game, "first").await;
        games.push(game);
    }
    let claims = claim(store, count).await;
    for game in &games {
        enqueue(store, *game, "second").await;
    }
    (games, claims)
}

/// Ends all turns at the same time: the calls are there before the first of them has gone out.
async fn end_together(store: &SharedStore, turns: &[(&Claim, Commit, u64)]) -> Vec<CommitAndClaim> {
    let worker = worker();
    let end = |(claim, commit, nonce)| store.commit_and_claim(claim, commit, &worker, nonce, 1);
    join_all(turns.iter().map(|(claim, commit, nonce)| end((&claim.lease, commit, *nonce)))).await
}

pub(crate) async fn turns_that_end_together_each_have_their_own_outcome(bench: Bench) {
    let store = bench.store().await;
    let (games, claims) = running(&store, 6).await;
    // The second has lost its lease, the third starts from a game that is another one, the fifth has ended already.
    bench.expire_lease(games[1]).await;
    finish(&store, &claims[4], &[]).await;
    let mut turns: Vec<_> = claims.iter().map(|claim| (claim, turn(claim, &["event"]), nonce())).collect();
    turns[2].1.base_version = 7;
    turns[4].1.story_events.clear();

    let answers: Vec<_> = end_together(&store, &turns).await.into_iter().map(|over| over.committed).collect();

    for n in [0, 3, 4, 5] {
        assert!(matches!(answers[n], Ok(Committed::Done)), "{:?}", answers[n]);
    }
    assert!(is_lost(&answers[1]), "{:?}", answers[1]);
    assert!(matches!(answers[2], Ok(Committed::VersionChanged)), "{:?}", answers[2]);
    for (n, version) in [2, 1, 1, 2, 2, 2].into_iter().enumerate() {
        assert_eq!(store.game(games[n]).await.unwrap().unwrap().version, version, "of game {n}");
    }
}

pub(crate) async fn slots_that_are_freed_together_are_filled_in_arrival_order(bench: Bench) {
    let store = bench.store().await;
    let (_, claims) = running(&store, 4).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let game = new_game(&store).await;
        waiting.push(enqueue(&store, game, "later").await);
    }
    let turns: Vec<_> = claims.iter().map(|claim| (claim, turn(claim, &[]), nonce())).collect();

    let next: Vec<_> = end_together(&store, &turns).await.into_iter().flat_map(|over| over.claims.claims).collect();

    assert_eq!(next.len(), 4, "every slot has something to do");
    assert!(next.iter().all(|claim| !waiting.contains(&claim.lease.request)), "what came later waits");
    let rest = claim(&store, 9).await;
    assert_eq!(requests(&rest), waiting);
    for claim in next.iter().chain(&rest) {
        finish(&store, claim, &[]).await;
    }
    assert!(run_all(&store).await.is_empty());
}

pub(crate) async fn turns_that_ended_together_answer_a_repeat_as_at_first(bench: Bench) {
    let store = bench.store().await;
    let (games, claims) = running(&store, 5).await;
    let turns: Vec<_> = claims.iter().map(|claim| (claim, turn(claim, &["event"]), nonce())).collect();
    let first = end_together(&store, &turns).await;
    assert!(first.iter().all(|over| over.claims.claims.len() == 1));
    let before = bench.dump().await;

    let again = end_together(&store, &turns).await;
    // Nor does it matter in which company a turn is ended again.
    let mut alone = Vec::new();
    for turn in turns.iter().rev() {
        alone.extend(end_together(&store, std::slice::from_ref(turn)).await);
    }
    alone.reverse();

    for repeats in [again, alone] {
        for (repeat, first) in repeats.iter().zip(&first) {
            assert_eq!(repeat.committed.as_ref().unwrap(), first.committed.as_ref().unwrap());
            assert_eq!(repeat.claims.claims, first.claims.claims);
        }
    }
    assert!(bench.dump().await == before, "a repeat has written something");
    for game in games {
        let log = log(&store, game).await;
        assert_eq!(names(&log).iter().filter(|name| **name == "request.completed").count(), 1);
    }
}

#[tokio::test]
async fn a_request_that_is_no_text_spoils_no_turn_of_its_call() {
    crate::bench::on_redis(|bench| async move {
        let store = bench.store().await;
        let (games, claims) = running(&store, 5).await;
        let (mut connection, prefix) = bench.owner_of(games[2]).await;
        let history = format!("{prefix}game-history:{}", games[2]);
        redis::cmd("RPUSH").arg(&history).arg(b"\xff").query_async::<()>(&mut connection).await.unwrap();
        let turns: Vec<_> = claims.iter().map(|claim| (claim, turn(claim, &[]), nonce())).collect();

        let all = end_together(&store, &turns).await;

        assert!(all.iter().all(|over| matches!(over.committed, Ok(Committed::Done))), "{all:?}");
        let next: Vec<_> = all.iter().flat_map(|over| &over.claims.claims).map(|claim| claim.lease.game).collect();
        assert_eq!(next.len(), 4);
        assert!(!next.contains(&games[2]));
        let letters = store.dead_letters(None, 9).await.unwrap().dead_letters;
        assert_eq!(
            letters.iter().map(|letter| letter.game_id).collect::<Vec<_>>(),
            [games[2]],
            "it is not a dead letter"
        );
    })
    .await;
}

#[tokio::test]
async fn a_turn_that_redis_cannot_write_spoils_no_other() {
    crate::bench::on_redis(|bench| async move {
        let store = bench.store().await;
        let (games, claims) = running(&store, 5).await;
        let (mut connection, prefix) = bench.owner_of(games[2]).await;
        let history = format!("{prefix}game-history:{}", games[2]);
        redis::cmd("SET").arg(&history).arg("no list").query_async::<()>(&mut connection).await.unwrap();
        let turns: Vec<_> = claims.iter().map(|claim| (claim, turn(claim, &[]), nonce())).collect();

        let all = end_together(&store, &turns).await;

        for (n, over) in all.iter().enumerate() {
            match &over.committed {
                Err(StoreError::Corrupt { reason, .. }) if n == 2 => assert!(reason.contains("WRONGTYPE"), "{reason}"),
                committed => assert!(n != 2 && matches!(committed, Ok(Committed::Done)), "of game {n}: {committed:?}"),
            }
        }
        let state = store.game(games[2]).await.unwrap().unwrap();
        assert_eq!((state.version, names(&log(&store, games[2]).await)[..].contains(&"request.completed")), (1, false));
        assert!(store.lane(games[2]).await.unwrap().lease.is_some(), "nothing of it was written");
        redis::cmd("DEL").arg(&history).query_async::<()>(&mut connection).await.unwrap();
        finish(&store, &claims[2], &[]).await;
    })
    .await;
}

#[tokio::test]
async fn a_game_that_redis_cannot_lease_spoils_no_other() {
    crate::bench::on_redis(|bench| async move {
        let store = bench.store().await;
        let mut games = Vec::new();
        for _ in 0..3 {
            let game = new_game(&store).await;
            enqueue(&store, game, "first").await;
            games.push(game);
        }
        let claims = claim(&store, 3).await;
        // Without its event in the log, a lease is not made.
        let other = new_game(&store).await;
        let spoiled = enqueue(&store, other, "spoiled").await;
        let (mut connection, prefix) = bench.owner_of(other).await;
        let log = format!("{prefix}game-events:{other}");
        redis::pipe().del(&log).set(&log, "no stream").query_async::<()>(&mut connection).await.unwrap();
        for game in games {
            enqueue(&store, game, "second").await;
        }
        let turns: Vec<_> = claims.iter().map(|claim| (claim, turn(claim, &[]), nonce())).collect();

        let all = end_together(&store, &turns).await;

        assert!(all.iter().all(|over| matches!(over.committed, Ok(Committed::Done))));
        let next: Vec<_> = all.into_iter().flat_map(|over| over.claims.claims).collect();
        assert_eq!(next.len(), 2, "the slot that got the spoiled one waits for what comes next");
        assert!(!requests(&next).contains(&spoiled));
        for claim in &next {
            finish(&store, claim, &[]).await;
        }
        assert_eq!(run_all(&store).await, ["second"]);
    })
    .await;
}

#[tokio::test]
async fn scripts_that_redis_has_forgotten_are_sent_again() {
    crate::bench::on_redis(|bench| async move {
        let store = bench.store().await;
        let (games, claims) = running(&store, 3).await;
        let (mut connection, _) = bench.owner_of(games[0]).await;
        let turns: Vec<_> = claims.iter().map(|claim| (claim, turn(claim, &[]), nonce())).collect();
        redis::cmd("SCRIPT").arg("FLUSH").query_async::<()>(&mut connection).await.unwrap();

        let all = end_together(&store, &turns).await;

        assert!(all.iter().all(|over| matches!(over.committed, Ok(Committed::Done)) && over.claims.claims.len() == 1));
    })
    .await;
}

pub(crate) async fn chunks_that_are_published_together_each_have_their_own_outcome(bench: Bench) {
    let store = bench.store().await;
    let (games, claims) = running(&store, 5).await;
    // The second has lost its lease, the fourth publishes the end of its narration.
    bench.expire_lease(games[1]).await;
    let whole = completion("So it is.");
    let publish = async |number: usize| {
        let lease = &claims[number].lease;
        match number {
            3 => store.checkpoint_narration(lease, 1, "So it is.", &whole).await,
            _ => store.publish_chunk(lease, 1, "So").await,
        }
    };

    for what in ["at first", "repeated"] {
        let outcomes = join_all((0..games.len()).map(&publish)).await;
        for (number, outcome) in outcomes.iter().enumerate() {
            assert_eq!(is_lost(outcome), number == 1, "{what}, game {number}: {outcome:?}");
            assert_eq!(outcome.is_ok(), number != 1, "{what}, game {number}: {outcome:?}");
        }
        for (number, game) in games.iter().enumerate() {
            let log = log(&store, *game).await;
            let chunks = log.iter().filter(|event| event.name == "chat.chunk").count();
            assert_eq!(chunks, usize::from(number != 1), "{what}, game {number}");
        }
    }
    let narrations = claims.iter().map(async |claim| {
        let request = store.request(claim.lease.request).await.unwrap().unwrap();
        request.checkpoints.narration.is_some()
    });
    assert_eq!(join_all(narrations).await, [false, false, false, true, false]);
}
