//! What goes wrong on the wire, seen from a raw connection: resets, closed connections, broken bodies, silence.

use std::io::ErrorKind;

use mock_llm::{Ending, MockLlm};
use serde_json::{Value, json};

use crate::support::{CHAT, ask, http, mock, openai, read_to_end, read_until, send_raw, soon};

async fn mock_with_fault(fault: Value) -> MockLlm {
    mock(json!({ "entries": [{ "reply": { "text": "one two three four", "fault": fault } }] })).await
}

/// Words that have arrived in an OpenAI stream.
fn words(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).matches(r#""delta":{"content""#).count()
}

#[tokio::test]
async fn a_reset_after_frames_delivers_the_frames_and_then_resets() {
    let mock = mock_with_fault(json!({ "reset_after_frames": 3 })).await;
    let (bytes, end) = read_to_end(&mut send_raw(&mock, CHAT, &openai("go", true)).await).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(words(&bytes), 3);
    let record = &mock.admin().root().journal(0)[0];
    assert_eq!((record.ending, record.answer.frames_sent), (Ending::Fault, 3));
    assert_eq!(record.answer.fault.as_deref(), Some("reset_after_frames 3"));
}

#[tokio::test]
async fn a_reset_before_the_first_frame_delivers_nothing_at_all() {
    let mock = mock_with_fault(json!({ "reset_after_frames": 0 })).await;
    for stream in [true, false] {
        let (bytes, end) = read_to_end(&mut send_raw(&mock, CHAT, &openai("go", stream)).await).await;
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(bytes, b"");
    }
}

#[tokio::test]
async fn a_reset_after_bytes_counts_the_body() {
    let mock = mock_with_fault(json!({ "reset_after_bytes": 0 })).await;
    let (bytes, end) = read_to_end(&mut send_raw(&mock, CHAT, &openai("go", true)).await).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(bytes.starts_with(b"HTTP/1.1 200") && bytes.ends_with(b"\r\n\r\n"), "headers only");

    let mock = mock_with_fault(json!({ "reset_after_bytes": 10 })).await;
    let (bytes, end) = read_to_end(&mut send_raw(&mock, CHAT, &openai("go", false)).await).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.split_once("\r\n\r\n").unwrap().1.len(), 10);
}

#[tokio::test]
async fn a_closed_connection_is_no_proper_end() {
    let mock = mock_with_fault(json!({ "fin_after_frames": 2 })).await;
    let (bytes, end) = read_to_end(&mut send_raw(&mock, CHAT, &openai("go", true)).await).await;
    assert!(end.is_ok(), "FIN, no reset");
    assert_eq!(words(&bytes), 2);
    assert!(!bytes.ends_with(b"0\r\n\r\n"), "the body has no end");

    // An HTTP client must see it as an error.
    let response = http().post(format!("{}{CHAT}", mock.base_url())).json(&openai("go", false)).send().await.unwrap();
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_stream_can_end_properly_without_the_closing_frames() {
    let mock = mock_with_fault(json!({ "end_after_frames": 2 })).await;
    let response = http().post(format!("{}{CHAT}", mock.base_url())).json(&openai("go", true)).send().await.unwrap();
    let text = response.text().await.unwrap();
    assert_eq!(words(text.as_bytes()), 2);
    assert!(!text.contains("[DONE]"));
}

#[tokio::test]
async fn an_error_inside_the_stream_has_the_vendors_form() {
    let mock = mock_with_fault(json!({ "error_after_frames": 1, "message": "overheated" })).await;
    let request =
        json!({ "model": "m", "max_tokens": 9, "stream": true, "messages": [{ "role": "user", "content": "go" }] });
    for (path, wanted) in [
        (CHAT, "data: {\"error\":{\"message\":\"overheated\""),
        (
            "/v1/messages",
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"overheated\"}",
        ),
        ("/api/chat", "{\"error\":\"overheated\"}\n"),
    ] {
        let url = format!("{}{path}", mock.base_url());
        let response = http().post(url).header("anthropic-version", "2023-06-01").json(&request).send().await.unwrap();
        let text = response.text().await.unwrap();
        assert!(text.contains("one ") && text.contains(wanted), "{path}: {text}");
    }
    assert_eq!(ask(&mock, &openai("go", false)).await.0, 500);
}

#[tokio::test]
async fn a_stall_lasts_until_the_caller_hangs_up_and_the_journal_knows_when() {
    let mock = mock_with_fault(json!({ "stall_after_frames": 2 })).await;
    let root = mock.admin().root();
    let mut stream = send_raw(&mock, CHAT, &openai("go", true)).await;
    read_until(&mut stream, "two").await;
    assert_eq!(root.journal(0)[0].ending, Ending::InFlight);
    drop(stream);
    soon(root.wait_idle()).await;
    let record = &root.journal(0)[0];
    assert_eq!((record.ending, record.answer.frames_sent, record.answer.frames_planned), (Ending::HungUp, 2, 2));
    assert!(record.ended_ms.is_some());
}

#[tokio::test]
async fn a_stall_before_the_headers_ends_with_the_caller_too() {
    let mock = mock_with_fault(json!({ "stall_after_frames": 0 })).await;
    let root = mock.admin().root();
    let stream = send_raw(&mock, CHAT, &openai("go", false)).await;
    soon(root.wait_for_call(0)).await;
    drop(stream);
    soon(root.wait_idle()).await;
    let record = &root.journal(0)[0];
    assert_eq!((record.ending, record.answer.status), (Ending::HungUp, None));
}

#[tokio::test]
async fn a_refusal_says_when_to_come_back() {
    let mock = mock_with_fault(json!({ "status": 429, "retry_after_s": 1.5 })).await;
    let response = http().post(format!("{}{CHAT}", mock.base_url())).json(&openai("go", true)).send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(
        (&response.headers()["retry-after"], &response.headers()["retry-after-ms"]),
        (&"2".parse().unwrap(), &"1500".parse().unwrap())
    );
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "rate_limit_exceeded");
}

#[tokio::test]
async fn a_malformed_body_is_complete_but_no_json() {
    let mock = mock_with_fault(json!("malformed_body")).await;
    let url = format!("{}{CHAT}", mock.base_url());
    let text = http().post(&url).json(&openai("go", false)).send().await.unwrap().text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_err(), "{text}");

    let text = http().post(&url).json(&openai("go", true)).send().await.unwrap().text().await.unwrap();
    let broken = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    assert_eq!(broken.filter(|data| serde_json::from_str::<Value>(data).is_err()).count(), 1, "{text}");
}

#[tokio::test]
async fn a_cut_character_makes_the_stream_invalid_utf_8() {
    for text in ["plain words", "schöne Wörter"] {
        let mock = mock(json!({ "entries": [{ "reply": { "text": text, "fault": "cut_utf8" } }] })).await;
        for stream in [true, false] {
            let request = http().post(format!("{}{CHAT}", mock.base_url())).json(&openai("go", stream));
            let bytes = request.send().await.unwrap().bytes().await.unwrap();
            assert!(std::str::from_utf8(&bytes).is_err(), "{text}, stream {stream}");
        }
    }
}

#[tokio::test]
async fn faults_of_content_come_in_a_proper_answer() {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "integer" } }, "required": ["a"] });
    let mut request = openai("go", false);
    request["response_format"] = json!({ "type": "json_schema", "json_schema": { "name": "d", "schema": schema } });
    for (reply, fits) in [
        (json!({ "json": { "a": 12 } }), true),
        (json!({ "json": { "a": 12 }, "fault": "malformed_json" }), false),
        (json!({ "fault": "malformed_json" }), false),
        (json!({ "json": { "a": "x" }, "fault": "wrong_schema" }), false),
        (json!({ "fault": "wrong_schema" }), false),
        (json!({ "fault": "empty" }), false),
    ] {
        let mock = mock(json!({ "entries": [{ "reply": reply }] })).await;
        let (status, body) = ask(&mock, &request).await;
        assert_eq!(status, 200, "{reply}: {body}");
        let content = body["choices"][0]["message"]["content"].as_str().unwrap();
        let value = serde_json::from_str::<Value>(content).ok();
        assert_eq!(value.is_some_and(|value| value["a"] == 12), fits, "{reply}: {content}");
    }
}

#[tokio::test]
async fn the_first_two_times_and_then_well() {
    let fault = json!({ "fault": { "status": 503 } });
    let mock = mock(json!({ "entries": [{ "replies": [fault, fault, "well"] }] })).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(ask(&mock, &openai("go", false)).await.0);
    }
    assert_eq!(statuses, [503, 503, 200, 200]);
}

#[tokio::test]
async fn a_proxys_error_page_is_not_in_the_vendors_form() {
    let mock = mock_with_fault(json!({ "status": 502, "body": "<h1>Bad gateway</h1>" })).await;
    let response = http().post(format!("{}{CHAT}", mock.base_url())).json(&openai("go", true)).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (502, &"text/html".parse().unwrap()));
    assert_eq!(response.text().await.unwrap(), "<h1>Bad gateway</h1>");
}

#[tokio::test]
async fn a_refusal_over_the_rate_says_that_nothing_is_left() {
    let mock = mock(json!([{ "fault": { "status": 429, "retry_after_s": 0.5 } }, "fine"])).await;
    let mut left = Vec::new();
    for _ in 0..2 {
        let response =
            http().post(format!("{}{CHAT}", mock.base_url())).json(&openai("go", false)).send().await.unwrap();
        left.push(response.headers()["x-ratelimit-remaining-requests"].to_str().unwrap().to_owned());
    }
    assert_eq!(left, ["0", "9999"]);
}

#[tokio::test]
async fn a_request_that_is_too_long_is_refused_in_the_vendors_form() {
    let mock = mock(json!(["never said"])).await;
    let (status, body) = ask(&mock, &openai(&"x".repeat(33 * 1024 * 1024), false)).await;
    assert_eq!((status, &body["error"]["type"]), (413, &json!("invalid_request_error")));
    assert!(mock.admin().root().journal(0)[0].answer.miss.is_some());
}
