//! The engine's provider layer as the caller: whatever vendor it speaks to, one script must give the same story.

use ::genai::{
    Client, ModelIden, ModelSpec, ServiceTarget,
    adapter::AdapterKind,
    chat::{ChatMessage, ChatOptions, ChatRequest, ChatResponseFormat, ChatStreamEvent, JsonSpec},
    resolver::{AuthData, Endpoint},
};
use futures::StreamExt;
use mock_llm::{Kind, MockLlm};
use serde_json::{Value, json};

use crate::support::mock;

const VENDORS: [(AdapterKind, &str); 3] =
    [(AdapterKind::OpenAI, "/v1/"), (AdapterKind::Anthropic, "/v1/"), (AdapterKind::Ollama, "/")];

fn target(mock: &MockLlm, (adapter, path): (AdapterKind, &str)) -> ModelSpec {
    ModelSpec::Target(ServiceTarget {
        model: ModelIden::new(adapter, "story-model"),
        endpoint: Endpoint::from_owned(format!("{}{path}", mock.base_url())),
        auth: AuthData::from_single("secret-key"),
    })
}

fn request() -> ChatRequest {
    let system = "You narrate.\nExits:\n- north -> Bell Tower\n- east -> Harbour";
    ChatRequest::from_messages(vec![ChatMessage::user("Go North, quickly")]).with_system(system)
}

fn script() -> Value {
    json!({ "entries": [
        { "match": { "kind": "json" }, "reply": { "json": { "user_location": "bell_tower" } } },
        {
            "match": { "kind": "text", "model": "story-model" },
            "capture": [
                { "from": "user", "regex": r"(?i)\bgo (?<dir>\w+)" },
                { "from": "system", "regex": r"- {{dir|lower}} -> (?<place>.+)" }
            ],
            "reply": { "text": "You walk {{dir|lower}} to the {{place}}.", "usage": { "input_tokens": 11, "output_tokens": 7 } }
        }
    ] })
}

#[tokio::test]
async fn every_vendor_gives_the_same_story_in_one_piece() {
    let mock = mock(script()).await;
    let client = Client::new().unwrap();
    for vendor in VENDORS {
        let answer = client.exec_chat(target(&mock, vendor), request(), None).await.unwrap();
        assert_eq!(answer.first_text(), Some("You walk north to the Bell Tower."), "{vendor:?}");
        assert_eq!((answer.usage.prompt_tokens, answer.usage.completion_tokens), (Some(11), Some(7)), "{vendor:?}");
    }
}

#[tokio::test]
async fn every_vendor_gives_the_same_story_as_a_stream() {
    let mock = mock(script()).await;
    let client = Client::new().unwrap();
    let options = ChatOptions::default().with_capture_usage(true);
    for vendor in VENDORS {
        let answer = client.exec_chat_stream(target(&mock, vendor), request(), Some(&options)).await.unwrap();
        let mut stream = answer.stream;
        let mut pieces = Vec::new();
        let mut usage = None;
        while let Some(event) = stream.next().await {
            match event.unwrap() {
                ChatStreamEvent::Chunk(chunk) => pieces.push(chunk.content),
                ChatStreamEvent::End(end) => usage = end.captured_usage,
                _ => {}
            }
        }
        assert_eq!(pieces, ["You ", "walk ", "north ", "to ", "the ", "Bell ", "Tower."], "{vendor:?}");
        let usage = usage.expect("the stream ends with usage numbers");
        assert_eq!((usage.prompt_tokens, usage.completion_tokens), (Some(11), Some(7)), "{vendor:?}");
    }
}

#[tokio::test]
async fn every_vendor_answers_a_call_for_json() {
    let mock = mock(script()).await;
    let client = Client::new().unwrap();
    let schema = json!({
        "type": "object",
        "properties": { "user_location": { "type": "string" } },
        "required": ["user_location"],
        "additionalProperties": false,
    });
    for vendor in VENDORS {
        // genai sends a schema to OpenAI and Anthropic; to Ollama it only ever sends `"format": "json"`.
        let format = match vendor.0 {
            AdapterKind::Ollama => ChatResponseFormat::JsonMode,
            _ => ChatResponseFormat::JsonSpec(JsonSpec::new("delta", schema.clone())),
        };
        let options = ChatOptions::default().with_response_format(format);
        let answer = client.exec_chat(target(&mock, vendor), request(), Some(&options)).await.unwrap();
        let delta: Value = serde_json::from_str(answer.first_text().unwrap()).unwrap();
        assert_eq!(delta, json!({ "user_location": "bell_tower" }), "{vendor:?}");
    }
    assert!(mock.admin().root().journal(0).iter().all(|record| record.kind == Kind::Json));
}

#[tokio::test]
async fn an_error_in_the_vendors_form_is_an_error_for_the_client() {
    let mock = mock(json!({ "entries": [
        { "reply": { "fault": { "status": 429, "retry_after_s": 2, "message": "slow down" } } }
    ] }))
    .await;
    for vendor in VENDORS {
        let error = Client::new().unwrap().exec_chat(target(&mock, vendor), request(), None).await.unwrap_err();
        let text = format!("{error:?}");
        assert!(text.contains("429") && text.contains("slow down"), "{vendor:?}: {text}");
    }
}

#[tokio::test]
async fn keys_do_not_reach_the_journal() {
    let mock = mock(json!(["Yes.", "Yes."])).await;
    for vendor in &VENDORS[..2] {
        Client::new().unwrap().exec_chat(target(&mock, *vendor), request(), None).await.unwrap();
    }
    let journal = serde_json::to_string(&mock.admin().root().journal(0)).unwrap();
    assert!(journal.contains("[hidden]") && !journal.contains("secret-key"), "{journal}");
}
