//! Gemini `generateContent`: <https://ai.google.dev/api/generate-content>. Model and streaming are in the address, not in the body.

use serde_json::{Value, json};

use super::{
    WireError,
    frames::{Builder, Frames, Stencil, sse},
};
use crate::{
    answer::{Answer, Block, Finish},
    call::{Message, ModelCall, Role, Wanted},
};

pub(super) fn read(call: &mut ModelCall, path: &str, body: &Value) -> Result<(), WireError> {
    let (model, verb) = path.rsplit('/').next().and_then(|last| last.split_once(':')).unwrap_or_default();
    model.clone_into(&mut call.model);
    call.stream = match verb {
        "generateContent" => false,
        "streamGenerateContent" => true,
        _ => return Err(WireError::new(404, format!("there is no method {verb:?} of models"))),
    };
    let system = text(&body["systemInstruction"]);
    if !system.is_empty() {
        call.messages.push(Message { role: Role::System, text: system });
    }
    let contents = body["contents"].as_array().filter(|contents| !contents.is_empty());
    let contents =
        contents.ok_or_else(|| WireError::new(400, "* GenerateContentRequest.contents: contents is not specified"))?;
    for content in contents {
        let role = match content["role"].as_str() {
            None | Some("user") => Role::User,
            Some("model") => Role::Assistant,
            Some("function") => Role::Tool,
            Some(_) => return Err(WireError::new(400, "Please use a valid role: user, model.")),
        };
        call.messages.push(Message { role, text: text(content) });
    }
    let options = &body["generationConfig"];
    if options["responseMimeType"] == "application/json" {
        let schema = ["responseJsonSchema", "responseSchema"].iter().find_map(|key| options.get(*key));
        call.wanted = Wanted::Json { schema: schema.cloned() };
    }
    Ok(())
}

fn text(content: &Value) -> String {
    content["parts"].as_array().into_iter().flatten().filter_map(|part| part["text"].as_str()).collect()
}

pub(super) fn body(answer: &Answer) -> Value {
    let parts: Vec<Value> = answer.blocks.iter().map(|block| part(block, block.pieces().whole())).collect();
    response(answer, &parts, true)
}

pub(super) fn frames(answer: &Answer) -> Frames {
    let mut frames = Builder::default();
    for block in &answer.blocks {
        match block {
            Block::Text(pieces) | Block::Thought { pieces, .. } => {
                let stencil = Stencil::new(|piece| sse(None, &response(answer, &[part(block, piece)], false)));
                frames.pieces(&stencil, pieces);
            }
            // A tool call comes in one piece.
            Block::Tool { pieces, .. } => {
                let arguments = pieces.whole();
                frames.piece(&sse(None, &response(answer, &[part(block, arguments)], false)), arguments);
            }
        }
    }
    frames.silent(&sse(None, &response(answer, &[json!({ "text": "" })], true)));
    frames.finish()
}

fn part(block: &Block, text: &str) -> Value {
    match block {
        Block::Text(_) => json!({ "text": text }),
        Block::Thought { .. } => json!({ "text": text, "thought": true }),
        Block::Tool { name, .. } => {
            // Arguments that a fault has broken can be in JSON only as a string.
            let arguments = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
            json!({ "functionCall": { "name": name, "args": arguments } })
        }
    }
}

fn response(answer: &Answer, parts: &[Value], is_last: bool) -> Value {
    let usage = answer.usage;
    let mut response = json!({
        "candidates": [{ "content": { "parts": parts, "role": "model" }, "index": 0 }],
        "usageMetadata": {
            "promptTokenCount": usage.input_tokens,
            "totalTokenCount": usage.input_tokens.saturating_add(usage.output_tokens),
        },
        "modelVersion": answer.model,
        "responseId": answer.id("", 0),
    });
    if is_last {
        response["usageMetadata"]["candidatesTokenCount"] = usage.output_tokens.into();
        response["candidates"][0]["finishReason"] = match answer.finish {
            Finish::Stop => "STOP",
            Finish::Length => "MAX_TOKENS",
            Finish::Filter => "SAFETY",
        }
        .into();
    }
    response
}

pub(super) fn error(error: &WireError) -> Value {
    let status = match error.status {
        400 | 422 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INTERNAL",
    };
    json!({ "error": { "code": error.status, "message": error.message, "status": status } })
}

pub(super) fn models(names: &[String]) -> Value {
    json!({ "models": names.iter().map(|name| model(name)).collect::<Vec<_>>() })
}

pub(super) fn model(name: &str) -> Value {
    json!({
        "name": format!("models/{name}"),
        "displayName": name,
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    })
}
