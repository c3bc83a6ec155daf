//! What servers are known to refuse, one row each, from their public bug reports: what is sent instead, and for how long. A row that
//! fails is a kind of server on which turns are lost.

use std::time::{Duration, Instant};

use engine::config::Adapter;
use engine::llm::Reason;
use serde_json::{Value, json};

use crate::server::{self, Asked, Server, events, good, stream};
use crate::{extract, narrate};

/// A server that refuses a body for what `refused` finds in it, and else answers.
async fn picky(status: u16, refused: impl Fn(&Value) -> Option<String> + Send + Sync + 'static) -> Server {
    Server::start(move |asked: &Asked, _| match refused(&asked.body) {
        Some(error) => server::json(status, &error),
        None => good(asked),
    })
    .await
}

fn has_system(body: &Value) -> bool {
    body["messages"].as_array().is_some_and(|messages| messages.iter().any(|message| message["role"] == "system"))
}

#[tokio::test]
async fn a_system_message_that_the_template_does_not_know_begins_the_first_message() {
    for (status, message) in [
        (400, "System role not supported"),
        (500, "Only user, assistant and tool roles are supported, got system."),
        (400, "Conversation roles must alternate user/assistant/user/assistant/..."),
        (400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
        (422, "Input should be 'user' or 'assistant': system is not supported as a role"),
    ] {
        let server =
            picky(status, move |body| has_system(body).then(|| json!({ "error": { "message": message } }).to_string()))
                .await;
        let models = server.models(Adapter::OpenAi, |_| {}).await;
        narrate(&models).await.unwrap();
        narrate(&models).await.unwrap();
        let asked = server.asked();
        assert_eq!(asked.len(), 3, "it is remembered: {message}");
        assert_eq!(
            asked[2].body["messages"],
            json!([{ "role": "user", "content": "Answer with JSON or with a story.\n\nI wait." }])
        );
    }
}

#[tokio::test]
async fn a_limit_that_is_too_high_for_the_model_is_lowered_to_what_it_allows() {
    for message in [
        "max_tokens is too large: 1024. This model supports at most 512 completion tokens, whereas you provided 1024.",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 512]",
        "<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 512]",
        "`max_tokens` must be less than or equal to `512`, the maximum value for `max_tokens` is less than the `context_window` for this model",
        "The maximum tokens you requested exceeds the model limit of 512. Try again with a maximum tokens value that is lower than 512.",
        "The parameter `max_tokens` specified in the request is not valid: integer above maximum value, expected a value <= 512, but got 1024 instead.",
    ] {
        let server = picky(400, move |body| {
            (body["max_tokens"].as_u64() > Some(512)).then(|| json!({ "error": { "message": message } }).to_string())
        })
        .await;
        let models = server.models(Adapter::OpenAi, |_| {}).await;
        narrate(&models).await.unwrap();
        assert_eq!(server.asked()[1].body["max_tokens"], 512, "{message}");
    }
}

#[tokio::test]
async fn a_model_that_may_not_stream_is_asked_for_the_whole() {
    for error in [
        json!({ "error": {
            "message": "Your organization must be verified to stream this model.", "type": "invalid_request_error",
            "param": "stream", "code": "unsupported_value"
        } }),
        json!({ "detail": "Streaming is not supported by this deployment" }),
        json!({ "error": { "message": "Unsupported value: 'stream' does not support true with this model." } }),
    ] {
        let sent = error.to_string();
        let server = Server::start(move |asked, _| {
            if asked.body["stream"] == true {
                server::json(400, &sent)
            } else {
                server::json(200, &server::whole("You wait."))
            }
        })
        .await;
        let models = server.models(Adapter::OpenAi, |_| {}).await;
        assert_eq!(narrate(&models).await.unwrap().text, "You wait.", "{error}");
        let asked = server.asked();
        assert_eq!(asked[1].body["stream_options"], Value::Null);
    }
}

#[tokio::test]
async fn a_field_is_left_out_in_whatever_words_it_is_refused() {
    for (adapter, field, error) in [
        (Adapter::OpenAi, "seed", r#"{"error":{"message":"Unrecognized request argument supplied: seed"}}"#),
        (
            Adapter::OpenAi,
            "seed",
            r#"{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted","input":{"min_p":0.1,"stop":["x"],"temperature":0.6}}]}"#,
        ),
        (
            Adapter::OpenAi,
            "min_p",
            r#"[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"min_p\": Cannot find field.","status":"INVALID_ARGUMENT"}}]"#,
        ),
        (
            Adapter::OpenAi,
            "chat_template_kwargs",
            r#"{"object":"error","message":"chat_template is not supported for Mistral tokenizers.","code":400}"#,
        ),
        (
            Adapter::OpenAi,
            "chat_template_kwargs",
            r#"{"error":{"message":"litellm.UnsupportedParamsError: chat_template_kwargs: extra fields not permitted"}}"#,
        ),
        (Adapter::Ollama, "think", r#"{"error":"\"test-model\" does not support thinking"}"#),
        (
            Adapter::Anthropic,
            "cache_control",
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"system.0.cache_control: Extra inputs are not permitted"}}"#,
        ),
        (
            Adapter::Anthropic,
            "top_k",
            r#"{"message":"Malformed input request: extraneous key [top_k] is not permitted, please reformat your input and try again."}"#,
        ),
    ] {
        let answers = json!({
            "choices": [{ "message": { "content": "You wait." }, "finish_reason": "stop" }], "done": true, "type": "message",
            "message": { "content": "You wait." }, "content": [{ "type": "text", "text": "You wait." }], "stop_reason": "end_turn"
        })
        .to_string();
        let quoted = format!("\"{field}\"");
        let server = Server::start(move |asked, _| {
            if asked.body.to_string().contains(&quoted) {
                server::json(400, error)
            } else {
                server::json(200, &answers)
            }
        })
        .await;
        let models = server
            .models(adapter, |provider| {
                provider.stream = false;
                provider.seed = Some(7);
                provider.min_p = Some(0.1);
                provider.top_k = Some(20);
                provider.thinking = Some(false);
            })
            .await;
        assert_eq!(narrate(&models).await.unwrap().text, "You wait.", "{error}");
        let asked = server.asked();
        assert_eq!(asked.len(), 2, "{error}: {:#?}", asked.last());
        assert!(asked[1].body.to_string().contains("temperature"), "nothing else is left out: {error}");
    }
}

#[tokio::test]
async fn a_refusal_in_the_stream_is_learned_from_as_one_by_status_is() {
    let server = Server::start(|asked, _| {
        if asked.body.get("stop").is_some() {
            return events(&stream(&[
                r#"{"error":{"message":"Unsupported parameter: 'stop'","type":"invalid_request_error"}}"#,
            ]));
        }
        good(asked)
    })
    .await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    narrate(&models).await.unwrap();
    narrate(&models).await.unwrap();
    assert_eq!(server.asked().len(), 3, "it is remembered");
}

/// How the deltas were asked for.
fn formats(server: &Server) -> Vec<String> {
    let name = |asked: &Asked| asked.body["response_format"]["type"].as_str().unwrap_or("none").to_owned();
    server.asked().iter().map(name).collect()
}

#[tokio::test]
async fn a_refusal_that_explains_nothing_changes_the_format_once_and_is_believed_only_when_it_is_repeated() {
    // By chance.
    let server = Server::start(|asked, number| if number == 0 { server::json(400, "{}") } else { good(asked) }).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    for _ in 0..2 {
        extract(&models).await.unwrap();
    }
    assert_eq!(formats(&server), ["json_schema", "json_object", "json_schema"]);

    // Always.
    let server = picky(400, |body| (body["response_format"]["type"] == "json_schema").then(|| "{}".to_owned())).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    for _ in 0..3 {
        extract(&models).await.unwrap();
    }
    assert_eq!(formats(&server), ["json_schema", "json_object", "json_schema", "json_object", "json_object"]);

    // Whatever is sent: nothing is learned from it.
    let server = Server::start(|asked, number| if number < 3 { server::json(400, "{}") } else { good(asked) }).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    assert_eq!(extract(&models).await.unwrap_err().reason, Reason::Refused);
    extract(&models).await.unwrap();
    assert_eq!(formats(&server), ["json_schema", "json_object", "none", "json_schema"]);
}

#[tokio::test]
async fn what_was_learned_is_doubted_after_a_time() {
    let server = Server::start(|asked, number| {
        if number == 0 { server::json(400, r#"{"error":"json_schema is not supported"}"#) } else { good(asked) }
    })
    .await;
    let models = server.models(Adapter::OpenAi, |provider| provider.relearn_after_seconds = 0.3).await;
    extract(&models).await.unwrap();
    let learned = Instant::now();
    extract(&models).await.unwrap();
    assert_eq!(formats(&server), ["json_schema", "json_object", "json_object"]);
    let doubted = async {
        while formats(&server).last().unwrap() != "json_schema" {
            extract(&models).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), doubted).await.expect("it is doubted");
    assert!(learned.elapsed() >= Duration::from_millis(250), "it is doubted after {:?}", learned.elapsed());
    extract(&models).await.unwrap();
    assert_eq!(formats(&server).last().unwrap(), "json_schema", "it is supported by now");
}
