//! Following a game's events as they are appended.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use protocol::EventId;
use store::{GameWrite, Live, LogEvent, LogRead, Subscription};

use crate::bench::Bench;
use crate::fixture::{TIMEOUT, claim_one, document, enqueue, finish, log, new_game, replace, state_updated};

/// The next event. A subscriber may be made to read the log at any time; here it finds nothing new in it.
async fn next(subscription: &mut Subscription) -> Arc<LogEvent> {
    loop {
        let live = tokio::time::timeout(TIMEOUT, subscription.next()).await;
        match live.unwrap_or_else(|_| panic!("no event within {TIMEOUT:?}")) {
            Live::Event(event) => return event,
            Live::Resync => {}
        }
    }
}

pub(crate) async fn a_subscriber_sees_what_is_appended_afterwards(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "before").await;
    let mut subscription = store.subscribe(game).await.unwrap();

    let claim = claim_one(&store).await;
    store.publish_chunk(&claim.lease, 1, "line\nbreak").await.unwrap();
    finish(&store, &claim, &["a story event"]).await;

    let log = log(&store, game).await;
    for expected in &log[1..] {
        assert_eq!(&next(&mut subscription).await, expected);
    }
}

pub(crate) async fn a_live_event_says_when_it_was_committed_and_the_log_does_not(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let mut subscription = store.subscribe(game).await.unwrap();
    // Redis says it in whole milliseconds.
    let before = SystemTime::now() - Duration::from_millis(1);
    enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;
    store.publish_chunk(&claim.lease, 1, "You see").await.unwrap();
    finish(&store, &claim, &["a story event"]).await;

    let log = log(&store, game).await;
    assert!(log.iter().all(|event| event.committed_at.is_none()));
    let mut last = before;
    for expected in &log {
        let event = next(&mut subscription).await;
        assert_eq!(&event, expected);
        let committed = event.committed_at.unwrap();
        assert!(last <= committed && committed <= SystemTime::now(), "{last:?} {committed:?}");
        last = committed;
    }
}

pub(crate) async fn the_subscribers_of_a_deleted_game_are_made_to_read_the_log(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let mut subscription = store.subscribe(game).await.unwrap();

    assert_eq!(store.delete_game(game, None).await.unwrap(), GameWrite::Done);

    let live = tokio::time::timeout(TIMEOUT, subscription.next()).await.unwrap();
    assert!(matches!(live, Live::Resync), "{live:?}");
}

pub(crate) async fn every_subscriber_of_a_game_sees_the_same(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let mut subscriptions = Vec::new();
    for _ in 0..3 {
        subscriptions.push(store.subscribe(game).await.unwrap());
    }

    enqueue(&store, game, "look").await;

    let first = next(&mut subscriptions[0]).await;
    for subscription in &mut subscriptions[1..] {
        assert!(Arc::ptr_eq(&first, &next(subscription).await), "each has a frame of its own");
    }
}

pub(crate) async fn a_subscriber_receives_events_of_its_own_game_only(bench: Bench) {
    let store = bench.store().await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    let mut subscription = store.subscribe(game).await.unwrap();
    let _other = store.subscribe(other).await.unwrap();

    enqueue(&store, other, "not mine").await;
    let mine = enqueue(&store, game, "mine").await;

    assert_eq!(next(&mut subscription).await.request, Some(mine));
}

pub(crate) async fn a_game_can_be_followed_again_after_everyone_has_left(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    for version in [1, 3, 5, 7] {
        let mut subscription = store.subscribe(game).await.unwrap();
        replace(&store, game, version, &document(), None, &state_updated(game)).await;
        // The last event, for which nobody subscribed, may still arrive.
        let mut event = next(&mut subscription).await;
        while event.id.offset < version {
            event = next(&mut subscription).await;
        }
        assert_eq!(event.id.offset, version);
        drop(subscription);
        replace(&store, game, version + 1, &document(), None, &state_updated(game)).await;
    }
}

pub(crate) async fn a_subscriber_that_falls_behind_is_made_to_read_the_log(bench: Bench) {
    const EVENTS: u64 = 1000;
    let store = bench.store().await;
    let game = new_game(&store).await;
    let start = store.game(game).await.unwrap().unwrap().cursor;
    let mut subscription = store.subscribe(game).await.unwrap();
    for version in 1..=EVENTS {
        replace(&store, game, version, &document(), None, &state_updated(game)).await;
    }

    let (mut seen, mut resyncs) = (0, 0);
    while seen < EVENTS {
        match tokio::time::timeout(TIMEOUT, subscription.next()).await.unwrap() {
            // What the log has shown already may still be on its way.
            Live::Event(event) if event.id.offset <= seen => {}
            Live::Event(event) => {
                assert_eq!(event.id.offset, seen + 1, "a gap that was not announced");
                seen += 1;
            }
            Live::Resync => {
                resyncs += 1;
                let after = EventId { offset: seen, ..start };
                let read = store.read_log(game, Some(after), 5000).await.unwrap();
                let LogRead::Events(events) = read else { panic!("{read:?}") };
                seen = events.last().map_or(seen, |event| event.id.offset);
            }
        }
    }
    assert!(resyncs > 0, "a subscriber keeps {EVENTS} events in memory");
}
