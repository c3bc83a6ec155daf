//! Chunks in the log: each is an event until another event follows; then they are one, and nobody notices who has seen some of them.

use std::sync::Arc;

use protocol::{ChatChunk, Event, EventId, GameId};
use store::{LogEvent, LogRead, SharedStore, StoreOptions};

use crate::bench::Bench;
use crate::fixture::{
    claim_one, completion, document, enqueue, failure, finish, log, names, new_game, options, parse, replace,
    state_updated,
};

/// The pieces of a narration: with what JSON escapes, with nothing, and with more than a byte a character.
const WRITTEN: [&str; 4] = ["You see\n", "", "a \"d\u{f6}\u{f6}r\"", "."];

/// A game whose first request has published all of [`WRITTEN`]: the last piece is event 6.
async fn narrated(store: &SharedStore) -> (GameId, store::Claim) {
    let game = new_game(store).await;
    enqueue(store, game, "look").await;
    let claim = claim_one(store).await;
    for (number, piece) in (1..).zip(&WRITTEN[..3]) {
        store.publish_chunk(&claim.lease, number, piece).await.unwrap();
    }
    store.checkpoint_narration(&claim.lease, 4, WRITTEN[3], &completion(&WRITTEN.concat())).await.unwrap();
    (game, claim)
}

fn chunk(event: &LogEvent) -> ChatChunk {
    let Event::ChatChunk(chunk) = parse(event) else { panic!("{event:?}") };
    chunk
}

/// What a reader gets after an offset.
async fn after(store: &SharedStore, game: GameId, offset: u64) -> Vec<Arc<LogEvent>> {
    let epoch = store.game(game).await.unwrap().unwrap().cursor.epoch;
    match store.read_log(game, Some(EventId { epoch, offset }), 1000).await.unwrap() {
        LogRead::Events(events) => events,
        reset @ LogRead::Reset { .. } => panic!("{offset} cannot be followed: {reset:?}"),
    }
}

/// The text, and which ids and how many chunks it came in.
fn text(events: &[Arc<LogEvent>]) -> (String, Vec<(u64, u64)>) {
    let chunks = events.iter().filter(|event| event.name == "chat.chunk").map(|event| (event.id.offset, chunk(event)));
    let (mut text, mut ids) = (String::new(), Vec::new());
    for (offset, chunk) in chunks {
        text.push_str(&chunk.content);
        ids.push((offset, chunk.chunks.get()));
    }
    (text, ids)
}

/// Every event follows the one before, whatever it joins.
fn assert_no_gap(events: &[Arc<LogEvent>], before: u64) {
    let mut last = before;
    for event in events {
        assert_eq!(parse(event).first_id(event.id).offset, last + 1, "{events:?}");
        last = event.id.offset;
    }
}

pub(crate) async fn chunks_are_events_until_another_event_follows(bench: Bench) {
    let store = bench.store().await;
    let (game, claim) = narrated(&store).await;
    let live = log(&store, game).await;
    assert_eq!(names(&live)[2..], ["chat.chunk"; 4]);
    assert_eq!(text(&live), (WRITTEN.concat(), vec![(3, 1), (4, 1), (5, 1), (6, 1)]));
    assert_eq!(live[2..].iter().map(|event| chunk(event).done).collect::<Vec<_>>(), [false, false, false, true]);

    finish(&store, &claim, &[]).await;
    let kept = log(&store, game).await;
    assert_eq!(
        names(&kept),
        ["request.queued", "request.processing", "chat.chunk", "game.state_updated", "request.completed"]
    );
    assert_eq!(text(&kept), (WRITTEN.concat(), vec![(6, 4)]));
    assert!(chunk(&kept[2]).done);
    assert_no_gap(&kept, 0);
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn a_reader_in_the_middle_of_chunks_gets_exactly_the_rest(bench: Bench) {
    let store = bench.store().await;
    let (game, claim) = narrated(&store).await;
    for ended in [false, true] {
        if ended {
            finish(&store, &claim, &[]).await;
        }
        for offset in 2..=6 {
            let rest = after(&store, game, offset).await;
            let missing = usize::try_from(offset - 2).unwrap();
            assert_eq!(text(&rest).0, WRITTEN[missing..].concat(), "after {offset}, ended: {ended}");
            assert_no_gap(&rest, offset);
            assert_eq!(rest.len(), if ended { 2 + usize::from(offset < 6) } else { 4 - missing });
        }
    }
    // A page ends anywhere.
    for offset in 0..8 {
        let head = store.game(game).await.unwrap().unwrap().cursor;
        let page = store.read_log(game, Some(EventId { offset, ..head }), 1).await.unwrap();
        let LogRead::Events(page) = page else { panic!("{offset}: {page:?}") };
        assert_eq!(page.len(), 1);
        assert_no_gap(&page, offset);
    }
}

pub(crate) async fn an_event_between_chunks_keeps_its_place(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;
    store.publish_chunk(&claim.lease, 1, "You ").await.unwrap();
    store.publish_chunk(&claim.lease, 2, "see ").await.unwrap();
    enqueue(&store, game, "and then?").await;
    store.publish_chunk(&claim.lease, 3, "a ").await.unwrap();
    store.checkpoint_narration(&claim.lease, 4, "door.", &completion("You see a door.")).await.unwrap();
    finish(&store, &claim, &[]).await;

    let whole = log(&store, game).await;
    assert_eq!(
        names(&whole)[2..],
        ["chat.chunk", "request.queued", "chat.chunk", "game.state_updated", "request.completed"]
    );
    assert_eq!(text(&whole), ("You see a door.".to_owned(), vec![(4, 2), (7, 2)]));
    for (offset, rest, ids) in [
        (3, "see a door.", vec![(4, 1), (7, 2)]),
        (4, "a door.", vec![(7, 2)]),
        (5, "a door.", vec![(7, 2)]),
        (6, "door.", vec![(7, 1)]),
        (7, "", vec![]),
    ] {
        let events = after(&store, game, offset).await;
        assert_eq!(text(&events), (rest.to_owned(), ids), "after {offset}");
        assert_no_gap(&events, offset);
    }
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn text_that_is_void_leaves_the_log(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "look").await;
    let claim = claim_one(&store).await;
    store.publish_chunk(&claim.lease, 1, "A gho").await.unwrap();
    store.publish_chunk(&claim.lease, 2, "st").await.unwrap();
    store.release(&claim.lease).await.unwrap();
    let again = claim_one(&store).await;
    store.publish_chunk(&again.lease, 1, "A door").await.unwrap();
    let narration = completion("A door.");
    store.checkpoint_narration(&again.lease, 2, ".", &narration).await.unwrap();
    // Whole, and void all the same: its request ends without effects.
    store.cancel(again.lease.request).await.unwrap();

    let kept = log(&store, game).await;
    assert_eq!(
        names(&kept)[2..],
        ["chat.chunk", "attempt.superseded", "request.processing", "chat.chunk", "request.cancelled"]
    );
    assert_eq!(text(&kept), (String::new(), vec![(4, 2), (8, 2)]));
    assert_no_gap(&kept, 0);
    assert_eq!(text(&after(&store, game, 3).await), (String::new(), vec![(4, 1), (8, 2)]));

    let failed = enqueue(&store, game, "knock").await;
    let claim = claim_one(&store).await;
    store.checkpoint_narration(&claim.lease, 1, "Silence.", &completion("Silence.")).await.unwrap();
    store.fail(&claim.lease, &failure()).await.unwrap();
    assert_eq!(text(&after(&store, game, 9).await), (String::new(), vec![(12, 1)]));
    // It is kept with the dead letter, and shown again.
    store.retry_dead_letter(failed).await.unwrap();
    assert_eq!(text(&after(&store, game, 13).await), ("Silence.".to_owned(), vec![(15, 1)]));
    finish(&store, &claim_one(&store).await, &[]).await;
    let all = log(&store, game).await;
    assert_no_gap(&all, 0);
    assert_eq!(text(&all), ("Silence.".to_owned(), vec![(4, 2), (8, 2), (12, 1), (15, 1)]));
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}

pub(crate) async fn a_finished_narration_is_kept_when_its_attempt_is_not(bench: Bench) {
    let store = bench.store().await;
    let (game, claim) = narrated(&store).await;
    store.release(&claim.lease).await.unwrap();
    let next = claim_one(&store).await;

    assert_eq!(text(&log(&store, game).await), (WRITTEN.concat(), vec![(6, 4)]));
    finish(&store, &next, &[]).await;
    assert_eq!(
        names(&after(&store, game, 4).await),
        ["chat.chunk", "request.processing", "game.state_updated", "request.completed"]
    );
    assert_eq!(text(&after(&store, game, 4).await).0, WRITTEN[2..].concat());
}

pub(crate) async fn a_log_that_begins_in_the_middle_of_a_turn_is_followed_from_its_chunks(bench: Bench) {
    let store = bench.store_with(StoreOptions { events_kept: 3, ..options() }).await;
    let (game, claim) = narrated(&store).await;
    finish(&store, &claim, &[]).await;
    for version in 2..=120 {
        replace(&store, game, version, &document(), None, &state_updated(game)).await;
    }
    let kept = log(&store, game).await;
    let first = parse(&kept[0]).first_id(kept[0].id);
    assert!(first.offset > 1, "the beginning is gone");
    assert_no_gap(&kept, first.offset - 1);
    assert_no_gap(&after(&store, game, first.offset - 1).await, first.offset - 1);
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
}
