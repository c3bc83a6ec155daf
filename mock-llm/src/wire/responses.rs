//! `OpenAI` responses: <https://platform.openai.com/docs/api-reference/responses>. Errors and model lists are those of
//! the vendor's chat completions.

use serde_json::{Map, Value, json};

use super::{
    WireError,
    frames::{Builder, Frames, sse},
    openai, read,
};
use crate::{
    answer::{Answer, Block, Finish},
    call::{Message, ModelCall, Role, Wanted},
};

pub(super) fn read(call: &mut ModelCall, body: &Value) -> Result<(), WireError> {
    call.model = read::model(body)?;
    call.stream = body["stream"].as_bool().unwrap_or(false);
    if let Some(instructions) = body["instructions"].as_str() {
        call.messages.push(Message { role: Role::System, text: instructions.to_owned() });
    }
    match &body["input"] {
        Value::String(text) => call.messages.push(Message { role: Role::User, text: text.clone() }),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                call.messages.extend(message(index, item)?);
            }
        }
        _ => return Err(WireError::new(400, "input: a text or a list of items is required")),
    }
    call.wanted = wanted(body);
    Ok(())
}

/// The message that an input item represents; none for items without text, such as references.
fn message(index: usize, item: &Value) -> Result<Option<Message>, WireError> {
    let (role, text) = match item["type"].as_str() {
        None | Some("message") => {
            let role = match item["role"].as_str() {
                Some("system" | "developer") => Role::System,
                Some("user") => Role::User,
                Some("assistant") => Role::Assistant,
                _ => {
                    let text = format!("input[{index}].role: expected system, developer, user or assistant");
                    return Err(WireError::new(400, text));
                }
            };
            (role, read::text(&item["content"]))
        }
        Some("function_call") => (Role::Assistant, String::new()),
        Some("function_call_output") => (Role::Tool, read::text(&item["output"])),
        Some(_) => return Ok(None),
    };
    Ok(Some(Message { role, text }))
}

fn wanted(body: &Value) -> Wanted {
    let choice = &body["tool_choice"];
    let forced = read::forced_tool(body, choice["name"].as_str(), choice == "required", |tool| {
        (tool.get("name"), tool.get("parameters"))
    });
    let format = &body["text"]["format"];
    forced.unwrap_or_else(|| match format["type"].as_str() {
        Some("json_schema") => Wanted::Json { schema: format.get("schema").cloned() },
        Some("json_object") => Wanted::Json { schema: None },
        _ => Wanted::Text,
    })
}

pub(super) fn body(call: &ModelCall, answer: &Answer) -> Value {
    let output = answer.blocks.iter().enumerate();
    let output = output.map(|(index, block)| item(answer, index, block, block.pieces().whole(), status(answer)));
    let output = output.collect();
    ended(response(call, answer), answer, output)
}

pub(super) fn frames(call: &ModelCall, answer: &Answer) -> Frames {
    let mut frames = Builder::default();
    let mut events = Events::default();
    let response = response(call, answer);
    for name in ["response.created", "response.in_progress"] {
        frames.silent(&events.next(name, json!({ "response": response })));
    }
    let mut output = Vec::new();
    for (index, block) in answer.blocks.iter().enumerate() {
        let opening = item(answer, index, block, "", "in_progress");
        let id = opening["id"].clone();
        let whole = block.pieces().whole();
        frames.silent(&events.next("response.output_item.added", json!({ "output_index": index, "item": opening })));
        let mut event = |name: &str, data: Value| {
            let mut members = json!({ "item_id": id, "output_index": index });
            merge(&mut members, data);
            events.next(name, members)
        };
        match block {
            // What a model thinks is not shown here.
            Block::Thought { .. } => {}
            Block::Text(pieces) => {
                frames.silent(&event("response.content_part.added", json!({ "content_index": 0, "part": part("") })));
                for piece in pieces.iter() {
                    let delta = json!({ "content_index": 0, "delta": piece, "logprobs": [] });
                    frames.piece(&event("response.output_text.delta", delta), piece);
                }
                let done = json!({ "content_index": 0, "text": whole, "logprobs": [] });
                frames.silent(&event("response.output_text.done", done));
                frames.silent(&event("response.content_part.done", json!({ "content_index": 0, "part": part(whole) })));
            }
            Block::Tool { pieces, .. } => {
                for piece in pieces.iter() {
                    frames.piece(&event("response.function_call_arguments.delta", json!({ "delta": piece })), piece);
                }
                frames.silent(&event("response.function_call_arguments.done", json!({ "arguments": whole })));
            }
        }
        let closing = item(answer, index, block, whole, status(answer));
        frames.silent(&events.next("response.output_item.done", json!({ "output_index": index, "item": closing })));
        output.push(closing);
    }
    let name = if answer.finish == Finish::Stop { "response.completed" } else { "response.incomplete" };
    frames.silent(&events.next(name, json!({ "response": ended(response, answer, output) })));
    frames.finish()
}

/// The error event inside a stream.
pub(super) fn error_frame(error: &WireError) -> Vec<u8> {
    let data = json!({
        "type": "error", "code": error.code.unwrap_or("server_error"), "message": error.message, "param": null, "sequence_number": 0,
    });
    sse(Some("error"), &data)
}

/// Events are numbered through a stream.
#[derive(Default)]
struct Events {
    next: u64,
}

impl Events {
    fn next(&mut self, name: &str, data: Value) -> Vec<u8> {
        let mut event = json!({ "type": name });
        merge(&mut event, data);
        event["sequence_number"] = self.next.into();
        self.next += 1;
        sse(Some(name), &event)
    }
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// A response that has only begun. What the caller has set comes back as it was set.
fn response(call: &ModelCall, answer: &Answer) -> Value {
    let request = call.body_json();
    let mut response = json!({
        "id": answer.id("resp_", 0),
        "object": "response",
        "created_at": openai::created(answer),
        "status": "in_progress",
        "background": false,
        "error": null,
        "incomplete_details": null,
        "model": answer.model,
        "output": [],
        "usage": null,
    });
    let defaults = [
        ("instructions", Value::Null),
        ("max_output_tokens", Value::Null),
        ("metadata", Value::Object(Map::new())),
        ("parallel_tool_calls", true.into()),
        ("previous_response_id", Value::Null),
        ("reasoning", json!({ "effort": null, "summary": null })),
        ("service_tier", "default".into()),
        ("temperature", 1.0.into()),
        ("text", json!({ "format": { "type": "text" } })),
        ("tool_choice", "auto".into()),
        ("tools", json!([])),
        ("top_p", 1.0.into()),
        ("truncation", "disabled".into()),
        ("user", Value::Null),
    ];
    for (name, default) in defaults {
        response[name] = request.get(name).cloned().unwrap_or(default);
    }
    response
}

fn ended(mut response: Value, answer: &Answer, output: Vec<Value>) -> Value {
    let usage = answer.usage;
    response["status"] = status(answer).into();
    response["incomplete_details"] = match answer.finish {
        Finish::Stop => Value::Null,
        Finish::Length => json!({ "reason": "max_output_tokens" }),
        Finish::Filter => json!({ "reason": "content_filter" }),
    };
    response["output"] = output.into();
    response["usage"] = json!({
        "input_tokens": usage.input_tokens,
        "input_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 0 },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": usage.input_tokens.saturating_add(usage.output_tokens),
    });
    response
}

fn status(answer: &Answer) -> &'static str {
    if answer.finish == Finish::Stop { "completed" } else { "incomplete" }
}

fn item(answer: &Answer, index: usize, block: &Block, content: &str, status: &str) -> Value {
    let salt = index as u64 + 1;
    match block {
        Block::Thought { .. } => json!({ "id": answer.id("rs_", salt), "type": "reasoning", "summary": [] }),
        Block::Text(_) => {
            let parts = if status == "in_progress" { json!([]) } else { json!([part(content)]) };
            json!({ "id": answer.id("msg_", salt), "type": "message", "status": status, "role": "assistant", "content": parts })
        }
        Block::Tool { name, .. } => json!({
            "id": answer.id("fc_", salt),
            "type": "function_call",
            "status": status,
            "arguments": content,
            "call_id": answer.id("call_", salt),
            "name": name,
        }),
    }
}

fn part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}
