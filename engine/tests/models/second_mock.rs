//! Quirks of servers that do not stream, on a mock that is not ours: what `mock-llm` takes for granted, another server's code
//! checks here.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use engine::config::{Adapter, Config, ProviderConfig};
use engine::llm::{Models, Reason};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::server::DELTA;
use crate::{extract, narrate};

async fn models(adapter: Adapter, base_url: String) -> Models {
    let mut provider = ProviderConfig::new(adapter, "test-model");
    provider.base_url = Some(base_url);
    provider.stream = false;
    // Any text is a key here.
    provider.api_key_env = Some("HOME".to_owned());
    let mut config = Config::default();
    config.providers.insert("mock".to_owned(), provider);
    Models::start(&config).await.unwrap()
}

fn completion(text: &str) -> ResponseTemplate {
    let message = json!({ "role": "assistant", "content": text });
    ResponseTemplate::new(200).set_body_json(json!({ "choices": [{ "message": message, "finish_reason": "stop" }] }))
}

/// The bodies of the calls, oldest first.
async fn asked(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request: &Request| request.body_json().unwrap()).collect()
}

#[tokio::test]
async fn a_deployment_of_azure_is_called_at_its_address_with_its_key() {
    let server = MockServer::start().await;
    let home = std::env::var("HOME").unwrap();
    Mock::given(method("POST"))
        .and(path("/openai/deployments/d1/chat/completions"))
        .and(query_param("api-version", "2024-10-21"))
        .and(header("api-key", home.as_str()))
        .respond_with(completion("You wait."))
        .expect(2)
        .mount(&server)
        .await;
    for base in ["/openai/deployments/d1", "/openai/deployments/d1/chat/completions"] {
        let models = models(Adapter::OpenAi, format!("{}{base}?api-version=2024-10-21", server.uri())).await;
        assert_eq!(narrate(&models).await.unwrap().text, "You wait.");
    }
}

#[tokio::test]
async fn an_answer_that_is_compressed_although_nobody_asked_for_that_is_read() {
    let server = MockServer::start().await;
    let body =
        json!({ "choices": [{ "message": { "role": "assistant", "content": "You wait." }, "finish_reason": "stop" }] });
    let mut compressed = GzEncoder::new(Vec::new(), Compression::default());
    compressed.write_all(body.to_string().as_bytes()).unwrap();
    let answer = ResponseTemplate::new(200)
        .set_body_raw(compressed.finish().unwrap(), "application/json")
        .insert_header("content-encoding", "gzip");
    Mock::given(header("accept-encoding", "identity")).respond_with(answer).expect(1).mount(&server).await;
    let models = models(Adapter::OpenAi, format!("{}/v1", server.uri())).await;
    assert_eq!(narrate(&models).await.unwrap().text, "You wait.");
}

#[tokio::test]
async fn structured_output_goes_down_the_ladder_and_stays_there() {
    let server = MockServer::start().await;
    for form in ["json_schema", "json_object"] {
        let message = format!("response_format of type {form} is not supported");
        Mock::given(body_partial_json(json!({ "response_format": { "type": form } })))
            .respond_with(ResponseTemplate::new(400).set_body_json(json!({ "error": { "message": message } })))
            .expect(1)
            .mount(&server)
            .await;
    }
    Mock::given(path("/v1/chat/completions")).respond_with(completion(DELTA)).expect(2).mount(&server).await;
    let models = models(Adapter::OpenAi, format!("{}/v1", server.uri())).await;
    assert_eq!(extract(&models).await.unwrap().text, DELTA);
    assert_eq!(extract(&models).await.unwrap().text, DELTA);
    assert_eq!(asked(&server).await[3]["response_format"], Value::Null);
}

#[tokio::test]
async fn an_error_with_a_status_of_success_is_the_error_that_it_is() {
    let server = MockServer::start().await;
    let error = json!({ "error": { "message": "Insufficient credits", "code": 402 } });
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_json(error)).mount(&server).await;
    let models = models(Adapter::OpenAi, format!("{}/v1", server.uri())).await;
    for error in [narrate(&models).await.unwrap_err(), extract(&models).await.unwrap_err()] {
        assert_eq!(error.reason, Reason::NoCredit);
        assert!(error.detail.contains("Insufficient credits"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_names_a_date_is_not_called_before_it() {
    let server = MockServer::start().await;
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_mins(1));
    let busy = ResponseTemplate::new(429).insert_header("retry-after", date.as_str());
    Mock::given(method("POST")).respond_with(busy).mount(&server).await;
    let models = models(Adapter::OpenAi, format!("{}/v1", server.uri())).await;
    let wait = narrate(&models).await.unwrap_err().retry_after.unwrap();
    assert!((Duration::from_secs(50)..=Duration::from_mins(1)).contains(&wait), "{wait:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_is_reported_with_its_target() {
    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(308).insert_header("location", "https://right.example/v1/chat/completions");
    Mock::given(path("/v1/chat/completions")).respond_with(moved).expect(1).mount(&server).await;
    let models = models(Adapter::OpenAi, format!("{}/v1", server.uri())).await;
    let error = narrate(&models).await.unwrap_err();
    assert_eq!(error.reason, Reason::WrongAddress);
    assert!(error.detail.contains("https://right.example/v1"), "{error}");
}

#[tokio::test]
async fn an_answer_is_read_whatever_its_content_type_says() {
    let body = json!({ "choices": [{ "message": { "content": DELTA }, "finish_reason": "stop" }] }).to_string();
    for content_type in ["Application/JSON", "text/plain", "application/octet-stream", "application/json;charset=UTF-8"]
    {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_raw(body.clone(), content_type);
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let models = models(Adapter::OpenAi, format!("{}/v1", server.uri())).await;
        assert_eq!(extract(&models).await.unwrap().text, DELTA, "{content_type}");
    }
}

#[tokio::test]
async fn gemini_and_anthropic_are_asked_in_their_own_forms() {
    let server = MockServer::start().await;
    let candidate = json!({ "content": { "parts": [{ "text": "You wait." }] }, "finishReason": "STOP" });
    Mock::given(path("/v1beta/models/test-model:generateContent"))
        .and(body_partial_json(json!({ "generationConfig": { "maxOutputTokens": 1024 } })))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "candidates": [candidate] })))
        .mount(&server)
        .await;
    let content = json!([{ "type": "thinking", "thinking": "Hm." }, { "type": "text", "text": "You wait." }]);
    let message = json!({ "type": "message", "role": "assistant", "content": content, "stop_reason": "end_turn" });
    Mock::given(path("/v1/messages"))
        .and(header("anthropic-version", "2023-06-01"))
        .respond_with(ResponseTemplate::new(200).set_body_json(message))
        .mount(&server)
        .await;
    for adapter in [Adapter::Gemini, Adapter::Anthropic] {
        let models = models(adapter, server.uri()).await;
        assert_eq!(narrate(&models).await.unwrap().text, "You wait.", "{adapter:?}");
    }
}
