//! Event streams over real connections that break, end, repeat themselves and leave things out.

mod common;

use axum::http::StatusCode;
use client::{ClientError, Events, Item, Since};
use common::{ScriptedResponse, at, chunk_of, chunks, engine, frame, joined};
use futures::StreamExt as _;
use futures::channel::mpsc::unbounded;
use protocol::{
    Attempt, Event, EventId, GameId, Problem, ProblemType, RequestCancelled, RequestId, RequestStatus, StreamReset,
    StreamSnapshot,
};

/// The offsets of the events that the whole stream hands out, with `!` for each lost connection.
async fn observed(events: Events) -> String {
    let observed = events.filter_map(async |item| match item {
        Item::Connected { .. } => None,
        Item::Event { id, .. } => Some(id.map_or("?".to_owned(), |id| id.offset.to_string())),
        Item::Snapshot(_) => Some("snapshot".to_owned()),
        Item::Reset(_) => Some("reset".to_owned()),
        Item::Gap { expected, found } => Some(format!("gap({}..{})", expected.offset, found.offset)),
        Item::Disconnected { error: ClientError::Gap { .. }, .. } => Some("doubt".to_owned()),
        Item::Disconnected { .. } => Some("!".to_owned()),
        Item::Failed(error) => Some(format!("failed({error})")),
    });
    observed.collect::<Vec<_>>().await.join(" ")
}

fn cancelled(request_id: RequestId) -> Event {
    RequestCancelled { request_id, game_id: GameId::new(), status: RequestStatus::Cancelled }.into()
}

fn reset(cursor: EventId) -> Event {
    let (game_id, reason, unfinished) = (GameId::new(), "expired".to_owned(), Vec::new());
    StreamReset { request_id: None, game_id, reason, version: 3, cursor, unfinished }.into()
}

fn snapshot(cursor: EventId) -> Event {
    StreamSnapshot { request_id: None, game_id: GameId::new(), version: 3, cursor, unfinished: Vec::new() }.into()
}

#[tokio::test]
async fn a_broken_stream_resumes_after_its_last_event() {
    let (client, mut asked) = engine([
        ScriptedResponse::Break(chunks([1, 2])),
        ScriptedResponse::Stream(chunks([3])),
        ScriptedResponse::Refuse(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "draining".to_owned()),
        ScriptedResponse::Stream(chunks([4])),
    ])
    .await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Now)).await, "1 2 ! 3 ! ! 4 !");
    assert_eq!(asked.next().await, None);
    assert_eq!(asked.next().await.as_deref(), Some("1:2"));
    assert_eq!(asked.next().await.as_deref(), Some("1:3"));
    assert_eq!(asked.next().await.as_deref(), Some("1:3"));
    assert_eq!(asked.next().await.as_deref(), Some("1:4"));
}

#[tokio::test]
async fn half_an_event_is_not_an_event() {
    let whole = chunks([1]);
    let half = format!("{whole}{}", &chunks([2])[..20]);
    let (client, _asked) = engine([ScriptedResponse::Break(half), ScriptedResponse::Stream(chunks([2]))]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Now)).await, "1 ! 2 !");
}

#[tokio::test]
async fn an_event_that_comes_again_is_handed_out_once() {
    let (client, _asked) =
        engine([ScriptedResponse::Stream(chunks([1, 2, 2, 1])), ScriptedResponse::Stream(chunks([1, 2, 3]))]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Beginning)).await, "1 2 ! 3 !");
}

#[tokio::test]
async fn everything_that_is_kept_can_be_asked_for() {
    let (client, mut asked) = engine([]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Beginning)).await, "");
    assert_eq!(asked.next().await.as_deref(), Some("0"));
}

#[tokio::test]
async fn a_gap_is_asked_about_again() {
    let (client, mut asked) =
        engine([ScriptedResponse::Stream(chunks([1, 3])), ScriptedResponse::Stream(chunks([2, 3]))]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Now)).await, "1 doubt 2 3 !");
    assert_eq!(asked.next().await, None);
    assert_eq!(asked.next().await.as_deref(), Some("1:1"));
}

#[tokio::test]
async fn a_gap_that_the_engine_insists_on_is_passed_over_and_reported() {
    let (client, _asked) =
        engine([ScriptedResponse::Stream(chunks([1, 3])), ScriptedResponse::Stream(chunks([3, 4]))]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Now)).await, "1 doubt gap(2..3) 3 4 !");
}

#[tokio::test]
async fn a_chunk_that_joins_others_leaves_no_gap() {
    let joins = |offset, count| frame(at(1, offset), &joined(RequestId::new(), &offset.to_string(), count));
    let whole = format!("{}{}{}", chunks([1]), joins(5, 4), chunks([6]));
    let (client, _asked) = engine([ScriptedResponse::Stream(whole)]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Now)).await, "1 5 6 !");

    let missing = format!("{}{}", chunks([1]), joins(5, 3));
    let (client, mut asked) = engine([ScriptedResponse::Stream(missing)]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Now)).await, "1 doubt");
    assert_eq!((asked.next().await, asked.next().await.as_deref()), (None, Some("1:1")));
}

#[tokio::test]
async fn a_cursor_makes_a_missing_first_event_visible() {
    let (client, _asked) = engine([ScriptedResponse::Stream(chunks([7]))]).await;
    assert_eq!(observed(client.game_events(GameId::new(), at(1, 5))).await, "doubt");
}

#[tokio::test]
async fn after_a_reset_the_stream_goes_on_after_its_cursor() {
    // The reset's own id lies before the reader's, as after a restore from a backup.
    let text = format!("{}{}", frame(at(1, 9), &reset(at(1, 9))), chunks([10]));
    let (client, mut asked) = engine([ScriptedResponse::Stream(text)]).await;
    assert_eq!(observed(client.game_events(GameId::new(), at(1, 500))).await, "reset 10 !");
    assert_eq!(asked.next().await.as_deref(), Some("1:500"));
    assert_eq!(asked.next().await.as_deref(), Some("1:10"));
}

#[tokio::test]
async fn after_a_snapshot_the_stream_goes_on_after_its_cursor() {
    let text = format!("{}{}", frame(at(1, 9), &snapshot(at(1, 9))), chunks([9, 10]));
    let (client, mut asked) = engine([ScriptedResponse::Stream(text)]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Now)).await, "snapshot 10 !");
    assert_eq!(asked.next().await, None);
    assert_eq!(asked.next().await.as_deref(), Some("1:10"));
}

#[tokio::test]
async fn a_reset_that_is_cut_off_before_its_end_is_asked_for_again() {
    let ours = RequestId::new();
    let half = frame(at(1, 9), &reset(at(1, 9))).replace("id: 1:9\n", "");
    let whole = format!("{half}{}", frame(at(1, 9), &cancelled(ours)));
    // The ids before the reset mean nothing after it: that the last one was greater must not hide the end.
    let first = frame(at(1, 500), &chunk_of(ours, "a")) + &half;
    let (client, mut asked) = engine([ScriptedResponse::Break(first), ScriptedResponse::Stream(whole)]).await;
    assert_eq!(observed(client.request_events(ours)).await, "500 reset ! reset 9");
    assert_eq!(asked.next().await, None);
    assert_eq!(asked.next().await, None);
}

#[tokio::test]
async fn an_id_without_an_event_is_a_place_to_resume_at() {
    let (client, mut asked) = engine([ScriptedResponse::Stream("retry: 2\nid: 1:41\n\n".to_owned())]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Now)).await, "!");
    assert_eq!(asked.next().await, None);
    assert_eq!(asked.next().await.as_deref(), Some("1:41"));
}

#[tokio::test]
async fn an_event_of_a_later_version_is_passed_over() {
    let text = format!("{}id: 1:2\nevent: game.paused\ndata: {{}}\n\n{}", chunks([1]), chunks([3]));
    let (client, _asked) = engine([ScriptedResponse::Stream(text)]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Now)).await, "1 3 !");
}

#[tokio::test]
async fn an_event_that_cannot_be_read_ends_the_stream() {
    let (client, _asked) = engine([ScriptedResponse::Stream("event: chat.chunk\ndata: {}\n\n".to_owned())]).await;
    let observed = observed(client.game_events(GameId::new(), Since::Now)).await;
    assert!(observed.starts_with("failed(") && observed.contains("`chat.chunk` cannot be read"), "{observed}");
}

#[tokio::test]
async fn a_request_stream_ends_with_its_request() {
    let (ours, other) = (RequestId::new(), RequestId::new());
    let text = [
        frame(at(1, 1), &chunk_of(ours, "a")),
        // Offsets are the game's: what lies between belongs to other requests and is no gap.
        frame(at(1, 4), &cancelled(other)),
        frame(at(1, 7), &cancelled(ours)),
        chunks([8]),
    ]
    .concat();
    let (listener, mut gone) = unbounded();
    let (client, _asked) = engine([ScriptedResponse::Hold(text, listener)]).await;
    assert_eq!(observed(client.request_events(ours)).await, "1 4 7");
    gone.next().await.unwrap();
}

#[tokio::test]
async fn an_unknown_game_ends_the_stream_with_the_engines_words() {
    let problem = Problem::new(ProblemType::UnknownGame, "there is none");
    let body = serde_json::to_string(&problem).unwrap();
    let (client, _asked) =
        engine([ScriptedResponse::Refuse(StatusCode::NOT_FOUND, "application/problem+json", body)]).await;
    let mut events = client.game_events(GameId::new(), Since::Now);
    let Some(Item::Failed(error)) = events.next().await else { panic!("the stream goes on") };
    assert_eq!(error.problem(), Some(&problem));
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_page_that_is_not_a_stream_is_not_read_as_one() {
    let (client, _asked) = engine([ScriptedResponse::Refuse(StatusCode::OK, "text/html", chunks([1]))]).await;
    assert!(observed(client.game_events(GameId::new(), Since::Now)).await.contains("not an event stream"));
}

#[tokio::test]
async fn a_silent_connection_is_given_up() {
    let (listener, mut gone) = unbounded();
    let (client, mut asked) =
        engine([ScriptedResponse::Hold(chunks([1]), listener), ScriptedResponse::Stream(chunks([2]))]).await;
    assert_eq!(observed(client.game_events(GameId::new(), Since::Now)).await, "1 ! 2 !");
    gone.next().await.unwrap();
    assert_eq!(asked.next().await, None);
    assert_eq!(asked.next().await.as_deref(), Some("1:1"));
}

#[tokio::test]
async fn dropping_the_stream_hangs_up() {
    let (listener, mut gone) = unbounded();
    let (client, _asked) = engine([ScriptedResponse::Hold(chunks([1]), listener)]).await;
    let mut events = client.game_events(GameId::new(), Since::Now);
    assert!(matches!(events.next().await, Some(Item::Connected { resumed: None })));
    assert!(matches!(events.next().await, Some(Item::Event { id: Some(id), .. }) if id == at(1, 1)));
    drop(events);
    gone.next().await.unwrap();
}

#[tokio::test]
async fn a_poll_that_is_given_up_loses_nothing() {
    let (client, _asked) = engine([ScriptedResponse::Stream(chunks(1..=50))]).await;
    let mut events = client.game_events(GameId::new(), Since::Now);
    let mut offsets = Vec::new();
    while offsets.len() < 50 {
        tokio::select! {
            biased;
            item = events.next() => if let Some(Item::Event { id: Some(id), .. }) = item { offsets.push(id.offset) },
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(offsets, (1..=50).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_chunk_comes_as_it_was_sent() {
    let request = RequestId::new();
    let (client, _asked) = engine([ScriptedResponse::Stream(frame(at(1, 1), &chunk_of(request, "a\nb — 世界")))]).await;
    let mut events = client.game_events(GameId::new(), Since::Now);
    events.next().await;
    let Some(Item::Event { event: Event::ChatChunk(chunk), .. }) = events.next().await else { panic!("no chunk") };
    assert_eq!((chunk.request_id, chunk.attempt, chunk.content.as_str()), (request, Attempt(1), "a\nb — 世界"));
}
