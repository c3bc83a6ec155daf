//! A game is serial and in order; over the games, the request that arrived first is claimed first.

use std::time::Duration;

use protocol::{Alternative, IfBusy, RequestStatus};
use store::{Enqueued, NewRequest, Terms};

use crate::bench::Bench;
use crate::fixture::{
    accept, claim, claim_one, enqueue, failure, finish, game_id, if_busy, latest, message, new_game, request, requests,
    run_all,
};

pub(crate) async fn requests_of_a_game_are_claimed_in_arrival_order(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    for text in ["first", "second", "third"] {
        enqueue(&store, game, text).await;
    }

    assert_eq!(run_all(&store).await, ["first", "second", "third"]);
}

pub(crate) async fn free_games_are_claimed_in_the_order_in_which_their_head_requests_arrived(bench: Bench) {
    let store = bench.store().await;
    let (a, b, c) = (new_game(&store).await, new_game(&store).await, new_game(&store).await);
    for (game, text) in [(c, "c1"), (a, "a2"), (c, "c3"), (b, "b4"), (a, "a5"), (c, "c6"), (b, "b7")] {
        enqueue(&store, game, text).await;
    }

    let heads: Vec<String> = claim(&store, 9).await.into_iter().map(|claim| claim.request.message).collect();
    assert_eq!(heads, ["c1", "a2", "b4"]);
    for game in [a, b, c] {
        bench.expire_lease(game).await;
    }
    assert_eq!(run_all(&store).await, ["c1", "a2", "c3", "b4", "a5", "c6", "b7"]);
}

pub(crate) async fn a_game_has_one_request_in_processing(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let first = enqueue(&store, game, "first").await;
    let second = enqueue(&store, game, "second").await;

    let claims = claim(&store, 9).await;
    assert_eq!(requests(&claims), [first]);
    assert_eq!(requests(&claim(&store, 9).await), []);
    assert_eq!(request(&store, first).await.status, RequestStatus::Processing);
    assert_eq!(request(&store, second).await.status, RequestStatus::Queued);

    finish(&store, &claims[0], &[]).await;
    assert_eq!(requests(&claim(&store, 9).await), [second]);
}

pub(crate) async fn a_busy_game_holds_up_no_other(bench: Bench) {
    let store = bench.store().await;
    let (busy, free) = (new_game(&store).await, new_game(&store).await);
    for n in 0..50 {
        enqueue(&store, busy, &format!("busy {n}")).await;
    }
    let held = claim_one(&store).await;
    assert_eq!(held.lease.game, busy);
    enqueue(&store, free, "free").await;

    assert_eq!(run_all(&store).await, ["free"]);
}

pub(crate) async fn a_game_in_backoff_holds_up_no_other(bench: Bench) {
    let store = bench.store().await;
    let (delayed, free) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, delayed, "delayed").await;
    let claim = claim_one(&store).await;
    store.retry(&claim.lease, Duration::from_mins(1), &failure()).await.unwrap();
    enqueue(&store, delayed, "behind it").await;
    enqueue(&store, free, "free").await;

    assert_eq!(run_all(&store).await, ["free"]);
    bench.end_backoff(delayed).await;
    assert_eq!(run_all(&store).await, ["delayed", "behind it"]);
}

pub(crate) async fn a_claim_takes_no_more_than_it_asks_for(bench: Bench) {
    let store = bench.store().await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        let game = new_game(&store).await;
        expected.push(enqueue(&store, game, "look").await);
    }

    assert_eq!(requests(&claim(&store, 0).await), []);
    assert_eq!(requests(&claim(&store, 2).await), expected[..2]);
    assert_eq!(requests(&claim(&store, 2).await), expected[2..4]);
    assert_eq!(requests(&claim(&store, 2).await), expected[4..]);
}

pub(crate) async fn a_request_knows_how_many_are_before_it(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let first = enqueue(&store, game, "first").await;
    let second = enqueue(&store, game, "second").await;
    let last = message(game, "last");

    assert_eq!(accept(&store, &last, &Terms::default()).await.position, 2);
    assert_eq!(request(&store, first).await.position, Some(0));

    let claim = claim_one(&store).await;
    assert_eq!(request(&store, first).await.position, None, "it waits no longer");
    assert_eq!(request(&store, last.id).await.position, Some(2));
    finish(&store, &claim, &[]).await;
    assert_eq!(request(&store, second).await.position, Some(0));
    assert_eq!(request(&store, last.id).await.position, Some(1));
}

pub(crate) async fn a_caller_who_does_not_want_to_wait_is_refused_by_a_busy_game(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let refused = async || {
        let before = bench.dump().await;
        assert_eq!(store.enqueue(&message(game, "hurry"), &if_busy(IfBusy::Reject)).await.unwrap(), Enqueued::Busy);
        assert!(bench.dump().await == before);
    };

    assert_eq!(accept(&store, &message(game, "look"), &if_busy(IfBusy::Reject)).await.position, 0);
    refused().await;
    let claim = claim_one(&store).await;
    refused().await;
    store.retry(&claim.lease, Duration::from_mins(1), &failure()).await.unwrap();
    refused().await;
}

pub(crate) async fn a_request_for_an_unknown_game_is_not_kept(bench: Bench) {
    let store = bench.store().await;
    let before = bench.dump().await;

    let lost = store.enqueue(&message(game_id(), "hello?"), &Terms::default()).await.unwrap();
    assert_eq!(lost, Enqueued::UnknownGame);

    assert!(bench.dump().await == before);
}

pub(crate) async fn the_span_in_which_a_request_was_sent_reaches_its_claims_and_is_left_out_without_one(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().ok();
    assert!(trace.is_some());
    let earlier = Alternative { narration: "The bell rings.".to_owned(), ..Alternative::default() };
    for (trace, alternatives) in
        [(trace, Vec::new()), (trace, vec![earlier.clone()]), (None, vec![earlier]), (None, Vec::new())]
    {
        let sent = NewRequest { trace, alternatives, ..message(game, "I ring the bell.") };
        store.enqueue(&sent, &Terms::default()).await.unwrap();

        let claim = claim_one(&store).await;
        assert_eq!((claim.request.trace, &claim.request.alternatives), (trace, &sent.alternatives));
        let kept = request(&store, sent.id).await;
        assert_eq!((kept.trace, kept.alternatives), (trace, sent.alternatives));
        finish(&store, &claim, &[]).await;
    }
}

pub(crate) async fn any_text_comes_through_unchanged(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let text = "\"quoted\" \\ / \u{8}\t\r\n \u{0} \u{7f} \u{2028} é 🜁 {\"json\":[]} %d ' -- \u{1b}[31m";
    let sent = NewRequest { actor: Some("Zoë".to_owned()), ..message(game, text) };
    store.enqueue(&sent, &Terms::default()).await.unwrap();

    let claim = claim_one(&store).await;
    assert_eq!((claim.request.message.as_str(), claim.request.user_message.as_str()), (text, text));
    assert_eq!(claim.request.actor.as_deref(), Some("Zoë"));
    let protocol::Event::RequestQueued(queued) = latest(&store, game, "request.queued").await else {
        panic!("no event")
    };
    assert_eq!(queued.user_message, text);
    let protocol::Event::RequestProcessing(processing) = latest(&store, game, "request.processing").await else {
        panic!("no event")
    };
    assert_eq!(processing.user_message, text);
    finish(&store, &claim, &[]).await;
    assert_eq!(store.history(game, 1).await.unwrap()[0].content, format!("So: {text}"));
}
