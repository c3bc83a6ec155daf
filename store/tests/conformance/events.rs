//! The event log: ids without gaps, reading from anywhere, and a reset where that cannot be.

use protocol::{EventId, GameId};
use store::{LogRead, SharedStore, StoreOptions, Terms};

use crate::bench::Bench;
use crate::fixture::{
    accept, claim_one, completion, document, enqueue, finish, log, message, names, new_game, options, replace,
    state_updated,
};

/// No events.
const NOTHING: [u64; 0] = [];

/// A game whose log has lost its beginning.
async fn trimmed_game(bench: &Bench) -> (SharedStore, GameId) {
    let store = bench.store_with(StoreOptions { events_kept: 10, ..options() }).await;
    let game = new_game(&store).await;
    // A stream is trimmed by whole nodes of a hundred entries.
    for version in 1..=350 {
        replace(&store, game, version, &document(), None, &state_updated(game)).await;
    }
    (store, game)
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

/// Asserts that an id cannot be followed, and that the log can be from the head that the reader gets.
async fn assert_reset(store: &SharedStore, game: GameId, after: EventId) {
    let cursor = store.game(game).await.unwrap().unwrap().cursor;
    let LogRead::Reset { head, .. } = read(store, game, after).await else { panic!("{after} is followed") };
    assert_eq!(head, cursor);
    assert_eq!(offsets_after(store, game, head).await, NOTHING);
}

pub(crate) async fn event_ids_of_a_game_are_contiguous(bench: Bench) {
    let store = bench.store().await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    for _ in 0..3 {
        enqueue(&store, game, "look").await;
        enqueue(&store, other, "look").await;
    }
    while let Some(claim) = crate::fixture::claim(&store, 1).await.pop() {
        finish(&store, &claim, &[]).await;
    }

    for game in [game, other] {
        let log = log(&store, game).await;
        let offsets: Vec<u64> = log.iter().map(|event| event.id.offset).collect();
        assert_eq!(offsets, (1..=12).collect::<Vec<_>>());
        assert!(log.iter().all(|event| event.id.epoch == log[0].id.epoch));
        assert_eq!(store.game(game).await.unwrap().unwrap().cursor, log[11].id);
    }
}

pub(crate) async fn the_events_of_a_turn_are_in_order(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;
    store.publish_chunk(&claim.lease, 1, "You see").await.unwrap();
    store.publish_chunk(&claim.lease, 2, " a").await.unwrap();
    store.checkpoint_narration(&claim.lease, 3, " door.", &completion("You see a door.")).await.unwrap();
    store.checkpoint_delta(&claim.lease, &completion("{}")).await.unwrap();
    finish(&store, &claim, &["the door opens"]).await;

    let log = log(&store, game).await;
    assert_eq!(
        names(&log),
        [
            "request.queued",
            "request.processing",
            "chat.chunk",
            "game.state_updated",
            "request.completed",
            "request.queued",
        ]
    );
    assert!(log[..5].iter().all(|event| event.request == Some(id)));
    assert_eq!(log[5].request, Some(id.child(0)));
    for event in &log {
        assert!(!event.data.contains(['\n', '\r']), "{event:?}");
    }
}

pub(crate) async fn a_log_is_read_in_pages(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    for version in 1..=25 {
        replace(&store, game, version, &document(), None, &state_updated(game)).await;
    }

    let (mut after, mut offsets) = (None, Vec::new());
    loop {
        let LogRead::Events(page) = store.read_log(game, after, 10).await.unwrap() else { panic!("{after:?}") };
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 10);
        after = Some(last.id);
        offsets.extend(page.iter().map(|event| event.id.offset));
    }
    assert_eq!(offsets, (1..=25).collect::<Vec<_>>());
}

pub(crate) async fn a_reader_at_the_head_waits_for_the_next_event(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let start = store.game(game).await.unwrap().unwrap().cursor;
    assert_eq!(offsets_after(&store, game, start).await, NOTHING);
    assert_eq!(log(&store, game).await, []);

    replace(&store, game, 1, &document(), None, &state_updated(game)).await;
    assert_eq!(offsets_after(&store, game, start).await, [1]);
    let head = store.game(game).await.unwrap().unwrap().cursor;
    assert_eq!(offsets_after(&store, game, head).await, NOTHING);

    replace(&store, game, 2, &document(), None, &state_updated(game)).await;
    assert_eq!(offsets_after(&store, game, head).await, [2]);
}

pub(crate) async fn a_reader_who_joins_at_the_cursor_of_a_request_misses_nothing_of_it(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "first").await;
    let second = message(game, "second");

    let cursor = accept(&store, &second, &Terms::default()).await.cursor;
    crate::fixture::run_all(&store).await;

    let LogRead::Events(events) = read(&store, game, cursor).await else { panic!("{cursor} cannot be followed") };
    let own: Vec<&str> =
        events.iter().filter(|event| event.request == Some(second.id)).map(|event| event.name.as_str()).collect();
    assert_eq!(own, ["request.queued", "request.processing", "game.state_updated", "request.completed"]);
    assert_eq!((events[0].request, events[0].id), (Some(second.id), cursor.next()));
    assert_eq!(crate::fixture::request(&store, second.id).await.cursor, cursor);
}

pub(crate) async fn a_reader_behind_the_first_event_kept_is_reset(bench: Bench) {
    let (store, game) = trimmed_game(&bench).await;
    let kept = log(&store, game).await;
    let first = kept[0].id;
    assert!(kept.len() >= 10 && first.offset > 2, "{} events are kept, from {first}", kept.len());

    assert_reset(&store, game, EventId { offset: 1, ..first }).await;
    assert_reset(&store, game, EventId { offset: first.offset - 2, ..first }).await;
    // The event before the first one kept is gone, but a reader that has seen it has missed nothing.
    let rest: Vec<u64> = (first.offset..=350).collect();
    assert_eq!(offsets_after(&store, game, EventId { offset: first.offset - 1, ..first }).await, rest);
    assert_eq!(offsets_after(&store, game, first).await, rest[1..]);
}

pub(crate) async fn a_reader_from_before_the_first_event_is_reset_when_that_one_is_gone(bench: Bench) {
    let (store, game) = trimmed_game(&bench).await;
    let head = store.game(game).await.unwrap().unwrap().cursor;

    assert_reset(&store, game, EventId { offset: 0, ..head }).await;
}

pub(crate) async fn a_reader_beyond_the_head_is_reset(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let start = store.game(game).await.unwrap().unwrap().cursor;
    assert_reset(&store, game, start.next()).await;

    enqueue(&store, game, "look").await;
    let head = store.game(game).await.unwrap().unwrap().cursor;
    assert_reset(&store, game, head.next()).await;
    assert_reset(&store, game, EventId { offset: u64::MAX, ..head }).await;
}

pub(crate) async fn a_reader_from_another_epoch_is_reset(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    finish(&store, &claim_one(&store).await, &[]).await;
    let head = store.game(game).await.unwrap().unwrap().cursor;

    for epoch in [0, head.epoch - 1, head.epoch + 1] {
        for offset in [1, head.offset - 1, head.offset, head.offset + 1] {
            assert_reset(&store, game, EventId { epoch, offset }).await;
        }
    }
}

pub(crate) async fn a_log_is_read_on_from_each_of_its_events(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    for text in ["first", "second"] {
        enqueue(&store, game, text).await;
        finish(&store, &claim_one(&store).await, &[]).await;
    }
    let all = log(&store, game).await;

    for (n, event) in all.iter().enumerate() {
        for limit in 1..=all.len() {
            let rest = &all[n + 1..];
            let expected = LogRead::Events(rest[..limit.min(rest.len())].to_vec());
            assert_eq!(
                store.read_log(game, Some(event.id), limit).await.unwrap(),
                expected,
                "after {n}, at most {limit}"
            );
        }
    }
}
