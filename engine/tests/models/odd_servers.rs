//! What a trial of several hundred behaviours of servers has found: refusals that were misread, ends that were not believed, answers in
//! fields of their own.

use std::time::{Duration, Instant};

use engine::config::Adapter;
use engine::llm::{Finish, Models, Reason};
use protocol::PromptPurpose;
use serde_json::{Value, json};

use crate::server::{self, Answer, Asked, DELTA, Server, events, good, stream};
use crate::{extract, narrate};

async fn server_that(answer: impl Fn(&Asked) -> Option<(u16, Value)> + Send + Sync + 'static) -> (Server, Models) {
    let server = Server::start(move |asked, _| match answer(asked) {
        Some((status, body)) => server::json(status, &body.to_string()),
        None => good(asked),
    })
    .await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    (server, models)
}

#[tokio::test]
async fn a_refusal_of_many_stops_takes_stops_away_and_says_nothing_of_the_window() {
    let (server, models) = server_that(|asked| {
        let many = asked.body["stop"].as_array().is_some_and(|stops| stops.len() > 2);
        let message = "Invalid 'stop': array too long. Expected an array with maximum length 2, but got an array with length 4 instead.";
        many.then(|| (400, json!({ "error": { "message": message, "type": "invalid_request_error", "param": "stop", "code": "array_above_max_length" } })))
    })
    .await;
    let stops = ["a", "b", "c", "d"].map(str::to_owned);
    let provider = models.get("mock").unwrap();
    provider.narrate(&crate::prompt(), 0.6, &stops).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].body["stop"], json!(["a", "b"]));
    assert_eq!(asked[0].body["max_tokens"], asked[1].body["max_tokens"]);
}

#[tokio::test]
async fn a_request_that_no_minute_has_room_for_is_made_smaller_at_once() {
    for status in [413, 429] {
        let (server, models) = server_that(move |asked| {
            let message = "Request too large for model `any` in organization `org` service tier `on_demand` on tokens per minute (TPM): Limit 1900, Requested 2869, please reduce your message size and try again.";
            let large = asked.body["max_tokens"].as_u64() > Some(1900);
            large.then(|| (status, json!({ "error": { "message": message, "type": "tokens", "code": "rate_limit_exceeded" } })))
        })
        .await;
        extract(&models).await.unwrap();
        assert_eq!(server.asked().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn a_server_that_fails_over_a_format_is_asked_in_the_next_one() {
    let server = Server::start(|asked: &Asked, _| {
        if asked.body["format"].is_object() {
            return server::json(500, r#"{"error":"failed to load model vocabulary required for format"}"#);
        }
        server::json(200, &json!({ "message": { "content": DELTA }, "done": true }).to_string())
    })
    .await;
    let models = server.models(Adapter::Ollama, |_| {}).await;
    assert_eq!(extract(&models).await.unwrap().text, DELTA);
    extract(&models).await.unwrap();
    let asked = server.asked();
    assert_eq!((asked.len(), &asked[1].body["format"]), (3, &json!("json")), "it is remembered");
}

#[tokio::test]
async fn a_refusal_of_several_fields_leaves_them_all_out_at_once() {
    let (server, models) = server_that(|asked| {
        let sent =
            ["stop", "temperature", "stream_options"].into_iter().filter(|field| asked.body.get(*field).is_some());
        let sent: Vec<_> = sent.collect();
        (!sent.is_empty()).then(|| (400, json!({ "error": format!("unsupported params: {}", sent.join(", ")) })))
    })
    .await;
    narrate(&models).await.unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn one_of_two_fields_that_exclude_each_other_stays() {
    let message = "`temperature` and `top_p` cannot both be specified for this model. Please use only one.";
    let server = Server::start(move |asked: &Asked, _| {
        let both = asked.body.get("temperature").is_some() && asked.body.get("top_p").is_some();
        if both { server::json(400, &json!({ "error": { "message": message } }).to_string()) } else { good(asked) }
    })
    .await;
    let models = server.models(Adapter::OpenAi, |provider| provider.top_p = Some(0.9)).await;
    narrate(&models).await.unwrap();
    assert_eq!(server.asked()[1].body["top_p"], json!(0.9));
}

#[tokio::test]
async fn a_delta_that_the_server_found_to_be_no_json_is_read_or_asked_for_without_a_format() {
    let refused = |generation: String| {
        move |asked: &Asked| {
            let body = json!({ "error": { "message": "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.", "type": "invalid_request_error", "code": "json_validate_failed", "failed_generation": generation } });
            asked.body.get("response_format").is_some().then_some((400, body))
        }
    };
    let (server, models) = server_that(refused(format!("```json\n{DELTA}\n```"))).await;
    assert!(extract(&models).await.unwrap().text.contains(DELTA));
    assert_eq!(server.asked().len(), 1);

    let (server, models) = server_that(refused("I cannot say what changed.".to_owned())).await;
    for _ in 0..3 {
        extract(&models).await.unwrap();
    }
    // Once may be chance; after the second time it is known.
    assert_eq!(server.asked().len(), 5);
}

#[tokio::test]
async fn a_window_is_learned_in_the_words_of_more_servers() {
    for message in [
        "Requested generation length 2048 is not possible! The provided prompt is 821 long, so generating 2048 tokens requires a sequence length of 2869, but the maximum supported sequence length is just 1900!",
        "The total sequence length 2869 exceeds the maximum allowed sequence length of 1900.",
    ] {
        let (server, models) = server_that(move |asked| {
            let large = asked.body["max_tokens"].as_u64() > Some(1900);
            large.then(|| (400, json!({ "error": { "message": message } })))
        })
        .await;
        extract(&models).await.unwrap();
        assert_eq!(server.asked().len(), 2, "{message}");
        let limit = server.asked()[1].body["max_tokens"].as_u64().unwrap();
        assert!((1500..1900).contains(&limit), "{limit}: {message}");
    }
}

#[tokio::test]
async fn a_limit_of_new_tokens_is_one_of_the_answer_and_not_the_window() {
    let (server, models) = server_that(|asked| {
        let error = "Input validation error: `max_new_tokens` must be <= 512. Given: 1024";
        (asked.body["max_tokens"].as_u64() > Some(512))
            .then(|| (422, json!({ "error": error, "error_type": "validation" })))
    })
    .await;
    narrate(&models).await.unwrap();
    assert_eq!(server.asked()[1].body["max_tokens"], 512);
    assert_eq!(models.get("mock").unwrap().model_of(PromptPurpose::Narrate).1, None, "nothing is known of the window");
}

#[tokio::test]
async fn after_the_reason_of_the_end_no_server_is_waited_for_long() {
    let said = r#"{"choices":[{"delta":{"content":"You wait."},"finish_reason":null}]}"#;
    let end = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
    let body = stream(&[said, end]);
    let server = Server::start(move |_, _| {
        let mut answer = events(&body);
        answer.push((Duration::from_secs(30), "data: [DONE]\n\n".to_owned()));
        answer
    })
    .await;
    let models = server.models(Adapter::OpenAi, |provider| provider.between_tokens_timeout_seconds = Some(20.0)).await;
    let began = Instant::now();
    assert_eq!(narrate(&models).await.unwrap().text, "You wait.");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_success_that_speaks_of_a_wrong_endpoint_is_a_wrong_address() {
    let (_server, models) =
        server_that(|_| Some((200, json!({ "error": "Unexpected endpoint or method. (POST /chat/completions)" }))))
            .await;
    let error = narrate(&models).await.unwrap_err();
    assert_eq!(error.reason, Reason::WrongAddress, "{error}");
    assert!(error.detail.contains("base_url"), "{error}");
}

/// A body whose length is stated.
fn measured(body: &str, missing: usize) -> Answer {
    let length = body.len() + missing;
    server::with_headers(200, &format!("content-type: text/event-stream\r\ncontent-length: {length}\r\n"), body)
}

/// A body in one HTTP chunk, with the chunk that ends it.
fn chunked(body: &str) -> Answer {
    let body = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    server::with_headers(200, "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n", &body)
}

#[tokio::test]
async fn a_body_that_ends_as_http_says_ends_the_narration_though_nothing_else_does() {
    let openai = |text: &str| stream(&[&json!({ "choices": [{ "delta": { "content": text } }] }).to_string()]);
    let ollama = |text: &str| json!({ "message": { "content": text }, "done": false }).to_string() + "\n";
    for (adapter, body) in [(Adapter::OpenAi, openai("You wait.")), (Adapter::Ollama, ollama("“You wait.”\n"))] {
        for make in [chunked as fn(&str) -> Answer, |body| measured(body, 0)] {
            let sent = body.clone();
            let server = Server::start(move |_, _| make(&sent)).await;
            let models = server.models(adapter, |_| {}).await;
            let mut narration = models.get("mock").unwrap().narrate(&crate::prompt(), 0.6, &[]).await.unwrap();
            while narration.next().await.unwrap().is_some() {}
            assert_eq!(narration.finish().1, Finish::Stop, "{body}");
        }
        let server = Server::start(move |_, _| chunked(&openai("You wait and"))).await;
        let models = server.models(Adapter::OpenAi, |_| {}).await;
        assert_eq!(narrate(&models).await.unwrap_err().reason, Reason::BrokeOff, "in the middle of a sentence");
        let sent = body.clone();
        let server = Server::start(move |_, _| measured(&sent, 9)).await;
        let models = server.models(adapter, |_| {}).await;
        assert_eq!(narrate(&models).await.unwrap_err().reason, Reason::BrokeOff, "a connection that breaks: {body}");
    }
}

#[tokio::test]
async fn a_delta_is_found_in_every_field_that_servers_put_it_in() {
    let delta: Value = serde_json::from_str(DELTA).unwrap();
    for message in [
        json!({ "content": delta }),
        json!({ "content": "", "function_call": { "name": "delta", "arguments": DELTA } }),
        json!({ "content": null, "parsed": delta }),
    ] {
        let body = json!({ "choices": [{ "message": message, "finish_reason": "stop" }] });
        let server = Server::start(move |_, _| server::json(200, &body.to_string())).await;
        let models = server.models(Adapter::OpenAi, |_| {}).await;
        let text = extract(&models).await.map(|answer| answer.text);
        let read: Value = serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
        assert_eq!(read, delta, "{message}");
    }
}

#[tokio::test]
async fn only_the_first_of_several_choices_is_told() {
    let choice =
        |index: u64, text: &str| json!({ "choices": [{ "index": index, "delta": { "content": text } }] }).to_string();
    let end = |index: u64| json!({ "choices": [{ "index": index, "delta": {}, "finish_reason": "stop" }] }).to_string();
    let body =
        stream(&[&choice(0, "You "), &choice(1, "ZZZ"), &end(1), &choice(0, "wait."), &choice(1, "ZZZ"), &end(0)]);
    let server = Server::start(move |_, _| events(&body)).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    assert_eq!(narrate(&models).await.unwrap().text, "You wait.");
}

#[tokio::test]
async fn lines_of_data_with_one_line_end_between_are_read_with_their_end() {
    let chunk = |text: &str| json!({ "choices": [{ "delta": { "content": text } }] }).to_string();
    let body = format!("data: {}\ndata: {}\ndata: [DONE]\n", chunk("You "), chunk("wait."));
    let server = Server::start(move |_, _| events(&body)).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    assert_eq!(narrate(&models).await.unwrap().text, "You wait.");
}

#[tokio::test]
async fn a_narration_of_characters_that_have_no_width_is_empty() {
    let body = stream(&[
        &json!({ "choices": [{ "delta": { "content": " \n\n \u{200b}" }, "finish_reason": "stop" }] }).to_string(),
    ]);
    let server = Server::start(move |_, _| events(&body)).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    assert_eq!(narrate(&models).await.unwrap_err().reason, Reason::Empty);
}

#[tokio::test]
async fn a_redirect_is_followed_to_the_same_server_and_to_no_other() {
    for status in [307, 308] {
        let server = Server::start(move |asked: &Asked, _| {
            if asked.target.ends_with('/') {
                return good(asked);
            }
            server::with_headers(status, &format!("location: {}/\r\ncontent-length: 0\r\n", asked.target), "")
        })
        .await;
        let models = server.models(Adapter::OpenAi, |_| {}).await;
        assert_eq!(narrate(&models).await.unwrap().text, "You wait.", "{status}");
    }
    let other = Server::start(|asked, _| good(asked)).await;
    let to = other.address;
    let server = Server::start(move |asked: &Asked, _| {
        server::with_headers(308, &format!("location: http://{to}{}\r\ncontent-length: 0\r\n", asked.target), "")
    })
    .await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    assert_eq!(narrate(&models).await.unwrap_err().reason, Reason::WrongAddress);
    assert!(other.asked().is_empty(), "no key leaves its server");
}
