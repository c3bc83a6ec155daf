//! Model calls as a turn makes them, over HTTP against `mock-llm`: what comes back, and how each fault is classed.

#![cfg(feature = "offline")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod budgets;
mod game;
mod log;
mod odd_servers;
mod profiles;
mod quirks;
mod refusals;
mod remote;
mod requests;
mod responses;
mod rows;
mod second_mock;
mod server;
mod startup;
mod turns;
mod windows;

use std::net::SocketAddr;
use std::time::Duration;

use engine::config::{Adapter, Config, ProviderConfig};
use engine::llm::{ErrorClass, Form, ModelError, Models, Reason, Schema};
use mock_llm::{MockLlm, Script};
use store::Completion;
use story::Prompt;

/// A mock with a script, and the models of an engine that is configured to call it.
async fn models(adapter: Adapter, script: &str) -> (MockLlm, Models) {
    models_with(adapter, script, true).await
}

async fn models_with(adapter: Adapter, script: &str, stream: bool) -> (MockLlm, Models) {
    let script = Script::parse(script, "test.json").unwrap();
    let mock = MockLlm::start(SocketAddr::from(([127, 0, 0, 1], 0)), script).await.unwrap();
    let mut provider = ProviderConfig::new(adapter, "test-model");
    provider.base_url = Some(match adapter {
        Adapter::Ollama => mock.base_url(),
        _ => format!("{}/v1", mock.base_url()),
    });
    provider.stream = stream;
    provider.first_token_timeout_seconds = Some(0.3);
    provider.between_tokens_timeout_seconds = Some(0.3);
    let mut config = Config::default();
    config.providers.insert("mock".to_owned(), provider);
    (mock, Models::start(&config).await.unwrap())
}

fn prompt() -> Prompt {
    Prompt::new("Answer with JSON or with a story.".to_owned(), [], "I wait.".to_owned())
}

async fn narrate(models: &Models) -> Result<Completion, ModelError> {
    let provider = models.get("mock").unwrap();
    let mut narration = provider.narrate(&prompt(), 0.6, &["\nPlayer:".to_owned()]).await?;
    let mut shown = String::new();
    while let Some(piece) = narration.next().await? {
        shown.push_str(&piece);
    }
    let (narrated, _) = narration.finish();
    assert_eq!(shown.trim_end(), narrated.text);
    Ok(narrated)
}

async fn extract(models: &Models) -> Result<Completion, ModelError> {
    let schema = serde_json::json!({ "anyOf": [{ "type": "object" }, { "type": "string", "maxLength": 9 }] });
    models.get("mock").unwrap().extract(&prompt(), &Schema::new(&schema), Form::Believed).await
}

#[tokio::test]
async fn every_vendor_streams_a_narration_and_answers_with_a_delta() {
    let answer = serde_json::json!({
        "user_location": "quay", "scene_change": null, "item_events": [], "npc_events": [], "set_vars": [],
        "game_ended": false
    });
    let script = serde_json::json!({"speed": 0, "entries": [
        {"match": {"kind": "json"}, "reply": {"json": answer}},
        {"match": {}, "reply": "The tide turns, slowly."}
    ]})
    .to_string();
    for (adapter, stream) in [Adapter::OpenAi, Adapter::Anthropic, Adapter::Ollama]
        .map(|adapter| [(adapter, true), (adapter, false)])
        .concat()
    {
        let (_mock, models) = models_with(adapter, &script, stream).await;
        assert_eq!(narrate(&models).await.unwrap().text, "The tide turns, slowly.", "{adapter:?}");
        let delta = extract(&models).await.unwrap();
        let delta: serde_json::Value = serde_json::from_str(&delta.text).unwrap();
        assert_eq!(delta, answer, "{adapter:?}");
    }
}

#[tokio::test]
async fn a_vendor_that_is_busy_is_called_again_no_sooner_than_it_asks() {
    let (_mock, models) = models(Adapter::OpenAi, r#"[{"fault": {"status": 429, "retry_after_s": 7}}]"#).await;
    let error = narrate(&models).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Provider, "{error}");
    assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_refused_key_is_the_providers_fault() {
    let (_mock, models) = models(Adapter::OpenAi, r#"[{"fault": {"status": 401}}]"#).await;
    let error = narrate(&models).await.unwrap_err();
    assert_eq!((error.reason, error.class()), (Reason::Unauthorized, ErrorClass::Provider), "{error}");
}

#[tokio::test]
async fn a_narration_that_is_cut_off_does_not_pass_for_a_whole_one() {
    for fault in ["end_after_frames", "fin_after_frames", "reset_after_frames"] {
        let script = format!(r#"[{{"text": "The tide turns, slowly.", "fault": {{"{fault}": 2}}}}]"#);
        for adapter in [Adapter::OpenAi, Adapter::Anthropic, Adapter::Ollama] {
            let (_mock, models) = models(adapter, &script).await;
            let error = narrate(&models).await.expect_err(fault);
            assert!(error.is_transient(), "{fault} {adapter:?}: {error}");
        }
    }
}

#[tokio::test]
async fn a_model_that_stalls_is_given_up_after_its_time() {
    let (_mock, models) =
        models(Adapter::OpenAi, r#"[{"text": "The tide turns.", "fault": {"stall_after_frames": 1}}]"#).await;
    let error = narrate(&models).await.unwrap_err();
    assert!(error.is_transient() && error.detail.contains("stopped in the middle"), "{error}");
}
