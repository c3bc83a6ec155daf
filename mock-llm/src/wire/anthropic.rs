//! Anthropic messages: <https://docs.anthropic.com/en/api/messages>.

use serde_json::{Value, json};

use super::{
    WireError,
    frames::{Builder, Frames, Stencil, sse},
    read, request_id_of,
};
use crate::{
    answer::{Answer, Block, Finish, tokens},
    call::{Message, ModelCall, Role, Wanted},
};

/// The signature of a thought; clients only pass it on.
const SIGNATURE: &str = "bW9jaw==";

pub(super) fn read(call: &mut ModelCall, body: &Value) -> Result<(), WireError> {
    call.model = read::model(body)?;
    call.stream = body["stream"].as_bool().unwrap_or(false);
    if !call.headers.contains_key("anthropic-version") {
        return Err(WireError::new(400, "anthropic-version: header is required"));
    }
    if body["max_tokens"].as_u64().is_none_or(|tokens| tokens == 0) {
        return Err(WireError::new(400, "max_tokens: a positive number is required"));
    }
    let system = read::text(&body["system"]);
    if !system.is_empty() {
        call.messages.push(Message { role: Role::System, text: system });
    }
    for (index, message) in read::messages(body)?.iter().enumerate() {
        let content = &message["content"];
        let role = match message["role"].as_str() {
            Some("user") if is_tool_result(content) => Role::Tool,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            _ => return Err(WireError::new(400, format!("messages.{index}.role: expected user or assistant"))),
        };
        call.messages.push(Message { role, text: read::text(content) });
    }
    call.wanted = wanted(body);
    Ok(())
}

/// Results of tools come as user messages, but the user has not spoken.
fn is_tool_result(content: &Value) -> bool {
    let parts = content.as_array();
    parts.is_some_and(|parts| !parts.is_empty() && parts.iter().all(|part| part["type"] == "tool_result"))
}

fn wanted(body: &Value) -> Wanted {
    let choice = &body["tool_choice"];
    let named = choice["name"].as_str().filter(|_| choice["type"] == "tool");
    let forced =
        read::forced_tool(body, named, choice["type"] == "any", |tool| (tool.get("name"), tool.get("input_schema")));
    forced.unwrap_or_else(|| {
        let format = body.pointer("/output_config/format").or_else(|| body.get("output_format"));
        match format {
            Some(format) if format["type"] == "json_schema" => Wanted::Json { schema: format.get("schema").cloned() },
            _ => Wanted::Text,
        }
    })
}

pub(super) fn body(answer: &Answer) -> Value {
    let mut content = Vec::new();
    if let Some((pieces, _)) = answer.thought() {
        content.push(json!({ "type": "thinking", "thinking": pieces.whole(), "signature": SIGNATURE }));
    }
    let text = answer.text();
    if !text.is_empty() {
        content.push(json!({ "type": "text", "text": text, "citations": null }));
    }
    for (index, name, arguments) in answer.tools() {
        // Arguments that a fault has broken can be in JSON only as a string.
        let input = serde_json::from_str(arguments).unwrap_or_else(|_| Value::String(arguments.to_owned()));
        content.push(json!({ "type": "tool_use", "id": tool_id(answer, index), "name": name, "input": input }));
    }
    let mut body = message(answer);
    body["content"] = Value::Array(content);
    body["stop_reason"] = stop_reason(answer).into();
    body["usage"] = usage(answer, answer.usage.output_tokens);
    body
}

pub(super) fn frames(answer: &Answer) -> Frames {
    let mut frames = Builder::default();
    let event = |name: &str, data: Value| sse(Some(name), &data);
    let mut start = message(answer);
    start["usage"] = usage(answer, 1);
    frames.silent(&event("message_start", json!({ "type": "message_start", "message": start })));
    let mut tools = 0;
    for (index, block) in answer.blocks.iter().enumerate() {
        let (opening, pieces) = match block {
            Block::Thought { pieces, .. } => (json!({ "type": "thinking", "thinking": "", "signature": "" }), pieces),
            Block::Text(pieces) => (json!({ "type": "text", "text": "" }), pieces),
            Block::Tool { name, pieces } => {
                let id = tool_id(answer, tools);
                tools += 1;
                (json!({ "type": "tool_use", "id": id, "name": name, "input": {} }), pieces)
            }
        };
        let opening = json!({ "type": "content_block_start", "index": index, "content_block": opening });
        frames.silent(&event("content_block_start", opening));
        if index == 0 {
            frames.silent(&event("ping", json!({ "type": "ping" })));
        }
        let stencil = Stencil::new(|piece| {
            let delta = match block {
                Block::Thought { .. } => json!({ "type": "thinking_delta", "thinking": piece }),
                Block::Text(_) => json!({ "type": "text_delta", "text": piece }),
                Block::Tool { .. } => json!({ "type": "input_json_delta", "partial_json": piece }),
            };
            event("content_block_delta", json!({ "type": "content_block_delta", "index": index, "delta": delta }))
        });
        frames.pieces(&stencil, pieces);
        if matches!(block, Block::Thought { .. }) {
            let delta = json!({ "type": "signature_delta", "signature": SIGNATURE });
            let delta = json!({ "type": "content_block_delta", "index": index, "delta": delta });
            frames.silent(&event("content_block_delta", delta));
        }
        frames.silent(&event("content_block_stop", json!({ "type": "content_block_stop", "index": index })));
    }
    let delta = json!({
        "type": "message_delta",
        "delta": { "stop_reason": stop_reason(answer), "stop_sequence": null },
        "usage": { "output_tokens": answer.usage.output_tokens },
    });
    frames.silent(&event("message_delta", delta));
    frames.silent(&event("message_stop", json!({ "type": "message_stop" })));
    frames.finish()
}

fn message(answer: &Answer) -> Value {
    json!({
        "id": answer.id("msg_", 0),
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
    })
}

fn stop_reason(answer: &Answer) -> &'static str {
    match answer.finish {
        Finish::Length => "max_tokens",
        Finish::Filter => "refusal",
        Finish::Stop if answer.has_tools() => "tool_use",
        Finish::Stop => "end_turn",
    }
}

fn usage(answer: &Answer, output_tokens: u64) -> Value {
    json!({
        "input_tokens": answer.usage.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output_tokens,
        "service_tier": "standard",
    })
}

fn tool_id(answer: &Answer, index: usize) -> String {
    answer.id("toolu_", index as u64 + 1)
}

pub(super) fn error(error: &WireError, id: u64) -> Value {
    let kind = match error.status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        status if status >= 500 => "api_error",
        _ => "invalid_request_error",
    };
    json!({ "type": "error", "error": { "type": kind, "message": error.message }, "request_id": request_id_of(id) })
}

pub(super) fn count_tokens(request: &Value) -> Value {
    let messages = request["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let contents = messages.iter().map(|message| &message["content"]).chain([&request["system"]]);
    json!({ "input_tokens": contents.map(|content| tokens(&read::text(content))).sum::<usize>() })
}

pub(super) fn models(names: &[String]) -> Value {
    json!({
        "data": names.iter().map(|name| model(name)).collect::<Vec<_>>(),
        "has_more": false,
        "first_id": names.first(),
        "last_id": names.last(),
    })
}

pub(super) fn model(name: &str) -> Value {
    json!({ "type": "model", "id": name, "display_name": name, "created_at": "2024-01-01T00:00:00Z", "lifecycle": "active" })
}
