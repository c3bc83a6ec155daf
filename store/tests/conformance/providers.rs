//! Providers: a fault pauses them for all workers, exactly one request probes them, and everything then goes on in order.

use std::time::Duration;

use protocol::{AttemptOutcome, Circuit, Event, GameId, LaneState, ProviderView, RequestStatus, WaitReason};
use store::{Claim, ClaimedProvider, Completion, ProviderOptions, ProviderPolicy, SharedStore, StoreOptions};

use crate::bench::Bench;
use crate::fixture::{
    claim, claim_one, completion, enqueue, failure, fault, finish, latest, log, names, new_game, new_game_of, nonce,
    options, request, requests, run_all, until, worker,
};

fn with(providers: ProviderOptions) -> StoreOptions {
    StoreOptions { providers, ..options() }
}

fn with_policy(policy: ProviderPolicy) -> StoreOptions {
    with(ProviderOptions { policies: [("offline".to_owned(), policy)].into(), ..ProviderOptions::default() })
}

async fn provider(store: &SharedStore, name: &str) -> ProviderView {
    store.providers().await.unwrap().into_iter().find(|provider| provider.name == name).unwrap()
}

/// A game with a message whose attempt has met a fault of its provider.
async fn paused_game(store: &SharedStore) -> GameId {
    let game = new_game(store).await;
    enqueue(store, game, "first").await;
    store.pause(&claim_one(store).await.lease, &fault("offline")).await.unwrap();
    game
}

pub(crate) async fn a_fault_pauses_the_provider_for_all_its_games(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let waiting = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    enqueue(&store, waiting, "look").await;
    let lease = claim(&store, 1).await.remove(0).lease;
    store.pause(&lease, &fault("offline")).await.unwrap();

    let claims = store.claim(&worker(), nonce(), 9).await.unwrap();
    assert_eq!(claims.claims, []);
    assert!(claims.next_due.is_some_and(|due| due <= ProviderOptions::default().probe_delay), "the probe is due");
    let queue = store.queue().await.unwrap();
    assert_eq!((queue.depth, queue.ready, queue.paused, queue.active), (2, 0, 2, 0));
    let lane = store.lane(waiting).await.unwrap();
    assert_eq!((lane.state, lane.waits_for.as_deref()), (LaneState::Paused, Some("offline")));
    let found = request(&store, id).await;
    assert_eq!((found.status, found.attempt.0), (RequestStatus::Queued, 0));
    let view = provider(&store, "offline").await;
    assert_eq!((view.circuit, view.reason, view.waiting), (Circuit::Open, Some(WaitReason::Unreachable), 2));
    assert_eq!(view.detail.as_deref(), Some("connection refused"));
    let Event::RequestWaiting(event) = latest(&store, game, "request.waiting").await else { panic!("no event") };
    assert_eq!((event.request_id, event.reason, Some(event.probe_at)), (id, WaitReason::Unreachable, view.probe_at));
}

pub(crate) async fn games_of_another_provider_go_on(bench: Bench) {
    let store = bench.store().await;
    paused_game(&store).await;
    let other = new_game_of(&store, "other").await;
    enqueue(&store, other, "go on").await;

    let claimed = claim_one(&store).await;
    assert_eq!((claimed.lease.game, claimed.provider.name.as_str()), (other, "other"));
}

pub(crate) async fn a_message_for_a_paused_provider_gets_an_event_that_it_waits(bench: Bench) {
    let store = bench.store().await;
    let game = paused_game(&store).await;
    let id = enqueue(&store, game, "second").await;

    let log = log(&store, game).await;
    assert_eq!(names(&log)[log.len() - 2..], ["request.queued", "request.waiting"]);
    assert_eq!(log.last().unwrap().request, Some(id));
}

pub(crate) async fn exactly_one_claim_gets_the_probe(bench: Bench) {
    let store = bench.store().await;
    let (first, second) = (paused_game(&store).await, new_game(&store).await);
    enqueue(&store, second, "look").await;
    bench.end_probe_wait(first, "offline").await;

    let probe = claim(&store, 9).await;
    assert_eq!(probe.len(), 1, "the others wait for the probe");
    assert_eq!(probe[0].lease.game, first, "it is the oldest request");
    assert_eq!(probe[0].provider, ClaimedProvider { name: "offline".to_owned(), is_probe: true });
    assert_eq!(provider(&store, "offline").await.circuit, Circuit::HalfOpen);
    assert_eq!(claim(&store, 9).await, []);
}

pub(crate) async fn a_probe_that_succeeds_lets_all_games_go_on_in_arrival_order(bench: Bench) {
    let store = bench.store().await;
    let mut games = Vec::new();
    for n in 0..5 {
        let game = new_game(&store).await;
        enqueue(&store, game, &format!("message {n}")).await;
        games.push(game);
    }
    let first = claim(&store, 1).await.remove(0);
    store.pause(&first.lease, &fault("offline")).await.unwrap();
    bench.end_probe_wait(games[0], "offline").await;
    let probe = claim_one(&store).await;
    store.record_provider_success("offline").await.unwrap();
    store.record_provider_success("offline").await.unwrap();

    assert_eq!(provider(&store, "offline").await.circuit, Circuit::Closed);
    finish(&store, &probe, &[]).await;
    assert_eq!(run_all(&store).await, ["message 1", "message 2", "message 3", "message 4"]);
}

pub(crate) async fn each_probe_that_fails_makes_the_next_wait_longer(bench: Bench) {
    let store = bench
        .store_with(with(ProviderOptions {
            probe_delay: Duration::from_secs(10),
            probe_delay_max: Duration::from_secs(35),
            ..ProviderOptions::default()
        }))
        .await;
    let game = paused_game(&store).await;
    let opened_at = provider(&store, "offline").await.opened_at;
    for (seconds, retry_after) in [(20, None), (35, None), (100, Some(Duration::from_secs(100))), (35, None)] {
        bench.end_probe_wait(game, "offline").await;
        let probe = claim_one(&store).await;
        store.pause(&probe.lease, &store::ProviderFault { retry_after, ..fault("offline") }).await.unwrap();
        let view = provider(&store, "offline").await;
        let due = store.claim(&worker(), nonce(), 1).await.unwrap().next_due.unwrap();
        assert!(
            due > Duration::from_secs(seconds - 5) && due <= Duration::from_secs(seconds),
            "{due:?} for {seconds} s"
        );
        assert_eq!((view.circuit, view.opened_at), (Circuit::Open, opened_at));
    }
}

pub(crate) async fn a_late_fault_changes_nothing_but_what_the_provider_asks_for(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let late = new_game(&store).await;
    for game in [game, late] {
        enqueue(&store, game, "look").await;
    }
    let claims = claim(&store, 2).await;
    store.pause(&claims[0].lease, &fault("offline")).await.unwrap();
    let before = provider(&store, "offline").await;
    store.pause(&claims[1].lease, &fault("offline")).await.unwrap();
    assert_eq!(provider(&store, "offline").await.probe_at, before.probe_at);

    let asked = store::ProviderFault { retry_after: Some(Duration::from_hours(1)), ..fault("offline") };
    store.record_provider_fault(&asked).await.unwrap();
    assert!(provider(&store, "offline").await.probe_at > before.probe_at);
}

pub(crate) async fn a_probe_that_ends_without_a_verdict_leaves_it_to_the_next_request(bench: Bench) {
    let store = bench.store().await;
    let game = paused_game(&store).await;
    let next = new_game(&store).await;
    enqueue(&store, next, "next").await;
    bench.end_probe_wait(game, "offline").await;

    store.release(&claim_one(&store).await.lease).await.unwrap();
    let again = claim_one(&store).await;
    assert!(again.provider.is_probe && again.lease.game == game);
    store.cancel(again.lease.request).await.unwrap();
    let other = claim_one(&store).await;
    assert!(other.provider.is_probe && other.lease.game == next);
    bench.expire_lease(next).await;
    let recovered = claim_one(&store).await;
    assert!(recovered.provider.is_probe && recovered.lease.game == next);
}

pub(crate) async fn a_paused_request_keeps_its_rank_and_its_checkpoints(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;
    let attempt = claim_one(&store).await;
    store.checkpoint_narration(&attempt.lease, 1, "A door.", &completion("A door.")).await.unwrap();
    store.pause(&attempt.lease, &fault("backend")).await.unwrap();

    assert_eq!(store.lane(game).await.unwrap().waits_for.as_deref(), Some("backend"), "its own provider is well");
    assert_eq!(claim(&store, 1).await, []);
    bench.end_probe_wait(game, "backend").await;
    let probe = claim_one(&store).await;
    assert_eq!((probe.lease.request, probe.lease.attempt.0), (id, 1));
    assert_eq!(probe.request.checkpoints.narration, Some(completion("A door.")));
    assert_eq!(probe.provider, ClaimedProvider { name: "backend".to_owned(), is_probe: true });
    store.record_provider_success("backend").await.unwrap();
    finish(&store, &probe, &[]).await;
    assert_eq!(claim_one(&store).await.provider.name, "offline");
}

pub(crate) async fn pausing_again_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let attempt = claim_one(&store).await;
    store.publish_chunk(&attempt.lease, 1, "void").await.unwrap();
    store.pause(&attempt.lease, &fault("offline")).await.unwrap();
    let log = log(&store, game).await;
    assert_eq!(names(&log)[2..], ["chat.chunk", "attempt.superseded", "request.waiting"]);

    let before = bench.dump().await;
    store.pause(&attempt.lease, &fault("offline")).await.unwrap();
    assert!(bench.dump().await == before);
    assert!(crate::fixture::is_lost(&store.retry(&attempt.lease, Duration::ZERO, &failure()).await));
}

pub(crate) async fn a_fallback_serves_the_games_of_an_open_provider(bench: Bench) {
    let fallback = vec!["gone".to_owned(), "other".to_owned()];
    let store = bench.store_with(with_policy(ProviderPolicy { fallback, ..ProviderPolicy::default() })).await;
    store.record_provider_fault(&fault("gone")).await.unwrap();
    let game = paused_game(&store).await;

    let nonce = nonce();
    let served = store.claim(&worker(), nonce, 1).await.unwrap().claims;
    assert_eq!(served[0].provider, ClaimedProvider { name: "other".to_owned(), is_probe: false });
    assert_eq!(store.claim(&worker(), nonce, 1).await.unwrap().claims, served, "a repeat gets the same provider");
    finish(&store, &served[0], &[]).await;

    enqueue(&store, game, "second").await;
    assert_eq!(names(&log(&store, game).await).last(), Some(&"request.queued"), "it does not wait");
    bench.end_probe_wait(game, "offline").await;
    assert!(claim_one(&store).await.provider.is_probe, "its own provider is tried again when its time has come");
}

pub(crate) async fn no_more_attempts_than_slots_use_a_provider(bench: Bench) {
    let policy = ProviderPolicy { max_concurrent: Some(6), ..ProviderPolicy::default() };
    let store = bench.store_with(with_policy(policy)).await;
    // Each of three shards has a third of the slots, and all games of a test are on one.
    let slots = if matches!(bench, Bench::Cluster { .. }) { 2 } else { 6 };
    let mut games = Vec::new();
    for n in 0..20 {
        games.push(new_game(&store).await);
        enqueue(&store, games[n], &format!("message {n}")).await;
    }
    let other = new_game_of(&store, "other").await;
    enqueue(&store, other, "unlimited").await;

    let mut held = claim(&store, 20).await;
    assert_eq!(held.len(), slots + 1);
    assert_eq!(held.pop().unwrap().lease.game, other, "it came last, and needs no slot");
    assert_eq!(provider(&store, "offline").await.in_use, slots as u64);
    let mut next = slots;
    for ending in ["commit", "release", "retry", "fail", "cancel", "expiry"] {
        let attempt = held.remove(0);
        let id = attempt.lease.request;
        match ending {
            "commit" => finish(&store, &attempt, &[]).await,
            "release" => store.release(&attempt.lease).await.unwrap(),
            "retry" => store.retry(&attempt.lease, Duration::from_hours(1), &failure()).await.unwrap(),
            "fail" => store.fail(&attempt.lease, &failure()).await.unwrap(),
            "cancel" => drop(store.cancel(id).await.unwrap()),
            _ => bench.expire_lease(attempt.lease.game).await,
        }
        let claims = claim(&store, 20).await;
        // A released or recovered request is the oldest again.
        let expected = if ending == "release" || ending == "expiry" {
            attempt.lease.game
        } else {
            next += 1;
            games[next - 1]
        };
        assert_eq!(claims.iter().map(|claim| claim.lease.game).collect::<Vec<_>>(), [expected], "after {ending}");
        held.extend(claims);
    }
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn a_request_that_waits_too_long_becomes_a_dead_letter(bench: Bench) {
    let options = ProviderOptions { give_up_after: Duration::from_millis(30), ..ProviderOptions::default() };
    let store = bench.store_with(with(options)).await;
    let game = paused_game(&store).await;
    let id = store.lane(game).await.unwrap().requests[0];

    until("the request is given up", async || {
        assert_eq!(claim(&store, 1).await, []);
        (request(&store, id).await.status == RequestStatus::Failed).then_some(())
    })
    .await;
    let letter = store.dead_letter(id).await.unwrap().unwrap();
    let shown = request(&store, id).await.error.unwrap();
    assert_eq!(shown.detail, "the storyteller was not ready for 0 s");
    let in_full = "the storyteller was not ready for 0 s; provider `offline` (unreachable): connection refused";
    assert_eq!((letter.error.detail.as_str(), letter.error.kind), (in_full, shown.kind));
    let attempts: Vec<_> = letter.attempts.iter().map(|attempt| (attempt.attempt.0, attempt.outcome)).collect();
    assert_eq!(attempts, [(1, AttemptOutcome::Failed)]);
    assert_eq!(store.lane(game).await.unwrap().requests, []);
}

/// A store that gives up soon, and a game whose head has a narration and waits for the provider of its delta.
async fn narrated_game(bench: &Bench, head: &str) -> (SharedStore, GameId) {
    let give_up_after = Duration::from_millis(30);
    let policies = [("offline".to_owned(), ProviderPolicy { max_concurrent: Some(1), fallback: Vec::new() })].into();
    let options = ProviderOptions { give_up_after, policies, ..ProviderOptions::default() };
    let store = bench.store_with(with(options)).await;
    let game = new_game(&store).await;
    enqueue(&store, game, head).await;
    let lease = claim_one(&store).await.lease;
    store.checkpoint_narration(&lease, 1, "You wait.", &completion("You wait.")).await.unwrap();
    store.pause(&lease, &fault("offline")).await.unwrap();
    (store, game)
}

/// The claim of a request whose delta was given up.
async fn given_up(store: &SharedStore) -> Claim {
    until("the delta is given up", async || claim(store, 9).await.pop()).await
}

pub(crate) async fn a_narration_that_waits_too_long_for_its_delta_is_committed_without_one(bench: Bench) {
    let (store, game) = narrated_game(&bench, "first").await;
    let next = enqueue(&store, game, "second").await;
    let claimed = given_up(&store).await;
    assert!(!claimed.provider.may_be_called() && !claimed.provider.is_probe);
    let checkpoints = &claimed.request.checkpoints;
    assert_eq!(checkpoints.narration, Some(completion("You wait.")));
    let why = "the storyteller was not ready for too long (unreachable)";
    assert_eq!(checkpoints.delta, Some(Completion::given_up(why)));
    assert_eq!(claimed.lease.attempt.0, 1, "the attempts that met the fault do not count");
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);

    finish(&store, &claimed, &[]).await;
    let lane = store.lane(game).await.unwrap();
    assert_eq!((lane.requests, lane.waits_for.as_deref()), (vec![next], Some("offline")), "the next one needs a model");
    assert!(store.providers().await.unwrap().iter().all(|provider| provider.name == "offline"), "no other is shown");
    assert!(
        names(&log(&store, game).await).iter().all(|name| *name != "attempt.superseded" && *name != "request.failed")
    );
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn a_given_up_delta_outlives_the_worker_that_was_to_commit_it(bench: Bench) {
    let (store, game) = narrated_game(&bench, "first").await;
    let lost = given_up(&store).await;
    bench.expire_lease(game).await;
    let claimed = given_up(&store).await;
    assert_eq!((claimed.lease.request, claimed.lease.attempt.0), (lost.lease.request, 2));
    assert!(!claimed.provider.may_be_called());
    assert_eq!(claimed.request.checkpoints, lost.request.checkpoints);
    store.release(&claimed.lease).await.unwrap();
    assert!(!given_up(&store).await.provider.may_be_called(), "also after a release");
}

pub(crate) async fn a_request_waits_for_ever_if_it_is_never_given_up(bench: Bench) {
    let options = ProviderOptions { give_up_after: Duration::ZERO, ..ProviderOptions::default() };
    let store = bench.store_with(with(options)).await;
    let game = paused_game(&store).await;
    let claims = store.claim(&worker(), nonce(), 1).await.unwrap();
    assert_eq!((claims.claims, store.lane(game).await.unwrap().requests.len()), (Vec::new(), 1));
}

pub(crate) async fn a_claim_that_is_repeated_gets_the_same_probe(bench: Bench) {
    let store = bench.store().await;
    let game = paused_game(&store).await;
    bench.end_probe_wait(game, "offline").await;
    let nonce = nonce();
    let first = store.claim(&worker(), nonce, 3).await.unwrap().claims;
    assert_eq!(requests(&first).len(), 1);
    assert_eq!(store.claim(&worker(), nonce, 3).await.unwrap().claims, first);
}
