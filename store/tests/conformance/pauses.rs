//! What operators pause is not claimed; everything else goes on, and nothing is lost or comes out of order.

use std::time::Duration;

use protocol::{GameId, LaneState, Pause, PauseScope, RequestStatus};
use store::{CommitAndClaim, Paused, ProviderOptions, ProviderPolicy, SharedStore, StoreOptions};

use crate::bench::Bench;
use crate::fixture::{
    claim, claim_one, enqueue, failure, fault, finish, log, names, new_game, new_game_of, nonce, options, request,
    requests, run_all, turn, until, until_another_is_given_up, worker,
};
use crate::waiting::assert_wakes;

const ALL: PauseScope = PauseScope::All {};

fn provider(name: &str) -> PauseScope {
    PauseScope::Provider { provider: name.to_owned() }
}

fn game(game_id: GameId) -> PauseScope {
    PauseScope::Game { game_id }
}

async fn pause(store: &SharedStore, scope: &PauseScope) -> Pause {
    match store.pause_queue(scope, "key 1 (operator)").await.unwrap() {
        Paused::Done(pause) => pause,
        refused => panic!("{refused:?}"),
    }
}

async fn resume(store: &SharedStore, scope: &PauseScope) {
    assert_eq!(store.resume_queue(scope).await.unwrap().map(|pause| pause.what), Some(scope.clone()));
}

pub(crate) async fn nothing_is_claimed_while_everything_is_paused_and_then_all_in_order(bench: Bench) {
    let store = bench.store().await;
    let games = [new_game(&store).await, new_game_of(&store, "other").await, new_game(&store).await];
    enqueue(&store, games[0], "first").await;
    pause(&store, &ALL).await;
    enqueue(&store, games[1], "second").await;
    enqueue(&store, games[2], "third").await;
    enqueue(&store, games[0], "fourth").await;

    assert_eq!(claim(&store, 9).await, []);
    let queue = store.queue().await.unwrap();
    assert_eq!((queue.depth, queue.ready, queue.paused), (4, 0, 3));
    let lane = store.lane(games[0]).await.unwrap();
    assert_eq!((lane.state, lane.waits_for), (LaneState::Paused, None));
    assert_eq!(store.lanes(9).await.unwrap().lanes.len(), 3);

    resume(&store, &ALL).await;
    assert_eq!(run_all(&store).await, ["first", "second", "third", "fourth"]);
}

pub(crate) async fn the_games_of_a_paused_provider_wait_and_it_serves_no_others(bench: Bench) {
    let policy = |fallback: &str| ProviderPolicy { fallback: vec![fallback.to_owned()], ..ProviderPolicy::default() };
    let policies = [("offline".to_owned(), policy("other")), ("other".to_owned(), policy("offline"))];
    let providers = ProviderOptions { policies: policies.into(), ..ProviderOptions::default() };
    let store = bench.store_with(StoreOptions { providers, ..options() }).await;
    let (waiting, other) = (new_game(&store).await, new_game_of(&store, "other").await);
    pause(&store, &provider("offline")).await;
    enqueue(&store, waiting, "waits").await;
    enqueue(&store, other, "goes on").await;

    let claimed = claim_one(&store).await;
    assert_eq!(claimed.lease.game, other);
    let lane = store.lane(waiting).await.unwrap();
    assert_eq!((lane.state, lane.waits_for.as_deref()), (LaneState::Paused, Some("offline")));
    store.pause(&claimed.lease, &fault("other")).await.unwrap();
    assert_eq!(claim(&store, 9).await, [], "the fallback of the other is paused");

    resume(&store, &provider("offline")).await;
    let served: Vec<_> =
        claim(&store, 9).await.into_iter().map(|claim| (claim.lease.game, claim.provider.name)).collect();
    assert_eq!(served, [(waiting, "offline".to_owned()), (other, "offline".to_owned())]);
}

pub(crate) async fn a_paused_game_waits_and_others_go_on(bench: Bench) {
    let store = bench.store().await;
    let (waiting, other) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, waiting, "first").await;
    pause(&store, &game(waiting)).await;
    enqueue(&store, other, "second").await;
    enqueue(&store, waiting, "third").await;

    let queue = store.queue().await.unwrap();
    assert_eq!((queue.depth, queue.ready, queue.paused), (3, 1, 1));
    let lane = store.lane(waiting).await.unwrap();
    assert_eq!((lane.state, lane.waits_for), (LaneState::Paused, None));
    assert_eq!(requests(&claim(&store, 9).await).len(), 1);
    resume(&store, &game(waiting)).await;
    assert_eq!(run_all(&store).await, ["first", "third"]);
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn a_game_that_is_paused_in_any_state_waits_once_it_would_be_ready(bench: Bench) {
    let store = bench.store().await;
    for ending in ["commit", "release", "retry", "fail", "cancel", "expiry", "fault", "revival"] {
        let id = new_game(&store).await;
        let first = enqueue(&store, id, "first").await;
        enqueue(&store, id, "second").await;
        let attempt = claim_one(&store).await;
        pause(&store, &game(id)).await;
        match ending {
            "commit" => finish(&store, &attempt, &["an event"]).await,
            "release" => store.release(&attempt.lease).await.unwrap(),
            "retry" => {
                store.retry(&attempt.lease, Duration::from_hours(1), &failure()).await.unwrap();
                bench.end_backoff(id).await;
            }
            "fail" => store.fail(&attempt.lease, &failure()).await.unwrap(),
            "cancel" => drop(store.cancel(first).await.unwrap()),
            "expiry" => bench.expire_lease(id).await,
            "fault" => {
                store.pause(&attempt.lease, &fault("backend")).await.unwrap();
                store.record_provider_success("backend").await.unwrap();
            }
            _ => {
                store.fail(&attempt.lease, &failure()).await.unwrap();
                store.retry_dead_letter(first).await.unwrap();
            }
        }
        assert_eq!(claim(&store, 9).await, [], "after {ending}");
        assert_eq!(store.lane(id).await.unwrap().state, LaneState::Paused, "after {ending}");
        assert_eq!(store.inspect(false).await.unwrap().inconsistencies, [], "after {ending}");
        resume(&store, &game(id)).await;
        let ran = run_all(&store).await;
        assert!(ran.contains(&"second".to_owned()), "after {ending}: {ran:?}");
    }
}

pub(crate) async fn a_commit_claims_nothing_that_is_paused(bench: Bench) {
    let store = bench.store().await;
    let (one, other) = (new_game(&store).await, new_game(&store).await);
    for (id, text) in [(one, "first"), (one, "second"), (other, "third")] {
        enqueue(&store, id, text).await;
    }
    let attempt = claim(&store, 1).await.remove(0);
    pause(&store, &ALL).await;
    let ended = store.commit_and_claim(&attempt.lease, &turn(&attempt, &[]), &worker(), nonce(), 1).await;
    let CommitAndClaim { committed, claims } = ended;
    assert!(committed.is_ok());
    assert_eq!(claims.claims, []);
    resume(&store, &ALL).await;
    assert_eq!(run_all(&store).await, ["second", "third"]);
}

pub(crate) async fn the_log_of_a_paused_game_says_nothing_of_it(bench: Bench) {
    let store = bench.store().await;
    let id = new_game(&store).await;
    for scope in [ALL, provider("offline"), game(id)] {
        pause(&store, &scope).await;
    }
    let sent = enqueue(&store, id, "look").await;
    assert_eq!(names(&log(&store, id).await), ["request.queued"]);
    let waiting = request(&store, sent).await;
    assert_eq!((waiting.status, waiting.position, waiting.error), (RequestStatus::Queued, Some(0), None));
}

pub(crate) async fn pausing_or_resuming_again_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let id = new_game(&store).await;
    enqueue(&store, id, "look").await;
    for scope in [ALL, provider("offline"), game(id)] {
        let first = pause(&store, &scope).await;
        let before = bench.dump().await;
        assert_eq!(store.pause_queue(&scope, "another").await.unwrap(), Paused::Done(first.clone()));
        assert!(bench.dump().await == before, "{scope}");
        assert!(store.pauses().await.unwrap().contains(&first));

        assert_eq!(store.resume_queue(&scope).await.unwrap(), Some(first));
        let before = bench.dump().await;
        assert_eq!(store.resume_queue(&scope).await.unwrap(), None);
        assert!(bench.dump().await == before, "{scope}");
    }
    assert_eq!(store.pauses().await.unwrap(), []);
}

pub(crate) async fn a_pause_outlives_the_process(bench: Bench) {
    let store = bench.store().await;
    let id = new_game(&store).await;
    let mut made = Vec::new();
    for scope in [ALL, provider("offline"), game(id)] {
        made.push(pause(&store, &scope).await);
    }
    drop(store);
    let store = bench.store().await;
    enqueue(&store, id, "look").await;
    let mut kept = store.pauses().await.unwrap();
    kept.sort_by_key(|pause| pause.what.clone());
    assert_eq!(kept, made);
    assert_eq!(claim(&store, 1).await, []);
}

pub(crate) async fn a_provider_that_no_game_uses_is_paused_if_it_is_configured(bench: Bench) {
    let fallback = ProviderPolicy { fallback: vec!["second".to_owned()], ..ProviderPolicy::default() };
    let policies = [("offline".to_owned(), fallback), ("second".to_owned(), ProviderPolicy::default())];
    let providers = ProviderOptions { policies: policies.into(), ..ProviderOptions::default() };
    let store = bench.store_with(StoreOptions { providers, ..options() }).await;
    let id = new_game(&store).await;
    enqueue(&store, id, "look").await;
    store.record_provider_fault(&fault("offline")).await.unwrap();
    assert!(matches!(store.pause_queue(&provider("second"), "ada").await.unwrap(), Paused::Done(_)));
    assert_eq!(claim(&store, 1).await, []);
    store.resume_queue(&provider("second")).await.unwrap();
    let served = claim_one(&store).await;
    assert_eq!(served.provider.name, "second");
}

pub(crate) async fn what_does_not_exist_is_not_paused(bench: Bench) {
    let store = bench.store().await;
    let id = new_game(&store).await;
    let nowhere = game(crate::fixture::game_id());
    assert_eq!(store.pause_queue(&nowhere, "ada").await.unwrap(), Paused::UnknownGame);
    let known = vec!["offline".to_owned()];
    assert_eq!(store.pause_queue(&provider("ofline"), "ada").await.unwrap(), Paused::UnknownProvider { known });
    assert_eq!(store.resume_queue(&game(id)).await.unwrap(), None);
    assert_eq!(store.pauses().await.unwrap(), []);
}

pub(crate) async fn no_more_is_paused_than_may_be(bench: Bench) {
    let store = bench.store_with(StoreOptions { max_pauses: 2, ..options() }).await;
    let (one, other) = (new_game(&store).await, new_game(&store).await);
    pause(&store, &game(one)).await;
    pause(&store, &ALL).await;
    assert_eq!(store.pause_queue(&game(other), "ada").await.unwrap(), Paused::Full);
    pause(&store, &game(one)).await;
    resume(&store, &game(one)).await;
    pause(&store, &game(other)).await;
}

pub(crate) async fn a_deleted_game_is_paused_no_more(bench: Bench) {
    let store = bench.store().await;
    let id = new_game(&store).await;
    pause(&store, &game(id)).await;
    store.delete_game(id, None).await.unwrap();
    assert_eq!(store.pauses().await.unwrap(), []);
    assert_eq!(store.resume_queue(&game(id)).await.unwrap(), None);
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn a_paused_request_does_not_wait_for_its_provider(bench: Bench) {
    let limit = Duration::from_millis(200);
    let providers = ProviderOptions { give_up_after: limit, ..ProviderOptions::default() };
    let store = bench.store_with(StoreOptions { providers, ..options() }).await;
    let id = new_game(&store).await;
    let sent = enqueue(&store, id, "look").await;
    store.record_provider_fault(&fault("offline")).await.unwrap();
    pause(&store, &provider("offline")).await;
    // One that nobody has paused has waited for less long when it is given up.
    until_another_is_given_up(&store, new_game_of(&store, "other").await, "other").await;
    assert_eq!(claim(&store, 1).await, []);
    assert_eq!(request(&store, sent).await.status, RequestStatus::Queued);

    resume(&store, &provider("offline")).await;
    assert_eq!(claim(&store, 1).await, []);
    assert_eq!(request(&store, sent).await.status, RequestStatus::Queued, "its wait begins now");
    until("the request is given up", async || {
        assert_eq!(claim(&store, 1).await, []);
        (request(&store, sent).await.status == RequestStatus::Failed).then_some(())
    })
    .await;
}

pub(crate) async fn what_is_resumed_wakes_a_worker(bench: Bench) {
    let store = bench.store().await;
    let id = new_game(&store).await;
    enqueue(&store, id, "look").await;
    for scope in [ALL, provider("offline"), game(id)] {
        pause(&store, &scope).await;
        assert_wakes(&store, async { resume(&store, &scope).await }).await;
    }
}
