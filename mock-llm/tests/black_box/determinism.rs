//! Same seed, same calls, same bytes: always.

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::support::{http, mock};

const REPEATS: usize = 1000;

/// One call to each interface, streamed and not.
fn calls() -> Vec<(&'static str, Value)> {
    let messages = json!([{ "role": "user", "content": "go north" }]);
    let requests = [
        ("/v1/chat/completions", json!({ "model": "m", "messages": messages })),
        ("/v1/responses", json!({ "model": "m", "input": "go north" })),
        ("/v1/messages", json!({ "model": "m", "max_tokens": 9, "messages": messages })),
        ("/api/chat", json!({ "model": "m", "messages": messages })),
    ];
    let both = requests.into_iter().flat_map(|(path, request)| {
        [false, true].map(|stream| {
            let mut request = request.clone();
            request["stream"] = stream.into();
            (path, request)
        })
    });
    both.collect()
}

fn script(seed: u64) -> Value {
    json!({ "seed": seed, "chunk": "token", "entries": [{ "replies": [
        { "text": "{{pick:A bell rings.|It rains.|Nobody answers.}} {{pick:1|2|3|4|5|6}}", "tools": [{ "name": "roll" }] },
        { "fault": { "status": 429, "retry_after_s": 0 } },
        "{{pick:One|Another}} word."
    ] }] })
}

/// All bytes of the bodies, and the headers that are not the clock's.
async fn play(http: &reqwest::Client, base: &str) -> Vec<(Vec<String>, Bytes)> {
    let mut responses = Vec::new();
    for (path, request) in calls() {
        let request = http.post(format!("{base}{path}")).header("anthropic-version", "2023-06-01").json(&request);
        let response = request.send().await.unwrap();
        let headers = response.headers().iter().filter(|(name, _)| *name != "date");
        let headers = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
        responses.push((headers, response.bytes().await.unwrap()));
    }
    responses
}

#[tokio::test]
async fn a_thousand_plays_of_one_seed_are_the_same_to_the_byte() {
    let mock = mock(script(7)).await;
    let http = http();
    let first = play(&http, &mock.base_url()).await;
    let mut same = 0;
    for _ in 0..REPEATS {
        mock.admin().root().reset();
        same += usize::from(play(&http, &mock.base_url()).await == first);
    }
    assert_eq!(same, REPEATS);
}

#[tokio::test]
async fn another_server_says_the_same_and_another_seed_does_not() {
    let (one, two, other) = (mock(script(7)).await, mock(script(7)).await, mock(script(8)).await);
    let http = http();
    let first = play(&http, &one.base_url()).await;
    assert_eq!(first, play(&http, &two.base_url()).await);
    assert_ne!(first, play(&http, &other.base_url()).await);
}
