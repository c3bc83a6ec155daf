//! Back-pressure: what is more than may wait, or than a sender may send, is refused whole, and what a turn sets off never is.

use std::time::Duration;

use protocol::{GameId, IfBusy, RequestStatus};
use store::{Charge, Created, Enqueued, GameContents, Limited, Limits, Rate, SharedStore, StoreOptions, Terms};
use story::ChatMessage;

use crate::bench::Bench;
use crate::fixture::{
    accept, claim_one, document, enqueue, failure, finish, game_id, if_busy, keyed, message, new_game, options,
    request, run_all, until,
};

async fn limited(bench: &Bench, queued: u64, lane: u64) -> SharedStore {
    bench.store_with(StoreOptions { limits: Limits { queued, lane }, ..options() }).await
}

async fn refused(bench: &Bench, store: &SharedStore, game: GameId, with: Enqueued) {
    let before = bench.dump().await;
    assert_eq!(store.enqueue(&message(game, "one more"), &Terms::default()).await.unwrap(), with);
    assert!(bench.dump().await == before, "a refused message has left something behind");
}

pub(crate) async fn a_full_lane_refuses_what_comes(bench: Bench) {
    let store = limited(&bench, 100, 2).await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;

    refused(&bench, &store, game, Enqueued::LaneFull).await;
    enqueue(&store, other, "elsewhere").await;
    // The one in processing is unfinished as well.
    let claim = claim_one_of(&store, game).await;
    refused(&bench, &store, game, Enqueued::LaneFull).await;
    finish(&store, &claim, &[]).await;
    enqueue(&store, game, "third").await;
}

async fn claim_one_of(store: &SharedStore, game: GameId) -> store::Claim {
    let claims = crate::fixture::claim(store, 1).await;
    claims.into_iter().find(|claim| claim.lease.game == game).unwrap()
}

pub(crate) async fn a_full_queue_refuses_what_comes(bench: Bench) {
    let store = limited(&bench, 2, 100).await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;

    refused(&bench, &store, other, Enqueued::QueueFull).await;
    // What is in processing waits no more.
    claim_one(&store).await;
    enqueue(&store, other, "third").await;
    refused(&bench, &store, other, Enqueued::QueueFull).await;
}

pub(crate) async fn what_was_accepted_is_answered_by_a_full_queue(bench: Bench) {
    let store = limited(&bench, 1, 1).await;
    let game = new_game(&store).await;
    let first = message(game, "first");
    let accepted = accept(&store, &first, &Terms::default()).await;

    assert_eq!(accept(&store, &first, &Terms::default()).await, accepted);
}

pub(crate) async fn story_events_are_queued_beyond_every_limit(bench: Bench) {
    let store = limited(&bench, 1, 1).await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;

    finish(&store, &claim_one(&store).await, &["a", "b", "c"]).await;

    refused(&bench, &store, game, Enqueued::LaneFull).await;
    assert_eq!(run_all(&store).await, ["a", "b", "c"]);
}

pub(crate) async fn a_message_that_interrupts_takes_the_place_of_those_that_it_cancels(bench: Bench) {
    let store = limited(&bench, 2, 2).await;
    let game = new_game(&store).await;
    let waiting = [enqueue(&store, game, "first").await, enqueue(&store, game, "second").await];

    let accepted = accept(&store, &message(game, "stop"), &if_busy(IfBusy::Interrupt)).await;

    assert_eq!(accepted.position, 0);
    for id in waiting {
        assert_eq!(request(&store, id).await.status, RequestStatus::Cancelled);
    }
    assert_eq!(run_all(&store).await, ["stop"]);
}

/// So many messages in a time for which no test waits.
fn rate(bucket: &str, count: u64) -> Charge {
    let rate = Some(Rate { count, period: Duration::from_hours(24), taken: 1 });
    Charge { bucket: bucket.into(), rate, unfinished: None }
}

fn unfinished(bucket: &str, most: u64) -> Charge {
    Charge { bucket: bucket.into(), rate: None, unfinished: Some(most) }
}

fn charged(charges: &[Charge]) -> Terms {
    Terms { charges: charges.to_vec(), ..Terms::default() }
}

/// How a message is limited that changes nothing.
async fn limited_by(bench: &Bench, store: &SharedStore, game: GameId, terms: &Terms) -> Limited {
    let before = bench.dump().await;
    let Enqueued::Limited(limited) = store.enqueue(&message(game, "one more"), terms).await.unwrap() else {
        panic!("it is not limited")
    };
    assert!(bench.dump().await == before, "a refused message has left something behind");
    limited
}

pub(crate) async fn a_sender_sends_so_many_messages_in_a_time(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let terms = charged(&[rate("user:ada", 2)]);
    accept(&store, &message(game, "first"), &terms).await;
    accept(&store, &message(game, "second"), &terms).await;

    let Limited::Rate { charge: 0, retry_after } = limited_by(&bench, &store, game, &terms).await else {
        panic!("it is another limit")
    };
    // Half of the day's two are free again after half a day, less the time of this test.
    assert!(retry_after > Duration::from_hours(11) && retry_after <= Duration::from_hours(12), "{retry_after:?}");
    accept(&store, &message(game, "of another"), &charged(&[rate("user:bob", 2)])).await;
    assert_eq!(run_all(&store).await, ["first", "second", "of another"]);
    // That they are done frees nothing of the rate.
    limited_by(&bench, &store, game, &terms).await;
}

pub(crate) async fn a_rate_is_free_again_with_time(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let quick = Some(Rate { count: 1, period: Duration::from_millis(50), taken: 1 });
    let terms = charged(&[Charge { bucket: "user:ada".into(), rate: quick, unfinished: None }]);
    accept(&store, &message(game, "first"), &terms).await;

    until("there is room again", async || {
        let answer = store.enqueue(&message(game, "second"), &terms).await.unwrap();
        matches!(answer, Enqueued::Accepted(_)).then_some(())
    })
    .await;
}

pub(crate) async fn a_sender_has_so_many_unfinished_messages(bench: Bench) {
    let store = bench.store().await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    let terms = charged(&[unfinished("user:ada", 2)]);
    accept(&store, &message(game, "first"), &terms).await;
    accept(&store, &message(other, "second"), &terms).await;

    assert_eq!(limited_by(&bench, &store, game, &terms).await, Limited::Unfinished { charge: 0 });
    enqueue(&store, game, "of nobody").await;
    // The one in processing is unfinished as well.
    let claim = claim_one_of(&store, game).await;
    limited_by(&bench, &store, other, &terms).await;
    finish(&store, &claim, &["an echo"]).await;
    accept(&store, &message(other, "third"), &terms).await;
    assert_eq!(limited_by(&bench, &store, game, &terms).await, Limited::Unfinished { charge: 0 });
}

pub(crate) async fn a_message_that_interrupts_makes_room_for_its_sender(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let terms = charged(&[unfinished("user:ada", 1)]);
    accept(&store, &message(game, "first"), &terms).await;

    let interrupts = Terms { if_busy: IfBusy::Interrupt, ..terms.clone() };
    accept(&store, &message(game, "stop"), &interrupts).await;

    limited_by(&bench, &store, game, &terms).await;
    assert_eq!(run_all(&store).await, ["stop"]);
    accept(&store, &message(game, "on"), &terms).await;
}

pub(crate) async fn the_first_limit_that_is_reached_is_named_and_nothing_is_charged(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let both = charged(&[rate("user:ada", 9), unfinished("tenant:acme", 1)]);
    accept(&store, &message(game, "first"), &both).await;
    for _ in 0..3 {
        assert_eq!(limited_by(&bench, &store, game, &both).await, Limited::Unfinished { charge: 1 });
    }
}

pub(crate) async fn a_message_that_is_sent_again_is_charged_once(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let charges = vec![rate("user:ada", 2), unfinished("user:ada", 9)];
    let terms = Terms { charges, ..keyed("key", "words") };
    let first = message(game, "first");
    let accepted = accept(&store, &first, &terms).await;
    let before = bench.dump().await;

    assert_eq!(accept(&store, &first, &terms).await, accepted);
    assert_eq!(accept(&store, &message(game, "first"), &terms).await, accepted);

    assert!(bench.dump().await == before);
}

pub(crate) async fn a_creator_creates_so_many_games_in_a_time(bench: Bench) {
    let store = bench.store().await;
    let limits = vec![rate("games:user:ada", 1)];
    let contents = GameContents { charges: limits, ..GameContents::new(document(), Vec::new()) };
    let (first, second) = (game_id(), game_id());
    let create = async |id| store.create_game(id, &contents).await.unwrap();

    assert_eq!(create(first).await, Created::Done);
    assert_eq!(create(first).await, Created::Done);
    let before = bench.dump().await;
    assert!(matches!(create(second).await, Created::Limited(Limited::Rate { charge: 0, .. })));
    assert!(bench.dump().await == before);
    assert_eq!(store.game(second).await.unwrap(), None);
}

pub(crate) async fn a_long_game_that_is_refused_leaves_nothing_behind(bench: Bench) {
    let store = bench.store().await;
    let history = (0..9000).map(|n| ChatMessage::user(format!("message {n}"))).collect();
    let contents = GameContents { charges: vec![rate("games:user:ada", 1)], ..GameContents::new(document(), history) };
    assert_eq!(store.create_game(game_id(), &contents).await.unwrap(), Created::Done);
    let before = bench.dump().await;

    let refused = store.create_game(game_id(), &contents).await.unwrap();

    assert!(matches!(refused, Created::Limited(Limited::Rate { charge: 0, .. })), "{refused:?}");
    assert!(bench.dump().await == before);
}

pub(crate) async fn a_game_counts_as_so_many_and_as_all_at_most(bench: Bench) {
    let store = bench.store().await;
    let as_many = async |taken, whose: &str| {
        let Charge { bucket, rate, unfinished } = rate(whose, 10);
        let charges = vec![Charge { bucket, rate: rate.map(|rate| Rate { taken, ..rate }), unfinished }];
        let contents = GameContents { charges, ..GameContents::new(document(), Vec::new()) };
        match store.create_game(game_id(), &contents).await.unwrap() {
            Created::Done => None,
            Created::Limited(Limited::Rate { retry_after, .. }) => Some(retry_after.as_secs_f64() / 3600.0),
            other @ Created::Limited(_) => panic!("{other:?}"),
        }
    };
    assert_eq!(as_many(7, "ada").await, None);
    // Of ten a day, one is free again in 2.4 hours: there are three, and five are wanted.
    let wait = as_many(5, "ada").await.unwrap();
    assert!((4.7..=4.8).contains(&wait), "{wait}");
    assert_eq!(as_many(3, "ada").await, None);

    assert_eq!(as_many(1000, "bob").await, None);
    let wait = as_many(1, "bob").await.unwrap();
    assert!((2.3..=2.4).contains(&wait), "{wait}");
}

pub(crate) async fn a_message_counts_until_it_has_ended_in_any_way(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let terms = charged(&[unfinished("user:ada", 1)]);

    let cancelled = accept(&store, &message(game, "first"), &terms).await.id;
    store.cancel(cancelled).await.unwrap();
    let failed = accept(&store, &message(game, "second"), &terms).await.id;
    let claim = claim_one(&store).await;
    store.release(&claim.lease).await.unwrap();
    limited_by(&bench, &store, game, &terms).await;
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    let third = accept(&store, &message(game, "third"), &terms).await.id;
    // What an operator tries again counts against nobody.
    store.retry_dead_letter(failed).await.unwrap();
    assert_eq!(run_all(&store).await, ["third", "second"]);
    assert_eq!(request(&store, third).await.status, RequestStatus::Completed);
    accept(&store, &message(game, "fourth"), &terms).await;
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}
