//! Recording: a script made from a model's answers must give the same answers, and must not know the key.

use mock_llm::{MockLlm, Recorder, Script};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{http, mock, openai, soon};

const KEY: &str = "sk-a-real-secret";

/// The interfaces, each with a request that is its own.
fn requests(user: &str, stream: bool) -> [(&'static str, Value); 4] {
    let messages = json!([{ "role": "user", "content": user }]);
    [
        (
            "/v1/chat/completions",
            json!({ "model": "m", "stream": stream, "messages": messages, "stream_options": { "include_usage": true } }),
        ),
        ("/v1/responses", json!({ "model": "m", "stream": stream, "input": user })),
        ("/v1/messages", json!({ "model": "m", "stream": stream, "max_tokens": 9, "messages": messages })),
        ("/api/chat", json!({ "model": "m", "stream": stream, "messages": messages })),
    ]
}

async fn post(base: &str, path: &str, body: &Value) -> (u16, Vec<u8>) {
    let request = http().post(format!("{base}{path}")).bearer_auth(KEY).header("anthropic-version", "2023-06-01");
    let response = request.json(body).send().await.unwrap();
    let status = response.status().as_u16();
    // An answer that is cut off has said what it has said.
    let mut body = response;
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = body.chunk().await {
        bytes.extend_from_slice(&chunk);
    }
    (status, bytes)
}

async fn recorder(model: &MockLlm) -> (Recorder, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("recorded.json");
    let recorder = Recorder::start("127.0.0.1:0".parse().unwrap(), &model.base_url(), script).await.unwrap();
    (recorder, directory)
}

async fn replay(directory: &TempDir) -> MockLlm {
    let script = Script::load(&directory.path().join("recorded.json")).unwrap();
    MockLlm::start("127.0.0.1:0".parse().unwrap(), script.with_speed(0.0)).await.unwrap()
}

#[tokio::test]
async fn a_recording_says_the_same_bytes() {
    let replies = [
        json!({ "text": "The door {{{{creaks}}, and Öl drips: 🜁.", "chunk": "token" }),
        json!({ "text": "Rolling.", "tools": [{ "name": "roll", "arguments": { "sides": 6, "why": "{{{{luck}}" } }, { "name": "look" }] }),
        json!({ "text": "and then", "finish": "length", "usage": { "input_tokens": 7, "output_tokens": 3 } }),
        json!({ "fault": { "status": 429, "retry_after_s": 2, "message": "slow down" } }),
        json!({ "fault": "empty" }),
    ];
    for stream in [false, true] {
        for (api, _) in requests("", stream).iter().enumerate() {
            let model = mock(json!({ "entries": [{ "replies": replies }] })).await;
            let (recorder, directory) = recorder(&model).await;
            let mut originals = Vec::new();
            for _ in &replies {
                let (path, body) = &requests("open the door", stream)[api];
                originals.push(post(&recorder.base_url(), path, body).await);
            }
            assert_eq!(recorder.recorded(), replies.len());
            let replayed = replay(&directory).await;
            for (original, reply) in originals.iter().zip(&replies) {
                let (path, body) = &requests("open the door", stream)[api];
                let again = post(&replayed.base_url(), path, body).await;
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                assert_eq!(
                    (original.0, text(&original.1)),
                    (again.0, text(&again.1)),
                    "{path}, stream {stream}: {reply}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_recording_for_one_vendor_plays_for_every_other() {
    let model = mock(json!(["You stand in the hall."])).await;
    let (recorder, directory) = recorder(&model).await;
    let (path, body) = &requests("look", true)[0];
    post(&recorder.base_url(), path, body).await;
    let replayed = replay(&directory).await;
    for (path, body) in requests("look", false) {
        let (status, bytes) = post(&replayed.base_url(), path, &body).await;
        assert_eq!(status, 200);
        assert!(String::from_utf8(bytes).unwrap().contains("You stand in the hall."), "{path}");
    }
}

#[tokio::test]
async fn a_break_in_the_stream_is_recorded_as_one() {
    let cuts = [
        (json!({ "fin_after_frames": 2 }), json!({ "fin_after_frames": 2 })),
        // A reader over HTTP cannot distinguish a reset from a close.
        (json!({ "reset_after_frames": 2 }), json!({ "fin_after_frames": 2 })),
        (json!({ "end_after_frames": 2 }), json!({ "end_after_frames": 2 })),
        (json!({ "error_after_frames": 2, "message": "no" }), json!({ "error_after_frames": 2, "message": "no" })),
    ];
    for (fault, wanted) in cuts {
        let model = mock(json!([{ "text": "You stand in the hall.", "fault": fault }])).await;
        let (recorder, directory) = recorder(&model).await;
        post(&recorder.base_url(), "/v1/chat/completions", &openai("look", true)).await;
        let script: Value =
            serde_json::from_slice(&std::fs::read(directory.path().join("recorded.json")).unwrap()).unwrap();
        assert_eq!(script["entries"][0]["reply"]["fault"], wanted);
        assert_eq!(script["entries"][0]["reply"]["chunk"], json!(["You ", "stand "]));
    }
}

#[tokio::test]
async fn keys_are_passed_on_and_not_kept() {
    let model = mock(json!({ "entries": [{
        "match": { "header": { "authorization": format!("Bearer {KEY}") } },
        "reply": "Your key is {{user}}.",
    }] }))
    .await;
    let (recorder, directory) = recorder(&model).await;
    let (status, said) = post(&recorder.base_url(), "/v1/chat/completions", &openai(KEY, false)).await;
    assert_eq!(status, 200, "the key reached the model");
    assert!(String::from_utf8(said).unwrap().contains(KEY), "the caller got it back");
    let script = std::fs::read_to_string(directory.path().join("recorded.json")).unwrap();
    assert!(!script.contains(KEY) && script.contains("[hidden]"), "{script}");
}

#[tokio::test]
async fn what_is_no_call_goes_through_and_a_dead_model_is_a_bad_gateway() {
    let model = mock(json!(["x"])).await;
    let (recorder, _directory) = recorder(&model).await;
    let models = || async { http().get(format!("{}/v1/models", recorder.base_url())).send().await.unwrap() };
    let body: Value = models().await.json().await.unwrap();
    assert_eq!(body["data"][0]["id"], "mock");
    assert_eq!(recorder.recorded(), 0);
    soon(model.shutdown()).await;
    let response = models().await;
    assert_eq!(response.status(), 502);
    assert!(response.text().await.unwrap().contains("cannot be reached"));
}

#[tokio::test]
async fn an_upstream_that_names_a_call_is_refused_with_what_to_write() {
    for upstream in ["api.example.com", "http://127.0.0.1:1/v1/chat/completions"] {
        let error =
            Recorder::start("127.0.0.1:0".parse().unwrap(), upstream, "/nowhere/x.json".into()).await.unwrap_err();
        assert!(error.to_string().contains("write it like https://"), "{error}");
    }
}
