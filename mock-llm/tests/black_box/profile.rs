//! Server profiles and the quirks that scripts can ask for, as a client sees them.

use mock_llm::{Ending, MockLlm, Profile, Script};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{ask, http, mock, openai};

async fn mock_as(profile: &str, script: Value) -> MockLlm {
    let script = Script::parse(&script.to_string(), "test").unwrap();
    MockLlm::start_as("127.0.0.1:0".parse().unwrap(), script, Profile::load(profile).unwrap()).await.unwrap()
}

/// The body of a streamed answer.
async fn stream_of(url: &str, request: &Value) -> String {
    let response = http().post(url).header("authorization", "Bearer k").json(request).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_server_refuses_in_its_own_words_and_the_journal_says_so() {
    let mock = mock_as("vllm-4k", json!(["You wait."])).await;
    let request = json!({
        "model": "m", "max_tokens": 4000,
        "messages": [{ "role": "system", "content": "x".repeat(400) }, { "role": "user", "content": "I wait." }]
    });
    let (status, body) = ask(&mock, &request).await;
    assert_eq!((status, &body["object"], &body["code"]), (400, &json!("error"), &json!(400)));
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("maximum context length is 4096 tokens. However, you requested 4101 tokens"), "{message}");
    let record = &mock.admin().root().journal(0)[0];
    assert_eq!((record.ending, &record.answer.miss), (Ending::Fault, &None));
    assert!(record.answer.fault.as_ref().unwrap().starts_with("vllm-4k: This model's maximum"), "{record:?}");
    let (status, _) = ask(&mock, &openai("I wait.", false)).await;
    assert_eq!(status, 200, "a call that was refused uses up no reply");
}

#[tokio::test]
async fn a_server_has_its_own_addresses_and_no_others() {
    let mock = mock_as("azure", json!({ "strict": false, "entries": [] })).await;
    let base = mock.base_url();
    let request = openai("I wait.", false);
    for (path, key, status) in [
        ("/openai/deployments/story/chat/completions?api-version=2024-10-21", "k", 200),
        ("/openai/deployments/story/chat/completions?api-version=2024-10-21", "", 401),
        ("/openai/deployments/story/chat/completions", "k", 404),
        ("/v1/chat/completions", "k", 404),
        ("/t/case/openai/deployments/story/chat/completions?api-version=1", "k", 200),
    ] {
        let sent = http().post(format!("{base}{path}")).header("api-key", key).json(&request).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), status, "{path}");
    }
    let llama = mock_as("llama-cpp", json!([])).await;
    let props: Value = http().get(format!("{}/props", llama.base_url())).send().await.unwrap().json().await.unwrap();
    assert_eq!(props["default_generation_settings"]["n_ctx"], 4096);
}

#[tokio::test]
async fn a_busy_server_says_when_to_call_again_in_any_form() {
    for (form, header, expected) in [
        ("seconds", "retry-after", "6"),
        ("milliseconds", "retry-after-ms", "6000"),
        ("reset", "x-ratelimit-reset-requests", "0m6.000s"),
    ] {
        let mock = mock(json!([{ "fault": { "status": 429, "retry_after_s": 6, "retry_after_form": form } }])).await;
        let url = format!("{}/v1/chat/completions", mock.base_url());
        let sent = http().post(url).json(&openai("go", true)).send().await.unwrap();
        assert_eq!(sent.headers()[header], expected);
    }
    let mock = mock(json!([{ "fault": { "status": 429, "retry_after_s": 6, "retry_after_form": "date" } }])).await;
    let url = format!("{}/v1/chat/completions", mock.base_url());
    let sent = http().post(url).json(&openai("go", true)).send().await.unwrap();
    assert!(sent.headers()["retry-after"].to_str().unwrap().ends_with(" GMT"));
    let google = mock_as("gemini", json!([{ "fault": { "status": 429, "retry_after_s": 8 } }])).await;
    let request = json!({ "contents": [{ "role": "user", "parts": [{ "text": "go" }] }] });
    let url = format!("{}/v1beta/models/gemini-2.5-flash:generateContent", google.base_url());
    let sent = http().post(url).header("x-goog-api-key", "k").json(&request).send().await.unwrap();
    let body: Value = sent.json().await.unwrap();
    assert_eq!(body["error"]["details"][0]["retryDelay"], "8s");
}

#[tokio::test]
async fn thoughts_come_as_each_server_writes_them() {
    for (profile, path, expected) in [
        ("vllm-old", "/v1/chat/completions", r#"{"content":"<think>\n"}"#),
        ("qwen", "/v1/chat/completions", r#"{"content":"\n</think>\n\n"}"#),
        ("gpt-oss", "/v1/chat/completions", r#"{"content":"<|channel|>analysis<|message|>"}"#),
        ("openrouter", "/api/v1/chat/completions", r#"{"reasoning":"The "}"#),
        ("ollama", "/api/chat", r#""thinking":"The ""#),
    ] {
        let mock = mock_as(profile, json!(["You wait."])).await;
        let model = Profile::load(profile).unwrap().model().to_owned();
        let request = json!({ "model": model, "stream": true, "messages": [{ "role": "user", "content": "go" }] });
        let body = stream_of(&format!("{}{path}", mock.base_url()), &request).await;
        assert!(body.contains(expected) && body.contains("You "), "{profile}: {body}");
    }
}

#[tokio::test]
async fn a_reply_can_think_only_or_decline() {
    let mock = mock(json!([
        { "reasoning": "Hm. Hm.", "finish": "length" },
        { "refusal": "I cannot." },
        { "reasoning": "Hm.", "text": "You wait." }
    ]))
    .await;
    let (_, body) = ask(&mock, &openai("go", false)).await;
    let choice = &body["choices"][0];
    assert_eq!(
        (&choice["message"]["reasoning_content"], &choice["finish_reason"]),
        (&json!("Hm. Hm."), &json!("length"))
    );
    assert_eq!(choice["message"]["content"], "");
    let (_, body) = ask(&mock, &openai("go", false)).await;
    let message = &body["choices"][0]["message"];
    assert_eq!((&message["refusal"], &message["content"]), (&json!("I cannot."), &Value::Null));
    let url = format!("{}/v1/messages", mock.base_url());
    let request =
        json!({ "model": "m", "stream": true, "max_tokens": 9, "messages": [{ "role": "user", "content": "go" }] });
    let sent = http().post(url).header("anthropic-version", "1").json(&request).send().await.unwrap();
    let body = sent.text().await.unwrap();
    let thought = body.find(r#"{"type":"thinking_delta","thinking":"Hm."}"#);
    assert!(thought.is_some() && thought < body.find(r#"{"type":"text_delta","text":"You "}"#), "{body}");
}

#[tokio::test]
async fn gemini_is_spoken_streamed_and_whole() {
    let mock = mock(json!({ "entries": [
        { "match": { "vendor": "gemini", "kind": "json" }, "reply": { "json": { "place": "hall" } } },
        { "match": { "api": "generate_content", "system": "narrator", "user": "go" }, "reply": "You wait." }
    ] }))
    .await;
    let mut request = json!({
        "systemInstruction": { "parts": [{ "text": "You are the narrator." }] },
        "contents": [{ "role": "user", "parts": [{ "text": "I go." }] }]
    });
    let url = format!("{}/v1beta/models/gemini-x", mock.base_url());
    let body = stream_of(&format!("{url}:streamGenerateContent?alt=sse"), &request).await;
    assert!(body.contains(r#"{"text":"You "}"#) && body.contains(r#""finishReason":"STOP""#), "{body}");
    request["generationConfig"] = json!({ "responseMimeType": "application/json" });
    let whole: Value = serde_json::from_str(&stream_of(&format!("{url}:generateContent"), &request).await).unwrap();
    assert_eq!(whole["candidates"][0]["content"]["parts"][0]["text"], r#"{"place":"hall"}"#);
    assert_eq!(mock.admin().root().journal(0)[1].model, "gemini-x");
}

#[tokio::test]
async fn a_stream_can_end_early_come_whole_or_keep_itself_alive() {
    let slow = json!({ "first_token_ms": 100 });
    let mock = mock(json!([
        { "text": "You wait.", "framing": { "end": "finish_only" } },
        { "text": "You wait.", "framing": { "end": "done_only" } },
        { "text": "You wait.", "framing": { "whole": true, "content_type": "Application/JSON" } },
        { "text": "You wait.", "pace": slow, "framing": { "comment_every_ms": 20, "preamble": ": hello\n\n" } }
    ]))
    .await;
    let url = format!("{}/v1/chat/completions", mock.base_url());
    let request = openai("go", true);
    let body = stream_of(&url, &request).await;
    assert!(body.contains(r#""finish_reason":"stop""#) && !body.contains("[DONE]"), "{body}");
    let body = stream_of(&url, &request).await;
    assert!(!body.contains(r#""finish_reason":"stop""#) && body.contains("[DONE]"), "{body}");
    let whole = http().post(&url).json(&request).send().await.unwrap();
    assert_eq!(whole.headers()["content-type"], "Application/JSON");
    let whole: Value = whole.json().await.unwrap();
    assert_eq!(whole["choices"][0]["message"]["content"], "You wait.");
    let body = stream_of(&url, &request).await;
    assert_eq!(body.matches(": PROCESSING\n\n").count(), 4, "{body}");
    assert!(body.contains(": hello\n\ndata: "), "{body}");
}

#[tokio::test]
async fn a_fault_can_be_any_answer() {
    let mock = mock(json!([
        { "fault": { "status": 200, "body": { "error": { "code": 402 } } } },
        { "fault": { "status": 301, "headers": { "location": "http://right/v1" } } },
        { "fault": { "status": 200, "body": "<!doctype html>" } },
        { "fault": { "error_after_frames": 1, "body": { "error": { "code": 401 } } }, "text": "You wait." }
    ]))
    .await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let send = async || {
        let url = format!("{}/v1/chat/completions", mock.base_url());
        client.post(url).json(&openai("go", true)).send().await.unwrap()
    };
    let error = send().await;
    assert_eq!(
        (error.status().as_u16(), &error.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    assert_eq!(error.json::<Value>().await.unwrap()["error"]["code"], 402);
    assert_eq!(send().await.headers()["location"], "http://right/v1");
    assert_eq!(send().await.headers()["content-type"], "text/html");
    let body = send().await.text().await.unwrap();
    assert!(body.ends_with("data: {\"error\":{\"code\":401}}\n\n"), "{body}");
    let wrong = Script::parse(r#"[{ "fault": { "status": 200 } }]"#, "wrong").unwrap_err().to_string();
    assert!(wrong.contains("status 200 is no error"), "{wrong}");
}
