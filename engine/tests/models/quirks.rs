//! What servers are known to send, one row each, from their public bug reports: which text is read from it, or which kind of failure
//! it is. A row that fails is a kind of server on which turns are lost.

use engine::config::Adapter;
use engine::llm::{ModelError, Reason};
use serde_json::json;

use crate::server::{self, DELTA, Server, events, stream};
use crate::{extract, narrate};

async fn narration(adapter: Adapter, content_type: &str, body: String) -> Result<String, ModelError> {
    let content_type = content_type.to_owned();
    let server = Server::start(move |_, _| server::reply(200, &content_type, &body)).await;
    let models = server.models(adapter, |_| {}).await;
    narrate(&models).await.map(|narrated| narrated.text)
}

const YOU: &str = r#"{"choices":[{"index":0,"delta":{"content":"You "},"finish_reason":null}]}"#;
const WAIT: &str = r#"{"choices":[{"index":0,"delta":{"content":"wait."},"finish_reason":null}]}"#;
const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a row for each thing that servers send")]
async fn a_stream_is_read_however_its_frames_are_made() {
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}"#;
    for (quirk, body) in [
        (
            "the first chunk has a role only, the last one counts (OpenAI)",
            stream(&[r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, YOU, WAIT, STOP, usage, "[DONE]"]),
        ),
        ("the end is a count of tokens, without a reason (gateways to Gemini)", stream(&[YOU, WAIT, usage])),
        (
            "choices and delta are null",
            stream(&[r#"{"choices":null}"#, YOU, r#"{"choices":[{"delta":null}]}"#, WAIT, STOP]),
        ),
        ("a choice is null", stream(&[r#"{"choices":[null]}"#, YOU, WAIT, STOP])),
        (
            "filter results come first and in between, in choices without a delta (Azure)",
            stream(&[
                r#"{"id":"","object":"","choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}"#,
                YOU,
                r#"{"choices":[{"index":0,"finish_reason":null,"content_filter_results":{"hate":{"filtered":false}}}]}"#,
                WAIT,
                STOP,
            ]),
        ),
        (
            "content is a list of parts (Mistral)",
            stream(&[
                r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm."}]}]}}]}"#,
                r#"{"choices":[{"delta":{"content":[{"type":"text","text":"You "},"wait."]}}]}"#,
                STOP,
            ]),
        ),
        ("chunks hold messages", stream(&[YOU, WAIT, STOP]).replace("delta", "message")),
        (
            "chunks hold texts (servers of completions)",
            stream(&[r#"{"choices":[{"text":"You "}]}"#, r#"{"choices":[{"text":"wait.","finish_reason":"stop"}]}"#]),
        ),
        (
            "each chunk says that it is the last (simple-one-api)",
            stream(&[YOU, WAIT, "[DONE]"]).replace("null", "\"stop\""),
        ),
        ("the end comes twice", stream(&[YOU, WAIT, STOP, STOP, "[DONE]", "[DONE]"])),
        ("the reason is `eos` (TGI)", stream(&[YOU, WAIT, STOP]).replace("stop", "eos_token")),
        ("the reason is a number", stream(&[YOU, WAIT, STOP, "[DONE]"]).replace("\"stop\"", "2")),
        ("tokens are negative (OpenAI o3)", stream(&[YOU, WAIT, STOP, usage]).replace(":3}", ":-35}")),
        (
            "tokens are fractions or texts (SambaNova)",
            stream(&[YOU, WAIT, STOP, usage]).replace(":3}", ":3.0}").replace(":7", ":\"7\""),
        ),
        ("usage is a text", stream(&[YOU, WAIT, STOP, r#"{"choices":[],"usage":"none"}"#])),
        (
            "log probabilities are no numbers (vLLM)",
            stream(&[
                r#"{"choices":[{"delta":{"content":"You "},"logprobs":{"content":[{"logprob":-Infinity,"x":NaN}]}}]}"#,
                WAIT,
                STOP,
            ]),
        ),
        (
            "a field is there twice",
            stream(&[r#"{"choices":[{"delta":{"content":"You ","content":"You "}}]}"#, WAIT, STOP]),
        ),
        (
            "a token ends in the middle of a character",
            stream(&[
                r#"{"choices":[{"delta":{"content":"You \ud83d"}}]}"#,
                r#"{"choices":[{"delta":{"content":"\ude00wait."}}]}"#,
                STOP,
            ]),
        ),
        ("one line end between two events", format!("data: {YOU}\ndata: {WAIT}\ndata: {STOP}\n\n")),
        (
            "no space after the colon, and returns (Cloudflare)",
            stream(&[YOU, WAIT, STOP, "[DONE]"]).replace(": {", ":{").replace('\n', "\r\n"),
        ),
        (
            "an empty error is in every chunk",
            stream(&[YOU, WAIT, STOP]).replace("{\"choices\"", "{\"error\":\"\",\"choices\""),
        ),
        ("the end is in quotes", stream(&[YOU, WAIT, "\"[DONE]\""])),
        ("words show that the server is alive", stream(&["ping", YOU, ": keep-alive", WAIT, STOP])),
        ("empty objects show that the server is alive", stream(&["{}", YOU, r#"{"type":"ping"}"#, WAIT, STOP])),
        ("lines of JSON without `data:`", format!("{YOU}\n{WAIT}\n{STOP}\n")),
        ("a list of chunks", format!("[{YOU},\n{WAIT},\n{STOP}]")),
        ("a byte order mark before everything", format!("\u{feff}{}", stream(&[YOU, WAIT, STOP]))),
        (
            "tool calls are no list",
            stream(&[r#"{"choices":[{"delta":{"content":"You ","tool_calls":{}}}]}"#, WAIT, STOP]),
        ),
        (
            "thoughts are objects (OpenRouter)",
            stream(&[
                r#"{"choices":[{"delta":{"content":"","reasoning":{"a":1},"reasoning_details":[{"type":"x"}]}}]}"#,
                YOU,
                WAIT,
                STOP,
            ]),
        ),
        (
            "an error breaks in after the end",
            stream(&[YOU, WAIT, STOP, r#"{"error":{"message":"usage is not available","code":500}}"#]),
        ),
    ] {
        let text = narration(Adapter::OpenAi, "text/event-stream", body.clone()).await;
        assert_eq!(text.as_deref().map_err(ToString::to_string), Ok("You wait."), "{quirk}: {body}");
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a row for each thing that servers send")]
async fn what_a_stream_reports_is_the_failure_that_a_status_would_be() {
    use Reason::{
        BrokeOff, Empty, Loading, OnlyThinking, Overloaded, RateLimited, Refused, ServerError, TooLong, Unauthorized,
        UnknownModel, WrongAddress,
    };
    for (quirk, body, reason, words) in [
        (
            "vLLM",
            stream(&[
                r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}"#,
            ]),
            UnknownModel,
            "`x`",
        ),
        (
            "vLLM, in an envelope",
            stream(&[
                r#"{"error":{"message":"This model's maximum context length is 1024 tokens.","type":"BadRequestError","param":null,"code":400}}"#,
            ]),
            TooLong,
            "1024",
        ),
        (
            "fields of an error on a chunk",
            stream(&[
                r#"{"choices":null,"error_type":"BadRequestError","error_message":"maximum context length is 4096 tokens"}"#,
            ]),
            TooLong,
            "4096",
        ),
        (
            "OpenRouter, with a reason",
            stream(&[
                r#"{"error":{"code":502,"message":"Provider disconnected"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}"#,
            ]),
            Overloaded,
            "disconnected",
        ),
        (
            "OpenRouter, of the vendor behind",
            stream(&[
                r#"{"error":{"code":429,"message":"Provider returned error","metadata":{"raw":"slow down"}},"choices":[]}"#,
            ]),
            RateLimited,
            "slow down",
        ),
        (
            "no message",
            stream(&[r#"{"success":false,"error":{"code":"INTERNAL_SERVER_ERROR","status":500}}"#]),
            ServerError,
            "INTERNAL",
        ),
        (
            "llama.cpp, in a field of its own",
            format!("error: {}\n\n", r#"{"code":503,"message":"Loading model","type":"unavailable_error"}"#),
            Loading,
            "Loading",
        ),
        (
            "an event of that name",
            "event: error\ndata: {\"message\":\"out of slots\",\"code\":503}\n\n".to_owned(),
            Overloaded,
            "out of slots",
        ),
        (
            "an event of that name, in words",
            "event: error\ndata: upstream failed\n\n".to_owned(),
            ServerError,
            "upstream failed",
        ),
        ("FastAPI", stream(&[r#"{"detail":"Internal error in the worker"}"#]), ServerError, "worker"),
        (
            "LiteLLM",
            stream(&[
                r#"{"error":{"message":"litellm.AuthenticationError: bad key","type":"auth_error","param":"None","code":"401"}}"#,
            ]),
            Unauthorized,
            "bad key",
        ),
        ("TGI", stream(&[r#"{"error":"Model is overloaded","error_type":"overloaded"}"#]), Overloaded, "overloaded"),
        (
            "a request that is refused",
            stream(&[r#"{"error":{"message":"n must be 1","type":"invalid_request_error"}}"#]),
            Refused,
            "n must be 1",
        ),
        (
            "only thoughts, and the end",
            stream(&[r#"{"choices":[{"delta":{"reasoning_content":"You wait."}}]}"#, STOP]),
            OnlyThinking,
            "reasoning parser",
        ),
        ("only the end", stream(&[STOP]), Empty, "empty"),
        ("nothing", String::new(), BrokeOff, "ended"),
        ("a word and the end", stream(&["overloaded"]), BrokeOff, "ended"),
        ("a web page", "<html><title>502 Bad Gateway</title></html>".to_owned(), WrongAddress, "502 Bad Gateway"),
        (
            "a network that fails in the middle",
            stream(&[YOU, r#"{"choices":[{"delta":{},"finish_reason":"network_error"}]}"#]),
            ServerError,
            "broke off",
        ),
        (
            "a refusal in the middle",
            stream(&[YOU, r#"{"error":{"message":"n must be 1","type":"invalid_request_error"}}"#]),
            ServerError,
            "n must be 1",
        ),
    ] {
        let error = narration(Adapter::OpenAi, "application/json", body.clone()).await.unwrap_err();
        assert_eq!(error.reason, reason, "{quirk}: {error}");
        assert!(error.detail.contains(words), "{quirk}: {error}");
    }
}

#[tokio::test]
async fn a_window_that_is_full_in_the_middle_of_a_narration_ends_it_like_a_limit() {
    let full = r#"{"error":{"message":"Context size has been exceeded: the context size is 4096 tokens","code":400}}"#;
    let body = stream(&[YOU, WAIT, full]);
    let server = Server::start(move |_, _| events(&body)).await;
    let models = server.models(Adapter::OpenAi, |_| {}).await;
    let mut narration = models.get("mock").unwrap().narrate(&crate::prompt(), 0.6, &[]).await.unwrap();
    while narration.next().await.unwrap().is_some() {}
    let (narrated, finish) = narration.finish();
    assert_eq!((narrated.text.as_str(), finish), ("You wait.", engine::llm::Finish::Length));
}

#[tokio::test]
async fn other_formats_have_their_quirks_too() {
    let text = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"You wait."}}"#;
    let gemini = r#"{"candidates":[{"content":{"parts":[{"text":"You wait."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":"7"}}"#;
    for (quirk, adapter, body) in [
        (
            "events that are not known, and tokens that are null",
            Adapter::Anthropic,
            stream(&[
                r#"{"type":"message_start","message":{"usage":{"input_tokens":null,"output_tokens":1.0}}}"#,
                r#"{"type":"vendor_event","message":{}}"#,
                text,
                r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":"none"}"#,
                r#"{"type":"message_stop"}"#,
            ]),
        ),
        ("a list without events (Gemini without `alt=sse`)", Adapter::Gemini, format!("[{gemini}]")),
        (
            "the reason comes alone, at the end",
            Adapter::Gemini,
            stream(&[gemini, r#"{"candidates":[{"finishReason":"STOP"}]}"#]),
        ),
        (
            "lines in events, from a gateway",
            Adapter::Ollama,
            stream(&[r#"{"message":{"content":"You wait."},"done":false}"#, r#"{"done":true,"eval_count":3.0}"#]),
        ),
        (
            "a null for a message",
            Adapter::Ollama,
            "{\"message\":{\"content\":\"You wait.\"}}\n{\"message\":null,\"done\":true}\n".to_owned(),
        ),
    ] {
        let found = narration(adapter, "application/json", body.clone()).await;
        assert_eq!(found.as_deref().map_err(ToString::to_string), Ok("You wait."), "{quirk}: {body}");
    }
}

#[tokio::test]
async fn a_delta_is_found_among_thoughts_that_are_none() {
    for field in ["reasoning_content", "reasoning"] {
        let body = json!({ "choices": [{ "message": { "content": null, field: DELTA }, "finish_reason": "stop" }] });
        let server = Server::start(move |_, _| server::json(200, &body.to_string())).await;
        let models = server.models(Adapter::OpenAi, |_| {}).await;
        assert_eq!(extract(&models).await.unwrap().text, DELTA, "{field} (vLLM with a schema and a reasoning parser)");
    }
}
