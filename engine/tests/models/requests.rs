//! What is sent, and how it changes with what a server refuses.

use engine::config::Adapter;
use engine::llm::Reason;
use serde_json::{Value, json};

use crate::server::{self, Asked, DELTA, Server, good, whole};
use crate::{extract, narrate};

fn refuse(status: u16, message: &str) -> server::Answer {
    server::json(status, &json!({ "error": { "message": message, "code": status } }).to_string())
}

#[tokio::test]
async fn the_name_of_a_model_goes_out_as_it_is_written() {
    for name in ["mistral-medium", "qwen-max", "team::alpha", "openai/gpt-5"] {
        let server = Server::start(|asked, _| good(asked)).await;
        let models = server.models(Adapter::OpenAi, |provider| provider.model = name.to_owned()).await;
        narrate(&models).await.unwrap();
        assert_eq!(server.asked()[0].body["model"], name);
    }
}

#[tokio::test]
async fn everything_that_is_configured_reaches_the_server() {
    let server = Server::start(|asked, _| good(asked)).await;
    let models = server
        .models(Adapter::OpenAi, |provider| {
            provider.query.insert("api-version".to_owned(), "1".to_owned());
            provider.extra_headers.insert("x-team".to_owned(), "lore".to_owned());
            let extra = json!({ "max_tokens": 77, "provider": { "order": ["a"] }, "temperature": null });
            provider.extra_body = extra.as_object().unwrap().clone();
            provider.top_p = Some(0.5);
            provider.min_p = Some(0.25);
            provider.stop = vec!["END".to_owned()];
            provider.seed = Some(4);
            provider.frequency_penalty = Some(0.5);
            provider.reasoning_effort = Some("low".to_owned());
            provider.thinking = Some(false);
        })
        .await;
    narrate(&models).await.unwrap();
    extract(&models).await.unwrap();
    let [narration, delta] = &server.asked()[..] else { panic!() };
    assert_eq!(narration.target, "/v1/chat/completions?api-version=1");
    assert!(narration.head.contains("x-team: lore"), "{}", narration.head);
    let body = &narration.body;
    for (field, expected) in [
        ("max_tokens", json!(77)),
        ("temperature", Value::Null),
        ("provider", json!({ "order": ["a"] })),
        ("top_p", json!(0.5)),
        ("min_p", json!(0.25)),
        ("stop", json!(["END", "\nPlayer:"])),
        ("seed", json!(4)),
        ("frequency_penalty", json!(0.5)),
        ("reasoning_effort", json!("low")),
        ("chat_template_kwargs", json!({ "enable_thinking": false })),
        ("stream_options", json!({ "include_usage": true })),
    ] {
        assert_eq!(body[field], expected, "{field}");
    }
    assert_eq!(delta.body["response_format"]["type"], "json_schema");
    assert_eq!(delta.body["top_p"], Value::Null, "sampling is for narrations");
}

#[tokio::test]
async fn ollama_gets_its_window_and_how_long_to_keep_the_model() {
    let server = Server::start(|_, _| server::json(200, r#"{"message":{"content":"You wait."},"done":true}"#)).await;
    let models = server
        .models(Adapter::Ollama, |provider| {
            provider.context_tokens = Some(6000);
            provider.keep_alive = Some("10m".to_owned());
            provider.thinking = Some(false);
            provider.min_p = Some(0.25);
        })
        .await;
    narrate(&models).await.unwrap();
    let asked = &server.asked()[0];
    assert_eq!(asked.target, "/api/chat");
    let options = json!({
        "num_predict": 1024, "temperature": 0.6, "stop": ["\nPlayer:"], "num_ctx": 6000, "min_p": 0.25
    });
    assert_eq!((&asked.body["options"], &asked.body["keep_alive"]), (&options, &json!("10m")));
    assert_eq!(asked.body["think"], false);
}

#[tokio::test]
async fn a_key_is_sent_as_each_vendor_wants_it_and_none_where_there_is_none() {
    let home = std::env::var("HOME").unwrap().to_lowercase();
    for (adapter, path, expected) in [
        (Adapter::OpenAi, "/v1", format!("authorization: bearer {home}\r")),
        (Adapter::OpenAi, "/openai/deployments/d1?api-version=2024-10-21", format!("api-key: {home}\r")),
        (Adapter::Anthropic, "", format!("x-api-key: {home}\r")),
        (Adapter::Gemini, "", format!("x-goog-api-key: {home}\r")),
    ] {
        for key in [Some("HOME".to_owned()), None] {
            let server = Server::start(|_, _| server::json(500, "{}")).await;
            let base_url = format!("http://{}{path}", server.address);
            let models = server
                .models(adapter, |provider| {
                    provider.base_url = Some(base_url);
                    provider.api_key_env.clone_from(&key);
                })
                .await;
            narrate(&models).await.unwrap_err();
            let head = &server.asked()[0].head;
            assert_eq!(head.contains(&expected), key.is_some(), "{adapter:?}: {head}");
            assert_eq!(head.contains("key:") || head.contains("authorization:"), key.is_some(), "{adapter:?}: {head}");
        }
    }
}

/// A server that refuses a body for what `refused` finds in it.
async fn picky(refused: impl Fn(&Value) -> Option<(u16, &'static str)> + Send + Sync + 'static) -> Server {
    Server::start(move |asked: &Asked, _| match refused(&asked.body) {
        Some((status, message)) => refuse(status, message),
        None => good(asked),
    })
    .await
}

#[tokio::test]
async fn the_other_name_of_the_limit_is_learned_from_the_refusal_and_remembered() {
    let server = picky(|body| {
        body.get("max_tokens").map(|_| {
            (400, "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.")
        })
    })
    .await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    for _ in 0..2 {
        narrate(&models).await.unwrap();
        extract(&models).await.unwrap();
    }
    let asked = server.asked();
    assert_eq!(asked.len(), 5, "one call is refused, and the next ones are not");
    assert_eq!(asked[4].body["max_completion_tokens"], 2048);
}

#[tokio::test]
async fn a_delta_is_asked_for_in_the_form_that_the_server_takes() {
    for (status, taken, calls) in [(400, "json_object", 2), (422, "none", 3)] {
        let server = picky(move |body| {
            let form = body["response_format"]["type"].as_str().unwrap_or("none");
            (body["stream"] != true && form != taken)
                .then_some((status, "This response_format type is unavailable now"))
        })
        .await;
        let models = server.models(Adapter::OpenAi, |_| {}).await;
        assert_eq!(extract(&models).await.unwrap().text, DELTA);
        assert_eq!(server.asked().len(), calls, "{taken}");
        extract(&models).await.unwrap();
        assert_eq!(server.asked().len(), calls + 1, "it is remembered");
    }
}

#[tokio::test]
async fn a_schema_whose_limits_are_refused_is_sent_without_them() {
    let server = picky(|body| {
        let has_limits = body["response_format"].to_string().contains("maxLength");
        has_limits.then_some((400, "Invalid schema for response_format 'delta': 'maxLength' is not permitted."))
    })
    .await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    assert_eq!(extract(&models).await.unwrap().text, DELTA);
    extract(&models).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 3, "it is remembered");
    assert_eq!(asked[2].body["response_format"]["type"], "json_schema");
}

#[tokio::test]
async fn a_server_that_knows_no_stop_sequences_is_sent_none() {
    let server = picky(|body| {
        body.get("stop").map(|_| (400, "Unsupported parameter: 'stop' is not supported with this model."))
    })
    .await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    narrate(&models).await.unwrap();
    narrate(&models).await.unwrap();
    let stops: Vec<_> = server.asked().iter().map(|asked| asked.body["stop"].clone()).collect();
    assert_eq!(stops, [json!(["\nPlayer:"]), Value::Null, Value::Null]);
}

#[tokio::test]
async fn no_more_stop_sequences_are_sent_than_every_vendor_takes() {
    let server = Server::start(|asked, _| good(asked)).await;
    let models = server.models(Adapter::OpenAi, |provider| provider.stop = vec!["a".into(), "b".into()]).await;
    let own = ["c", "d", "e"].map(str::to_owned);
    models.get("mock").unwrap().narrate(&crate::prompt(), 0.6, &own).await.unwrap();
    assert_eq!(server.asked()[0].body["stop"], json!(["a", "b", "c", "d"]));
}

#[tokio::test]
async fn a_form_that_is_configured_is_not_changed() {
    use engine::config::Structured::{Json, None, Schema};
    for (structured, form) in [(Schema, "json_schema"), (Json, "json_object"), (None, "")] {
        let server = Server::start(|_, _| refuse(400, "This response_format type is unavailable now")).await;
        let models = server.models(Adapter::OpenAi, |provider| provider.structured = structured).await;
        assert_eq!(extract(&models).await.unwrap_err().reason, Reason::Refused);
        let asked = server.asked();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].body["response_format"]["type"].as_str().unwrap_or_default(), form);
    }
}

#[tokio::test]
async fn a_field_that_the_server_does_not_know_is_left_out() {
    let server = picky(|body| {
        if body.get("temperature").is_some() {
            Some((400, "Unsupported value: 'temperature' does not support 0.6 with this model."))
        } else if body.get("min_p").is_some() {
            Some((422, "[{'type': 'extra_forbidden', 'loc': ('body', 'min_p')}]"))
        } else {
            body.get("stream_options").map(|_| (400, "Unrecognized request argument supplied: stream_options"))
        }
    })
    .await;
    let models = server.models(Adapter::OpenAi, |provider| provider.min_p = Some(0.1)).await;
    narrate(&models).await.unwrap();
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_model_that_only_thinks_gets_more_tokens_and_its_operator_a_warning() {
    let server = Server::start(|asked, _| {
        if asked.body["max_tokens"] == 1024 {
            return server::events(
                "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"Hm.\"}}]}\n\n\
                 data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n",
            );
        }
        good(asked)
    })
    .await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    let error = narrate(&models).await.unwrap_err();
    assert_eq!(error.reason, Reason::OnlyThinking);
    assert!(error.detail.contains("thinking used up max_tokens (1024)"), "{error}");
    narrate(&models).await.unwrap();
    assert_eq!(server.asked()[1].body["max_tokens"], 4096);
}

#[tokio::test]
async fn a_delta_is_read_from_wherever_the_model_wrote_it() {
    let tool = json!({ "choices": [{ "message": { "content": null, "tool_calls": [
        { "function": { "name": "delta", "arguments": DELTA } }
    ] }, "finish_reason": "tool_calls" }] });
    for body in [whole(DELTA), tool.to_string()] {
        for content_type in ["application/json", "Application/JSON", "text/plain", ""] {
            let (body, sent) = (body.clone(), content_type.to_owned());
            let server = Server::start(move |_, _| server::reply(200, &sent, &body)).await;
            let models = server.models(Adapter::OpenAi, |_| {}).await;
            assert_eq!(extract(&models).await.unwrap().text, DELTA, "{content_type}");
        }
    }
}

#[tokio::test]
async fn an_empty_delta_is_distinguished_from_one_that_the_filter_stopped() {
    for (status, body, reason) in [
        (200, whole(""), Reason::Empty),
        (
            200,
            r#"{"choices":[{"message":{"content":null},"finish_reason":"content_filter"}]}"#.to_owned(),
            Reason::Filtered,
        ),
        (
            400,
            r#"{"error":{"code":"content_filter","message":"The prompt was filtered"}}"#.to_owned(),
            Reason::Filtered,
        ),
        (200, r#"{"error":{"message":"Insufficient credits","code":402}}"#.to_owned(), Reason::NoCredit),
    ] {
        let sent = body.clone();
        let server = Server::start(move |_, _| server::json(status, &sent)).await;
        let models = server.models(Adapter::OpenAi, |_| {}).await;
        assert_eq!(extract(&models).await.unwrap_err().reason, reason, "{body}");
    }
}
