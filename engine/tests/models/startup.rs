//! The check of providers while a process starts: what is wrong is reported with what to do, and a provider that works is left alone.

use engine::config::{Adapter, CheckModels, Config, ProviderConfig};
use engine::llm::Models;
use serde_json::json;

use crate::server::{self, Server, good};
use crate::{extract, narrate};

fn list() -> server::Answer {
    server::json(200, &json!({ "object": "list", "data": [{ "id": "test-model", "max_model_len": 4096 }] }).to_string())
}

/// The only trouble that a check finds.
async fn trouble(models: &Models) -> String {
    let mut found = models.check_once(CheckModels::Calls).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[tokio::test]
async fn a_provider_that_works_is_asked_for_its_list_a_word_and_a_small_object() {
    let server = Server::start(|asked, _| if asked.body.is_null() { list() } else { good(asked) }).await;
    let models = server
        .models(Adapter::OpenAi, |provider| {
            provider.base_url = Some(format!("{}/v1", provider.base_url.take().unwrap()));
        })
        .await;
    assert!(models.check_once(CheckModels::Calls).await.is_empty());
    let calls: Vec<_> = server.asked().into_iter().filter(|asked| !asked.body.is_null()).collect();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_eq!(calls[0].body["stream"], true);
    assert_eq!(calls[1].body["response_format"]["type"], "json_schema");
    assert_eq!(models.get("mock").unwrap().model_of(protocol::PromptPurpose::Narrate).1, Some(4096));
}

#[tokio::test]
async fn no_model_is_called_where_only_the_list_is_wanted() {
    let server = Server::start(|_, _| list()).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    assert!(models.check_once(CheckModels::List).await.is_empty());
    assert!(server.asked().iter().all(|asked| asked.body.is_null()));
}

#[tokio::test]
async fn what_is_wrong_is_reported_with_what_to_do_until_a_call_succeeds() {
    let server = Server::start(|asked, number| match number {
        0 => server::json(401, r#"{"error":{"message":"Incorrect API key provided: sk-abc123456"}}"#),
        _ => good(asked),
    })
    .await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    let found = trouble(&models).await;
    assert!(found.contains("provider `mock`") && found.contains("`api_key_env`"), "{found}");
    assert!(found.contains("sk-***") && !found.contains("abc123456"), "{found}");
    narrate(&models).await.unwrap();
    assert!(models.troubles().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_started_is_distinguished_from_a_wrong_address() {
    let server = Server::start(|_, _| list()).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    drop(server);
    let found = trouble(&models).await;
    assert!(found.contains("start the server"), "{found}");

    let server = Server::start(|asked, _| match (asked.target.as_str(), asked.body.is_null()) {
        ("/openai/models", true) => list(),
        _ => server::json(404, r#"{"detail":"Not Found"}"#),
    })
    .await;
    let address = server.address;
    let wrong = format!("http://{address}/openai/v1");
    let models = server.models(Adapter::OpenAi, |provider| provider.base_url = Some(wrong)).await;
    let found = models.check_once(CheckModels::List).await.remove(0);
    assert!(found.contains(&format!("http://{address}/openai: set `base_url` to it")), "{found}");
}

#[tokio::test]
async fn a_model_that_the_server_does_not_have_is_reported_with_those_that_it_has() {
    let server = Server::start(|asked, _| {
        if asked.body.is_null() {
            server::json(200, r#"{"data":[{"id":"qwen3"},{"id":"gemma3"}]}"#)
        } else {
            server::json(404, r#"{"error":{"message":"The model `test-model` does not exist"}}"#)
        }
    })
    .await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    let found = trouble(&models).await;
    assert!(found.contains("`test-model`; it lists `qwen3`, `gemma3`"), "{found}");
}

#[tokio::test]
async fn what_the_check_learns_the_first_turn_does_not_pay_for() {
    let server = Server::start(|asked, _| {
        let form = asked.body["response_format"]["type"].as_str().unwrap_or_default();
        if asked.body.is_null() {
            list()
        } else if form == "json_schema" {
            server::json(400, r#"{"error":{"message":"This response_format type is unavailable now"}}"#)
        } else {
            good(asked)
        }
    })
    .await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    assert!(models.check_once(CheckModels::Calls).await.is_empty());
    let before = server.asked().len();
    extract(&models).await.unwrap();
    assert_eq!(server.asked().len(), before + 1);
}

#[tokio::test]
async fn without_a_check_the_window_is_asked_for_all_the_same() {
    let server = Server::start(|_, _| list()).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    models.check_at_start(CheckModels::Off).await;
    assert_eq!(models.get("mock").unwrap().model_of(protocol::PromptPurpose::Narrate).1, Some(4096));
    assert!(server.asked().iter().all(|asked| asked.body.is_null()), "no model is called");
}

#[tokio::test]
async fn a_provider_whose_delta_cannot_be_read_is_not_playable() {
    for (delta, is_playable) in [("Nothing has changed.", false), (server::DELTA, true)] {
        let server = Server::start(move |asked, _| {
            let is_delta = asked.body["stream"] != true && !asked.body.is_null();
            if is_delta { server::json(200, &server::whole(delta)) } else { good(asked) }
        })
        .await;
        let mut provider = ProviderConfig::new(Adapter::OpenAi, "test-model");
        provider.base_url = Some(format!("http://{}/v1", server.address));
        let mut config = Config::default();
        config.providers.insert("mock".to_owned(), provider);
        assert_eq!(engine::operate::check_models(&config, None).await.unwrap(), is_playable, "{delta}");
    }
}
