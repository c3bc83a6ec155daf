//! Workers as operators see them: who lives, who holds what, who takes no new work.

use std::time::Duration;

use jiff::Timestamp;
use protocol::{PauseScope, QueuedRequest, WorkerInfo, WorkerView};
use store::{Paused, QueuedCursor, SharedStore, StoreError, StoreOptions, StoryEventPlacement, WorkerId};

use crate::bench::{Bench, on_redis};
use crate::fair::game_in;
use crate::fixture::{claim, claim_one, enqueue, finish, new_game, nonce, options, request, turn, until, worker};

fn scope(worker: &WorkerId) -> PauseScope {
    PauseScope::Worker { worker: worker.to_string() }
}

async fn view(store: &SharedStore, worker: &WorkerId) -> WorkerView {
    let all = store.workers().await.unwrap();
    all.into_iter().find(|view| view.name == worker.as_str()).unwrap()
}

pub(crate) async fn a_drained_worker_gets_nothing_and_finishes_what_runs(bench: Bench) {
    let store = bench.store().await;
    let (one, other) = (new_game(&store).await, new_game(&store).await);
    for (game, text) in [(one, "first"), (one, "second"), (other, "third")] {
        enqueue(&store, game, text).await;
    }
    let attempt = claim(&store, 1).await.remove(0);
    let Paused::Done(pause) = store.pause_queue(&scope(&worker()), "ada").await.unwrap() else { panic!() };
    assert_eq!(view(&store, &worker()).await.drained, Some(pause));

    let claims = store.claim(&worker(), nonce(), 9).await.unwrap();
    assert!(claims.claims.is_empty() && claims.is_drained);
    let ended = store.commit_and_claim(&attempt.lease, &turn(&attempt, &[]), &worker(), nonce(), 1).await;
    assert!(ended.committed.is_ok() && ended.claims.claims.is_empty());
    let free = store.claim(&WorkerId::fixed("bob"), nonce(), 1).await.unwrap();
    assert!(!free.is_drained);
    assert_eq!(free.claims[0].request.message, "second");

    store.resume_queue(&scope(&worker())).await.unwrap();
    assert_eq!(claim_one(&store).await.request.message, "third");
}

fn process(name: &str, instance: u32) -> WorkerId {
    WorkerId::of_process(&name.parse().unwrap(), instance)
}

pub(crate) async fn a_worker_that_comes_back_ends_the_leases_of_its_former_process_and_no_others(bench: Bench) {
    let store = bench.store().await;
    let games = [new_game(&store).await, new_game(&store).await, new_game(&store).await];
    for (game, text) in games.into_iter().zip(["first", "second", "third"]) {
        enqueue(&store, game, text).await;
        enqueue(&store, game, "later").await;
    }
    let former = store.claim(&process("left", 1), nonce(), 2).await.unwrap().claims;
    store.publish_chunk(&former[0].lease, 1, "You see").await.unwrap();
    let other = store.claim(&process("left.00000001", 1), nonce(), 1).await.unwrap().claims.remove(0);

    let present = process("left", 2);
    assert_eq!(store.end_former_leases(&present).await.unwrap(), 2);
    for claim in &former {
        let late = store.publish_chunk(&claim.lease, 2, " a door").await;
        assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    }
    assert_eq!(store.heartbeat(&[former[1].lease.clone(), other.lease.clone()]).await.unwrap(), [false, true]);
    let names: Vec<String> = store.workers().await.unwrap().into_iter().map(|view| view.name).collect();
    assert!(!names.contains(&process("left", 1).to_string()), "{names:?}");

    // The requests stay at the head of their games, and the lost attempts are counted.
    let again = store.claim(&present, nonce(), 9).await.unwrap().claims;
    let found: Vec<_> = again.iter().map(|claim| (claim.request.message.as_str(), claim.lease.attempt.0)).collect();
    assert_eq!(found, [("first", 2), ("second", 2)]);

    // A repeat finds nothing: what the present process holds is its own.
    assert_eq!(store.end_former_leases(&present).await.unwrap(), 0);
    assert_eq!(store.heartbeat(&[again[0].lease.clone()]).await.unwrap(), [true]);
}

pub(crate) async fn a_worker_without_a_name_ends_no_leases(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;
    assert_eq!(store.end_former_leases(&worker()).await.unwrap(), 0);
    assert_eq!(store.end_former_leases(&WorkerId::of_this_process(None)).await.unwrap(), 0);
    finish(&store, &claim, &[]).await;
}

pub(crate) async fn only_a_worker_that_lives_is_drained(bench: Bench) {
    let store = bench.store().await;
    assert_eq!(store.pause_queue(&scope(&worker()), "ada").await.unwrap(), Paused::UnknownWorker);
    assert_eq!(store.pauses().await.unwrap(), []);
}

pub(crate) async fn a_worker_that_retires_is_drained_no_more(bench: Bench) {
    let store = bench.store().await;
    claim(&store, 1).await;
    assert!(matches!(store.pause_queue(&scope(&worker()), "ada").await.unwrap(), Paused::Done(_)));
    store.retire_worker(&worker()).await;
    assert_eq!(store.pauses().await.unwrap(), []);
    assert_eq!(store.workers().await.unwrap(), []);
}

pub(crate) async fn a_worker_lives_while_it_renews_the_lease_of_a_long_turn(bench: Bench) {
    let options = StoreOptions { lease_ttl: Duration::from_millis(100), ..options() };
    let far_longer_than_it_counts_without = options.lease_ttl * 6;
    let store = bench.store_with(options).await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let held = claim_one(&store).await;
    until("a long turn", async || {
        assert_eq!(store.heartbeat(std::slice::from_ref(&held.lease)).await.unwrap(), [true]);
        let view = view(&store, &worker()).await;
        let lasts = view.seen_at.duration_since(view.turns[0].since);
        (lasts.unsigned_abs() > far_longer_than_it_counts_without).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_pause_of_a_worker_that_has_died_makes_room() {
    on_redis(async |bench| {
        let options = StoreOptions { lease_ttl: Duration::from_millis(100), max_pauses: 1, ..options() };
        let store = bench.store_with(options).await;
        claim(&store, 1).await;
        assert!(matches!(store.pause_queue(&scope(&worker()), "ada").await.unwrap(), Paused::Done(_)));
        let other = WorkerId::fixed("bob");
        until("the end of a worker that is not seen", async || {
            store.claim(&other, nonce(), 1).await.unwrap();
            let living = store.workers().await.unwrap();
            (!living.iter().any(|view| view.name == worker().as_str())).then_some(())
        })
        .await;
        assert!(matches!(store.pause_queue(&scope(&other), "ada").await.unwrap(), Paused::Done(_)));
        let paused: Vec<_> = store.pauses().await.unwrap().into_iter().map(|pause| pause.what).collect();
        assert_eq!(paused, [scope(&other)]);
    })
    .await;
}

pub(crate) async fn workers_are_listed_with_what_they_say_and_hold(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let sent = enqueue(&store, game, "look").await;
    let attempt = claim_one(&store).await;
    let about = WorkerInfo {
        slots: 3,
        host: "attic".to_owned(),
        version: "1".to_owned(),
        config: None,
        started_at: Timestamp::from_second(1).unwrap(),
        models: Vec::new(),
    };
    store.announce_worker(&worker(), &about).await.unwrap();
    store.claim(&WorkerId::fixed("bob"), nonce(), 1).await.unwrap();

    let names: Vec<String> = store.workers().await.unwrap().into_iter().map(|worker| worker.name).collect();
    assert_eq!(names, ["ada", "bob"]);
    let ada = view(&store, &worker()).await;
    assert_eq!((ada.about, ada.drained), (Some(about), None));
    let [turn] = &ada.turns[..] else { panic!("{:?}", ada.turns) };
    assert_eq!((turn.game_id, turn.request_id), (game, sent));
    assert_eq!(Some(turn.since), request(&store, sent).await.started_at);
    assert!(turn.lease_ends_at > turn.since);
    finish(&store, &attempt, &[]).await;
    assert_eq!(view(&store, &worker()).await.turns, []);
}

pub(crate) async fn what_waits_is_listed_in_pages_in_its_order(bench: Bench) {
    let store = bench.store_with(StoreOptions { story_events: StoryEventPlacement::Next, ..options() }).await;
    let mut sent = Vec::new();
    let first = new_game(&store).await;
    enqueue(&store, first, "sets off two events").await;
    for n in 0..5 {
        let game = new_game(&store).await;
        sent.push(enqueue(&store, game, &format!("message {n}")).await);
    }
    let attempt = claim(&store, 1).await.remove(0);
    finish(&store, &attempt, &["one", "two"]).await;

    let mut listed: Vec<QueuedRequest> = Vec::new();
    let mut after: Option<QueuedCursor> = None;
    loop {
        let page = store.queued(after, 2).await.unwrap();
        assert!(page.requests.len() >= 2 || page.next.is_none());
        listed.extend(page.requests);
        let Some(next) = page.next else { break };
        after = Some(next.parse().unwrap());
    }
    let events = [attempt.lease.request.child(0), attempt.lease.request.child(1)];
    let ids: Vec<_> = listed.iter().map(|request| request.request_id).collect();
    assert_eq!(ids, [&events[..], &sent[..]].concat());
    assert_eq!((listed[0].game_id, listed[0].provider.as_str(), &listed[0].tenant), (first, "offline", &None));
    assert_eq!(listed[2].enqueued_at, request(&store, sent[0]).await.enqueued_at);
    assert_eq!(store.queued(None, 500).await.unwrap().next, None);

    let owned = game_in(&store, Some("gold")).await;
    enqueue(&store, owned, "of a tenant").await;
    let tenant = |request: &QueuedRequest| request.tenant.as_ref().map(ToString::to_string);
    let page = store.queued(None, 500).await.unwrap();
    assert_eq!(page.requests.last().and_then(tenant).as_deref(), Some("gold"));
}
