//! The log of a game that rests goes after a time. Its numbers go on, and nobody who reads it misses anything without being told.

use std::time::Duration;

use protocol::{EventId, GameId, IfBusy};
use store::{GameChange, Live, LogRead, SharedStore, StoreOptions, Terms};

use crate::bench::Bench;
use crate::fixture::{
    TIMEOUT, a_change, accept, claim, claim_one, document, enqueue, failure, finish, if_busy, is_done, log, message,
    names, new_game, options, replace, run_all, state_updated, until,
};

/// Plays one turn.
async fn play(store: &SharedStore, game: GameId, text: &str) {
    enqueue(store, game, text).await;
    assert_eq!(run_all(store).await, [text]);
}

async fn cursor(store: &SharedStore, game: GameId) -> EventId {
    store.game(game).await.unwrap().unwrap().cursor
}

async fn read(store: &SharedStore, game: GameId, after: EventId) -> LogRead {
    store.read_log(game, Some(after), 1000).await.unwrap()
}

/// The offsets of the events after an id, which must be one that can be followed.
async fn offsets_after(store: &SharedStore, game: GameId, after: EventId) -> Vec<u64> {
    match read(store, game, after).await {
        LogRead::Events(events) => events.iter().map(|event| event.id.offset).collect(),
        reset @ LogRead::Reset { .. } => panic!("{after} cannot be followed: {reset:?}"),
    }
}

/// A game whose log has gone, and the id of its last event.
async fn rested(bench: &Bench, store: &SharedStore) -> (GameId, EventId) {
    let game = new_game(store).await;
    play(store, game, "look").await;
    let end = cursor(store, game).await;
    assert!(bench.end_rest(game).await, "its log was not to go");
    (game, end)
}

pub(crate) async fn the_log_of_a_game_that_rests_goes_after_its_time(bench: Bench) {
    let store = bench.store_with(StoreOptions { events_ttl: Duration::from_millis(50), ..options() }).await;
    let (busy, game) = (new_game(&store).await, new_game(&store).await);
    enqueue(&store, busy, "first").await;
    let held = claim_one(&store).await;
    // More events than one step deletes.
    for version in 1..=150 {
        replace(&store, game, version, &document(), None, &state_updated(game)).await;
    }
    let end = cursor(&store, game).await;

    until("the log has gone", async || {
        assert_eq!(claim(&store, 1).await.len(), 0);
        log(&store, game).await.is_empty().then_some(())
    })
    .await;

    assert_eq!(cursor(&store, game).await, end);
    // The other game has waited for longer. Something of it is unfinished.
    assert_eq!(names(&log(&store, busy).await), ["request.queued", "request.processing"]);
    finish(&store, &held, &[]).await;
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn a_log_is_to_go_when_nothing_is_unfinished_and_not_before(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let is_to_go = async || bench.is_to_go(game).await;
    assert!(!is_to_go().await, "there is none yet");

    enqueue(&store, game, "first").await;
    enqueue(&store, game, "second").await;
    assert!(!is_to_go().await);
    finish(&store, &claim_one(&store).await, &[]).await;
    assert!(!is_to_go().await, "the second message waits");
    finish(&store, &claim_one(&store).await, &["a story event"]).await;
    assert!(!is_to_go().await, "a story event waits");
    finish(&store, &claim_one(&store).await, &[]).await;
    assert!(is_to_go().await);

    let cancelled = enqueue(&store, game, "cancelled").await;
    store.rename_game(game, Some("Busy")).await.unwrap();
    assert!(!is_to_go().await);
    store.cancel(cancelled).await.unwrap();
    assert!(is_to_go().await);

    let failed = enqueue(&store, game, "failed").await;
    let claim = claim_one(&store).await;
    assert!(!is_to_go().await);
    store.fail(&claim.lease, &failure()).await.unwrap();
    assert!(is_to_go().await);
    store.retry_dead_letter(failed).await.unwrap();
    assert!(!is_to_go().await);
    accept(&store, &message(game, "interrupts"), &if_busy(IfBusy::Interrupt)).await;
    assert!(!is_to_go().await);
    assert_eq!(run_all(&store).await, ["interrupts"]);
    assert!(is_to_go().await);

    let found = store.game(game).await.unwrap().unwrap();
    let request = Some(message(game, "plays on"));
    let change = GameChange { request, ..a_change(game, found.version, &found.document) };
    assert!(is_done(&store.change_game(&change).await.unwrap()));
    assert!(!is_to_go().await);
    assert_eq!(run_all(&store).await, ["plays on"]);
    assert!(is_to_go().await);
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn what_is_changed_or_renamed_while_a_game_rests_goes_too(bench: Bench) {
    let store = bench.store().await;
    let (changed, renamed) = (new_game(&store).await, new_game(&store).await);
    assert!(is_done(&replace(&store, changed, 1, &document(), None, &state_updated(changed)).await));
    store.rename_game(renamed, Some("Ada")).await.unwrap();

    for game in [changed, renamed] {
        assert!(bench.end_rest(game).await);
        assert_eq!((log(&store, game).await.len(), cursor(&store, game).await.offset), (0, 1));
    }
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn readers_of_a_log_that_has_gone_are_reset_unless_they_have_seen_its_end(bench: Bench) {
    let store = bench.store().await;
    let (game, end) = rested(&bench, &store).await;
    let (head, beyond) = (end, end.next());

    assert_eq!(log(&store, game).await, []);
    assert_eq!(offsets_after(&store, game, end).await, [0; 0]);
    for offset in (0..end.offset).chain([beyond.offset, u64::MAX]) {
        let LogRead::Reset { head: told, .. } = read(&store, game, EventId { offset, ..end }).await else {
            panic!("a reader at {offset} of {end} is not told that events are missing");
        };
        assert_eq!(told, head);
    }
    let other = EventId { epoch: end.epoch - 1, ..end };
    assert!(matches!(read(&store, game, other).await, LogRead::Reset { .. }));

    play(&store, game, "wake up").await;

    let all: Vec<u64> = (end.offset + 1..=end.offset + 4).collect();
    assert_eq!(offsets_after(&store, game, end).await, all);
    assert_eq!(log(&store, game).await[0].id, end.next());
    for offset in 0..end.offset {
        assert!(matches!(read(&store, game, EventId { offset, ..end }).await, LogRead::Reset { .. }), "{offset}");
    }
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
    // And again.
    assert!(bench.end_rest(game).await);
    let later = cursor(&store, game).await;
    assert_eq!(offsets_after(&store, game, later).await, [0; 0]);
    assert!(matches!(read(&store, game, end).await, LogRead::Reset { .. }));
}

pub(crate) async fn a_subscriber_at_the_end_gets_the_events_of_a_game_that_wakes_up(bench: Bench) {
    let store = bench.store().await;
    let (game, end) = rested(&bench, &store).await;
    let mut subscription = store.subscribe(game).await.unwrap();

    let request = accept(&store, &message(game, "wake up"), &Terms::default()).await;

    assert_eq!(request.cursor, end);
    assert_eq!(run_all(&store).await, ["wake up"]);
    for offset in end.offset + 1..=end.offset + 4 {
        let event = loop {
            match tokio::time::timeout(TIMEOUT, subscription.next()).await.unwrap() {
                // What was published before it subscribed may still be on its way; readers pass over what they have seen.
                Live::Event(event) if event.id.offset > end.offset => break event,
                Live::Event(_) | Live::Resync => {}
            }
        };
        assert_eq!(event.id, EventId { offset, ..end });
    }
}

pub(crate) async fn a_log_that_is_kept_for_ever_is_never_to_go(bench: Bench) {
    let store = bench.store_with(StoreOptions { events_ttl: Duration::ZERO, ..options() }).await;
    let game = new_game(&store).await;
    play(&store, game, "look").await;
    store.rename_game(game, Some("Ada")).await.unwrap();

    if !matches!(bench, Bench::Embedded { .. }) {
        assert!(!bench.is_to_go(game).await);
    }
    assert_eq!(claim(&store, 1).await.len(), 0);
    assert_eq!(log(&store, game).await.len(), 5);
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}
