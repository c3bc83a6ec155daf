//! `OpenAI` chat completions: <https://platform.openai.com/docs/api-reference/chat>.

use serde_json::{Value, json};

use super::{
    WireError,
    frames::{Builder, Frames, Stencil, sse},
    read,
};
use crate::{
    answer::{Answer, Block, Finish},
    call::{Call, Message, Role, Wanted},
};

/// Answers must not depend on the clock: the n-th call is "created" n seconds after this (2024-01-01).
const EPOCH: u64 = 1_704_067_200;

pub(super) fn read(call: &mut Call, body: &Value) -> Result<(), WireError> {
    call.model = read::model(body)?;
    call.stream = body["stream"].as_bool().unwrap_or(false);
    call.stream_usage = body["stream_options"]["include_usage"].as_bool().unwrap_or(false);
    for (index, message) in read::messages(body)?.iter().enumerate() {
        let role = match message["role"].as_str() {
            Some("system" | "developer") => Role::System,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("tool" | "function") => Role::Tool,
            _ => {
                let text = format!("messages[{index}].role: expected system, developer, user, assistant or tool");
                return Err(WireError::new(400, text));
            }
        };
        call.messages.push(Message { role, text: read::text(&message["content"]) });
    }
    call.wanted = wanted(body);
    Ok(())
}

fn wanted(body: &Value) -> Wanted {
    let choice = &body["tool_choice"];
    let forced = read::forced_tool(body, choice["function"]["name"].as_str(), choice == "required", |tool| {
        (tool.pointer("/function/name"), tool.pointer("/function/parameters"))
    });
    let format = &body["response_format"];
    forced.unwrap_or_else(|| match format["type"].as_str() {
        Some("json_schema") => Wanted::Json { schema: format.pointer("/json_schema/schema").cloned() },
        Some("json_object") => Wanted::Json { schema: None },
        _ => Wanted::Text,
    })
}

pub(super) fn body(answer: &Answer) -> Value {
    let calls: Vec<Value> = answer
        .tools()
        .map(|(index, name, arguments)| {
            json!({ "id": call_id(answer, index), "type": "function", "function": { "name": name, "arguments": arguments } })
        })
        .collect();
    let text = answer.text();
    let mut message = json!({
        "role": "assistant",
        "content": if text.is_empty() && !calls.is_empty() { Value::Null } else { Value::String(text) },
        "refusal": null,
        "annotations": [],
    });
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    let mut body = head(answer, "chat.completion");
    body["choices"] = json!([{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish(answer) }]);
    body["usage"] = usage(answer);
    body
}

pub(super) fn frames(call: &Call, answer: &Answer) -> Frames {
    let chunk = |delta: Value, finish: Value| {
        let mut chunk = head(answer, "chat.completion.chunk");
        chunk["choices"] = json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]);
        if call.stream_usage {
            chunk["usage"] = Value::Null;
        }
        sse(None, &chunk)
    };
    let mut frames = Builder::default();
    let content = if answer.text().is_empty() && answer.has_tools() { Value::Null } else { json!("") };
    frames.silent(&chunk(json!({ "role": "assistant", "content": content, "refusal": null }), Value::Null));
    let mut index = 0;
    for block in &answer.blocks {
        match block {
            Block::Text(pieces) => {
                let stencil = Stencil::new(|piece| chunk(json!({ "content": piece }), Value::Null));
                frames.pieces(&stencil, pieces);
            }
            Block::Tool { name, pieces } => {
                let function = json!({ "name": name, "arguments": "" });
                let opening =
                    json!({ "index": index, "id": call_id(answer, index), "type": "function", "function": function });
                frames.silent(&chunk(json!({ "tool_calls": [opening] }), Value::Null));
                let delta =
                    |piece: &str| json!({ "tool_calls": [{ "index": index, "function": { "arguments": piece } }] });
                frames.pieces(&Stencil::new(|piece| chunk(delta(piece), Value::Null)), pieces);
                index += 1;
            }
        }
    }
    frames.silent(&chunk(json!({}), finish(answer).into()));
    if call.stream_usage {
        let mut last = head(answer, "chat.completion.chunk");
        last["choices"] = json!([]);
        last["usage"] = usage(answer);
        frames.silent(&sse(None, &last));
    }
    frames.silent(b"data: [DONE]\n\n");
    frames.finish()
}

fn head(answer: &Answer, object: &str) -> Value {
    json!({
        "id": answer.id("chatcmpl-", 0),
        "object": object,
        "created": created(answer),
        "model": answer.model,
        "service_tier": "default",
        "system_fingerprint": "fp_mock",
    })
}

pub(super) fn created(answer: &Answer) -> u64 {
    EPOCH + answer.ordinal
}

fn finish(answer: &Answer) -> &'static str {
    match answer.finish {
        Finish::Length => "length",
        Finish::Filter => "content_filter",
        // A tool that the caller forces by name is reported as a plain stop.
        Finish::Stop if answer.has_tools() && !answer.forced => "tool_calls",
        Finish::Stop => "stop",
    }
}

fn usage(answer: &Answer) -> Value {
    let usage = answer.usage;
    json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens.saturating_add(usage.output_tokens),
        "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}

fn call_id(answer: &Answer, index: usize) -> String {
    answer.id("call_", index as u64 + 1)
}

pub(super) fn error(error: &WireError) -> Value {
    let (kind, code) = match error.status {
        401 => ("invalid_request_error", Some("invalid_api_key")),
        429 => ("requests", Some("rate_limit_exceeded")),
        status if status >= 500 => ("server_error", None),
        _ => ("invalid_request_error", None),
    };
    json!({ "error": { "message": error.message, "type": kind, "param": null, "code": error.code.or(code) } })
}

pub(super) fn models(names: &[String]) -> Value {
    json!({ "object": "list", "data": names.iter().map(|name| model(name)).collect::<Vec<_>>() })
}

pub(super) fn model(name: &str) -> Value {
    json!({ "id": name, "object": "model", "created": EPOCH, "owned_by": "mock-llm" })
}
