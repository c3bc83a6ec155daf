//! Story events that are told in the turn of another one: which they are, and that each has its own end, exactly once.

use std::time::Duration;

use protocol::{Event, GameId, RequestId, RequestStatus};
use store::{Claim, Companion, Completion, DeadLetterRetry, SharedStore, StoreOptions, StoryEventPlacement, TurnRange};

use crate::bench::Bench;
use crate::fixture::{
    claim, claim_one, commit_only, completion, enqueue, failure, finish, is_lost, log, names, new_game, options, parse,
    request, requests, turn, with_companions,
};

fn batched() -> StoreOptions {
    StoreOptions { story_event_batch: 3, ..options() }
}

/// A game whose story events wait after a turn, and their ids.
async fn waiting(store: &SharedStore, prompts: &[&str]) -> (GameId, Vec<RequestId>) {
    let game = new_game(store).await;
    let parent = enqueue(store, game, "first").await;
    finish(store, &claim_one(store).await, prompts).await;
    (game, (0..prompts.len()).map(|n| parent.child(n)).collect())
}

fn ids(claim: &Claim) -> Vec<RequestId> {
    claim.companions.iter().map(|companion| companion.request_id).collect()
}

/// Commits a turn with these companions, which must succeed.
async fn finish_with(store: &SharedStore, claim: &Claim, companions: &[Companion], prompts: &[&str]) {
    let commit = with_companions(turn(claim, prompts), claim, companions);
    commit_only(store, &claim.lease, &commit).await.unwrap();
}

async fn statuses(store: &SharedStore, ids: &[RequestId]) -> Vec<RequestStatus> {
    let mut statuses = Vec::new();
    for id in ids {
        statuses.push(request(store, *id).await.status);
    }
    statuses
}

/// A narration that tells companions.
fn narration(companions: &[Companion]) -> Completion {
    Completion { also_told: companions.to_vec(), ..completion("So it is.") }
}

pub(crate) async fn a_claim_brings_the_story_events_that_wait_directly_behind_its_own(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (game, events) = waiting(&store, &["a", "say \"b\"\n€", "c", "d"]).await;

    let claim = claim_one(&store).await;

    assert_eq!((claim.lease.request, ids(&claim)), (events[0], events[1..3].to_vec()));
    assert_eq!(claim.companions[0].prompt, "say \"b\"\n€");
    // They stay where they are until the commit.
    assert_eq!(store.lane(game).await.unwrap().requests, events);
    assert_eq!(statuses(&store, &events[1..]).await, [RequestStatus::Queued; 3]);
    assert_eq!(store.queue().await.unwrap().story_events, 3);
}

pub(crate) async fn only_what_nothing_separates_is_told_together(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (game, events) = waiting(&store, &["a", "b", "c"]).await;
    store.cancel(events[1]).await.unwrap();
    let message = enqueue(&store, game, "I look.").await;

    let claim = claim_one(&store).await;
    assert_eq!(ids(&claim), [events[2]], "the cancelled one is no more between them, and the message is behind them");
    finish(&store, &claim, &["d"]).await;
    let (last, d) = (claim_one(&store).await, events[0].child(0));
    assert_eq!((last.lease.request, ids(&last)), (events[2], vec![]), "the message separates it from the next one");
    finish(&store, &last, &[]).await;
    let player = claim_one(&store).await;
    assert_eq!((player.lease.request, ids(&player)), (message, vec![]), "a message is told by itself");
    finish(&store, &player, &[]).await;
    assert_eq!(claim_one(&store).await.lease.request, d);
}

pub(crate) async fn each_story_event_has_its_own_turn_unless_told_otherwise(bench: Bench) {
    let store = bench.store().await;
    waiting(&store, &["a", "b"]).await;
    assert_eq!(ids(&claim_one(&store).await), []);
}

pub(crate) async fn a_commit_completes_the_companions_of_its_turn(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (game, events) = waiting(&store, &["a", "b", "c"]).await;
    let before = log(&store, game).await.len();
    let claim = claim_one(&store).await;

    finish_with(&store, &claim, &claim.companions, &["d"]).await;

    assert_eq!(statuses(&store, &events).await, [RequestStatus::Completed; 3]);
    let entries = log(&store, game).await;
    let expected = [
        ("request.processing", events[0]),
        ("game.state_updated", events[0]),
        ("request.completed", events[0]),
        ("request.processing", events[1]),
        ("request.completed", events[1]),
        ("request.processing", events[2]),
        ("request.completed", events[2]),
        ("request.queued", events[0].child(0)),
    ];
    let told: Vec<_> = entries[before..].iter().map(|entry| (entry.name.as_str(), entry.request.unwrap())).collect();
    assert_eq!(told, expected);
    let Event::RequestCompleted(completed) = parse(&entries[before + 4]) else { panic!("{entries:?}") };
    assert_eq!((completed.result.told_with, completed.result.message.as_str()), (Some(events[0]), ""));
    let companion = request(&store, events[1]).await;
    assert_eq!((companion.attempt.0, companion.result), (1, Some(completed.result)));
    assert!(companion.started_at.is_some() && companion.completed_at.is_some());
    // One turn.
    assert_eq!(store.turns(game, TurnRange::From(0), 9).await.unwrap().turns.len(), 2);
    assert_eq!(store.history(game, 9).await.unwrap().len(), 4);
    // Nothing of them is left in the queue.
    assert_eq!(store.lane(game).await.unwrap().requests, [events[0].child(0)]);
    assert_eq!(request(&store, events[0].child(0)).await.position, Some(0));
    let queue = store.queue().await.unwrap();
    assert_eq!((queue.depth, queue.story_events), (1, 1));
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn committing_companions_again_answers_as_at_first(bench: Bench) {
    let store = bench.store_with(batched()).await;
    waiting(&store, &["a", "b", "c", "d"]).await;
    let claim = claim_one(&store).await;
    let commit = with_companions(turn(&claim, &[]), &claim, &claim.companions);
    let first = commit_only(&store, &claim.lease, &commit).await.unwrap();

    let before = bench.dump().await;
    assert_eq!(commit_only(&store, &claim.lease, &commit).await.unwrap(), first);
    assert!(bench.dump().await == before);
}

pub(crate) async fn a_companion_that_was_cancelled_stays_so_and_the_turn_goes_on(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (game, events) = waiting(&store, &["a", "b", "c"]).await;
    let claim = claim_one(&store).await;
    store.cancel(events[1]).await.unwrap();
    assert_eq!(store.heartbeat(std::slice::from_ref(&claim.lease)).await.unwrap(), [true]);

    finish_with(&store, &claim, &claim.companions, &[]).await;

    let ended = [RequestStatus::Completed, RequestStatus::Cancelled, RequestStatus::Completed];
    assert_eq!(statuses(&store, &events).await, ended);
    let log = log(&store, game).await;
    assert_eq!(log.iter().filter(|entry| entry.request == Some(events[1])).count(), 2, "queued, cancelled");
}

pub(crate) async fn an_attempt_that_is_over_takes_no_companion_along(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (game, events) = waiting(&store, &["a", "b"]).await;
    let lost = claim_one(&store).await;
    let commit = with_companions(turn(&lost, &[]), &lost, &lost.companions);
    bench.expire_lease(game).await;
    let again = claim_one(&store).await;
    assert_eq!(ids(&again), ids(&lost), "the next attempt tells the same");

    let before = bench.dump().await;
    assert!(is_lost(&commit_only(&store, &lost.lease, &commit).await));
    assert!(bench.dump().await == before);
    finish_with(&store, &again, &again.companions, &[]).await;
    let before = bench.dump().await;
    assert!(is_lost(&commit_only(&store, &lost.lease, &commit).await));
    assert!(bench.dump().await == before);
    assert_eq!(statuses(&store, &events).await, [RequestStatus::Completed; 2]);
}

pub(crate) async fn an_attempt_that_does_not_commit_leaves_its_companions_as_they_are(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (_, events) = waiting(&store, &["a", "b", "c"]).await;

    store.release(&claim_one(&store).await.lease).await.unwrap();
    assert_eq!(statuses(&store, &events).await, [RequestStatus::Queued; 3]);
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();

    let ended = [RequestStatus::Failed, RequestStatus::Queued, RequestStatus::Queued];
    assert_eq!(statuses(&store, &events).await, ended);
    let next = claim_one(&store).await;
    assert_eq!((next.lease.request, next.lease.attempt.0, ids(&next)), (events[1], 1, vec![events[2]]));
}

pub(crate) async fn a_head_of_which_an_attempt_has_failed_is_told_by_itself(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (game, events) = waiting(&store, &["a", "b"]).await;
    store.retry(&claim_one(&store).await.lease, Duration::from_hours(1), &failure()).await.unwrap();
    bench.end_backoff(game).await;

    let again = claim_one(&store).await;
    assert_eq!((again.lease.request, ids(&again)), (events[0], vec![]));
}

pub(crate) async fn a_later_attempt_completes_those_that_the_narration_has_told_and_no_others(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (game, events) = waiting(&store, &["a", "b", "c"]).await;
    let first = claim_one(&store).await;
    store.checkpoint_narration(&first.lease, 1, "So it is.", &narration(&first.companions[..1])).await.unwrap();
    bench.expire_lease(game).await;

    let second = claim_one(&store).await;

    assert_eq!(ids(&second), [], "nothing joins a narration that is finished");
    let told = second.request.checkpoints.narration.clone().unwrap().also_told;
    assert_eq!(told, first.companions[..1]);
    finish_with(&store, &second, &told, &[]).await;
    let ended = [RequestStatus::Completed, RequestStatus::Completed, RequestStatus::Queued];
    assert_eq!(statuses(&store, &events).await, ended);
    assert_eq!(claim_one(&store).await.lease.request, events[2]);
}

pub(crate) async fn an_earlier_release_that_goes_on_completes_the_head_alone(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (game, events) = waiting(&store, &["a", "b"]).await;
    let first = claim_one(&store).await;
    store.checkpoint_narration(&first.lease, 1, "So it is.", &narration(&first.companions)).await.unwrap();
    bench.expire_lease(game).await;

    // It reads nothing of companions, so its commit names none.
    finish(&store, &claim_one(&store).await, &[]).await;

    assert_eq!(statuses(&store, &events).await, [RequestStatus::Completed, RequestStatus::Queued]);
    assert_eq!(claim_one(&store).await.lease.request, events[1], "it is told by itself");
}

pub(crate) async fn a_story_event_that_was_read_already_is_told_by_itself(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (game, events) = waiting(&store, &["a"]).await;
    let failed = claim_one(&store).await;
    store.checkpoint_narration(&failed.lease, 1, "So it is.", &narration(&[])).await.unwrap();
    store.fail(&failed.lease, &failure()).await.unwrap();
    let parent = enqueue(&store, game, "second").await;
    finish(&store, &claim_one(&store).await, &["b"]).await;
    assert!(matches!(store.retry_dead_letter(events[0]).await.unwrap(), DeadLetterRetry::Queued(_)));

    let claim = claim_one(&store).await;

    assert_eq!((claim.lease.request, ids(&claim)), (parent.child(0), vec![]));
    // Nor does a narration complete it that told it before it was read.
    let told = Companion { request_id: events[0], prompt: "a".to_owned() };
    finish_with(&store, &claim, &[told], &[]).await;
    assert_eq!(claim_one(&store).await.lease.request, events[0]);
}

pub(crate) async fn a_dead_letter_that_told_others_completes_those_that_still_wait(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (_, events) = waiting(&store, &["a", "b"]).await;
    let failed = claim_one(&store).await;
    store.checkpoint_narration(&failed.lease, 1, "So it is.", &narration(&failed.companions)).await.unwrap();
    store.fail(&failed.lease, &failure()).await.unwrap();
    finish(&store, &claim_one(&store).await, &[]).await;
    store.retry_dead_letter(events[0]).await.unwrap();
    let before = request(&store, events[1]).await;

    let retried = claim_one(&store).await;
    let told = retried.request.checkpoints.narration.clone().unwrap().also_told;
    finish_with(&store, &retried, &told, &[]).await;

    assert_eq!(statuses(&store, &events).await, [RequestStatus::Completed; 2]);
    assert_eq!(request(&store, events[1]).await, before, "it had its own turn meanwhile");
}

pub(crate) async fn a_dead_letter_that_another_one_tells_keeps_no_error(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let (_, events) = waiting(&store, &["a", "b"]).await;
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    store.retry_dead_letter(events[0]).await.unwrap();
    let claim = claim_one(&store).await;
    assert_eq!((claim.lease.request, ids(&claim)), (events[1], vec![events[0]]));

    finish_with(&store, &claim, &claim.companions, &[]).await;

    let completed = request(&store, events[0]).await;
    assert_eq!((completed.status, completed.error), (RequestStatus::Completed, None));
}

pub(crate) async fn a_commit_from_another_version_completes_no_companion(bench: Bench) {
    let store = bench.store_with(batched()).await;
    waiting(&store, &["a", "b"]).await;
    let claim = claim_one(&store).await;
    let mut commit = with_companions(turn(&claim, &[]), &claim, &claim.companions);
    commit.base_version += 1;
    let before = bench.dump().await;
    commit_only(&store, &claim.lease, &commit).await.unwrap();
    assert!(bench.dump().await == before);
}

pub(crate) async fn turns_that_end_together_take_their_own_companions_along(bench: Bench) {
    let store = bench.store_with(batched()).await;
    let mut games = Vec::new();
    for _ in 0..2 {
        let game = new_game(&store).await;
        games.push((game, enqueue(&store, game, "first").await));
    }
    for (claim, prompts) in claim(&store, 2).await.iter().zip([&["a", "b", "c"][..], &["d", "e"]]) {
        finish(&store, claim, prompts).await;
    }
    let [(one, first), (other, second)] = games[..] else { panic!("there are two games") };
    let (ones, others) = ([0, 1, 2].map(|n| first.child(n)), [0, 1].map(|n| second.child(n)));
    let claims = claim(&store, 2).await;
    assert_eq!(requests(&claims), [ones[0], others[0]]);

    tokio::join!(
        finish_with(&store, &claims[0], &claims[0].companions, &["f"]),
        finish_with(&store, &claims[1], &claims[1].companions, &["g", "h"]),
    );

    assert_eq!(statuses(&store, &ones).await, [RequestStatus::Completed; 3]);
    assert_eq!(statuses(&store, &others).await, [RequestStatus::Completed; 2]);
    assert_eq!(store.lane(one).await.unwrap().requests, [ones[0].child(0)]);
    assert_eq!(store.lane(other).await.unwrap().requests, [others[0].child(0), others[0].child(1)]);
}

pub(crate) async fn story_events_of_a_batch_that_are_placed_next_come_before_what_waits(bench: Bench) {
    let options = StoreOptions { story_events: StoryEventPlacement::Next, ..batched() };
    let store = bench.store_with(options).await;
    let (game, events) = waiting(&store, &["a", "b", "c", "d"]).await;
    let message = enqueue(&store, game, "I look.").await;
    let claim = claim_one(&store).await;

    finish_with(&store, &claim, &claim.companions, &["e", "f"]).await;

    let children = [events[0].child(0), events[0].child(1)];
    assert_eq!(store.lane(game).await.unwrap().requests, [children[0], children[1], events[3], message]);
    assert_eq!(ids(&claim_one(&store).await), [children[1], events[3]]);
}

pub(crate) async fn a_companion_is_forgotten_when_its_time_is_over(bench: Bench) {
    let store = bench.store_with(StoreOptions { status_ttl: Duration::from_millis(1), ..batched() }).await;
    let (game, events) = waiting(&store, &["a", "b"]).await;
    let claim = claim_one(&store).await;
    finish_with(&store, &claim, &claim.companions, &[]).await;
    crate::fixture::until("its status is gone", async || {
        store.request(events[1]).await.unwrap().is_none().then_some(())
    })
    .await;
    assert!(names(&log(&store, game).await).contains(&"request.completed"));
}
