//! Anthropic messages: <https://docs.anthropic.com/en/api/messages>.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::Holds;
use super::ask::{Ask, role};
use super::fixed::{Fields, Fixed, Written, put};
use crate::config::ProviderConfig;
use crate::llm::completion::{Count, Lenient, Received, Text, Tokens};
use crate::llm::purpose::Purpose;

pub(super) fn fixed(config: &ProviderConfig, purpose: Purpose) -> Fields {
    let varying =
        &["model", "system", "messages", "stream", "max_tokens", "temperature", "stop_sequences", "output_config"];
    let mut fields = Fields { varying, ..Fields::default() };
    if purpose == Purpose::Narrate {
        put(&mut fields.top, "top_p", config.top_p);
        put(&mut fields.top, "top_k", config.top_k);
    }
    if config.thinking == Some(false) {
        put(&mut fields.top, "thinking", Some(json!({ "type": "disabled" })));
    }
    // It is sent besides the schema, which changes.
    put(&mut fields.options, "effort", config.reasoning_effort.clone());
    fields
}

/// The body of a call.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<[Block<'a>; 1]>,
    messages: Vec<Message<'a>>,
    stream: bool,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequences: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(flatten)]
    fixed: Written<'a>,
}

/// System text, up to which the vendor is asked to cache: it is the same in every turn of a scene.
#[derive(Serialize)]
struct Block<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
struct CacheControl {
    #[serde(rename = "type")]
    kind: &'static str,
}

const CACHED: CacheControl = CacheControl { kind: "ephemeral" };

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Cached([Part<'a>; 1]),
}

#[derive(Serialize)]
struct Part<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    text: Cow<'a, str>,
    cache_control: CacheControl,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<OutputFormat<'a>>,
    #[serde(flatten)]
    rest: Written<'a>,
}

#[derive(Serialize)]
struct OutputFormat<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    schema: &'a RawValue,
}

impl<'a> Body<'a> {
    pub(super) fn new(fixed: &'a Fixed, ask: &Ask<'a>) -> Self {
        let system = ask.system();
        let format = ask.by_schema().map(|schema| OutputFormat { kind: "json_schema", schema });
        let rest = fixed.options(&ask.dialect.dropped);
        let mut messages: Vec<_> = ask
            .spoken()
            .map(|(speaker, content)| Message { role: role(speaker), content: Content::Text(content) })
            .collect();
        // Gateways to other clouds do not know it.
        let is_cached = ask.dialect.sends("cache_control");
        // The history is the same in the next turn, which only adds to it; the last message is not.
        let before_last = messages.len().checked_sub(2).filter(|_| is_cached);
        if let Some(message) = before_last.and_then(|at| messages.get_mut(at))
            && let Content::Text(text) = &mut message.content
            && !text.trim().is_empty()
        {
            let text = std::mem::take(text);
            message.content = Content::Cached([Part { kind: "text", text, cache_control: CACHED }]);
        }
        Self {
            model: ask.model,
            system: (!system.trim().is_empty()).then_some([Block {
                kind: "text",
                text: system,
                cache_control: is_cached.then_some(CACHED),
            }]),
            messages,
            stream: ask.stream,
            max_tokens: ask.max_tokens(),
            temperature: ask.temperature(),
            stop_sequences: ask.stops("stop_sequences"),
            output_config: (format.is_some() || !rest.is_empty()).then_some(OutputConfig { format, rest }),
            fixed: fixed.top(&ask.dialect.dropped),
        }
    }
}

/// An event of a stream, or a whole message: their fields have different names.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    /// `message_start`
    #[serde(default)]
    message: Option<Start>,
    /// `content_block_start`
    #[serde(borrow, default)]
    content_block: Option<Piece<'a>>,
    /// `content_block_delta` and `message_delta`
    #[serde(borrow, default)]
    delta: Option<Piece<'a>>,
    /// A whole message.
    #[serde(borrow, default)]
    content: Option<Vec<Piece<'a>>>,
    #[serde(borrow, default)]
    stop_reason: Option<Text<'a>>,
    #[serde(default)]
    usage: Option<Lenient<Usage>>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Start {
    #[serde(default)]
    usage: Option<Lenient<Usage>>,
}

#[derive(Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    partial_json: Option<Text<'a>>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stop_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "these are the vendor's names")]
struct Usage {
    #[serde(default)]
    input_tokens: Option<Count>,
    #[serde(default)]
    cache_creation_input_tokens: Option<Count>,
    #[serde(default)]
    cache_read_input_tokens: Option<Count>,
    #[serde(default)]
    output_tokens: Option<Count>,
}

pub(super) fn read(frame: &[u8], received: &mut Received) -> serde_json::Result<Holds> {
    let frame: Frame<'_> = serde_json::from_slice(frame)?;
    let has_error = frame.error.is_some();
    match &*frame.kind.0 {
        "message_start" => count(frame.message.and_then(|start| start.usage), received),
        "content_block_start" => frame.content_block.iter().for_each(|piece| take(piece, false, received)),
        "content_block_delta" => frame.delta.iter().for_each(|piece| take(piece, false, received)),
        "message_delta" => {
            let reason = frame.delta.and_then(|delta| delta.stop_reason);
            received.finish(reason.as_ref().map(|reason| &*reason.0));
            count(frame.usage, received);
        }
        "message_stop" => received.ended = true,
        "message" => {
            frame.content.iter().flatten().for_each(|piece| take(piece, true, received));
            received.finish(frame.stop_reason.as_ref().map(|reason| &*reason.0));
            count(frame.usage, received);
        }
        kind => return Ok(Holds::of(has_error, !kind.is_empty())),
    }
    Ok(Holds::of(has_error, true))
}

fn take(piece: &Piece<'_>, is_whole: bool, received: &mut Received) {
    received.thought |= piece.kind.0.contains("thinking");
    received.text.push_str(Text::of(piece.text.as_ref()));
    received.arguments.push_str(Text::of(piece.partial_json.as_ref()));
    // The input of a block that begins is an empty object: what it holds comes in pieces.
    if let Some(input) = piece.input.filter(|_| is_whole) {
        received.arguments.push_str(input.get());
    }
}

/// Later counts include all before them; what one leaves out stays.
fn count(usage: Option<Lenient<Usage>>, received: &mut Received) {
    let Some(usage) = usage.and_then(|usage| usage.0) else { return };
    let cached = usage.cache_read_input_tokens.unwrap_or_default().0;
    if let Some(input) = usage.input_tokens {
        let prompt = input.0 + cached + usage.cache_creation_input_tokens.unwrap_or_default().0;
        received.tokens = Tokens { prompt, cached, ..received.tokens };
    }
    if let Some(output) = usage.output_tokens {
        received.tokens.completion = output.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::completion::Finish;

    fn received(frames: &[&str]) -> Received {
        let mut received = Received::default();
        for frame in frames {
            read(frame.as_bytes(), &mut received).unwrap();
        }
        received
    }

    #[test]
    fn events_add_up_to_what_a_whole_message_says() {
        let streamed = received(&[
            r#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":2,"cache_read_input_tokens":5,"output_tokens":1}}}"#,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}"#,
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"You wait."}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":9}}"#,
            r#"{"type":"message_stop"}"#,
        ]);
        assert!(streamed.ended);
        let whole = received(&[
            r#"{"type":"message","content":[{"type":"thinking","thinking":"Hm."},{"type":"text","text":"You wait."}],
            "stop_reason":"max_tokens","usage":{"input_tokens":2,"cache_read_input_tokens":5,"output_tokens":9}}"#,
        ]);
        for received in [streamed, whole] {
            assert_eq!((received.text.as_str(), received.thought), ("You wait.", true));
            assert_eq!(received.finish, Some(Finish::Length));
            assert_eq!(received.tokens, Tokens { prompt: 7, cached: 5, completion: 9, reasoning: 0 });
        }
    }

    #[test]
    fn a_tool_call_is_read_whole_or_in_pieces() {
        let whole = received(&[r#"{"type":"message","content":[{"type":"tool_use","name":"f","input":{"a":1}}]}"#]);
        let streamed = received(&[
            r#"{"type":"content_block_start","content_block":{"type":"tool_use","name":"f","input":{}}}"#,
            r#"{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}"#,
        ]);
        assert_eq!((whole.arguments.as_str(), streamed.arguments.as_str()), (r#"{"a":1}"#, r#"{"a":1}"#));
    }
}
