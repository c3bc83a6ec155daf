//! `OpenAI` chat completions: <https://platform.openai.com/docs/api-reference/chat>.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    WireError,
    frames::{Builder, Frames, Stencil, sse, write},
    read,
};
use crate::{
    answer::{Answer, Block, Finish},
    call::{Message, ModelCall, Role, Wanted},
    quirk::{ReasoningForm, StreamEnd},
};

/// Answers must not depend on the clock: the n-th call is "created" n seconds after this (2024-01-01).
const EPOCH: u64 = 1_704_067_200;

pub(super) fn read(call: &mut ModelCall, body: &Value) -> Result<(), WireError> {
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

/// A completion, or a chunk of one. Every call makes several, so they are written without a detour.
#[derive(Serialize)]
struct Completion<'a, Choices> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    service_tier: &'static str,
    system_fingerprint: &'static str,
    choices: Choices,
    /// Left out, null, or the numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<&'a Value>,
    logprobs: (),
    finish_reason: Option<&'static str>,
}

impl<'a, Choices> Completion<'a, Choices> {
    fn new(answer: &'a Answer, id: &'a str, object: &'static str, choices: Choices, usage: Option<Value>) -> Self {
        Self {
            id,
            object,
            created: created(answer),
            model: &answer.model,
            service_tier: "default",
            system_fingerprint: "fp_mock",
            choices,
            usage,
        }
    }
}

pub(super) fn body(answer: &Answer) -> Vec<u8> {
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
    if let Some((pieces, form)) = answer.thought() {
        message[thought_field(form)] = pieces.whole().into();
    }
    if let Some(refusal) = &answer.refusal {
        message["content"] = Value::Null;
        message["refusal"] = refusal.as_str().into();
    }
    let choice =
        Choice { index: 0, message: Some(&message), delta: None, logprobs: (), finish_reason: Some(finish(answer)) };
    let id = answer.id("chatcmpl-", 0);
    let mut body = Vec::with_capacity(1024);
    write(&Completion::new(answer, &id, "chat.completion", [choice], Some(usage(answer))), &mut body);
    body
}

pub(super) fn frames(call: &ModelCall, answer: &Answer, end: StreamEnd) -> Frames {
    let id = answer.id("chatcmpl-", 0);
    let chunk = |delta: Value, finish_reason: Option<&'static str>| {
        let choice = Choice { index: 0, message: None, delta: Some(&delta), logprobs: (), finish_reason };
        let usage = call.stream_usage.then_some(Value::Null);
        sse(None, &Completion::new(answer, &id, "chat.completion.chunk", [choice], usage))
    };
    let mut frames = Builder::default();
    let content = if answer.text().is_empty() && answer.has_tools() { Value::Null } else { json!("") };
    frames.silent(&chunk(json!({ "role": "assistant", "content": content, "refusal": null }), None));
    let mut index = 0;
    for block in &answer.blocks {
        match block {
            Block::Thought { pieces, form } => {
                let field = thought_field(*form);
                let stencil = Stencil::new(|piece| chunk(json!({ field: piece }), None));
                frames.pieces(&stencil, pieces);
            }
            Block::Text(pieces) => {
                let stencil = Stencil::new(|piece| chunk(json!({ "content": piece }), None));
                frames.pieces(&stencil, pieces);
            }
            Block::Tool { name, pieces } => {
                let function = json!({ "name": name, "arguments": "" });
                let opening =
                    json!({ "index": index, "id": call_id(answer, index), "type": "function", "function": function });
                frames.silent(&chunk(json!({ "tool_calls": [opening] }), None));
                let delta =
                    |piece: &str| json!({ "tool_calls": [{ "index": index, "function": { "arguments": piece } }] });
                frames.pieces(&Stencil::new(|piece| chunk(delta(piece), None)), pieces);
                index += 1;
            }
        }
    }
    if let Some(refusal) = &answer.refusal {
        frames.piece(&chunk(json!({ "refusal": refusal }), None), refusal);
    }
    if end != StreamEnd::DoneOnly {
        frames.silent(&chunk(json!({}), Some(finish(answer))));
    }
    if call.stream_usage {
        let choices: [Choice<'_>; 0] = [];
        frames.silent(&sse(None, &Completion::new(answer, &id, "chat.completion.chunk", choices, Some(usage(answer)))));
    }
    if end != StreamEnd::FinishOnly {
        frames.silent(b"data: [DONE]\n\n");
    }
    frames.finish()
}

/// `OpenAI` itself does not show thoughts; most servers that do have taken over `DeepSeek`'s name.
fn thought_field(form: ReasoningForm) -> &'static str {
    if form == ReasoningForm::Reasoning { "reasoning" } else { "reasoning_content" }
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
