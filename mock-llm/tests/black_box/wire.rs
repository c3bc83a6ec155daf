//! What goes over the wire, vendor by vendor: tool calls, structured output, finish reasons, errors, model lists.

use mock_llm::MockLlm;
use serde_json::{Value, json};

use crate::support::{CHAT, http, mock};

async fn post(mock: &MockLlm, path: &str, body: &Value) -> (u16, Value) {
    let request = http().post(format!("{}{path}", mock.base_url())).header("anthropic-version", "2023-06-01");
    let response = request.json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn stream(mock: &MockLlm, path: &str, body: &Value) -> Vec<Value> {
    let request = http().post(format!("{}{path}", mock.base_url())).header("anthropic-version", "2023-06-01");
    let text = request.json(body).send().await.unwrap().text().await.unwrap();
    let data = text.lines().filter(|line| !line.is_empty() && !line.starts_with("event: "));
    data.map(|line| line.trim_start_matches("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

fn tool_script() -> Value {
    json!({ "entries": [{ "reply": { "text": "Rolling.", "tools": [{ "name": "roll", "arguments": { "sides": 6 } }] } }] })
}

fn user() -> Value {
    json!([{ "role": "user", "content": "roll" }])
}

#[tokio::test]
async fn a_tool_call_has_each_vendors_form() {
    let mock = mock(tool_script()).await;
    let (_, body) = post(&mock, CHAT, &json!({ "model": "m", "messages": user() })).await;
    let choice = &body["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], "Rolling.");
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!(call["function"], json!({ "name": "roll", "arguments": "{\"sides\":6}" }));
    assert!(call["id"].as_str().unwrap().starts_with("call_"));

    let (_, body) = post(&mock, "/v1/messages", &json!({ "model": "m", "max_tokens": 9, "messages": user() })).await;
    assert_eq!(body["stop_reason"], "tool_use");
    assert_eq!(
        (&body["content"][0]["text"], &body["content"][1]["input"]),
        (&json!("Rolling."), &json!({ "sides": 6 }))
    );

    let (_, body) = post(&mock, "/api/chat", &json!({ "model": "m", "stream": false, "messages": user() })).await;
    let call = json!([{ "function": { "name": "roll", "arguments": { "sides": 6 } } }]);
    assert_eq!((&body["done"], &body["message"]["tool_calls"]), (&json!(true), &call));
}

#[tokio::test]
async fn a_streamed_tool_call_joins_to_its_arguments() {
    let mock = mock(tool_script()).await;
    let chunks = stream(&mock, CHAT, &json!({ "model": "m", "stream": true, "messages": user() })).await;
    let calls: Vec<_> =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"][0].as_object()).collect();
    assert_eq!(calls[0]["function"]["name"], "roll");
    let arguments: String = calls.iter().map(|call| call["function"]["arguments"].as_str().unwrap()).collect();
    assert_eq!(arguments, r#"{"sides":6}"#);

    let request = json!({ "model": "m", "max_tokens": 9, "stream": true, "messages": user() });
    let events = stream(&mock, "/v1/messages", &request).await;
    let arguments: String = events.iter().filter_map(|event| event["delta"]["partial_json"].as_str()).collect();
    assert_eq!(arguments, r#"{"sides":6}"#);
    let kinds: Vec<_> =
        events.iter().map(|event| event["type"].as_str().unwrap()).filter(|kind| !kind.ends_with("delta")).collect();
    let blocks = ["content_block_start", "ping", "content_block_stop", "content_block_start", "content_block_stop"];
    assert_eq!(kinds, [&["message_start"][..], &blocks, &["message_stop"]].concat());
}

#[tokio::test]
async fn a_forced_tool_is_structured_output() {
    let script = json!({ "entries": [{ "match": { "kind": "json" }, "reply": { "json": { "place": "hall" } } }] });
    let mock = mock(script).await;
    let schema = json!({ "type": "object", "properties": { "place": { "type": "string" } }, "required": ["place"] });

    let tool = json!({ "type": "function", "function": { "name": "delta", "parameters": schema } });
    let choice = json!({ "type": "function", "function": { "name": "delta" } });
    let (_, body) =
        post(&mock, CHAT, &json!({ "model": "m", "messages": user(), "tools": [tool], "tool_choice": choice })).await;
    let choice = &body["choices"][0];
    assert_eq!(choice["message"]["tool_calls"][0]["function"]["arguments"], r#"{"place":"hall"}"#);
    assert_eq!(choice["finish_reason"], "stop");

    let tool = json!({ "name": "delta", "input_schema": schema });
    for choice in [json!({ "type": "tool", "name": "delta" }), json!({ "type": "any" })] {
        let request =
            json!({ "model": "m", "max_tokens": 9, "messages": user(), "tools": [tool], "tool_choice": choice });
        let (_, body) = post(&mock, "/v1/messages", &request).await;
        assert_eq!(
            (&body["content"][0]["name"], &body["content"][0]["input"]["place"]),
            (&json!("delta"), &json!("hall"))
        );
    }

    let request = json!({ "model": "m", "stream": false, "messages": user(), "format": schema });
    let (_, body) = post(&mock, "/api/chat", &request).await;
    assert_eq!(body["message"]["content"], r#"{"place":"hall"}"#);
}

#[tokio::test]
async fn a_model_that_stops_early_says_so_in_each_vendors_words() {
    let mock = mock(json!({ "entries": [{ "reply": { "text": "and then", "finish": "length" } }] })).await;
    let request = json!({ "model": "m", "max_tokens": 9, "stream": false, "messages": user() });
    let (_, body) = post(&mock, CHAT, &request).await;
    assert_eq!(body["choices"][0]["finish_reason"], "length");
    let (_, body) = post(&mock, "/v1/messages", &request).await;
    assert_eq!(body["stop_reason"], "max_tokens");
    let (_, body) = post(&mock, "/api/chat", &request).await;
    assert_eq!(body["done_reason"], "length");
}

#[tokio::test]
async fn usage_in_an_openai_stream_comes_only_when_asked_for() {
    let mock = mock(json!({ "entries": [{ "reply": "x" }] })).await;
    let mut request = json!({ "model": "m", "stream": true, "messages": user() });
    assert!(stream(&mock, CHAT, &request).await.iter().all(|chunk| chunk.get("usage").is_none()));
    request["stream_options"] = json!({ "include_usage": true });
    let chunks = stream(&mock, CHAT, &request).await;
    let last = chunks.last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["total_tokens"]), (&json!([]), &json!(2)));
}

#[tokio::test]
async fn a_request_that_the_vendor_would_refuse_is_refused() {
    let mock = mock(json!(["never said"])).await;
    let (status, body) = post(&mock, CHAT, &json!({ "messages": user() })).await;
    assert_eq!((status, &body["error"]["type"]), (400, &json!("invalid_request_error")));
    let (status, body) = post(&mock, "/v1/messages", &json!({ "model": "m", "messages": user() })).await;
    assert_eq!((status, &body["type"]), (400, &json!("error")));
    assert!(body["error"]["message"].as_str().unwrap().starts_with("max_tokens"));
    let (status, body) = post(&mock, "/api/chat", &json!({ "model": "m" })).await;
    assert_eq!((status, body), (400, json!({ "error": "messages: a list is required" })));
    assert!(mock.admin().root().progress()[0].left_over, "no reply was used up");
    assert_eq!(mock.admin().root().journal(0).len(), 3);
}

#[tokio::test]
async fn models_are_listed_in_each_vendors_form() {
    let mock = mock(json!({ "entries": [{ "match": { "model": "narrator-1" }, "reply": "x" }] })).await;
    let get = async |path: &str, version: bool| -> Value {
        let mut request = http().get(format!("{}{path}", mock.base_url()));
        if version {
            request = request.header("anthropic-version", "2023-06-01");
        }
        request.send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(get("/v1/models", false).await["data"][0]["id"], "narrator-1");
    assert_eq!(get("/v1/models", true).await["data"][0]["display_name"], "narrator-1");
    assert_eq!(get("/t/x/api/tags", false).await["models"][0]["name"], "narrator-1");
    assert_eq!(get("/t/x/v1/models/abc", false).await["id"], "abc");
}

#[tokio::test]
async fn a_wrong_path_names_the_right_ones() {
    let mock = mock(json!([])).await;
    let (status, body) = post(&mock, "/chat", &json!({})).await;
    assert_eq!(status, 404);
    assert!(body["detail"].as_str().unwrap().contains("/v1/chat/completions"));
}

#[tokio::test]
async fn an_unusual_layout_carries_the_same_data() {
    let framing = json!({ "segment_bytes": 5, "crlf": true, "comments": true });
    let mock = mock(json!({ "entries": [{ "reply": { "text": "Schöne Grüße", "framing": framing } }] })).await;
    let request = json!({ "model": "m", "stream": true, "messages": user() });
    let response = http().post(format!("{}{CHAT}", mock.base_url())).json(&request).send().await.unwrap();
    let text = response.text().await.unwrap();
    assert_eq!(text.matches(": still here\r\n\r\n").count(), 2);
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    let said = data.map(|data| {
        let chunk: Value = serde_json::from_str(data).unwrap();
        chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned()
    });
    assert_eq!(said.collect::<String>(), "Schöne Grüße");
    assert_eq!(mock.admin().root().journal(0)[0].answer.frames_sent, 2);
}
