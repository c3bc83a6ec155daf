//! Ollama chat: <https://github.com/ollama/ollama/blob/main/docs/api.md>.

use serde_json::{Value, json};

use super::{
    WireError,
    frames::{Builder, Frames, Stencil, line},
    read,
};
use crate::{
    answer::{Answer, Block, Finish},
    call::{Message, ModelCall, Role, Wanted},
};

/// Answers must not depend on the clock.
const CREATED_AT: &str = "2024-01-01T00:00:00Z";

/// Nanoseconds that a token is said to take.
const NANOS_PER_TOKEN: u64 = 10_000_000;

pub(super) fn read(call: &mut ModelCall, body: &Value) -> Result<(), WireError> {
    call.model = read::model(body)?;
    // Unlike the others, Ollama streams unless the call says otherwise.
    call.stream = body["stream"].as_bool().unwrap_or(true);
    for (index, message) in read::messages(body)?.iter().enumerate() {
        let role = match message["role"].as_str() {
            Some("system") => Role::System,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("tool") => Role::Tool,
            _ => {
                let text = format!("messages[{index}].role: expected system, user, assistant or tool");
                return Err(WireError::new(400, text));
            }
        };
        call.messages.push(Message { role, text: read::text(&message["content"]) });
    }
    call.wanted = match &body["format"] {
        Value::Object(schema) => Wanted::Json { schema: Some(Value::Object(schema.clone())) },
        Value::String(format) if format == "json" => Wanted::Json { schema: None },
        _ => Wanted::Text,
    };
    Ok(())
}

pub(super) fn body(answer: &Answer) -> Value {
    let calls: Vec<Value> = answer.tools().map(|(_, name, arguments)| tool_call(name, arguments)).collect();
    let mut message = json!({ "role": "assistant", "content": answer.text() });
    if let Some((pieces, _)) = answer.thought() {
        message["thinking"] = pieces.whole().into();
    }
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    done(answer, &message)
}

pub(super) fn frames(answer: &Answer) -> Frames {
    let mut frames = Builder::default();
    let chunk = |message: Value| {
        line(&json!({ "model": answer.model, "created_at": CREATED_AT, "message": message, "done": false }))
    };
    for block in &answer.blocks {
        match block {
            Block::Thought { pieces, .. } => {
                let thought = |piece: &str| json!({ "role": "assistant", "content": "", "thinking": piece });
                frames.pieces(&Stencil::new(|piece| chunk(thought(piece))), pieces);
            }
            Block::Text(pieces) => {
                let stencil = Stencil::new(|piece| chunk(json!({ "role": "assistant", "content": piece })));
                frames.pieces(&stencil, pieces);
            }
            // Ollama sends a tool call in one piece.
            Block::Tool { name, pieces } => {
                let arguments = pieces.whole();
                let calls = [tool_call(name, arguments)];
                frames.piece(&chunk(json!({ "role": "assistant", "content": "", "tool_calls": calls })), arguments);
            }
        }
    }
    frames.silent(&line(&done(answer, &json!({ "role": "assistant", "content": "" }))));
    frames.finish()
}

fn tool_call(name: &str, arguments: &str) -> Value {
    // Arguments that a fault has broken can be in JSON only as a string.
    let arguments = serde_json::from_str(arguments).unwrap_or_else(|_| Value::String(arguments.to_owned()));
    json!({ "function": { "name": name, "arguments": arguments } })
}

fn done(answer: &Answer, message: &Value) -> Value {
    let usage = answer.usage;
    let nanos = |tokens: u64| tokens.saturating_mul(NANOS_PER_TOKEN);
    json!({
        "model": answer.model,
        "created_at": CREATED_AT,
        "message": message,
        "done": true,
        // A content filter is not known here: the model just stops.
        "done_reason": if answer.finish == Finish::Length { "length" } else { "stop" },
        "total_duration": nanos(usage.input_tokens.saturating_add(usage.output_tokens)),
        "load_duration": 0,
        "prompt_eval_count": usage.input_tokens,
        "prompt_eval_duration": nanos(usage.input_tokens),
        "eval_count": usage.output_tokens,
        "eval_duration": nanos(usage.output_tokens),
    })
}

pub(super) fn error(error: &WireError) -> Value {
    json!({ "error": error.message })
}

pub(super) fn models(names: &[String]) -> Value {
    json!({ "models": names.iter().map(|name| model(name)).collect::<Vec<_>>() })
}

pub(super) fn model(name: &str) -> Value {
    json!({
        "name": name,
        "model": name,
        "modified_at": CREATED_AT,
        "size": 0,
        "digest": "0".repeat(64),
        "details": family(),
    })
}

/// The models that are loaded.
pub(super) fn running(names: &[String]) -> Value {
    let running = names.iter().map(|name| {
        json!({
            "name": name,
            "model": name,
            "size": 0,
            "digest": "0".repeat(64),
            "details": family(),
            "expires_at": "2318-04-04T23:47:16Z",
            "size_vram": 0,
            "context_length": 8192,
        })
    });
    json!({ "models": running.collect::<Vec<_>>() })
}

pub(super) fn details(name: &str) -> Value {
    json!({
        "modelfile": format!("FROM {name}"),
        "parameters": "",
        "template": "{{ .Prompt }}",
        "details": family(),
        "model_info": { "general.architecture": "mock" },
        "capabilities": ["completion", "tools"],
        "modified_at": CREATED_AT,
    })
}

fn family() -> Value {
    json!({
        "parent_model": "", "format": "gguf", "family": "mock", "families": ["mock"], "parameter_size": "0B", "quantization_level": "none",
    })
}
