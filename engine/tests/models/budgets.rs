//! What turns take of a budget, by what servers count, and by what they leave out.

use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::RequestStatus;
use serde_json::json;

use crate::server::{Answer, Asked, DELTA, events, json as answer, stream, whole};
use crate::turns::Play;

/// A whole narration that the server counts so.
fn narration(prompt: u64, completion: u64) -> Answer {
    let said = json!({ "choices": [{ "delta": { "content": "You wait." }, "finish_reason": null }] });
    let end = json!({
        "choices": [{ "delta": {}, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": prompt, "completion_tokens": completion },
    });
    events(&stream(&[&said.to_string(), &end.to_string(), "[DONE]"]))
}

/// A narration that ends in the middle of a sentence, with the connection.
fn broken_off() -> Answer {
    let said = json!({ "choices": [{ "delta": { "content": "You wait, and" }, "finish_reason": null }] });
    events(&stream(&[&said.to_string()]))
}

/// What `whole` says that the delta used.
const OF_DELTA: u64 = 10;

/// A turn whose first narrations come from `first`, and the next one is whole.
async fn used_after(first: impl Fn(usize) -> Option<Answer> + Send + Sync + 'static) -> u64 {
    let narrations = AtomicUsize::new(0);
    let play = Play::start(move |asked: &Asked, _| {
        if asked.body["stream"] == true {
            first(narrations.fetch_add(1, Ordering::Relaxed)).unwrap_or_else(|| narration(100, 20))
        } else {
            answer(200, &whole(DELTA))
        }
    })
    .await;
    let request = play.say("I wait").await;
    assert_eq!(request.status, RequestStatus::Completed, "{:?}", request.error);
    play.used().await
}

#[tokio::test]
async fn a_turn_uses_what_its_servers_count() {
    assert_eq!(used_after(|_| None).await, 120 + OF_DELTA);
}

#[tokio::test]
async fn an_attempt_that_breaks_off_has_used_what_it_reserved() {
    let used = used_after(|narrations| (narrations == 0).then(broken_off)).await;
    // The prompt, the longest answer, and both once more for the delta.
    assert!(used > 1000 + 120 + OF_DELTA, "{used}");
}

#[tokio::test]
async fn an_attempt_that_fails_before_the_first_word_has_used_nothing() {
    let used = used_after(|narrations| (narrations == 0).then(|| answer(500, "{}"))).await;
    assert_eq!(used, 120 + OF_DELTA);
}

#[tokio::test]
async fn a_server_that_does_not_count_uses_what_was_reserved_and_nonsense_is_no_count() {
    for (prompt, completion) in [(0, 0), (u64::MAX, u64::MAX)] {
        let used = used_after(move |_| Some(narration(prompt, completion))).await;
        assert!(used > 1000 && used < 100_000, "{used}");
    }
}
