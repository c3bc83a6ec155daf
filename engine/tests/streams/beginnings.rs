//! Where a stream begins: with a snapshot, anywhere in the log, or with a request's whole story.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures::StreamExt as _;
use protocol::{Event, EventId, EventName, GameId, ProblemType, RequestStatus, StateUpdated};
use store::{LogRead, SharedStore, StoreOptions, WorkerId};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::fixture::{Server, Setup, TIMEOUT, append, claim, finish, new_game, say, state_updated, store, store_with};

#[tokio::test]
async fn a_reader_who_joins_in_the_middle_gets_the_text_so_far_first() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let (first, second) = (say(&store, game, "look").await, say(&store, game, "wait").await);
    let turn = claim(&store).await;
    store.publish_chunk(&turn.lease, 1, "You see").await.unwrap();
    store.publish_chunk(&turn.lease, 2, " a door,").await.unwrap();

    let mut listener = server.listen(game, "").await;
    let (id, Event::StreamSnapshot(snapshot)) = listener.event().await.unwrap() else { panic!("no snapshot") };
    assert_eq!((snapshot.request_id, snapshot.game_id, snapshot.version), (Some(first), game, 1));
    assert_eq!(id.as_deref(), Some(snapshot.cursor.to_string().as_str()));
    let seen: Vec<_> = snapshot
        .unfinished
        .iter()
        .map(|request| (request.request_id, request.status, request.attempt.0, request.text.as_str()))
        .collect();
    let expected = [(first, RequestStatus::Processing, 1, "You see a door,"), (second, RequestStatus::Queued, 0, "")];
    assert_eq!(seen, expected);
    assert_eq!(snapshot.unfinished[1].user_message, "wait");

    finish(&store, &turn, 2, " ajar.", "You see a door, ajar.").await;
    let (id, _) = listener.event().await.unwrap();
    assert_eq!(id, Some(snapshot.cursor.next().to_string()));
    assert_eq!(listener.until("request.completed").await, ["game.state_updated", "request.completed"]);
}

/// Otherwise who opens a stream and then says something might find in the snapshot what they wait for as an event.
#[tokio::test]
async fn what_happens_after_the_answer_of_a_stream_comes_as_an_event() {
    let store = store();
    let game = new_game(&store).await;
    let routes = Server::routes(&store, &Setup::default(), &CancellationToken::new()).await;
    let request = Request::get(format!("/v1/events/games/{game}")).body(Body::empty()).unwrap();
    let answer = routes.oneshot(request).await.unwrap();

    append(&store, game, 1, &state_updated(game, 2)).await;

    let mut frames = answer.into_body().into_data_stream();
    let mut seen = String::new();
    while !seen.contains("event: game.state_updated") {
        let frame = tokio::time::timeout(TIMEOUT, frames.next()).await.unwrap().unwrap().unwrap();
        seen.push_str(std::str::from_utf8(&frame).unwrap());
        assert!(!seen.contains("\"version\":2") || seen.contains("event: game.state_updated"), "{seen}");
    }
}

#[tokio::test]
async fn text_that_is_void_is_not_part_of_a_snapshot() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    say(&store, game, "look").await;
    let turn = claim(&store).await;
    store.publish_chunk(&turn.lease, 1, "You see a ghost").await.unwrap();
    store.release(&turn.lease).await.unwrap();

    let mut listener = server.listen(game, "").await;
    let (_, Event::StreamSnapshot(snapshot)) = listener.event().await.unwrap() else { panic!("no snapshot") };
    assert_eq!((snapshot.unfinished[0].status, snapshot.unfinished[0].text.as_str()), (RequestStatus::Queued, ""));
}

#[tokio::test]
async fn a_game_at_rest_has_a_snapshot_without_requests() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    say(&store, game, "look").await;
    finish(&store, &claim(&store).await, 0, "A door.", "A door.").await;

    let mut listener = server.listen(game, "").await;
    let (_, Event::StreamSnapshot(snapshot)) = listener.event().await.unwrap() else { panic!("no snapshot") };
    let head = store.game(game).await.unwrap().unwrap();
    assert_eq!((snapshot.unfinished.len(), snapshot.cursor, snapshot.version), (0, head.cursor, 2));
}

#[tokio::test]
async fn a_reader_may_begin_anywhere_in_the_log() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    for version in 1..=3 {
        append(&store, game, version, &state_updated(game, version + 1)).await;
    }
    let epoch = store.game(game).await.unwrap().unwrap().cursor.epoch;
    let first = async |mut listener: crate::fixture::Listener| listener.event().await.unwrap().0.unwrap();

    let second = format!("?last_event_id={epoch}:1");
    assert_eq!(first(server.listen(game, "?last_event_id=0").await).await, format!("{epoch}:1"));
    assert_eq!(first(server.listen(game, &second).await).await, format!("{epoch}:2"));
    // A browser that reconnects repeats the URL that it began with, and says in the header how far it has come.
    let path = format!("/v1/events/games/{game}{second}");
    let response = server.get(&path).header("Last-Event-ID", format!("{epoch}:2")).send().await.unwrap();
    assert_eq!(first(crate::fixture::Listener::new(response)).await, format!("{epoch}:3"));
}

#[tokio::test]
async fn a_cursor_that_the_log_does_not_have_is_answered_with_a_reset_and_the_state_of_the_game() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let request = say(&store, game, "look").await;
    let turn = claim(&store).await;
    store.publish_chunk(&turn.lease, 1, "You see").await.unwrap();

    for unknown in ["1:1", "99999999999999:1"] {
        let mut listener = server.listen(game, &format!("?last_event_id={unknown}")).await;
        let (id, Event::StreamReset(reset)) = listener.event().await.unwrap() else { panic!("no reset") };
        assert_eq!(id, Some(reset.cursor.to_string()));
        assert_eq!((reset.request_id, reset.version), (Some(request), 1));
        assert_eq!(reset.unfinished[0].text, "You see");
    }
}

#[tokio::test]
async fn what_is_not_a_cursor_is_refused() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let response = server.get(&format!("/v1/events/games/{game}?last_event_id=soon")).send().await.unwrap();
    assert_eq!(response.status(), 400);
    let problem: protocol::Problem = response.json().await.unwrap();
    assert_eq!(problem.problem_type(), Some(ProblemType::InvalidPath));
    assert!(problem.detail.contains("`soon` is not an event id"), "{}", problem.detail);
}

#[tokio::test]
async fn a_requests_story_is_whole_whenever_its_stream_is_opened() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let request = say(&store, game, "look").await;
    say(&store, game, "another").await;

    let mut before = server.listen_to_request(request).await;
    assert_eq!(before.until("request.queued").await, ["request.queued"]);
    let turn = claim(&store).await;
    store.publish_chunk(&turn.lease, 1, "You").await.unwrap();
    store.publish_chunk(&turn.lease, 2, " see").await.unwrap();
    assert_eq!(before.until("chat.chunk").await, ["request.processing", "chunk 1: You"]);
    assert_eq!(before.until("chat.chunk").await, ["chunk 1:  see"]);

    let mut during = server.listen_to_request(request).await;
    let so_far = ["request.queued", "request.processing", "chunk 1: You see"];
    assert_eq!(during.until("chat.chunk").await, so_far);
    finish(&store, &turn, 2, " a door.", "You see a door.").await;
    let end = ["chunk 1:  a door.", "game.state_updated", "request.completed"];
    // The stream ends by itself.
    assert_eq!(before.until("").await, end);
    assert_eq!(during.until("").await, end);

    let mut after = server.listen_to_request(request).await;
    let whole = ["request.queued", "request.processing", "chunk 1: You see a door."];
    assert_eq!(after.until("").await, [&whole[..], &end[1..]].concat());
}

#[tokio::test]
async fn a_reader_who_was_cut_off_among_chunks_gets_exactly_the_rest() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let request = say(&store, game, "look").await;
    let turn = claim(&store).await;
    store.publish_chunk(&turn.lease, 1, "You").await.unwrap();
    store.publish_chunk(&turn.lease, 2, " see").await.unwrap();
    let mut live = server.listen(game, "?last_event_id=0").await;
    let mut ids = Vec::new();
    while ids.len() < 4 {
        ids.push(live.event().await.unwrap().0.unwrap());
    }
    finish(&store, &turn, 2, " a door.", "You see a door.").await;

    // Who has stayed gets each once; who comes back after any of them, as much as is missing, in one.
    assert_eq!(live.until("request.completed").await, ["chunk 1:  a door.", "game.state_updated", "request.completed"]);
    for (seen, rest) in [(1, "chunk 1: You see a door."), (2, "chunk 1:  see a door."), (3, "chunk 1:  a door.")] {
        let mut back = server.listen(game, &format!("?last_event_id={}", ids[seen])).await;
        let (id, event) = back.event().await.unwrap();
        let Event::ChatChunk(chunk) = event else { panic!("{event:?}") };
        assert_eq!(format!("chunk {}: {}", chunk.attempt, chunk.content), rest);
        assert_eq!((chunk.done, chunk.chunks.get()), (true, 4 - seen as u64));
        assert_eq!(back.until("request.completed").await, ["game.state_updated", "request.completed"]);
        let mut again = server.listen(game, &format!("?last_event_id={}", id.unwrap())).await;
        assert_eq!(again.until("request.completed").await, ["game.state_updated", "request.completed"]);
    }
    assert_eq!(store.request(request).await.unwrap().unwrap().result.unwrap().message, "You see a door.");
}

#[tokio::test]
async fn a_browser_that_has_seen_a_request_end_does_not_come_back() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let request = say(&store, game, "look").await;
    finish(&store, &claim(&store).await, 0, "A door.", "A door.").await;

    let mut listener = server.listen_to_request(request).await;
    let mut last = None;
    while let Some((id, _)) = listener.event().await {
        last = id;
    }
    let again = server.get(&format!("/v1/events/requests/{request}")).header("Last-Event-ID", last.unwrap());
    assert_eq!(again.send().await.unwrap().status(), 204);
}

#[tokio::test]
async fn a_requests_stream_ends_with_its_end_even_if_the_log_no_longer_has_it() {
    let store = store_with(StoreOptions { events_kept: 10, ..StoreOptions::default() });
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let request = say(&store, game, "look").await;
    finish(&store, &claim(&store).await, 0, "A door.", "A door.").await;
    for version in 2..50 {
        append(&store, game, version, &state_updated(game, version + 1)).await;
    }

    let mut listener = server.listen_to_request(request).await;
    let (id, reset) = listener.event().await.unwrap();
    assert_eq!((id, reset.name()), (None, EventName::StreamReset));
    let (id, Event::RequestCompleted(completed)) = listener.event().await.unwrap() else { panic!("no end") };
    assert_eq!(completed.result.message, "A door.");
    assert!(listener.event().await.is_none());
    let again = server.get(&format!("/v1/events/requests/{request}")).header("Last-Event-ID", id.unwrap());
    assert_eq!(again.send().await.unwrap().status(), 204);
}

/// Looks for work until the log of a game that rests has gone.
async fn let_log_go(store: &SharedStore, game: GameId) {
    let gone = async {
        while store.read_log(game, None, 1).await.unwrap() != LogRead::Events(Vec::new()) {
            assert!(store.claim(&WorkerId::fixed("tester"), rand::random(), 1).await.unwrap().claims.is_empty());
        }
    };
    tokio::time::timeout(TIMEOUT, gone).await.unwrap();
}

#[tokio::test]
async fn readers_who_stayed_follow_a_game_that_wakes_up_and_those_who_missed_events_are_reset() {
    let store = store_with(StoreOptions { events_ttl: Duration::from_millis(1), ..StoreOptions::default() });
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let mut stayed = server.listen(game, "").await;
    // With the headers alone, the snapshot might be read after the turn, and show it.
    assert_eq!(stayed.event().await.unwrap().1.name(), EventName::StreamSnapshot);
    let request = say(&store, game, "look").await;
    finish(&store, &claim(&store).await, 0, "A door.", "A door.").await;
    stayed.until("request.completed").await;
    let end = store.game(game).await.unwrap().unwrap().cursor;
    let_log_go(&store, game).await;

    let mut new = server.listen(game, "").await;
    let (id, snapshot) = new.event().await.unwrap();
    assert_eq!((id, snapshot.name()), (Some(end.to_string()), EventName::StreamSnapshot));
    let mut back = server.listen(game, &format!("?last_event_id={end}")).await;
    let mut behind = server.listen(game, &format!("?last_event_id={}:2", end.epoch)).await;
    let (id, reset) = behind.event().await.unwrap();
    assert_eq!((id, reset.name()), (Some(end.to_string()), EventName::StreamReset));
    let mut ended = server.listen_to_request(request).await;
    assert_eq!(ended.until("request.completed").await, ["stream.reset", "request.completed"]);

    let second = say(&store, game, "wait").await;
    let mut of_request = server.listen_to_request(second).await;
    finish(&store, &claim(&store).await, 0, "A wind.", "A wind.").await;

    let turn = ["request.queued", "request.processing", "chunk 1: A wind.", "game.state_updated", "request.completed"];
    for reader in [&mut stayed, &mut new, &mut back, &mut behind, &mut of_request] {
        assert_eq!(reader.until("request.completed").await, turn);
    }
}

#[tokio::test]
async fn a_reader_far_behind_gets_every_event_once() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    // Some so large that only one fits into what is read ahead.
    for version in 1..=600 {
        let filler = if version % 100 == 0 { 100_000 } else { 10 };
        let updated = StateUpdated { scene: "x".repeat(filler), ..state_updated(game, version + 1) };
        append(&store, game, version, &updated).await;
    }

    let mut listener = server.listen(game, "?last_event_id=0").await;
    for offset in 1..=600 {
        let (id, _) = listener.event().await.unwrap();
        let id: EventId = id.unwrap().parse().unwrap();
        assert_eq!(id.offset, offset);
    }
}
