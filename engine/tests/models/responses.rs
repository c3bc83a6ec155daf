//! What servers send instead of what they should: what is read from it, or said of it.

use std::time::{Duration, Instant};

use engine::config::Adapter;
use engine::llm::{ErrorClass, Reason};

use crate::narrate;
use crate::server::{self, Answer, Server, events, good, whole, with_headers};

async fn narration_of(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Result<String, engine::llm::ModelError> {
    let server = Server::start(move |_, _| answer()).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    narrate(&models).await.map(|narrated| narrated.text)
}

#[tokio::test]
async fn a_narration_is_whole_when_its_end_was_said_in_any_way() {
    let wait = r#"data: {"choices":[{"delta":{"content":"You wait."},"finish_reason":null}]}"#;
    let stop =
        r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;
    for body in [
        format!("{wait}\n\n{stop}\n\n"),
        format!("{wait}\n\ndata: [DONE]\n\n"),
        format!("\u{feff}{wait}\r\n\r\n{stop}\r\n\r\ndata: [DONE]\r\n\r\n"),
        format!("{wait}\n\n{stop}\n\ndata: [DONE]"),
        format!(": hello\n\nid: 1\nevent: x\n{wait}\n\n{stop}\n\ndata: [DONE]\n\n"),
    ] {
        let sent = body.clone();
        assert_eq!(narration_of(move || events(&sent)).await.unwrap(), "You wait.", "{body:?}");
    }
    let cut = format!("{wait}\n\n");
    assert_eq!(narration_of(move || events(&cut)).await.unwrap_err().reason, Reason::BrokeOff);
}

#[tokio::test]
async fn a_server_that_says_no_more_after_the_end_is_not_waited_for() {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"You wait.\"},\"finish_reason\":\"stop\"}]}\n\n";
    let answer = move || {
        let mut answer = events(body);
        answer.push((Duration::from_secs(30), String::new()));
        answer
    };
    let began = Instant::now();
    assert_eq!(narration_of(answer).await.unwrap(), "You wait.");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_whole_completion_is_taken_although_a_stream_was_asked_for() {
    assert_eq!(narration_of(|| server::json(200, &whole("You wait."))).await.unwrap(), "You wait.");
}

#[tokio::test]
async fn an_error_with_a_status_of_success_is_the_error_that_it_is() {
    let error = r#"{"error":{"message":"Insufficient credits","code":402}}"#;
    let key = r#"{"error":{"message":"No auth credentials found","code":401}}"#;
    for (answer, reason, words) in [
        (server::json(200, error), Reason::NoCredit, "Insufficient credits"),
        (
            server::json(200, r#"{"error":{"message":"Provider returned error","code":429}}"#),
            Reason::RateLimited,
            "Provider",
        ),
        (events(&format!("data: {key}\n\n")), Reason::Unauthorized, "No auth credentials"),
        (
            events(&format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"You \"}}}}]}}\n\ndata: {key}\n\n")),
            Reason::Unauthorized,
            "No auth",
        ),
        (server::reply(200, "text/html", "<!doctype html><title>Sign in</title>"), Reason::WrongAddress, "web page"),
        (
            with_headers(301, "location: http://right/v1/chat/completions\r\n", ""),
            Reason::WrongAddress,
            "http://right/v1",
        ),
        (server::json(404, r#"{"detail":"Not Found"}"#), Reason::WrongAddress, "base_url"),
    ] {
        let sent = answer.clone();
        let error = narration_of(move || sent.clone()).await.unwrap_err();
        assert_eq!((error.reason, error.class()), (reason, ErrorClass::Provider), "{answer:?}");
        assert!(error.detail.contains(words), "{error}");
        assert!(!error.reason.for_players().contains(words));
    }
}

#[tokio::test]
async fn an_error_in_the_lines_of_ollama_is_reported_in_its_words() {
    let lines = "{\"message\":{\"content\":\"You \"},\"done\":false}\n{\"error\":\"unexpected EOF\"}\n";
    let server = Server::start(move |_, _| server::reply(200, "application/x-ndjson", lines)).await;
    let models = server.models(Adapter::Ollama, |_| {}).await;
    let error = narrate(&models).await.unwrap_err();
    assert!(error.is_transient() && error.detail.contains("unexpected EOF"), "{error}");
}

#[tokio::test]
async fn comments_are_a_sign_of_life() {
    let server = Server::start(|asked, _| {
        let good = good(asked).remove(0).1;
        let (head, body) = good.split_once("\r\n\r\n").unwrap();
        let mut answer = vec![(Duration::ZERO, format!("{head}\r\n\r\n"))];
        answer.extend((0..8).map(|_| (Duration::from_millis(100), ": PROCESSING\n\n".to_owned())));
        answer.push((Duration::ZERO, body.to_owned()));
        answer
    })
    .await;
    let models = server.models(Adapter::OpenAi, |provider| provider.first_token_timeout_seconds = Some(0.4)).await;
    assert_eq!(narrate(&models).await.unwrap().text, "You wait.");
}

#[tokio::test]
async fn a_narration_without_an_end_is_cut() {
    let long = "You walk on and on. ".repeat(2000);
    let piece = serde_json::json!({ "choices": [{ "delta": { "content": long } }] });
    let body = format!("data: {piece}\n\ndata: [DONE]\n\n");
    let text = narration_of(move || events(&body)).await.unwrap();
    assert!((1000..=8 * 1024).contains(&text.len()), "{}", text.len());
}

#[tokio::test]
async fn a_server_that_asks_for_time_is_given_it() {
    for (headers, body, seconds) in [
        ("retry-after: 7200\r\n", "{}", 7200),
        ("retry-after-ms: 6000\r\n", "{}", 6),
        ("", r#"{"error":{"code":429,"details":[{"retryDelay":"8s"}]}}"#, 8),
    ] {
        let error = narration_of(move || with_headers(429, headers, body)).await.unwrap_err();
        assert_eq!(error.retry_after, Some(Duration::from_secs(seconds)), "{headers}");
    }
    let limit = r#"{"error":{"message":"Request too large ... tokens per minute (TPM)","code":"rate_limit_exceeded"}}"#;
    let error = narration_of(move || server::json(413, limit)).await.unwrap_err();
    assert_eq!((error.reason, error.retry_after), (Reason::RateLimited, Some(Duration::from_mins(1))));
}
